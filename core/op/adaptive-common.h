/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pooling to a wanted size: window i of an axis goes from floor (i in / out) to ceil ((i + 1) in / out).  The axes are pooled one after the
 * other.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

// clang-format off
#define TL_ADAPTIVE_OUTPUT_SIZE                                                                                              \
  { "output_size", "wanted sizes, one for all axes or one each", TL_ATTR_INTS, .required = TRUE, .def = { .n = 1, .v = { 1 } }, .has_range = TRUE, .min = 0, .max = 65535 }
// clang-format on

gboolean tl_adaptive_infer (TlInfer *self,
                            guint    n_spatial,
                            GError **error);
gboolean tl_adaptive_decompose (TlGradient *self,
                                guint       n_spatial,
                                gboolean    is_max,
                                GError    **error);

G_END_DECLS
