/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/kernels/softmax.h"
#include "core/op/common.h"

enum { X,
       TARGET,
       WEIGHT };
enum { REDUCTION,
       IGNORE_INDEX,
       LABEL_SMOOTHING };

static const TlPort ports[] = {
  { "x", "logits `[rows..., classes]`, floating", TL_PORT_CONTIGUOUS },
  { "target", "class of each row `[rows...]`, i64, i32 or u8", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "weight", "weight of each class `[classes]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlPort out_ports[] = {
  { "loss", "the loss" },
  { "weight_sum", "sum of the weights of rows that count", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "reduction", "how the rows' losses are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_reduction_names },
  { "ignore_index", "a target that does not count", TL_ATTR_INT, .def = { .i = -100 } },
  { "label_smoothing", "share of the target that is spread over all classes", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X], *target = self->in[TARGET];

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_rank (self, X, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (target->dtype != TL_DTYPE_I64 && target->dtype != TL_DTYPE_I32 && target->dtype != TL_DTYPE_U8)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "target must be i64, i32 or u8, not %s",
                          tl_dtype_name (target->dtype));
  if (target->rank + 1u != x->rank || memcmp (target->shape, x->shape, target->rank * sizeof (TlDim)) != 0) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (target->shape, target->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "logits %s need targets of their leading shape, not %s", a, b);
  }
  if (self->n_in > WEIGHT && self->in[WEIGHT] != NULL &&
      (!tl_infer_need_rank (self, WEIGHT, 1, 1, error) || !tl_infer_need_same_dtype (self, X, WEIGHT, error)))
    return FALSE;
  if (self->n_in > WEIGHT && self->in[WEIGHT] != NULL && self->in[WEIGHT]->shape[0] != x->shape[x->rank - 1])
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "weight must have one element per class");
  tl_infer_out (self, 0, x->dtype, self->attrs[REDUCTION].i == TL_REDUCTION_NONE ? target->rank : 0, target->shape);
  tl_infer_out (self, 1, x->dtype, 0, NULL);
  return TRUE;
}

