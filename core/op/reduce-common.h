/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What all reductions share: the attributes dim and keepdim, shapes, and the kernel's arguments.
 */

#include "core/kernels/reduce.h"
#include "core/op/common.h"

G_BEGIN_DECLS

enum { TL_REDUCE_ATTR_DIM,
       TL_REDUCE_ATTR_KEEPDIM };

// clang-format off
#define TL_REDUCE_ATTRS                                                                                                           \
  { "dim", "axes to reduce, from the end if negative; none for all", TL_ATTR_INTS, .has_range = TRUE, .min = -8, .max = 7 },      \
  { "keepdim", "whether reduced axes stay, with size 1", TL_ATTR_BOOL }
// clang-format on

extern const TlAttrSpec tl_reduce_attrs[];
extern const TlSample   tl_reduce_samples[];

gboolean  tl_reduce_infer (TlInfer   *self,
                           TlReduceOp op,
                           GError   **error);
gboolean  tl_reduce_prepare (TlPrepare *self,
                             TlReduceOp op,
                             GError   **error);
gboolean  tl_reduce_infer_not_empty (TlInfer *self,
                                     GError **error);
TlDim     tl_reduce_count (TlGradient *self);
gboolean  tl_reduce_extreme_gradient (TlGradient *self,
                                      GError    **error);
guint     tl_reduce_axes (const TlGradient *self,
                          gint             *axes);
TlTensor *tl_reduce_variance (TlGradient *self,
                              double      correction,
                              GError    **error);
TlTensor *tl_reduce_spread (TlGradient *self,
                            TlTensor   *reduced,
                            GError    **error);
TlTensor *tl_reduce_apply (const TlOpClass *op,
                           TlTensor        *x,
                           const gint      *axes,
                           guint            n_axes,
                           gboolean         keepdim,
                           GError         **error);

G_END_DECLS
