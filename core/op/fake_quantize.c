/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "scale", "distance of the numbers that remain", TL_ATTR_FLOAT, .required = TRUE, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-30, .max = 1e30 },
  { "zero_point", "whole number that stands for 0", TL_ATTR_INT },
  { "quant_min", "smallest whole number", TL_ATTR_INT, .def = { .i = -128 } },
  { "quant_max", "largest whole number", TL_ATTR_INT, .def = { .i = 127 } },
  { NULL },
};

static const TlSample samples[] = {
  { "f32:3,4", "scale = 0.1" },
  { "f32:6", "scale = 0.1, zero_point = 10, quant_min = 5, quant_max = 15", .low = -2, .high = 2 },
  { "f32:0", "scale = 1" },
  { NULL },
};

const TlOpClass tl_op_fake_quantize = {
  .name = "fake_quantize",
  .group = "quantisation",
  .doc = "Numbers rounded to what few bits can say. The gradient passes where nothing was cut off.",
  .formula = "y = (min (max (round (x / scale) + zero_point, quant_min), quant_max) - zero_point) scale",
  .source = "Jacob et al. 2018, arXiv:1712.05877",
  .in = tl_ports_x,
  .attrs = attrs,
  .expr = "(min (max (round (x * (1 / scale)) + zero_point, quant_min), quant_max) - zero_point) * scale",
  .expr_grad = "select (round (x * (1 / scale)) + zero_point >= quant_min, select (round (x * (1 / scale)) + zero_point <= quant_max, dy, 0), 0)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.fake_quantize_per_tensor_affine(x0, scale, zero_point, quant_min, quant_max)",
};
