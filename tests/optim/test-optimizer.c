/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/optimizer.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/optim/schedule.h"
#include "tests/nn/nn-util.h"

/* One parameter of some numbers and its gradient, written by the test. */
typedef struct {
  TlVariable  *parameter;
  TlOptimizer *optimizer;
} Fixture;

#define N 5

static const double start[N] = { 0.5, -0.25, 1.5, -2, 0.125 };

static void
fixture_init (Fixture    *self,
              const char *row)
{
  const TlDim          n = N;
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) value = tl_tensor_new_from_data (TL_DTYPE_F64, 1, &n, start, &error);

  self->parameter = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, &error);
  self->optimizer = tl_optimizer_new (tl_optimizer_find (row), &self->parameter, 1, NULL, &error);
  g_assert_no_error (error);
}

static void
fixture_clear (Fixture *self)
{
  tl_optimizer_unref (self->optimizer);
  tl_variable_unref (self->parameter);
}

static void
set (Fixture    *self,
     const char *name,
     TlAttrInput input)
{
  g_autoptr (GError) error = NULL;

  tl_optimizer_set_attr (self->optimizer, name, &input, &error);
  g_assert_no_error (error);
}

static double
gradient (guint step,
          guint i)
{
  return sin (1.0 + step * 3.0 + i) * (i == 2 ? 10 : 1);
}

static void
give_gradient (Fixture *self,
               guint    step)
{
  const TlDim          n = N;
  double               values[N];
  g_autoptr (TlTensor) grad = NULL;

  for (guint i = 0; i < N; i++)
    values[i] = gradient (step, i);
  grad = tl_tensor_new_from_data (TL_DTYPE_F64, 1, &n, values, NULL);
  tl_variable_set_grad (self->parameter, grad);
}

static void
take_step (Fixture *self,
           guint    step)
{
  g_autoptr (GError) error = NULL;

  give_gradient (self, step);
  tl_optimizer_step (self->optimizer, &error);
  g_assert_no_error (error);
}

static void
assert_values (Fixture      *self,
               const double *want)
{
  for (guint i = 0; i < N; i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (self->parameter), i), want[i], 1e-13);
}

/* The formulas of torch.optim.SGD, in double. */
static void
check_sgd (double   momentum,
           double   dampening,
           double   decay,
           gboolean nesterov,
           gboolean maximize)
{
  Fixture self;
  double  p[N], m[N] = { 0 };

  memcpy (p, start, sizeof p);
  fixture_init (&self, "SGD");
  set (&self, "lr", TL_INPUT_NUMBER (0.1));
  set (&self, "momentum", TL_INPUT_NUMBER (momentum));
  set (&self, "dampening", TL_INPUT_NUMBER (dampening));
  set (&self, "weight_decay", TL_INPUT_NUMBER (decay));
  set (&self, "nesterov", TL_INPUT_BOOL (nesterov));
  set (&self, "maximize", TL_INPUT_BOOL (maximize));
  for (guint step = 0; step < 5; step++) {
    take_step (&self, step);
    for (guint i = 0; i < N; i++) {
      double g = gradient (step, i) * (maximize ? -1 : 1) + decay * p[i];

      if (momentum != 0) {
        m[i] = step == 0 ? g : momentum * m[i] + (1 - dampening) * g;
        g = nesterov ? g + momentum * m[i] : m[i];
      }
      p[i] -= 0.1 * g;
    }
    assert_values (&self, p);
  }
  g_assert_cmpint (tl_optimizer_get_n_steps (self.optimizer), ==, 5);
  fixture_clear (&self);
}

static void
test_sgd (void)
{
  check_sgd (0, 0, 0, FALSE, FALSE);
  check_sgd (0.9, 0, 0, FALSE, FALSE);
  check_sgd (0.9, 0.5, 0.01, FALSE, FALSE);
  check_sgd (0.8, 0, 0.1, TRUE, FALSE);
  check_sgd (0.8, 0, 0.1, FALSE, TRUE);
}

