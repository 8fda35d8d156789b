/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_fft_infer (self, TL_FFT_FROM_REAL, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_decompose (self, TL_FFT_FROM_REAL, error);
}

static const TlSample samples[] = { { "4,3" }, { "2,3,4", "s = {4, 5}" }, { "3,4,2", "dim = {1, 0}, norm = ortho" }, { "1,1" }, { NULL } };

const TlOpClass tl_op_rfftn = {
  .name = "rfftn",
  .group = "fourier",
  .doc = "The discrete Fourier transform of real numbers along several axes: the first half of the last of them. A complex number is a pair on the last axis.",
  .formula = "rfft along the last axis, fft along the others",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_real_ports,
  .attrs = tl_fft_nd_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.view_as_real(torch.fft.rfftn(x0, s if len(s) else None, dim if len(dim) else None, norm))",
};
