/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the normalisations share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/norm.h"
#include "core/op/common.h"

G_BEGIN_DECLS

#define TL_NORM_EPS                                                                                            \
  {                                                                                                            \
    "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .min = 0, .max = 1 \
  }

/* Which gradients an internal row computes: bit 0 dx, bit 1 dweight, bit 2 dbias. */
#define TL_NORM_WANTED                               \
  {                                                  \
    "wanted", "which gradients, by bit", TL_ATTR_INT \
  }

extern const TlPort tl_norm_grad_out_ports[];

gint64 tl_norm_wanted (const TlGradient *self);
void   tl_norm_infer_grads (TlInfer      *self,
                            const TlMeta *x,
                            guint         rank,
                            const TlDim  *weight_shape,
                            gint64        wanted);
gint   tl_norm_operand_grad (const TlPrepare *self,
                             guint            i,
                             gint64           wanted);
/* Operands of a kernel: five inputs, of which the last, the weight, is optional, and the gradients that are wanted. */
void      tl_norm_set_grad_data (TlPrepare *self,
                                 gint64     wanted);
void      tl_norm_take_grads (TlGradient *self,
                              TlTensor  **grads,
                              gint64      wanted);
gboolean  tl_batch_norm_check (TlInfer *self,
                               guint    first,
                               guint    n,
                               GError **error);
void      tl_batch_norm_fill_args (TlBatchNormArgs *args,
                                   const TlMeta    *x,
                                   const TlMeta    *y,
                                   double           eps);
guint     tl_batch_norm_axes (const TlMeta *x,
                              gint         *axes);
TlTensor *tl_batch_norm_spread (TlTensor     *of_channels,
                                const TlMeta *x,
                                GError      **error);

/* Normalises groups of channels (axis 1) of each example, as group_norm says. */
TlTensor *tl_norm_groups (TlTensor *x,
                          TlDim     n_groups,
                          double    eps,
                          TlTensor *weight,
                          TlTensor *bias,
                          GError  **error);

G_END_DECLS