/* The formulas of torch.optim.Adam and AdamW, in double. */
static void
check_adam (const char *row,
            double      decay,
            gboolean    amsgrad)
{
  const TlAttrInput betas[] = { TL_INPUT_NUMBER (0.8), TL_INPUT_NUMBER (0.95) };
  gboolean          decoupled = strcmp (row, "AdamW") == 0;
  Fixture           self;
  double            p[N], m[N] = { 0 }, v[N] = { 0 }, most[N] = { 0 };

  memcpy (p, start, sizeof p);
  fixture_init (&self, row);
  set (&self, "lr", TL_INPUT_NUMBER (0.02));
  set (&self, "betas", TL_INPUT_LIST (betas, 2));
  set (&self, "eps", TL_INPUT_NUMBER (1e-6));
  set (&self, "weight_decay", TL_INPUT_NUMBER (decay));
  set (&self, "amsgrad", TL_INPUT_BOOL (amsgrad));
  for (guint step = 0; step < 7; step++) {
    double bias1 = 1 - pow (0.8, step + 1), bias2 = 1 - pow (0.95, step + 1);

    take_step (&self, step);
    for (guint i = 0; i < N; i++) {
      double g = gradient (step, i) + (decoupled ? 0 : decay * p[i]), root;

      if (decoupled)
        p[i] *= 1 - 0.02 * decay;
      m[i] = 0.8 * m[i] + 0.2 * g;
      v[i] = 0.95 * v[i] + 0.05 * g * g;
      most[i] = MAX (most[i], v[i]);
      root = sqrt (amsgrad ? most[i] : v[i]) / sqrt (bias2) + 1e-6;
      p[i] -= 0.02 / bias1 * m[i] / root;
    }
    assert_values (&self, p);
  }
  fixture_clear (&self);
}

static void
test_adam (void)
{
  check_adam ("Adam", 0, FALSE);
  check_adam ("Adam", 0.1, FALSE);
  check_adam ("Adam", 0, TRUE);
  check_adam ("AdamW", 0.1, FALSE);
  check_adam ("AdamW", 0.1, TRUE);
}

/* Two groups of one optimizer are two optimizers, also where they keep a number and where the rate changes. */
static void
check_groups (const char *row)
{
  const TlOptimizerClass *klass = tl_optimizer_find (row);
  Fixture                 one, two, both;
  g_autoptr (TlVariable)  second = NULL;
  TlAttrValue             attrs[TL_OP_MAX_ATTRS];
  g_autoptr (GError)      error = NULL;

  fixture_init (&one, row);
  fixture_init (&two, row);
  fixture_init (&both, row);
  second = tl_variable_new ("v", TL_VARIABLE_PARAMETER, tl_variable_get_value (both.parameter), &error);
  set (&one, "lr", TL_INPUT_NUMBER (0.02));
  set (&both, "lr", TL_INPUT_NUMBER (0.02));
  set (&two, "lr", TL_INPUT_NUMBER (0.08));
  set (&two, "weight_decay", TL_INPUT_NUMBER (0.1));
  memcpy (attrs, tl_optimizer_get_attrs (two.optimizer), sizeof attrs);
  g_assert_false (tl_optimizer_add_group (both.optimizer, &both.parameter, 1, attrs, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE); /* there are two parameters w */
  g_clear_error (&error);
  tl_optimizer_add_group (both.optimizer, &second, 1, attrs, &error);
  g_assert_no_error (error);
  for (guint step = 0; step < 6; step++) {
    take_step (&one, step);
    take_step (&two, step);
    tl_variable_set_grad (second, tl_variable_get_grad (two.parameter));
    take_step (&both, step);
    tl_optimizer_set_lr (one.optimizer, 0.02 / (step + 2), &error);
    tl_optimizer_set_lr (two.optimizer, 0.08 / (step + 2), &error);
    tl_optimizer_set_lr (both.optimizer, 0.02 / (step + 2), &error);
  }
  for (guint i = 0; i < N; i++) {
    g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (both.parameter), i), ==,
                       tl_tensor_peek_element (tl_variable_get_value (one.parameter), i));
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (tl_variable_get_value (second), i),
                                    tl_tensor_peek_element (tl_variable_get_value (two.parameter), i), 1e-15);
  }
  g_assert_true (klass == tl_optimizer_get_class (both.optimizer));
  fixture_clear (&one);
  fixture_clear (&two);
  fixture_clear (&both);
}

