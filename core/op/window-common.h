/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Windows made of cosines.
 *
 * Thread rule: any thread.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_window_attrs[];
extern const TlSample   tl_window_samples[];

gboolean tl_window_infer (TlInfer *self,
                          GError **error);

/* base - first cos (2 pi i / n) + second cos (4 pi i / n). */
gboolean tl_window_decompose (TlGradient *self,
                              double      base,
                              double      first,
                              double      second,
                              GError    **error);

G_END_DECLS
