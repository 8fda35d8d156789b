/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/recurrent.h"

/*
 * Gradients of the recurrent rows: one row goes back through the steps and yields the gradients of the gates' sums; those of weights,
 * biases and inputs are one product for all steps each.
 */

enum { G_DY,
       G_DH,
       G_DC,
       G_H0,
       G_C0,
       G_WEIGHT_HH,
       G_Y,
       G_GATES,
       G_CELLS };
enum { KIND,
       REVERSE,
       WANTED };
enum { DSUMS,
       DSUMS_H,
       DH0,
       DC0,
       N_GRADS };

/* All steps' rows as one matrix, of which the first @n columns count. */
static TlTensor *
as_rows (TlTensor *x,
         TlDim     n,
         GError  **error)
{
  const TlMeta        *meta = &x->meta;
  const TlDim          shape[2] = { tl_dim_mul (meta->shape[0], meta->shape[1]), meta->shape[2] };
  g_autoptr (TlTensor) rows = tl_reshape (x, 2, shape, error);

  return rows == NULL || meta->shape[2] == n ? g_steal_pointer (&rows) : tl_narrow (rows, 1, 0, n, error);
}

/*
 * (transfer full): the gradient of a weight of @n rows: products of those of the sums and of @x, `[steps, n, ...]`, what the weight
 * multiplies
 */
static TlTensor *
weight_gradient (TlTensor *dsums,
                 TlDim     n,
                 TlTensor *x,
                 GError  **error)
{
  g_autoptr (TlTensor) rows = as_rows (dsums, n, error);
  g_autoptr (TlTensor) turned = rows != NULL ? tl_transpose (rows, 0, 1, error) : NULL;
  g_autoptr (TlTensor) factors = turned != NULL ? as_rows (x, x->meta.shape[2], error) : NULL;

  return factors != NULL ? tl_matmul (turned, factors, error) : NULL;
}

static gboolean
bias_gradient (TlGradient *self,
               TlTensor   *dsums,
               guint       bias,
               GError    **error)
{
  const gint           axis = 0;
  g_autoptr (TlTensor) rows = NULL;

  if (!tl_has_in (self, bias) || !self->needs[bias])
    return TRUE;
  rows = as_rows (dsums, self->in[bias]->meta.shape[0], error);
  self->dx[bias] = rows != NULL ? tl_sum (rows, &axis, 1, FALSE, error) : NULL;
  return self->dx[bias] != NULL;
}

/*
 * The gradient of the weight of states.  Those before each step are the first one and all but the last of y: neither is copied behind
 * the other.
 */
static TlTensor *
state_weight_gradient (TlTensor *dsums,
                       TlDim     n,
                       TlTensor *h0,
                       TlTensor *y,
                       gboolean  reverse,
                       GError  **error)
{
  TlDim                steps = y->meta.shape[0], but_one = tl_dim_sub (steps, 1);
  g_autoptr (TlTensor) first = tl_narrow (dsums, 0, reverse ? but_one : 0, 1, error);
  g_autoptr (TlTensor) state = first != NULL ? tl_unsqueeze (h0, 0, error) : NULL;
  g_autoptr (TlTensor) of_first = state != NULL ? weight_gradient (first, n, state, error) : NULL;
  g_autoptr (TlTensor) rest = NULL;
  g_autoptr (TlTensor) states = NULL;
  g_autoptr (TlTensor) of_rest = NULL;

  if (of_first == NULL || steps == 1)
    return g_steal_pointer (&of_first);
  rest = tl_narrow (dsums, 0, reverse ? 0 : 1, but_one, error);
  states = rest != NULL ? tl_narrow (y, 0, reverse ? 1 : 0, but_one, error) : NULL;
  of_rest = states != NULL ? weight_gradient (rest, n, states, error) : NULL;
  return of_rest != NULL ? tl_add (of_rest, of_first, error) : NULL;
}

static gboolean
take_gradients (TlGradient     *self,
                TlRecurrentKind kind,
                gboolean        reverse,
                TlTensor      **grads,
                GError        **error)
{
  guint     w = kind == TL_RECURRENT_LSTM ? 3 : 2;
  TlDim     n = self->in[w]->meta.shape[0];
  TlTensor *dsums_h = grads[kind == TL_RECURRENT_GRU ? DSUMS_H : DSUMS];

  if (self->needs[1])
    self->dx[1] = tl_tensor_ref (grads[DH0]);
  if (w == 3 && self->needs[2])
    self->dx[2] = tl_tensor_ref (grads[DC0]);
  if (self->needs[0]) {
    g_autoptr (TlTensor) dsums = tl_narrow (grads[DSUMS], 2, 0, n, error);

    self->dx[0] = dsums != NULL ? tl_matmul (dsums, self->in[w], error) : NULL;
    if (self->dx[0] == NULL)
      return FALSE;
  }
  if (!bias_gradient (self, grads[DSUMS], w + 2, error) || !bias_gradient (self, dsums_h, w + 3, error))
    return FALSE;
  if (self->needs[w]) {
    self->dx[w] = weight_gradient (grads[DSUMS], n, self->in[0], error);
    if (self->dx[w] == NULL)
      return FALSE;
  }
  if (self->needs[w + 1])
    self->dx[w + 1] = state_weight_gradient (dsums_h, n, self->in[1], self->out[0], reverse, error);
  return !self->needs[w + 1] || self->dx[w + 1] != NULL;
}

