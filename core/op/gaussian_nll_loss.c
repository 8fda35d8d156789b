/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "what it should be, of the same shape and dtype" },
  { "var", "variance, broadcast, same dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "full", "whether the constant is added", TL_ATTR_BOOL, .def = { .i = FALSE } },
  { "eps", "smallest variance", TL_ATTR_FLOAT, .def = { .d = 1e-6 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  if (self->attrs[1].i != 0)
    return tl_loss_decompose (self, "0.5 * (log (max (c, d)) + (a - b) * (a - b) / max (c, d)) + 0.9189385332046727", error);
  return tl_loss_decompose (self, "0.5 * (log (max (c, d)) + (a - b) * (a - b) / max (c, d))", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4; 3,4", "", .low = 0.3, .high = 2 },
  { "3,4; 3,4; 3,1", "full = true, reduction = none", .low = 0.3, .high = 2 },
  { "2,3; 2,3; 2,3", "reduction = sum", .low = 0.3, .high = 2 },
  { "0; 0; 0", "reduction = sum", .low = 0.3, .high = 2 },
  { NULL },
};

const TlOpClass tl_op_gaussian_nll_loss = {
  .name = "gaussian_nll_loss",
  .group = "loss",
  .doc = "Negative log likelihood of a normal distribution.",
  .formula = "(ln max (var, eps) + (x - target)^2 / max (var, eps)) / 2",
  .source = "Nix & Weigend 1994, doi:10.1109/ICNN.1994.374138",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.gaussian_nll_loss(x0, x1, x2, full=full, eps=eps, reduction=reduction)",
};
