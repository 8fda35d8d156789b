/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Fold and Unfold share: windows over pictures, and columns of what is in a window.
 *
 * Thread rule: any thread.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

// clang-format off
#define TL_FOLD_WINDOW                                                                                                                                        \
  { "kernel", "height and width of the window, in pixels", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = 2 },   \
  { "dilation", "distance of the window's elements, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 }, \
  { "padding", "zeros on each side, in pixels", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 65535, .n = 2 },                                   \
  { "stride", "step of the window, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 }
// clang-format on

/* Numbers of the attributes, counted from the first of TL_FOLD_WINDOW. */
enum { TL_FOLD_KERNEL,
       TL_FOLD_DILATION,
       TL_FOLD_PADDING,
       TL_FOLD_STRIDE };

/* The number of windows along an axis (0: height, 1: width) of @size pixels; may be symbolic, and is not positive if none fits. */
static inline TlDim
tl_fold_count (const TlAttrValue *window,
               guint              axis,
               TlDim              size)
{
  TlDim room = tl_dim_add (size, 2 * window[TL_FOLD_PADDING].v[axis]);

  room = tl_dim_sub (room, window[TL_FOLD_DILATION].v[axis] * (window[TL_FOLD_KERNEL].v[axis] - 1) + 1);
  if (!tl_dim_is_symbolic (room) && room < 0)
    return 0;
  return tl_dim_add (tl_dim_floor_div (room, window[TL_FOLD_STRIDE].v[axis]), 1);
}

G_END_DECLS
