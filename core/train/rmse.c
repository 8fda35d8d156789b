/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <math.h>

static double
value (const TlMetric *self)
{
  return sqrt (tl_metric_get_mean (self));
}

const TlMetricClass tl_metric_rmse = {
  .name = "rmse",
  .title = "RMSE",
  .doc = "Root of the mean squared difference.",
  .formula = "sqrt (mean ((output - target)^2))",
  .check = tl_metric_need_numbers,
  .update = tl_metric_add_squares,
  .value = value,
};
