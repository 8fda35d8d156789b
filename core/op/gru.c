/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/recurrent.h"

static const TlPort out_ports[] = {
  { "y", "the state after each step `[steps, n, hidden]`" },
  { "h", "the last state `[n, hidden]`" },
  { "gates", "after each step, for the gradient `[steps, n, 4 hidden]`", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_RECURRENT_REVERSE, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_recurrent_infer (self, TL_RECURRENT_GRU, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_recurrent_prepare (self, TL_RECURRENT_GRU, self->attrs[0].i != 0);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  return tl_recurrent_gradient (self, TL_RECURRENT_GRU, self->attrs[0].i != 0, error);
}

static gboolean
step (TlGradient *self,
      TlTensor   *gx,
      TlTensor   *gh,
      TlTensor  **state,
      GError    **error)
{
  gint64               hidden = state[0]->meta.shape[1];
  g_autoptr (TlTensor) before = g_steal_pointer (&state[0]);
  g_autoptr (TlTensor) xr = tl_recurrent_gate (gx, 0, hidden, error);
  g_autoptr (TlTensor) hr = tl_recurrent_gate (gh, 0, hidden, error);
  g_autoptr (TlTensor) xz = tl_recurrent_gate (gx, 1, hidden, error);
  g_autoptr (TlTensor) hz = tl_recurrent_gate (gh, 1, hidden, error);
  g_autoptr (TlTensor) xn = tl_recurrent_gate (gx, 2, hidden, error);
  g_autoptr (TlTensor) hn = tl_recurrent_gate (gh, 2, hidden, error);
  g_autoptr (TlTensor) candidate = tl_map_text ("tanh (c + sigmoid (a + b) * d)", error, 4, xr, hr, xn, hn);

  state[0] = tl_map_text ("c + sigmoid (a + b) * (d - c)", error, 4, xz, hz, candidate, before);
  return state[0] != NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_recurrent_decompose (self, 1, self->attrs[0].i != 0, step, error);
}

static const TlSample samples[] = {
  { "3,2,4; 2,3; 9,4; 9,3; 9; 9" },
  { "2,1,2; 1,2; 6,2; 6,2" },
  { "3,2,3; 2,2; 6,3; 6,2; 6; 6", "reverse = true" },
  { "2,2,0; 2,2; 6,0; 6,2; 6; 6" },
  { "2,0,3; 0,2; 6,3; 6,2; 6; 6" },
  { "1,9,1; 9,1; 3,1; 3,1; 3; 3" },
  { NULL },
};

const TlOpClass tl_op_gru = {
  .name = "gru",
  .group = "recurrent",
  .doc = "Gated recurrent unit of one layer over a sequence. Gates stand in the order reset, update, new.",
  .formula = "h = (1 - z) n + z h', n = tanh (x_n + r h_n), r and z sigmoids",
  .source = "Cho et al. 2014, arXiv:1406.1078",
  .in = tl_recurrent_ports_1,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .cost = tl_recurrent_cost,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GRU", 14 },
  .torch = "(lambda f, r: (f(r[0]), r[1][0]))(*(lambda f: (f, torch.gru(f(x0), x1[None], list(x[2:]), len(x) > 4, 1, 0.0, False, False, False)))(lambda a: a.flip(0) if reverse else a))",
};
