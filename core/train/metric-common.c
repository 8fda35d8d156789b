/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

static gboolean
fail (const TlMetric *self,
      const TlMeta   *output,
      const TlMeta   *target,
      const char     *want,
      GError        **error)
{
  g_autofree char *a = tl_meta_to_string (output), *b = target != NULL ? tl_meta_to_string (target) : g_strdup ("nothing");

  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: the model gives %s and the data %s; %s", self->klass->name, a, b, want);
  return FALSE;
}

/* Whether the sizes are those of @target with @axis put in. */
static gboolean
has_axis (const TlMeta *output,
          const TlMeta *target,
          guint         axis)
{
  return memcmp (output->shape, target->shape, axis * sizeof (TlDim)) == 0 &&
         memcmp (output->shape + axis + 1, target->shape + axis, (target->rank - axis) * sizeof (TlDim)) == 0;
}

static gsize
count_behind (const TlMeta *meta,
              guint         axis)
{
  gsize n = 1;

  for (guint i = axis + 1; i < meta->rank && !tl_dim_is_symbolic (meta->shape[i]); i++)
    n *= (gsize)meta->shape[i];
  return MAX (n, 1);
}

/**
 * tl_metric_get_scores:
 * @output: what the model predicts
 * @target: (nullable): what it should predict
 * @scores: (out): where its scores stand; with symbolic sizes behind them @inner is not known
 *
 * Returns: whether they are scores of what @target names
 */
gboolean
tl_metric_get_scores (const TlMeta   *output,
                      const TlMeta   *target,
                      TlMetricScores *scores)
{
  guint axis;

  if (target == NULL || !tl_dtype_is_float (output->dtype))
    return FALSE;
  *scores = (TlMetricScores){ TL_FORM_BINARY, 1, 1 };
  if (tl_meta_same_shape (output, target)) {
    if (output->rank == 2 && !tl_dim_is_symbolic (output->shape[1]) && output->shape[1] > 1)
      *scores = (TlMetricScores){ TL_FORM_LABELS, output->shape[1], 1 };
    return TRUE;
  }
  if (output->rank != target->rank + 1)
    return FALSE;
  axis = output->rank > 2 && has_axis (output, target, 1) ? 1 : target->rank;
  if (!has_axis (output, target, axis))
    return FALSE;
  if (output->shape[axis] == 1)
    return TRUE;
  *scores = (TlMetricScores){ TL_FORM_CLASSES, output->shape[axis], count_behind (output, axis) };
  return target->dtype == TL_DTYPE_U8 || target->dtype == TL_DTYPE_I32 || target->dtype == TL_DTYPE_I64;
}

/**
 * tl_metric_need_scores:
 * @self: a metric
 * @output: must be floating
 * @target: must be what tl_metric_get_scores() knows
 * @error: return location for an error
 *
 * Returns: whether they are
 */
gboolean
tl_metric_need_scores (const TlMetric *self,
                       const TlMeta   *output,
                       const TlMeta   *target,
                       GError        **error)
{
  TlMetricScores scores;

  if (tl_metric_get_scores (output, target, &scores))
    return TRUE;
  return fail (self, output, target,
               "scores [items, classes, ...] and whole numbers [items, ...] are wanted, or scores and 0 or 1 of the same shape", error);
}

/**
 * tl_metric_need_classes:
 * @self: a metric
 * @output: must be scores of classes, of which one is true
 * @target: must be whole numbers
 * @error: return location for an error
 *
 * Returns: whether they are
 */
gboolean
tl_metric_need_classes (const TlMetric *self,
                        const TlMeta   *output,
                        const TlMeta   *target,
                        GError        **error)
{
  TlMetricScores scores;

  if (tl_metric_get_scores (output, target, &scores) && scores.form == TL_FORM_CLASSES)
    return TRUE;
  return fail (self, output, target, "scores [items, classes, ...] and classes [items, ...], which are whole numbers, are wanted", error);
}

/**
 * tl_metric_need_numbers:
 * @self: a metric
 * @output: must have the shape of @target
 * @target: must have the shape of @output
 * @error: return location for an error
 *
 * Returns: whether they have
 */
