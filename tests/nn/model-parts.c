/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models in models: sub-models, repeats, checkpoints, residuals, several outputs, clones.
 */
#include "tests/nn/model-tests.h"

static TlModel *
block_new (void)
{
  TlModel *block = tl_model_new ("block");

  add_node (block, "x", "Input", NULL, "shape = {B, 8}");
  add_node (block, "fc", "Linear", "x", "out = 8");
  add_node (block, "act", "Tanh", "fc", NULL);
  add_node (block, "sum", "Add", "x act", NULL);
  return block;
}

static void
test_sub_models (void)
{
  g_autoptr (TlModel)  block = block_new ();
  g_autoptr (TlModel)  model = tl_model_new ("net");
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 3, 8 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) by_hand = tl_tensor_ref (x);
  TlModelCost          cost, inner;

  add_node (model, "image", "Input", NULL, "shape = {N, 8}");
  tl_model_add_model (model, "body", block, 3, &error);
  tl_model_connect (model, "image", 0, "body", 0, &error);
  tl_model_add_model (model, "head", block, 1, &error);
  tl_model_connect (model, "body", 0, "head", 0, &error);
  g_assert_no_error (error);
  build_model (model);
  g_assert_nonnull (tl_model_find_variable (model, "body.0.fc.weight"));
  g_assert_nonnull (tl_model_find_variable (model, "body.2.fc.bias"));
  g_assert_nonnull (tl_model_find_variable (model, "head.fc.weight"));
  g_assert_null (tl_model_find_variable (model, "body.3.fc.weight"));
  assert_node_shape (model, "body.1.fc", "[N, 8]");
  y = model_call (model, x);
  for (guint i = 0; i < 4; i++) {
    g_autofree char     *prefix = i < 3 ? g_strdup_printf ("body.%u.fc", i) : g_strdup ("head.fc");
    g_autofree char     *weight_path = g_strconcat (prefix, ".weight", NULL);
    g_autofree char     *bias_path = g_strconcat (prefix, ".bias", NULL);
    g_autoptr (TlTensor) weight = tl_read (tl_model_find_variable (model, weight_path));
    g_autoptr (TlTensor) bias = tl_read (tl_model_find_variable (model, bias_path));
    g_autoptr (TlTensor) linear = tl_linear (by_hand, weight, bias, &error);
    g_autoptr (TlTensor) act = tl_tanh (linear, &error);
    TlTensor            *sum = tl_add (by_hand, act, &error);

    g_assert_no_error (error);
    tl_tensor_unref (by_hand);
    by_hand = sum;
  }
  assert_same_bits (y, by_hand);
  tl_model_measure (model, NULL, 0, &cost, &error);
  g_assert_no_error (error);
  g_assert_cmpint (cost.n_parameters, ==, 4 * 72);
  g_assert_true (tl_model_get_node_cost (model, "body", &inner));
  g_assert_cmpint (inner.n_parameters, ==, 3 * 72);
  g_assert_cmpfloat (cost.flops, >, 4 * 2 * 64);
  /* A mistake inside is told with its path, once. */
  tl_model_set_attr_text (block, "fc", "out", "9", NULL);
  g_assert_false (tl_model_build (model, &error));
  g_assert_cmpuint (tl_model_get_n_problems (model), ==, 1);
  g_assert_cmpstr (tl_model_get_problem (model, 0)->node, ==, "body.0.sum");
  g_clear_error (&error);
  tl_model_set_attr_text (block, "fc", "out", "8", NULL);
  build_model (model);
  g_assert_false (tl_model_add_model (block, "self", model, 1, &error));
  g_assert_cmpstr (error->message, ==, "the model net contains itself");
}

static void
test_clone (void)
{
  g_autoptr (TlModel) model = mlp_new (TL_DTYPE_F32, 4, 5, 3);
  g_autoptr (TlModel) copy = NULL;
  g_autoptr (GError)  error = NULL;
  TlVariable         *weight = tl_model_find_variable (model, "fc2.weight");

  ((float *)tl_variable_begin_write (weight, NULL))[2] = 7;
  copy = tl_model_clone (model, &error);
  g_assert_no_error (error);
  assert_same_variables (model, copy);
  ((float *)tl_variable_begin_write (weight, NULL))[2] = 8;
  g_assert_cmpfloat (tl_tensor_peek_element (tl_variable_get_value (tl_model_find_variable (copy, "fc2.weight")), 2), ==, 7);
}

