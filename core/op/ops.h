/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The operations, as C functions.  Everything about a row, its formula, shapes, errors and gradient, stands in its file and in
 * the reference pages made from it; here are the signatures.
 *
 * All functions return a new reference, or %NULL with an error that names the operation and the shapes.
 *
 * Thread rule: one thread at a time.
 */

#include "core/graph/node.h"

G_BEGIN_DECLS

#define TL_OP(name) extern const TlOpClass tl_op_##name;
#define TL_OP_UNARY(name)                        \
  extern const TlOpClass tl_op_##name;           \
  TlTensor              *tl_##name (TlTensor *x, \
                                    GError  **error);
#define TL_OP_BINARY(name)                       \
  extern const TlOpClass tl_op_##name;           \
  TlTensor              *tl_##name (TlTensor *a, \
                                    TlTensor *b, \
                                    GError  **error);
#include "core/op/ops.def"
#undef TL_OP
#undef TL_OP_UNARY
#undef TL_OP_BINARY

/* Gradients that are operations of their own; each stands in the file of its row. */
extern const TlOpClass tl_op_cross_entropy_grad;

/**
 * TlReduction:
 * @TL_REDUCTION_NONE: one loss for each row
 * @TL_REDUCTION_MEAN: their mean
 * @TL_REDUCTION_SUM: their sum
 */
typedef enum {
  TL_REDUCTION_NONE,
  TL_REDUCTION_MEAN,
  TL_REDUCTION_SUM,
} TlReduction;

TlTensor *tl_linear (TlTensor *x,
                     TlTensor *weight,
                     TlTensor *bias,
                     GError  **error);
TlTensor *tl_reshape (TlTensor    *x,
                      guint        rank,
                      const TlDim *shape,
                      GError     **error);
TlTensor *tl_flatten (TlTensor *x,
                      guint     start_axis,
                      GError  **error);
TlTensor *tl_expand (TlTensor    *x,
                     guint        rank,
                     const TlDim *shape,
                     GError     **error);
TlTensor *tl_permute (TlTensor    *x,
                      const guint *axes,
                      GError     **error);
TlTensor *tl_transpose (TlTensor *x,
                        gint      axis_a,
                        gint      axis_b,
                        GError  **error);
TlTensor *tl_sum (TlTensor   *x,
                  const gint *axes,
                  guint       n_axes,
                  gboolean    keepdim,
                  GError    **error);
TlTensor *tl_cross_entropy (TlTensor   *x,
                            TlTensor   *target,
                            TlReduction reduction,
                            GError    **error);

G_END_DECLS
