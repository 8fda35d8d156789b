/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/tensor-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/kernels/half.h"
#include "core/tensor/variable-private.h"

struct _TlStorage {
  atomic_int     ref_count;
  TlDevice      *device;
  gpointer       data;
  gsize          n_bytes;
  gboolean       is_foreign; /* the block is somebody else's, or part of this struct */
  GDestroyNotify free_func;
  gpointer       user_data;
};

/* Zeros by way of malloc(), which has a cache for each thread; glibc's calloc() passes it by. */
static gpointer
new0 (gsize n_bytes)
{
  return memset (g_malloc (n_bytes), 0, n_bytes);
}

/**
 * tl_storage_new:
 * @device: where
 * @n_bytes: size in bytes
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_DEVICE
 *
 * Returns: (transfer full): a storage with undefined content, or %NULL
 */
TlStorage *
tl_storage_new (TlDevice *device,
                gsize     n_bytes,
                GError  **error)
{
  TlStorage *self;
  gpointer   data = device->klass->alloc (device, n_bytes, error);

  if (data == NULL)
    return NULL;
  self = new0 (sizeof (TlStorage));
  atomic_init (&self->ref_count, 1);
  self->device = device;
  self->data = data;
  self->n_bytes = n_bytes;
  return self;
}

/**
 * tl_storage_new_wrapped:
 * @data: memory of the host, aligned to its element type
 * @n_bytes: its size
 * @free_func: (nullable): called with @user_data when nobody uses @data any more
 * @user_data: for @free_func
 *
 * Returns: (transfer full): a storage over memory of somebody else, such as a mapped file
 */
TlStorage *
tl_storage_new_wrapped (gpointer       data,
                        gsize          n_bytes,
                        GDestroyNotify free_func,
                        gpointer       user_data)
{
  TlStorage *self = new0 (sizeof (TlStorage));

  atomic_init (&self->ref_count, 1);
  self->device = tl_device_cpu ();
  self->data = data;
  self->n_bytes = n_bytes;
  self->is_foreign = TRUE;
  self->free_func = free_func;
  self->user_data = user_data;
  return self;
}

/**
 * tl_storage_ref:
 * @self: a storage
 *
 * Returns: (transfer full): @self
 */
