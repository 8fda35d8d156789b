/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

static const TlPort ports[] = {
  { "x", "first input" },
  { "others", "inputs of the same shape, or of one that broadcasts", TL_PORT_VARIADIC },
  { NULL },
};

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) sum = tl_tensor_ref (self->in[0]);

  for (guint i = 1; i < self->n_in; i++) {
    TlTensor *pair[] = { sum, self->in[i] };
    TlTensor *next = tl_op_apply1 (self->op, pair, 2, self->op_attrs, error);

    if (next == NULL)
      return FALSE;
    tl_tensor_unref (sum);
    sum = next;
  }
  self->out[0] = g_steal_pointer (&sum);
  return TRUE;
}

static const TlSample samples[] = { { "3,4; 3,4" }, { "3,4; 4; 3,1" }, { "3,4" }, { NULL } };

const TlLayerClass tl_layer_Add = {
  .name = "Add",
  .group = "structure",
  .doc = "Sum of its inputs: joins a skip (residual) connection.",
  .formula = "y = x + others[0] + ...",
  .source = "He et al. 2016, arXiv:1512.03385",
  .in = ports,
  .op = "add",
  .forward = forward,
  .samples = samples,
  .torch = "sum(x[1:], x[0])",
};
