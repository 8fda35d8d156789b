/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every layer row × its samples: shapes, gradients, modes, at once and planned.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "tests/nn/nn-util.h"
#include "tests/op/sample.h"

typedef struct {
  const TlLayerClass *klass;
  TlOpClass           as_op; /* what tests/op/sample.c reads of a row */
  TlSample            operands;
  TlLayer            *layer;
  Case               *sample;
  guint               n_out;
  TlTensor           *weights[TL_OP_MAX_OUT]; /* of the outputs' elements in the loss */
} Fixture;

static void
fixture_init (Fixture            *self,
              const TlLayerClass *klass,
              const TlSample     *sample,
              TlDType             dtype)
{
  memset (self, 0, sizeof *self);
  self->klass = klass;
  self->as_op = (TlOpClass){ .name = klass->name, .in = klass->in };
  self->operands = *sample;
  self->operands.attrs = NULL;
  self->sample = case_new (&self->as_op, &self->operands, dtype);
  self->layer = tl_layer_new (klass, "layer", dtype);
  set_attrs (self->layer, sample->attrs);
  self->n_out = tl_layer_get_n_out (self->layer);
}

static void
fixture_clear (Fixture *self)
{
  case_free (self->sample);
  tl_layer_unref (self->layer);
  for (guint i = 0; i < self->n_out; i++)
    g_clear_pointer (&self->weights[i], tl_tensor_unref);
}

/* Random rows draw the same numbers again. */
static void
reset_calls (TlLayer *layer)
{
  for (guint i = 0; i < tl_layer_get_n_variables (layer); i++) {
    TlVariable *variable = tl_layer_get_variable (layer, i);

    if (variable != NULL && tl_variable_get_kind (variable) == TL_VARIABLE_COUNTER)
      *(gint64 *)tl_variable_begin_write (variable, NULL) = 0;
  }
}

static void
clear_tensors (TlTensor **tensors,
               guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

static void
forward (Fixture  *self,
         TlTensor *out[])
{
  TlTensor          *in[CASE_MAX_IN];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->sample->n_in; i++)
    in[i] = self->sample->in[i].variable != NULL ? tl_read (self->sample->in[i].variable)
                                                 : case_get_operand (self->sample, i, LAYOUT_CONTIGUOUS);
  tl_layer_forward (self->layer, in, self->sample->n_in, out, self->n_out, &error);
  g_assert_no_error (error);
  clear_tensors (in, self->sample->n_in);
}

static TlTensor *
checked (TlTensor *tensor,
         GError   *error)
{
  g_assert_no_error (error);
  return tensor;
}

/* The sum of (y * weights) over all outputs that are numbers with fractions. */
static TlTensor *
loss (Fixture *self)
{
  GError              *error = NULL;
  TlTensor            *out[TL_OP_MAX_OUT];
  g_autoptr (TlTensor) total = NULL;

  forward (self, out);
  for (guint i = 0; i < self->n_out; i++) {
    g_autoptr (TlTensor) product = NULL;
    g_autoptr (TlTensor) sum = NULL;
    g_autoptr (TlTensor) before = g_steal_pointer (&total);

    if (tl_dtype_is_float (tl_tensor_get_dtype (out[i])) && self->weights[i] == NULL)
      self->weights[i] = random_tensor (self->sample->dtype, tl_tensor_get_rank (out[i]), tl_tensor_get_shape (out[i]), 7 + i);
    if (tl_dtype_is_float (tl_tensor_get_dtype (out[i]))) {
      product = checked (tl_mul (out[i], self->weights[i], &error), error);
      sum = checked (tl_sum (product, NULL, 0, FALSE, &error), error);
    }
    if (before != NULL && sum != NULL)
      total = checked (tl_add (before, sum, &error), error);
    else
      total = sum != NULL ? g_steal_pointer (&sum) : g_steal_pointer (&before);
  }
  clear_tensors (out, self->n_out);
  g_assert_nonnull (total);
  return g_steal_pointer (&total);
}

static double
loss_number (Fixture *self)
{
  g_autoptr (TlTensor) value = NULL;

  reset_calls (self->layer);
  value = loss (self);
  return number_of (value);
}

