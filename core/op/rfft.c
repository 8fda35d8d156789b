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

static const TlSample samples[] = { { "8" }, { "2,5", "norm = ortho" }, { "6,3", "dim = 0, n = 9, norm = forward" }, { "17" }, { "1" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_rfft = {
  .name = "rfft",
  .group = "fourier",
  .doc = "The discrete Fourier transform of real numbers along an axis: the first half of it, which says all. A complex number is a pair on the last axis.",
  .formula = "y[k] = sum over j of x[j] exp (-2 pi i j k / n), k up to n / 2",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_real_ports,
  .attrs = tl_fft_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.view_as_real(torch.fft.rfft(x0, n if n >= 0 else None, dim, norm))",
};
