/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/window-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_window_decompose (self, 0.5, 0.5, 0, error);
}

const TlOpClass tl_op_hann_window = {
  .name = "hann_window",
  .group = "fourier",
  .doc = "sin^2 window of Julius von Hann: 0 at its ends.",
  .formula = "y[i] = (1 - cos (2 pi i / n)) / 2",
  .source = "Harris 1978, doi:10.1109/PROC.1978.10837",
  .in = tl_ports_none,
  .attrs = tl_window_attrs,
  .infer = tl_window_infer,
  .decompose = decompose,
  .samples = tl_window_samples,
  .onnx = { "HannWindow", 17 },
  .torch = "torch.hann_window(window_length, periodic, dtype=dtype)",
};
