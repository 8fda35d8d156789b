/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metrics.h"

#include <string.h>

static const TlMetricClass *const rows[] = {
#define TL_METRIC(name) &tl_metric_##name,
#include "core/train/metrics.def"
#undef TL_METRIC
};

/**
 * tl_metric_class_get_n_rows:
 *
 * Returns: number of rows in the table
 */
guint
tl_metric_class_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_metric_class_get_row:
 * @row: number of a row
 *
 * Returns: (transfer none): the row
 */
const TlMetricClass *
tl_metric_class_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);

  return rows[row];
}

/**
 * tl_metric_class_find:
 * @name: name of a row
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlMetricClass *
tl_metric_class_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_metric_init:
 * @self: (out): the metric
 * @row: a row of the table
 * @attrs: (nullable): attribute values in the order of the row's specs; %NULL for the defaults
 */
void
tl_metric_init (TlMetric            *self,
                const TlMetricClass *row,
                const TlAttrValue   *attrs)
{
  memset (self, 0, sizeof *self);
  self->klass = row;
  for (guint i = 0; row->attrs != NULL && row->attrs[i].name != NULL; i++)
    self->attrs[i] = attrs != NULL ? attrs[i] : row->attrs[i].def;
}

/**
 * tl_metric_check:
 * @self: a metric
 * @output: what the model predicts; sizes may be symbolic
 * @target: (nullable): what it should predict
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: whether the metric can be taken
 */
gboolean
tl_metric_check (const TlMetric *self,
                 const TlMeta   *output,
                 const TlMeta   *target,
                 GError        **error)
{
  return self->klass->check == NULL || self->klass->check (self, output, target, error);
}

/**
 * tl_metric_reset:
 * @self: a metric
 *
 * Forgets what came in.
 */
void
tl_metric_reset (TlMetric *self)
{
  memset (&self->state, 0, sizeof self->state);
}

/**
 * tl_metric_update:
 * @self: a metric
 * @batch: a batch of the kind that tl_metric_check() was asked about
 *
 * Takes a batch.
 */
void
tl_metric_update (TlMetric            *self,
                  const TlMetricBatch *batch)
{
  self->klass->update (self, batch);
}

/**
 * tl_metric_get_value:
 * @self: a metric
 *
 * Returns: the result so far; NaN if nothing came in
 */
double
tl_metric_get_value (const TlMetric *self)
{
  return self->klass->value (self);
}
