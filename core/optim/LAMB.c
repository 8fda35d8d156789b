/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/attrs.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/tensorwise.h"

static const TlAttrSpec attrs[] = {
  TL_OPTIM_LR (1e-3),
  TL_OPTIM_BETAS (0.9, 0.999),
  TL_OPTIM_EPS (1e-6),
  TL_OPTIM_DECAY (0),
  TL_OPTIM_MAXIMIZE,
  { NULL },
};

static const TlOptimizerSlot slots[] = { { "exp_avg" }, { "exp_avg_sq" }, { NULL } };

static gboolean
update (TlTensorStep *self,
        GError      **error)
{
  const TlOptimizerStep *step = self->step;
  TlTensor              *p = self->now[0];
  TlTensor              *m = self->next[1] = tl_step_eval (step, "m + (1 - beta1) * (g - m)", "m g", error, self->now[1], self->g);
  TlTensor              *v = self->next[2] = tl_step_eval (step, "beta2 * v + (1 - beta2) * g * g", "v g", error, self->now[2], self->g);
  g_autoptr (TlTensor)   c1 = tl_step_eval (step, "1 / (1 - pow (beta1, t))", "t", error, self->t);
  g_autoptr (TlTensor)   c2 = tl_step_eval (step, "1 / (1 - pow (beta2, t))", "t", error, self->t);
  g_autoptr (TlTensor)   r = tl_step_eval (step, "m * c1 / (sqrt (v * c2) + eps) + weight_decay * p", "m v p c1 c2", error, m, v, p, c1, c2);
  g_autoptr (TlTensor)   pp = tl_step_eval (step, "p * p", "p", error, p);
  g_autoptr (TlTensor)   rr = tl_step_eval (step, "r * r", "r", error, r);
  g_autoptr (TlTensor)   size = tl_sum_all (pp, error);
  g_autoptr (TlTensor)   length = tl_sum_all (rr, error);
  g_autoptr (TlTensor)   rate = tl_step_eval (step, "lr * select (and (size > 0, length > 0), sqrt (size / length), 1)", "lr size length",
                                              error, self->lr, size, length);

  self->next[0] = tl_step_eval (step, "p - rate * r", "p rate r", error, p, rate, r);
  return self->next[0] != NULL;
}

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  return tl_tensorwise_step (self, update, error);
}

const TlOptimizerClass tl_optimizer_LAMB = {
  .name = "LAMB",
  .doc = "Adam whose steps are as long as the parameter is large, for very large batches.",
  .formula = "r = m / (sqrt (v) + eps) + weight_decay p, p = p - lr |p| / |r| r",
  .source = "You et al. 2020, arXiv:1904.00962",
  .attrs = attrs,
  .slots = slots,
  .step = step,
};
