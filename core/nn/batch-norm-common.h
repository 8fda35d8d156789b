/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What BatchNorm1d, BatchNorm2d and BatchNorm3d share: all but how many axes the input has.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_batch_norm_attrs[];
extern const TlAttrSpec tl_instance_norm_attrs[];

/* Which axes the input must have is told by the row's description of it, one of these. */
extern const TlPort tl_batch_norm_ports_1d[];
extern const TlPort tl_channel_norm_ports_1d[];
extern const TlPort tl_channel_norm_ports_2d[];
extern const TlPort tl_channel_norm_ports_3d[];

gboolean tl_batch_norm_setup (TlLayerSetup *self,
                              GError      **error);
gboolean tl_batch_norm_layer_forward (TlLayerForward *self,
                                      GError        **error);

gboolean tl_instance_norm_forward (TlLayerForward *self,
                                   GError        **error);

G_END_DECLS
