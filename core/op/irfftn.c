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

static const TlSample samples[] = { { "4,3,2" }, { "2,3,3,2", "s = {4, 5}" }, { "3,4,2", "dim = {1, 0}, norm = ortho" }, { "1,2,2" }, { NULL } };

const TlOpClass tl_op_irfftn = {
  .name = "irfftn",
  .group = "fourier",
  .doc = "The inverse of rfftn.",
  .formula = "ifft along the other axes, irfft along the last",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_complex_ports,
  .attrs = tl_fft_nd_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.irfftn(torch.view_as_complex(x0), s if len(s) else None, dim if len(dim) else None, norm)",
};
