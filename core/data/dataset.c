/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/dataset-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/data/fingerprint.h"
#include "core/kernels/philox.h"

/**
 * tl_item_type_get_n_elements:
 * @self: a type
 *
 * Returns: elements of one item
 */
gsize
tl_item_type_get_n_elements (const TlItemType *self)
{
  gsize n = 1;

  for (guint i = 0; i < self->rank; i++)
    n *= (gsize)self->shape[i];
  return n;
}

/**
 * tl_item_type_get_n_bytes:
 * @self: a type
 *
 * Returns: bytes of one item
 */
gsize
tl_item_type_get_n_bytes (const TlItemType *self)
{
  return tl_item_type_get_n_elements (self) * tl_dtype_size (self->dtype);
}

/**
 * tl_dataset_new:
 * @source: where it comes from, for people: a path, a name
 *
 * Returns: (transfer full): a data set without fields
 */
TlDataset *
tl_dataset_new (const char *source)
{
  TlDataset *self = g_new0 (TlDataset, 1);

  atomic_init (&self->ref_count, 1);
  self->source = g_strdup (source);
  g_mutex_init (&self->mutex);
  return self;
}

/**
 * tl_dataset_ref:
 * @self: a data set
 *
 * Returns: (transfer full): @self
 */
TlDataset *
tl_dataset_ref (TlDataset *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_dataset_unref:
 * @self: (transfer full) (nullable): a data set
 */
void
tl_dataset_unref (TlDataset *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  for (guint i = 0; i < self->n_fields; i++) {
    g_free (self->fields[i].name);
    tl_tensor_unref (self->fields[i].values);
  }
  g_strfreev (self->class_names);
  g_free (self->items);
  g_free (self->source);
  g_free (self->fingerprint);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

/**
 * tl_dataset_add_field:
 * @self: a data set that is being filled
 * @name: name of the field
 * @values: `[n, ...]`, contiguous, any dtype; the same n as the other fields
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_NAME for a name twice, %TL_ERROR_UNSUPPORTED for more than 16 fields
 *
 * Returns: whether it was added
 */
gboolean
tl_dataset_add_field (TlDataset  *self,
                      const char *name,
                      TlTensor   *values,
                      GError    **error)
{
  const TlMeta   *meta = tl_tensor_get_meta (values);
  TlDatasetField *field;

  g_return_val_if_fail (self->items == NULL, FALSE);
  g_return_val_if_fail (tl_tensor_has_data (values) && tl_meta_is_contiguous (meta), FALSE);

  if (meta->rank == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "field %s of a data set has no axis of items", name);
    return FALSE;
  }
  if (self->n_fields > 0 && (gsize)meta->shape[0] != self->n_rows) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "field %s has %" G_GINT64_FORMAT " items, but field %s has %" G_GSIZE_FORMAT,
                 name, meta->shape[0], self->fields[0].name, self->n_rows);
    return FALSE;
  }
  if (tl_dataset_find_field (self, name) >= 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "a data set has two fields named %s", name);
    return FALSE;
  }
  if (self->n_fields == TL_DATASET_MAX_FIELDS) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "a data set has at most %d fields", TL_DATASET_MAX_FIELDS);
    return FALSE;
  }
  field = &self->fields[self->n_fields++];
  field->name = g_strdup (name);
  field->values = tl_tensor_ref (values);
  field->type.dtype = meta->dtype;
  field->type.rank = meta->rank - 1u;
  memcpy (field->type.shape, meta->shape + 1, field->type.rank * sizeof (gint64));
  field->n_item_bytes = tl_item_type_get_n_bytes (&field->type);
  self->n_rows = self->n_items = (gsize)meta->shape[0];
  return TRUE;
}

/**
 * tl_dataset_set_class_names:
 * @self: a data set that is being filled
 * @names: (nullable) (array zero-terminated=1): names of the classes 0, 1, ... of the last field
 */
void
tl_dataset_set_class_names (TlDataset         *self,
                            const char *const *names)
{
  g_strfreev (self->class_names);
  self->class_names = g_strdupv ((char **)names);
}

