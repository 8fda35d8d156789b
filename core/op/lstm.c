/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/recurrent.h"

static const TlPort out_ports[] = {
  { "y", "the state after each step `[steps, n, hidden]`" },
  { "h", "the last state `[n, hidden]`" },
  { "c", "the last cell `[n, hidden]`" },
  { "gates", "after each step, for the gradient `[steps, n, 4 hidden]`", TL_PORT_NODIFF },
  { "cells", "after each step, for the gradient `[steps, n, hidden]`", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_RECURRENT_REVERSE, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_recurrent_infer (self, TL_RECURRENT_LSTM, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_recurrent_prepare (self, TL_RECURRENT_LSTM, self->attrs[0].i != 0);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  return tl_recurrent_gradient (self, TL_RECURRENT_LSTM, self->attrs[0].i != 0, error);
}

static gboolean
step (TlGradient *self,
      TlTensor   *gx,
      TlTensor   *gh,
      TlTensor  **state,
      GError    **error)
{
  gint64               hidden = state[0]->meta.shape[1];
  g_autoptr (TlTensor) h = g_steal_pointer (&state[0]);
  g_autoptr (TlTensor) c = g_steal_pointer (&state[1]);
  g_autoptr (TlTensor) sums = tl_add (gx, gh, error);
  g_autoptr (TlTensor) input = tl_recurrent_gate (sums, 0, hidden, error);
  g_autoptr (TlTensor) forget = tl_recurrent_gate (sums, 1, hidden, error);
  g_autoptr (TlTensor) cell = tl_recurrent_gate (sums, 2, hidden, error);
  g_autoptr (TlTensor) output = tl_recurrent_gate (sums, 3, hidden, error);

  state[1] = tl_map_text ("sigmoid (a) * d + sigmoid (b) * tanh (c)", error, 4, forget, input, cell, c);
  state[0] = tl_map_text ("sigmoid (a) * tanh (b)", error, 2, output, state[1]);
  return state[0] != NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_recurrent_decompose (self, 2, self->attrs[0].i != 0, step, error);
}

static const TlSample samples[] = {
  { "3,2,4; 2,3; 2,3; 12,4; 12,3; 12; 12" },
  { "2,1,2; 1,2; 1,2; 8,2; 8,2" },
  { "3,2,3; 2,2; 2,2; 8,3; 8,2; 8; 8", "reverse = true" },
  { "2,2,0; 2,2; 2,2; 8,0; 8,2; 8; 8" },
  { "2,0,3; 0,2; 0,2; 8,3; 8,2; 8; 8" },
  { "1,9,1; 9,1; 9,1; 4,1; 4,1; 4; 4" },
  { NULL },
};

const TlOpClass tl_op_lstm = {
  .name = "lstm",
  .group = "recurrent",
  .doc = "Long short-term memory of one layer over a sequence. Gates stand in the order input, forget, cell, output.",
  .formula = "c = f c' + i g, h = o tanh c; i, f, o sigmoids, g a tanh of sums as in rnn",
  .source = "Hochreiter & Schmidhuber 1997, doi:10.1162/neco.1997.9.8.1735",
  .in = tl_recurrent_ports_2,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = tl_recurrent_cost,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "LSTM", 14 },
  .torch = "(lambda f, r: (f(r[0]), r[1][0], r[2][0]))(*(lambda f: (f, torch.lstm(f(x0), (x1[None], x2[None]), list(x[3:]), len(x) > 5, 1, 0.0, False, False, False)))(lambda a: a.flip(0) if reverse else a))",
};
