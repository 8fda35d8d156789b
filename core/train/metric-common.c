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

/**
 * tl_metric_need_classes:
 * @self: a metric
 * @output: must be floating `[rows..., classes]`
 * @target: must be whole numbers `[rows...]`
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
  if (target == NULL || output->rank == 0 || !tl_dtype_is_float (output->dtype) || target->rank + 1 != output->rank ||
      (target->dtype != TL_DTYPE_U8 && target->dtype != TL_DTYPE_I32 && target->dtype != TL_DTYPE_I64) ||
      memcmp (target->shape, output->shape, target->rank * sizeof (TlDim)) != 0)
    return fail (self, output, target, "scores [items, classes] and classes [items] are wanted", error);
  return TRUE;
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
rank_of (const TlTensor *output,
         gboolean        is_plain,
         gsize           first,
         gsize           n_classes,
         gsize           target)
{
  gconstpointer data = tl_tensor_peek_data (output);
  double        score = tl_metric_element (output, is_plain, data, first + target);
  gint64        rank = 0;

  if (isnan (score))
    return G_MAXINT64;
  for (gsize i = 0; i < n_classes; i++) {
    double other = tl_metric_element (output, is_plain, data, first + i);

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
 * Counts rows, and as hits those whose class is among the @k with the highest scores.  Of equal scores the first class wins; a class out of range
 * is never hit.
 */
void
tl_metric_count_top (TlMetric            *self,
                     const TlMetricBatch *batch,
                     gint64               k)
{
  const TlMeta *meta = tl_tensor_get_meta (batch->output);
  gsize         n_classes = (gsize)meta->shape[meta->rank - 1], n_rows = tl_tensor_get_n_elements (batch->target);
  gboolean      is_plain = tl_metric_is_plain_f32 (batch->output);

  for (gsize row = 0; row < n_rows; row++) {
    double target = tl_tensor_peek_element (batch->target, row);

    if (target >= 0 && target < (double)n_classes)
      self->state.hits += rank_of (batch->output, is_plain, row * n_classes, n_classes, (gsize)target) < k;
  }
  self->state.n += n_rows;
}
