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

static const TlSample samples[] = { { "8,2" }, { "2,5,2", "n = 7, norm = ortho" }, { "6,3,2", "dim = 0, norm = forward" }, { "19,2", "n = 15" }, { "1,2" }, { "0,3,2" }, { NULL } };

const TlOpClass tl_op_ifft = {
  .name = "ifft",
  .group = "fourier",
  .doc = "The inverse of the discrete Fourier transform along an axis. A complex number is a pair on the last axis.",
  .formula = "y[k] = sum over j of x[j] exp (2 pi i j k / n) / n",
  .source = "Cooley & Tukey 1965, doi:10.1090/S0025-5718-1965-0178586-1",
  .in = tl_fft_complex_ports,
  .attrs = tl_fft_attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.view_as_real(torch.fft.ifft(torch.view_as_complex(x0), n if n >= 0 else None, dim, norm))",
};
