/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { INDEX,
       WEIGHT };

static const TlPort ports[] = {
  { "index", "rows of the table, any shape, i64, i32 or u8", TL_PORT_NODIFF },
  { "weight", "the table `[n, size]`" },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *index = self->in[INDEX], *weight = self->in[WEIGHT];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_rank (self, INDEX, 0, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_need_rank (self, WEIGHT, 2, 2, error) || !tl_infer_need_index (self, INDEX, error))
    return FALSE;
  for (guint i = 0; i < index->rank; i++)
    shape[i] = index->shape[i];
  shape[index->rank] = weight->shape[1];
  tl_infer_out (self, 0, weight->dtype, index->rank + 1u, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *index = &self->in[INDEX]->meta;
  TlDim                n = tl_meta_get_n_elements (index);
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) flat = tl_reshape (self->in[INDEX], 1, &n, error);
  g_autoptr (TlTensor) rows = flat != NULL ? tl_index_select (self->in[WEIGHT], 0, flat, error) : NULL;

  for (guint i = 0; i < index->rank; i++)
    shape[i] = index->shape[i];
  shape[index->rank] = self->in[WEIGHT]->meta.shape[1];
  self->dx[0] = rows != NULL ? tl_reshape (rows, index->rank + 1u, shape, error) : NULL;
  return self->dx[0] != NULL;
}

/**
 * tl_embedding:
 * @index: rows of the table, any shape, i64, i32 or u8
 * @weight: the table, shape `[n, size]`
 * @error: return location for an error
 *
 * Shapes: `[...], [n, size] -> [..., size]`
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE for a row out of range
 *
 * Returns: (transfer full): rows of the table, or %NULL
 */
TlTensor *
tl_embedding (TlTensor *index,
              TlTensor *weight,
              GError  **error)
{
  TlTensor *in[] = { index, weight };

  return tl_op_apply1 (&tl_op_embedding, in, 2, NULL, error);
}

static const TlSample samples[] = { { "i64:4<5; 5,3" }, { "i64:2,3<5; 5,4" }, { "i64:<5; 5,2" }, { "i64:0<5; 5,2" }, { NULL } };

const TlOpClass tl_op_embedding = {
  .name = "embedding",
  .group = "index",
  .doc = "Rows of a table of vectors.",
  .formula = "y[..., :] = weight[index[...], :]",
  .source = "Bengio et al. 2003, A neural probabilistic language model",
  .in = ports,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Gather", 1 },
  .torch = "torch.nn.functional.embedding(x0, x1)",
};
