/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Padding over one to three axes, in the modes of the operation pad.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

// clang-format off
#define TL_PAD_LAYER_PADDING                                                                                                                  \
  { "padding", "elements added on every side, or in front of and behind the last axis, the one before it, ...; negative ones are cut off",    \
    TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = -65535, .max = 65535 }
// clang-format on

extern const TlAttrSpec tl_pad_attrs[];

/* @rank: number of axes that are padded, the last ones; @mode: of the operation; @value: of new elements in the mode constant */
gboolean tl_pad_forward (TlLayerForward *self,
                         guint           rank,
                         const char     *mode,
                         double          value,
                         GError        **error);

G_END_DECLS
