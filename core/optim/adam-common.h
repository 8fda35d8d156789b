/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Adam and AdamW share.
 *
 * Thread rule: any thread.
 */

#include "core/optim/attrs.h"

G_BEGIN_DECLS

/* KEEP IN STEP: adam-common.c reads the attributes by number. */
// clang-format off
#define TL_ADAM_ATTRS(decay) \
  TL_OPTIM_LR (1e-3), TL_OPTIM_BETAS (0.9, 0.999), TL_OPTIM_EPS (1e-8), TL_OPTIM_DECAY (decay), \
  { "amsgrad", "whether the largest mean square counts", TL_ATTR_BOOL }, TL_OPTIM_MAXIMIZE
// clang-format on

extern const TlOptimizerSlot tl_adam_slots[];

gboolean tl_adam_step (TlOptimizerStep *self,
                       gboolean         decoupled,
                       GError         **error);

G_END_DECLS
