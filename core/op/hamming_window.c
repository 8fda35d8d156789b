/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/window-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_window_decompose (self, 0.54, 0.46, 0, error);
}

const TlOpClass tl_op_hamming_window = {
  .name = "hamming_window",
  .group = "fourier",
  .doc = "Window of Richard Hamming: a cosine on a base.",
  .formula = "y[i] = 0.54 - 0.46 cos (2 pi i / n)",
  .source = "Harris 1978, doi:10.1109/PROC.1978.10837",
  .in = tl_ports_none,
  .attrs = tl_window_attrs,
  .infer = tl_window_infer,
  .decompose = decompose,
  .samples = tl_window_samples,
  .onnx = { "HammingWindow", 17 },
  .torch = "torch.hamming_window(window_length, periodic, dtype=dtype)",
};
