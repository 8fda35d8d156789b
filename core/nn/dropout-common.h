/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the dropout layers share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_dropout_attrs[]; /* p */

gboolean tl_dropout_setup (TlLayerSetup *self,
                           GError      **error);

/* Sets whole channels [n, channels, ...] to zero; the others are enlarged. */
gboolean tl_dropout_channels (TlLayerForward *self,
                              GError        **error);

/* (transfer full): ones, of which each is 0 with probability p and else 1 / (1 - p); the shape is x's on the first @rank axes and 1 on the others */
TlTensor *tl_dropout_mask (TlLayerForward *self,
                           guint           rank,
                           GError        **error);

/* (transfer full): standard normal numbers of the shape of x */
TlTensor *tl_dropout_noise (TlLayerForward *self,
                            GError        **error);

gboolean tl_dropout_alpha (TlLayerForward *self,
                           guint           rank,
                           GError        **error);

G_END_DECLS
