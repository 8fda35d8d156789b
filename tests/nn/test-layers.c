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
  self->n_out = tl_layer_get_n_out (self->layer);
  set_attrs (self->layer, sample->attrs);
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

static void
test_dropout (void)
{
  TlContext           *context = tl_context_get ();
  const TlDim          n = 20000;
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("Dropout"), "drop", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 1, &n, 1);
  g_autoptr (TlTensor) still = NULL;
  g_autoptr (TlTensor) once = NULL;
  g_autoptr (TlTensor) twice = NULL;
  g_autoptr (TlTensor) again = NULL;
  g_autoptr (GError)   error = NULL;
  guint                zeros = 0, same = 0;

  set_attrs (layer, "p = 0.3");
  tl_layer_forward (layer, &x, 1, &still, 1, &error);
  assert_same_bits (still, x);
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 0))), ==, 0);
  tl_context_set_training (context, TRUE);
  tl_layer_forward (layer, &x, 1, &once, 1, &error);
  tl_layer_forward (layer, &x, 1, &twice, 1, &error);
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "drop.calls");
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 0))), ==, 2);
  reset_calls (layer);
  tl_layer_forward (layer, &x, 1, &again, 1, &error);
  g_assert_no_error (error);
  tl_context_set_training (context, FALSE);
  assert_same_bits (once, again);
  for (gsize i = 0; i < (gsize)n; i++) {
    double before = tl_tensor_peek_element (x, i), after = tl_tensor_peek_element (once, i);

    zeros += after == 0;
    same += (after == 0) == (tl_tensor_peek_element (twice, i) == 0);
    if (after != 0)
      g_assert_cmpfloat_with_epsilon (after, before / 0.7, 1e-6);
  }
  g_assert_cmpfloat_with_epsilon ((double)zeros / (double)n, 0.3, 0.02);
  g_assert_cmpfloat_with_epsilon ((double)same / (double)n, 0.3 * 0.3 + 0.7 * 0.7, 0.02);
}

/* Against the definition, by hand: two steps of the running statistics, then the mode in which they count. */
static void
test_batch_norm (void)
{
  TlContext           *context = tl_context_get ();
  const TlDim          shape[] = { 3, 2, 2, 2 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("BatchNorm2d"), "bn", TL_DTYPE_F64);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F64, 4, shape, 5);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;
  double               mean[2] = { 0 }, var[2] = { 0 }, running_mean[2] = { 0 }, running_var[2] = { 1, 1 };

  for (guint i = 0; i < 24; i++)
    mean[i / 4 % 2] += tl_tensor_peek_element (x, i) / 12;
  for (guint i = 0; i < 24; i++)
    var[i / 4 % 2] += pow (tl_tensor_peek_element (x, i) - mean[i / 4 % 2], 2) / 12;
  tl_context_set_training (context, TRUE);
  for (guint k = 0; k < 2; k++) {
    g_clear_pointer (&y, tl_tensor_unref);
    tl_layer_forward (layer, &x, 1, &y, 1, &error);
    g_assert_no_error (error);
    for (guint c = 0; c < 2; c++) {
      running_mean[c] = 0.9 * running_mean[c] + 0.1 * mean[c];
      running_var[c] = 0.9 * running_var[c] + 0.1 * var[c] * 12 / 11;
    }
  }
  tl_context_set_training (context, FALSE);
  tl_layer_forward (layer, &x, 1, &z, 1, &error);
  g_assert_no_error (error);
  for (guint c = 0; c < 2; c++) {
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (tl_layer_get_variable (layer, 2)), c), running_mean[c], 1e-12);
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (tl_layer_get_variable (layer, 3)), c), running_var[c], 1e-12);
  }
  g_assert_cmpfloat (number_of (tl_variable_get_value (tl_layer_get_variable (layer, 4))), ==, 2);
  for (guint i = 0; i < 24; i++) {
    guint  c = i / 4 % 2;
    double value = tl_tensor_peek_element (x, i);

    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, i), (value - mean[c]) / sqrt (var[c] + 1e-5), 1e-12);
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (z, i), (value - running_mean[c]) / sqrt (running_var[c] + 1e-5), 1e-12);
  }
}

static void
assert_fails (const char  *row,
              const char  *attrs,
              guint        rank,
              const TlDim *shape,
              const char  *message)
{
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find (row), "layer", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, rank, shape, 1);
  g_autoptr (GError)   error = NULL;
  TlTensor            *y = NULL;

  set_attrs (layer, attrs);
  g_assert_false (tl_layer_forward (layer, &x, 1, &y, 1, &error));
  g_assert_nonnull (error);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_errors (void)
{
  const TlDim two[] = { 4, 6 }, four[] = { 2, 3, 8, 8 };

  assert_fails ("Linear", "out = 3, in_features = 7", 2, two, "Linear: in_features is 7, axis 1 of the input has 6");
  assert_fails ("Linear", "", 2, two, "Linear: out must be given (size of the output's last axis)");
  assert_fails ("Conv2d", "out = 4, kernel = 3", 2, two, "Conv2d: the input must be [n, channels, height, width], not [4, 6]");
  assert_fails ("Conv2d", "out = 4, kernel = 3, groups = 2", 4, four, "Conv2d: 3 input and 4 output channels cannot be split into 2 groups");
  assert_fails ("LayerNorm", "normalized_shape = {5}", 2, two, "LayerNorm: the input [4, 6] does not end with normalized_shape [5]");
  assert_fails ("Flatten", "start_dim = 2", 2, two, "Flatten: start_dim = 2, end_dim = -1 do not fit the shape [4, 6]");
  assert_fails ("CrossEntropyLoss", "", 2, two, "CrossEntropyLoss: input target is missing");
}

