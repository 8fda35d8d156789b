/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

const TlMetricClass tl_metric_mse = {
  .name = "mse",
  .title = "MSE",
  .doc = "Mean of the squared differences.",
  .formula = "mean ((output - target)^2)",
  .check = tl_metric_need_numbers,
  .update = tl_metric_add_squares,
  .value = tl_metric_get_mean,
};
