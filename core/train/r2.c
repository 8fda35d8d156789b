/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <math.h>

#include "core/base/error.h"

/* Of each column. */
typedef struct {
  double mean;  /* of the targets */
  double about; /* sum of their squared distances from it */
  double left;  /* sum of squared differences of output and target */
} Column;

#define N_CELLS (sizeof (Column) / sizeof (double))

static gsize
count_columns (const TlMeta *output)
{
  return output->rank >= 2 ? (gsize)output->shape[output->rank - 1] : 1;
}

static gboolean
check (const TlMetric *self,
       const TlMeta   *output,
       const TlMeta   *target,
       GError        **error)
{
  if (!tl_metric_need_numbers (self, output, target, error))
    return FALSE;
  if (output->rank < 2 || (!tl_dim_is_symbolic (output->shape[output->rank - 1]) && output->shape[output->rank - 1] <= 1 << 20))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: the model must give at most %d columns", self->klass->name, 1 << 20);
  return FALSE;
}

static gsize
get_n_cells (const TlMetric *self,
             const TlMeta   *output,
             const TlMeta   *target)
{
  return count_columns (output) * N_CELLS;
}

/* Source: Welford 1962, doi:10.1080/00401706.1962.10490022 */
static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  gsize   n_columns = count_columns (tl_tensor_get_meta (batch->output));
  gsize   n_rows = n_columns > 0 ? tl_tensor_get_n_elements (batch->output) / n_columns : 0;
  Column *columns = (Column *)self->state.cells;

  for (gsize row = 0; row < n_rows; row++) {
    self->state.n++;
    for (gsize i = 0; i < n_columns; i++) {
      double target = tl_tensor_peek_element (batch->target, row * n_columns + i);
      double left = target - tl_tensor_peek_element (batch->output, row * n_columns + i);
      double before = target - columns[i].mean;

      columns[i].mean += before / (double)self->state.n;
      columns[i].about += before * (target - columns[i].mean);
      columns[i].left += left * left;
    }
  }
}

static double
value (const TlMetric *self)
{
  const Column *columns = (const Column *)self->state.cells;
  gsize         n = self->state.n_cells / N_CELLS;
  double        sum = 0;

  if (self->state.n < 2 || n == 0)
    return NAN;
  for (gsize i = 0; i < n; i++)
    sum += columns[i].about > 0 ? 1 - columns[i].left / columns[i].about : columns[i].left > 0 ? 0
                                                                                               : 1;
  return sum / (double)n;
}

const TlMetricClass tl_metric_r2 = {
  .name = "r2",
  .title = "R2",
  .doc = "Share of the variance of the targets that is explained; the mean over the columns.",
  .formula = "1 - sum ((target - output)^2) / sum ((target - mean (target))^2)",
  .higher_is_better = TRUE,
  .check = check,
  .get_n_cells = get_n_cells,
  .update = update,
  .value = value,
};
