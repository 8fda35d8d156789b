/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows share that take elements of lines in rising order by their place: along one axis, or of all elements.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/formula.h"
#include "core/op/sort-common.h"

G_BEGIN_DECLS

// clang-format off
#define TL_ORDER_ATTRS                                                                                                              \
  { "dim", "axis, from the end if negative; none for all elements", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },         \
  { "keepdim", "whether the axis stays, with size 1", TL_ATTR_BOOL }
// clang-format on

/* Values, and indices if there are two outputs; attribute @dim is the first of the two above. */
gboolean tl_order_infer (TlInfer *self,
                         guint    dim,
                         GError **error);

/* NaN counts for nothing: @place is a text of how many numbers there are in a line, "a", and of @number, "b".  Element floor (place) of
 * each line in rising order, where it is, and @above (nullable): the one above it, with @fraction of a step between them. */
typedef struct {
  TlTensor *value, *index;
  TlTensor *above, *fraction;
} TlOrderPick;

gboolean  tl_order_pick_numbers (TlGradient  *self,
                                 TlFormula   *f,
                                 guint        dim,
                                 const char  *place,
                                 double       number,
                                 TlOrderPick *pick);
TlTensor *tl_order_drop_axis (TlGradient *self,
                              TlFormula  *f,
                              guint       dim,
                              TlTensor   *x);

G_END_DECLS
