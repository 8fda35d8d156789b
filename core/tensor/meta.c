/* SPDX-License-Identifier: Apache-2.0 */
#include "core/tensor/tensor.h"

#include <string.h>

#include "core/base/error.h"

static const struct {
  const char *name;
  gboolean    is_float;
  guint8      rank; /* in promotion */
} dtypes[TL_N_DTYPES] = {
  [TL_DTYPE_F32] = { "f32", TRUE, 7 },
  [TL_DTYPE_F64] = { "f64", TRUE, 8 },
  [TL_DTYPE_F16] = { "f16", TRUE, 5 },
  [TL_DTYPE_BF16] = { "bf16", TRUE, 6 },
  [TL_DTYPE_I8] = { "i8", FALSE, 2 },
  [TL_DTYPE_U8] = { "u8", FALSE, 1 },
  [TL_DTYPE_I32] = { "i32", FALSE, 3 },
  [TL_DTYPE_I64] = { "i64", FALSE, 4 },
  [TL_DTYPE_BOOL] = { "bool", FALSE, 0 },
};

/**
 * tl_dtype_name:
 * @dtype: an element type
 *
 * Returns: its name, such as "f32"
 */
const char *
tl_dtype_name (TlDType dtype)
{
  return dtypes[dtype].name;
}

/**
 * tl_dtype_from_name:
 * @name: a name such as "f32"
 * @dtype: (out): its element type
 *
 * Returns: whether there is one of that name
 */
gboolean
tl_dtype_from_name (const char *name,
                    TlDType    *dtype)
{
  for (guint i = 0; i < TL_N_DTYPES; i++)
    if (g_strcmp0 (dtypes[i].name, name) == 0) {
      *dtype = i;
      return TRUE;
    }
  return FALSE;
}

/**
 * tl_dtype_is_float:
 * @dtype: an element type
 *
 * Returns: whether it is a floating type
 */
gboolean
tl_dtype_is_float (TlDType dtype)
{
  return dtypes[dtype].is_float;
}

/**
 * tl_dtype_promote:
 * @a: an element type
 * @b: another
 *
 * The type that holds values of both, as PyTorch's promotion table says.
 *
 * Returns: the common type
 */
TlDType
tl_dtype_promote (TlDType a,
                  TlDType b)
{
  TlDType high = dtypes[a].rank >= dtypes[b].rank ? a : b;
  TlDType low = high == a ? b : a;

  if (high == TL_DTYPE_I8 && low == TL_DTYPE_U8)
    return TL_DTYPE_I32; /* PyTorch has i16 between; the next wider type here is i32 */
  if (high == TL_DTYPE_BF16 && low == TL_DTYPE_F16)
    return TL_DTYPE_F32;
  return high;
}

static void
init_shape (TlMeta      *self,
            TlDType      dtype,
            guint        rank,
            const TlDim *shape)
{
  g_assert (rank <= TL_TENSOR_MAX_RANK);
  self->dtype = dtype;
  self->rank = (guint8)rank;
  self->weak = FALSE;
  self->offset = 0;
  for (guint i = 0; i < rank; i++)
    self->shape[i] = shape[i];
}

/**
 * tl_meta_init:
 * @self: (out): what to fill in
 * @dtype: element type
 * @rank: number of axes
 * @shape: (array length=rank): sizes
 *
 * Describes a tensor whose last axis varies fastest.
 */
void
tl_meta_init (TlMeta      *self,
              TlDType      dtype,
              guint        rank,
              const TlDim *shape)
{
  TlDim stride = 1;

  init_shape (self, dtype, rank, shape);
  for (guint i = rank; i-- > 0;) {
    self->strides[i] = stride;
    if (shape[i] != 1)
      stride = tl_dim_mul (stride, shape[i] != 0 ? shape[i] : 1);
  }
}

/**
 * tl_meta_init_channels_last:
 * @self: (out): what to fill in
 * @dtype: element type
 * @rank: number of axes, at least 3
 * @shape: (array length=rank): sizes `[N, C, spatial...]`
 *
 * Describes a tensor in whose memory axis 1 varies fastest, as convolutions write it.
 */
void
tl_meta_init_channels_last (TlMeta      *self,
                            TlDType      dtype,
                            guint        rank,
                            const TlDim *shape)
{
  TlDim stride;

  g_assert (rank >= 3);
  init_shape (self, dtype, rank, shape);
  self->strides[1] = 1;
  stride = shape[1] != 0 ? shape[1] : 1;
  for (guint i = rank; i-- > 0;) {
    if (i == 1)
      continue;
    self->strides[i] = stride;
    stride = tl_dim_mul (stride, shape[i] != 0 ? shape[i] : 1);
  }
}

/**
 * tl_meta_init_like:
 * @self: (out): what to fill in
 * @dtype: element type
 * @like: a tensor's description
 *
 * Describes a new tensor of the shape of @like, channels-last if that is.
 */
