/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

static double
value (const TlMetric *self)
{
  return tl_metric_get_share (self);
}

const TlMetricClass tl_metric_confusion_matrix = {
  .name = "confusion_matrix",
  .title = "ConfusionMatrix",
  .doc = "How often each class was named as each: a table, whose number is the accuracy.",
  .formula = "table[true, named]; its trace over its sum",
  .attrs = tl_classes_threshold_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check_single,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
  .get_table = tl_classes_get_table,
};
