/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

static double
share (TlClassCounts counts)
{
  return counts.named > 0 ? counts.hit / counts.named : 0;
}

static double
value (const TlMetric *self)
{
  return tl_classes_average (self, share);
}

const TlMetricClass tl_metric_precision = {
  .name = "precision",
  .title = "Precision",
  .doc = "Share of the items named as a class that are of it.",
  .formula = "hits / named",
  .attrs = tl_classes_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
};
