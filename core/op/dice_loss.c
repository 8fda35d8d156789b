/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

enum { REDUCTION,
       EPS };

static const TlPort ports[] = {
  { "x", "probabilities `[n, ...]`, floating" },
  { "target", "0 or 1, or probabilities, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "eps", "added to both sides of the fraction", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error) || !tl_loss_infer (self, error))
    return FALSE;
  self->out[0].rank = MIN (self->out[0].rank, 1);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = self->in[0]->meta.rank - 1u;
  g_autoptr (TlTensor) both = tl_mul (self->in[0], self->in[1], error);
  g_autoptr (TlTensor) common = NULL;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) rows = NULL;

  for (guint i = 0; i < n; i++)
    axes[i] = (gint)i + 1;
  common = both != NULL ? tl_sum (both, axes, n, FALSE, error) : NULL;
  x = common != NULL ? tl_sum (self->in[0], axes, n, FALSE, error) : NULL;
  target = x != NULL ? tl_sum (self->in[1], axes, n, FALSE, error) : NULL;
  rows = tl_map_numbers ("1 - (2 * a + d) / (b + c + d)", (TlTensor *[]){ common, x, target }, 3, &self->attrs[EPS].d, 1, error);
  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[REDUCTION].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = 0.1, .high = 0.9 },
  { "2,3,4; 2,3,4", "reduction = none, eps = 0.1", .low = 0.1, .high = 0.9 },
  { "2,1,2,2; 2,1,2,2", "reduction = sum", .low = 0.1, .high = 0.9 },
  { NULL },
};

const TlOpClass tl_op_dice_loss = {
  .name = "dice_loss",
  .group = "loss",
  .doc = "One minus the overlap of two sets, measured for each element of the first axis.",
  .formula = "1 - (2 sum (x target) + eps) / (sum x + sum target + eps)",
  .source = "Milletari, Navab & Ahmadi 2016, arXiv:1606.04797",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda s: {'none': s, 'mean': s.mean(), 'sum': s.sum()}[reduction])(1 - (2 * (x0 * x1).flatten(1).sum(1) + eps) / (x0.flatten(1).sum(1) + x1.flatten(1).sum(1) + eps))",
};