TlStorage *
tl_storage_ref (TlStorage *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_storage_unref:
 * @self: (transfer full): a storage
 */
void
tl_storage_unref (TlStorage *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  if (self->free_func != NULL)
    self->free_func (self->user_data);
  if (!self->is_foreign)
    self->device->klass->free (self->device, self->data, self->n_bytes);
  g_free (self);
}

/**
 * tl_storage_get_data:
 * @self: a storage
 *
 * Returns: (transfer none): its block
 */
gpointer
tl_storage_get_data (TlStorage *self)
{
  return self->data;
}

/**
 * tl_storage_get_n_bytes:
 * @self: a storage
 *
 * Returns: its size in bytes
 */
gsize
tl_storage_get_n_bytes (TlStorage *self)
{
  return self->n_bytes;
}

/**
 * tl_storage_is_shared:
 * @self: a storage
 *
 * Returns: whether more than one tensor uses it, or its memory is somebody else's
 */
gboolean
tl_storage_is_shared (TlStorage *self)
{
  return self->is_foreign || atomic_load_explicit (&self->ref_count, memory_order_acquire) > 1;
}

/**
 * tl_storage_get_device:
 * @self: a storage
 *
 * Returns: (transfer none): where it is
 */
TlDevice *
tl_storage_get_device (TlStorage *self)
{
  return self->device;
}

TlTensor *
tl_tensor_new_traced (const TlMeta *meta)
{
  TlTensor *self = new0 (sizeof (TlTensor));

  atomic_init (&self->ref_count, 1);
  self->meta = *meta;
  return self;
}

TlTensor *
tl_tensor_new_taking (const TlMeta *meta,
                      TlStorage    *storage)
{
  TlTensor *self = tl_tensor_new_traced (meta);

  self->storage = storage;
  self->data = (guint8 *)storage->data + (gsize)meta->offset * tl_dtype_size (meta->dtype);
  return self;
}

/**
 * tl_tensor_new_wrapped:
 * @meta: sizes, strides and offset, all of them numbers
 * @storage: the storage, large enough
 *
 * Returns: (transfer full): a tensor over @storage
 */
TlTensor *
tl_tensor_new_wrapped (const TlMeta *meta,
                       TlStorage    *storage)
{
  return tl_tensor_new_taking (meta, tl_storage_ref (storage));
}

static _Thread_local gboolean describes;

/**
 * tl_tensor_set_described:
 * @described: whether tensors that this thread makes from now on have no memory
 *
 * A model can be described (its shapes, its costs) however large it is: its tensors are on tl_device_described().
 *
 * Returns: what it was before
 */
gboolean
tl_tensor_set_described (gboolean described)
{
  gboolean before = describes;

  describes = described;
  return before;
}

/**
 * tl_tensor_is_described:
 * @self: a tensor
 *
 * Returns: whether it was made without memory, so that writing to it would be a waste
 */
gboolean
tl_tensor_is_described (const TlTensor *self)
{
  return self->storage != NULL && self->storage->device == tl_device_described ();
}

/**
 * tl_tensor_new:
 * @dtype: element type
 * @rank: number of axes, at most 8
 * @shape: (array length=rank): sizes
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE for more than 8 axes, a negative size or a size that does not fit; %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a tensor on the CPU with undefined elements, or %NULL
 */
TlTensor *
tl_tensor_new (TlDType      dtype,
               guint        rank,
               const TlDim *shape,
               GError     **error)
{
  g_autoptr (TlStorage) storage = NULL;
  TlMeta                meta;
  TlDim                 n;

  if (rank > TL_TENSOR_MAX_RANK) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "a tensor has at most %d axes, not %u", TL_TENSOR_MAX_RANK, rank);
    return NULL;
  }
  n = 1;
  for (guint i = 0; i < rank; i++)
    n = shape[i] >= 0 ? tl_dim_mul (n, shape[i]) : TL_DIM_INVALID;
  if (n < 0 || n > G_MAXSSIZE / 64) {
    g_autofree char *text = tl_shape_to_string (shape, rank);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "a tensor of shape %s cannot be made", text);
    return NULL;
  }
  tl_meta_init (&meta, dtype, rank, shape);
  storage = tl_storage_new (describes ? tl_device_described () : tl_device_cpu (), (gsize)n * tl_dtype_size (dtype), error);
  return storage != NULL ? tl_tensor_new_wrapped (&meta, storage) : NULL;
}

/**
 * tl_tensor_new_from_data:
 * @dtype: element type
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 * @data: elements, the last axis fastest; copied
 * @error: return location for an error
 *
 * Errors: as tl_tensor_new()
 *
 * Returns: (transfer full): a tensor on the CPU, or %NULL
 */
TlTensor *
tl_tensor_new_from_data (TlDType       dtype,
                         guint         rank,
                         const TlDim  *shape,
                         gconstpointer data,
                         GError      **error)
{
  TlTensor *self = tl_tensor_new (dtype, rank, shape, error);

  if (self != NULL && self->storage->n_bytes > 0)
    memcpy (self->data, data, self->storage->n_bytes);
  return self;
}

/**
 * tl_tensor_new_number:
 * @number: the value
 * @is_integer: whether it is a whole number in the user's eyes
 *
 * Makes the operand for a bare number: a tensor without axes that does not widen the other operand's dtype.
 *
 * Returns: (transfer full): the tensor, f64 or i64
 */
TlTensor *
tl_tensor_new_number (double   number,
                      gboolean is_integer)
{
  TlStorage *storage = g_malloc0 (sizeof (TlStorage) + sizeof (double));
  TlMeta     meta = { .dtype = is_integer ? TL_DTYPE_I64 : TL_DTYPE_F64, .weak = TRUE };
  TlTensor  *self;
  double    *value = (double *)(storage + 1);
  gint64     integer = (gint64)number;

  atomic_init (&storage->ref_count, 1);
  storage->device = tl_device_cpu ();
  storage->data = value;
  storage->n_bytes = sizeof (double);
  storage->is_foreign = TRUE;
  if (is_integer)
    memcpy (value, &integer, sizeof integer);
  else
    *value = number;
  self = tl_tensor_new_wrapped (&meta, storage);
  tl_storage_unref (storage);
  return self;
}

