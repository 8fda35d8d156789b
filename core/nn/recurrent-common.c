/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/recurrent-common.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/op/ops.h"

/* Of one layer and direction; the last only where states are projected */
enum { WEIGHT_IH,
       WEIGHT_HH,
       BIAS_IH,
       BIAS_HH,
       WEIGHT_HR,
       N_WEIGHTS };

#define MAX_STATES 2

#define X(text) \
  {             \
    "x", text   \
  }
#define SEQUENCE "sequence `[steps, n, inputs]`, or one alone `[steps, inputs]`; then no result has n"
#define STEP "one step `[n, inputs]`, or `[inputs]`; then no state has n"
#define FIRST "`[layers directions, n, hidden]`; zeros if it is not given"

const TlPort tl_recurrent_layer_ports_1[] = { X (SEQUENCE), { "h0", "first states " FIRST, TL_PORT_OPTIONAL }, { NULL } };
const TlPort tl_recurrent_layer_ports_2[] = {
  X (SEQUENCE),
  { "h0", "first states " FIRST, TL_PORT_OPTIONAL },
  { "c0", "first cells " FIRST, TL_PORT_OPTIONAL },
  { NULL },
};
const TlPort tl_recurrent_layer_out_1[] = {
  { "y", "the last layer's states after each step `[steps, n, directions hidden]`" },
  { "h", "all last states `[layers directions, n, hidden]`" },
  { NULL },
};
const TlPort tl_recurrent_layer_out_2[] = {
  { "y", "the last layer's states after each step `[steps, n, directions hidden]`" },
  { "h", "all last states `[layers directions, n, hidden]`" },
  { "c", "all last cells `[layers directions, n, hidden]`" },
  { NULL },
};
const TlPort tl_recurrent_cell_ports_1[] = {
  X (STEP),
  { "h", "the state before `[n, hidden]`; zeros if it is not given", TL_PORT_OPTIONAL },
  { NULL },
};
const TlPort tl_recurrent_cell_ports_2[] = {
  X (STEP),
  { "h", "the state before `[n, hidden]`; zeros if it is not given", TL_PORT_OPTIONAL },
  { "c", "the cell before `[n, hidden]`; zeros if it is not given", TL_PORT_OPTIONAL },
  { NULL },
};
const TlPort tl_recurrent_cell_out_1[] = { { "h", "the state after it `[n, hidden]`" }, { NULL } };
const TlPort tl_recurrent_cell_out_2[] = {
  { "h", "the state after it `[n, hidden]`" },
  { "c", "the cell after it `[n, hidden]`" },
  { NULL },
};

const char *const tl_recurrent_nonlinearities[] = { "tanh", "relu", NULL };

const TlAttrSpec tl_recurrent_cell_attrs[] = { TL_RECURRENT_SIZE_ATTRS, TL_RECURRENT_BIAS_ATTR, { NULL } };

static guint
n_gates_of (const char *op)
{
  return strcmp (op, "lstm") == 0 ? 4 : strcmp (op, "gru") == 0 ? 3
                                                                : 1;
}

static guint
n_states_of (const char *op)
{
  return strcmp (op, "lstm") == 0 ? 2 : 1;
}

static const TlAttrValue *
attr_of (const TlLayerClass *klass,
         const TlAttrValue  *values,
         const char         *name)
{
  return &values[tl_attr_find (klass->attrs, name)];
}

/* Size of a projected state, or 0. */
static TlDim
projection_of (const TlLayerClass *klass,
               const TlAttrValue  *values)
{
  gint attr = tl_attr_find (klass->attrs, "proj_size");

  return attr >= 0 ? values[attr].i : 0;
}

static guint
n_directions_of (const TlLayerClass *klass,
                 const TlAttrValue  *values)
{
  return attr_of (klass, values, "bidirectional")->i != 0 ? 2 : 1;
}

