/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kernel/prediction.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

/* A picture is made smaller by leaving out pixels until it fits into a message. */
#define MAX_SIDE 224

/* So many items are looked at to know between which values pixels lie. */
#define MAX_RANGE_ITEMS 64

/* More classes than this are no list that anybody reads. */
#define MAX_CLASSES 2000

typedef struct {
  gint64 channels, height, width;
} Layout;

/* [C, H, W] with one, three or more channels, or [H, W] */
static gboolean
find_layout (const TlItemType *type,
             Layout           *layout)
{
  if (type->rank != 2 && type->rank != 3)
    return FALSE;
  layout->channels = type->rank == 3 ? type->shape[0] : 1;
  layout->height = type->shape[type->rank - 2];
  layout->width = type->shape[type->rank - 1];
  return layout->channels > 0 && layout->height > 1 && layout->width > 1;
}

static double
get_element (const TlItemType *type,
             gconstpointer     data,
             gsize             index)
{
  switch (type->dtype) {
  case TL_DTYPE_F32:
    return (double)((const float *)data)[index];
  case TL_DTYPE_F64:
    return ((const double *)data)[index];
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    return ((const guint8 *)data)[index];
  case TL_DTYPE_I8:
    return ((const gint8 *)data)[index];
  case TL_DTYPE_I32:
    return ((const gint32 *)data)[index];
  case TL_DTYPE_I64:
    return (double)((const gint64 *)data)[index];
  default:
    return NAN;
  }
}

/* Bytes that use their range are pixels already; else black and white are the smallest and largest values of some items. */
static void
find_range (TlDataset        *dataset,
            const TlItemType *type,
            double           *low,
            double           *high)
{
  gsize n_items = MIN (tl_dataset_get_n_items (dataset), MAX_RANGE_ITEMS);
  gsize n = tl_item_type_get_n_elements (type);

  *low = INFINITY;
  *high = -INFINITY;
  for (gsize item = 0; item < n_items; item++) {
    gconstpointer data = tl_dataset_peek_item (dataset, 0, item);

    for (gsize i = 0; i < n; i++) {
      double value = get_element (type, data, i);

      *low = MIN (*low, value);
      *high = MAX (*high, value);
    }
  }
  if (type->dtype == TL_DTYPE_U8) {
    *low = 0;
    *high = *high > 127 ? 255 : *high;
  }
  if (!(*high > *low)) {
    *low = 0;
    *high = 1;
  }
}

static void
paint (TlPrediction *self,
       TlDataset    *dataset,
       gsize         item)
{
  const TlItemType *type = tl_dataset_get_item_type (dataset, 0);
  Layout            layout;
  gconstpointer     data;
  gint64            step;
  double            low, high;

  if (!find_layout (type, &layout))
    return;
  step = (MAX (layout.width, layout.height) + MAX_SIDE - 1) / MAX_SIDE;
  self->width = (guint)((layout.width + step - 1) / step);
  self->height = (guint)((layout.height + step - 1) / step);
  self->channels = layout.channels == 3 ? 3 : 1;
  self->pixels = g_new (guint8, (gsize)self->width * self->height * self->channels);
  data = tl_dataset_peek_item (dataset, 0, item);
  find_range (dataset, type, &low, &high);
  for (guint y = 0; y < self->height; y++)
    for (guint x = 0; x < self->width; x++)
      for (guint c = 0; c < self->channels; c++) {
        gsize  index = ((gsize)c * (gsize)layout.height + y * (gsize)step) * (gsize)layout.width + x * (gsize)step;
        double value = (get_element (type, data, index) - low) / (high - low);

        self->pixels[(y * self->width + x) * self->channels + c] = (guint8)(value > 0 ? MIN (value, 1) * 255 + 0.5 : 0);
      }
}

/* What a model gives is probabilities, their logarithms, or scores that softmax makes probabilities of. */
static void
normalize (double *values,
           guint   n)
{
  double sum = 0, sum_exp = 0, high = -INFINITY, low = INFINITY;

  for (guint i = 0; i < n; i++) {
    sum += values[i];
    sum_exp += exp (values[i]);
    high = MAX (high, values[i]);
    low = MIN (low, values[i]);
  }
  if (low >= 0 && fabs (sum - 1) < 1e-3)
    return;
  if (high <= 0 && fabs (sum_exp - 1) < 1e-3)
    high = 0, sum_exp = 1;
  else {
    sum_exp = 0;
    for (guint i = 0; i < n; i++)
      sum_exp += exp (values[i] - high);
  }
  for (guint i = 0; i < n; i++)
    values[i] = exp (values[i] - high) / sum_exp;
}

