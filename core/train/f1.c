/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

static double
share (TlClassCounts counts)
{
  return counts.named + counts.actual > 0 ? 2 * counts.hit / (counts.named + counts.actual) : 0;
}

static double
value (const TlMetric *self)
{
  return tl_classes_average (self, share);
}

const TlMetricClass tl_metric_f1 = {
  .name = "f1",
  .title = "F1",
  .doc = "Harmonic mean of precision and recall.",
  .formula = "2 hits / (named + actual)",
  .attrs = tl_classes_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
};