/* Weights of one layer in one direction, whose names end in @suffix. */
static void
declare_weights (TlLayerSetup *self,
                 guint         slot,
                 const char   *suffix,
                 TlDim         n_in,
                 TlDim         hidden)
{
  static const char *const names[] = { "weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr" };
  gboolean                 has_bias = attr_of (self->klass, self->attrs, "bias")->i != 0;
  TlInit                   init = { &tl_initializer_uniform, 1 / sqrt ((double)hidden) };
  TlDim                    n_sums = n_gates_of (self->klass->op) * hidden, projected = projection_of (self->klass, self->attrs);

  for (guint i = 0; i < N_WEIGHTS; i++) {
    gboolean         is_bias = i == BIAS_IH || i == BIAS_HH;
    g_autofree char *name = g_strconcat (names[i], suffix, NULL);
    const TlDim      shape[] = { i == WEIGHT_HR ? projected : n_sums, i == WEIGHT_IH ? n_in : i == WEIGHT_HR || projected == 0 ? hidden
                                                                                                                               : projected };

    if (is_bias ? has_bias : i != WEIGHT_HR || projected > 0)
      tl_layer_declare (self, slot + i, name, TL_VARIABLE_PARAMETER, is_bias ? 1 : 2, shape, init);
  }
}

gboolean
tl_recurrent_layer_setup (TlLayerSetup *self,
                          GError      **error)
{
  guint  n_layers = (guint)attr_of (self->klass, self->attrs, "num_layers")->i, n_directions = n_directions_of (self->klass, self->attrs);
  TlDim  hidden = attr_of (self->klass, self->attrs, "hidden")->i, projected = projection_of (self->klass, self->attrs), n_in;
  double dropout = attr_of (self->klass, self->attrs, "dropout")->d;

  if (self->n_in > 0 && self->in[0]->rank != 2 && self->in[0]->rank != 3)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input has %u axes, it must be a sequence with 3, or with 2 if it is alone", self->in[0]->rank);
  if (!tl_layer_in_size (self, 0, -1, (guint)tl_attr_find (self->klass->attrs, "input_size"), &n_in, error))
    return FALSE;
  if (projected >= hidden)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "proj_size = %" G_GINT64_FORMAT " must be less than hidden = %" G_GINT64_FORMAT, projected, hidden);
  for (guint i = 0; i < n_layers; i++)
    for (guint d = 0; d < n_directions; d++) {
      g_autofree char *suffix = g_strdup_printf ("_l%u%s", i, d > 0 ? "_reverse" : "");

      declare_weights (self, (i * n_directions + d) * N_WEIGHTS, suffix, i == 0 ? n_in : n_directions * (projected > 0 ? projected : hidden), hidden);
    }
  if (dropout > 0 && n_layers > 1)
    tl_layer_declare (self, n_layers * n_directions * N_WEIGHTS, "calls", TL_VARIABLE_COUNTER, 0, NULL, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

/* A sequence in one direction with these weights; @state: replaced by those after it. */
static TlTensor *
run_sequence (TlLayerForward *self,
              TlTensor       *x,
              TlTensor      **state,
              TlTensor      **weights,
              gboolean        reverse,
              GError        **error)
{
  guint       n_states = n_states_of (self->op->name), n_out = tl_op_get_n_out (self->op, 0);
  TlTensor   *in[1 + MAX_STATES + WEIGHT_HR] = { x }, *out[TL_OP_MAX_OUT] = { NULL };
  TlAttrValue values[TL_OP_MAX_ATTRS];
  gboolean    ok;

  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  values[tl_attr_find (self->op->attrs, "reverse")].i = reverse;
  for (guint i = 0; i < n_states; i++)
    in[1 + i] = state[i];
  for (guint i = 0; i < WEIGHT_HR; i++)
    in[1 + n_states + i] = weights[i];
  ok = tl_op_apply (self->op, in, 1 + n_states + WEIGHT_HR, values, out, n_out, error);
  for (guint i = 0; i < n_states; i++) {
    tl_tensor_unref (state[i]);
    state[i] = g_steal_pointer (&out[1 + i]);
  }
  for (guint i = 1 + n_states; i < n_out; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  return ok ? out[0] : NULL;
}

/*
 * The first step from a projected state, which the weight for it reads as the first elements of a whole one.
 */
static TlTensor *
run_first_step (TlLayerForward *self,
                TlTensor       *x,
                TlTensor      **state,
                TlTensor      **weights,
                gboolean        reverse,
                GError        **error)
{
  TlDim                steps = tl_tensor_get_shape (x)[0], more = tl_tensor_get_shape (weights[WEIGHT_HR])[1] - tl_tensor_get_shape (weights[WEIGHT_HR])[0];
  const TlAttrValue    pad[] = { { .n = 2, .v = { 0, more } }, TL_INT (0), TL_FLOAT (0) };
  g_autoptr (TlTensor) step = tl_narrow (x, 0, reverse ? tl_dim_sub (steps, 1) : 0, 1, error);
  g_autoptr (TlTensor) wide = step != NULL ? tl_op_apply1 (&tl_op_pad, &weights[WEIGHT_HH], 1, pad, error) : NULL;
  TlTensor            *padded = wide != NULL ? tl_op_apply1 (&tl_op_pad, &state[0], 1, pad, error) : NULL;
  TlTensor            *own[] = { weights[WEIGHT_IH], wide, weights[BIAS_IH], weights[BIAS_HH] };

  if (padded == NULL)
    return NULL;
  tl_tensor_unref (state[0]);
  state[0] = padded;
  return run_sequence (self, step, state, own, reverse, error);
}

/* Steps that follow each other, as one sequence; @later may be %NULL. */
static TlTensor *
join_steps (TlTensor *first,
            TlTensor *later,
            gboolean  reverse,
            GError  **error)
{
  if (first == NULL || later == NULL)
    return tl_tensor_ref (first != NULL ? first : later);
  return tl_concat (reverse ? (TlTensor *[]){ later, first } : (TlTensor *[]){ first, later }, 2, 0, error);
}

/*
 * With states h' = weight_hr h: weight_hh h' is (weight_hh weight_hr) h, so that the sequence runs with whole states, which are projected
 * afterwards.  A first state that is given is a projected one, and its step is taken alone.
 */
static TlTensor *
run_projected (TlLayerForward *self,
               TlTensor       *x,
               TlTensor      **state,
               TlTensor      **weights,
               gboolean        reverse,
               GError        **error)
{
  gboolean             is_given = self->n_in > 1 && self->in[1] != NULL;
  TlDim                steps = tl_tensor_get_shape (x)[0];
  g_autoptr (TlTensor) both = tl_matmul (weights[WEIGHT_HH], weights[WEIGHT_HR], error);
  TlTensor            *own[] = { weights[WEIGHT_IH], both, weights[BIAS_IH], weights[BIAS_HH] };
  g_autoptr (TlTensor) first = both != NULL && is_given ? run_first_step (self, x, state, weights, reverse, error) : NULL;
  g_autoptr (TlTensor) rest = NULL, later = NULL, whole = NULL, last = NULL;

  if (both == NULL || (is_given && first == NULL))
    return NULL;
  if (!is_given || steps != 1) {
    rest = is_given ? tl_narrow (x, 0, reverse ? 0 : 1, tl_dim_sub (steps, 1), error) : tl_tensor_ref (x);
    later = rest != NULL ? run_sequence (self, rest, state, own, reverse, error) : NULL;
    if (later == NULL)
      return NULL;
  }
  whole = join_steps (first, later, reverse, error);
  last = whole != NULL ? g_steal_pointer (&state[0]) : NULL;
  state[0] = last != NULL ? tl_linear (last, weights[WEIGHT_HR], NULL, error) : NULL;
  return state[0] != NULL ? tl_linear (whole, weights[WEIGHT_HR], NULL, error) : NULL;
}

/* The same with the weights of a layer and direction from @slot on. */
static TlTensor *
run_direction (TlLayerForward *self,
               TlTensor       *x,
               TlTensor      **state,
               guint           slot,
               gboolean        reverse,
               GError        **error)
{
  TlTensor *weights[N_WEIGHTS], *y;

  for (guint i = 0; i < N_WEIGHTS; i++)
    weights[i] = tl_layer_read (self, slot + i);
  if (weights[WEIGHT_HR] != NULL)
    y = run_projected (self, x, state, weights, reverse, error);
  else
    y = run_sequence (self, x, state, weights, reverse, error);
  for (guint i = 0; i < N_WEIGHTS; i++)
    g_clear_pointer (&weights[i], tl_tensor_unref);
  return y;
}

/* The first state of layer and direction @at: of the given ones, or zeros. */
static TlTensor *
first_state (TlLayerForward *self,
             TlTensor       *x,
             guint           input,
             gint64          at,
             GError        **error)
{
  const TlDim          shape[] = { tl_tensor_get_shape (x)[1], attr_of (self->klass, self->attrs, "hidden")->i };
  g_autoptr (TlTensor) one = NULL;

  if (self->n_in <= input || self->in[input] == NULL)
    return tl_zeros (2, shape, tl_tensor_get_dtype (x), error);
  one = tl_narrow (self->in[input], 0, at, 1, error);
  return one != NULL ? tl_squeeze (one, 0, error) : NULL;
}

/* All directions of layer @layer; their last states are added to @states[]. */
static TlTensor *
run_layer (TlLayerForward *self,
           TlTensor       *x,
           guint           layer,
           GPtrArray     **states,
           GError        **error)
{
  guint     n_directions = n_directions_of (self->klass, self->attrs), n_states = n_states_of (self->op->name);
  TlTensor *y[2] = { NULL }, *both;

  for (guint d = 0; d < n_directions; d++) {
    guint     at = layer * n_directions + d;
    TlTensor *state[MAX_STATES] = { NULL };
    gboolean  ok = TRUE;

    for (guint i = 0; i < n_states && ok; i++) {
      state[i] = first_state (self, x, 1 + i, at, error);
      ok = state[i] != NULL;
    }
    if (ok)
      y[d] = run_direction (self, x, state, at * N_WEIGHTS, d > 0, error);
    for (guint i = 0; i < n_states; i++)
      if (y[d] != NULL)
        g_ptr_array_add (states[i], state[i]);
      else
        g_clear_pointer (&state[i], tl_tensor_unref);
    if (y[d] == NULL) {
      g_clear_pointer (&y[0], tl_tensor_unref);
      return NULL;
    }
  }
  if (n_directions == 1)
    return y[0];
  both = tl_concat (y, 2, 2, error);
  tl_tensor_unref (y[0]);
  tl_tensor_unref (y[1]);
  return both;
}

static gboolean
check_states (TlLayerForward *self,
              gint64          n,
              GError        **error)
{
  for (guint i = 1; i < self->n_in; i++) {
    g_autofree char *shape = self->in[i] != NULL ? tl_shape_to_string (tl_tensor_get_shape (self->in[i]), tl_tensor_get_rank (self->in[i])) : NULL;

    if (self->in[i] != NULL && (tl_tensor_get_rank (self->in[i]) != 3 || tl_tensor_get_shape (self->in[i])[0] != n))
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "%s has shape %s, the first axis must have a state for each of %" G_GINT64_FORMAT " layers and directions",
                            self->klass->in[i].name, shape, n);
  }
  return TRUE;
}

/* Runs @forward with @axis of size 1 put into all inputs, and takes it out of the results. */
static gboolean
forward_alone (TlLayerForward *self,
               guint           axis,
               gboolean (*forward) (TlLayerForward *self, GError **error),
               GError **error)
{
  TlTensor      *in[1 + MAX_STATES] = { NULL };
  TlLayerForward batch = *self;
  guint          rank = tl_tensor_get_rank (self->in[0]);
  gboolean       ok = TRUE;

  batch.in = in;
  for (guint i = 0; i < self->n_in && ok; i++) {
    if (self->in[i] == NULL)
      continue;
    if (tl_tensor_get_rank (self->in[i]) != rank)
      ok = tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "%s has %u axes, with an input of %u it must have as many", self->klass->in[i].name,
                          tl_tensor_get_rank (self->in[i]), rank);
    else
      ok = (in[i] = tl_unsqueeze (self->in[i], axis, error)) != NULL;
  }
  ok = ok && forward (&batch, error);
  for (guint i = 0; i < self->n_out && ok; i++) {
    g_autoptr (TlTensor) whole = self->out[i];

    self->out[i] = tl_squeeze (whole, axis, error);
    ok = self->out[i] != NULL;
  }
  for (guint i = 0; i < G_N_ELEMENTS (in); i++)
    g_clear_pointer (&in[i], tl_tensor_unref);
  return ok;
}

