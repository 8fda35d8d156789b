/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Nodes: one operation applied to tensors.
 *
 * tl_op_apply() is how every operation happens.  It brings the inputs into the layout the row wants, infers, and then
 * either runs the kernel at once or, while a step is traced, records the node.  A node lives as long as a tensor
 * that came from it needs it: for a gradient, or because it is part of a trace.
 *
 * A node keeps what its gradient may read: its inputs, and the storage of its outputs.
 *
 * Ownership: outputs are new references.  Thread rule: one thread at a time.
 */

#include "core/graph/context.h"
#include "core/graph/op.h"

G_BEGIN_DECLS

/**
 * TL_APPLY_MAX_IN:
 *
 * Most inputs of a variadic operation in one call.
 */
#define TL_APPLY_MAX_IN 4096

/**
 * TL_APPLY_MAX_OUT:
 *
 * Most outputs of an operation that counts them.
 */
#define TL_APPLY_MAX_OUT 4096

gboolean  tl_op_apply (const TlOpClass   *op,
                       TlTensor *const   *in,
                       guint              n_in,
                       const TlAttrValue *attrs,
                       TlTensor         **out,
                       guint              n_out,
                       GError           **error);
TlTensor *tl_op_apply1 (const TlOpClass   *op,
                        TlTensor *const   *in,
                        guint              n_in,
                        const TlAttrValue *attrs,
                        GError           **error);
gboolean  tl_op_update (const TlOpClass   *op,
                        TlVariable *const *targets,
                        guint              n_targets,
                        TlTensor *const   *others,
                        guint              n_others,
                        const TlAttrValue *attrs,
                        GError           **error);
guint     tl_op_get_n_out (const TlOpClass *op,
                           guint            n_in);
gboolean  tl_op_count_out (const TlOpClass   *op,
                           TlTensor *const   *in,
                           guint              n_in,
                           const TlAttrValue *attrs,
                           guint             *n_out,
                           GError           **error);

TlTensor *tl_map (TlExpr          *expr,
                  TlTensor *const *in,
                  guint            n_in,
                  TlResultType     result,
                  GError         **error);
gboolean  tl_map_n (TlExpr          *expr,
                    TlTensor *const *in,
                    guint            n_in,
                    TlResultType     result,
                    TlTensor       **out,
                    GError         **error);

TlTensor *tl_read (TlVariable *variable);
gboolean  tl_assign (TlVariable *variable,
                     TlTensor   *value,
                     GError    **error);
gboolean  tl_next_call (TlVariable *counter,
                        TlTensor  **call,
                        GError    **error);
TlTensor *tl_detach (TlTensor *tensor);
TlTensor *tl_watch (TlTensor *tensor,
                    GError  **error);
TlTensor *tl_cast (TlTensor *tensor,
                   TlDType   dtype,
                   GError  **error);
TlTensor *tl_contiguous (TlTensor *tensor,
                         GError  **error);
TlTensor *tl_sum_to_shape (TlTensor    *tensor,
                           guint        rank,
                           const TlDim *shape,
                           GError     **error);
gboolean  tl_tensor_requires_grad (TlTensor *tensor);

G_END_DECLS
