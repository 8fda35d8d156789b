/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The training loops that people write, at once and planned.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/optim/optimizer.h"
#include "tests/nn/nn-util.h"

typedef struct {
  TlModel     *model;
  TlOptimizer *optimizer;
  TlTensor    *x;
  TlTensor    *target;
} Training;

static TlOptimizer *
optimizer_for (TlModel    *model,
               const char *row)
{
  g_autoptr (GPtrArray) parameters = tl_model_get_parameters (model);
  g_autoptr (GError)    error = NULL;
  TlOptimizer          *optimizer;

  optimizer = tl_optimizer_new (tl_optimizer_find (row), (TlVariable *const *)parameters->pdata, parameters->len, NULL, &error);
  g_assert_no_error (error);
  return optimizer;
}

static void
training_init (Training   *self,
               const char *row,
               gint64      batch)
{
  const TlDim        shape[] = { batch, 12 };
  g_autoptr (GError) error = NULL;

  self->model = mlp_new (TL_DTYPE_F32, 12, 32, 4);
  self->optimizer = optimizer_for (self->model, row);
  tl_optimizer_set_lr (self->optimizer, 0.05, &error);
  if (strcmp (row, "SGD") == 0)
    tl_optimizer_set_attr (self->optimizer, "momentum", &TL_INPUT_NUMBER (0.9), &error);
  g_assert_no_error (error);
  self->x = random_tensor (TL_DTYPE_F32, 2, shape, 11);
  self->target = random_classes (batch, 4, 12);
}

static void
training_clear (Training *self)
{
  tl_optimizer_unref (self->optimizer);
  tl_model_unref (self->model);
  tl_tensor_unref (self->x);
  tl_tensor_unref (self->target);
}

/* One step over given operands: at once, or recorded. */
static TlTensor *
step (Training *self,
      TlTensor *x,
      TlTensor *target)
{
  g_autoptr (TlTensor) y = model_call (self->model, x);
  g_autoptr (GError)   error = NULL;
  TlTensor            *loss = tl_cross_entropy (y, target, TL_REDUCTION_MEAN, &error);

  g_assert_no_error (error);
  tl_optimizer_zero_grad (self->optimizer);
  tl_backward (loss, NULL, FALSE, &error);
  g_assert_no_error (error);
  tl_optimizer_step (self->optimizer, &error);
  g_assert_no_error (error);
  return loss;
}

static TlPlan *
plan_step (Training   *self,
           TlPlanFlags flags)
{
  TlTrace             *trace = tl_trace_begin (tl_context_get ());
  TlDim                shape[] = { tl_dim_symbol ("N"), 12 };
  TlMeta               meta;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;
  TlPlan              *plan;

  tl_meta_init (&meta, TL_DTYPE_F32, 2, shape);
  x = tl_trace_add_input (trace, &meta);
  tl_meta_init (&meta, TL_DTYPE_I64, 1, shape);
  target = tl_trace_add_input (trace, &meta);
  loss = step (self, x, target);
  plan = tl_plan_new (trace, &loss, 1, flags, &error);
  g_assert_no_error (error);
  return plan;
}

static gboolean
same_state (TlVariable *variable,
            gpointer    others)
{
  TlVariable *twin = g_hash_table_lookup (others, tl_variable_get_path (variable));

  g_assert_nonnull (twin);
  assert_same_bits (tl_variable_get_value (variable), tl_variable_get_value (twin));
  return TRUE;
}

static gboolean
collect (TlVariable *variable,
         gpointer    table)
{
  g_hash_table_insert (table, (gpointer)tl_variable_get_path (variable), variable);
  return TRUE;
}

static void
assert_same_training (Training *a,
                      Training *b)
{
  g_autoptr (GHashTable) others = g_hash_table_new (g_str_hash, g_str_equal);

  assert_same_variables (a->model, b->model);
  tl_optimizer_foreach_variable (b->optimizer, collect, others);
  tl_optimizer_foreach_variable (a->optimizer, same_state, others);
}

