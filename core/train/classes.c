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

/* Whether there is one score an item. */
static gboolean
is_binary (const TlMeta *output,
           const TlMeta *target)
{
  return tl_meta_same_shape (output, target) || (output->rank == target->rank + 1 && output->shape[output->rank - 1] == 1);
}

gboolean
tl_classes_check (const TlMetric *self,
                  const TlMeta   *output,
                  const TlMeta   *target,
                  GError        **error)
{
  TlDim n;

  if (target != NULL && tl_dtype_is_float (output->dtype) && is_binary (output, target))
    return TRUE;
  if (!tl_metric_need_classes (self, output, target, error))
    return FALSE;
  n = output->shape[output->rank - 1];
  if (!tl_dim_is_symbolic (n) && n >= 1 && n <= MAX_CLASSES)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: the model must give 1 to %d classes", self->klass->name, MAX_CLASSES);
  return FALSE;
}

gsize
tl_classes_get_n_cells (const TlMetric *self,
                        const TlMeta   *output)
{
  TlDim n = output->rank > 0 ? output->shape[output->rank - 1] : 1;

  /* Which of the two it is shows with the first batch: a table of two classes fits all that is not larger. */
  return !tl_dim_is_symbolic (n) && n > 2 && n <= MAX_CLASSES ? (gsize)(n * n) : 4;
}

static gsize
name_class (const TlTensor *output,
            gboolean        is_plain,
            gsize           first,
            gsize           n)
{
  gconstpointer data = tl_tensor_peek_data (output);
  gsize         best = 0;
  double        most = tl_metric_element (output, is_plain, data, first);

  for (gsize i = 1; i < n; i++) {
    double score = tl_metric_element (output, is_plain, data, first + i);

    if (score > most || (isnan (score) && !isnan (most))) {
      most = score;
      best = i;
    }
  }
  return best;
}

void
tl_classes_update (TlMetric            *self,
                   const TlMetricBatch *batch)
{
  gint          attr = tl_attr_find (self->klass->attrs, "threshold");
  double        threshold = attr >= 0 ? self->attrs[attr].d : 0;
  gsize         n_rows = tl_tensor_get_n_elements (batch->target);
  gsize         n_scores = n_rows > 0 ? tl_tensor_get_n_elements (batch->output) / n_rows : 1;
  gboolean      is_plain = tl_metric_is_plain_f32 (batch->output);
  gconstpointer data = tl_tensor_peek_data (batch->output);
  guint         n = tl_classes_get_n (self);

  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (batch->target, row);
    gsize  named;

    if (!(target >= 0 && target < n)) /* such as the classes that a loss ignores */
      continue;
    named = n_scores == 1 ? tl_metric_element (batch->output, is_plain, data, row) >= threshold
                          : name_class (batch->output, is_plain, row * n_scores, n_scores);
    self->state.cells[(gsize)target * n + named]++;
    self->state.hits += named == (gsize)target;
    self->state.n++;
  }
}

guint
tl_classes_get_n (const TlMetric *self)
{
  return (guint)lround (sqrt ((double)self->state.n_cells));
}

TlClassCounts
tl_classes_count (const TlMetric *self,
                  guint           klass)
{
  guint         n = tl_classes_get_n (self);
  const double *cells = self->state.cells;
  TlClassCounts counts = { .hit = cells[klass * n + klass] };

  for (guint i = 0; i < n; i++) {
    counts.actual += cells[klass * n + i];
    counts.named += cells[i * n + klass];
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
    if (counts.named + counts.actual == 0)
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
  return self->state.cells;
}
