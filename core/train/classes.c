/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/classes.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"

#define MAX_CLASSES 4096

const char *const tl_average_names[] = { "macro", "micro", "weighted", "binary", NULL };

// clang-format off
#define THRESHOLD \
  { "threshold", "from which score on class 1 is named, where there is one score; 0 for logits, 0.5 for probabilities", TL_ATTR_FLOAT }

const TlAttrSpec tl_classes_attrs[] = {
  { "average", "macro: mean over classes; micro: over all items; weighted: by how often a class is true; binary: class 1 alone", TL_ATTR_ENUM,
    .names = tl_average_names },
  THRESHOLD,
  { NULL },
};

const TlAttrSpec tl_classes_threshold_attrs[] = { THRESHOLD, { NULL } };
// clang-format on

/* Cells: the number of labels, 0 if each row is of one class; then the table of classes, or one of two by two for each label. */
#define TABLE 1

gboolean
tl_classes_check (const TlMetric *self,
                  const TlMeta   *output,
                  const TlMeta   *target,
                  GError        **error)
{
  TlMetricScores scores;

  if (!tl_metric_need_scores (self, output, target, error) || !tl_metric_get_scores (output, target, &scores))
    return FALSE;
  if (tl_dim_is_symbolic (scores.n) || scores.n > MAX_CLASSES) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: the model must give 1 to %d classes", self->klass->name, MAX_CLASSES);
    return FALSE;
  }
  if (scores.form == TL_FORM_LABELS && self->klass->attrs == tl_classes_attrs && self->attrs[TL_CLASSES_AVERAGE].i == TL_AVERAGE_BINARY) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: average = \"binary\" is for one score an item, not for %d labels", self->klass->name, (int)scores.n);
    return FALSE;
  }
  return TRUE;
}

gboolean
tl_classes_check_single (const TlMetric *self,
                         const TlMeta   *output,
                         const TlMeta   *target,
                         GError        **error)
{
  TlMetricScores scores;

  if (!tl_classes_check (self, output, target, error))
    return FALSE;
  if (!tl_metric_get_scores (output, target, &scores) || scores.form != TL_FORM_LABELS)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: an item must be of one class, not of any of %d labels", self->klass->name, (int)scores.n);
  return FALSE;
}

gsize
tl_classes_get_n_cells (const TlMetric *self,
                        const TlMeta   *output,
                        const TlMeta   *target)
{
  TlMetricScores scores;

  if (!tl_metric_get_scores (output, target, &scores) || scores.form == TL_FORM_BINARY)
    return TABLE + 4;
  return TABLE + (gsize)scores.n * (gsize)(scores.form == TL_FORM_LABELS ? 4 : scores.n);
}

/* What is read of a batch. */
typedef struct {
  const TlMetricBatch *batch;
  TlMetricScores       scores;
  gboolean             is_plain;
  gconstpointer        data;
  double               threshold;
} Reader;

static gsize
name_class (const Reader *self,
            gsize         row)
{
  const TlTensor *output = self->batch->output;
  gsize           best = 0;
  double          most = tl_metric_element (output, self->is_plain, self->data, tl_metric_score_at (&self->scores, row, 0));

  if (self->scores.form == TL_FORM_BINARY)
    return most >= self->threshold;
  for (gsize i = 1; i < (gsize)self->scores.n; i++) {
    double score = tl_metric_element (output, self->is_plain, self->data, tl_metric_score_at (&self->scores, row, i));

    if (score > most || (isnan (score) && !isnan (most))) {
      most = score;
      best = i;
    }
  }
  return best;
}

static void
count_classes (TlMetric     *self,
               const Reader *reader)
{
  gsize n_rows = tl_tensor_get_n_elements (reader->batch->target);
  guint n = tl_classes_get_n (self);

  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (reader->batch->target, row);
    gsize  named;

    if (!(target >= 0 && target < n)) /* such as the classes that a loss ignores */
      continue;
    named = name_class (reader, row);
    self->state.cells[TABLE + (gsize)target * n + named]++;
    self->state.hits += named == (gsize)target;
    self->state.n++;
  }
}

