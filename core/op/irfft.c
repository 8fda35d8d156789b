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

static const TlSample samples[] = { { "5,2" }, { "2,4,2", "n = 7, norm = ortho" }, { "6,3,2", "dim = 0, n = 4, norm = forward" }, { "10,2", "n = 19" }, { "1,2", "n = 1" }, { "0,3,2" }, { NULL } };

const TlOpClass tl_op_irfft = {
  .name = "irfft",
  .group = "fourier",
  .doc = "The inverse of rfft along an axis: real numbers from the first half of their transform.",
  .formula = "y[k] = sum over j of x[j] exp (2 pi i j k / n) / n, with x[n - j] = conj x[j]",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_complex_ports,
  .attrs = tl_fft_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.fft.irfft(torch.view_as_complex(x0), n if n >= 0 else None, dim, norm)",
};
