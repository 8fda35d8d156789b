/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/adam-common.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = { TL_ADAM_ATTRS (0.01), { NULL } };

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  return tl_adam_step (self, TRUE, error);
}

const TlOptimizerClass tl_optimizer_AdamW = {
  .name = "AdamW",
  .doc = "Adam with weight decay that acts on the parameters, not on their gradients.",
  .formula = "p = (1 - lr weight_decay) p - lr m / (sqrt (v) + eps)",
  .source = "Loshchilov & Hutter 2019, arXiv:1711.05101",
  .attrs = attrs,
  .slots = tl_adam_slots,
  .step = step,
};