static void
test_groups (void)
{
  check_groups ("SGD");
  check_groups ("AdamW");
  check_groups ("NAdam");
  check_groups ("LAMB");
}

static void
test_clipping (void)
{
  for (guint by_norm = 0; by_norm < 2; by_norm++) {
    Fixture self;
    double  p[N], norm = 0;

    memcpy (p, start, sizeof p);
    fixture_init (&self, "SGD");
    set (&self, "lr", TL_INPUT_NUMBER (1));
    if (by_norm)
      tl_optimizer_set_clip_norm (self.optimizer, 0.5);
    else
      tl_optimizer_set_clip_value (self.optimizer, 0.3);
    take_step (&self, 0);
    for (guint i = 0; i < N; i++)
      norm += pow (gradient (0, i), 2);
    norm = sqrt (norm);
    g_assert_cmpfloat (norm, >, 0.5);
    for (guint i = 0; i < N; i++)
      p[i] -= by_norm ? gradient (0, i) * 0.5 / (norm + 1e-6) : CLAMP (gradient (0, i), -0.3, 0.3);
    assert_values (&self, p);
    /* A norm that is small enough changes nothing. */
    if (by_norm) {
      tl_optimizer_set_clip_norm (self.optimizer, 1000);
      take_step (&self, 1);
      for (guint i = 0; i < N; i++)
        p[i] -= gradient (1, i);
      assert_values (&self, p);
    }
    fixture_clear (&self);
  }
}

static gboolean
collect_path (TlVariable *variable,
              gpointer    paths)
{
  g_ptr_array_add (paths, g_strdup (tl_variable_get_path (variable)));
  return TRUE;
}

