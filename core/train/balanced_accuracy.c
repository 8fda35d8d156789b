/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

#include <math.h>

static double
value (const TlMetric *self)
{
  double sum = 0, n = 0;

  for (guint i = 0; i < tl_classes_get_n (self); i++) {
    TlClassCounts counts = tl_classes_count (self, i);

    if (counts.actual > 0) {
      sum += counts.hit / counts.actual;
      n++;
    }
  }
  return n > 0 ? sum / n : NAN;
}

const TlMetricClass tl_metric_balanced_accuracy = {
  .name = "balanced_accuracy",
  .title = "BalancedAccuracy",
  .doc = "Mean over the classes of the share of their items that are named rightly.",
  .formula = "mean over classes (hits / actual)",
  .attrs = tl_classes_threshold_attrs,
  .higher_is_better = TRUE,
  .check = tl_classes_check_single,
  .get_n_cells = tl_classes_get_n_cells,
  .update = tl_classes_update,
  .value = value,
};
