/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What pixel_shuffle and pixel_unshuffle share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

/* decompose(): the last three axes of x taken apart into five of @sizes, put into @order, of which the leading axes are the first, and together again. */
gboolean tl_pixel_regroup (TlGradient  *self,
                           const TlDim *sizes,
                           const guint *order,
                           GError     **error);

G_END_DECLS
