/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Losses with factors: an optional input of the operation that is not given comes from the attribute of its name.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const char *const tl_loss_reductions[];

// clang-format off
#define TL_LOSS_LAYER_REDUCTION                                                                                                              \
  { "reduction", "how the losses are put together", TL_ATTR_ENUM, .def = { .i = TL_REDUCTION_MEAN }, .names = tl_loss_reductions }
#define TL_LOSS_LAYER_CLASS_WEIGHT                                                                                                           \
  { "weight", "factor of each class; none: 1", TL_ATTR_NUMBERS, .has_range = TRUE, .min = 0, .max = 1e30 }
// clang-format on

/* The input of that number, or the attribute's numbers as a tensor; *@tensor is NULL if neither is given. */
gboolean tl_loss_get_factor (TlLayerForward *self,
                             guint           input,
                             guint           attr,
                             TlTensor      **tensor,
                             GError        **error);

/* Applies the row's operation to @in, the layer's inputs or others in their place. */
gboolean tl_loss_apply (TlLayerForward  *self,
                        TlTensor *const *in,
                        guint            n_in,
                        GError         **error);
gboolean tl_loss_forward (TlLayerForward *self,
                          GError        **error);

G_END_DECLS