static void
test_rename (void)
{
  const TlDim          shape[] = { 2, 3 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("Linear"), "", TL_DTYPE_F32);
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);

  set_attrs (layer, "in_features = 3, out = 2");
  tl_layer_set_up (layer, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "weight");
  tl_layer_set_path (layer, "net.fc");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 1)), ==, "net.fc.bias");
  tl_layer_set_path (layer, "fc");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 0)), ==, "fc.weight");
}

/* Names, numbers and values of what a part brings; an attribute changes and the others keep their values. */
static void
test_parts (void)
{
  const TlDim          shape[] = { 1, 3, 5, 5 };
  g_autoptr (TlLayer)  layer = tl_layer_new (tl_layer_find ("SeparableConv2d"), "a", TL_DTYPE_F32);
  g_autoptr (TlLayer)  conv = tl_layer_new (tl_layer_find ("Conv2d"), "a.depthwise", TL_DTYPE_F32);
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;
  TlVariable          *kept;

  set_attrs (layer, "out = 2, kernel = 3");
  tl_layer_forward (layer, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 3);
  g_assert_cmpuint (tl_layer_get_n_parts (layer), ==, 2);
  g_assert_cmpstr (tl_layer_get_part_name (layer, 1), ==, "pointwise");
  kept = tl_layer_find_variable (layer, "depthwise.weight");
  g_assert_cmpstr (tl_variable_get_path (kept), ==, "a.depthwise.weight");
  g_assert_nonnull (tl_layer_find_variable (layer, "pointwise.bias"));
  g_assert_null (tl_layer_find_variable (layer, "weight"));

  /* First values are those that a layer of this path has. */
  set_attrs (conv, "out = 3, kernel = 3, groups = 3, bias = false");
  tl_layer_forward (conv, &x, 1, &z, 1, &error);
  g_assert_no_error (error);
  assert_same_bits (tl_variable_get_value (kept), tl_variable_get_value (tl_layer_get_variable (conv, 0)));

  tl_variable_ref (kept);
  set_attrs (layer, "bias = false");
  tl_layer_set_up (layer, (const TlMeta *const[]){ tl_tensor_get_meta (x) }, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 2);
  g_assert_true (tl_layer_find_variable (layer, "depthwise.weight") == kept);
  tl_variable_unref (kept);
  tl_layer_set_path (layer, "block.b");
  g_assert_cmpstr (tl_variable_get_path (tl_layer_get_variable (layer, 1)), ==, "block.b.pointwise.weight");
  g_assert_cmpstr (tl_layer_get_path (tl_layer_get_part (layer, 0)), ==, "block.b.depthwise");
  g_assert_true (tl_layer_find_variable (layer, "pointwise.weight") == tl_layer_get_variable (layer, 1));

  /* A setup that fails leaves what there was. */
  set_attrs (layer, "depth_multiplier = 60000, in_channels = 60000");
  g_assert_false (tl_layer_set_up (layer, NULL, 0, &error));
  g_assert_cmpstr (error->message, ==, "depthwise: Conv2d: out = 3600000000: it must be between 1 and 2147483647");
  g_assert_cmpuint (tl_layer_get_n_variables (layer), ==, 2);
}

/* In a model: the parts' variables by path, kept over builds, and what the operations tell. */
static void
test_parts_in_model (void)
{
  const TlDim           shape[] = { 2, 3, 5, 5 };
  g_autoptr (TlModel)   model = tl_model_new ("m");
  g_autoptr (GPtrArray) parameters = NULL;
  g_autoptr (TlTensor)  x = random_tensor (TL_DTYPE_F32, 4, shape, 1);
  g_autoptr (TlTensor)  y = NULL;
  g_autoptr (GError)    error = NULL;
  TlVariable           *kept;
  TlModelCost           cost;

  add_node (model, "x", "Input", NULL, "shape = {N, 3, 5, 5}");
  add_node (model, "sep", "SeparableConv2d", "x", "out = 4, kernel = 3");
  tl_model_build (model, &error);
  g_assert_no_error (error);
  parameters = tl_model_get_parameters (model);
  g_assert_cmpuint (parameters->len, ==, 3);
  kept = tl_model_find_variable (model, "sep.pointwise.weight");
  g_assert_nonnull (kept);
  tl_model_set_attr_text (model, "sep", "kernel", "2", &error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  g_assert_true (tl_model_find_variable (model, "sep.pointwise.weight") == kept);
  y = model_call (model, x);
  g_assert_cmpint (tl_tensor_get_shape (y)[2], ==, 4);
  tl_model_measure (model, NULL, 0, &cost, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cost.n_parameters, ==, 3 * 4 + 3 * 4 + 4);
  g_assert_cmpfloat (cost.flops, >=, 2 * 16 * (3 * 4 + 3 * 4));
  tl_model_set_attr_text (model, "sep", "kernel", "9", &error);
  g_assert_no_error (error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_true (g_str_has_prefix (error->message, "sep: depthwise: conv2d:"));
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
  guint               n_out = tl_layer_get_n_out (layer);

  set_attrs (layer, sample->attrs);
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
  g_test_add_func ("/nn/layers/dropout", test_dropout);
  g_test_add_func ("/nn/layers/batch-norm", test_batch_norm);
  g_test_add_func ("/nn/layers/errors", test_errors);
  g_test_add_func ("/nn/layers/rename", test_rename);
  g_test_add_func ("/nn/layers/parts", test_parts);
  g_test_add_func ("/nn/layers/parts-in-model", test_parts_in_model);
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