gboolean
tl_metric_need_numbers (const TlMetric *self,
                        const TlMeta   *output,
                        const TlMeta   *target,
                        GError        **error)
{
  if (target == NULL || !tl_meta_same_shape (output, target))
    return fail (self, output, target, "equal shapes are wanted", error);
  return TRUE;
}

/**
 * tl_metric_add:
 * @self: a metric
 * @term: what is added to its sum
 *
 * Source: Neumaier 1974, doi:10.1002/zamm.19740540106
 */
void
tl_metric_add (TlMetric *self,
               double    term)
{
  TlMetricState *state = &self->state;
  double         sum = state->sum + term;

  if (fabs (state->sum) >= fabs (term))
    state->carry += (state->sum - sum) + term;
  else
    state->carry += (term - sum) + state->sum;
  state->sum = sum;
}

/**
 * tl_metric_add_loss:
 * @self: a metric
 * @batch: a batch
 *
 * Adds the loss of each item.
 */
void
tl_metric_add_loss (TlMetric            *self,
                    const TlMetricBatch *batch)
{
  tl_metric_add (self, batch->loss * (double)batch->n_items);
  self->state.n += batch->n_items;
}

/**
 * tl_metric_add_squares:
 * @self: a metric
 * @batch: a batch of numbers
 *
 * Adds the squared difference of each element.
 */
void
tl_metric_add_squares (TlMetric            *self,
                       const TlMetricBatch *batch)
{
  gboolean      output_plain = tl_metric_is_plain_f32 (batch->output), target_plain = tl_metric_is_plain_f32 (batch->target);
  gconstpointer output = tl_tensor_peek_data (batch->output), target = tl_tensor_peek_data (batch->target);
  gsize         n = tl_tensor_get_n_elements (batch->output);

  for (gsize i = 0; i < n; i++) {
    double difference = tl_metric_element (batch->output, output_plain, output, i) -
                        tl_metric_element (batch->target, target_plain, target, i);

    tl_metric_add (self, difference * difference);
  }
  self->state.n += n;
}

/**
 * tl_metric_get_mean:
 * @self: a metric
 *
 * Returns: its sum over its number
 */
double
tl_metric_get_mean (const TlMetric *self)
{
  return self->state.n > 0 ? (self->state.sum + self->state.carry) / (double)self->state.n : NAN;
}

/**
 * tl_metric_get_share:
 * @self: a metric
 *
 * Returns: its hits over its number
 */
double
tl_metric_get_share (const TlMetric *self)
{
  return self->state.n > 0 ? (double)self->state.hits / (double)self->state.n : NAN;
}

/* How many classes stand before the target: those with a higher score, and those with the same that come earlier. */
static gint64
rank_of (const TlTensor       *output,
         gboolean              is_plain,
         const TlMetricScores *scores,
         gsize                 row,
         gsize                 target)
{
  gconstpointer data = tl_tensor_peek_data (output);
  double        score = tl_metric_element (output, is_plain, data, tl_metric_score_at (scores, row, target));
  gint64        rank = 0;

  if (isnan (score))
    return G_MAXINT64;
  for (gsize i = 0; i < (gsize)scores->n; i++) {
    double other = tl_metric_element (output, is_plain, data, tl_metric_score_at (scores, row, i));

    rank += other > score || isnan (other) || (other == score && i < target);
  }
  return rank;
}

/**
 * tl_metric_count_top:
 * @self: a metric
 * @batch: a batch of classes
 * @k: how many guesses there are
 *
 * Counts rows, and as hits those whose class is among the @k with the highest scores.  Of equal scores the first class wins; a class that is too
 * large is never hit, and one below 0, which losses ignore, does not count.
 */
void
tl_metric_count_top (TlMetric            *self,
                     const TlMetricBatch *batch,
                     gint64               k)
{
  gsize          n_rows = tl_tensor_get_n_elements (batch->target);
  gboolean       is_plain = tl_metric_is_plain_f32 (batch->output);
  TlMetricScores scores;

  if (!tl_metric_get_scores (tl_tensor_get_meta (batch->output), tl_tensor_get_meta (batch->target), &scores))
    return;
  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (batch->target, row);

    if (target < 0)
      continue;
    self->state.n++;
    if (target < (double)scores.n)
      self->state.hits += rank_of (batch->output, is_plain, &scores, row, (gsize)target) < k;
  }
}