static gboolean
forward_sequences (TlLayerForward *self,
                   gboolean        batch_first,
                   GError        **error)
{
  guint                n_layers = (guint)attr_of (self->klass, self->attrs, "num_layers")->i, n_directions = n_directions_of (self->klass, self->attrs);
  guint                n_states = n_states_of (self->op->name);
  gboolean             ok;
  double               dropout = attr_of (self->klass, self->attrs, "dropout")->d;
  GPtrArray           *states[MAX_STATES] = { NULL };
  g_autoptr (TlTensor) x = NULL;

  if (!check_states (self, (gint64)n_layers * n_directions, error))
    return FALSE;
  x = batch_first ? tl_transpose (self->in[0], 0, 1, error) : tl_tensor_ref (self->in[0]);
  for (guint i = 0; i < n_states; i++)
    states[i] = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  for (guint layer = 0; layer < n_layers && x != NULL; layer++) {
    g_autoptr (TlTensor) before = g_steal_pointer (&x);

    x = run_layer (self, before, layer, states, error);
    if (x != NULL && self->training && dropout > 0 && layer + 1 < n_layers) {
      g_autoptr (TlTensor) whole = g_steal_pointer (&x);

      x = tl_dropout (whole, dropout, tl_layer_own (self, n_layers * n_directions * N_WEIGHTS), error);
    }
  }
  if (x != NULL)
    self->out[0] = batch_first ? tl_transpose (x, 0, 1, error) : tl_tensor_ref (x);
  ok = x != NULL && self->out[0] != NULL;
  for (guint i = 0; i < n_states; i++) {
    if (ok)
      self->out[1 + i] = tl_stack ((TlTensor *const *)states[i]->pdata, states[i]->len, 0, error);
    ok = ok && self->out[1 + i] != NULL;
    g_ptr_array_unref (states[i]);
  }
  return ok;
}

