/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Dynamic loss scaling, for gradients in f16: those too small for it are lost unless the loss is multiplied first.
 *
 *     loss x scale -> backward -> gradients / scale -> optimizer      the scale is a power of two, so nothing is rounded
 *     a step with a NaN or Inf is not taken, and the scale is halved; after %TL_LOSS_SCALE_INTERVAL good steps it is doubled
 *
 * Scale and count are variables that a checkpoint holds.  A step that overflows at a scale of 1 does not overflow because of it: that is a
 * real NaN.
 *
 * Source: Micikevicius et al. 2018, arXiv:1710.03740
 *
 * Ownership: one owner.  Thread rule: one thread at a time.
 */

#include "core/optim/optimizer.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

#define TL_LOSS_SCALE_START 65536.0
#define TL_LOSS_SCALE_MOST 0x1p126
#define TL_LOSS_SCALE_INTERVAL 2000

typedef struct _TlLossScale TlLossScale;

TlLossScale *tl_loss_scale_new (GError **error);
void         tl_loss_scale_free (TlLossScale *self);
double       tl_loss_scale_get (TlLossScale *self);
void         tl_loss_scale_foreach_variable (TlLossScale *self,
                                             gboolean (*func) (TlVariable *variable,
                                                       gpointer    user_data),
                                             gpointer user_data);
TlTensor    *tl_loss_scale_apply (TlLossScale *self,
                                  TlTensor    *loss,
                                  GError     **error);
gboolean     tl_loss_scale_unapply (TlLossScale *self,
                                    TlOptimizer *optimizer,
                                    GError     **error);
gboolean     tl_loss_scale_count_good (TlLossScale *self,
                                       GError     **error);
gboolean     tl_loss_scale_count_overflow (TlLossScale *self,
                                           gboolean    *is_real,
                                           GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLossScale, tl_loss_scale_free)

G_END_DECLS
