/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { X,
       TARGET,
       WEIGHT };
enum { REDUCTION,
       IGNORE_INDEX };

static const TlPort ports[] = {
  { "x", "logarithms of probabilities `[classes]` or `[n, classes, ...]`, floating" },
  { "target", "class of each element, i64, i32 or u8: x without the axis of classes", TL_PORT_NODIFF },
  { "weight", "factor of each class `[classes]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "reduction", "how the elements' losses are put together; mean divides by the sum of the weights", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_reduction_names },
  { "ignore_index", "a target that does not count", TL_ATTR_INT, .def = { .i = -100 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X], *target = self->in[TARGET];
  guint         axis = x->rank > 1;
  gboolean      fits = target->rank + 1u == x->rank;

  if (!tl_infer_need_float (self, X, error) || !tl_infer_need_rank (self, X, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_need_index (self, TARGET, error))
    return FALSE;
  for (guint i = 0; i < target->rank && fits; i++)
    fits = target->shape[i] == x->shape[i < axis ? i : i + 1];
  if (!fits) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (target->shape, target->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "targets %s do not fit %s with classes along axis %u", b, a, axis);
  }
  if (tl_has_in (self, WEIGHT)) {
    if (!tl_infer_need_same_dtype (self, X, WEIGHT, error) || !tl_infer_need_rank (self, WEIGHT, 1, 1, error))
      return FALSE;
    if (self->in[WEIGHT]->shape[0] != x->shape[axis])
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "weight must have one element per class");
  }
  tl_infer_out (self, 0, x->dtype, self->attrs[REDUCTION].i == TL_REDUCTION_NONE ? target->rank : 0, target->shape);
  return TRUE;
}

/* The weight of each element: its class', and 0 where the target is ignored. */
static TlTensor *
weigh (TlGradient *self,
       TlTensor   *counts,
       TlTensor   *classes,
       GError    **error)
{
  const TlMeta        *target = &classes->meta;
  g_autoptr (TlTensor) flat = NULL;
  g_autoptr (TlTensor) taken = NULL;
  g_autoptr (TlTensor) weight = NULL;

  if (!tl_has_in (self, WEIGHT))
    return tl_cast (counts, self->in[X]->meta.dtype, error);
  flat = tl_flatten (classes, 0, error);
  taken = flat != NULL ? tl_gather (self->in[WEIGHT], 0, flat, error) : NULL;
  weight = taken != NULL ? tl_reshape (taken, target->rank, target->shape, error) : NULL;
  return tl_map_text ("select (b, a, 0)", error, 2, weight, counts);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *target = &self->in[TARGET]->meta;
  gint                 axis = self->in[X]->meta.rank > 1;
  g_autoptr (TlTensor) ignored = tl_tensor_new_number ((double)self->attrs[IGNORE_INDEX].i, TRUE);
  g_autoptr (TlTensor) counts = tl_ne (self->in[TARGET], ignored, error);
  g_autoptr (TlTensor) classes = tl_map_text ("select (b, a, 0)", error, 2, self->in[TARGET], counts);
  g_autoptr (TlTensor) weight = classes != NULL ? weigh (self, counts, classes, error) : NULL;
  g_autoptr (TlTensor) index = weight != NULL ? tl_unsqueeze (classes, axis, error) : NULL;
  g_autoptr (TlTensor) taken = index != NULL ? tl_gather (self->in[X], axis, index, error) : NULL;
  g_autoptr (TlTensor) flat = taken != NULL ? tl_reshape (taken, target->rank, target->shape, error) : NULL;
  g_autoptr (TlTensor) rows = tl_map_text ("-(select (b == 0, 0, a) * b)", error, 2, flat, weight);
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) total = NULL;

  if (self->attrs[REDUCTION].i != TL_REDUCTION_MEAN) {
    self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[REDUCTION].i, error);
    return self->dx[0] != NULL;
  }
  sum = tl_reduce_loss (rows, TL_REDUCTION_SUM, error);
  total = sum != NULL ? tl_sum (weight, NULL, 0, FALSE, error) : NULL;
  self->dx[0] = tl_map_text ("a / b", error, 2, sum, total);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "2,3,4; i64:2,4<3; 3", "reduction = none" },
  { "2,3,2,2; i32:2,2,2<3; 3", "reduction = sum" },
  { "4,3; i64:4<3; 3", "ignore_index = 1" },
  { "5; i64:<5" },
  { "0,3; i64:0<3", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_nll_loss = {
  .name = "nll_loss",
  .group = "loss",
  .doc = "Negative log likelihood of classes. Classes lie along the second axis, or the only one.",
  .formula = "-weight[target] x[target], put together",
  .source = "Fisher 1922, doi:10.1098/rsta.1922.0009",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "NegativeLogLikelihoodLoss", 12 },
  .torch = "F.nll_loss(x0, x1.long(), x[2] if len(x) > 2 else None, ignore_index=ignore_index, reduction=reduction)",
};
