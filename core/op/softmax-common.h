/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What softmax and log_softmax share: along any axis, and their rows with kernels, which go along the last one.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/softmax.h"
#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_softmax_attrs[];
extern const TlSample   tl_softmax_samples[];
extern const TlPort     tl_softmax_rows_ports[];
extern const TlPort     tl_softmax_grad_ports[];
extern const TlSample   tl_softmax_rows_samples[];

gboolean tl_softmax_infer (TlInfer *self,
                           GError **error);
/* decompose() of a row along any axis by one along the last. */
gboolean tl_softmax_along (TlGradient      *self,
                           const TlOpClass *rows,
                           GError         **error);
gboolean tl_softmax_rows_infer (TlInfer *self,
                                GError **error);
gboolean tl_softmax_rows_prepare (TlPrepare      *self,
                                  const TlKernel *kernel);
/* @grad is a row of the result and its gradient. */
gboolean tl_softmax_rows_gradient (TlGradient      *self,
                                   const TlOpClass *grad,
                                   GError         **error);
/* x less the largest of its row; it cancels, so no gradient flows through it. */
TlTensor *tl_softmax_shift (TlTensor *x,
                            GError  **error);

G_END_DECLS
