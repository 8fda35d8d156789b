/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "i64:3,4; i64:3,4<5" },
  { "i32:2,3,4; i32:4<5" },
  { "u8:5<200; u8:5<9" },
  { "i64:; i64:<3" },
  { "i64:0; i64:1" },
  { NULL },
};

const TlOpClass tl_op_bitwise_left_shift = {
  .name = "bitwise_left_shift",
  .group = "bits",
  .doc = "Bits shifted to the left; zero for distances that are negative or too large.",
  .formula = "y = a 2^b",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "shl (a, b)",
  .samples = samples,
  .onnx = { "BitShift", 11 },
  .torch = "torch.bitwise_left_shift(x0, x1)",
};
