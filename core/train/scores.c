/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/scores.h"

#include <math.h>

enum { FROM_LOGITS };

const TlAttrSpec tl_scores_attrs[] = {
  { "from_logits", "whether scores of classes go through softmax first; order among items depends on it", TL_ATTR_BOOL, .def = { .i = 1 } },
  { NULL },
};

/* An item takes one cell a class (one for two classes) and one for its class. */
static void
keep (TlMetric *self,
      double    target,
      double   *scores,
      gsize     n)
{
  double *cells;
  double  most = scores[0], sum = 0;

  if (n > 1 && self->attrs[FROM_LOGITS].i) {
    for (gsize i = 1; i < n; i++)
      most = MAX (most, scores[i]);
    for (gsize i = 0; i < n; i++)
      sum += scores[i] = exp (scores[i] - most);
    for (gsize i = 0; i < n; i++)
      scores[i] /= sum;
  }
  if (n == 2)
    scores[0] = scores[1];
  n = n == 2 ? 1 : n;
  cells = tl_metric_append (self, n + 1);
  for (gsize i = 0; i < n; i++)
    cells[i] = scores[i];
  cells[n] = target;
  self->state.n++;
}

void
tl_scores_update (TlMetric            *self,
                  const TlMetricBatch *batch)
{
  gsize    n_rows = tl_tensor_get_n_elements (batch->target);
  gsize    n = n_rows > 0 ? tl_tensor_get_n_elements (batch->output) / n_rows : 0;
  double   few[64];
  double  *scores = n > G_N_ELEMENTS (few) ? g_new (double, n) : few;
  gboolean is_plain = tl_metric_is_plain_f32 (batch->output);

  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (batch->target, row);

    if (!(target >= 0 && target < (double)MAX (n, 2)))
      continue;
    for (gsize i = 0; i < n; i++)
      scores[i] = tl_metric_element (batch->output, is_plain, tl_tensor_peek_data (batch->output), row * n + i);
    keep (self, target, scores, n);
  }
  if (scores != few)
    g_free (scores);
}

static int
compare (gconstpointer a,
         gconstpointer b)
{
  double x = ((const TlScored *)a)->score, y = ((const TlScored *)b)->score;

  return (x < y) - (x > y);
}

/**
 * tl_scores_mean:
 * @self: a metric
 * @measure: (scope call): from items in falling order of score; there are hits and others
 *
 * Returns: the mean over the classes that are neither all nor nothing; NaN if there are none, or if a score is NaN
 */
double
tl_scores_mean (const TlMetric *self,
                double (*measure) (const TlScored *items,
                                   gsize           n,
                                   gsize           n_hits))
{
  gsize                n = (gsize)self->state.n, width = n > 0 ? self->state.n_cells / n : 0;
  g_autofree TlScored *items = g_new (TlScored, n + 1);
  double               sum = 0;
  guint                n_classes = 0;

  for (gsize klass = 0; klass + 1 < width; klass++) {
    gsize n_hits = 0;

    for (gsize i = 0; i < n; i++) {
      const double *item = self->state.cells + i * width;

      if (isnan (item[klass]))
        return NAN;
      items[i].score = item[klass];
      items[i].is_hit = item[width - 1] == (double)(width == 2 ? 1 : klass);
      n_hits += items[i].is_hit;
    }
    if (n_hits == 0 || n_hits == n)
      continue;
    qsort (items, n, sizeof *items, compare);
    sum += measure (items, n, n_hits);
    n_classes++;
  }
  return n_classes > 0 ? sum / n_classes : NAN;
}
