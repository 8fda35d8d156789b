/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A running average of weights: what is trained jumps about, its average does not.
 *
 *     average = tl_average_new (parameters, n, 0.999, &error);
 *     each step: ...; tl_optimizer_step (optimizer, &error); tl_average_update (average, &error);
 *     tl_average_swap (average); ...use the model...; tl_average_swap (average);
 *
 * Source: Polyak & Juditsky 1992, doi:10.1137/0330046; with a decay, as torch.optim.swa_utils.get_ema_multi_avg_fn.
 *
 * Ownership: holds the parameters.  Thread rule: one thread at a time.
 */

#include "core/tensor/variable.h"

G_BEGIN_DECLS

typedef struct _TlAverage TlAverage;

TlAverage *tl_average_new (TlVariable *const *parameters,
                           guint              n,
                           double             decay,
                           GError           **error);
void       tl_average_free (TlAverage *self);
gboolean   tl_average_update (TlAverage *self,
                              GError   **error);
gboolean   tl_average_swap (TlAverage *self,
                            GError   **error);
void       tl_average_foreach_variable (TlAverage *self,
                                        gboolean (*func) (TlVariable *variable,
                                                    gpointer    user_data),
                                        gpointer user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlAverage, tl_average_free)

G_END_DECLS
