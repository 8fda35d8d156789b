/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "logits `[..., classes]`, floating" },
  { "target", "0 or 1, of the same shape and dtype" },
  { "weight", "factor of each class `[classes]`", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_LOSS_REDUCTION, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_loss_infer (self, error))
    return FALSE;
  tl_infer_out (self, 0, x->dtype, self->attrs[0].i == TL_REDUCTION_NONE ? x->rank - 1u : 0, x->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 last = -1;
  g_autoptr (TlTensor) terms = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (tl_has_in (self, 2))
    terms = tl_map_text ("c * ((1 - b) * a + (max (-a, 0) + log1p (exp (-abs (a)))))", error, 3, self->in[0], self->in[1], self->in[2]);
  else
    terms = tl_map_text ("(1 - b) * a + (max (-a, 0) + log1p (exp (-abs (a))))", error, 2, self->in[0], self->in[1]);
  rows = terms != NULL ? tl_mean (terms, &last, 1, FALSE, error) : NULL;
  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,4" }, { "3,4; 3,4; 4", "reduction = none" }, { "2,3; 2,3", "reduction = sum" }, { NULL } };

const TlOpClass tl_op_multilabel_soft_margin_loss = {
  .name = "multilabel_soft_margin_loss",
  .group = "loss",
  .doc = "Mean cross entropy of logits of several events at once.",
  .formula = "mean over classes of the cross entropy of each",
  .source = "Good 1952, Rational decisions",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.multilabel_soft_margin_loss(x0, x1, x[2] if len(x) > 2 else None, reduction=reduction)",
};