/* A graph cell may hold its loss, and a model operations and several outputs. */
static void
test_structure (void)
{
  g_autoptr (TlModel)  model = tl_model_new ("m");
  g_autoptr (GError)   error = NULL;
  const TlDim          shape[] = { 4, 6 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) target = random_classes (4, 3, 2);
  TlTensor            *in[] = { x, target };
  TlTensor            *out[2] = { NULL };
  const char          *name;
  const char          *from;
  guint                output;
  TlModelNodeInfo      info;

  add_node (model, "loss", "CrossEntropyLoss", "fc label", NULL); /* before its inputs */
  add_node (model, "x", "Input", NULL, "shape = {N, 6}");
  add_node (model, "label", "Input", NULL, "shape = {N}, dtype = i64");
  add_node (model, "scaled", "mul", "x x", NULL);
  add_node (model, "fc", "Linear", "scaled", "out = 3");
  add_node (model, "shares", "Softmax", "fc", NULL);
  build_model (model);
  g_assert_cmpuint (tl_model_get_n_inputs (model), ==, 2);
  g_assert_cmpuint (tl_model_get_n_outputs (model), ==, 2);
  tl_model_get_output (model, 1, &name);
  g_assert_cmpstr (name, ==, "shares");
  tl_model_forward (model, in, 2, out, 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_tensor_get_rank (out[0]), ==, 0);
  g_assert_cmpint (tl_tensor_get_shape (out[1])[1], ==, 3);
  tl_tensor_unref (out[0]);
  tl_tensor_unref (out[1]);
  tl_model_add_output (model, "fc", 0, &error);
  build_model (model);
  g_assert_cmpuint (tl_model_get_n_outputs (model), ==, 1);
  tl_model_get_node (model, (guint)tl_model_find_node (model, "fc"), &info);
  g_assert_cmpstr (info.row, ==, "Linear");
  g_assert_cmpuint (info.given, ==, 1u << 1);
  g_assert_true (tl_model_get_link (model, (guint)tl_model_find_node (model, "loss"), 1, &from, &output));
  g_assert_cmpstr (from, ==, "label");
  /* The batch of two inputs must be the same. */
  tl_model_clear_outputs (model);
  build_model (model);
  g_clear_pointer (&target, tl_tensor_unref);
  in[1] = target = random_classes (5, 3, 2);
  g_assert_false (tl_model_forward (model, in, 2, out, 2, &error));
  g_assert_cmpstr (error->message, ==, "m: input label is i64 [N], i64 [5] was given");
}

/* Blocks with a wide middle, whose inside is kept for the backward pass or computed again. */
static TlModel *
stack_new (guint    times,
           gboolean checkpoint)
{
  g_autoptr (TlModel) block = tl_model_new ("block");
  TlModel            *model = tl_model_new ("stack");
  g_autoptr (GError)  error = NULL;

  add_node (block, "x", "Input", NULL, "shape = {N, 16}");
  add_node (block, "fc1", "Linear", "x", "out = 256");
  add_node (block, "act", "Tanh", "fc1", NULL);
  add_node (block, "norm", "BatchNorm1d", "act", NULL);
  add_node (block, "drop", "Dropout", "norm", "p = 0.25");
  add_node (block, "fc2", "Linear", "drop", "out = 16");
  add_node (model, "x", "Input", NULL, "shape = {N, 16}");
  tl_model_add_model (model, "blocks", block, times, &error);
  g_assert_no_error (error);
  tl_model_connect (model, "x", 0, "blocks", 0, &error);
  tl_model_set_attr_text (model, "blocks", "checkpoint", checkpoint ? "true" : "false", &error);
  g_assert_no_error (error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  tl_model_initialize (model, 42, &error);
  return model;
}

/* The sum of all results, and what it leaves in parameters and statistics; planned or at once.  Returns: bytes of the plan's arena */
static gsize
stack_step (TlModel *model,
            gboolean planned)
{
  TlContext           *context = tl_context_get ();
  gboolean             before = tl_context_set_training (context, TRUE);
  const TlDim          shape[] = { 256, 16 };
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 3);
  TlTrace             *trace = planned ? tl_trace_begin (context) : NULL;
  g_autoptr (TlTensor) y = model_call (model, x);
  g_autoptr (TlTensor) squares = tl_square (y, NULL);
  g_autoptr (TlTensor) loss = tl_sum (squares, NULL, 0, FALSE, NULL);
  g_autoptr (GError)   error = NULL;
  TlPlanStats          stats = { 0 };

  g_assert_true (tl_backward (loss, NULL, FALSE, &error));
  if (planned) {
    g_autoptr (TlPlan) plan = tl_plan_new (trace, &loss, 1, 0, &error);

    g_assert_no_error (error);
    g_assert_true (tl_plan_run (plan, NULL, 0, &error));
    tl_plan_get_stats (plan, &stats);
  }
  tl_context_set_training (context, before);
  return stats.n_arena;
}

