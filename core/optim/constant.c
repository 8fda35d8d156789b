/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/schedule-private.h"

static double
get_lr (const TlAttrValue        *attrs,
        double                    base_lr,
        const TlSchedulePosition *position)
{
  return base_lr;
}

const TlScheduleClass tl_schedule_constant = {
  .name = "constant",
  .title = "ConstantLR",
  .doc = "The same learning rate all the time.",
  .formula = "lr = lr0",
  .source = "elementary",
  .get_lr = get_lr,
};
