/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Data sets: named fields of equal length.
 *
 *     field    "image" u8 [60000, 1, 28, 28]     "label" u8 [60000]      + names of the classes
 *     item i     [1, 28, 28]                       []                    + where it came from, a fingerprint
 *
 * The fields that a model takes stand first, what it shall predict last.  Elements stay as the file has them: pictures of bytes
 * are made floats when a batch is put together (core/data/transforms.h).  A subset is a list of items over the same
 * memory.
 *
 * Ownership: counted references.  Thread rule: fill it on one thread; then any thread.
 */

#include "core/graph/op.h"

G_BEGIN_DECLS

#define TL_DATASET_MAX_FIELDS 16
#define TL_DATASET_MAX_PARTS 3

typedef struct _TlDataset TlDataset;

/**
 * TlItemType:
 * @dtype: element type
 * @rank: number of axes of one item
 * @shape: sizes of one item
 */
typedef struct {
  TlDType dtype;
  guint   rank;
  gint64  shape[TL_TENSOR_MAX_RANK];
} TlItemType;

gsize tl_item_type_get_n_elements (const TlItemType *self);
gsize tl_item_type_get_n_bytes (const TlItemType *self);

/* Create */

TlDataset *tl_dataset_new (const char *source);
gboolean   tl_dataset_add_field (TlDataset  *self,
                                 const char *name,
                                 TlTensor   *values,
                                 GError    **error);
void       tl_dataset_set_class_names (TlDataset         *self,
                                       const char *const *names);
TlDataset *tl_dataset_new_subset (TlDataset   *self,
                                  const gsize *items,
                                  gsize        n_items,
                                  GError     **error);
TlDataset *tl_dataset_new_head (TlDataset *self,
                                gsize      n_items);
gboolean   tl_dataset_split (TlDataset  *self,
                             double      fraction,
                             guint64     seed,
                             TlDataset **first,
                             TlDataset **second,
                             GError    **error);
TlDataset *tl_dataset_ref (TlDataset *self);
void       tl_dataset_unref (TlDataset *self);

/* Query */

gsize              tl_dataset_get_n_items (TlDataset *self);
guint              tl_dataset_get_n_fields (TlDataset *self);
const char        *tl_dataset_get_field_name (TlDataset *self,
                                              guint      field);
gssize             tl_dataset_find_field (TlDataset  *self,
                                          const char *name);
const TlItemType  *tl_dataset_get_item_type (TlDataset *self,
                                             guint      field);
const char *const *tl_dataset_get_class_names (TlDataset *self);
const char        *tl_dataset_get_source (TlDataset *self);
const char        *tl_dataset_get_fingerprint (TlDataset *self);
gconstpointer      tl_dataset_peek_item (TlDataset *self,
                                         guint      field,
                                         gsize      item);
TlTensor          *tl_dataset_dup_item (TlDataset *self,
                                        guint      field,
                                        gsize      item,
                                        GError   **error);
TlTensor          *tl_dataset_dup_field (TlDataset *self,
                                         guint      field,
                                         GError   **error);
char              *tl_dataset_to_string (TlDataset *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlDataset, tl_dataset_unref)

G_END_DECLS
