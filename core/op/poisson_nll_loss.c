/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "prediction, floating" },
  { "target", "a count, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "log_input", "whether x is the logarithm of the rate", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "full", "whether Stirling's approximation of the factorial is added", TL_ATTR_BOOL, .def = { .i = FALSE } },
  { "eps", "added to x before its logarithm", TL_ATTR_FLOAT, .def = { .d = 1e-8 }, .has_range = TRUE, .min = 0, .max = 1e30 },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const char *const texts[] = {
    "a - b * log (a + c)",
    "exp (a) - b * a",
    "a - b * log (a + c) + select (b > 1, b * log (select (b > 1, b, 1)) - b + 0.5 * log (6.283185307179586 * select (b > 1, b, 1)), 0)",
    "exp (a) - b * a + select (b > 1, b * log (select (b > 1, b, 1)) - b + 0.5 * log (6.283185307179586 * select (b > 1, b, 1)), 0)",
  };

  return tl_loss_decompose (self, texts[self->attrs[1].i + 2 * self->attrs[2].i], error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = 0.3, .high = 2.7, .kinks = "1" },
  { "3,4; 3,4", "log_input = false, reduction = none", .low = 0.3, .high = 2.7, .kinks = "1" },
  { "2,3; 2,3", "full = true, reduction = sum", .low = 0.3, .high = 2.7, .kinks = "1" },
  { "2,3; 2,3", "full = true, log_input = false", .low = 0.3, .high = 2.7, .kinks = "1" },
  { "; ", "", .low = 0.3, .high = 2.7, .kinks = "1" },
  { "0; 0", "reduction = sum", .low = 0.3, .high = 2.7, .kinks = "1" },
  { NULL },
};

const TlOpClass tl_op_poisson_nll_loss = {
  .name = "poisson_nll_loss",
  .group = "loss",
  .doc = "Negative log likelihood of a Poisson distribution.",
  .formula = "e^x - target x; with log_input = false x - target ln (x + eps)",
  .source = "Poisson 1837, Recherches sur la probabilite des jugements",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.poisson_nll_loss(x0, x1, log_input=log_input, full=full, eps=eps, reduction=reduction)",
};