static GPtrArray *
trained_variables (Fixture *self)
{
  GPtrArray *variables = g_ptr_array_new ();

  for (guint i = 0; i < tl_layer_get_n_variables (self->layer); i++) {
    TlVariable *variable = tl_layer_get_variable (self->layer, i);

    if (variable != NULL && tl_variable_get_trainable (variable))
      g_ptr_array_add (variables, variable);
  }
  for (guint i = 0; i < self->sample->n_in; i++)
    if (self->sample->in[i].variable != NULL && (self->klass->in[MIN (i, tl_op_get_n_ports (self->klass->in) - 1)].flags & TL_PORT_NODIFF) == 0)
      g_ptr_array_add (variables, self->sample->in[i].variable);
  return variables;
}

/* Away from the special first values: zeros and ones hide mistakes. */
static void
shake (GPtrArray *variables)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);

  for (guint k = 0; k < variables->len; k++) {
    TlVariable *variable = variables->pdata[k];
    gsize       n = tl_tensor_get_n_elements (tl_variable_get_value (variable));
    double     *data;

    if (strcmp (tl_variable_get_path (variable), "x") == 0)
      continue;
    data = tl_variable_begin_write (variable, NULL);
    for (gsize i = 0; i < n; i++)
      data[i] += g_rand_double_range (rand, 0.1, 0.5);
  }
}

static void
check_gradient (Fixture    *self,
                TlVariable *variable,
                const char *what)
{
  TlTensor *grad = tl_variable_get_grad (variable);
  gsize     n = tl_tensor_get_n_elements (tl_variable_get_value (variable));

  for (gsize i = 0; i < n; i++) {
    double value = ((double *)tl_variable_begin_write (variable, NULL))[i], up, down, got, want;

    ((double *)tl_variable_begin_write (variable, NULL))[i] = value + 1e-6;
    up = loss_number (self);
    ((double *)tl_variable_begin_write (variable, NULL))[i] = value - 1e-6;
    down = loss_number (self);
    ((double *)tl_variable_begin_write (variable, NULL))[i] = value;
    want = (up - down) / 2e-6;
    got = grad != NULL ? tl_tensor_peek_element (grad, i) : 0;
    if (fabs (got - want) > 1e-5 + 1e-3 * fabs (want))
      g_error ("%s: gradient of %s [%" G_GSIZE_FORMAT "]: %g, differences give %g", what,
               tl_variable_get_path (variable), i, got, want);
  }
}

static void
check_gradients (const TlLayerClass *klass,
                 const TlSample     *sample,
                 gboolean            training)
{
  Fixture               self;
  g_autofree char      *what = g_strdup_printf ("%s (%s) {%s}%s", klass->name, sample->shapes, sample->attrs != NULL ? sample->attrs : "",
                                           training ? " in training" : "");
  g_autoptr (GError)    error = NULL;
  g_autoptr (TlTensor)  value = NULL;
  g_autoptr (GPtrArray) variables = NULL;

  fixture_init (&self, klass, sample, TL_DTYPE_F64);
  tl_context_set_training (tl_context_get (), TRUE);
  loss_number (&self); /* makes the variables; running statistics leave their first values */
  tl_context_set_training (tl_context_get (), training);
  variables = trained_variables (&self);
  shake (variables);
  reset_calls (self.layer);
  value = loss (&self);
  if (variables->len > 0) {
    tl_backward (value, NULL, FALSE, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < variables->len; i++)
    check_gradient (&self, variables->pdata[i], what);
  tl_context_set_training (tl_context_get (), FALSE);
  fixture_clear (&self);
}

static void
test_gradients (gconstpointer data)
{
  const TlLayerClass *klass = data;

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++)
    for (gboolean training = FALSE; training <= TRUE; training++)
      check_gradients (klass, sample, training);
}

/* The loss and its square, so that every layer has a second derivative; and its gradients. */
static TlTensor *
curved_loss (Fixture *self)
{
  GError              *error = NULL;
  g_autoptr (TlTensor) value = NULL;
  g_autoptr (TlTensor) square = NULL;

  reset_calls (self->layer);
  value = loss (self);
  square = checked (tl_square (value, &error), error);
  return checked (tl_add (value, square, &error), error);
}

