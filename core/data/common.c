/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/common.h"

#include <string.h>

#include "core/base/error.h"
#include "core/data/dataset-private.h"
#include "core/io/idx.h"

/**
 * tl_data_tensor_from_array:
 * @array: what a reader gave; cleared
 *
 * Returns: (transfer full): a tensor over the same bytes
 */
TlTensor *
tl_data_tensor_from_array (TlArray *array)
{
  GBytes               *bytes = g_steal_pointer (&array->bytes);
  gsize                 n_bytes;
  gconstpointer         data = g_bytes_get_data (bytes, &n_bytes);
  g_autoptr (TlStorage) storage = tl_storage_new_wrapped ((gpointer)data, n_bytes, (GDestroyNotify)g_bytes_unref, bytes);
  TlMeta                meta;

  tl_meta_init (&meta, array->dtype, array->rank, array->shape);
  tl_array_clear (array);
  return tl_tensor_new_wrapped (&meta, storage);
}

static gboolean
check_pair (const char    *images_path,
            const char    *labels_path,
            const TlArray *images,
            const TlArray *labels,
            GError       **error)
{
  if (images->rank < 2) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: pictures need an axis of items and more, but there are %u axes",
                 images_path, images->rank);
    return FALSE;
  }
  if (labels->rank == 0 || labels->shape[0] != images->shape[0]) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s has %" G_GINT64_FORMAT " items, but %s has %" G_GINT64_FORMAT, images_path,
                 images->shape[0], labels_path, labels->rank > 0 ? labels->shape[0] : 0);
    return FALSE;
  }
  return TRUE;
}

/* Pictures without an axis of channels get one. */
static void
add_channel_axis (TlArray *images)
{
  if (images->rank != 3)
    return;
  images->shape[3] = images->shape[2];
  images->shape[2] = images->shape[1];
  images->shape[1] = 1;
  images->rank = 4;
}

/**
 * tl_data_describe_pictures:
 * @source: where they are from
 * @height: of a picture
 * @width: of a picture
 * @label: dtype of the labels
 * @class_names: (nullable): names of the classes
 * @error: return location for an error
 *
 * Makes one picture of bytes `[1, height, width]` and its label, all zero: what a row's describe() gives.
 *
 * Returns: (transfer full): a data set with the fields "image" and "label"
 */
TlDataset *
tl_data_describe_pictures (const char        *source,
                           gint64             height,
                           gint64             width,
                           TlDType            label,
                           const char *const *class_names,
                           GError           **error)
{
  const TlDim           shape[] = { 1, 1, height, width };
  g_autoptr (TlDataset) self = tl_dataset_new (source);
  g_autoptr (TlTensor)  image = tl_tensor_new (TL_DTYPE_U8, 4, shape, error);
  g_autoptr (TlTensor)  one = image != NULL ? tl_tensor_new (label, 1, shape, error) : NULL;

  if (one == NULL)
    return NULL;
  memset (tl_tensor_peek_data (image), 0, (gsize)(height * width));
  memset (tl_tensor_peek_data (one), 0, tl_dtype_size (label));
  tl_dataset_set_class_names (self, class_names);
  if (!tl_dataset_add_field (self, "image", image, error) || !tl_dataset_add_field (self, "label", one, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_data_load_idx_pair:
 * @images_path: file of the pictures
 * @labels_path: file of the labels
 * @class_names: (nullable): names of the classes
 * @dataset: (out) (transfer full): fields "image" and "label"
 * @error: return location for an error
 *
 * Returns: whether both were read and fit each other
 */
gboolean
tl_data_load_idx_pair (const char        *images_path,
                       const char        *labels_path,
                       const char *const *class_names,
                       TlDataset        **dataset,
                       GError           **error)
{
  g_auto (TlArray)      images = { 0 };
  g_auto (TlArray)      labels = { 0 };
  g_autoptr (TlTensor)  x = NULL;
  g_autoptr (TlTensor)  y = NULL;
  g_autoptr (TlDataset) made = NULL;

  if (!tl_idx_read (images_path, 0, &images, error) || !tl_idx_read (labels_path, 0, &labels, error) ||
      !check_pair (images_path, labels_path, &images, &labels, error))
    return FALSE;
  add_channel_axis (&images);
  x = tl_data_tensor_from_array (&images);
  y = tl_data_tensor_from_array (&labels);
  made = tl_dataset_new (images_path);
  if (!tl_dataset_add_field (made, "image", x, error) || !tl_dataset_add_field (made, "label", y, error))
    return FALSE;
  if (class_names != NULL)
    tl_dataset_set_class_names (made, class_names);
  *dataset = g_steal_pointer (&made);
  return TRUE;
}

/**
 * tl_data_need_float:
 * @self: a step whose output shall be f32
 * @error: return location for an error
 *
 * Returns: whether its input can be turned into f32
 */
gboolean
tl_data_need_float (TlTransformStep *self,
                    GError         **error)
{
  if (self->in.dtype == TL_DTYPE_F16 || self->in.dtype == TL_DTYPE_BF16) {
    g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "%s: elements of dtype %s are not supported", self->klass->name,
                 tl_dtype_name (self->in.dtype));
    return FALSE;
  }
  self->out.dtype = TL_DTYPE_F32;
  return TRUE;
}

/**
 * tl_transform_make_linear:
 * @self: a step
 * @n_channels: how many factors: 1, or the size of the first axis
 *
 * Makes @self y = 1 x + 0, to be filled in.
 */
void
tl_transform_make_linear (TlTransformStep *self,
                          gsize            n_channels)
{
  self->n_channels = n_channels;
  self->n_inner = tl_item_type_get_n_elements (&self->in) / MAX (n_channels, 1);
  self->scale = g_new (double, n_channels + 1);
  self->shift = g_new0 (double, n_channels + 1);
  for (gsize i = 0; i < n_channels; i++)
    self->scale[i] = 1;
}

/**
 * tl_transform_draw:
 * @self: a random step
 * @epoch: epoch
 * @item: item
 * @words: (out): 128 random bits
 */
void
tl_transform_draw (const TlTransformStep *self,
                   guint64                epoch,
                   guint64                item,
                   guint32                words[4])
{
  tl_philox (self->key, epoch, item, words);
}
