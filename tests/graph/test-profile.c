/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/graph/profile.h"
#include "graph-util.h"

static const TlProfileRow *
find_row (TlProfile  *profile,
          const char *op,
          guint       line)
{
  for (guint i = 0; i < tl_profile_get_n_rows (profile); i++) {
    const TlProfileRow *row = tl_profile_get_row (profile, i);

    if (strcmp (row->op, op) == 0 && row->source.line == line)
      return row;
  }
  return NULL;
}

/* The same operation in two lines is two rows; FLOPs and bytes are those of all calls. */
static void
test_eager (void)
{
  TlContext            *context = tl_context_get ();
  g_autoptr (TlProfile) profile = tl_profile_new ();
  g_autoptr (TlTensor)  a = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 20, 30 }, 1);
  g_autoptr (TlTensor)  b = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 30, 40 }, 2);
  g_autoptr (TlTensor)  before = tl_matmul (a, b, NULL);
  const TlProfileRow   *row;
  double                seconds = 0;

  g_assert_null (tl_context_set_profile (context, profile));
  for (guint i = 0; i < 3; i++) {
    const TlSource       source = { g_intern_static_string ("cell"), NULL, i < 2 ? 7 : 8 };
    g_autoptr (TlTensor) y = NULL;

    tl_context_set_source (context, &source);
    y = tl_matmul (a, b, NULL);
    assert_same_bits (y, before);
  }
  tl_context_set_source (context, &(TlSource){ 0 });
  g_assert_true (tl_context_set_profile (context, NULL) == profile);
  tl_tensor_unref (tl_matmul (a, b, NULL));
  row = find_row (profile, "matmul", 7);
  g_assert_nonnull (row);
  g_assert_cmpuint (row->n_calls, ==, 2);
  g_assert_cmpfloat (row->flops, ==, 2 * 2.0 * 20 * 30 * 40);
  g_assert_cmpfloat (row->bytes, >=, 2 * 4.0 * (20 * 30 + 30 * 40 + 20 * 40));
  row = find_row (profile, "matmul", 8);
  g_assert_nonnull (row);
  g_assert_cmpuint (row->n_calls, ==, 1);
  for (guint i = 0; i < tl_profile_get_n_rows (profile); i++) {
    row = tl_profile_get_row (profile, i);
    g_assert_true (i == 0 || row->seconds <= seconds);
    seconds = row->seconds;
    g_assert_cmpfloat (seconds, >, 0);
  }
}

static TlPlan *
plan_of (Mlp *mlp)
{
  TlTrace             *trace = tl_trace_begin (tl_context_get ());
  TlMeta               meta;
  g_autoptr (TlTensor) x = NULL;
  g_autoptr (TlTensor) target = NULL;
  g_autoptr (TlTensor) loss = NULL;
  g_autoptr (GError)   error = NULL;
  TlPlan              *plan;

  tl_meta_init (&meta, TL_DTYPE_F32, 2, (const TlDim[]){ tl_dim_symbol ("N"), 300 });
  x = tl_trace_add_input (trace, &meta);
  tl_meta_init (&meta, TL_DTYPE_I64, 1, (const TlDim[]){ tl_dim_symbol ("N") });
  target = tl_trace_add_input (trace, &meta);
  for (guint i = 0; i < 4; i++)
    tl_trace_clear_grad (mlp->params[i]);
  loss = mlp_loss (mlp, x, target, &error);
  g_assert_no_error (error);
  g_assert_true (tl_backward (loss, NULL, FALSE, &error));
  plan = tl_plan_new (trace, &loss, 1, 0, &error);
  g_assert_no_error (error);
  return plan;
}

static guint
count (const char *text,
       const char *what)
{
  guint n = 0;

  for (const char *p = strstr (text, what); p != NULL; p = strstr (p + 1, what))
    n++;
  return n;
}

/* A replay that is noted gives the same bits, on every number of threads. */
static void
test_plan (void)
{
  TlContext *before = tl_context_get ();

  for (guint n_threads = 1; n_threads <= 2; n_threads++) {
    g_autoptr (TlContext) context = tl_context_new (n_threads);
    g_autoptr (TlProfile) profile = tl_profile_new ();
    g_autoptr (TlTensor)  x = random_tensor (TL_DTYPE_F32, 2, (const TlDim[]){ 256, 300 }, 3);
    g_autoptr (TlTensor)  target = random_classes (256, 10, 4);
    TlTensor             *inputs[] = { x, target };
    g_autoptr (TlPlan)    plan = NULL;
    g_autoptr (TlTensor)  loss = NULL;
    g_autoptr (TlTensor)  again = NULL;
    g_autoptr (TlTensor)  grad = NULL;
    g_autoptr (GError)    error = NULL;
    g_autofree char      *table = NULL, *trace = NULL;
    double                flops = 0;
    TlPlanStats           stats;
    Mlp                   mlp;

    tl_context_make_current (context);
    mlp_init (&mlp, TL_DTYPE_F32, 300, 512, 10);
    plan = plan_of (&mlp);
    g_assert_true (tl_plan_run (plan, inputs, 2, &error));
    loss = tl_plan_dup_output (plan, 0, &error);
    grad = tl_tensor_ref (tl_variable_get_grad (mlp.params[0]));
    tl_context_set_profile (context, profile);
    for (guint i = 0; i < 2; i++)
      g_assert_true (tl_plan_run (plan, inputs, 2, &error));
    tl_context_set_profile (context, NULL);
    again = tl_plan_dup_output (plan, 0, &error);
    assert_same_bits (loss, again);
    assert_same_bits (grad, tl_variable_get_grad (mlp.params[0]));
    for (guint i = 0; i < tl_profile_get_n_rows (profile); i++)
      flops += tl_profile_get_row (profile, i)->flops;
    tl_plan_get_stats (plan, &stats);
    g_assert_cmpfloat (stats.flops, >, 4.0 * 256 * 300 * 512);
    g_assert_cmpfloat_with_epsilon (flops, 2 * stats.flops, 1e-6 * stats.flops);
    table = tl_profile_to_string (profile, 3);
    g_assert_cmpuint (count (table, "\n"), ==, 6);
    g_assert_nonnull (strstr (table, "in all"));
    trace = tl_profile_to_trace (profile);
    g_assert_cmpuint (count (trace, "\"ph\":\"X\""), >=, 10);
    g_assert_true (n_threads == 1 || strstr (trace, "\"tid\":2") != NULL);
    mlp_clear (&mlp);
    tl_context_make_current (before);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/graph/profile/eager", test_eager);
  g_test_add_func ("/graph/profile/plan", test_plan);
  return g_test_run ();
}
