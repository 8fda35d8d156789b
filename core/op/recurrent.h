/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the recurrent rows share: a sequence is read step by step; the products with the inputs are one for all steps.
 *
 * Inputs: x, one or two states, weight_ih, weight_hh, and the biases of both.  Outputs: y, as many states, and what the gradient
 * reads of the gates.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/recurrent.h"
#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlPort tl_recurrent_ports_1[];
extern const TlPort tl_recurrent_ports_2[];

extern const TlOpClass tl_op_recurrent_grad;

#define TL_RECURRENT_REVERSE                                                                                \
  {                                                                                                         \
    "reverse", "whether the sequence is read from its end; y still belongs to x step by step", TL_ATTR_BOOL \
  }

/*
 * One step: @gx and @gh are the gates' sums from the input and from the state, `[n, gates hidden]`.  @state[0] is h, @state[1] is c;
 * they are replaced by new references.
 */
typedef gboolean (*TlRecurrentStep) (TlGradient *self,
                                     TlTensor   *gx,
                                     TlTensor   *gh,
                                     TlTensor  **state,
                                     GError    **error);

gboolean  tl_recurrent_infer (TlInfer        *self,
                              TlRecurrentKind kind,
                              GError        **error);
gboolean  tl_recurrent_prepare (TlPrepare      *self,
                                TlRecurrentKind kind,
                                gboolean        reverse);
gboolean  tl_recurrent_gradient (TlGradient     *self,
                                 TlRecurrentKind kind,
                                 gboolean        reverse,
                                 GError        **error);
gboolean  tl_recurrent_decompose (TlGradient     *self,
                                  guint           n_states,
                                  gboolean        reverse,
                                  TlRecurrentStep step,
                                  GError        **error);
void      tl_recurrent_cost (const TlInfer *self,
                             TlCost        *cost);
TlTensor *tl_recurrent_gate (TlTensor *sums,
                             guint     gate,
                             gint64    hidden,
                             GError  **error);

G_END_DECLS
