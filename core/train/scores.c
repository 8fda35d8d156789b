/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/scores.h"

#include <math.h>

#include "core/base/error.h"
#include "core/train/classes.h"

enum { FROM_LOGITS };

const TlAttrSpec tl_scores_attrs[] = {
  { "from_logits", "whether scores of classes go through softmax first; order among items depends on it", TL_ATTR_BOOL, .def = { .i = 1 } },
  { NULL },
};

/*
 * Cells: the number of labels, 0 if each item is of one class, and that of scores; then for each item a score a class (one for two classes)
 * and its class, or a score a label and the labels.
 */
#define ITEMS 2

/* Items of another width do not fit behind those that are kept. */
gboolean
tl_scores_check (const TlMetric *self,
                 const TlMeta   *output,
                 const TlMeta   *target,
                 GError        **error)
{
  const double  *cells = self->state.cells;
  TlMetricScores form;

  if (!tl_classes_check (self, output, target, error) || !tl_metric_get_scores (output, target, &form))
    return FALSE;
  if (self->state.n_cells == 0 || (cells[1] == (double)form.n && (cells[0] > 0) == (form.form == TL_FORM_LABELS)))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: items with %d scores are kept so far, and these have %d%s", self->klass->name, (int)cells[1],
               (int)form.n, cells[1] == (double)form.n ? " of another kind" : "");
  return FALSE;
}

static void
apply_softmax (double *scores,
               gsize   n)
{
  double most = scores[0], sum = 0;

  for (gsize i = 1; i < n; i++)
    most = MAX (most, scores[i]);
  for (gsize i = 0; i < n; i++)
    sum += scores[i] = exp (scores[i] - most);
  for (gsize i = 0; i < n; i++)
    scores[i] /= sum;
}

static void
keep (TlMetric *self,
      double    target,
      double   *scores,
      gsize     n)
{
  double *cells;

  if (n > 1 && self->attrs[FROM_LOGITS].i)
    apply_softmax (scores, n);
  if (n == 2)
    scores[0] = scores[1];
  n = n == 2 ? 1 : n;
  cells = tl_metric_append (self, n + 1);
  for (gsize i = 0; i < n; i++)
    cells[i] = scores[i];
  cells[n] = target;
  self->state.n++;
}

static void
keep_labels (TlMetric            *self,
             const TlMetricBatch *batch,
             gsize                n)
{
  gboolean is_plain = tl_metric_is_plain_f32 (batch->output);
  gsize    n_rows = tl_tensor_get_n_elements (batch->output) / n;

  for (gsize row = 0; row < n_rows; row++) {
    double *cells = tl_metric_append (self, 2 * n);

    for (gsize i = 0; i < n; i++) {
      cells[i] = tl_metric_element (batch->output, is_plain, tl_tensor_peek_data (batch->output), row * n + i);
      cells[n + i] = tl_tensor_peek_element (batch->target, row * n + i) != 0;
    }
  }
  self->state.n += n_rows;
}

static void
keep_classes (TlMetric             *self,
              const TlMetricBatch  *batch,
              const TlMetricScores *form)
{
  gsize    n_rows = tl_tensor_get_n_elements (batch->target), n = (gsize)form->n;
  double   few[64];
  double  *scores = n > G_N_ELEMENTS (few) ? g_new (double, n) : few;
  gboolean is_plain = tl_metric_is_plain_f32 (batch->output);

  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (batch->target, row);

    if (!(target >= 0 && target < (double)MAX (n, 2)))
      continue;
    for (gsize i = 0; i < n; i++)
      scores[i] = tl_metric_element (batch->output, is_plain, tl_tensor_peek_data (batch->output), tl_metric_score_at (form, row, i));
    keep (self, target, scores, n);
  }
  if (scores != few)
    g_free (scores);
}

void
tl_scores_update (TlMetric            *self,
                  const TlMetricBatch *batch)
{
  TlMetricScores form;

  if (!tl_metric_get_scores (tl_tensor_get_meta (batch->output), tl_tensor_get_meta (batch->target), &form))
    return;
  if (self->state.n_cells == 0) {
    double *head = tl_metric_append (self, ITEMS);

    head[0] = form.form == TL_FORM_LABELS ? (double)form.n : 0;
    head[1] = (double)form.n;
  }
  if (form.form == TL_FORM_LABELS)
    keep_labels (self, batch, (gsize)form.n);
  else
    keep_classes (self, batch, &form);
}

/* Whether an item is of a class. */
static gboolean
is_hit (const double *item,
        gsize         width,
        gsize         klass,
        gsize         n_labels)
{
  if (n_labels > 0)
    return item[n_labels + klass] != 0;
  return item[width - 1] == (double)(width == 2 ? 1 : klass);
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
  gsize                n = (gsize)self->state.n, width = n > 0 ? (self->state.n_cells - ITEMS) / n : 0;
  gsize                n_labels = n > 0 ? (gsize)self->state.cells[0] : 0;
  gsize                n_scores = n_labels > 0 ? n_labels : MAX (width, 1) - 1;
  g_autofree TlScored *items = g_new (TlScored, n + 1);
  double               sum = 0;
  guint                n_classes = 0;

  for (gsize klass = 0; klass < n_scores; klass++) {
    gsize n_hits = 0;

    for (gsize i = 0; i < n; i++) {
      const double *item = self->state.cells + ITEMS + i * width;

      if (isnan (item[klass]))
        return NAN;
      items[i].score = item[klass];
      items[i].is_hit = is_hit (item, width, klass, n_labels);
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
