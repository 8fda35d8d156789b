/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_silu = {
  .name = "silu",
  .group = "activation",
  .doc = "Sigmoid-weighted linear unit, also called Swish.",
  .formula = "y = x sigmoid (x)",
  .source = "Elfwing, Uchibe & Doya 2018, arXiv:1702.03118",
  .in = tl_ports_x,
  .expr = "x * sigmoid (x)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "torch.nn.functional.silu(x0)",
};