static void
test_variables (void)
{
  Fixture               self;
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError)    error = NULL;

  fixture_init (&self, "Adam");
  tl_optimizer_foreach_variable (self.optimizer, collect_path, paths);
  g_assert_cmpuint (paths->len, ==, 4);
  g_assert_cmpstr (paths->pdata[0], ==, "optimizer.lr");
  g_assert_cmpstr (paths->pdata[1], ==, "optimizer.step");
  g_assert_cmpstr (paths->pdata[2], ==, "optimizer.w.exp_avg");
  g_assert_cmpstr (paths->pdata[3], ==, "optimizer.w.exp_avg_sq");
  g_ptr_array_set_size (paths, 0);
  tl_optimizer_set_path (self.optimizer, "optimizer_d");
  tl_optimizer_foreach_variable (self.optimizer, collect_path, paths);
  g_assert_cmpstr (paths->pdata[3], ==, "optimizer_d.w.exp_avg_sq");
  g_assert_false (tl_optimizer_set_lr (self.optimizer, NAN, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  fixture_clear (&self);
}

static void
test_errors (void)
{
  Fixture                 self;
  g_autoptr (GError)      error = NULL;
  g_autoptr (TlOptimizer) none = NULL;
  TlVariable             *twice[2];

  fixture_init (&self, "SGD");
  g_assert_false (tl_optimizer_set_attr (self.optimizer, "lr", &TL_INPUT_STRING ("abc"), &error));
  g_assert_cmpstr (error->message, ==, "SGD: lr = \"abc\": a number is wanted");
  g_clear_error (&error);
  g_assert_false (tl_optimizer_set_attr (self.optimizer, "lr", &TL_INPUT_NUMBER (-1), &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_clear_error (&error);
  g_assert_false (tl_optimizer_set_attr (self.optimizer, "momentun", &TL_INPUT_NUMBER (0.9), &error));
  g_assert_cmpstr (error->message, ==, "SGD has no attribute momentun; did you mean momentum?");
  g_clear_error (&error);
  g_assert_false (tl_optimizer_set_attr (self.optimizer, "nesterov", &TL_INPUT_BOOL (TRUE), &error));
  g_assert_cmpstr (error->message, ==, "SGD: nesterov wants momentum > 0 and dampening = 0, not 0 and 0");
  g_clear_error (&error);
  none = tl_optimizer_new (tl_optimizer_find ("SGD"), NULL, 0, NULL, &error);
  g_assert_null (none);
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_clear_error (&error);
  twice[0] = twice[1] = self.parameter;
  none = tl_optimizer_new (tl_optimizer_find ("SGD"), twice, 2, NULL, &error);
  g_assert_null (none);
  g_assert_cmpstr (error->message, ==, "optimizer: there are two parameters w");
  g_assert_null (tl_optimizer_find ("sgd"));
  fixture_clear (&self);
}

/* Without gradients nothing happens, not even a count. */
static void
test_no_gradient (void)
{
  Fixture            self;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, "Adam");
  tl_optimizer_step (self.optimizer, &error);
  g_assert_no_error (error);
  assert_values (&self, start);
  g_assert_cmpint (tl_optimizer_get_n_steps (self.optimizer), ==, 0);
  take_step (&self, 0);
  g_assert_cmpint (tl_optimizer_get_n_steps (self.optimizer), ==, 1);
  g_assert_nonnull (tl_variable_get_grad (self.parameter));
  tl_optimizer_zero_grad (self.optimizer);
  g_assert_null (tl_variable_get_grad (self.parameter));
  fixture_clear (&self);
}

/* More parameters than one operation takes, of two dtypes. */
typedef struct {
  TlContext *context;
  gulong     delay_us;
} Interrupt;

static gpointer
interrupt_cb (gpointer data)
{
  Interrupt *self = data;

  g_usleep (self->delay_us);
  tl_context_cancel (self->context);
  return NULL;
}

/* An eager step that is interrupted anywhere has changed all parameters or none. */
static void
test_interrupted (void)
{
  static const char *const names[] = { "a", "b", "c", "d" };
  const TlDim              n = 500000;
  TlVariable              *parameters[4];
  TlOptimizer             *optimizer;
  guint                    n_done = 0;

  for (guint i = 0; i < G_N_ELEMENTS (parameters); i++) {
    g_autoptr (TlTensor) value = tl_ones (1, &n, TL_DTYPE_F32, NULL);

    parameters[i] = tl_variable_new (names[i], TL_VARIABLE_PARAMETER, value, NULL);
    tl_variable_set_grad (parameters[i], value);
  }
  optimizer = tl_optimizer_new (tl_optimizer_find ("Adam"), parameters, G_N_ELEMENTS (parameters), NULL, NULL);
  for (gulong delay_us = 0; delay_us < 2000; delay_us += 50) {
    Interrupt          interrupt = { tl_context_get (), delay_us };
    GThread           *thread = g_thread_new ("interrupt", interrupt_cb, &interrupt);
    g_autoptr (GError) error = NULL;
    gboolean           ok = tl_optimizer_step (optimizer, &error);
    float              first = 0;

    g_thread_join (thread);
    tl_context_clear_cancel (tl_context_get ());
    n_done += ok;
    g_assert_cmpint (tl_optimizer_get_n_steps (optimizer), ==, n_done);
    for (guint i = 0; i < G_N_ELEMENTS (parameters); i++) {
      const float *x = tl_tensor_peek_data (tl_variable_get_value (parameters[i]));

      first = i == 0 ? x[0] : first;
      for (TlDim j = 0; j < n; j += 997)
        g_assert_cmpfloat (x[j], ==, first);
    }
  }
  g_assert_cmpuint (n_done, >, 0);
  tl_optimizer_unref (optimizer);
  for (guint i = 0; i < G_N_ELEMENTS (parameters); i++)
    tl_variable_unref (parameters[i]);
}

static void
test_many (void)
{
  enum { MANY = 3000 };
  g_autofree TlVariable **parameters = g_new0 (TlVariable *, MANY);
  g_autoptr (TlOptimizer) optimizer = NULL;
  g_autoptr (GError)      error = NULL;
  const TlDim             n = 2;

  for (guint i = 0; i < MANY; i++) {
    TlDType              dtype = i % 3 == 0 ? TL_DTYPE_F64 : TL_DTYPE_F32;
    g_autoptr (TlTensor) value = random_tensor (dtype, 1, &n, 1);
    g_autofree char     *path = g_strdup_printf ("p%u", i);

    parameters[i] = tl_variable_new (path, TL_VARIABLE_PARAMETER, value, &error);
    tl_variable_set_grad (parameters[i], value);
  }
  optimizer = tl_optimizer_new (tl_optimizer_find ("SGD"), parameters, MANY, NULL, &error);
  tl_optimizer_set_lr (optimizer, 0.5, &error);
  tl_optimizer_set_clip_norm (optimizer, 1e9);
  tl_optimizer_step (optimizer, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < MANY; i++) {
    double before = tl_tensor_peek_element (tl_variable_get_grad (parameters[i]), 1);

    g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (parameters[i]), 1), ==, before / 2);
  }
  for (guint i = 0; i < MANY; i++)
    tl_variable_unref (parameters[i]);
}