/* A planned step takes the same bits as the same step at once, with a learning rate that changes in between. */
static void
check_planned (const char *row,
               double      max_norm,
               double      max_value)
{
  Training           now, planned;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;

  training_init (&now, row, 16);
  training_init (&planned, row, 16);
  tl_optimizer_set_clip_norm (now.optimizer, max_norm);
  tl_optimizer_set_clip_norm (planned.optimizer, max_norm);
  tl_optimizer_set_clip_value (now.optimizer, max_value);
  tl_optimizer_set_clip_value (planned.optimizer, max_value);
  plan = plan_step (&planned, TL_PLAN_UNFUSED);
  for (guint i = 0; i < 6; i++) {
    g_autoptr (TlTensor) loss = step (&now, now.x, now.target);
    TlTensor            *in[] = { planned.x, planned.target };

    tl_plan_run (plan, in, 2, &error);
    g_assert_no_error (error);
    assert_same_bits (tl_plan_peek_output (plan, 0), loss);
    assert_same_training (&now, &planned);
    tl_optimizer_set_lr (now.optimizer, 0.05 / (i + 2), &error);
    tl_optimizer_set_lr (planned.optimizer, 0.05 / (i + 2), &error);
  }
  g_assert_cmpint (tl_optimizer_get_n_steps (planned.optimizer), ==, 6);
  training_clear (&now);
  training_clear (&planned);
}

static void
test_planned (void)
{
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++)
    /* Muon is for matrices only, and the model has biases; what computes the loss itself cannot be planned. */
    if (strcmp (tl_optimizer_get_row (i)->name, "Muon") != 0 && tl_optimizer_get_row (i)->minimize == NULL)
      check_planned (tl_optimizer_get_row (i)->name, i % 2 == 0 ? 0 : 0.1, 0);
  check_planned ("SGD", 0.1, 0.01);
}

static TlTensor *
trained_weight (guint n_threads)
{
  TlContext         *context = tl_context_new (n_threads);
  TlContext         *before = tl_context_make_current (context);
  Training           self;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  TlTensor          *in[2], *weight;

  training_init (&self, "Adam", 300);
  tl_optimizer_set_clip_norm (self.optimizer, 0.5);
  plan = plan_step (&self, 0);
  in[0] = self.x;
  in[1] = self.target;
  for (guint i = 0; i < 5; i++)
    tl_plan_run (plan, in, 2, &error);
  g_assert_no_error (error);
  weight = tl_tensor_ref (tl_variable_get_value (tl_model_find_variable (self.model, "fc1.weight")));
  g_clear_pointer (&plan, tl_plan_unref);
  training_clear (&self);
  tl_context_make_current (before);
  tl_context_free (context);
  return weight;
}

static void
test_threads (void)
{
  g_autoptr (TlTensor) one = trained_weight (1);
  g_autoptr (TlTensor) two = trained_weight (2);

  assert_same_bits (one, two);
}

