/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/index.h"
#include "core/kernels/kernels.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "index", "classes, any shape, i64, i32 or u8; one out of range gives zeros", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "num_classes", "size of the new axis", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1e9 },
  { "dtype", "element type of the result", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_I64 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *index = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_rank (self, 0, 0, TL_TENSOR_MAX_RANK - 1, error) || !tl_infer_need_index (self, 0, error))
    return FALSE;
  for (guint i = 0; i < index->rank; i++)
    shape[i] = index->shape[i];
  shape[index->rank] = self->attrs[0].i;
  tl_infer_out (self, 0, (TlDType)self->attrs[1].i, index->rank + 1u, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlIndexArgs *args = tl_prepare_args (self, TlIndexArgs);

  args->dtype = self->out[0].dtype;
  args->index_dtype = self->in[0]->dtype;
  args->outer = args->inner = 1;
  args->axis = self->attrs[0].i;
  args->n_indices = tl_meta_get_n_elements (self->in[0]);
  self->kernel = &tl_kernels_get ()->one_hot;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_OUT (0), TL_OPERAND_NONE);
  return TRUE;
}

/* The same for an open number of classes. */
static TlTensor *
compare_classes (TlTensor *index,
                 TlDim     n_classes,
                 TlDType   dtype,
                 GError  **error)
{
  g_autoptr (TlTensor) column = tl_unsqueeze (index, -1, error);
  g_autoptr (TlTensor) wide = column != NULL ? tl_cast (column, TL_DTYPE_I64, error) : NULL;
  g_autoptr (TlTensor) classes = wide != NULL ? tl_positions (n_classes, TL_DTYPE_I64, error) : NULL;
  g_autoptr (TlTensor) same = tl_map_text ("a == b", error, 2, wide, classes);

  return same != NULL ? tl_cast (same, dtype, error) : NULL;
}

/**
 * tl_one_hot:
 * @index: classes, any shape, i64, i32 or u8
 * @n_classes: their number; may be symbolic while a step is traced
 * @dtype: element type of the result
 * @error: return location for an error
 *
 * Shapes: `[...] -> [..., n_classes]`
 * Errors: %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): 1 at the class and 0 elsewhere, or %NULL
 */
TlTensor *
tl_one_hot (TlTensor *index,
            TlDim     n_classes,
            TlDType   dtype,
            GError  **error)
{
  const TlAttrValue values[] = { TL_INT (n_classes), TL_INT (dtype) };

  if (tl_dim_is_symbolic (n_classes))
    return compare_classes (index, n_classes, dtype, error);
  return tl_op_apply1 (&tl_op_one_hot, &index, 1, values, error);
}

static const TlSample samples[] = { { "i64:4<5", "num_classes = 5" }, { "u8:2,3<3", "num_classes = 3, dtype = f32" }, { "i32:<2", "num_classes = 2, dtype = f64" }, { "i64:0<2", "num_classes = 2" }, { NULL } };

const TlOpClass tl_op_one_hot = {
  .name = "one_hot",
  .group = "index",
  .doc = "Classes as vectors with a single 1.",
  .formula = "y[..., c] = index[...] == c",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .samples = samples,
  .onnx = { "OneHot", 9 },
  .torch = "torch.nn.functional.one_hot(x0.long(), num_classes).to(dtype)",
};
