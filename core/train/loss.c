/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

const TlMetricClass tl_metric_loss = {
  .name = "loss",
  .title = "MeanLoss",
  .doc = "Mean of the loss over all items.",
  .formula = "mean (loss)",
  .update = tl_metric_add_loss,
  .value = tl_metric_get_mean,
};