static TlDataset *
new_view (TlDataset *self)
{
  TlDataset *view = tl_dataset_new (self->source);

  view->n_fields = self->n_fields;
  view->n_rows = self->n_rows;
  view->n_items = self->n_items;
  for (guint i = 0; i < self->n_fields; i++) {
    view->fields[i] = self->fields[i];
    view->fields[i].name = g_strdup (self->fields[i].name);
    tl_tensor_ref (view->fields[i].values);
  }
  view->class_names = g_strdupv (self->class_names);
  return view;
}

/**
 * tl_dataset_new_subset:
 * @self: a data set
 * @items: (array length=n_items): which items, in which order; one may come twice
 * @n_items: their number
 * @error: return location for an error
 *
 * The memory is shared, not copied.
 *
 * Errors: %TL_ERROR_VALUE for an item that does not exist
 *
 * Returns: (transfer full): the items as a data set, or %NULL
 */
TlDataset *
tl_dataset_new_subset (TlDataset   *self,
                       const gsize *items,
                       gsize        n_items,
                       GError     **error)
{
  TlDataset *view;

  for (gsize i = 0; i < n_items; i++)
    if (items[i] >= self->n_items) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                   "subset: item %" G_GSIZE_FORMAT " of a data set of %" G_GSIZE_FORMAT " items", items[i], self->n_items);
      return NULL;
    }
  view = new_view (self);
  view->items = g_new (gsize, n_items + 1);
  view->n_items = n_items;
  for (gsize i = 0; i < n_items; i++)
    view->items[i] = tl_dataset_row (self, items[i]);
  return view;
}

/**
 * tl_dataset_new_head:
 * @self: a data set
 * @n_items: how many items at most
 *
 * Returns: (transfer full): the first items
 */
TlDataset *
tl_dataset_new_head (TlDataset *self,
                     gsize      n_items)
{
  TlDataset *view = new_view (self);

  view->n_items = MIN (n_items, self->n_items);
  view->items = g_new (gsize, view->n_items + 1);
  for (gsize i = 0; i < view->n_items; i++)
    view->items[i] = tl_dataset_row (self, i);
  return view;
}

/* Fisher & Yates, from the back; each draw takes 64 bits, so that no order is visibly preferred. */
void
tl_data_permute (gsize      *items,
                 gsize       n_items,
                 TlPhiloxKey key,
                 guint64     call)
{
  guint32 words[4] = { 0 };

  for (gsize i = 0; i < n_items; i++)
    items[i] = i;
  for (gsize i = n_items, draw = 0; i > 1; i--, draw++) {
    const guint32 *pair = words + 2 * (draw & 1);
    guint64        bits;
    gsize          j, item;

    if ((draw & 1) == 0)
      tl_philox (key, call, draw / 2, words);
    bits = ((guint64)pair[1] << 32) | pair[0];
    j = (gsize)(((unsigned __int128)bits * i) >> 64);
    item = items[i - 1];
    items[i - 1] = items[j];
    items[j] = item;
  }
}

/**
 * tl_dataset_split:
 * @self: a data set
 * @fraction: share of the items in @first, 0 to 1
 * @seed: which items
 * @first: (out) (transfer full): that share
 * @second: (out) (transfer full): the rest
 * @error: return location for an error
 *
 * Splits at random; both parts keep the order of the items.
 *
 * Errors: %TL_ERROR_VALUE
 *
 * Returns: whether it was split
 */
