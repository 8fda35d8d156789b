/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  tl_metric_count_top (self, batch, 1);
}

const TlMetricClass tl_metric_accuracy = {
  .name = "accuracy",
  .title = "Accuracy",
  .doc = "Share of items whose class has the highest score.",
  .formula = "mean (argmax (output) = target)",
  .higher_is_better = TRUE,
  .check = tl_metric_need_classes,
  .update = update,
  .value = tl_metric_get_share,
};
