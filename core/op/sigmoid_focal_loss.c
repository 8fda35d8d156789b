/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "logits, floating" },
  { "target", "0 or 1, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "alpha", "weight of the target 1; none if negative", TL_ATTR_FLOAT, .def = { .d = 0.25 }, .has_range = TRUE, .min = -1, .max = 1 },
  { "gamma", "how much less what is right counts", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

/* Alpha, then what the probability of the target leaves, times the cross entropy. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const double         numbers[] = { self->attrs[1].d, self->attrs[2].d };
  g_autoptr (TlTensor) entropy = tl_map_text ("(1 - b) * a + (max (-a, 0) + log1p (exp (-abs (a))))", error, 2, self->in[0], self->in[1]);
  g_autoptr (TlTensor) missing = tl_map_text ("sigmoid (a) * (1 - b) + sigmoid (-a) * b", error, 2, self->in[0], self->in[1]);
  TlTensor            *in[] = { self->in[1], missing, entropy };
  g_autoptr (TlTensor) rows = NULL;

  rows = tl_map_numbers ("select (d >= 0, d * a + (1 - d) * (1 - a), 1) * pow (b, e) * c", in, 3, numbers, 2, error);
  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[0].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = 0.1, .high = 0.9 },
  { "3,4; 3,4", "alpha = -1, gamma = 1.5, reduction = none", .low = 0.1, .high = 0.9 },
  { "; ", "reduction = sum", .low = 0.1, .high = 0.9 },
  { "0; 0", "reduction = sum", .low = 0.1, .high = 0.9 },
  { NULL },
};

const TlOpClass tl_op_sigmoid_focal_loss = {
  .name = "sigmoid_focal_loss",
  .group = "loss",
  .doc = "Cross entropy of logits in which what is already right counts less.",
  .formula = "alpha_t (1 - p_t)^gamma times the cross entropy, p_t the probability of the target",
  .source = "Lin et al. 2017, arXiv:1708.02002",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "(lambda p, c: {'none': lambda y: y, 'mean': lambda y: y.mean(), 'sum': lambda y: y.sum()}[reduction]((alpha * x1 + (1 - alpha) * (1 - x1) if alpha >= 0 else 1) * c * (1 - (p * x1 + (1 - p) * (1 - x1))) ** gamma))(torch.sigmoid(x0), F.binary_cross_entropy_with_logits(x0, x1, reduction='none'))",
};