/**
 * tl_tensor_ref:
 * @self: a tensor
 *
 * Returns: (transfer full): @self
 */
TlTensor *
tl_tensor_ref (TlTensor *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_tensor_unref:
 * @self: (nullable) (transfer full): a tensor
 */
void
tl_tensor_unref (TlTensor *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  if (self->producer != NULL) {
    self->producer->output_gone (self->producer, self->output);
    tl_producer_unref (self->producer);
  }
  if (self->storage != NULL)
    tl_storage_unref (self->storage);
  if (self->variable != NULL)
    tl_variable_drop_handle (self->variable, self);
  g_free (self);
}

/**
 * tl_tensor_get_meta:
 * @self: a tensor
 *
 * Returns: (transfer none): its shape, dtype and strides
 */
const TlMeta *
tl_tensor_get_meta (const TlTensor *self)
{
  return &self->meta;
}

/**
 * tl_tensor_get_dtype:
 * @self: a tensor
 *
 * Returns: its element type
 */
TlDType
tl_tensor_get_dtype (const TlTensor *self)
{
  return self->meta.dtype;
}

/**
 * tl_tensor_get_rank:
 * @self: a tensor
 *
 * Returns: its number of axes
 */
guint
tl_tensor_get_rank (const TlTensor *self)
{
  return self->meta.rank;
}

/**
 * tl_tensor_get_shape:
 * @self: a tensor
 *
 * Returns: (transfer none): its sizes
 */
const TlDim *
tl_tensor_get_shape (const TlTensor *self)
{
  return self->meta.shape;
}

/**
 * tl_tensor_get_n_elements:
 * @self: a tensor with data
 *
 * Returns: its number of elements
 */
gsize
tl_tensor_get_n_elements (const TlTensor *self)
{
  return (gsize)tl_meta_get_n_elements (&self->meta);
}

/**
 * tl_tensor_has_data:
 * @self: a tensor
 *
 * Returns: %FALSE while its step is being traced
 */
gboolean
tl_tensor_has_data (const TlTensor *self)
{
  return self->storage != NULL;
}

/**
 * tl_tensor_peek_data:
 * @self: a tensor with data on the CPU
 *
 * Returns: (transfer none): its first element; the others lie as its strides say
 */
gpointer
tl_tensor_peek_data (const TlTensor *self)
{
  return self->data;
}

/**
 * tl_tensor_get_storage:
 * @self: a tensor
 *
 * Returns: (transfer none) (nullable): its storage
 */
TlStorage *
tl_tensor_get_storage (const TlTensor *self)
{
  return self->storage;
}

/**
 * tl_tensor_get_variable:
 * @self: a tensor
 *
 * Returns: (transfer none) (nullable): the variable that this is the value of
 */
TlVariable *
tl_tensor_get_variable (const TlTensor *self)
{
  return self->variable;
}

static double
element_at (gconstpointer data,
            TlDType       dtype,
            gsize         i)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    return (double)((const float *)data)[i];
  case TL_DTYPE_F64:
    return ((const double *)data)[i];
  case TL_DTYPE_F16:
    return (double)tl_f16_to_f32 (((const guint16 *)data)[i]);
  case TL_DTYPE_BF16:
    return (double)tl_bf16_to_f32 (((const guint16 *)data)[i]);
  case TL_DTYPE_I8:
    return ((const gint8 *)data)[i];
  case TL_DTYPE_I32:
    return ((const gint32 *)data)[i];
  case TL_DTYPE_I64:
    return (double)((const gint64 *)data)[i];
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    return ((const guint8 *)data)[i];
  }
  return 0;
}

/**
 * tl_tensor_peek_element:
 * @self: a tensor with data on the CPU
 * @index: number of the element, the last axis fastest, whatever the strides
 *
 * Returns: the element as a double
 */
double
tl_tensor_peek_element (const TlTensor *self,
                        gsize           index)
{
  gsize at = 0;

  for (guint i = self->meta.rank; i-- > 0;) {
    at += (index % (gsize)self->meta.shape[i]) * (gsize)self->meta.strides[i];
    index /= (gsize)self->meta.shape[i];
  }
  return element_at (self->data, self->meta.dtype, at);
}
