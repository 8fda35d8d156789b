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

/* @axes names the axes that an input must have, for the error. */
gboolean tl_batch_norm_setup (TlLayerSetup *self,
                              guint         min_rank,
                              guint         max_rank,
                              const char   *axes,
                              GError      **error);
gboolean tl_batch_norm_layer_forward (TlLayerForward *self,
                                      GError        **error);

gboolean tl_instance_norm_forward (TlLayerForward *self,
                                   GError        **error);

G_END_DECLS
