/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/data/common.h"

static double
element_of (TlDType       dtype,
            gconstpointer data,
            gsize         i)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    return ((const float *)data)[i];
  case TL_DTYPE_F64:
    return ((const double *)data)[i];
  case TL_DTYPE_I8:
    return ((const gint8 *)data)[i];
  case TL_DTYPE_I32:
    return ((const gint32 *)data)[i];
  case TL_DTYPE_I64:
    return (double)((const gint64 *)data)[i];
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    return ((const guint8 *)data)[i];
  case TL_DTYPE_F16:
  case TL_DTYPE_BF16:
    break;
  }
  return NAN;
}

/* Two passes over the data set, which is exact enough for any offset.  Squares of differences come in the second. */
static void
add_items (TlTransformStep *self,
           TlDataset       *train,
           const double    *mean,
           double          *sums)
{
  gsize n_items = tl_dataset_get_n_items (train);

  memset (sums, 0, self->n_channels * sizeof (double));
  for (gsize item = 0; item < n_items; item++) {
    gconstpointer data = tl_dataset_peek_item (train, self->field, item);

    for (gsize channel = 0; channel < self->n_channels; channel++) {
      double sum = 0;

      for (gsize i = channel * self->n_inner; i < (channel + 1) * self->n_inner; i++) {
        double x = element_of (self->in.dtype, data, i);

        sum += mean != NULL ? (x - mean[channel]) * (x - mean[channel]) : x;
      }
      sums[channel] += sum;
    }
  }
}

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  g_autofree double *mean = NULL, *squares = NULL;
  double             n;

  if (!self->is_raw) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_VALUE,
                         "standardize measures the data as it is: it must be the first row that computes");
    return FALSE;
  }
  if (!tl_data_need_float (self, error))
    return FALSE;
  tl_transform_make_linear (self, self->in.rank > 0 ? (gsize)self->in.shape[0] : 1);
  n = (double)tl_dataset_get_n_items (train) * (double)self->n_inner;
  if (!(n > 0)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_VALUE, "standardize: the training set is empty");
    return FALSE;
  }
  mean = g_new0 (double, self->n_channels + 1);
  squares = g_new0 (double, self->n_channels + 1);
  add_items (self, train, NULL, mean);
  for (gsize i = 0; i < self->n_channels; i++)
    mean[i] /= n;
  add_items (self, train, mean, squares);
  for (gsize i = 0; i < self->n_channels; i++) {
    double deviation = sqrt (squares[i] / n);

    /* A channel that never changes carries nothing: it becomes 0. */
    self->scale[i] = deviation > 0 ? 1 / deviation : 1;
    self->shift[i] = -mean[i] * self->scale[i];
  }
  return TRUE;
}

const TlTransformClass tl_transform_standardize = {
  .name = "standardize",
  .title = "Standardize",
  .doc = "Gives each channel of the training set mean 0 and deviation 1; the same numbers are then used for all data.",
  .formula = "y = (x - mean (train)) / std (train)",
  .setup = setup,
};
