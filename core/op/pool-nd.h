/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pooling over one and three axes, made of pooling over two: a window is the product of its sides, so height and width are pooled first and
 * then depth.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/pool-common.h"

G_BEGIN_DECLS

// clang-format off
#define TL_POOL_DILATION                                                                                                    \
  { "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = 1, .v = { 1 } },                           \
    .has_range = TRUE, .min = 1, .max = 65536 }
#define TL_POOL_COUNT_INCLUDE_PAD                                                                                           \
  { "count_include_pad", "whether padding counts in the mean", TL_ATTR_BOOL, .def = { .i = TRUE } }
// clang-format on

gboolean tl_pool_nd_infer (TlInfer *self,
                           guint    n_spatial,
                           gboolean is_max,
                           GError **error);
gboolean tl_pool_nd_decompose (TlGradient *self,
                               guint       n_spatial,
                               gboolean    is_max,
                               GError    **error);

G_END_DECLS
