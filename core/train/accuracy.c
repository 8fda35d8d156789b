/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

enum { THRESHOLD };

/* A row of one label or several is right if all are. */
static void
count_labels (TlMetric             *self,
              const TlMetricBatch  *batch,
              const TlMetricScores *scores)
{
  gsize         n = (gsize)scores->n, n_rows = tl_tensor_get_n_elements (batch->output) / n;
  gboolean      is_plain = tl_metric_is_plain_f32 (batch->output);
  gconstpointer data = tl_tensor_peek_data (batch->output);

  for (gsize row = 0; row < n_rows; row++) {
    gsize n_right = 0;

    for (gsize i = row * n; i < (row + 1) * n; i++)
      n_right += (double)(tl_metric_element (batch->output, is_plain, data, i) >= self->attrs[THRESHOLD].d) == tl_tensor_peek_element (batch->target, i);
    self->state.hits += n_right == n;
  }
  self->state.n += n_rows;
}

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  TlMetricScores scores;

  if (tl_metric_get_scores (tl_tensor_get_meta (batch->output), tl_tensor_get_meta (batch->target), &scores) && scores.form != TL_FORM_CLASSES)
    count_labels (self, batch, &scores);
  else
    tl_metric_count_top (self, batch, 1);
}

const TlMetricClass tl_metric_accuracy = {
  .name = "accuracy",
  .title = "Accuracy",
  .doc = "Share of items that are named rightly: the class with the highest score, or every label of the item.",
  .formula = "mean (argmax (output) = target), or mean ((output >= threshold) = target)",
  .attrs = tl_classes_threshold_attrs,
  .higher_is_better = TRUE,
  .check = tl_metric_need_scores,
  .update = update,
  .value = tl_metric_get_share,
};
