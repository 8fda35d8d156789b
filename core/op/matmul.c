/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "a", "left factor `[..., m, k]` or vector `[k]`, floating" },
  { "b", "right factor `[..., k, n]` or vector `[k]`, same dtype" },
  { "mask", "set when a plan is made", TL_PORT_OPTIONAL | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_ATTR_EPILOGUE, { NULL } };

static const TlEpilogue epilogues[] = {
  { "max (a, 0)", 0, TL_EPILOGUE_RELU, 0 },
  { "select (b > 0, a, 0)", 0, TL_EPILOGUE_RELU_MASK, 2 },
  { NULL },
};

/* A vector is a row on the left and a column on the right; that axis is not in the result. */
static TlMeta
as_matrix (const TlMeta *vector,
           gboolean      is_left)
{
  TlMeta matrix = *vector;

  if (vector->rank != 1)
    return matrix;
  matrix.rank = 2;
  matrix.shape[is_left ? 1 : 0] = vector->shape[0];
  matrix.strides[is_left ? 1 : 0] = vector->strides[0];
  matrix.shape[is_left ? 0 : 1] = 1;
  matrix.strides[is_left ? 0 : 1] = 0;
  return matrix;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta  in[2] = { as_matrix (self->in[0], TRUE), as_matrix (self->in[1], FALSE) };
  TlMeta        lead[2];
  const TlMeta *leads[2] = { &lead[0], &lead[1] };
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_need_rank (self, 1, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    lead[i] = in[i];
    lead[i].rank -= 2;
  }
  if (in[0].shape[lead[0].rank + 1] != in[1].shape[lead[1].rank] ||
      !tl_broadcast_shapes (leads, 2, shape, &rank)) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, self->in[1]->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "inner or leading sizes differ: %s x %s", a, b);
  }
  if (self->in[0]->rank > 1)
    shape[rank++] = in[0].shape[lead[0].rank];
  if (self->in[1]->rank > 1)
    shape[rank++] = in[1].shape[lead[1].rank + 1];
  tl_infer_out (self, 0, self->in[0]->dtype, rank, shape);
  return TRUE;
}

static void
batch_strides (const TlMeta *operand,
               const TlMeta *y,
               int64_t      *strides)
{
  guint rank = y->rank - 2;
  guint missing = y->rank - operand->rank;

  for (guint i = 0; i < rank; i++)
    strides[i] = i < missing || operand->shape[i - missing] == 1 ? 0 : operand->strides[i - missing];
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlGemmArgs  *args = tl_prepare_args (self, TlGemmArgs);
  const TlMeta left = as_matrix (self->in[0], TRUE), right = as_matrix (self->in[1], FALSE), *a = &left, *b = &right;
  TlMeta       result = self->out[0], *y = &result;
  guint        rank;

  if (self->in[0]->rank == 1) {
    /* The row that the result does not have. */
    guint at = y->rank - (self->in[1]->rank > 1);

    for (guint i = y->rank; i > at; i--) {
      y->shape[i] = y->shape[i - 1];
      y->strides[i] = y->strides[i - 1];
    }
    y->shape[at] = 1;
    y->strides[at] = 0;
    y->rank++;
  }
  if (self->in[1]->rank == 1) {
    y->shape[y->rank] = 1;
    y->strides[y->rank++] = 1;
  }
  rank = y->rank - 2u;

  args->dtype = y->dtype;
  args->m = y->shape[rank];
  args->n = y->shape[rank + 1];
  args->k = a->shape[a->rank - 1];
  args->a_row = a->strides[a->rank - 2];
  args->a_col = a->strides[a->rank - 1];
  args->b_row = b->strides[b->rank - 2];
  args->b_col = b->strides[b->rank - 1];
  args->c_row = args->aux_row = y->strides[rank];
  args->batch_rank = (int32_t)rank;
  for (guint i = 0; i < rank; i++)
    args->batch[i] = y->shape[i];
  batch_strides (a, y, args->a_batch);
  batch_strides (b, y, args->b_batch);
  batch_strides (y, y, args->c_batch);
  batch_strides (y, y, args->aux_batch);
  tl_gemm_args_set_epilogue (args, self->attrs[0].i);
  self->kernel = &tl_kernels_get ()->gemm;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_NONE,
                   args->relu_mask ? TL_OPERAND_IN (2) : TL_OPERAND_NONE, TL_OPERAND_OUT (0));
  return TRUE;
}

