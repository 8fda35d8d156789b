/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tensors are values: a shape, an element type and strides over a storage that other tensors may share.  Nothing here
 * changes a tensor's elements after it was handed out; what changes over time is a TlVariable.
 *
 *     shape   [2, 3]          storage  | a b c d e f |
 *     strides [3, 1]                     ^ offset 0
 *
 * Strides and offsets count elements and are never negative in a storage (flip copies).  A stride of 0 repeats.  While a
 * step is traced, a tensor has no storage, only its producer, and its sizes may be symbolic.
 *
 * Ownership: tl_tensor_ref(), tl_tensor_unref(); functions return new references.
 * Thread rule: references from any thread; a tensor's elements may be read from any thread once it was computed.
 */

#include <glib.h>

#include "core/kernels/dtype.h"
#include "core/tensor/device.h"
#include "core/tensor/dim.h"

G_BEGIN_DECLS

#define TL_TENSOR_MAX_RANK 8

typedef struct _TlTensor   TlTensor;
typedef struct _TlStorage  TlStorage;
typedef struct _TlVariable TlVariable;

/**
 * TlMeta:
 * @dtype: element type
 * @rank: number of axes, at most 8
 * @weak: a bare number: takes part in arithmetic without widening the other operand's dtype
 * @shape: sizes
 * @strides: steps between neighbours along each axis, in elements
 * @offset: of the first element in the storage, in elements
 *
 * Everything about a tensor but its elements.
 */
typedef struct {
  TlDType dtype;
  guint8  rank;
  guint8  weak;
  TlDim   shape[TL_TENSOR_MAX_RANK];
  TlDim   strides[TL_TENSOR_MAX_RANK];
  TlDim   offset;
} TlMeta;

void     tl_meta_init (TlMeta      *self,
                       TlDType      dtype,
                       guint        rank,
                       const TlDim *shape);
void     tl_meta_init_channels_last (TlMeta      *self,
                                     TlDType      dtype,
                                     guint        rank,
                                     const TlDim *shape);
void     tl_meta_init_like (TlMeta       *self,
                            TlDType       dtype,
                            const TlMeta *like);
gboolean tl_meta_is_contiguous (const TlMeta *self);
gboolean tl_meta_is_channels_last (const TlMeta *self);
gboolean tl_meta_is_dense (const TlMeta *self);
gboolean tl_meta_same_shape (const TlMeta *a,
                             const TlMeta *b);
TlDim    tl_meta_get_n_elements (const TlMeta *self);
gboolean tl_meta_eval (TlMeta          *self,
                       const TlBinding *bindings,
                       guint            n_bindings,
                       GError         **error);
char    *tl_meta_to_string (const TlMeta *self);
char    *tl_shape_to_string (const TlDim *shape,
                             guint        rank);

const char *tl_dtype_name (TlDType dtype);
gboolean    tl_dtype_from_name (const char *name,
                                TlDType    *dtype);
gboolean    tl_dtype_is_float (TlDType dtype);
TlDType     tl_dtype_promote (TlDType a,
                              TlDType b);

TlStorage *tl_storage_new (TlDevice *device,
                           gsize     n_bytes,
                           GError  **error);
TlStorage *tl_storage_new_wrapped (gpointer       data,
                                   gsize          n_bytes,
                                   GDestroyNotify free_func,
                                   gpointer       user_data);
TlStorage *tl_storage_ref (TlStorage *self);
void       tl_storage_unref (TlStorage *self);
gpointer   tl_storage_get_data (TlStorage *self);
gsize      tl_storage_get_n_bytes (TlStorage *self);
gboolean   tl_storage_is_shared (TlStorage *self);
TlDevice  *tl_storage_get_device (TlStorage *self);

gboolean  tl_tensor_set_described (gboolean described);
gboolean  tl_tensor_is_described (const TlTensor *self);
TlTensor *tl_tensor_new (TlDType      dtype,
                         guint        rank,
                         const TlDim *shape,
                         GError     **error);
TlTensor *tl_tensor_new_from_data (TlDType       dtype,
                                   guint         rank,
                                   const TlDim  *shape,
                                   gconstpointer data,
                                   GError      **error);
TlTensor *tl_tensor_new_wrapped (const TlMeta *meta,
                                 TlStorage    *storage);
TlTensor *tl_tensor_new_number (double   number,
                                gboolean is_integer);
TlTensor *tl_tensor_ref (TlTensor *self);
void      tl_tensor_unref (TlTensor *self);

const TlMeta *tl_tensor_get_meta (const TlTensor *self);
TlDType       tl_tensor_get_dtype (const TlTensor *self);
guint         tl_tensor_get_rank (const TlTensor *self);
const TlDim  *tl_tensor_get_shape (const TlTensor *self);
gsize         tl_tensor_get_n_elements (const TlTensor *self);
gboolean      tl_tensor_has_data (const TlTensor *self);
gpointer      tl_tensor_peek_data (const TlTensor *self);
TlStorage    *tl_tensor_get_storage (const TlTensor *self);
TlVariable   *tl_tensor_get_variable (const TlTensor *self);
double        tl_tensor_peek_element (const TlTensor *self,
                                      gsize           index);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlTensor, tl_tensor_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlStorage, tl_storage_unref)

G_END_DECLS