static double
lr_at (const char *name,
       const char *text, /* "name = value", "" for none */
       gint64      step)
{
  const TlScheduleClass   *klass = tl_schedule_find (name);
  const TlSchedulePosition position = { step, 100, 10 };
  TlAttrValue              values[TL_OP_MAX_ATTRS];
  g_auto (GStrv)           items = g_strsplit (text, ",", -1);
  g_autoptr (GError)       error = NULL;

  g_assert_nonnull (klass);
  tl_attr_init_defaults (klass->attrs, values);
  for (guint i = 0; items[i] != NULL; i++) {
    g_auto (GStrv) parts = g_strsplit (items[i], "=", 2);

    tl_attr_set_text (name, klass->attrs, values, g_strstrip (parts[0]), parts[1], &error);
    g_assert_no_error (error);
  }
  return tl_schedule_get_lr (klass, values, 0.5, &position);
}

#define ASSERT_LR(name, text, step, want) g_assert_cmpfloat_with_epsilon (lr_at (name, text, step), want, 1e-15)

static void
test_schedules (void)
{
  ASSERT_LR ("constant", "", 73, 0.5);
  ASSERT_LR ("step", "step_size = 3", 29, 0.5);
  ASSERT_LR ("step", "step_size = 3", 30, 0.05);
  ASSERT_LR ("step", "step_size = 3, gamma = 0.5, unit = step", 7, 0.125);
  ASSERT_LR ("exponential", "gamma = 0.9", 25, 0.5 * 0.81);
  ASSERT_LR ("cosine", "", 0, 0.5);
  ASSERT_LR ("cosine", "", 50, 0.25);
  ASSERT_LR ("cosine", "eta_min = 0.1", 100, 0.1);
  ASSERT_LR ("cosine", "eta_min = 0.1", 500, 0.1);
  ASSERT_LR ("cosine", "T_max = 20", 10, 0.25);
  ASSERT_LR ("cosine", "unit = epoch", 59, 0.25);
  ASSERT_LR ("cosine", "warmup = 9", 0, 0.05);
  ASSERT_LR ("cosine", "warmup = 9", 9, 0.5);
  ASSERT_LR ("warmup", "total_iters = 10", 0, 0.05);
  ASSERT_LR ("warmup", "total_iters = 10", 5, 0.5 * 0.55);
  ASSERT_LR ("warmup", "total_iters = 10", 40, 0.5);
  g_assert_null (tl_schedule_find ("Cosine"));
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++)
    g_assert_true (tl_schedule_find (tl_schedule_get_row (i)->name) == tl_schedule_get_row (i));
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++) {
    g_assert_true (tl_optimizer_find (tl_optimizer_get_row (i)->name) == tl_optimizer_get_row (i));
    g_assert_cmpstr (tl_optimizer_get_row (i)->attrs[0].name, ==, "lr");
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/optim/optimizer/sgd", test_sgd);
  g_test_add_func ("/optim/optimizer/adam", test_adam);
  g_test_add_func ("/optim/optimizer/clipping", test_clipping);
  g_test_add_func ("/optim/optimizer/groups", test_groups);
  g_test_add_func ("/optim/optimizer/variables", test_variables);
  g_test_add_func ("/optim/optimizer/errors", test_errors);
  g_test_add_func ("/optim/optimizer/no-gradient", test_no_gradient);
  g_test_add_func ("/optim/optimizer/interrupted", test_interrupted);
  g_test_add_func ("/optim/optimizer/many", test_many);
  g_test_add_func ("/optim/optimizer/schedules", test_schedules);
  return g_test_run ();
}