/* With a vector: the gradient of the product of matrices that it stands for. */
static gboolean
vector_gradient (TlGradient *self,
                 GError    **error)
{
  gboolean             is_row = self->in[0]->meta.rank == 1, is_column = self->in[1]->meta.rank == 1;
  g_autoptr (TlTensor) a = is_row ? tl_unsqueeze (self->in[0], 0, error) : tl_tensor_ref (self->in[0]);
  g_autoptr (TlTensor) b = is_column ? tl_unsqueeze (self->in[1], 1, error) : tl_tensor_ref (self->in[1]);
  g_autoptr (TlTensor) column = is_column ? tl_unsqueeze (self->dy[0], -1, error) : tl_tensor_ref (self->dy[0]);
  g_autoptr (TlTensor) dy = column == NULL ? NULL : is_row ? tl_unsqueeze (column, -2, error)
                                                           : tl_tensor_ref (column);
  TlTensor            *factors[] = { a, b };

  if (a == NULL || b == NULL || dy == NULL)
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlTensor) other = NULL;
    g_autoptr (TlTensor) wide = NULL;
    g_autoptr (TlTensor) sum = NULL;

    if (!self->needs[i])
      continue;
    other = tl_transpose (factors[1 - i], -2, -1, error);
    if (other != NULL)
      wide = i == 0 ? tl_matmul (dy, other, error) : tl_matmul (other, dy, error);
    if (wide != NULL)
      sum = tl_sum_to_shape (wide, factors[i]->meta.rank, factors[i]->meta.shape, error);
    self->dx[i] = sum != NULL ? tl_reshape (sum, self->in[i]->meta.rank, self->in[i]->meta.shape, error) : NULL;
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  if (self->in[0]->meta.rank == 1 || self->in[1]->meta.rank == 1)
    return vector_gradient (self, error);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (TlTensor) other = NULL;
    g_autoptr (TlTensor) wide = NULL;

    if (!self->needs[i])
      continue;
    other = tl_transpose (self->in[1 - i], -2, -1, error);
    if (other != NULL)
      wide = i == 0 ? tl_matmul (self->dy[0], other, error) : tl_matmul (other, self->dy[0], error);
    if (wide != NULL)
      self->dx[i] = tl_sum_to_shape (wide, self->in[i]->meta.rank, self->in[i]->meta.shape, error);
    if (self->dx[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = 2.0 * (double)tl_meta_get_n_elements (&self->out[0]) *
                (double)self->in[0]->shape[self->in[0]->rank - 1];
}

static const TlSample samples[] = { { "3,4; 4,5" }, { "2,3,4; 4,5" }, { "2,1,3,4; 3,4,5" }, { "1,1; 1,1" }, { "0,4; 4,5" }, { "3,0; 0,5" }, { "4; 4" }, { "4; 4,5" }, { "3,4; 4" }, { "2,3,4; 4" }, { "4; 2,4,3" }, { NULL } };

const TlOpClass tl_op_matmul = {
  .name = "matmul",
  .group = "linear algebra",
  .doc = "Matrix product over the last two axes; leading axes are broadcast. A vector is a row on the left, a column on the right.",
  .formula = "y[..., i, j] = sum_k a[..., i, k] b[..., k, j]",
  .source = "Goto & van de Geijn 2008, doi:10.1145/1356052.1356053",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .epilogues = epilogues,
  .samples = samples,
  .onnx = { "MatMul", 1 },
  .torch = "x0 @ x1",
};
