/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows share that read pictures along a map of the plane.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlPort      tl_warp_ports[];
extern const char *const tl_warp_interpolations[];

// clang-format off
#define TL_WARP_ATTRS                                                                                                                          \
  { "interpolation", "how elements between others are found", TL_ATTR_ENUM, .names = tl_warp_interpolations },                               \
  { "center", "column and row that stay where they are; none for the middle", TL_ATTR_FLOATS, .has_range = TRUE, .min = -1e9, .max = 1e9 }
// clang-format on

/**
 * TlWarp:
 * @angle: against the clock, in degrees
 * @scale: larger than 1 makes larger
 * @shear: of columns and rows, in degrees
 * @translate: pixels to the right and down
 *
 * Turned about the middle, then scaled, sheared and moved.
 */
typedef struct {
  double angle;
  double scale;
  double shear[2];
  double translate[2];
} TlWarp;

/* @at is the place of the two attributes above. */
gboolean tl_warp_infer (TlInfer *self,
                        guint    at,
                        GError **error);
gboolean tl_warp (TlGradient   *self,
                  guint         at,
                  const TlWarp *warp,
                  GError      **error);

G_END_DECLS