static void
assert_same_grads (TlModel *a,
                   TlModel *b)
{
  g_autoptr (GPtrArray) left = tl_model_get_parameters (a);
  g_autoptr (GPtrArray) right = tl_model_get_parameters (b);

  g_assert_cmpuint (left->len, ==, right->len);
  for (guint i = 0; i < left->len; i++)
    assert_same_bits (tl_variable_get_grad (left->pdata[i]), tl_variable_get_grad (right->pdata[i]));
  assert_same_variables (a, b);
}

/* Gradients, statistics and counters are the same bits; the memory is that of one block, not of all. */
static void
test_checkpoint (void)
{
  gsize kept[2], again[2];

  for (guint planned = 0; planned < 2; planned++)
    for (guint i = 0; i < 2; i++) {
      g_autoptr (TlModel) plain = stack_new (4 << i, FALSE);
      g_autoptr (TlModel) checkpoint = stack_new (4 << i, TRUE);

      kept[i] = stack_step (plain, planned);
      again[i] = stack_step (checkpoint, planned);
      assert_same_grads (plain, checkpoint);
    }
  g_test_message ("arena of 4 and 8 blocks: %zu and %zu bytes kept, %zu and %zu computed again", kept[0], kept[1], again[0], again[1]);
  g_assert_cmpuint (again[0], <, kept[0] / 2);
  g_assert_cmpuint (again[1], <, kept[1] / 3);
  /* A block more is little more than its input, a small part of what its inside takes, and the gradients. */
  g_assert_cmpuint (again[1] - again[0], <, (kept[1] - kept[0]) / 3);
}

/* residual = true of a repeated sub-model is what Add is behind each repeat. */
static void
test_residual (void)
{
  const TlDim          shape[] = { 2, 3 };
  g_autoptr (TlModel)  block = tl_model_new ("block");
  g_autoptr (TlModel)  model = tl_model_new ("m");
  g_autoptr (TlModel)  plain = tl_model_new ("m");
  g_autoptr (TlTensor) x = random_tensor (TL_DTYPE_F32, 2, shape, 1);
  g_autoptr (TlTensor) y = NULL;
  g_autoptr (TlTensor) z = NULL;
  g_autoptr (GError)   error = NULL;

  add_node (block, "x", "Input", NULL, NULL);
  add_node (block, "fc", "Linear", "x", "out = 3");
  add_node (model, "x", "Input", NULL, "shape = {N, 3}");
  tl_model_add_model (model, "b", block, 2, &error);
  tl_model_connect (model, "x", 0, "b", 0, &error);
  tl_model_set_attr_text (model, "b", "residual", "true", &error);
  tl_model_build (model, &error);
  g_assert_no_error (error);
  y = model_call (model, x);

  add_node (plain, "x", "Input", NULL, "shape = {N, 3}");
  add_node (plain, "fc0", "Linear", "x", "out = 3");
  add_node (plain, "a", "Add", "x fc0", NULL);
  add_node (plain, "fc1", "Linear", "a", "out = 3");
  add_node (plain, "c", "Add", "a fc1", NULL);
  tl_model_build (plain, &error);
  g_assert_no_error (error);
  for (guint k = 0; k < 4; k++) {
    g_autofree char *from = g_strdup_printf ("b.%u.fc.%s", k / 2, k % 2 == 0 ? "weight" : "bias");
    g_autofree char *to = g_strdup_printf ("fc%u.%s", k / 2, k % 2 == 0 ? "weight" : "bias");

    tl_variable_set_value (tl_model_find_variable (plain, to), tl_variable_get_value (tl_model_find_variable (model, from)), &error);
    g_assert_no_error (error);
  }
  z = model_call (plain, x);
  assert_same_bits (y, z);

  tl_model_set_attr_text (block, "fc", "out", "4", &error);
  tl_model_set_attr_text (model, "b", "times", "1", &error);
  g_assert_false (tl_model_build (model, &error));
  g_assert_true (g_str_has_prefix (error->message, "b: residual: add: "));
}

void
tl_add_model_parts_tests (void)
{
  g_test_add_func ("/nn/model/residual", test_residual);
  g_test_add_func ("/nn/model/sub-models", test_sub_models);
  g_test_add_func ("/nn/model/clone", test_clone);
  g_test_add_func ("/nn/model/structure", test_structure);
  g_test_add_func ("/nn/model/checkpoint", test_checkpoint);
}
