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
extern const TlOpClass tl_op_avg_pool2d_grad;
extern const TlOpClass tl_op_batch_norm_grad;
extern const TlOpClass tl_op_cdist_grad;
extern const TlOpClass tl_op_cross_entropy_grad;
extern const TlOpClass tl_op_layer_norm_grad;
extern const TlOpClass tl_op_log_softmax_grad;
extern const TlOpClass tl_op_max_pool2d_grad;
extern const TlOpClass tl_op_ctc_rows_grad;
extern const TlOpClass tl_op_scaled_dot_product_attention_grad;
extern const TlOpClass tl_op_softmax_grad;

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
TlTensor *tl_unsqueeze (TlTensor *x,
                        gint      axis,
                        GError  **error);
TlTensor *tl_squeeze (TlTensor *x,
                      gint      axis,
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
TlTensor *tl_slice (TlTensor *x,
                    gint      axis,
                    gint64    start,
                    gint64    end,
                    gint64    step,
                    GError  **error);
TlTensor *tl_slice_at (TlTensor *x,
                       gint      axis,
                       TlDim     start,
                       TlDim     length,
                       gint64    step,
                       GError  **error);
TlTensor *tl_narrow (TlTensor *x,
                     gint      axis,
                     TlDim     start,
                     TlDim     length,
                     GError  **error);
TlTensor *tl_slice_scatter (TlTensor *x,
                            guint     axis,
                            TlDim     start,
                            gint64    step,
                            TlDim     size,
                            double    value,
                            GError  **error);
TlTensor *tl_concat (TlTensor *const *tensors,
                     guint            n_tensors,
                     gint             axis,
                     GError         **error);
TlTensor *tl_stack (TlTensor *const *tensors,
                    guint            n_tensors,
                    gint             axis,
                    GError         **error);
TlTensor *tl_index_select (TlTensor *x,
                           gint      axis,
                           TlTensor *index,
                           GError  **error);
TlTensor *tl_index_add (TlTensor *source,
                        TlTensor *index,
                        TlDim     size,
                        GError  **error);
TlTensor *tl_embedding (TlTensor *index,
                        TlTensor *weight,
                        GError  **error);
TlTensor *tl_one_hot (TlTensor *index,
                      TlDim     n_classes,
                      TlDType   dtype,
                      GError  **error);
TlTensor *tl_full (guint        rank,
                   const TlDim *shape,
                   double       value,
                   TlDType      dtype,
                   GError     **error);
TlTensor *tl_zeros (guint        rank,
                    const TlDim *shape,
                    TlDType      dtype,
                    GError     **error);
TlTensor *tl_ones (guint        rank,
                   const TlDim *shape,
                   TlDType      dtype,
                   GError     **error);
TlTensor *tl_arange (double   start,
                     double   end,
                     double   step,
                     TlDType  dtype,
                     GError **error);
TlTensor *tl_positions (TlDim    n,
                        TlDType  dtype,
                        GError **error);
TlTensor *tl_logsumexp (TlTensor   *x,
                        const gint *axes,
                        guint       n_axes,
                        gboolean    keepdim,
                        GError    **error);
TlTensor *tl_gather (TlTensor *x,
                     gint      axis,
                     TlTensor *index,
                     GError  **error);
TlTensor *tl_scatter (TlTensor *x,
                      gint      axis,
                      TlTensor *index,
                      TlTensor *src,
                      GError  **error);
TlTensor *tl_scatter_add (TlTensor *x,
                          gint      axis,
                          TlTensor *index,
                          TlTensor *src,
                          GError  **error);
TlTensor *tl_cumsum (TlTensor *x,
                     gint      axis,
                     GError  **error);
TlTensor *tl_linspace (double   start,
                       double   end,
                       gint64   steps,
                       TlDType  dtype,
                       GError **error);
TlTensor *tl_repeat (TlTensor    *x,
                     guint        n,
                     const TlDim *times,
                     GError     **error);
TlTensor *tl_size (TlDim    size,
                   TlDType  dtype,
                   GError **error);
TlTensor *tl_rand (guint        rank,
                   const TlDim *shape,
                   double       low,
                   double       high,
                   TlDType      dtype,
                   TlVariable  *counter,
                   GError     **error);
TlTensor *tl_randn (guint        rank,
                    const TlDim *shape,
                    double       mean,
                    double       std,
                    TlDType      dtype,
                    TlVariable  *counter,
                    GError     **error);
TlTensor *tl_dropout (TlTensor   *x,
                      double      p,
                      TlVariable *counter,
                      GError    **error);
TlTensor *tl_sum (TlTensor   *x,
                  const gint *axes,
                  guint       n_axes,
                  gboolean    keepdim,
                  GError    **error);
TlTensor *tl_mean (TlTensor   *x,
                   const gint *axes,
                   guint       n_axes,
                   gboolean    keepdim,
                   GError    **error);
TlTensor *tl_amax (TlTensor   *x,
                   const gint *axes,
                   guint       n_axes,
                   gboolean    keepdim,
                   GError    **error);
TlTensor *tl_amin (TlTensor   *x,
                   const gint *axes,
                   guint       n_axes,
                   gboolean    keepdim,
                   GError    **error);
TlTensor *tl_any (TlTensor   *x,
                  const gint *axes,
                  guint       n_axes,
                  gboolean    keepdim,
                  GError    **error);
TlTensor *tl_all (TlTensor   *x,
                  const gint *axes,
                  guint       n_axes,
                  gboolean    keepdim,
                  GError    **error);
TlTensor *tl_argmax (TlTensor   *x,
                     const gint *axes,
                     guint       n_axes,
                     gboolean    keepdim,
                     GError    **error);
TlTensor *tl_argmin (TlTensor   *x,
                     const gint *axes,
                     guint       n_axes,
                     gboolean    keepdim,
                     GError    **error);
TlTensor *tl_leaky_relu (TlTensor *x,
                         double    negative_slope,
                         GError  **error);
TlTensor *tl_softplus (TlTensor *x,
                       double    beta,
                       GError  **error);
TlTensor *tl_clamp (TlTensor *x,
                    double    min,
                    double    max,
                    GError  **error);
TlTensor *tl_where (TlTensor *condition,
                    TlTensor *a,
                    TlTensor *b,
                    GError  **error);
TlTensor *tl_lerp (TlTensor *a,
                   TlTensor *b,
                   TlTensor *weight,
                   GError  **error);
TlTensor *tl_softmax (TlTensor *x,
                      gint      axis,
                      GError  **error);
TlTensor *tl_log_softmax (TlTensor *x,
                          gint      axis,
                          GError  **error);
TlTensor *tl_conv2d (TlTensor     *x,
                     TlTensor     *weight,
                     TlTensor     *bias,
                     const gint64 *stride,
                     const gint64 *padding,
                     const gint64 *dilation,
                     gint64        groups,
                     GError      **error);
TlTensor *tl_max_pool2d (TlTensor     *x,
                         const gint64 *kernel_size,
                         const gint64 *stride,
                         const gint64 *padding,
                         GError      **error);
TlTensor *tl_avg_pool2d (TlTensor     *x,
                         const gint64 *kernel_size,
                         const gint64 *stride,
                         const gint64 *padding,
                         GError      **error);
TlTensor *tl_batch_norm (TlTensor   *x,
                         TlTensor   *weight,
                         TlTensor   *bias,
                         TlVariable *running_mean,
                         TlVariable *running_var,
                         gboolean    training,
                         double      momentum,
                         double      eps,
                         GError    **error);
TlTensor *tl_layer_norm (TlTensor *x,
                         guint     rank,
                         TlTensor *weight,
                         TlTensor *bias,
                         double    eps,
                         GError  **error);
TlTensor *tl_attention (TlTensor   *query,
                        TlTensor   *key,
                        TlTensor   *value,
                        TlTensor   *mask,
                        gboolean    is_causal,
                        double      dropout_p,
                        TlVariable *counter,
                        GError    **error);
TlTensor *tl_attention_weights (TlTensor *query,
                                TlTensor *key,
                                TlTensor *mask,
                                gboolean  is_causal,
                                double    scale,
                                GError  **error);
TlTensor *tl_cross_entropy (TlTensor   *x,
                            TlTensor   *target,
                            TlReduction reduction,
                            GError    **error);
TlTensor *tl_mse_loss (TlTensor   *x,
                       TlTensor   *target,
                       TlReduction reduction,
                       GError    **error);

G_END_DECLS
