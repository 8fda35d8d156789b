/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What tril and triu share: a kernel that copies a part of each row and clears the rest, for any dtype.
 *
 * Thread rule: any thread.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlPort     tl_triangle_ports[];
extern const TlAttrSpec tl_triangle_attrs[];
extern const TlSample   tl_triangle_samples[];

gboolean tl_triangle_infer (TlInfer *self,
                            GError **error);
gboolean tl_triangle_prepare (TlPrepare *self,
                              gboolean   upper);

G_END_DECLS
