/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What gather and the scatters share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/gather.h"
#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_gather_attrs[];
extern const TlPort     tl_scatter_ports[];
extern const TlSample   tl_scatter_samples[];

gboolean tl_gather_check (TlInfer *self,
                          GError **error);
void     tl_gather_prepare (TlPrepare    *self,
                            TlScatterFold fold);
gboolean tl_scatter_infer (TlInfer *self,
                           GError **error);

G_END_DECLS