static gboolean
forward_steps_first (TlLayerForward *self,
                     GError        **error)
{
  return forward_sequences (self, FALSE, error);
}

gboolean
tl_recurrent_layer_forward (TlLayerForward *self,
                            GError        **error)
{
  if (tl_tensor_get_rank (self->in[0]) == 2)
    return forward_alone (self, 1, forward_steps_first, error);
  return forward_sequences (self, attr_of (self->klass, self->attrs, "batch_first")->i != 0, error);
}

gboolean
tl_recurrent_cell_setup (TlLayerSetup *self,
                         GError      **error)
{
  TlDim n_in;

  if (self->n_in > 0 && self->in[0]->rank != 1 && self->in[0]->rank != 2)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input has %u axes, it must be one step with 2, or with 1 if it is alone", self->in[0]->rank);
  if (!tl_layer_in_size (self, 0, -1, (guint)tl_attr_find (self->klass->attrs, "input_size"), &n_in, error))
    return FALSE;
  declare_weights (self, 0, "", n_in, attr_of (self->klass, self->attrs, "hidden")->i);
  return TRUE;
}

static gboolean
forward_step (TlLayerForward *self,
              GError        **error)
{
  guint                n_states = n_states_of (self->op->name);
  g_autoptr (TlTensor) x = tl_unsqueeze (self->in[0], 0, error);
  TlTensor            *state[MAX_STATES] = { NULL };
  g_autoptr (TlTensor) y = NULL;
  gboolean             ok = x != NULL;

  for (guint i = 0; i < n_states && ok; i++) {
    if (self->n_in > 1 + i && self->in[1 + i] != NULL)
      state[i] = tl_tensor_ref (self->in[1 + i]);
    else
      state[i] = first_state (self, x, G_MAXUINT, 0, error);
    ok = state[i] != NULL;
  }
  if (ok)
    y = run_direction (self, x, state, 0, FALSE, error);
  for (guint i = 0; i < n_states; i++)
    if (y != NULL)
      self->out[i] = state[i];
    else
      g_clear_pointer (&state[i], tl_tensor_unref);
  return y != NULL;
}

gboolean
tl_recurrent_cell_forward (TlLayerForward *self,
                           GError        **error)
{
  return tl_tensor_get_rank (self->in[0]) == 1 ? forward_alone (self, 0, forward_step, error) : forward_step (self, error);
}
