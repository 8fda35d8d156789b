/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/recurrent.h"

#include "core/kernels/kernels.h"

const TlPort tl_recurrent_ports_1[] = {
  { "x", "sequence `[steps, n, inputs]`, floating" },
  { "h0", "first state `[n, hidden]`, same dtype", TL_PORT_CONTIGUOUS },
  { "weight_ih", "`[gates hidden, inputs]`, same dtype" },
  { "weight_hh", "`[gates hidden, hidden]`, same dtype" },
  { "bias_ih", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "bias_hh", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

const TlPort tl_recurrent_ports_2[] = {
  { "x", "sequence `[steps, n, inputs]`, floating" },
  { "h0", "first state `[n, hidden]`, same dtype", TL_PORT_CONTIGUOUS },
  { "c0", "first cell `[n, hidden]`, same dtype", TL_PORT_CONTIGUOUS },
  { "weight_ih", "`[gates hidden, inputs]`, same dtype" },
  { "weight_hh", "`[gates hidden, hidden]`, same dtype" },
  { "bias_ih", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "bias_hh", "`[gates hidden]`, same dtype", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
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

static guint
n_gates_of (TlRecurrentKind kind)
{
  return kind == TL_RECURRENT_LSTM ? 4 : kind == TL_RECURRENT_GRU ? 3
                                                                  : 1;
}

static guint
n_states_of (TlRecurrentKind kind)
{
  return kind == TL_RECURRENT_LSTM ? 2 : 1;
}

gboolean
tl_recurrent_infer (TlInfer        *self,
                    TlRecurrentKind kind,
                    GError        **error)
{
  const TlMeta *x = self->in[0];
  guint         n_gates = n_gates_of (kind), n_states = n_states_of (kind);
  TlDim         hidden, shape[3];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, 3, error) || !tl_infer_need_rank (self, 1, 2, 2, error))
    return FALSE;
  if (x->shape[0] == 0)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the sequence has no steps");
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
  if (kind == TL_RECURRENT_LSTM)
    tl_infer_out (self, 4, x->dtype, 3, shape);
  shape[2] = tl_dim_mul (hidden, 4);
  if (n_gates > 1)
    tl_infer_out (self, 1 + n_states, x->dtype, 3, shape);
  return TRUE;
}

gboolean
tl_recurrent_prepare (TlPrepare      *self,
                      TlRecurrentKind kind,
                      gboolean        reverse)
{
  TlRecurrentArgs *args = tl_prepare_args (self, TlRecurrentArgs);
  gboolean         is_lstm = kind == TL_RECURRENT_LSTM;
  guint            w = n_states_of (kind) + 1;
  const TlMeta    *x = self->in[0], *ih = self->in[w], *hh = self->in[w + 1];

  args->dtype = x->dtype;
  args->kind = kind;
  args->reverse = reverse;
  args->has_bias_ih = tl_has_in (self, w + 2);
  args->has_bias_hh = tl_has_in (self, w + 3);
  args->steps = x->shape[0];
  args->n = x->shape[1];
  args->inputs = x->shape[2];
  args->hidden = hh->shape[1];
  args->x_step = x->strides[0];
  args->x_row = x->strides[1];
  args->x_col = x->strides[2];
  args->ih_row = ih->strides[0];
  args->ih_col = ih->strides[1];
  args->hh_row = hh->strides[0];
  args->hh_col = hh->strides[1];
  self->kernel = &tl_kernels_get ()->recurrent_forward;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), is_lstm ? TL_OPERAND_IN (2) : TL_OPERAND_NONE, TL_OPERAND_IN (w),
                   TL_OPERAND_IN (w + 1), tl_operand_in (self, w + 2), tl_operand_in (self, w + 3), TL_OPERAND_OUT (0),
                   TL_OPERAND_OUT (1), is_lstm ? TL_OPERAND_OUT (2) : TL_OPERAND_NONE,
                   is_lstm                    ? TL_OPERAND_OUT (3)
                   : kind == TL_RECURRENT_GRU ? TL_OPERAND_OUT (2)
                                              : TL_OPERAND_NONE,
                   is_lstm ? TL_OPERAND_OUT (4) : TL_OPERAND_NONE);
  return TRUE;
}

void
tl_recurrent_cost (const TlInfer *self,
                   TlCost        *cost)
{
  const TlMeta *x = self->in[0];
  guint         w = tl_op_get_n_ports (self->op->in) - 4;

  for (guint i = w; i < w + 2; i++)
    cost->flops += 2.0 * (double)x->shape[0] * (double)x->shape[1] * (double)tl_meta_get_n_elements (self->in[i]);
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
                        gboolean        reverse,
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

  if (tl_dim_is_symbolic (x->shape[0])) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                 "%s: second derivatives and export are made of one part for each step, and the number of steps of %s, [steps, n, inputs], is not known yet",
                 self->op->name, shape);
    return FALSE;
  }
  for (guint i = 0; i < n_states; i++)
    state[i] = tl_tensor_ref (self->in[1 + i]);
  for (gint64 t = 0; t < x->shape[0] && ok; t++) {
    g_autoptr (TlTensor) one = tl_narrow (sums, 0, reverse ? x->shape[0] - 1 - t : t, 1, error);
    g_autoptr (TlTensor) gx = one != NULL ? tl_squeeze (one, 0, error) : NULL;
    g_autoptr (TlTensor) gh = gx != NULL ? tl_linear (state[0], weight_hh, bias_hh, error) : NULL;

    ok = gh != NULL && step (self, gx, gh, state, error);
    if (ok)
      g_ptr_array_insert (states, reverse ? 0 : -1, tl_tensor_ref (state[0]));
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
