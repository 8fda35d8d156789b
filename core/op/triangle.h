/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What tril and triu share: a kernel that copies a part of each row and clears the rest, for any dtype; and tril_indices and triu_indices,
 * which tell the places of such a part.
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

extern const TlAttrSpec tl_triangle_indices_attrs[];
extern const TlSample   tl_triangle_indices_samples[];

gboolean tl_triangle_indices_infer (TlInfer *self,
                                    gboolean upper,
                                    GError **error);
gboolean tl_triangle_indices_decompose (TlGradient *self,
                                        gboolean    upper,
                                        GError    **error);

G_END_DECLS
