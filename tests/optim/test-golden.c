/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row of the table against what make-golden.py wrote down: ten steps of one matrix, in f64 and f32.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/node.h"
#include "core/optim/optimizer.h"

#define N 12
#define N_STEPS 10

static const TlDim shape[] = { 3, 4 };

static TlTensor *
make_tensor (TlDType dtype,
             double (*value) (guint step,
                              guint i),
             guint step)
{
  double               values[N];
  g_autoptr (TlTensor) tensor = NULL;
  g_autoptr (GError)   error = NULL;
  TlTensor            *cast;

  for (guint i = 0; i < N; i++)
    values[i] = value (step, i);
  tensor = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, values, &error);
  g_assert_no_error (error);
  cast = tl_cast (tensor, dtype, &error);
  g_assert_no_error (error);
  return cast;
}

static double
start (guint step,
       guint i)
{
  return cos (i);
}

static double
gradient (guint step,
          guint i)
{
  return sin (1.0 + 3 * step + i) * (i % 5 == 2 ? 10 : 1);
}

static void
set_attrs (TlOptimizer *optimizer,
           const char  *text)
{
  const TlOptimizerClass *klass = tl_optimizer_get_class (optimizer);
  g_auto (GStrv)          words = g_strsplit (text, " ", -1);
  TlAttrValue             values[TL_OP_MAX_ATTRS];

  for (guint i = 0; words[i] != NULL; i++) {
    char              *equals = strchr (words[i], '=');
    g_autoptr (GError) error = NULL;
    TlAttrInput        list[2], input;
    gint               attr;

    if (equals == NULL)
      continue;
    *equals = '\0';
    memcpy (values, tl_optimizer_get_attrs (optimizer), sizeof values);
    g_assert_true (tl_attr_set_text (klass->name, klass->attrs, values, words[i], equals + 1, &error));
    g_assert_no_error (error);
    attr = tl_attr_find (klass->attrs, words[i]);
    switch (klass->attrs[attr].type) {
    case TL_ATTR_FLOATS:
      list[0] = TL_INPUT_NUMBER (values[attr].f[0]);
      list[1] = TL_INPUT_NUMBER (values[attr].f[1]);
      input = TL_INPUT_LIST (list, 2);
      break;
    case TL_ATTR_INT:
      input = TL_INPUT_NUMBER ((double)values[attr].i);
      break;
    case TL_ATTR_ENUM:
      input = TL_INPUT_STRING (equals + 1);
      break;
    case TL_ATTR_BOOL:
      input = TL_INPUT_BOOL (values[attr].i != 0);
      break;
    default:
      input = TL_INPUT_NUMBER (values[attr].d);
      break;
    }
    g_assert_true (tl_optimizer_set_attr (optimizer, words[i], &input, &error));
    g_assert_no_error (error);
  }
}

/* The function of Rosenbrock 1960 over all elements, and its gradient. */
static gboolean
rosenbrock (gpointer user_data,
            double  *loss,
            GError **error)
{
  TlVariable          *parameter = user_data;
  TlTensor            *value = tl_variable_get_value (parameter);
  double               g[N] = { 0 };
  g_autoptr (TlTensor) wide = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, g, error);
  g_autoptr (TlTensor) grad = NULL;

  *loss = 0;
  for (guint i = 0; i + 1 < N; i++) {
    double x = tl_tensor_peek_element (value, i), rest = tl_tensor_peek_element (value, i + 1) - x * x;

    *loss += 100 * rest * rest + (1 - x) * (1 - x);
    g[i] += -400 * rest * x - 2 * (1 - x);
    g[i + 1] += 200 * rest;
  }
  memcpy (tl_tensor_peek_data (wide), g, sizeof g);
  grad = tl_cast (wide, tl_tensor_get_dtype (value), error);
  tl_variable_set_grad (parameter, grad);
  return TRUE;
}

static void
minimize (TlOptimizer *optimizer,
          TlVariable  *parameter)
{
  for (guint step = 0; step < 20; step++) {
    g_autoptr (GError) error = NULL;

    tl_optimizer_minimize (optimizer, rosenbrock, parameter, NULL, &error);
    g_assert_no_error (error);
  }
  g_assert_cmpint (tl_optimizer_get_n_steps (optimizer), ==, 20);
}

static void
take_steps (TlOptimizer *optimizer,
            TlVariable  *parameter,
            TlDType      dtype)
{
  for (guint step = 0; step < N_STEPS; step++) {
    g_autoptr (TlTensor) grad = make_tensor (dtype, gradient, step);
    g_autoptr (GError)   error = NULL;

    tl_variable_set_grad (parameter, grad);
    tl_optimizer_step (optimizer, &error);
    g_assert_no_error (error);
  }
}