static void
take_gradients (Fixture   *self,
                GPtrArray *variables,
                gboolean   create_graph,
                TlTensor **x,
                TlTensor **grads)
{
  g_autoptr (TlTensor) value = NULL;
  g_autoptr (GError)   error = NULL;

  for (guint i = 0; i < variables->len; i++)
    x[i] = tl_read (variables->pdata[i]);
  value = curved_loss (self);
  if (tl_tensor_requires_grad (value))
    tl_grad (&value, NULL, 1, x, variables->len, create_graph, grads, &error);
  g_assert_no_error (error);
}

static void
move (GPtrArray *variables,
      TlTensor **along,
      double     step)
{
  for (guint i = 0; i < variables->len; i++) {
    double *data = tl_variable_begin_write (variables->pdata[i], NULL);

    for (gsize k = 0; k < tl_tensor_get_n_elements (along[i]); k++)
      data[k] += step * tl_tensor_peek_element (along[i], k);
  }
}

/* The gradient of <gradient, v>: the Hessian times v, over inputs and parameters together. */
static void
take_product (Fixture   *self,
              GPtrArray *variables,
              TlTensor **along,
              TlTensor **product)
{
  g_autofree TlTensor **tensors = g_new0 (TlTensor *, 4 * variables->len + 1);
  TlTensor            **x = tensors, **grads = x + variables->len, **from = grads + variables->len, **v = from + variables->len;
  g_autoptr (GError)    error = NULL;
  guint                 n = 0;

  take_gradients (self, variables, TRUE, x, grads);
  for (guint i = 0; i < variables->len; i++)
    if (grads[i] != NULL && tl_tensor_requires_grad (grads[i])) {
      from[n] = grads[i];
      v[n++] = along[i];
    }
  if (n > 0)
    tl_grad (from, v, n, x, variables->len, FALSE, product, &error);
  g_assert_no_error (error);
  clear_tensors (x, variables->len);
  clear_tensors (grads, variables->len);
}

static void
check_product (const TlLayerClass *klass,
               const TlSample     *sample)
{
  const double          eps = 1e-6;
  Fixture               self;
  g_autoptr (GPtrArray) variables = NULL;
  TlTensor             *along[256], *product[256] = { NULL }, *up[256] = { NULL }, *down[256] = { NULL }, *x[256];

  fixture_init (&self, klass, sample, TL_DTYPE_F64);
  tl_context_set_training (tl_context_get (), TRUE);
  loss_number (&self);
  variables = trained_variables (&self);
  g_assert_cmpuint (variables->len, <=, G_N_ELEMENTS (along));
  shake (variables);
  for (guint i = 0; i < variables->len; i++) {
    TlTensor *value = tl_variable_get_value (variables->pdata[i]);

    along[i] = random_tensor (TL_DTYPE_F64, tl_tensor_get_rank (value), tl_tensor_get_shape (value), 50 + i);
  }
  take_product (&self, variables, along, product);
  move (variables, along, eps);
  take_gradients (&self, variables, FALSE, x, up);
  clear_tensors (x, variables->len);
  move (variables, along, -2 * eps);
  take_gradients (&self, variables, FALSE, x, down);
  clear_tensors (x, variables->len);
  for (guint i = 0; i < variables->len; i++)
    for (gsize k = 0; k < tl_tensor_get_n_elements (along[i]); k++) {
      double high = up[i] != NULL ? tl_tensor_peek_element (up[i], k) : 0, low = down[i] != NULL ? tl_tensor_peek_element (down[i], k) : 0;
      double want = (high - low) / (2 * eps), got = product[i] != NULL ? tl_tensor_peek_element (product[i], k) : 0;

      if (fabs (got - want) > 1e-4 + 1e-3 * fabs (want))
        g_error ("%s (%s) {%s}: Hessian product for %s [%" G_GSIZE_FORMAT "]: %g, differences give %g", klass->name, sample->shapes,
                 sample->attrs != NULL ? sample->attrs : "", tl_variable_get_path (variables->pdata[i]), k, got, want);
    }
  clear_tensors (along, variables->len);
  clear_tensors (product, variables->len);
  clear_tensors (up, variables->len);
  clear_tensors (down, variables->len);
  tl_context_set_training (tl_context_get (), FALSE);
  fixture_clear (&self);
}

