/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Traces: a step that is recorded instead of run.
 *
 *     trace = tl_trace_begin (context);
 *     x = tl_trace_add_input (trace, &meta);        sizes may be symbolic
 *     loss = ...operations on x and variables...; tl_backward (loss); tl_op_update (...);
 *     plan = tl_trace_finish (trace, &loss, 1, ...)  (core/graph/plan.h)
 *
 * Between begin and finish every operation of the thread is recorded.  Tensors that were computed before enter as they are;
 * variables that were assigned give their new value when they are read again.  A traced tensor has no elements: asking
 * for one is an error that says so.
 *
 * Thread rule: one thread at a time.
 */

#include "core/graph/node.h"

G_BEGIN_DECLS

typedef struct _TlTrace TlTrace;

TlTrace  *tl_trace_begin (TlContext *context);
void      tl_trace_abandon (TlTrace *self);
TlTensor *tl_trace_add_input (TlTrace      *self,
                              const TlMeta *meta);
gboolean  tl_trace_is_active (TlContext *context);
void      tl_trace_clear_grad (TlVariable *variable);
TlTensor *tl_trace_get_grad (TlVariable *variable);
void      tl_trace_put_grad (TlVariable *variable,
                             TlTensor   *grad);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlTrace, tl_trace_abandon)

G_END_DECLS
