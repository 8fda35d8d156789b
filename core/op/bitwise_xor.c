/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "i64:3,4; i64:3,4" },
  { "i32:2,3,4; i32:4" },
  { "u8:5<200; u8:5<200" },
  { "bool:4; bool:4" },
  { "i64:; i64:" },
  { "i64:0; i64:1" },
  { NULL },
};

const TlOpClass tl_op_bitwise_xor = {
  .name = "bitwise_xor",
  .group = "bits",
  .doc = "Bits that are set in exactly one of two whole numbers.",
  .formula = "y = a xor b, bit by bit",
  .source = "elementary",
  .in = tl_ports_a_b,
  .expr = "bitxor (a, b)",
  .samples = samples,
  .onnx = { "BitwiseXor", 18 },
  .torch = "torch.bitwise_xor(x0, x1)",
};
