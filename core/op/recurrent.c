/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/recurrent.h"

const TlPort tl_recurrent_ports_1[] = {
  { "x", "sequence `[steps, n, inputs]`, floating" },
  { "h0", "first state `[n, hidden]`, same dtype" },
  { "weight_ih", "`[gates hidden, inputs]`, same dtype" },
  { "weight_hh", "`[gates hidden, hidden]`, same dtype" },
  { "bias_ih", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL },
  { "bias_hh", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

const TlPort tl_recurrent_ports_2[] = {
  { "x", "sequence `[steps, n, inputs]`, floating" },
  { "h0", "first state `[n, hidden]`, same dtype" },
  { "c0", "first cell `[n, hidden]`, same dtype" },
  { "weight_ih", "`[gates hidden, inputs]`, same dtype" },
  { "weight_hh", "`[gates hidden, hidden]`, same dtype" },
  { "bias_ih", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL },
  { "bias_hh", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL },
  { NULL },
};

static gboolean
check_shape (TlInfer *self,
             guint    i,
             guint    rank,
             TlDim    first,
             TlDim    second,
             GError **error)
{
  const TlMeta *in = self->in[i];
  TlDim         wanted[] = { first, second };

  if (!tl_infer_need_same_dtype (self, 0, i, error) || !tl_infer_need_rank (self, i, rank, rank, error))
    return FALSE;
  if (in->shape[0] != first || (rank > 1 && in->shape[1] != second)) {
    g_autofree char *got = tl_shape_to_string (in->shape, rank);
    g_autofree char *text = tl_shape_to_string (wanted, rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has shape %s, %s is wanted", self->op->in[i].name, got, text);
  }
  return TRUE;
}

gboolean
tl_recurrent_infer (TlInfer *self,
                    guint    n_gates,
                    guint    n_states,
                    GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         hidden, shape[3];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, 3, error) || !tl_infer_need_rank (self, 1, 2, 2, error))
    return FALSE;
  if (tl_dim_is_symbolic (x->shape[0]) || x->shape[0] == 0)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the number of steps must be known and not 0");
  hidden = self->in[1]->shape[1];
  for (guint i = 1; i <= n_states; i++)
    if (!check_shape (self, i, 2, x->shape[1], hidden, error))
      return FALSE;
  if (!check_shape (self, n_states + 1, 2, tl_dim_mul (hidden, n_gates), x->shape[2], error) ||
      !check_shape (self, n_states + 2, 2, tl_dim_mul (hidden, n_gates), hidden, error))
    return FALSE;
  for (guint i = n_states + 3; i < n_states + 5; i++)
    if (tl_has_in (self, i) && !check_shape (self, i, 1, tl_dim_mul (hidden, n_gates), 0, error))
      return FALSE;
  shape[0] = x->shape[0];
  shape[1] = x->shape[1];
  shape[2] = hidden;
  tl_infer_out (self, 0, x->dtype, 3, shape);
  for (guint i = 0; i < n_states; i++)
    tl_infer_out (self, 1 + i, x->dtype, 2, shape + 1);
  return TRUE;
}

TlTensor *
tl_recurrent_gate (TlTensor *sums,
                   guint     gate,
                   gint64    hidden,
                   GError  **error)
{
  return sums != NULL ? tl_narrow (sums, 1, gate * hidden, hidden, error) : NULL;
}

gboolean
tl_recurrent_decompose (TlGradient     *self,
                        guint           n_states,
                        TlRecurrentStep step,
                        GError        **error)
{
  const TlMeta         *x = &self->in[0]->meta;
  TlTensor             *weight_hh = self->in[n_states + 2];
  TlTensor             *bias_ih = tl_has_in (self, n_states + 3) ? self->in[n_states + 3] : NULL;
  TlTensor             *bias_hh = tl_has_in (self, n_states + 4) ? self->in[n_states + 4] : NULL;
  g_autoptr (TlTensor)  sums = tl_linear (self->in[0], self->in[n_states + 1], bias_ih, error);
  g_autoptr (GPtrArray) states = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  TlTensor             *state[2] = { NULL };
  gboolean              ok = sums != NULL;

  for (guint i = 0; i < n_states; i++)
    state[i] = tl_tensor_ref (self->in[1 + i]);
  for (gint64 t = 0; t < x->shape[0] && ok; t++) {
    g_autoptr (TlTensor) one = tl_narrow (sums, 0, t, 1, error);
    g_autoptr (TlTensor) gx = one != NULL ? tl_squeeze (one, 0, error) : NULL;
    g_autoptr (TlTensor) gh = gx != NULL ? tl_linear (state[0], weight_hh, bias_hh, error) : NULL;

    ok = gh != NULL && step (self, gx, gh, state, error);
    if (ok)
      g_ptr_array_add (states, tl_tensor_ref (state[0]));
  }
  if (ok)
    self->dx[0] = tl_stack ((TlTensor *const *)states->pdata, states->len, 0, error);
  ok = ok && self->dx[0] != NULL;
  for (guint i = 0; i < n_states; i++)
    if (ok)
      self->dx[1 + i] = state[i];
    else
      g_clear_pointer (&state[i], tl_tensor_unref);
  return ok;
}
