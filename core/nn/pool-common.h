/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Pooling over one to three axes, and its way back.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

// clang-format off
#define TL_POOL_LAYER_STEPS(rank)                                                                                                                 \
  { "kernel", "elements of the window along each axis", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = (rank) }, \
  { "stride", "step of the window; the window's size if it is not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }
#define TL_POOL_LAYER_WINDOW(rank)                                                                                                                \
  TL_POOL_LAYER_STEPS (rank),                                                                                                                     \
  { "padding", "elements added on each side", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank) }
#define TL_POOL_LAYER_CEIL_MODE                                                                                                                   \
  { "ceil_mode", "whether a window may reach beyond the last element", TL_ATTR_BOOL }

#define TL_MAX_POOL_LAYER_ATTRS(rank)                                                                                                             \
  TL_POOL_LAYER_WINDOW (rank),                                                                                                                    \
  { "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }, \
  { "return_indices", "whether a second result tells where in its plane or volume each element was; MaxUnpool takes it", TL_ATTR_BOOL }, \
  TL_POOL_LAYER_CEIL_MODE, { NULL }
#define TL_AVG_POOL_LAYER_ATTRS(rank)                                                                                                             \
  TL_POOL_LAYER_WINDOW (rank), TL_POOL_LAYER_CEIL_MODE,                                                                                           \
  { "count_include_pad", "whether the padding counts in the divisor", TL_ATTR_BOOL, .def = { .i = TRUE } }, { NULL }
#define TL_AVG_POOL_LAYER_DIVISOR_ATTRS(rank)                                                                                                     \
  TL_POOL_LAYER_WINDOW (rank), TL_POOL_LAYER_CEIL_MODE,                                                                                           \
  { "count_include_pad", "whether the padding counts in the divisor", TL_ATTR_BOOL, .def = { .i = TRUE } },                                       \
  { "divisor_override", "what sums are divided by instead; 0: by the number of elements", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 }, { NULL }
#define TL_LP_POOL_LAYER_ATTRS(rank)                                                                                                              \
  { "norm_type", "order of the norm", TL_ATTR_FLOAT, TRUE, .has_range = TRUE, .min = 1e-3, .max = 1e3 },                                           \
  TL_POOL_LAYER_STEPS (rank), TL_POOL_LAYER_CEIL_MODE, { NULL }
#define TL_MAX_UNPOOL_LAYER_ATTRS(rank)                                                                                                           \
  TL_POOL_LAYER_WINDOW (rank),                                                                                                                    \
  { "output_size", "sizes of the result along these axes; the smallest that the windows came from if it is not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .n = (rank) }, \
  { NULL }
// clang-format on

enum { TL_POOL_LAYER_KERNEL,
       TL_POOL_LAYER_STRIDE,
       TL_POOL_LAYER_PADDING,
       TL_POOL_LAYER_DILATION, /* of the largest */
       TL_POOL_LAYER_RETURN_INDICES,
       TL_POOL_LAYER_OUTPUT_SIZE = TL_POOL_LAYER_DILATION /* of the way back */ };

extern const TlPort tl_max_pool_layer_out[];
extern const TlPort tl_max_unpool_layer_ports[];

gboolean tl_max_pool_layer_forward (TlLayerForward *self,
                                    GError        **error);
gboolean tl_avg_pool_layer_forward (TlLayerForward *self,
                                    GError        **error);
gboolean tl_max_unpool_layer_forward (TlLayerForward *self,
                                      GError        **error);
gboolean tl_lp_pool_layer_forward (TlLayerForward *self,
                                   GError        **error);
