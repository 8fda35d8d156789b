/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/adam-common.h"

#include "core/op/ops.h"
#include "core/optim/scalars.h"

enum { LR,
       BETAS,
       EPS,
       WEIGHT_DECAY,
       AMSGRAD,
       MAXIMIZE };

const TlOptimizerSlot tl_adam_slots[] = { { "exp_avg" }, { "exp_avg_sq" }, { "max_exp_avg_sq", "amsgrad" }, { NULL } };

gboolean
tl_adam_step (TlOptimizerStep *self,
              gboolean         decoupled,
              GError         **error)
{
  const TlAttrValue   *a = self->attrs;
  double               beta1 = a[BETAS].f[0], beta2 = a[BETAS].f[1];
  const TlAttrValue    values[] = { TL_INT (self->n), TL_FLOAT (beta1), TL_FLOAT (beta2), a[EPS], a[WEIGHT_DECAY], TL_INT (decoupled), a[AMSGRAD], a[MAXIMIZE] };
  g_autoptr (TlTensor) scalars = tl_adam_scalars (self, beta1, beta2, error);

  return scalars != NULL && tl_optimizer_apply (self, &tl_op_adam_update, values, scalars, error);
}
