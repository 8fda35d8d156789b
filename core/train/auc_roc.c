/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"
#include "core/train/scores.h"

/* Source: Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747 */
static double
area (const TlScored *items,
      gsize           n,
      gsize           n_hits)
{
  double won = 0, others_below = (double)(n - n_hits);

  for (gsize i = 0, end; i < n; i = end) {
    double hits = 0, others = 0;

    for (end = i; end < n && items[end].score == items[i].score; end++) {
      hits += items[end].is_hit;
      others += !items[end].is_hit;
    }
    others_below -= others;
    won += hits * (others_below + others / 2);
  }
  return won / ((double)n_hits * (double)(n - n_hits));
}

static double
value (const TlMetric *self)
{
  return tl_scores_mean (self, area);
}

const TlMetricClass tl_metric_auc_roc = {
  .name = "auc_roc",
  .title = "AUCROC",
  .doc = "How often an item of a class scores higher than one of the others; equal scores count half.",
  .formula = "mean (score (hit) > score (other))",
  .attrs = tl_scores_attrs,
  .higher_is_better = TRUE,
  .grows = TRUE,
  .check = tl_scores_check,
  .update = tl_scores_update,
  .value = value,
};
