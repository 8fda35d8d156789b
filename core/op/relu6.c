/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlSample samples[] = {
  { "3,4", .low = -3, .high = 9, .kinks = "0 6" },
  { "2,3,4", .low = -3, .high = 9, .kinks = "0 6" },
  { "", .low = -3, .high = 9, .kinks = "0 6" },
  { "0", .low = -3, .high = 9, .kinks = "0 6" },
  { NULL },
};

const TlOpClass tl_op_relu6 = {
  .name = "relu6",
  .group = "activation",
  .doc = "Rectified linear unit that ends at 6.",
  .formula = "y = min (max (x, 0), 6)",
  .source = "Krizhevsky 2010, Convolutional deep belief networks on CIFAR-10",
  .in = tl_ports_x,
  .expr = "min (max (x, 0), 6)",
  .expr_grad = "select (x > 0, select (x < 6, dy, 0), 0)",
  .result = TL_RESULT_FLOAT,
  .samples = samples,
  .torch = "F.relu6(x0)",
};