void
tl_meta_init_like (TlMeta       *self,
                   TlDType       dtype,
                   const TlMeta *like)
{
  if (tl_meta_is_channels_last (like) && !tl_meta_is_contiguous (like))
    tl_meta_init_channels_last (self, dtype, like->rank, like->shape);
  else
    tl_meta_init (self, dtype, like->rank, like->shape);
}

static gboolean
same_strides (const TlMeta *self,
              const TlMeta *other)
{
  for (guint i = 0; i < self->rank; i++)
    if (self->shape[i] != 1 && self->strides[i] != other->strides[i])
      return FALSE;
  return TRUE;
}

/**
 * tl_meta_is_contiguous:
 * @self: a description
 *
 * Returns: whether the elements lie without gaps, the last axis fastest
 */
gboolean
tl_meta_is_contiguous (const TlMeta *self)
{
  TlDim stride = 1;

  for (guint i = self->rank; i-- > 0;) {
    if (self->shape[i] == 0)
      return TRUE;
    if (self->shape[i] == 1)
      continue;
    if (self->strides[i] != stride)
      return FALSE;
    if (i > 0)
      stride = tl_dim_mul (stride, self->shape[i]);
  }
  return TRUE;
}

/**
 * tl_meta_is_channels_last:
 * @self: a description
 *
 * Returns: whether the elements lie without gaps, axis 1 fastest
 */
gboolean
tl_meta_is_channels_last (const TlMeta *self)
{
  TlMeta last;

  if (self->rank < 3)
    return FALSE;
  if (self->shape[1] == 1 && tl_meta_is_contiguous (self))
    return TRUE;
  tl_meta_init_channels_last (&last, self->dtype, self->rank, self->shape);
  return same_strides (self, &last);
}

/**
 * tl_meta_is_dense:
 * @self: a description
 *
 * Returns: whether the elements lie without gaps or repeats in one of the two layouts
 */
gboolean
tl_meta_is_dense (const TlMeta *self)
{
  return tl_meta_is_contiguous (self) || tl_meta_is_channels_last (self);
}

/**
 * tl_meta_same_shape:
 * @a: a description
 * @b: another
 *
 * Returns: whether their shapes are equal
 */
gboolean
tl_meta_same_shape (const TlMeta *a,
                    const TlMeta *b)
{
  return a->rank == b->rank && memcmp (a->shape, b->shape, a->rank * sizeof (TlDim)) == 0;
}

/**
 * tl_meta_get_n_elements:
 * @self: a description
 *
 * Returns: the number of elements, which may be symbolic
 */
TlDim
tl_meta_get_n_elements (const TlMeta *self)
{
  TlDim n = 1;

  for (guint i = 0; i < self->rank; i++)
    n = tl_dim_mul (n, self->shape[i]);
  return n;
}

static gboolean
eval_dim (TlDim           *dim,
          const TlBinding *bindings,
          guint            n_bindings,
          GError         **error)
{
  gint64           size;
  g_autofree char *text = NULL;

  if (*dim >= 0)
    return TRUE;
  size = tl_dim_eval (*dim, bindings, n_bindings);
  if (size >= 0) {
    *dim = size;
    return TRUE;
  }
  text = tl_dim_to_string (*dim);
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "size %s has no value for the sizes given", text);
  return FALSE;
}

/**
 * tl_meta_eval:
 * @self: a description, changed in place
 * @bindings: (array length=n_bindings): sizes of symbols
 * @n_bindings: their number
 * @error: return location for an error
 *
 * Puts numbers in the place of symbolic sizes.
 *
 * Errors: %TL_ERROR_SHAPE
 *
 * Returns: whether all of them have a value
 */
gboolean
tl_meta_eval (TlMeta          *self,
              const TlBinding *bindings,
              guint            n_bindings,
              GError         **error)
{
  for (guint i = 0; i < self->rank; i++)
    if (!eval_dim (&self->shape[i], bindings, n_bindings, error) ||
        !eval_dim (&self->strides[i], bindings, n_bindings, error))
      return FALSE;
  return eval_dim (&self->offset, bindings, n_bindings, error);
}

/**
 * tl_shape_to_string:
 * @shape: (array length=rank): sizes
 * @rank: their number
 *
 * Returns: (transfer full): text such as "[N, 32, 14, 14]"
 */
char *
tl_shape_to_string (const TlDim *shape,
                    guint        rank)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < rank; i++) {
    if (i > 0)
      g_string_append (text, ", ");
    tl_dim_append (shape[i], text);
  }
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/**
 * tl_meta_to_string:
 * @self: a description
 *
 * Returns: (transfer full): text such as "f32 [64, 10]"
 */
char *
tl_meta_to_string (const TlMeta *self)
{
  g_autofree char *shape = tl_shape_to_string (self->shape, self->rank);

  return g_strdup_printf ("%s %s", tl_dtype_name (self->dtype), shape);
}