gboolean
tl_dataset_split (TlDataset  *self,
                  double      fraction,
                  guint64     seed,
                  TlDataset **first,
                  TlDataset **second,
                  GError    **error)
{
  g_autofree gsize  *order = NULL;
  g_autofree guint8 *in_first = NULL;
  gsize              n_first, n[2] = { 0 };
  TlDataset         *parts[2];

  if (!(fraction >= 0 && fraction <= 1)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "split: fraction = %g is not between 0 and 1", fraction);
    return FALSE;
  }
  order = g_new (gsize, self->n_items + 1);
  in_first = g_new0 (guint8, self->n_items + 1);
  n_first = (gsize)(fraction * (double)self->n_items + 0.5);
  tl_data_permute (order, self->n_items, tl_philox_key (seed, TL_STREAM_SPLIT), 0);
  for (gsize i = 0; i < n_first; i++)
    in_first[order[i]] = TRUE;
  for (guint part = 0; part < 2; part++) {
    parts[part] = new_view (self);
    parts[part]->items = g_new (gsize, self->n_items + 1);
  }
  for (gsize i = 0; i < self->n_items; i++) {
    guint part = in_first[i] ? 0 : 1;

    parts[part]->items[n[part]++] = tl_dataset_row (self, i);
  }
  for (guint part = 0; part < 2; part++)
    parts[part]->n_items = n[part];
  *first = parts[0];
  *second = parts[1];
  return TRUE;
}

/**
 * tl_dataset_get_n_items:
 * @self: a data set
 *
 * Returns: its number of items
 */
gsize
tl_dataset_get_n_items (TlDataset *self)
{
  return self->n_items;
}

/**
 * tl_dataset_get_n_fields:
 * @self: a data set
 *
 * Returns: its number of fields
 */
guint
tl_dataset_get_n_fields (TlDataset *self)
{
  return self->n_fields;
}

/**
 * tl_dataset_get_field_name:
 * @self: a data set
 * @field: number of a field
 *
 * Returns: (transfer none): its name
 */
const char *
tl_dataset_get_field_name (TlDataset *self,
                           guint      field)
{
  g_return_val_if_fail (field < self->n_fields, NULL);

  return self->fields[field].name;
}

/**
 * tl_dataset_find_field:
 * @self: a data set
 * @name: name of a field
 *
 * Returns: its number, or -1
 */
gssize
tl_dataset_find_field (TlDataset  *self,
                       const char *name)
{
  for (guint i = 0; i < self->n_fields; i++)
    if (strcmp (self->fields[i].name, name) == 0)
      return i;
  return -1;
}

/**
 * tl_dataset_get_item_type:
 * @self: a data set
 * @field: number of a field
 *
 * Returns: (transfer none): what one item is
 */
const TlItemType *
tl_dataset_get_item_type (TlDataset *self,
                          guint      field)
{
  g_return_val_if_fail (field < self->n_fields, NULL);

  return &self->fields[field].type;
}

/**
 * tl_dataset_get_class_names:
 * @self: a data set
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): names of the classes of the last field
 */
const char *const *
tl_dataset_get_class_names (TlDataset *self)
{
  return (const char *const *)self->class_names;
}

/**
 * tl_dataset_get_source:
 * @self: a data set
 *
 * Returns: (transfer none): where it comes from
 */
const char *
tl_dataset_get_source (TlDataset *self)
{
  return self->source;
}

static void
hash_names (TlFingerprint *hash,
            TlDataset     *self)
{
  for (char **name = self->class_names; name != NULL && *name != NULL; name++)
    tl_fingerprint_add (hash, *name, strlen (*name) + 1);
}

/**
 * tl_dataset_get_fingerprint:
 * @self: a data set
 *
 * Computes, at the first call, 128 bits over names, types and elements of all its items.  It tells whether two runs saw the same
 * data; it is no protection against somebody who wants to deceive.
 *
 * Returns: (transfer none): 32 hexadecimal digits
 */
