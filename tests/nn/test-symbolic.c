/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes that stay open: every layer and every operation × its samples × each axis of its inputs.  Where a row takes an axis of several
 * sizes, it takes a symbol there; the shapes of results and gradients are then those of the sizes, and a plan computes the same.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "tests/nn/nn-util.h"
#include "tests/op/sample.h"
#include "tests/sanitized.h"

#define MAX_AXES 64
#define MAX_OUT 64
#define MAX_VALUES (MAX_OUT + CASE_MAX_IN)

/* A layer or an operation with a sample. */
typedef struct {
  const TlLayerClass *layer;
  const TlOpClass    *op;
  const TlSample     *sample;
  Case               *operands;
} Subject;

/* What a step gives: results, then gradients of inputs. */
typedef struct {
  guint  n;
  TlMeta metas[MAX_VALUES];
} Shapes;

typedef struct {
  guint input, axis;
  TlDim size;
} Axis;

static Case *
case_of (Subject *self)
{
  TlOpClass as_op = { .name = self->layer != NULL ? self->layer->name : NULL, .in = self->layer != NULL ? self->layer->in : NULL };
  TlSample  operands = *self->sample;

  if (self->layer == NULL)
    return case_new (self->op, self->sample, TL_DTYPE_F64);
  operands.attrs = NULL;
  return case_new (&as_op, &operands, TL_DTYPE_F64);
}

