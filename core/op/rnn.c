/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/recurrent.h"

static const TlPort out_ports[] = {
  { "y", "the state after each step `[steps, n, hidden]`" },
  { "h", "the last state `[n, hidden]`" },
  { NULL },
};

static const char *const nonlinearities[] = { "tanh", "relu", NULL };

static const TlAttrSpec attrs[] = {
  { "nonlinearity", "of the sum", TL_ATTR_ENUM, .names = nonlinearities },
  TL_RECURRENT_REVERSE,
  { NULL },
};

/* The names of nonlinearities stand in the order of the kinds. */
static TlRecurrentKind
kind_of (const TlAttrValue *values)
{
  return values[0].i != 0 ? TL_RECURRENT_RELU : TL_RECURRENT_TANH;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_recurrent_infer (self, kind_of (self->attrs), error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_recurrent_prepare (self, kind_of (self->attrs), self->attrs[1].i != 0);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  return tl_recurrent_gradient (self, kind_of (self->attrs), self->attrs[1].i != 0, error);
}

static gboolean
step (TlGradient *self,
      TlTensor   *gx,
      TlTensor   *gh,
      TlTensor  **state,
      GError    **error)
{
  g_autoptr (TlTensor) before = state[0];

  state[0] = tl_map_text (self->attrs[0].i != 0 ? "max (a + b, 0)" : "tanh (a + b)", error, 2, gx, gh);
  return state[0] != NULL;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_recurrent_decompose (self, 1, self->attrs[1].i != 0, step, error);
}

static const TlSample samples[] = {
  { "3,2,4; 2,3; 3,4; 3,3; 3; 3" },
  { "2,1,2; 1,2; 2,2; 2,2" },
  { "2,1,2; 1,2; 2,2; 2,2", "nonlinearity = relu" },
  { "3,2,3; 2,2; 2,3; 2,2; 2; 2", "reverse = true" },
  { "2,2,0; 2,2; 2,0; 2,2; 2; 2" },
  { "2,0,3; 0,2; 2,3; 2,2; 2; 2" },
  { "1,9,1; 9,1; 1,1; 1,1; 1; 1" },
  { "2,3,2; 3,2; 2,2; 2,2; 2", "nonlinearity = relu, reverse = true" },
  { NULL },
};

const TlOpClass tl_op_rnn = {
  .name = "rnn",
  .group = "recurrent",
  .doc = "Recurrent network of one layer over a sequence.",
  .formula = "h = tanh (weight_ih x + bias_ih + weight_hh h' + bias_hh)",
  .source = "Elman 1990, doi:10.1207/s15516709cog1402_1",
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
  .onnx = { "RNN", 14 },
  .torch = "(lambda f, r: (f(r[0]), r[1][0]))(*(lambda f: (f, (torch.rnn_tanh if nonlinearity == 'tanh' else torch.rnn_relu)(f(x0), x1[None], list(x[2:]) if len(x) != 5 else list(x[2:]) + [torch.zeros_like(x4)], len(x) > 4, 1, 0.0, False, False, False)))(lambda a: a.flip(0) if reverse else a))",
};
