/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_fft_infer (self, TL_FFT_TO_REAL, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_decompose (self, TL_FFT_TO_REAL, error);
}

static const TlSample samples[] = { { "2,3,3,2" }, { "3,2,2,2", "dim = {0, 1}, s = {2, 3}, norm = ortho" }, { "1,2,2" }, { NULL } };

const TlOpClass tl_op_irfft2 = {
  .name = "irfft2",
  .group = "fourier",
  .doc = "The inverse of rfft2.",
  .formula = "ifft along the other axes, irfft along the last",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_complex_ports,
  .attrs = tl_fft_2d_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.irfft2(torch.view_as_complex(x0), s if len(s) else None, dim, norm)",
};