static void
clear (TlTensor **tensors,
       guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

static gboolean
apply (Subject  *self,
       TlTensor *in[],
       TlTensor *out[],
       guint    *n_out,
       GError  **error)
{
  if (self->layer != NULL) {
    g_autoptr (TlLayer) layer = tl_layer_new (self->layer, "layer", TL_DTYPE_F64);

    set_attrs (layer, self->sample->attrs);
    *n_out = tl_layer_get_n_out (layer);
    return tl_layer_forward (layer, in, self->operands->n_in, out, *n_out, error);
  }
  *n_out = tl_op_get_n_out (self->op, self->operands->n_in);
  if (self->op->count != NULL && !tl_op_count_out (self->op, in, self->operands->n_in, self->operands->attrs, n_out, error))
    return FALSE;
  g_assert_cmpuint (*n_out, <=, MAX_OUT);
  return tl_op_apply (self->op, in, self->operands->n_in, self->operands->attrs, out, *n_out, error);
}

/* Results and gradients of their sums. */
static gboolean
step (Subject  *self,
      TlTensor *in[],
      TlTensor *values[],
      guint    *n,
      GError  **error)
{
  TlTensor *from[MAX_OUT], *to[CASE_MAX_IN], *grads[CASE_MAX_IN] = { NULL }, *dy[MAX_OUT] = { NULL };
  guint     n_from = 0, n_to = 0;
  gboolean  ok;

  if (!apply (self, in, values, n, error))
    return FALSE;
  for (guint i = 0; i < *n; i++)
    if (tl_tensor_requires_grad (values[i])) {
      dy[n_from] = tl_op_apply1 (&tl_op_sin, &values[i], 1, NULL, error);
      if (dy[n_from] == NULL)
        return FALSE;
      from[n_from++] = values[i];
    }
  for (guint i = 0; i < self->operands->n_in; i++)
    if (in[i] != NULL && tl_tensor_requires_grad (in[i]))
      to[n_to++] = in[i];
  ok = n_from == 0 || n_to == 0 || tl_grad (from, dy, n_from, to, n_to, FALSE, grads, error);
  clear (dy, n_from);
  for (guint i = 0; i < n_to && ok; i++)
    if (grads[i] != NULL)
      values[(*n)++] = grads[i];
  return ok;
}

/* Traces the step with the sizes at @axes replaced. */
static TlPlan *
trace (Subject    *self,
       const Axis *axes,
       guint       n_axes,
       TlDim       size,
       Shapes     *shapes,
       GError    **error)
{
  TlTrace  *trace = tl_trace_begin (tl_context_get ());
  TlTensor *in[CASE_MAX_IN] = { NULL }, *values[MAX_VALUES] = { NULL };
  TlPlan   *plan = NULL;
  gboolean  ok = TRUE;

  shapes->n = 0;
  for (guint i = 0; i < self->operands->n_in; i++) {
    const CaseOperand   *operand = &self->operands->in[i];
    g_autoptr (TlTensor) input = NULL;
    TlMeta               meta;

    if (operand->is_missing)
      continue;
    tl_meta_init (&meta, operand->dtype, operand->rank, operand->shape);
    for (guint k = 0; k < n_axes; k++)
      if (axes[k].input == i)
        meta.shape[axes[k].axis] = size;
    tl_meta_init (&meta, operand->dtype, operand->rank, memcpy ((TlDim[TL_TENSOR_MAX_RANK]){ 0 }, meta.shape, sizeof meta.shape));
    input = tl_trace_add_input (trace, &meta);
    in[i] = tl_dtype_is_float (operand->dtype) ? tl_watch (input, error) : tl_tensor_ref (input);
  }
  ok = step (self, in, values, &shapes->n, error);
  for (guint i = 0; i < shapes->n && ok; i++)
    shapes->metas[i] = *tl_tensor_get_meta (values[i]);
  if (ok)
    plan = tl_plan_new (trace, values, shapes->n, TL_PLAN_UNFUSED, error);
  else
    tl_trace_abandon (trace);
  clear (values, MAX_VALUES);
  clear (in, CASE_MAX_IN);
  return plan;
}

static gboolean
takes (Subject    *self,
       const Axis *axes,
       guint       n_axes,
       TlDim       size,
       Shapes     *shapes)
{
  g_autoptr (TlPlan) plan = trace (self, axes, n_axes, size, shapes, NULL);

  return plan != NULL;
}

static char *
text_of (Subject    *self,
         const Axis *axes,
         guint       n_axes)
{
  GString *text = g_string_new (self->layer != NULL ? self->layer->name : self->op->name);

  g_string_append_printf (text, " (%s) {%s}, T at", self->sample->shapes, self->sample->attrs != NULL ? self->sample->attrs : "");
  for (guint i = 0; i < n_axes; i++)
    g_string_append_printf (text, " %u.%u", axes[i].input, axes[i].axis);
  return g_string_free (text, FALSE);
}

/* Which rows do not take a symbol, and what their error says. */
static const struct {
  const char *row; /* as in g_pattern_match_simple() */
  const char *reason;
} refusals[] = {
  /* Parameters have sizes. */
  { "*", "decides the parameters and must be a number, not T" },
  { "*Norm", "decide the parameters and must be numbers, not [" },
  { "RotaryEmbedding", "the last axis decides the angles and must be a number, not T" },
  /* How many results there are, or how long one is, is no expression. */
  { "chunk", "how many parts axis" },
  { "split", "how many parts axis" },
  { "tensor_split", "how many parts axis" },
  { "unbind", "how many parts axis" },
  { "interpolate", "its scale_factor must be a multiple of 1/64" },
  { "Upsample", "its scale_factor must be a multiple of 1/64" },
  /* Kernels of convolutions are laid out beforehand. */
  { "conv*", "the kernel's size must be a number: x [" },
};

static void
check_refusal (const char   *row,
               const char   *text,
               const GError *error)
{
  g_assert_nonnull (error);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    if (g_pattern_match_simple (refusals[i].row, row) && strstr (error->message, refusals[i].reason) != NULL)
      return;
  g_error ("%s: other sizes are taken, an open one is not: %s", text, error->message);
}

/* Returns: whether the shapes are those for a size; they must be where it is as @large as what was open is taken to be */
static gboolean
check_shapes (const char   *text,
              const Shapes *open,
              const Shapes *shapes,
              TlDim         size,
              gboolean      is_large)
{
  TlBinding binding = { tl_dim_symbol ("T"), size };

  g_assert_cmpuint (open->n, ==, shapes->n);
  for (guint k = 0; k < open->n; k++) {
    const TlMeta    *a = &open->metas[k], *b = &shapes->metas[k];
    g_autofree char *expression = tl_meta_to_string (a);
    g_autofree char *numbers = tl_meta_to_string (b);
    gboolean         same = a->rank == b->rank && a->dtype == b->dtype;

    for (guint axis = 0; same && axis < a->rank; axis++)
      same = tl_dim_eval (a->shape[axis], &binding, 1) == b->shape[axis];
    if (!same && is_large)
      g_error ("%s: value %u is %s, for T = %d it is %s", text, k, expression, (int)size, numbers);
    if (!same)
      return FALSE;
  }
  return TRUE;
}

/* The operands with other sizes at @axes; their values over and over, a little different each time. */
static Case *
resize (Subject    *self,
        const Axis *axes,
        guint       n_axes,
        TlDim       size)
{
  Case *resized = case_of (self);

  for (guint k = 0; k < n_axes; k++)
    resized->in[axes[k].input].shape[axes[k].axis] = size;
  for (guint i = 0; i < resized->n_in; i++) {
    CaseOperand       *operand = &resized->in[i];
    g_autofree double *values = operand->values;
    gsize              n = operand->n;

    if (operand->is_missing) {
      values = NULL;
      continue;
    }
    operand->n = 1;
    for (guint axis = 0; axis < operand->rank; axis++)
      operand->n *= (gsize)operand->shape[axis];
    operand->values = g_new0 (double, operand->n + 1);
    for (gsize j = 0; j < operand->n; j++)
      operand->values[j] = values[j % n] * (tl_dtype_is_float (operand->dtype) ? 1 + 1e-3 * (double)(j / n) : 1);
  }
  return resized;
}

/* Whether the sizes of operands are too small for what was open, which a plan then says. */
typedef enum {
  LARGE,
  ANY,
  TOO_SMALL,
} Largeness;

/* The plan computes what the same step computes at once. */
static void
check_values (Subject    *self,
              const char *text,
              TlPlan     *plan,
              Largeness   largeness)
{
  TlTensor *in[CASE_MAX_IN] = { NULL }, *given[CASE_MAX_IN], *values[MAX_VALUES] = { NULL };
  GError   *error = NULL;
  guint     n_given = 0, n;

  for (guint i = 0; i < self->operands->n_in; i++) {
    g_autoptr (TlTensor) operand = NULL;

    if (self->operands->in[i].is_missing)
      continue;
    operand = case_get_operand (self->operands, i, LAYOUT_CONTIGUOUS);
    in[i] = tl_dtype_is_float (self->operands->in[i].dtype) ? tl_watch (operand, &error) : tl_tensor_ref (operand);
    given[n_given++] = in[i];
  }
  if (!step (self, in, values, &n, &error)) {
    /* A matrix may be singular. */
    g_autoptr (GError) planned = NULL;

    if (!g_error_matches (error, TL_ERROR, TL_ERROR_VALUE) || tl_plan_run (plan, given, n_given, &planned) || !g_error_matches (planned, TL_ERROR, TL_ERROR_VALUE))
      g_error ("%s: %s at once, in a plan %s", text, error->message, planned != NULL ? planned->message : "nothing of the kind");
    g_clear_error (&error);
    n = 0;
  } else if (!tl_plan_run (plan, given, n_given, &error)) {
    if (largeness == LARGE || !g_error_matches (error, TL_ERROR, TL_ERROR_SHAPE))
      g_error ("%s: %s", text, error->message);
    g_clear_error (&error);
    n = 0;
  } else if (largeness == TOO_SMALL) {
    g_error ("%s: a plan is run with sizes for which its shapes are wrong", text);
  }
  for (guint k = 0; k < n; k++) {
    TlTensor *got = tl_plan_peek_output (plan, k);

    for (gsize i = 0; i < tl_tensor_get_n_elements (values[k]); i++) {
      double a = tl_tensor_peek_element (got, i), b = tl_tensor_peek_element (values[k], i);

      if (!(fabs (a - b) <= 1e-9 * (1 + fabs (b))) && !(isnan (a) && isnan (b)) && a != b)
        g_error ("%s: value %u [%zu] is %.17g in a plan for open sizes, %.17g at once", text, k, i, a, b);
    }
  }
  clear (values, MAX_VALUES);
  clear (in, CASE_MAX_IN);
}

static gboolean
is_random (Subject *self)
{
  return self->op != NULL && (self->op->flags & TL_OP_RANDOM) != 0;
}

static void
try_axes (Subject    *self,
          const Axis *axes,
          guint       n_axes)
{
  Case              *given = self->operands;
  TlDim              size = axes[0].size;
  const TlDim        sizes[] = { size + 3, size + 4, 3 * size + 7 };
  Shapes             shapes[G_N_ELEMENTS (sizes)], open;
  g_autofree char   *text = text_of (self, axes, n_axes);
  g_autoptr (GError) error = NULL;
  g_autoptr (TlPlan) plan = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    if (!takes (self, axes, n_axes, sizes[i], &shapes[i]))
      return;
  plan = trace (self, axes, n_axes, tl_dim_symbol ("T"), &open, &error);
  if (plan == NULL) {
    check_refusal (self->layer != NULL ? self->layer->name : self->op->name, text, error);
    return;
  }
  if (!is_random (self))
    check_values (self, text, plan, ANY);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    gboolean is_large = i + 1 == G_N_ELEMENTS (sizes), fits = check_shapes (text, &open, &shapes[i], sizes[i], is_large);

    /* Under sanitizers the sample's own sizes have to do: kernels are run there by tests of their own. */
    if (is_random (self) || (fits && (!is_large || TESTS_SANITIZED)))
      continue;
    self->operands = resize (self, axes, n_axes, sizes[i]);
    check_values (self, text, plan, fits ? LARGE : TOO_SMALL);
    case_free (self->operands);
    self->operands = given;
  }
}