static void
check (const char *row,
       const char *attrs,
       const char *want,
       TlDType     dtype)
{
  const TlOptimizerClass *klass = tl_optimizer_find (row);
  g_auto (GStrv)          words = g_strsplit (want, " ", -1);
  g_autoptr (TlTensor)    value = make_tensor (dtype, start, 0);
  g_autoptr (GError)      error = NULL;
  g_autoptr (TlVariable)  parameter = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, &error);
  g_autoptr (TlOptimizer) optimizer = NULL;
  double                  tolerance = dtype == TL_DTYPE_F64 ? 1e-12 : 2e-5;

  g_assert_nonnull (klass);
  /* Where a search ends is a matter of rounding. */
  if (klass->minimize != NULL)
    tolerance = dtype == TL_DTYPE_F64 ? 1e-7 : 5e-2;
  g_clear_pointer (&value, tl_tensor_unref);
  optimizer = tl_optimizer_new (klass, &parameter, 1, NULL, &error);
  g_assert_no_error (error);
  set_attrs (optimizer, attrs);
  if (klass->minimize != NULL)
    minimize (optimizer, parameter);
  else
    take_steps (optimizer, parameter, dtype);
  g_assert_cmpuint (g_strv_length (words), ==, N);
  for (guint i = 0; i < N; i++) {
    double got = tl_tensor_peek_element (tl_variable_get_value (parameter), i);

    if (fabs (got - g_ascii_strtod (words[i], NULL)) > tolerance)
      g_error ("%s %s, %s: element %u is %.17g, not %s", row, attrs, tl_dtype_name (dtype), i, got, words[i]);
  }
}

static void
test_rows (void)
{
  g_autofree char       *path = g_test_build_filename (G_TEST_DIST, "optimizers.golden", NULL);
  g_autofree char       *text = NULL;
  g_auto (GStrv)         lines = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError)     error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    char *attrs = strchr (lines[i], ' '), *want = attrs != NULL ? strstr (attrs, "; ") : NULL;

    if (lines[i][0] == '#' || want == NULL)
      continue;
    *attrs++ = '\0';
    if (want >= attrs)
      *want = '\0';
    check (lines[i], want >= attrs ? attrs : "", want + 2, TL_DTYPE_F64);
    check (lines[i], want >= attrs ? attrs : "", want + 2, TL_DTYPE_F32);
    g_hash_table_add (seen, g_strdup (lines[i]));
  }
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++)
    if (!g_hash_table_contains (seen, tl_optimizer_get_row (i)->name))
      g_error ("optimizers.golden has no line for %s", tl_optimizer_get_row (i)->name);
}

typedef struct {
  TlVariable *parameter;
  guint       n_calls, fails_at;
} Failing;

static gboolean
fail_later (gpointer user_data,
            double  *loss,
            GError **error)
{
  Failing *self = user_data;

  if (++self->n_calls != self->fails_at)
    return rosenbrock (self->parameter, loss, error);
  g_set_error_literal (error, TL_ERROR, TL_ERROR_NUMERIC, "enough");
  return FALSE;
}

/* A step that fails in the middle changes neither the parameters nor what is remembered of the steps before. */
static void
test_failed_search (void)
{
  double ends[2][N];

  for (guint fails = 0; fails < 2; fails++) {
    g_autoptr (TlTensor)    value = make_tensor (TL_DTYPE_F32, start, 0);
    g_autoptr (GError)      error = NULL;
    g_autoptr (TlVariable)  parameter = tl_variable_new ("w", TL_VARIABLE_PARAMETER, value, &error);
    g_autoptr (TlOptimizer) optimizer = tl_optimizer_new (tl_optimizer_find ("LBFGS"), &parameter, 1, NULL, &error);

    g_assert_no_error (error);
    set_attrs (optimizer, "line_search_fn=strong_wolfe max_iter=3 history_size=4");
    for (guint step = 0; step < 8; step++) {
      Failing  failing = { parameter, 0, fails == 1 && step >= 2 ? step : 0 };
      gboolean ok = tl_optimizer_minimize (optimizer, fail_later, &failing, NULL, &error);

      g_assert_true (ok == (failing.n_calls < failing.fails_at || failing.fails_at == 0));
      g_clear_error (&error);
      if (!ok)
        tl_optimizer_minimize (optimizer, rosenbrock, parameter, NULL, &error);
      g_assert_no_error (error);
    }
    for (guint i = 0; i < N; i++)
      ends[fails][i] = tl_tensor_peek_element (tl_variable_get_value (parameter), i);
  }
  g_assert_cmpmem (ends[0], sizeof ends[0], ends[1], sizeof ends[1]);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/optim/golden/rows", test_rows);
  g_test_add_func ("/optim/golden/failed-search", test_failed_search);
  return g_test_run ();
}