/* It learns: the loss on what it sees falls to nothing. */
static void
test_learns (void)
{
  const char *const rows[] = { "SGD", "Adam", "AdamW" };

  for (guint k = 0; k < G_N_ELEMENTS (rows); k++) {
    Training           self;
    g_autoptr (TlPlan) plan = NULL;
    g_autoptr (GError) error = NULL;
    TlTensor          *in[2];

    training_init (&self, rows[k], 16);
    plan = plan_step (&self, 0);
    in[0] = self.x;
    in[1] = self.target;
    for (guint i = 0; i < 300; i++)
      tl_plan_run (plan, in, 2, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (number_of (tl_plan_peek_output (plan, 0)), <, 0.02);
    training_clear (&self);
  }
}

/* A value that was read before a step stays what it was. */
static void
test_value_read_before (void)
{
  Training             self;
  g_autoptr (TlTensor) held = NULL;
  g_autoptr (TlTensor) after = NULL;
  g_autoptr (TlTensor) loss = NULL;
  double               first, bias;

  training_init (&self, "SGD", 16);
  held = tl_read (tl_model_find_variable (self.model, "fc2.bias"));
  bias = tl_tensor_peek_element (held, 0);
  loss = step (&self, self.x, self.target);
  first = number_of (loss);
  g_assert_cmpfloat (tl_tensor_peek_element (held, 0), ==, bias);
  after = tl_read (tl_model_find_variable (self.model, "fc2.bias"));
  g_assert_cmpfloat (tl_tensor_peek_element (after, 0), !=, bias);
  g_clear_pointer (&loss, tl_tensor_unref);
  loss = step (&self, self.x, self.target);
  g_assert_cmpfloat (number_of (loss), <, first);
  training_clear (&self);
}

static TlTensor *
slice_rows (TlTensor *x,
            gint64    from,
            gint64    n)
{
  TlMeta meta = *tl_tensor_get_meta (x);

  meta.shape[0] = n;
  meta.offset = meta.offset + from * meta.strides[0];
  return tl_tensor_new_wrapped (&meta, tl_tensor_get_storage (x));
}

/* Four small batches, their gradients added up, are one large batch. */
static void
test_accumulation (void)
{
  Training           whole, parts;
  g_autoptr (GError) error = NULL;
  TlTensor          *a, *b;

  training_init (&whole, "SGD", 16);
  training_init (&parts, "SGD", 16);
  for (guint round = 0; round < 3; round++) {
    g_autoptr (TlTensor) loss = step (&whole, whole.x, whole.target);

    tl_optimizer_zero_grad (parts.optimizer);
    for (guint i = 0; i < 4; i++) {
      g_autoptr (TlTensor) x = slice_rows (parts.x, 4 * i, 4);
      g_autoptr (TlTensor) target = slice_rows (parts.target, 4 * i, 4);
      g_autoptr (TlTensor) y = model_call (parts.model, x);
      g_autoptr (TlTensor) sum = tl_cross_entropy (y, target, TL_REDUCTION_SUM, &error);
      g_autoptr (TlTensor) sixteen = tl_tensor_new_number (16, FALSE);
      g_autoptr (TlTensor) share = tl_div (sum, sixteen, &error);

      tl_backward (share, NULL, FALSE, &error);
      g_assert_no_error (error);
    }
    tl_optimizer_step (parts.optimizer, &error);
    g_assert_no_error (error);
  }
  a = tl_variable_get_value (tl_model_find_variable (whole.model, "fc1.weight"));
  b = tl_variable_get_value (tl_model_find_variable (parts.model, "fc1.weight"));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++)
    g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (a, i), tl_tensor_peek_element (b, i), 1e-5);
  training_clear (&whole);
  training_clear (&parts);
}

/* A GAN: two optimizers; each step leaves the other's parameters alone. */
static void
test_two_optimizers (void)
{
  g_autoptr (TlModel)     generator = mlp_new (TL_DTYPE_F32, 3, 16, 2);
  g_autoptr (TlModel)     critic = mlp_new (TL_DTYPE_F32, 2, 16, 2);
  g_autoptr (TlOptimizer) of_generator = optimizer_for (generator, "Adam");
  g_autoptr (TlOptimizer) of_critic = optimizer_for (critic, "Adam");
  g_autoptr (TlTensor)    critic_before = NULL;
  const TlDim             noise_shape[] = { 20, 3 }, real_shape[] = { 20, 2 };
  g_autoptr (TlTensor)    noise = random_tensor (TL_DTYPE_F32, 2, noise_shape, 1);
  g_autoptr (TlTensor)    real = random_tensor (TL_DTYPE_F32, 2, real_shape, 2);
  gint64                  zeros[20] = { 0 }, ones[20];
  const TlDim             n = 20;
  g_autoptr (TlTensor)    is_fake = NULL;
  g_autoptr (TlTensor)    is_real = NULL;
  g_autoptr (GError)      error = NULL;

  for (guint i = 0; i < 20; i++)
    ones[i] = 1;
  is_fake = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, zeros, &error);
  is_real = tl_tensor_new_from_data (TL_DTYPE_I64, 1, &n, ones, &error);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (TlTensor) fake = model_call (generator, noise);
    g_autoptr (TlTensor) cut = tl_detach (fake);
    g_autoptr (TlTensor) on_fake = model_call (critic, cut);
    g_autoptr (TlTensor) on_real = model_call (critic, real);
    g_autoptr (TlTensor) fake_loss = tl_cross_entropy (on_fake, is_fake, TL_REDUCTION_MEAN, &error);
    g_autoptr (TlTensor) real_loss = tl_cross_entropy (on_real, is_real, TL_REDUCTION_MEAN, &error);
    g_autoptr (TlTensor) loss = tl_add (fake_loss, real_loss, &error);
    g_autoptr (TlTensor) judged = NULL;
    g_autoptr (TlTensor) fooled = NULL;

    tl_optimizer_zero_grad (of_critic);
    tl_optimizer_zero_grad (of_generator);
    tl_backward (loss, NULL, FALSE, &error);
    g_assert_no_error (error);
    g_assert_null (tl_variable_get_grad (tl_model_find_variable (generator, "fc1.weight")));
    tl_optimizer_step (of_critic, &error);
    judged = model_call (critic, fake);
    fooled = tl_cross_entropy (judged, is_real, TL_REDUCTION_MEAN, &error);
    tl_optimizer_zero_grad (of_generator);
    tl_backward (fooled, NULL, FALSE, &error);
    g_assert_no_error (error);
    g_assert_nonnull (tl_variable_get_grad (tl_model_find_variable (generator, "fc1.weight")));
    g_clear_pointer (&critic_before, tl_tensor_unref);
    critic_before = tl_read (tl_model_find_variable (critic, "fc1.weight"));
    tl_optimizer_step (of_generator, &error);
    g_assert_no_error (error);
    assert_same_bits (critic_before, tl_variable_get_value (tl_model_find_variable (critic, "fc1.weight")));
  }
  g_assert_cmpint (tl_optimizer_get_n_steps (of_generator), ==, 5);
}

