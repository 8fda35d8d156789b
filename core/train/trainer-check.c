/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with the data of a training and would otherwise show as a NaN in the middle of it.
 */
#include "core/base/error.h"
#include "core/train/trainer-private.h"

static gboolean
read_class (TlDType       dtype,
            gconstpointer item,
            gint64       *value)
{
  switch (dtype) {
  case TL_DTYPE_U8:
    *value = *(const guint8 *)item;
    return TRUE;
  case TL_DTYPE_I32:
    *value = *(const gint32 *)item;
    return TRUE;
  case TL_DTYPE_I64:
    *value = *(const gint64 *)item;
    return TRUE;
  default:
    return FALSE;
  }
}

static gboolean
check_dataset (TlTrainer  *self,
               TlDataset  *dataset,
               const char *name,
               gint64      n_classes,
               gint64      ignored,
               GError    **error)
{
  TlDType dtype = tl_dataset_get_item_type (dataset, self->n_inputs)->dtype;
  gint64  value;

  for (gsize i = 0; i < tl_dataset_get_n_items (dataset); i++) {
    if (!read_class (dtype, tl_dataset_peek_item (dataset, self->n_inputs, i), &value))
      return TRUE;
    if (value == ignored || (value >= 0 && value < n_classes))
      continue;
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                 "%s: %s of item %" G_GSIZE_FORMAT " of the %s set is class %" G_GINT64_FORMAT ", but the model gives scores for %" G_GINT64_FORMAT
                 " classes, from 0",
                 tl_layer_get_class (self->loss_layer)->name, tl_dataset_get_field_name (dataset, self->n_inputs), i + 1, name, value,
                 n_classes);
    return FALSE;
  }
  return TRUE;
}

/*
 * Whether every class in the data has a score in @output: a loss of classes has them on axis 1.
 */
gboolean
tl_trainer_check_classes (TlTrainer    *self,
                          const TlMeta *output,
                          GError      **error)
{
  const TlLayerClass *klass = self->loss_layer != NULL ? tl_layer_get_class (self->loss_layer) : NULL;
  gint                attr = klass != NULL ? tl_attr_find (klass->attrs, "ignore_index") : -1;
  gint64              ignored = attr >= 0 ? tl_layer_get_attrs (self->loss_layer)[attr].i : -1;
  const TlItemType   *type;

  if (self->o.train == NULL || klass == NULL || (klass->flags & TL_LAYER_CLASSES) == 0 || output->rank < 2 || tl_dim_is_symbolic (output->shape[1]))
    return TRUE;
  type = &self->types[self->n_inputs];
  /* What transforms make of a target is theirs to answer for. */
  if (type->rank != 0 || type->dtype != tl_dataset_get_item_type (self->o.train, self->n_inputs)->dtype)
    return TRUE;
  return check_dataset (self, self->o.train, "training", output->shape[1], ignored, error) &&
         (self->o.validation == NULL || check_dataset (self, self->o.validation, "validation", output->shape[1], ignored, error));
}
