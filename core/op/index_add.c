/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/index.h"
#include "core/kernels/kernels.h"
#include "core/op/common.h"

enum { SOURCE,
       INDEX };

static const TlPort ports[] = {
  { "source", "rows `[n, ...]`, floating", TL_PORT_CONTIGUOUS },
  { "index", "row of the result for each, `[n]`, i64, i32 or u8", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { { "size", "rows of the result", TL_ATTR_INTS, .required = TRUE, .n = 1 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *source = self->in[SOURCE];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, SOURCE, error) || !tl_infer_need_rank (self, SOURCE, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_need_rank (self, INDEX, 1, 1, error) || !tl_infer_need_index (self, INDEX, error))
    return FALSE;
  if (self->in[INDEX]->shape[0] != source->shape[0]) {
    g_autofree char *rows = tl_dim_to_string (source->shape[0]);
    g_autofree char *n = tl_dim_to_string (self->in[INDEX]->shape[0]);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s positions for %s rows", n, rows);
  }
  for (guint i = 0; i < source->rank; i++)
    shape[i] = i == 0 ? self->attrs[0].v[0] : source->shape[i];
  tl_infer_out (self, 0, source->dtype, source->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlIndexArgs  *args = tl_prepare_args (self, TlIndexArgs);
  const TlMeta *source = self->in[SOURCE];

  args->dtype = source->dtype;
  args->index_dtype = self->in[INDEX]->dtype;
  args->outer = args->inner = 1;
  for (guint i = 1; i < source->rank; i++)
    args->inner *= source->shape[i];
  args->axis = self->out[0].shape[0];
  args->n_indices = self->in[INDEX]->shape[0];
  self->kernel = &tl_kernels_get ()->index_add_rows;
  tl_prepare_data (self, TL_OPERAND_IN (SOURCE), TL_OPERAND_IN (INDEX), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[SOURCE] = tl_index_select (self->dy[0], 0, self->in[INDEX], error);
  return self->dx[SOURCE] != NULL;
}

/* Row v of the result is the sum of the rows of @source whose index is v: the gradient of tl_index_select(). */
TlTensor *
tl_index_add (TlTensor *source,
              TlTensor *index,
              TlDim     size,
              GError  **error)
{
  TlTensor         *in[] = { source, index };
  const TlAttrValue values[] = { TL_INTS1 (size) };

  return tl_op_apply1 (&tl_op_index_add, in, 2, values, error);
}

static const TlSample samples[] = { { "6,3; i64:6<4", "size = {4}" }, { "2,2,2; i64:2<3", "size = {3}" }, { "0,3; i64:0<2", "size = {2}" }, { NULL } };

const TlOpClass tl_op_index_add = {
  .name = "index_add",
  .group = "index",
  .doc = "Sums of rows, by index.",
  .formula = "y[v] = sum of source[j] over index[j] = v",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
