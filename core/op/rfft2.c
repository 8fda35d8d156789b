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

static const TlSample samples[] = { { "2,3,4" }, { "3,2,2", "dim = {0, 1}, s = {2, 3}, norm = ortho" }, { "1,1" }, { "0,2,3" }, { NULL } };

const TlOpClass tl_op_rfft2 = {
  .name = "rfft2",
  .group = "fourier",
  .doc = "The discrete Fourier transform of real numbers of pictures: the first half of the last axis. A complex number is a pair on the last axis.",
  .formula = "rfft along the last axis, fft along the others",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_real_ports,
  .attrs = tl_fft_2d_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.view_as_real(torch.fft.rfft2(x0, s if len(s) else None, dim, norm))",
};