const char *
tl_dataset_get_fingerprint (TlDataset *self)
{
  g_mutex_lock (&self->mutex);
  if (self->fingerprint == NULL) {
    TlFingerprint hash;

    tl_fingerprint_init (&hash);
    for (guint i = 0; i < self->n_fields; i++) {
      const TlDatasetField *field = &self->fields[i];
      const gint64          head[] = { field->type.dtype, field->type.rank, (gint64)self->n_items };

      tl_fingerprint_add (&hash, field->name, strlen (field->name) + 1);
      tl_fingerprint_add (&hash, head, sizeof head);
      tl_fingerprint_add (&hash, field->type.shape, field->type.rank * sizeof (gint64));
      if (self->items == NULL)
        tl_fingerprint_add (&hash, tl_tensor_peek_data (field->values), self->n_rows * field->n_item_bytes);
      else
        for (gsize item = 0; item < self->n_items; item++)
          tl_fingerprint_add (&hash, tl_dataset_peek_item (self, i, item), field->n_item_bytes);
    }
    hash_names (&hash, self);
    self->fingerprint = tl_fingerprint_finish (&hash);
  }
  g_mutex_unlock (&self->mutex);
  return self->fingerprint;
}

/**
 * tl_dataset_peek_item:
 * @self: a data set
 * @field: number of a field
 * @item: number of an item
 *
 * Returns: (transfer none): its contiguous elements
 */
gconstpointer
tl_dataset_peek_item (TlDataset *self,
                      guint      field,
                      gsize      item)
{
  const TlDatasetField *of = &self->fields[field];

  return (const guint8 *)tl_tensor_peek_data (of->values) + tl_dataset_row (self, item) * of->n_item_bytes;
}

/**
 * tl_dataset_dup_item:
 * @self: a data set
 * @field: number of a field
 * @item: number of an item
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE for an item that does not exist, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the item, without the axis of items, or %NULL
 */
TlTensor *
tl_dataset_dup_item (TlDataset *self,
                     guint      field,
                     gsize      item,
                     GError   **error)
{
  const TlItemType *type;

  g_return_val_if_fail (field < self->n_fields, NULL);

  if (item >= self->n_items) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "item %" G_GSIZE_FORMAT " of a data set of %" G_GSIZE_FORMAT " items", item,
                 self->n_items);
    return NULL;
  }
  type = &self->fields[field].type;
  return tl_tensor_new_from_data (type->dtype, type->rank, type->shape, tl_dataset_peek_item (self, field, item), error);
}

/**
 * tl_dataset_dup_field:
 * @self: a data set
 * @field: number of a field
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): all items `[n, ...]`; of a whole data set its own memory, of a subset a copy
 */
TlTensor *
tl_dataset_dup_field (TlDataset *self,
                      guint      field,
                      GError   **error)
{
  const TlDatasetField *of;
  TlDim                 shape[TL_TENSOR_MAX_RANK];
  TlTensor             *tensor;

  g_return_val_if_fail (field < self->n_fields, NULL);

  of = &self->fields[field];
  if (self->items == NULL)
    return tl_tensor_ref (of->values);
  shape[0] = (TlDim)self->n_items;
  memcpy (shape + 1, of->type.shape, of->type.rank * sizeof (TlDim));
  tensor = tl_tensor_new (of->type.dtype, of->type.rank + 1, shape, error);
  for (gsize i = 0; tensor != NULL && i < self->n_items; i++)
    memcpy ((guint8 *)tl_tensor_peek_data (tensor) + i * of->n_item_bytes, tl_dataset_peek_item (self, field, i),
            of->n_item_bytes);
  return tensor;
}

/**
 * tl_dataset_to_string:
 * @self: a data set
 *
 * Returns: (transfer full): one line: "60,000 items: image u8 [1, 28, 28], label u8 []; 10 classes"
 */
char *
tl_dataset_to_string (TlDataset *self)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "%" G_GSIZE_FORMAT " items", self->n_items);
  for (gssize at = (gssize)text->len - 6 - 3; at > 0; at -= 3)
    g_string_insert_c (text, at, ',');
  for (guint i = 0; i < self->n_fields; i++) {
    const TlItemType *type = &self->fields[i].type;
    g_autofree char  *shape = tl_shape_to_string (type->shape, type->rank);

    g_string_append_printf (text, "%s %s %s %s", i > 0 ? "," : ":", self->fields[i].name, tl_dtype_name (type->dtype), shape);
  }
  if (self->class_names != NULL)
    g_string_append_printf (text, "; %u classes", g_strv_length (self->class_names));
  return g_string_free (text, FALSE);
}
