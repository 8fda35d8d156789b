/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/update-common.h"

const TlPort tl_update_ports[] = { { "tensors", "parameters, states, gradients, scalars", TL_PORT_VARIADIC | TL_PORT_NODIFF | TL_PORT_CONTIGUOUS }, { NULL } };
const TlPort tl_update_out_ports[] = { { "tensors", "parameters and states", TL_PORT_VARIADIC }, { NULL } };

gboolean
tl_update_infer (TlInfer *self,
                 guint    n_states,
                 guint    n_scalars,
                 GError **error)
{
  guint         n = (guint)self->attrs[0].i;
  const TlMeta *scalars = self->n_in > 0 ? self->in[self->n_in - 1] : NULL;

  if (self->n_in != (n_states + 2) * n + 1 || self->n_out != (n_states + 1) * n)
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "%u inputs and %u outputs for %u parameters with %u states each",
                          self->n_in, self->n_out, n, n_states);
  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  for (guint i = 0; i < self->n_in - 1; i++)
    if (self->in[i]->dtype != self->in[0]->dtype || !tl_meta_same_shape (self->in[i], self->in[i % n])) {
      g_autofree char *a = tl_meta_to_string (self->in[i % n]);
      g_autofree char *b = tl_meta_to_string (self->in[i]);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "parameter %u is %s, its %s is %s", i % n + 1, a,
                            i / n == n_states + 1 ? "gradient" : "state", b);
    }
  if (scalars->dtype != TL_DTYPE_F64 || scalars->rank != 1 || scalars->shape[0] != n_scalars)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "scalars must be f64 [%u]", n_scalars);
  for (guint i = 0; i < self->n_out; i++)
    self->out[i] = *self->in[i];
  return TRUE;
}

/* The kernels want parameters, gradients, states, scalars. */
void
tl_update_prepare (TlPrepare     *self,
                   TlTensorsArgs *tensors,
                   guint          n_states)
{
  guint    n = (guint)self->attrs[0].i;
  int64_t *sizes = tl_arena_new0 (self->arena, int64_t, n);

  self->n_data = self->n_in;
  self->data = tl_arena_new0 (self->arena, gint, self->n_in);
  for (guint i = 0; i < n; i++) {
    sizes[i] = tl_meta_get_n_elements (self->in[i]);
    self->data[i] = TL_OPERAND_IN (i);
    self->data[n + i] = TL_OPERAND_IN ((n_states + 1) * n + i);
    for (guint j = 0; j < n_states; j++)
      self->data[(2 + j) * n + i] = TL_OPERAND_IN ((1 + j) * n + i);
  }
  self->data[self->n_in - 1] = TL_OPERAND_IN (self->n_in - 1);
  *tensors = (TlTensorsArgs){ self->in[0]->dtype, n, sizes };
}
