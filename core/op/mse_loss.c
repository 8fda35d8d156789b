/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "what it should be, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "reduction", "how the squares are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_reduction_names },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0], *target = self->in[1];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (!tl_meta_same_shape (x, target)) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (target->shape, target->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "prediction %s and target %s differ in shape", a, b);
  }
  tl_infer_out (self, 0, x->dtype, self->attrs[0].i == TL_REDUCTION_NONE ? x->rank : 0, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) difference = tl_sub (self->in[0], self->in[1], error);
  g_autoptr (TlTensor) rows = difference != NULL ? tl_square (difference, error) : NULL;

  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

/**
 * tl_mse_loss:
 * @x: prediction, floating
 * @target: what it should be, of the same shape and dtype
 * @reduction: how the squares are put together
 * @error: return location for an error
 *
 * Gradient: `dx = 2 (x - target) / n`
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): the loss, or %NULL
 */
TlTensor *
tl_mse_loss (TlTensor   *x,
             TlTensor   *target,
             TlReduction reduction,
             GError    **error)
{
  TlTensor         *in[] = { x, target };
  const TlAttrValue values[] = { TL_INT (reduction) };

  return tl_op_apply1 (&tl_op_mse_loss, in, 2, values, error);
}

static const TlSample samples[] = { { "3,4; 3,4" }, { "2,3,4; 2,3,4", "reduction = sum" }, { "5; 5", "reduction = none" }, { "; " }, { NULL } };

const TlOpClass tl_op_mse_loss = {
  .name = "mse_loss",
  .group = "loss",
  .doc = "Mean squared error.",
  .formula = "loss = mean of (x - target)^2",
  .source = "Legendre 1805, Nouvelles methodes pour la determination des orbites des cometes",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nn.functional.mse_loss(x0, x1, reduction=reduction)",
};