gboolean
tl_recurrent_gradient (TlGradient     *self,
                       TlRecurrentKind kind,
                       gboolean        reverse,
                       GError        **error)
{
  gboolean    is_lstm = kind == TL_RECURRENT_LSTM, has_gates = is_lstm || kind == TL_RECURRENT_GRU;
  guint       w = is_lstm ? 3 : 2;
  gint64      wanted = 1 << DSUMS | (kind == TL_RECURRENT_GRU) << DSUMS_H | self->needs[1] << DH0 | (is_lstm && self->needs[2]) << DC0;
  TlTensor   *in[] = { self->dy[0], self->dy[1], is_lstm ? self->dy[2] : NULL, self->in[1], is_lstm ? self->in[2] : NULL, self->in[w + 1], self->out[0], has_gates ? self->out[w] : NULL, is_lstm ? self->out[4] : NULL };
  TlAttrValue values[] = { TL_INT (kind), TL_INT (reverse), TL_INT (wanted) };
  TlTensor   *grads[N_GRADS];
  gboolean    ok;

  if (in[G_DY] == NULL && in[G_DH] == NULL && in[G_DC] == NULL)
    return TRUE;
  if (!tl_op_apply (&tl_op_recurrent_grad, in, G_N_ELEMENTS (in), values, grads, N_GRADS, error))
    return FALSE;
  ok = take_gradients (self, kind, reverse, grads, error);
  for (guint i = 0; i < N_GRADS; i++)
    tl_tensor_unref (grads[i]);
  return ok;
}

static const TlPort grad_ports[] = {
  { "dy", "gradient of the states", TL_PORT_OPTIONAL },
  { "dh", "gradient of the last state", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "dc", "gradient of the last cell", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "h0", "the first state", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "c0", "the first cell", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "weight_hh", "the weight", TL_PORT_OPTIONAL },
  { "y", "of the forward pass", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "gates", "of the forward pass", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "cells", "of the forward pass", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlPort grad_out_ports[] = {
  { "dsums", "of the gates' sums" },
  { "dsums_h", "of those from the state, where they differ" },
  { "dh0", "" },
  { "dc0", "" },
  { NULL },
};

static const TlAttrSpec grad_attrs[] = {
  { "kind", "of network", TL_ATTR_INT },
  { "reverse", "whether the sequence is read from its end", TL_ATTR_BOOL },
  { "wanted", "which results, by bit", TL_ATTR_INT },
  { NULL },
};

/*
 * The distance of rows of the gradients of sums: products read these along columns, and elements a power of two apart share few lines
 * of a cache.
 */
static TlDim
row_of (TlDim n_sums)
{
  return !tl_dim_is_symbolic (n_sums) && n_sums % 256 == 0 ? n_sums + 16 : n_sums;
}

/* A result that is not wanted has no elements. */
static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  static const TlDim none[] = { 0 };
  const TlMeta      *y = self->in[G_Y];
  const TlDim        shape[3] = { y->shape[0], y->shape[1], row_of (self->in[G_WEIGHT_HH]->shape[0]) };

  for (guint i = 0; i < N_GRADS; i++)
    if ((self->attrs[WANTED].i >> i & 1) == 0)
      tl_infer_out (self, i, y->dtype, 1, none);
    else if (i <= DSUMS_H)
      tl_infer_out (self, i, y->dtype, 3, shape);
    else
      tl_infer_out (self, i, y->dtype, 2, y->shape + 1);
  return TRUE;
}

static gint
operand_out (const TlPrepare *self,
             guint            i)
{
  return (self->attrs[WANTED].i >> i & 1) != 0 ? TL_OPERAND_OUT (i) : TL_OPERAND_NONE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  TlRecurrentArgs *args = tl_prepare_args (self, TlRecurrentArgs);
  const TlMeta    *y = self->in[G_Y], *weight = self->in[G_WEIGHT_HH];

  args->dtype = y->dtype;
  args->kind = (TlRecurrentKind)self->attrs[KIND].i;
  args->reverse = self->attrs[REVERSE].i != 0;
  args->steps = y->shape[0];
  args->n = y->shape[1];
  args->hidden = y->shape[2];
  args->hh_row = weight->strides[0];
  args->hh_col = weight->strides[1];
  args->dsums_row = self->out[DSUMS].shape[2];
  if (tl_has_in (self, G_DY)) {
    args->dy_step = self->in[G_DY]->strides[0];
    args->dy_row = self->in[G_DY]->strides[1];
    args->dy_col = self->in[G_DY]->strides[2];
  }
  self->kernel = &tl_kernels_get ()->recurrent_backward;
  tl_prepare_data (self, tl_operand_in (self, G_DY), tl_operand_in (self, G_DH), tl_operand_in (self, G_DC), TL_OPERAND_IN (G_H0),
                   tl_operand_in (self, G_C0), TL_OPERAND_IN (G_WEIGHT_HH), TL_OPERAND_IN (G_Y), tl_operand_in (self, G_GATES),
                   tl_operand_in (self, G_CELLS), TL_OPERAND_OUT (DSUMS), operand_out (self, DSUMS_H), operand_out (self, DH0),
                   operand_out (self, DC0));
  return TRUE;
}

static void
grad_cost (const TlInfer *self,
           TlCost        *cost)
{
  const TlMeta *y = self->in[G_Y];

  cost->flops = 2.0 * (double)y->shape[0] * (double)y->shape[1] * (double)tl_meta_get_n_elements (self->in[G_WEIGHT_HH]);
}

const TlOpClass tl_op_recurrent_grad = {
  .name = "recurrent_grad",
  .doc = "Gradients of the gates' sums of rnn, gru and lstm.",
  .in = grad_ports,
  .out = grad_out_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
  .cost = grad_cost,
};
