/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The attributes of pooling over one to three axes.
 */

#include "core/nn/layer-private.h"

// clang-format off
#define TL_POOL_LAYER_WINDOW(rank)                                                                                                                \
  { "kernel", "elements of the window along each axis", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = (rank) }, \
  { "stride", "step of the window; the window's size if it is not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }, \
  { "padding", "elements added on each side", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank) }
#define TL_POOL_LAYER_CEIL_MODE                                                                                                                   \
  { "ceil_mode", "whether a window may reach beyond the last element", TL_ATTR_BOOL }

#define TL_MAX_POOL_LAYER_ATTRS(rank)                                                                                                             \
  TL_POOL_LAYER_WINDOW (rank),                                                                                                                    \
  { "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }, \
  TL_POOL_LAYER_CEIL_MODE, { NULL }
#define TL_AVG_POOL_LAYER_ATTRS(rank)                                                                                                             \
  TL_POOL_LAYER_WINDOW (rank), TL_POOL_LAYER_CEIL_MODE,                                                                                           \
  { "count_include_pad", "whether the padding counts in the divisor", TL_ATTR_BOOL, .def = { .i = TRUE } }, { NULL }
// clang-format on
