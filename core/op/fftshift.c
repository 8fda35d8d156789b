/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_shift (self, FALSE, error);
}

const TlOpClass tl_op_fftshift = {
  .name = "fftshift",
  .group = "fourier",
  .doc = "Frequency 0 moved to the middle of axes.",
  .formula = "y[i] = x[i + ceil (n / 2) mod n]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_fft_shift_attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_fft_shift_infer,
  .decompose = decompose,
  .samples = tl_fft_shift_samples,
  .torch = "torch.fft.fftshift(x0, dim if len(dim) else None)",
};
