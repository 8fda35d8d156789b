/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_fft_infer (self, TL_FFT_INVERSE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_decompose (self, TL_FFT_INVERSE, error);
}

static const TlSample samples[] = { { "4,3,2" }, { "2,3,4,2", "dim = {0, 2}, s = {3, -1}, norm = forward" }, { "1,1,2" }, { NULL } };

const TlOpClass tl_op_ifftn = {
  .name = "ifftn",
  .group = "fourier",
  .doc = "The inverse of the discrete Fourier transform along several axes. A complex number is a pair on the last axis.",
  .formula = "ifft along each axis",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_complex_ports,
  .attrs = tl_fft_nd_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.view_as_real(torch.fft.ifftn(torch.view_as_complex(x0), s if len(s) else None, dim if len(dim) else None, norm))",
};
