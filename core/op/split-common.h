/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Rows that cut an axis into parts, each a view.  They count their results: count() says how many there are, infer() and decompose() walk
 * the same parts.
 *
 * Thread rule: any thread.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlPort tl_split_out_ports[];

#define TL_SPLIT_DIM                                                                                              \
  {                                                                                                               \
    "dim", "axis, from the end if negative", TL_ATTR_INT, .alias = "axis", .has_range = TRUE, .min = -8, .max = 7 \
  }

/* The part @i of an axis of @size; @n parts in all. */
typedef void (*TlSplitPart) (const TlAttrValue *attrs,
                             TlDim              size,
                             guint              n,
                             guint              i,
                             TlDim             *start,
                             TlDim             *length);

/* The size of the axis, which must be a number. */
gboolean tl_split_get_size (TlInfer *self,
                            gint64   axis,
                            TlDim   *size,
                            GError **error);
gboolean tl_split_set_n (TlInfer *self,
                         gint64   n,
                         GError **error);
gboolean tl_split_infer (TlInfer    *self,
                         gint64      axis,
                         TlSplitPart part,
                         GError    **error);
gboolean tl_split_decompose (TlGradient *self,
                             gint64      axis,
                             TlSplitPart part,
                             GError    **error);

/* Ends are kept between 0 and @size, as Python does. */
void tl_split_between (TlDim  size,
                       gint64 first,
                       gint64 end,
                       TlDim *start,
                       TlDim *length);

G_END_DECLS