static void
test_products (gconstpointer data)
{
  const TlLayerClass *klass = data;

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++)
    check_product (klass, sample);
}

/* If @is_symbolic, the first axis of the inputs is where it has the size of the first input's. */
static TlModel *
model_of (Fixture    *self,
          const char *attrs,
          gboolean    is_symbolic,
          GError    **error)
{
  TlModel *model = tl_model_new ("m");
  GString *from = g_string_new (NULL);

  for (guint i = 0; i < self->sample->n_in; i++) {
    const CaseOperand *operand = &self->sample->in[i];
    g_autofree char   *name = operand->is_missing ? g_strdup ("-") : g_strdup_printf ("in%u", i);
    GString           *text = g_string_new ("shape = {");

    g_string_append_printf (from, "%s%s", i > 0 ? " " : "", name);
    for (guint axis = 0; axis < operand->rank; axis++)
      if (axis == 0 && is_symbolic && operand->shape[0] == self->sample->in[0].shape[0])
        g_string_append (text, "N,");
      else
        g_string_append_printf (text, "%" G_GINT64_FORMAT ",", operand->shape[axis]);
    g_string_append_printf (text, "}, dtype = %s", tl_dtype_name (operand->dtype));
    if (!operand->is_missing)
      add_node (model, name, "Input", NULL, text->str);
    g_string_free (text, TRUE);
  }
  add_node (model, "layer", self->klass->name, from->str, attrs);
  g_string_free (from, TRUE);
  if (tl_model_build (model, error))
    return model;
  tl_model_unref (model);
  return NULL;
}

static void
assert_shape (const TlMeta    *meta,
              const TlMeta    *got,
              const TlBinding *binding)
{
  g_assert_nonnull (meta);
  g_assert_cmpint (meta->dtype, ==, got->dtype);
  g_assert_cmpuint (meta->rank, ==, got->rank);
  for (guint axis = 0; axis < meta->rank; axis++)
    g_assert_cmpint (tl_dim_eval (meta->shape[axis], binding, 1), ==, got->shape[axis]);
}

static void
test_shapes (gconstpointer data)
{
  const TlLayerClass *klass = data;
  guint               n_symbolic = 0;

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++) {
    Fixture             self;
    g_autoptr (GError)  error = NULL;
    g_autoptr (TlModel) model = NULL;
    TlTensor           *out[TL_OP_MAX_OUT];
    TlBinding           binding = { tl_dim_symbol ("N"), 0 };

    fixture_init (&self, klass, sample, TL_DTYPE_F32);
    if (self.sample->in[0].rank == 0) { /* an input of a model has axes; the operation's own test takes the sample */
      fixture_clear (&self);
      continue;
    }
    model = model_of (&self, sample->attrs, TRUE, NULL);
    n_symbolic += model != NULL;
    if (model == NULL) /* an axis that decides something must be a number */
      model = model_of (&self, sample->attrs, FALSE, &error);
    g_assert_no_error (error);
    forward (&self, out);
    binding.size = self.sample->in[0].shape[0];
    for (guint i = 0; i < self.n_out; i++)
      assert_shape (tl_model_get_node_output (model, "layer", i), tl_tensor_get_meta (out[i]), &binding);
    clear_tensors (out, self.n_out);
    fixture_clear (&self);
  }
  /* Of CTCLoss the first axis is time, over which it loops. */
  g_assert_true (n_symbolic > 0 || strcmp (klass->name, "CTCLoss") == 0);
}