static guint
list_axes (Subject *self,
           Axis    *all)
{
  guint n = 0;

  for (guint i = 0; i < self->operands->n_in; i++)
    for (guint axis = 0; axis < self->operands->in[i].rank && n < MAX_AXES; axis++)
      all[n++] = (Axis){ i, axis, self->operands->in[i].shape[axis] };
  return n;
}

static gboolean
has_elements (Subject *self)
{
  for (guint i = 0; i < self->operands->n_in; i++)
    if (!self->operands->in[i].is_missing && self->operands->in[i].n == 0)
      return FALSE;
  return TRUE;
}

/* Each axis alone, with those of its size at its place in other inputs, with all of its size, and with each other one. */
static void
try_sample (Subject *self)
{
  Axis  all[MAX_AXES], some[MAX_AXES];
  guint n;

  self->operands = case_of (self);
  n = has_elements (self) ? list_axes (self, all) : 0;
  for (guint k = 0; k < n; k++) {
    guint n_place = 0, n_all = 0;

    try_axes (self, &all[k], 1);
    for (guint j = 0; j < n; j++)
      if (all[j].axis == all[k].axis && all[j].size == all[k].size)
        some[n_place++] = all[j];
    if (n_place > 1 && some[0].input == all[k].input)
      try_axes (self, some, n_place);
    for (guint j = 0; j < n; j++)
      if (all[j].size == all[k].size)
        some[n_all++] = all[j];
    if (n_all > 1 && n_all != n_place && some[0].input == all[k].input && some[0].axis == all[k].axis)
      try_axes (self, some, n_all);
    for (guint j = k + 1; j < n && n_all > 2; j++)
      if (all[j].size == all[k].size)
        try_axes (self, (const Axis[]){ all[k], all[j] }, 2);
  }
  case_free (self->operands);
}

