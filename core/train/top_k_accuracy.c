/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

enum { K };

static const TlAttrSpec attrs[] = {
  { "k", "number of guesses", TL_ATTR_INT, .def = { .i = 5 }, .has_range = TRUE, .min = 1, .max = 1e9 },
  { NULL },
};

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  tl_metric_count_top (self, batch, self->attrs[K].i);
}

const TlMetricClass tl_metric_top_k_accuracy = {
  .name = "top_k_accuracy",
  .title = "TopKAccuracy",
  .doc = "Share of items whose class is among the k with the highest scores.",
  .formula = "mean (rank (output[target]) <= k)",
  .attrs = attrs,
  .higher_is_better = TRUE,
  .check = tl_metric_need_classes,
  .update = update,
  .value = tl_metric_get_share,
};
