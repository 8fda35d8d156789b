/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Padding over one to three axes: the operation pad in a mode that the row fixes.
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

/* How many axes are padded, the last ones, is told by the input's description. */
extern const TlPort tl_pad_ports_1d[];
extern const TlPort tl_pad_ports_2d[];
extern const TlPort tl_pad_ports_3d[];

gboolean tl_pad_forward (TlLayerForward *self,
                         GError        **error);

G_END_DECLS
