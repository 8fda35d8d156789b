/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * One number for each channel.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const TlPort     tl_global_pool_ports[];
extern const TlAttrSpec tl_global_pool_attrs[];
extern const TlSample   tl_global_pool_samples[];

/* The row's operation, mean or amax, over all axes behind the channels. */
gboolean tl_global_pool_forward (TlLayerForward *self,
                                 GError        **error);

G_END_DECLS