/* f32 and f64 layers of one seed start at the same point and compute the same. */
static void
test_dtypes (gconstpointer data)
{
  const TlLayerClass *klass = data;

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++) {
    Fixture   narrow, wide;
    TlTensor *a[TL_OP_MAX_OUT], *b[TL_OP_MAX_OUT];

    fixture_init (&narrow, klass, sample, TL_DTYPE_F32);
    fixture_init (&wide, klass, sample, TL_DTYPE_F64);
    forward (&narrow, a);
    forward (&wide, b);
    for (guint k = 0; k < narrow.n_out; k++) {
      g_assert_true (tl_meta_same_shape (tl_tensor_get_meta (a[k]), tl_tensor_get_meta (b[k])));
      for (gsize i = 0; i < tl_tensor_get_n_elements (a[k]); i++)
        g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (a[k], i), tl_tensor_peek_element (b[k], i), 2e-5);
    }
    clear_tensors (a, narrow.n_out);
    clear_tensors (b, wide.n_out);
    fixture_clear (&narrow);
    fixture_clear (&wide);
  }
}

static void
take_grads (GPtrArray *variables,
            GPtrArray *grads)
{
  for (guint i = 0; i < variables->len; i++) {
    TlTensor *grad = tl_variable_get_grad (variables->pdata[i]);

    g_ptr_array_add (grads, grad != NULL ? tl_tensor_ref (grad) : NULL);
    tl_variable_set_grad (variables->pdata[i], NULL);
  }
}

static void
unref_tensor (gpointer tensor)
{
  if (tensor != NULL)
    tl_tensor_unref (tensor);
}

/* Loss, gradients and running statistics of a planned step, without fusion, are those of the same step at once. */
static void
test_planned (gconstpointer data)
{
  const TlLayerClass *klass = data;
  TlContext          *context = tl_context_get ();

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++) {
    Fixture               self;
    g_autoptr (GError)    error = NULL;
    g_autoptr (TlTensor)  now = NULL;
    g_autoptr (TlTensor)  traced = NULL;
    g_autoptr (TlPlan)    plan = NULL;
    g_autoptr (GPtrArray) variables = NULL;
    g_autoptr (GPtrArray) grads = g_ptr_array_new_with_free_func (unref_tensor);
    TlTrace              *trace;

    tl_context_set_training (context, TRUE);
    fixture_init (&self, klass, sample, TL_DTYPE_F32);
    loss_number (&self);
    variables = trained_variables (&self);
    reset_calls (self.layer);
    now = loss (&self);
    if (variables->len > 0)
      tl_backward (now, NULL, FALSE, &error);
    g_assert_no_error (error);
    take_grads (variables, grads);
    trace = tl_trace_begin (context);
    traced = loss (&self);
    if (variables->len > 0)
      tl_backward (traced, NULL, FALSE, &error);
    g_assert_no_error (error);
    plan = tl_plan_new (trace, &traced, 1, TL_PLAN_UNFUSED, &error);
    g_assert_no_error (error);
    reset_calls (self.layer);
    tl_plan_run (plan, NULL, 0, &error);
    g_assert_no_error (error);
    assert_same_bits (tl_plan_peek_output (plan, 0), now);
    for (guint i = 0; i < variables->len; i++)
      if (grads->pdata[i] != NULL)
        assert_same_bits (tl_variable_get_grad (variables->pdata[i]), grads->pdata[i]);
    tl_context_set_training (context, FALSE);
    fixture_clear (&self);
  }
}

static void
test_rows (void)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);

    g_assert_true (tl_layer_find (klass->name) == klass);
    g_assert_nonnull (klass->group);
    g_assert_true (g_str_has_suffix (klass->doc, "."));
    g_assert_nonnull (klass->formula);
    g_assert_nonnull (klass->source);
    g_assert_nonnull (klass->samples);
    g_assert_true (klass->forward != NULL || klass->op != NULL);
    if (klass->op != NULL)
      g_assert_nonnull (tl_op_find (klass->op));
    if ((klass->flags & TL_LAYER_INPUT) == 0)
      g_assert_nonnull (klass->torch); /* tests/golden compares with it */
    for (guint k = 0; klass->attrs != NULL && klass->attrs[k].name != NULL; k++)
      g_assert_nonnull (klass->attrs[k].doc);
  }
}

typedef struct {
  guint rank;
  TlDim shape[6];
} Odd;