/* state = tanh (cell (state + x_t)) over sequences of any length; gradients go through all of them. */
static void
test_recurrent (void)
{
  g_autoptr (TlModel)     cell = mlp_new (TL_DTYPE_F32, 6, 8, 6);
  g_autoptr (TlOptimizer) optimizer = optimizer_for (cell, "SGD");
  const TlDim             shape[] = { 2, 6 };
  g_autoptr (GError)      error = NULL;

  for (guint length = 1; length < 12; length++) {
    g_autoptr (TlTensor) state = random_tensor (TL_DTYPE_F32, 2, shape, 1);
    g_autoptr (TlTensor) loss = NULL;
    double               sum = 0;
    TlTensor            *grad;

    for (guint t = 0; t < length; t++) {
      g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, t);
      g_autoptr (TlTensor) in = tl_add (state, x, &error);
      g_autoptr (TlTensor) out = model_call (cell, in);

      tl_tensor_unref (state);
      state = tl_tanh (out, &error);
      g_assert_no_error (error);
    }
    loss = tl_sum (state, NULL, 0, FALSE, &error);
    tl_optimizer_zero_grad (optimizer);
    tl_backward (loss, NULL, FALSE, &error);
    tl_optimizer_step (optimizer, &error);
    g_assert_no_error (error);
    grad = tl_variable_get_grad (tl_model_find_variable (cell, "fc1.weight"));
    for (gsize i = 0; i < tl_tensor_get_n_elements (grad); i++)
      sum += fabs (tl_tensor_peek_element (grad, i));
    g_assert_cmpfloat (sum, >, 0);
    g_assert_true (isfinite (sum));
  }
}

static gsize
live_bytes (void)
{
  TlMemoryStats stats;

  tl_memory_get_stats (&stats);
  return stats.n_live;
}

/* 10,000 steps at once and 10,000 planned ones hold no more memory at the end than after the tenth. */
static void
test_flat_memory (void)
{
  Training           self;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  TlMemoryStats      early, late;
  gsize              live = 0;
  TlTensor          *in[2];

  training_init (&self, "Adam", 4);
  in[0] = self.x;
  in[1] = self.target;
  for (guint i = 0; i < 10000; i++) {
    g_autoptr (TlTensor) loss = step (&self, self.x, self.target);

    if (i == 10)
      live = live_bytes ();
    if (i > 10)
      g_assert_cmpuint (live_bytes (), ==, live);
  }
  plan = plan_step (&self, 0);
  for (guint i = 0; i < 10000; i++) {
    tl_plan_run (plan, in, 2, &error);
    g_assert_no_error (error);
    if (i == 1)
      tl_memory_get_stats (&early);
  }
  tl_memory_get_stats (&late);
  g_assert_cmpuint (late.n_live, ==, early.n_live);
  g_assert_cmpuint (late.n_allocs, ==, early.n_allocs);
  training_clear (&self);
}