static void
fill_args (const TlMeta       *x,
           const TlMeta       *target,
           const TlAttrValue  *values,
           TlCrossEntropyArgs *args)
{
  static const TlLossReduction kernel_reductions[] = { TL_LOSS_NONE, TL_LOSS_MEAN, TL_LOSS_SUM };

  args->dtype = x->dtype;
  args->target_dtype = target->dtype;
  args->reduction = kernel_reductions[values[REDUCTION].i];
  args->rows = tl_meta_get_n_elements (target);
  args->cols = x->shape[x->rank - 1];
  args->x_stride = args->dx_stride = args->cols;
  args->target_stride = 1;
  args->dloss_stride = 1;
  args->ignore_index = values[IGNORE_INDEX].i;
  args->label_smoothing = values[LABEL_SMOOTHING].d;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  TlCrossEntropyArgs *args = tl_prepare_args (self, TlCrossEntropyArgs);
  gboolean            rows = self->attrs[REDUCTION].i == TL_REDUCTION_NONE;
  gint                weight = self->n_in > WEIGHT && self->in[WEIGHT] != NULL ? TL_OPERAND_IN (WEIGHT) : TL_OPERAND_NONE;

  fill_args (self->in[X], self->in[TARGET], self->attrs, args);
  self->kernel = &tl_kernels_get ()->cross_entropy_forward;
  tl_prepare_data (self, TL_OPERAND_IN (X), TL_OPERAND_IN (TARGET), weight, rows ? TL_OPERAND_OUT (0) : TL_OPERAND_NONE,
                   rows ? TL_OPERAND_NONE : TL_OPERAND_OUT (0), TL_OPERAND_OUT (1), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  gboolean  has_weight = self->n_in > WEIGHT && self->in[WEIGHT] != NULL;
  TlTensor *in[] = { self->in[X], self->in[TARGET], self->dy[0], self->out[1], has_weight ? self->in[WEIGHT] : NULL };

  if (self->dy[0] == NULL)
    return TRUE;
  self->dx[X] = tl_op_apply1 (&tl_op_cross_entropy_grad, in, has_weight ? 5 : 4, self->attrs, error);
  return self->dx[X] != NULL;
}

/* From one-hot targets; a target that does not count has none. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const gint    last = -1;
  const TlMeta        *x = &self->in[X]->meta;
  TlDim                n_classes = x->shape[x->rank - 1];
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) smoothing = tl_tensor_new_number (self->attrs[LABEL_SMOOTHING].d, FALSE);
  g_autoptr (TlTensor) share = tl_tensor_new_number (self->attrs[LABEL_SMOOTHING].d / (double)n_classes, FALSE);
  g_autoptr (TlTensor) ignored = tl_tensor_new_number ((double)self->attrs[IGNORE_INDEX].i, TRUE);
  g_autoptr (TlTensor) counts = tl_ne (self->in[TARGET], ignored, error);
  g_autoptr (TlTensor) valid = counts != NULL ? tl_cast (counts, x->dtype, error) : NULL;
  g_autoptr (TlTensor) valid_rows = valid != NULL ? tl_unsqueeze (valid, -1, error) : NULL;
  g_autoptr (TlTensor) hot = tl_one_hot (self->in[TARGET], n_classes, x->dtype, error);
  g_autoptr (TlTensor) logp = tl_log_softmax (self->in[X], -1, error);
  g_autoptr (TlTensor) parts = NULL;
  g_autoptr (TlTensor) rows = NULL;
  g_autoptr (TlTensor) weights = NULL;
  g_autoptr (TlTensor) sum = NULL;

  weight = tl_has_in (self, WEIGHT) ? tl_tensor_ref (self->in[WEIGHT]) : tl_ones (1, (const TlDim[]){ 1 }, x->dtype, error);
  parts = tl_map_text ("-(a * b * c * ((1 - d) * e + f))", error, 6, valid_rows, weight, logp, smoothing, hot, share);
  rows = parts != NULL ? tl_sum (parts, &last, 1, FALSE, error) : NULL;
  weights = tl_map_text ("a * b * c", error, 3, hot, valid_rows, weight);
  self->dx[1] = weights != NULL ? tl_sum (weights, NULL, 0, FALSE, error) : NULL;
  if (rows == NULL || self->dx[1] == NULL)
    return FALSE;
  if (self->attrs[REDUCTION].i == TL_REDUCTION_NONE) {
    self->dx[0] = tl_tensor_ref (rows);
    return TRUE;
  }
  sum = tl_sum (rows, NULL, 0, FALSE, error);
  self->dx[0] = self->attrs[REDUCTION].i == TL_REDUCTION_SUM ? g_steal_pointer (&sum)
                                                             : tl_map_text ("a / b", error, 2, sum, self->dx[1]);
  return self->dx[0] != NULL;
}

/**
 * tl_cross_entropy:
 * @x: logits, shape `[rows..., classes]`, floating
 * @target: class of each row, shape `[rows...]`, i64, i32 or u8
 * @reduction: how the rows' losses are put together
 * @error: return location for an error
 *
 * Gradient: `dx = (softmax (x) - one_hot (target)) / rows`
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE for a class out of range
 *
 * Returns: (transfer full): the loss, or %NULL
 */
TlTensor *
tl_cross_entropy (TlTensor   *x,
                  TlTensor   *target,
                  TlReduction reduction,
                  GError    **error)
{
  TlTensor         *in[] = { x, target };
  TlTensor         *out[2];
  const TlAttrValue values[] = { TL_INT (reduction), TL_INT (-100), TL_FLOAT (0) };

  if (!tl_op_apply (&tl_op_cross_entropy, in, 2, values, out, 2, error))
    return NULL;
  tl_tensor_unref (out[1]);
  return out[0];
}

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "2,3,5; i64:2,3<5", "reduction = sum" },
  { "4,5; i64:4<5", "reduction = none" },
  { "4,5; i64:4<5; 5", "label_smoothing = 0.1", .low = 0.1, .high = 2 },
  { NULL },
};

const TlOpClass tl_op_cross_entropy = {
  .name = "cross_entropy",
  .group = "loss",
  .doc = "Cross entropy of logits against classes.",
  .formula = "loss = -log softmax (x)[target]",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28; label smoothing: Szegedy et al. 2016, arXiv:1512.00567",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "SoftmaxCrossEntropyLoss", 12 },
  .torch = "F.cross_entropy(x0.flatten(0, -2), x1.flatten(), *x[2:], reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing)",
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "x", "logits", TL_PORT_CONTIGUOUS },
  { "target", "classes", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "dloss", "gradient of the loss", TL_PORT_CONTIGUOUS },
  { "weight_sum", "of the forward pass", TL_PORT_NODIFF },
  { "weight", "weight of each class", TL_PORT_OPTIONAL | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { NULL },
};

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  TlCrossEntropyArgs *args = tl_prepare_args (self, TlCrossEntropyArgs);
  gint                weight = self->n_in > 4 ? TL_OPERAND_IN (4) : TL_OPERAND_NONE;

  fill_args (self->in[0], self->in[1], self->attrs, args);
  self->kernel = &tl_kernels_get ()->cross_entropy_backward;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), weight, TL_OPERAND_IN (2), TL_OPERAND_IN (3),
                   TL_OPERAND_OUT (0));
  return TRUE;
}

const TlOpClass tl_op_cross_entropy_grad = {
  .name = "cross_entropy_grad",
  .doc = "Gradient of cross_entropy.",
  .in = grad_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
};
