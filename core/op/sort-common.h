/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the rows made of sorting share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlPort tl_sort_out_ports[];

// clang-format off
#define TL_SORT_DIM                                                                                                             \
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 }
// clang-format on

gboolean tl_sort_check (TlInfer *self,
                        gint64   axis,
                        GError **error);
gboolean tl_sort_infer_like (TlInfer *self,
                             gint64   axis,
                             TlDim    size,
                             gboolean keep,
                             GError **error);
gboolean tl_sort (TlTensor  *x,
                  gint64     axis,
                  gboolean   descending,
                  TlTensor **values,
                  TlTensor **indices,
                  GError   **error);
gboolean tl_sort_part (TlTensor  *x,
                       gint64     axis,
                       gboolean   descending,
                       gint64     first,
                       gint64     count,
                       TlTensor **values,
                       TlTensor **indices,
                       GError   **error);
gboolean tl_sort_pick (TlTensor  *values,
                       TlTensor  *indices,
                       gint64     axis,
                       gint64     position,
                       gboolean   keep,
                       TlTensor **out,
                       GError   **error);
gboolean tl_sort_place (TlTensor  *x,
                        gint64     axis,
                        TlDim      place,
                        gboolean   keep,
                        TlTensor **out,
                        GError   **error);

G_END_DECLS