static void
test_layers (void)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++)
    for (const TlSample *sample = tl_layer_get_row (i)->samples; sample->shapes != NULL; sample++)
      try_sample (&(Subject){ .layer = tl_layer_get_row (i), .sample = sample });
}

static void
test_operations (void)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);

    if ((op->flags & (TL_OP_UPDATE | TL_OP_INTERNAL | TL_OP_DATA_SIZED)) != 0)
      continue;
    for (const TlSample *sample = op->samples; sample != NULL && sample->shapes != NULL; sample++)
      try_sample (&(Subject){ .op = op, .sample = sample });
  }
}

/* What the editor shows of sequences of any length. */
static void
test_time (void)
{
  static const struct {
    const char *row, *in, *attrs, *out;
  } cases[] = {
    { "RNN", "{T, N, 4}", "hidden = 3", "[T, N, 3]" },
    { "LSTM", "{N, T, 4}", "hidden = 3, batch_first = true, num_layers = 2", "[N, T, 3]" },
    { "GRU", "{T, N, 4}", "hidden = 3, bidirectional = true", "[T, N, 6]" },
    { "MultiheadAttention", "{N, T, 4}", "num_heads = 2, batch_first = true, is_causal = true", "[N, T, 4]" },
    { "TransformerEncoder", "{N, T, 4}", "nhead = 2, num_layers = 2, dim_feedforward = 3, batch_first = true", "[N, T, 4]" },
    { "SinusoidalPositionalEncoding", "{N, T, 4}", "batch_first = true", "[N, T, 4]" },
    { "LearnedPositionalEmbedding", "{T, N, 4}", "num_embeddings = 9", "[T, N, 4]" },
    { "RotaryEmbedding", "{N, T, 4}", NULL, "[N, T, 4]" },
    { "Conv1d", "{N, 4, T}", "out = 3, kernel = 3, stride = 2, padding = 1", "[N, 3, floor((T+1)/2)]" },
    { "Conv1d", "{N, 4, T}", "out = 3, kernel = 4, dilation = 2, padding = same", "[N, 3, T]" },
    { "Conv2d", "{N, 4, T, 9}", "out = 3, kernel = {4, 3}, padding = same, padding_mode = reflect", "[N, 3, T, 9]" },
    { "ReflectionPad1d", "{N, 4, T}", "padding = 2", "[N, 4, T+4]" },
    { "AdaptiveAvgPool1d", "{N, 4, T}", "output_size = 5", "[N, 4, 5]" },
    { "Upsample", "{N, 4, T}", "scale_factor = 2", "[N, 4, 2*T]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TlModel) model = tl_model_new ("m");
    g_autofree char    *shape = g_strconcat ("shape = ", cases[i].in, NULL);
    g_autofree char    *got = NULL;
    g_autoptr (GError)  error = NULL;
    const TlMeta       *out;

    add_node (model, "x", "Input", NULL, shape);
    add_node (model, "layer", cases[i].row, "x", cases[i].attrs);
    tl_model_build (model, &error);
    g_assert_no_error (error);
    out = tl_model_get_node_output (model, "layer", 0);
    got = tl_shape_to_string (out->shape, out->rank);
    g_assert_cmpstr (got, ==, cases[i].out);
  }
}

/* A recurrent row is differentiated twice by its parts, of which an open sequence has no number; first gradients have none of this. */
static void
test_steps (void)
{
  static const char *const rows[] = { "lstm", "gru", "rnn" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    const TlOpClass   *op = tl_op_find (rows[i]);
    Subject            self = { .op = op, .sample = &op->samples[0] };
    TlTrace           *trace = tl_trace_begin (tl_context_get ());
    TlTensor          *in[CASE_MAX_IN] = { NULL }, *out[MAX_OUT] = { NULL }, *grads[2] = { NULL };
    g_autofree char   *shape = NULL;
    g_autoptr (GError) error = NULL;

    self.operands = case_of (&self);
    self.operands->in[0].shape[0] = tl_dim_symbol ("T");
    shape = tl_shape_to_string (self.operands->in[0].shape, 3);
    for (guint k = 0; k < self.operands->n_in; k++) {
      g_autoptr (TlTensor) input = NULL;
      TlMeta               meta;

      tl_meta_init (&meta, TL_DTYPE_F64, self.operands->in[k].rank, self.operands->in[k].shape);
      input = tl_trace_add_input (trace, &meta);
      in[k] = tl_watch (input, &error);
    }
    g_assert_true (tl_op_apply (op, in, self.operands->n_in, self.operands->attrs, out, tl_op_get_n_out (op, self.operands->n_in), &error));
    grads[0] = tl_op_apply1 (&tl_op_sin, &out[0], 1, NULL, &error);
    g_assert_true (tl_grad (out, grads, 1, in, 1, FALSE, &grads[1], &error));
    clear (&grads[1], 1);
    g_assert_false (tl_grad (out, grads, 1, in, 1, TRUE, &grads[1], &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED);
    g_assert_nonnull (strstr (error->message, shape));
    clear (grads, 2);
    clear (out, MAX_OUT);
    clear (in, CASE_MAX_IN);
    tl_trace_abandon (trace);
    case_free (self.operands);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/symbolic/time", test_time);
  g_test_add_func ("/nn/symbolic/steps", test_steps);
  g_test_add_func ("/nn/symbolic/layers", test_layers);
  g_test_add_func ("/nn/symbolic/operations", test_operations);
  return g_test_run ();
}
