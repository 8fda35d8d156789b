/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What addmm and baddbmm share: a product of matrices of @rank axes, and something added.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlPort     tl_addmm_ports[];
extern const TlAttrSpec tl_addmm_attrs[];

gboolean tl_addmm_infer (TlInfer *self,
                         guint    rank,
                         GError **error);
gboolean tl_addmm_decompose (TlGradient *self,
                             GError    **error);

G_END_DECLS
