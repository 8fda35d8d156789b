/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

static double
share (TlClassCounts counts)
{
  double either = counts.named + counts.actual - counts.hit;

  return either > 0 ? counts.hit / either : 0;
}

static double
value (const TlMetric *self)
{
  return tl_classes_average (self, share);
}

const TlMetricClass tl_metric_iou = {
  .name = "iou",
  .title = "IoU",
  .doc = "Items both named and of a class, as a share of those that are either: the Jaccard index.",
  .formula = "hits / (named + actual - hits)",
  .attrs = tl_classes_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
};
