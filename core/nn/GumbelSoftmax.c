/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"
#include "core/op/common.h"

enum { TAU,
       HARD,
       DIM };

static const TlAttrSpec attrs[] = {
  { "tau", "temperature: the smaller, the nearer to a choice", TL_ATTR_FLOAT, .def = { .d = 1 }, .has_range = TRUE, .min = 1e-6, .max = 1e6 },
  { "hard", "whether the largest becomes 1 and the others 0, with gradients as if they had not", TL_ATTR_BOOL },
  { "dim", "the axis of the choices", TL_ATTR_INT, .def = { .i = -1 } },
  { NULL },
};

/* 1 where the largest is, whose gradient is that of @y: y - y is 0. */
static TlTensor *
harden (TlTensor *y,
        gint      axis,
        GError  **error)
{
  g_autoptr (TlTensor) fixed = tl_detach (y);
  g_autoptr (TlTensor) most = fixed != NULL ? tl_amax (fixed, &axis, 1, TRUE, error) : NULL;

  return tl_map_text ("select (b >= c, 1, 0) + (a - b)", error, 3, y, fixed, most);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  gint                 axis = (gint)self->attrs[DIM].i;
  double               tau = self->attrs[TAU].d;
  g_autoptr (TlTensor) draw = self->training ? tl_rand (x->rank, x->shape, 0, 1, x->dtype, tl_layer_own (self, 0), error) : NULL;
  g_autoptr (TlTensor) scores = NULL;
  g_autoptr (TlTensor) y = NULL;

  if (!self->training)
    scores = tl_map_numbers ("a / b", self->in, 1, &tau, 1, error);
  else if (draw != NULL)
    scores = tl_map_numbers ("(a - log (-log (b))) / c", (TlTensor *[]){ self->in[0], draw }, 2, &tau, 1, error);
  y = scores != NULL ? tl_softmax (scores, axis, error) : NULL;
  if (y != NULL)
    self->out[0] = self->attrs[HARD].i != 0 ? harden (y, axis, error) : tl_tensor_ref (y);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,2", "tau = 0.5, dim = 1" }, { NULL } };

const TlLayerClass tl_layer_GumbelSoftmax = {
  .name = "GumbelSoftmax",
  .group = "activation",
  .doc = "In training, a random choice by scores that has a gradient: probabilities of scores and Gumbel noise; else the probabilities.",
  .formula = "y = softmax ((x + g) / tau), g = -log (-log u), u uniform",
  .source = "Jang, Gu & Poole 2017, arXiv:1611.01144",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .flags = TL_LAYER_RANDOM | TL_LAYER_MODAL,
  .setup = tl_dropout_setup,
  .forward = forward,
  .samples = samples,
  .torch = "type('M', (torch.nn.Module,), {'forward': lambda self, x: F.gumbel_softmax(x, tau, hard, dim=dim) if self.training else F.softmax(x / tau, dim)})()",
};
