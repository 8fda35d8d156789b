/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/variable-private.h"

#include <string.h>

#include "core/base/error.h"

/* FNV-1a (Fowler, Noll, Vo): the random stream of a path must be the same in every version. */
static guint64
hash_path (const char *path)
{
  guint64 hash = G_GUINT64_CONSTANT (14695981039346656037);

  for (; *path != '\0'; path++)
    hash = (hash ^ (guint8)*path) * G_GUINT64_CONSTANT (1099511628211);
  return hash;
}

/**
 * tl_variable_new_undefined:
 * @path: its name in checkpoints, such as "conv1.weight"
 * @kind: what it is for
 * @meta: its shape and dtype
 * @error: return location for an error
 *
 * Parameters are trainable; the other kinds are not.  The elements are to be written before anything uses the variable.
 *
 * Errors: as tl_tensor_new()
 *
 * Returns: (transfer full): the variable, or %NULL
 */
TlVariable *
tl_variable_new_undefined (const char    *path,
                           TlVariableKind kind,
                           const TlMeta  *meta,
                           GError       **error)
{
  g_autoptr (TlVariable) self = g_new0 (TlVariable, 1);

  atomic_init (&self->ref_count, 1);
  self->path = g_strdup (path);
  self->stream = hash_path (path);
  self->kind = kind;
  self->trainable = kind == TL_VARIABLE_PARAMETER;
  self->value = tl_tensor_new (meta->dtype, meta->rank, meta->shape, error);
  return self->value != NULL ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_variable_new:
 * @path: its name in checkpoints, such as "conv1.weight"
 * @kind: what it is for
 * @value: its first value, contiguous; copied
 * @error: return location for an error
 *
 * Parameters are trainable; the other kinds are not.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the variable, or %NULL
 */
TlVariable *
tl_variable_new (const char    *path,
                 TlVariableKind kind,
                 TlTensor      *value,
                 GError       **error)
{
  TlVariable *self = tl_variable_new_undefined (path, kind, &value->meta, error);

  if (self != NULL && tl_storage_get_n_bytes (self->value->storage) > 0 && !tl_tensor_is_described (self->value))
    memcpy (self->value->data, value->data, tl_storage_get_n_bytes (self->value->storage));
  return self;
}

/**
 * tl_variable_ref:
 * @self: a variable
 *
 * Returns: (transfer full): @self
 */
TlVariable *
tl_variable_ref (TlVariable *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_variable_unref:
 * @self: (transfer full): a variable
 */
void
tl_variable_unref (TlVariable *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  tl_variable_end_trace (self);
  g_clear_pointer (&self->value, tl_tensor_unref);
  g_clear_pointer (&self->grad, tl_tensor_unref);
  g_free (self->path);
  g_free (self);
}

void
tl_variable_end_trace (TlVariable *self)
{
  self->trace = NULL;
  self->grad_is_traced = FALSE;
  g_clear_pointer (&self->traced_value, tl_tensor_unref);
  g_clear_pointer (&self->traced_grad, tl_tensor_unref);
}

/* A leaf handed out by tl_read() is gone. */
void
tl_variable_drop_handle (TlVariable *self,
                         TlTensor   *handle)
{
  if (self->handle == handle)
    self->handle = NULL;
  tl_variable_unref (self);
}

/**
 * tl_variable_get_path:
 * @self: a variable
 *
 * Returns: (transfer none): its name in checkpoints
 */
const char *
tl_variable_get_path (TlVariable *self)
{
  return self->path;
}

/**
 * tl_variable_set_path:
 * @self: a variable
 * @path: its new name, once it became part of a model
 *
 * Its random stream follows the path.
 */
void
tl_variable_set_path (TlVariable *self,
                      const char *path)
{
  g_free (self->path);
  self->path = g_strdup (path);
  self->stream = hash_path (path);
}

/**
 * tl_variable_get_kind:
 * @self: a variable
 *
 * Returns: what it is for
 */
TlVariableKind
tl_variable_get_kind (TlVariable *self)
{
  return self->kind;
}

/**
 * tl_variable_get_stream:
 * @self: a variable
 *
 * Returns: the key of its random numbers, a function of its path
 */
guint64
tl_variable_get_stream (TlVariable *self)
{
  return self->stream;
}

/**
 * tl_variable_get_trainable:
 * @self: a variable
 *
 * Returns: whether backward() gives it a gradient
 */
gboolean
tl_variable_get_trainable (TlVariable *self)
{
  return self->trainable;
}

/**
 * tl_variable_set_trainable:
 * @self: a variable
 * @trainable: whether backward() gives it a gradient
 */
void
tl_variable_set_trainable (TlVariable *self,
                           gboolean    trainable)
{
  self->trainable = trainable;
}

/**
 * tl_variable_get_value:
 * @self: a variable
 *
 * Returns: (transfer none): its value as of the last committed step
 */
TlTensor *
tl_variable_get_value (TlVariable *self)
{
  return self->value;
}

/**
 * tl_variable_get_grad:
 * @self: a variable
 *
 * Returns: (transfer none) (nullable): its gradient
 */
TlTensor *
tl_variable_get_grad (TlVariable *self)
{
  return self->grad;
}

/**
 * tl_variable_set_grad:
 * @self: a variable
 * @grad: (nullable): its gradient
 */
void
tl_variable_set_grad (TlVariable *self,
                      TlTensor   *grad)
{
  if (grad != NULL)
    tl_tensor_ref (grad);
  g_clear_pointer (&self->grad, tl_tensor_unref);
  self->grad = grad;
}

/**
 * tl_variable_begin_write:
 * @self: a variable
 * @error: return location for an error
 *
 * Makes the value's block this variable's own: if tensors handed out before still share it, they keep the old elements and the
 * variable goes on with a copy.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer none): the contiguous elements, to be written before anything else uses the variable, or %NULL
 */
gpointer
tl_variable_begin_write (TlVariable *self,
                         GError    **error)
{
  TlTensor *copy;

  self->handle = NULL;
  if (!tl_tensor_is_shared (self->value))
    return self->value->data;
  copy = tl_tensor_new_from_data (self->value->meta.dtype, self->value->meta.rank, self->value->meta.shape,
                                  self->value->data, error);
  if (copy == NULL)
    return NULL;
  tl_tensor_unref (self->value);
  self->value = copy;
  return copy->data;
}

/**
 * tl_variable_set_value:
 * @self: a variable
 * @value: its new value: same shape and dtype, contiguous
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_MEMORY
 *
 * Returns: whether it was changed
 */
gboolean
tl_variable_set_value (TlVariable *self,
                       TlTensor   *value,
                       GError    **error)
{
  gpointer block;

  if (value->meta.dtype != self->value->meta.dtype || !tl_meta_same_shape (&value->meta, &self->value->meta)) {
    g_autofree char *have = tl_meta_to_string (&self->value->meta);
    g_autofree char *got = tl_meta_to_string (&value->meta);

    g_set_error (error, TL_ERROR, value->meta.dtype != self->value->meta.dtype ? TL_ERROR_DTYPE : TL_ERROR_SHAPE,
                 "variable %s is %s and cannot become %s", self->path, have, got);
    return FALSE;
  }
  g_return_val_if_fail (tl_meta_is_contiguous (&value->meta), FALSE);
  block = tl_variable_begin_write (self, error);
  if (block == NULL)
    return FALSE;
  if (tl_storage_get_n_bytes (self->value->storage) > 0)
    memmove (block, value->data, tl_tensor_get_n_elements (value) * tl_dtype_size (value->meta.dtype));
  return TRUE;
}
