/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/window-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_window_decompose (self, 0.42, 0.5, 0.08, error);
}

const TlOpClass tl_op_blackman_window = {
  .name = "blackman_window",
  .group = "fourier",
  .doc = "Window of Ralph Blackman: two cosines.",
  .formula = "y[i] = 0.42 - 0.5 cos (2 pi i / n) + 0.08 cos (4 pi i / n)",
  .source = "Harris 1978, doi:10.1109/PROC.1978.10837",
  .in = tl_ports_none,
  .attrs = tl_window_attrs,
  .infer = tl_window_infer,
  .decompose = decompose,
  .samples = tl_window_samples,
  .onnx = { "BlackmanWindow", 17 },
  .torch = "torch.blackman_window(window_length, periodic, dtype=dtype)",
};
