/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/fft-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_fft_shift (self, TRUE, error);
}

const TlOpClass tl_op_ifftshift = {
  .name = "ifftshift",
  .group = "fourier",
  .doc = "Frequency 0 moved from the middle to the start of axes: the inverse of fftshift.",
  .formula = "y[i] = x[i + floor (n / 2) mod n]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = tl_fft_shift_attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_fft_shift_infer,
  .decompose = decompose,
  .samples = tl_fft_shift_samples,
  .torch = "torch.fft.ifftshift(x0, dim if len(dim) else None)",
};