static TlTensor *
odd_tensor (const Odd *odd,
            TlDType    dtype)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, odd->rank, odd->shape, 1);
  TlTensor            *made = tl_cast (x, dtype, &error);

  g_assert_no_error (error);
  return made;
}

static void
try_odd (const TlLayerClass *klass,
         const TlSample     *sample,
         TlTensor           *in[],
         guint               n_in)
{
  g_autoptr (TlLayer) layer = tl_layer_new (klass, "layer", TL_DTYPE_F32);
  g_autoptr (GError)  error = NULL;
  TlTensor           *out[TL_OP_MAX_OUT] = { NULL };
  guint               n_out;

  set_attrs (layer, sample->attrs);
  n_out = tl_layer_get_n_out (layer);
  if (!tl_layer_forward (layer, in, n_in, out, n_out, &error)) {
    g_assert_nonnull (error);
    g_assert_true (error->domain == TL_ERROR);
    g_assert_cmpuint (strlen (error->message), >, 10);
    return;
  }
  for (guint i = 0; i < n_out; i++)
    g_assert_true (tl_tensor_has_data (out[i]));
  clear_tensors (out, n_out);
}

/* Inputs of any shape and dtype: a result or an error, never a crash. */
static void
test_odd_inputs (gconstpointer data)
{
  static const Odd     shapes[] = { { 0 }, { 1, { 0 } }, { 1, { 3 } }, { 2, { 2, 0 } }, { 2, { 2, 3 } }, { 3, { 1, 2, 3 } }, { 3, { 0, 3, 4 } }, { 4, { 2, 3, 1, 1 } }, { 4, { 0, 4, 3, 3 } }, { 4, { 1, 4, 0, 5 } }, { 5, { 1, 1, 1, 1, 1 } }, { 5, { 1, 2, 3, 3, 3 } }, { 6, { 1, 2, 1, 2, 1, 2 } } };
  static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_I64, TL_DTYPE_BOOL };
  const TlLayerClass  *klass = data;
  guint                n_ports = tl_op_get_n_ports (klass->in);

  for (const TlSample *sample = klass->samples; sample->shapes != NULL; sample++)
    for (guint t = 0; t < G_N_ELEMENTS (shapes) * G_N_ELEMENTS (dtypes) * 4; t++) {
      TlTensor *in[TL_LAYER_MAX_IN] = { NULL };
      guint     step = t / (G_N_ELEMENTS (shapes) * G_N_ELEMENTS (dtypes));

      for (guint i = 0; i < n_ports; i++)
        in[i] = odd_tensor (&shapes[(t + i * step) % G_N_ELEMENTS (shapes)], dtypes[(t / G_N_ELEMENTS (shapes) + (i > 0 ? step : 0)) % G_N_ELEMENTS (dtypes)]);
      tl_context_set_training (tl_context_get (), t % 2 == 0);
      try_odd (klass, sample, in, n_ports);
      clear_tensors (in, n_ports);
    }
  tl_context_set_training (tl_context_get (), FALSE);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/nn/layers/rows", test_rows);
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);
    g_autofree char    *shapes = g_strdup_printf ("/nn/layers/shapes/%s", klass->name);
    g_autofree char    *dtypes = g_strdup_printf ("/nn/layers/dtypes/%s", klass->name);
    g_autofree char    *gradients = g_strdup_printf ("/nn/layers/gradients/%s", klass->name);
    g_autofree char    *planned = g_strdup_printf ("/nn/layers/planned/%s", klass->name);
    g_autofree char    *odd = g_strdup_printf ("/nn/layers/odd-inputs/%s", klass->name);
    g_autofree char    *products = g_strdup_printf ("/nn/layers/hessian-products/%s", klass->name);

    if ((klass->flags & TL_LAYER_INPUT) != 0)
      continue;
    g_test_add_data_func (shapes, klass, test_shapes);
    g_test_add_data_func (dtypes, klass, test_dtypes);
    g_test_add_data_func (gradients, klass, test_gradients);
    g_test_add_data_func (planned, klass, test_planned);
    g_test_add_data_func (odd, klass, test_odd_inputs);
    g_test_add_data_func (products, klass, test_products);
  }
  return g_test_run ();
}
