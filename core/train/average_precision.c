/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"
#include "core/train/scores.h"

static double
average (const TlScored *items,
         gsize           n,
         gsize           n_hits)
{
  double sum = 0, found = 0;

  for (gsize i = 0, end; i < n; i = end) {
    double hits = 0;

    for (end = i; end < n && items[end].score == items[i].score; end++)
      hits += items[end].is_hit;
    found += hits;
    sum += hits / (double)n_hits * (found / (double)end);
  }
  return sum;
}

static double
value (const TlMetric *self)
{
  return tl_scores_mean (self, average);
}

const TlMetricClass tl_metric_average_precision = {
  .name = "average_precision",
  .title = "AveragePrecision",
  .doc = "Mean of the precision over the items of a class, in falling order of score.",
  .formula = "sum over thresholds ((recall - recall before) precision)",
  .attrs = tl_scores_attrs,
  .higher_is_better = TRUE,
  .grows = TRUE,
  .check = tl_scores_check,
  .update = tl_scores_update,
  .value = value,
};
