/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/adam-common.h"
#include "core/optim/optimizer-private.h"

static const TlAttrSpec attrs[] = { TL_ADAM_ATTRS (0), { NULL } };

static gboolean
step (TlOptimizerStep *self,
      GError         **error)
{
  return tl_adam_step (self, FALSE, error);
}

const TlOptimizerClass tl_optimizer_Adam = {
  .name = "Adam",
  .doc = "Steps of equal size in every direction, from running means of gradients and their squares.",
  .formula = "p = p - lr m / (sqrt (v) + eps), with m and v corrected for their start",
  .source = "Kingma & Ba 2015, arXiv:1412.6980; amsgrad: Reddi, Kale & Kumar 2018, arXiv:1904.09237",
  .attrs = attrs,
  .slots = tl_adam_slots,
  .step = step,
};
