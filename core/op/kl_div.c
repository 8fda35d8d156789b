/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

enum { REDUCTION,
       LOG_TARGET };

enum { NONE,
       MEAN,
       SUM,
       BATCHMEAN };

static const TlPort ports[] = {
  { "x", "logarithms of probabilities, floating" },
  { "target", "probabilities, or their logarithms, of the same shape and dtype" },
  { NULL },
};

static const char *const reductions[] = { "none", "mean", "sum", "batchmean", NULL };

static const TlAttrSpec attrs[] = {
  { "reduction", "how the elements' losses are put together; batchmean divides the sum by the first axis", TL_ATTR_ENUM, .def = { .i = MEAN }, .names = reductions },
  { "log_target", "whether the target is of logarithms", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  gint64               reduction = self->attrs[REDUCTION].i;
  g_autoptr (TlTensor) rows = tl_map_text (self->attrs[LOG_TARGET].i != 0
                                             ? "exp (b) * (b - a)"
                                             : "select (b > 0, b * (log (select (b > 0, b, 1)) - a), 0)",
                                           error, 2, self->in[0], self->in[1]);
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) n = NULL;

  if (reduction != BATCHMEAN) {
    self->dx[0] = tl_reduce_loss (rows, (TlReduction)reduction, error);
    return self->dx[0] != NULL;
  }
  sum = tl_reduce_loss (rows, TL_REDUCTION_SUM, error);
  n = tl_size (x->rank > 0 ? x->shape[0] : 1, x->dtype, error);
  self->dx[0] = tl_map_text ("a / b", error, 2, sum, n);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4; 3,4", "", .low = 0.1, .high = 1 },
  { "3,4; 3,4", "reduction = batchmean, log_target = true" },
  { "3,4; 3,4", "reduction = batchmean", .low = 0.1, .high = 1 },
  { "2,3; 2,3", "reduction = none", .low = 0.1, .high = 1 },
  { "0,2; 0,2", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_kl_div = {
  .name = "kl_div",
  .group = "loss",
  .doc = "Kullback-Leibler divergence of a distribution from another.",
  .formula = "target (ln target - x), put together",
  .source = "Kullback & Leibler 1951, doi:10.1214/aoms/1177729694",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.kl_div(x0, x1, reduction=reduction, log_target=log_target)",
};
