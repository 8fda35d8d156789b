/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

static double
share (TlClassCounts counts)
{
  return counts.actual > 0 ? counts.hit / counts.actual : 0;
}

static double
value (const TlMetric *self)
{
  return tl_classes_average (self, share);
}

const TlMetricClass tl_metric_recall = {
  .name = "recall",
  .title = "Recall",
  .doc = "Share of the items of a class that are named so.",
  .formula = "hits / actual",
  .attrs = tl_classes_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
};