static void
count_labels (TlMetric     *self,
              const Reader *reader)
{
  gsize n_elements = tl_tensor_get_n_elements (reader->batch->output), n = (gsize)reader->scores.n;

  self->state.cells[0] = (double)n;
  for (gsize i = 0; i < n_elements; i++) {
    gboolean is_named = tl_metric_element (reader->batch->output, reader->is_plain, reader->data, i) >= reader->threshold;
    gboolean is_true = tl_tensor_peek_element (reader->batch->target, i) != 0;

    self->state.cells[TABLE + i % n * 4 + (gsize)(2 * is_true + is_named)]++;
  }
  self->state.n += n_elements / n;
}

void
tl_classes_update (TlMetric            *self,
                   const TlMetricBatch *batch)
{
  gint   attr = tl_attr_find (self->klass->attrs, "threshold");
  Reader reader = { .batch = batch,
                    .is_plain = tl_metric_is_plain_f32 (batch->output),
                    .data = tl_tensor_peek_data (batch->output),
                    .threshold = attr >= 0 ? self->attrs[attr].d : 0 };

  if (!tl_metric_get_scores (tl_tensor_get_meta (batch->output), tl_tensor_get_meta (batch->target), &reader.scores))
    return;
  if (reader.scores.form == TL_FORM_LABELS)
    count_labels (self, &reader);
  else
    count_classes (self, &reader);
}

static guint
get_n_labels (const TlMetric *self)
{
  return self->state.n_cells > 0 ? (guint)self->state.cells[0] : 0;
}

guint
tl_classes_get_n (const TlMetric *self)
{
  guint n_labels = get_n_labels (self);

  return n_labels > 0 || self->state.n_cells == 0 ? n_labels : (guint)lround (sqrt ((double)(self->state.n_cells - TABLE)));
}

TlClassCounts
tl_classes_count (const TlMetric *self,
                  guint           klass)
{
  gboolean      has_labels = get_n_labels (self) > 0;
  guint         n = has_labels ? 2 : tl_classes_get_n (self), i = has_labels ? 1 : klass;
  const double *table = self->state.cells + TABLE + (has_labels ? 4 * klass : 0);
  TlClassCounts counts = { .hit = table[i * n + i] };

  for (guint k = 0; k < n; k++) {
    counts.actual += table[i * n + k];
    counts.named += table[k * n + i];
  }
  return counts;
}

/**
 * tl_classes_average:
 * @self: a metric with the attributes %tl_classes_attrs
 * @share: (scope call): what is averaged
 *
 * Returns: the average that the attribute asks for; NaN if nothing came in
 */
double
tl_classes_average (const TlMetric *self,
                    double (*share) (TlClassCounts counts))
{
  TlAverage     average = (TlAverage)self->attrs[TL_CLASSES_AVERAGE].i;
  TlClassCounts all = { 0 };
  double        sum = 0, weight = 0;

  if (self->state.n == 0)
    return NAN;
  if (average == TL_AVERAGE_BINARY)
    return share (tl_classes_count (self, 1));
  for (guint i = 0; i < tl_classes_get_n (self); i++) {
    TlClassCounts counts = tl_classes_count (self, i);
    double        of_class = average == TL_AVERAGE_WEIGHTED ? counts.actual : 1;

    all.hit += counts.hit;
    all.named += counts.named;
    all.actual += counts.actual;
    if (counts.named + counts.actual == 0 && get_n_labels (self) == 0)
      continue;
    sum += of_class * share (counts);
    weight += of_class;
  }
  return average == TL_AVERAGE_MICRO ? share (all) : sum / weight;
}

const double *
tl_classes_get_table (const TlMetric *self,
                      guint          *n)
{
  *n = tl_classes_get_n (self);
  return *n > 0 ? self->state.cells + TABLE : NULL;
}
