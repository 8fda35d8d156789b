/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Normalisation over the last axes: which these are, and the operation with them.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

/* The first attribute of such layers. */
#define TL_NORMALIZED_SHAPE                                                                                                                                      \
  {                                                                                                                                                              \
    "normalized_shape", "sizes of the last axes that are normalised together; none: the last axis", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = G_MAXINT32 \
  }

gboolean tl_normalized_find (TlLayerSetup *self,
                             TlDim        *shape,
                             guint        *rank,
                             GError      **error);
gboolean tl_normalized_apply (TlLayerForward  *self,
                              TlTensor *const *in,
                              guint            n_in,
                              GError         **error);

G_END_DECLS
