/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/common.h"

enum { X,
       WEIGHT,
       BIAS,
       MASK };

static const TlPort ports[] = {
  { "x", "input `[..., k]`, floating", TL_PORT_CONTIGUOUS },
  { "weight", "`[n, k]`, same dtype" },
  { "bias", "`[n]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "mask", "set when a plan is made", TL_PORT_OPTIONAL | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_ATTR_EPILOGUE, { NULL } };

static const TlEpilogue epilogues[] = { { "max (a, 0)", 0, TL_EPILOGUE_RELU, 0 }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X], *weight = self->in[WEIGHT];
  const TlMeta *bias = self->n_in > BIAS ? self->in[BIAS] : NULL;
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_same_dtype (self, X, WEIGHT, error) ||
      (bias != NULL && !tl_infer_need_same_dtype (self, X, BIAS, error)) ||
      !tl_infer_need_rank (self, X, 1, TL_TENSOR_MAX_RANK, error) || !tl_infer_need_rank (self, WEIGHT, 2, 2, error) ||
      (bias != NULL && !tl_infer_need_rank (self, BIAS, 1, 1, error)))
    return FALSE;
  if (x->shape[x->rank - 1] != weight->shape[1] || (bias != NULL && bias->shape[0] != weight->shape[0])) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (weight->shape, 2);
    g_autofree char *c = bias != NULL ? tl_shape_to_string (bias->shape, 1) : g_strdup ("none");

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes differ: x %s, weight %s, bias %s", a, b, c);
  }
  memcpy (shape, x->shape, sizeof shape);
  shape[x->rank - 1] = weight->shape[0];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlGemmArgs   *args = tl_prepare_args (self, TlGemmArgs);
  const TlMeta *x = self->in[X], *weight = self->in[WEIGHT], *y = &self->out[0];
  gboolean      has_bias = self->n_in > BIAS && self->in[BIAS] != NULL;

  args->dtype = x->dtype;
  args->k = weight->shape[1];
  args->n = weight->shape[0];
  args->m = args->n > 0 ? tl_meta_get_n_elements (y) / args->n : 0;
  args->a_row = args->k;
  args->a_col = 1;
  args->b_row = weight->strides[1];
  args->b_col = weight->strides[0];
  args->c_row = args->aux_row = args->n;
  args->bias = has_bias ? TL_GEMM_BIAS_N : TL_GEMM_BIAS_NONE;
  tl_gemm_args_set_epilogue (args, self->attrs[0].i);
  self->kernel = &tl_kernels_get ()->gemm;
  tl_prepare_data (self, TL_OPERAND_IN (X), TL_OPERAND_IN (WEIGHT), has_bias ? TL_OPERAND_IN (BIAS) : TL_OPERAND_NONE,
                   TL_OPERAND_NONE, TL_OPERAND_OUT (0));
  return TRUE;
}

/* As a matrix: all axes but the last in one. */
static TlTensor *
as_matrix (TlTensor *x,
           GError  **error)
{
  TlDim last = x->meta.shape[x->meta.rank - 1];
  TlDim rows = 1;

  for (guint i = 0; i + 1 < x->meta.rank; i++)
    rows = tl_dim_mul (rows, x->meta.shape[i]);
  return tl_reshape (x, 2, (const TlDim[]){ rows, last }, error);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *dy = self->dy[0];

  if (self->needs[X]) {
    const TlMeta        *x = &self->in[X]->meta;
    g_autoptr (TlTensor) rows = x->rank == 1 ? as_matrix (dy, error) : tl_tensor_ref (dy);
    g_autoptr (TlTensor) dx = rows != NULL ? tl_matmul (rows, self->in[WEIGHT], error) : NULL;

    if (dx != NULL)
      self->dx[X] = x->rank == 1 ? tl_reshape (dx, 1, x->shape, error) : tl_tensor_ref (dx);
    if (self->dx[X] == NULL)
      return FALSE;
  }
  if (self->needs[WEIGHT]) {
    g_autoptr (TlTensor) rows = as_matrix (dy, error);
    g_autoptr (TlTensor) columns = rows != NULL ? tl_transpose (rows, 0, 1, error) : NULL;
    g_autoptr (TlTensor) x = columns != NULL ? as_matrix (self->in[X], error) : NULL;

    self->dx[WEIGHT] = x != NULL ? tl_matmul (columns, x, error) : NULL;
    if (self->dx[WEIGHT] == NULL)
      return FALSE;
  }
  if (self->n_in > BIAS && self->needs[BIAS]) {
    self->dx[BIAS] = tl_sum_to_shape (dy, 1, self->in[BIAS]->meta.shape, error);
    return self->dx[BIAS] != NULL;
  }
  return TRUE;
}

static void
cost (const TlInfer *self,
      TlCost        *cost)
{
  cost->flops = 2.0 * (double)tl_meta_get_n_elements (&self->out[0]) * (double)self->in[WEIGHT]->shape[1];
}

/**
 * tl_linear:
 * @x: input, shape `[..., k]`, floating
 * @weight: shape `[n, k]`, same dtype as @x
 * @bias: (nullable): shape `[n]`
 * @error: return location for an error
 *
 * Shapes: `[..., k] -> [..., n]`
 * Gradient: `dx = dy W`, `dW = dy' x`, `db = sum dy`
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): x W' + b, or %NULL
 */
TlTensor *
tl_linear (TlTensor *x,
           TlTensor *weight,
           TlTensor *bias,
           GError  **error)
{
  TlTensor         *in[] = { x, weight, bias };
  const TlAttrValue values[] = { TL_INT (0) };

  return tl_op_apply1 (&tl_op_linear, in, bias != NULL ? 3 : 2, values, error);
}

static const TlSample samples[] = { { "3,4; 5,4; 5" }, { "2,3,4; 5,4" }, { "4; 5,4; 5" }, { "0,4; 5,4; 5" }, { "1,1; 1,1; 1" }, { NULL } };

const TlOpClass tl_op_linear = {
  .name = "linear",
  .group = "linear algebra",
  .doc = "Affine map of the last axis.",
  .formula = "y = x W' + b",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = cost,
  .epilogues = epilogues,
  .samples = samples,
  .onnx = { "Gemm", 1 },
  .torch = "torch.nn.functional.linear(*x)",
};
