/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  tl_metric_add (self, batch->loss * (double)batch->n_items);
  self->state.n += batch->n_items;
}

const TlMetricClass tl_metric_loss = {
  .name = "loss",
  .title = "MeanLoss",
  .doc = "Mean of the loss over all items.",
  .formula = "mean (loss)",
  .update = update,
  .value = tl_metric_get_mean,
};
