/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/random-common.h"

#include <string.h>

#include "core/kernels/kernels.h"

const TlPort     tl_random_ports[] = { { "call", "number of the call, i64 without axes", TL_PORT_NODIFF }, { NULL } };
const TlPort     tl_random_out_ports[] = { { "y", "random numbers", TL_PORT_NODIFF }, { NULL } };
const TlSample   tl_random_samples[] = { { "i64:<9", "shape = {3, 4}" }, { "i64:<9", "shape = {70, 3}, seed = 5, stream = 2" }, { "i64:<9", "shape = {}" }, { "i64:<9", "shape = {0}" }, { NULL } };
const TlPort     tl_random_like_ports[] = { { "x", "floating", TL_PORT_NODIFF }, { "call", "number of the call, i64 without axes", TL_PORT_NODIFF }, { NULL } };
const TlAttrSpec tl_random_like_attrs[] = { { "seed", "of the document", TL_ATTR_INT }, { "stream", "of the owner of the counter", TL_ATTR_INT }, { NULL } };
const TlSample   tl_random_like_samples[] = { { "3,4; i64:<9" }, { "70,3; i64:<9", "seed = 5, stream = 2" }, { "; i64:<9" }, { "0; i64:<9" }, { NULL } };

gboolean
tl_random_infer_call (TlInfer *self,
                      guint    input,
                      GError **error)
{
  if (!tl_infer_need_rank (self, input, 0, 0, error))
    return FALSE;
  if (self->in[input]->dtype != TL_DTYPE_I64)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "call must be i64, not %s",
                          tl_dtype_name (self->in[input]->dtype));
  return TRUE;
}

/* The place of the dtype: behind the shape and the numbers of the distribution; seed and stream follow. */
static guint
dtype_attr (const TlOpClass *op)
{
  return tl_op_get_n_attrs (op) - 3;
}

gboolean
tl_random_infer (TlInfer *self,
                 GError **error)
{
  TlDType dtype = (TlDType)self->attrs[dtype_attr (self->op)].i;

  if (!tl_random_infer_call (self, 0, error))
    return FALSE;
  if (!tl_dtype_is_float (dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "dtype must be floating, not %s", tl_dtype_name (dtype));
  tl_infer_out (self, 0, dtype, (guint)self->attrs[TL_RANDOM_ATTR_SHAPE].n, self->attrs[TL_RANDOM_ATTR_SHAPE].v);
  return TRUE;
}

gboolean
tl_random_draw (TlGradient      *self,
                const TlOpClass *source,
                TlDType          dtype,
                const char      *text,
                GError         **error)
{
  guint                n_numbers = dtype_attr (self->op) - 1;
  double               numbers[TL_OP_MAX_ATTRS];
  TlMeta               out, drawn;
  g_autoptr (TlTensor) u = NULL;
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) narrow = NULL;

  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  for (guint i = 0; i < n_numbers; i++)
    numbers[i] = self->attrs[1 + i].d;
  /* 16 bits are too few for what is computed from: only the result is rounded to them. */
  drawn = out;
  drawn.dtype = out.dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : dtype;
  u = tl_random_of_shape (source, &drawn, self->in[0], &self->attrs[dtype_attr (self->op) + 1], error);
  y = tl_map_numbers (text, &u, 1, numbers, n_numbers, error);
  narrow = y != NULL ? tl_cast (y, out.dtype == TL_DTYPE_F64 ? TL_DTYPE_F64 : TL_DTYPE_F32, error) : NULL;
  self->dx[0] = narrow != NULL ? tl_cast (narrow, out.dtype, error) : NULL;
  return self->dx[0] != NULL;
}

gboolean
tl_random_infer_like (TlInfer *self,
                      GError **error)
{
  if (!tl_infer_need_float (self, 0, error) || !tl_random_infer_call (self, 1, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

gboolean
tl_random_like (TlGradient      *self,
                const TlOpClass *source,
                GError         **error)
{
  self->dx[0] = tl_random_of_shape (source, &self->in[0]->meta, self->in[1], self->attrs, error);
  return self->dx[0] != NULL;
}

gboolean
tl_random_prepare (TlPrepare   *self,
                   TlRandomKind kind)
{
  TlRandomArgs *args = tl_prepare_args (self, TlRandomArgs);

  args->dtype = self->out[0].dtype;
  args->kind = kind;
  args->key = tl_philox_key ((guint64)self->attrs[TL_RANDOM_ATTR_SEED].i, (guint64)self->attrs[TL_RANDOM_ATTR_STREAM].i);
  args->n = tl_meta_get_n_elements (&self->out[0]);
  args->low = self->attrs[TL_RANDOM_ATTR_LOW].d;
  args->high = self->attrs[TL_RANDOM_ATTR_HIGH].d;
  self->kernel = &tl_kernels_get ()->random;
  return TRUE;
}

/* Counts a call and gives its number and its key. */
TlTensor *
tl_random_begin (TlVariable  *counter,
                 TlAttrValue *seed,
                 TlAttrValue *stream,
                 GError     **error)
{
  TlContext *context = tl_context_get ();
  TlTensor  *call = NULL;

  if (counter == NULL)
    counter = tl_context_get_random_counter (context);
  seed->i = (gint64)tl_context_get_seed (context);
  stream->i = (gint64)tl_variable_get_stream (counter);
  return tl_next_call (counter, &call, error) ? call : NULL;
}

TlTensor *
tl_random_apply (const TlOpClass *op,
                 guint            rank,
                 const TlDim     *shape,
                 double           low,
                 double           high,
                 TlDType          dtype,
                 TlVariable      *counter,
                 GError         **error)
{
  TlAttrValue          values[] = { { .n = (gint32)rank }, TL_FLOAT (low), TL_FLOAT (high), TL_INT (dtype), TL_INT (0), TL_INT (0) };
  g_autoptr (TlTensor) call = NULL;

  g_return_val_if_fail (rank <= TL_TENSOR_MAX_RANK, NULL);

  memcpy (values[TL_RANDOM_ATTR_SHAPE].v, shape, rank * sizeof (TlDim));
  call = tl_random_begin (counter, &values[TL_RANDOM_ATTR_SEED], &values[TL_RANDOM_ATTR_STREAM], error);
  return call != NULL ? tl_op_apply1 (op, &call, 1, values, error) : NULL;
}

TlTensor *
tl_random_of_shape (const TlOpClass   *op,
                    const TlMeta      *like,
                    TlTensor          *call,
                    const TlAttrValue *key,
                    GError           **error)
{
  TlAttrValue values[] = { { .n = like->rank }, TL_FLOAT (0), TL_FLOAT (1), TL_INT (like->dtype), key[0], key[1] };

  memcpy (values[TL_RANDOM_ATTR_SHAPE].v, like->shape, like->rank * sizeof (TlDim));
  return tl_op_apply1 (op, &call, 1, values, error);
}
