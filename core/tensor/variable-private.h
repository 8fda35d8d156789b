/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/tensor/tensor-private.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

struct _TlVariable {
  atomic_int     ref_count;
  char          *path;
  guint64        stream; /* of the path: key of its random numbers */
  TlVariableKind kind;
  gboolean       trainable;
  TlTensor      *value;  /* owned; its own .variable is NULL, tl_read() hands out `handle` */
  TlTensor      *grad;   /* owned; nullable */
  TlTensor      *handle; /* not owned: the leaf last handed out for `value`, while somebody holds it */

  /* While a step is traced: what the variable is at this point of the trace. */
  gconstpointer trace;
  TlTensor     *traced_value; /* owned */
  TlTensor     *traced_grad;  /* owned; NULL after the traced step cleared it */
  gboolean      grad_is_traced;
};

void tl_variable_end_trace (TlVariable *self);
void tl_variable_drop_handle (TlVariable *self,
                              TlTensor   *handle);

G_END_DECLS