/* One score says how likely the second of two classes is. */
static void
split (TlPrediction *self,
       TlPredictor  *predictor)
{
  const TlLayerClass *loss = tl_predictor_get_loss (predictor);
  double              p = self->probabilities[0];

  if ((loss != NULL && strstr (loss->name, "Logits") != NULL) || p < 0 || p > 1)
    p = 1 / (1 + exp (-p));
  self->probabilities[0] = 1 - p;
  self->probabilities[1] = p;
  self->n_classes = 2;
}

static gboolean
weigh (TlPrediction *self,
       TlPredictor  *predictor,
       TlTensor     *output,
       GError      **error)
{
  TlDType dtype = tl_tensor_get_dtype (output);
  gsize   n = tl_tensor_get_n_elements (output);

  if (!tl_dtype_is_float (dtype) || n == 0 || n > MAX_CLASSES) {
    g_autofree char *shape = tl_shape_to_string (tl_tensor_get_shape (output), tl_tensor_get_rank (output));

    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "the model gives %s %s, which is no row of classes", tl_dtype_name (dtype), shape);
    return FALSE;
  }
  self->n_classes = (guint)n;
  self->probabilities = g_new (double, n + 1);
  for (guint i = 0; i < n; i++) {
    self->probabilities[i] = tl_tensor_peek_element (output, i);
    if (!isfinite (self->probabilities[i])) {
      g_set_error (error, TL_ERROR, TL_ERROR_NUMERIC, "the model gives %g for class %u", self->probabilities[i], i);
      return FALSE;
    }
  }
  if (n == 1)
    split (self, predictor);
  else
    normalize (self->probabilities, self->n_classes);
  return TRUE;
}

static void
name_classes (TlPrediction *self,
              TlDataset    *dataset)
{
  const char *const *names = tl_dataset_get_class_names (dataset);
  guint              n_names = names != NULL ? g_strv_length ((char **)names) : 0;

  self->classes = g_new0 (char *, self->n_classes + 1);
  for (guint i = 0; i < self->n_classes; i++)
    self->classes[i] = i < n_names ? g_strdup (names[i]) : g_strdup_printf ("%u", i);
}

/**
 * tl_prediction_new:
 * @predictor: of a model that tells classes
 * @item: number of an item
 * @error: return location for an error
 *
 * Errors: those of tl_predictor_run(); %TL_ERROR_UNSUPPORTED for a model that tells something else
 *
 * Returns: (transfer full): the prediction, or %NULL
 */
TlPrediction *
tl_prediction_new (TlPredictor *predictor,
                   gsize        item,
                   GError     **error)
{
  TlDataset               *dataset = tl_predictor_get_dataset (predictor);
  guint                    target = tl_predictor_get_n_inputs (predictor);
  const TlItemType        *type = target < tl_dataset_get_n_fields (dataset) ? tl_dataset_get_item_type (dataset, target) : NULL;
  g_autoptr (TlPrediction) self = g_new0 (TlPrediction, 1);
  g_autoptr (TlTensor)     output = NULL;

  if (type != NULL && tl_dtype_is_float (type->dtype)) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "the model was trained to tell numbers (%s), not classes",
                 tl_dataset_get_field_name (dataset, target));
    return NULL;
  }
  output = tl_predictor_run (predictor, item, error);
  if (output == NULL || !weigh (self, predictor, output, error))
    return NULL;
  self->n_items = tl_dataset_get_n_items (dataset);
  self->truth = -1;
  if (type != NULL && tl_item_type_get_n_elements (type) == 1) {
    double truth = get_element (type, tl_dataset_peek_item (dataset, target, item), 0);

    self->truth = truth >= 0 && truth < self->n_classes ? (int)truth : -1;
  }
  name_classes (self, dataset);
  paint (self, dataset, item);
  return g_steal_pointer (&self);
}

/**
 * tl_prediction_free:
 * @self: (transfer full) (nullable): a prediction
 */
void
tl_prediction_free (TlPrediction *self)
{
  if (self == NULL)
    return;
  g_free (self->pixels);
  g_strfreev (self->classes);
  g_free (self->probabilities);
  g_free (self);
}