/* A mistake while a step is traced names the node, and leaves everything usable. */
static void
test_error_in_trace (void)
{
  Training             self, twin;
  TlContext           *context = tl_context_get ();
  TlTrace             *trace;
  TlDim                shape[] = { tl_dim_symbol ("N"), 13 };
  TlMeta               meta;
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) loss = NULL;
  TlTensor            *y = NULL;

  training_init (&self, "Adam", 8);
  training_init (&twin, "Adam", 8);
  trace = tl_trace_begin (context);
  {
    g_autoptr (TlTensor) x = NULL;

    tl_meta_init (&meta, TL_DTYPE_F32, 2, shape);
    x = tl_trace_add_input (trace, &meta);
    g_assert_false (tl_model_forward (self.model, &x, 1, &y, 1, &error));
    g_assert_cmpstr (error->message, ==, "mlp: input x is f32 [N, 12], f32 [N, 13] was given");
  }
  tl_trace_abandon (trace);
  g_assert_false (tl_trace_is_active (context));
  assert_same_training (&self, &twin);
  loss = step (&self, self.x, self.target);
  g_assert_true (isfinite (number_of (loss)));
  training_clear (&self);
  training_clear (&twin);
}

/* A number that is none stops a checked step before anything changes. */
static void
test_trip (void)
{
  Training           self, twin;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  TlTensor          *in[2];

  training_init (&self, "Adam", 8);
  training_init (&twin, "Adam", 8);
  plan = plan_step (&self, TL_PLAN_CHECKED);
  ((float *)tl_tensor_peek_data (self.x))[3] = NAN;
  in[0] = self.x;
  in[1] = self.target;
  g_assert_false (tl_plan_run (plan, in, 2, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NUMERIC);
  assert_same_training (&self, &twin);
  training_clear (&self);
  training_clear (&twin);
}

static gpointer
cancel_soon (gpointer context)
{
  g_usleep (3000);
  tl_context_cancel (context);
  return NULL;
}

/* Stopped in the middle of a step, a plan has changed nothing: state and count of steps agree with a twin that took as many. */
static void
test_interrupt (void)
{
  TlContext         *context = tl_context_get ();
  Training           self, twin;
  g_autoptr (TlPlan) plan = NULL;
  g_autoptr (TlPlan) twin_plan = NULL;
  g_autoptr (GError) error = NULL;
  TlTensor          *in[2];
  guint              n_steps = 0;

  training_init (&self, "Adam", 2000);
  training_init (&twin, "Adam", 2000);
  plan = plan_step (&self, 0);
  twin_plan = plan_step (&twin, 0);
  in[0] = self.x;
  in[1] = self.target;
  for (guint round = 0; round < 5; round++) {
    GThread *thread = g_thread_new ("cancel", cancel_soon, context);

    while (tl_plan_run (plan, in, 2, &error))
      n_steps++;
    g_thread_join (thread);
    g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
    g_clear_error (&error);
    tl_context_clear_cancel (context);
  }
  for (guint i = 0; i < n_steps; i++)
    tl_plan_run (twin_plan, in, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpint (tl_optimizer_get_n_steps (self.optimizer), ==, n_steps);
  assert_same_training (&self, &twin);
  /* At once: an operation that is asked to stop before it runs changes nothing either. */
  {
    g_autoptr (TlTensor) y = model_call (self.model, self.x);
    g_autoptr (TlTensor) loss = tl_cross_entropy (y, self.target, TL_REDUCTION_MEAN, &error);

    tl_context_cancel (context);
    g_assert_false (tl_backward (loss, NULL, FALSE, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
    tl_context_clear_cancel (context);
    assert_same_training (&self, &twin);
  }
  training_clear (&self);
  training_clear (&twin);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/optim/loops/planned", test_planned);
  g_test_add_func ("/optim/loops/threads", test_threads);
  g_test_add_func ("/optim/loops/learns", test_learns);
  g_test_add_func ("/optim/loops/value-read-before", test_value_read_before);
  g_test_add_func ("/optim/loops/accumulation", test_accumulation);
  g_test_add_func ("/optim/loops/two-optimizers", test_two_optimizers);
  g_test_add_func ("/optim/loops/recurrent", test_recurrent);
  g_test_add_func ("/optim/loops/flat-memory", test_flat_memory);
  g_test_add_func ("/optim/loops/error-in-trace", test_error_in_trace);
  g_test_add_func ("/optim/loops/trip", test_trip);
  g_test_add_func ("/optim/loops/interrupt", test_interrupt);
  return g_test_run ();
}
