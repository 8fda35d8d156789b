/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <string.h>

#include "core/base/error.h"

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

/* Makes room for @n cells. */
static void
reserve (TlMetricState *state,
         gsize          n)
{
  if (n <= state->n_allocated)
    return;
  state->n_allocated = MAX (n, 2 * state->n_allocated);
  state->cells = g_renew (double, state->cells, state->n_allocated);
}

/**
 * tl_metric_prepare:
 * @self: a metric
 * @output: what the model predicts; the sizes that the metric looks at are numbers
 * @target: (nullable): what it should predict
 * @error: return location for an error
 *
 * Checks as tl_metric_check() and makes the cells; what came in before, or from a checkpoint, stays.
 *
 * Errors: as tl_metric_check(), %TL_ERROR_VALUE if what came in before has cells of another model
 *
 * Returns: whether the metric can be taken
 */
gboolean
tl_metric_prepare (TlMetric     *self,
                   const TlMeta *output,
                   const TlMeta *target,
                   GError      **error)
{
  gsize n;

  if (!tl_metric_check (self, output, target, error))
    return FALSE;
  if (self->klass->grows)
    return TRUE;
  n = self->klass->get_n_cells != NULL ? self->klass->get_n_cells (self, output, target) : 0;
  if (self->state.n > 0 && self->state.n_cells != n) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %" G_GSIZE_FORMAT " numbers are kept so far, and these predictions need %" G_GSIZE_FORMAT,
                 self->klass->name, self->state.n_cells, n);
    return FALSE;
  }
  if (self->state.n == 0) {
    self->state.n_cells = n;
    reserve (&self->state, n);
    tl_metric_reset (self);
  }
  return TRUE;
}

/**
 * tl_metric_clear:
 * @self: a metric
 *
 * Gives its cells back.
 */
void
tl_metric_clear (TlMetric *self)
{
  g_clear_pointer (&self->state.cells, g_free);
  self->state.n_cells = self->state.n_allocated = 0;
}

/**
 * tl_metric_copy:
 * @self: a metric
 * @to: (inout): another, which keeps its memory; all zero at first
 *
 * Makes @to equal to @self.
 */
void
tl_metric_copy (const TlMetric *self,
                TlMetric       *to)
{
  TlMetricState state = to->state;

  *to = *self;
  reserve (&state, self->state.n_cells);
  to->state.n_allocated = state.n_allocated;
  to->state.cells = state.cells;
  if (self->state.n_cells > 0)
    memcpy (to->state.cells, self->state.cells, self->state.n_cells * sizeof (double));
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
  TlMetricState *state = &self->state;

  state->n = state->hits = 0;
  state->sum = state->carry = 0;
  if (self->klass->grows)
    state->n_cells = 0;
  else if (state->n_cells > 0)
    memset (state->cells, 0, state->n_cells * sizeof (double));
}

/* Room for @n more cells, for rows that grow. */
double *
tl_metric_append (TlMetric *self,
                  gsize     n)
{
  TlMetricState *state = &self->state;

  reserve (state, state->n_cells + n);
  state->n_cells += n;
  return state->cells + state->n_cells - n;
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

/**
 * tl_metric_get_table:
 * @self: a metric
 * @n: (out): number of rows and columns
 *
 * Returns: (transfer none) (nullable) (array): the table behind the result, row by row, until the next update
 */
const double *
tl_metric_get_table (const TlMetric *self,
                     guint          *n)
{
  *n = 0;
  return self->klass->get_table != NULL ? self->klass->get_table (self, n) : NULL;
}

/**
 * tl_metric_to_text:
 * @self: a metric
 *
 * Returns: (transfer full): its state for a checkpoint
 */
char *
tl_metric_to_text (const TlMetric *self)
{
  const TlMetricState *state = &self->state;
  g_autofree char     *cells = g_base64_encode ((const guchar *)state->cells, state->n_cells * sizeof (double));
  char                 sum[G_ASCII_DTOSTR_BUF_SIZE], carry[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strdup_printf ("%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " %s %s %s", self->klass->name, state->n, state->hits,
                          g_ascii_dtostr (sum, sizeof sum, state->sum), g_ascii_dtostr (carry, sizeof carry, state->carry), cells);
}

/**
 * tl_metric_set_text:
 * @self: a metric
 * @text: what tl_metric_to_text() made of a metric of the same row
 *
 * Returns: whether it was understood; if not, @self is as before
 */
gboolean
tl_metric_set_text (TlMetric   *self,
                    const char *text)
{
  g_auto (GStrv)     parts = g_strsplit (text, " ", -1);
  g_autofree guchar *cells = NULL;
  TlMetricState     *state = &self->state;
  guint64            n, hits;
  gsize              n_bytes;

  if (g_strv_length (parts) != 6 || strcmp (parts[0], self->klass->name) != 0 ||
      !g_ascii_string_to_unsigned (parts[1], 10, 0, G_MAXUINT64, &n, NULL) ||
      !g_ascii_string_to_unsigned (parts[2], 10, 0, G_MAXUINT64, &hits, NULL))
    return FALSE;
  cells = g_base64_decode (parts[5], &n_bytes);
  if (n_bytes % sizeof (double) != 0)
    return FALSE;
  state->n = n;
  state->hits = hits;
  state->sum = g_ascii_strtod (parts[3], NULL);
  state->carry = g_ascii_strtod (parts[4], NULL);
  reserve (state, n_bytes / sizeof (double));
  state->n_cells = n_bytes / sizeof (double);
  if (n_bytes > 0)
    memcpy (state->cells, cells, n_bytes);
  return TRUE;
}
