/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that work with variables: random numbers, running averages, optimizer updates.
 */
#include <math.h>
#include <string.h>

#include "core/graph/plan.h"
#include "core/kernels/update.h"
#include "core/op/ops.h"
#include "core/tensor/variable.h"

static TlVariable *
make_variable (const char    *path,
               TlVariableKind kind,
               TlDType        dtype,
               guint          rank,
               const TlDim   *shape,
               gconstpointer  data)
{
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) value = tl_tensor_new_from_data (dtype, rank, shape, data, &error);
  TlVariable          *variable = tl_variable_new (path, kind, value, &error);

  g_assert_no_error (error);
  return variable;
}

static double
element (TlVariable *variable,
         gsize       i)
{
  return tl_tensor_peek_element (tl_variable_get_value (variable), i);
}

/* About as many zeros as asked for, other ones at each call, and the same again from the same counter. */
static void
test_dropout (void)
{
  const gint64           zero = 0;
  const TlDim            n = 20000;
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) counter = make_variable ("drop.counter", TL_VARIABLE_COUNTER, TL_DTYPE_I64, 0, NULL, &zero);
  g_autoptr (TlVariable) again = make_variable ("drop.counter", TL_VARIABLE_COUNTER, TL_DTYPE_I64, 0, NULL, &zero);
  g_autoptr (TlVariable) other = make_variable ("drop2.counter", TL_VARIABLE_COUNTER, TL_DTYPE_I64, 0, NULL, &zero);
  g_autoptr (TlTensor)   x = tl_ones (1, &n, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor)   first = tl_dropout (x, 0.25, counter, &error);
  g_autoptr (TlTensor)   second = tl_dropout (x, 0.25, counter, &error);
  g_autoptr (TlTensor)   same = tl_dropout (x, 0.25, again, &error);
  g_autoptr (TlTensor)   stream = tl_dropout (x, 0.25, other, &error);
  const float           *a, *b, *c, *d;
  guint                  n_zero = 0, n_differ = 0, n_stream = 0;

  g_assert_no_error (error);
  g_assert_cmpfloat (element (counter, 0), ==, 2);
  a = tl_tensor_peek_data (first);
  b = tl_tensor_peek_data (second);
  c = tl_tensor_peek_data (same);
  d = tl_tensor_peek_data (stream);
  for (TlDim i = 0; i < n; i++) {
    g_assert_true (a[i] == 0 || fabsf (a[i] - 1 / 0.75f) < 1e-6f);
    n_zero += a[i] == 0;
    n_differ += a[i] != b[i];
    n_stream += a[i] != d[i];
  }
  g_assert_cmpint (memcmp (a, c, (gsize)n * sizeof (float)), ==, 0);
  /* Five standard deviations. */
  g_assert_cmpfloat (fabs (n_zero - 5000.0), <, 5 * sqrt (20000 * 0.25 * 0.75));
  g_assert_cmpfloat (fabs (n_differ - 7500.0), <, 5 * sqrt (20000 * 0.375 * 0.625));
  g_assert_cmpfloat (fabs (n_stream - 7500.0), <, 5 * sqrt (20000 * 0.375 * 0.625));
}

static void
test_random_moments (void)
{
  const TlDim          n = 40000;
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) normal = tl_randn (1, &n, 2, 3, TL_DTYPE_F64, NULL, &error);
  g_autoptr (TlTensor) uniform = tl_rand (1, &n, -1, 3, TL_DTYPE_F32, NULL, &error);
  double               sum = 0, squares = 0, mean = 0;

  g_assert_no_error (error);
  for (TlDim i = 0; i < n; i++) {
    double z = tl_tensor_peek_element (normal, (gsize)i), u = tl_tensor_peek_element (uniform, (gsize)i);

    sum += z;
    squares += (z - 2) * (z - 2);
    mean += u;
    g_assert_true (u >= -1 && u < 3);
  }
  g_assert_cmpfloat (fabs (sum / n - 2), <, 5 * 3 / sqrt (n));
  g_assert_cmpfloat (fabs (squares / n - 9), <, 5 * 9 * sqrt (2.0 / n));
  g_assert_cmpfloat (fabs (mean / n - 1), <, 5 * 4 / sqrt (12.0 * n));
}

static double
mean_of (TlTensor *x,
         double    about,
         guint     power)
{
  gsize  n = tl_tensor_get_n_elements (x);
  double sum = 0;

  for (gsize i = 0; i < n; i++)
    sum += pow (tl_tensor_peek_element (x, i) - about, power);
  return sum / (double)n;
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Mean and variance are the rate, on both sides of where another method begins; threads make no difference. */
static void
test_poisson (void)
{
  static const double rates[] = { 0, 0.3, 9.9, 10.1, 60, 5000 };
  const TlDim         n = 20000;
  const gint64        three = 3;
  g_autoptr (GError)  error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++) {
    double                rate = rates[i], variance = rate + 2 * rate * rate;
    g_autoptr (TlTensor)  call = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &three, &error);
    g_autoptr (TlTensor)  x = tl_full (1, &n, rate, TL_DTYPE_F64, &error);
    g_autoptr (TlTensor)  y = tl_op_apply1 (&tl_op_poisson, (TlTensor *[]){ x, call }, 2, NULL, &error);
    g_autoptr (TlContext) context = tl_context_new (2);
    TlContext            *before = tl_context_make_current (context);
    g_autoptr (TlTensor)  again = tl_op_apply1 (&tl_op_poisson, (TlTensor *[]){ x, call }, 2, NULL, &error);

    tl_context_make_current (before);
    g_assert_no_error (error);
    g_assert_cmpmem (tl_tensor_peek_data (y), (gsize)n * 8, tl_tensor_peek_data (again), (gsize)n * 8);
    g_assert_cmpfloat (fabs (mean_of (y, 0, 1) - rate), <=, 5 * sqrt (rate / n));
    g_assert_cmpfloat (fabs (mean_of (y, rate, 2) - rate), <=, 5 * sqrt (variance / n));
  }
  {
    const double         odd[] = { -1, NAN, INFINITY };
    g_autoptr (TlTensor) call = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &three, &error);
    g_autoptr (TlTensor) x = tl_tensor_new_from_data (TL_DTYPE_F64, 1, (const TlDim[]){ 3 }, odd, &error);
    g_autoptr (TlTensor) y = tl_op_apply1 (&tl_op_poisson, (TlTensor *[]){ x, call }, 2, NULL, &error);

    g_assert_true (isnan (tl_tensor_peek_element (y, 0)) && isnan (tl_tensor_peek_element (y, 1)));
    g_assert_cmpfloat (tl_tensor_peek_element (y, 2), ==, INFINITY);
  }
}

/* Each element has its own probability. */
static void
test_bernoulli (void)
{
  const double         wanted[] = { -1, 0, 0.01, 0.3, 1, 2, NAN };
  const TlDim          shape[] = { 20000, G_N_ELEMENTS (wanted) };
  const gint64         three = 3;
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) call = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &three, &error);
  g_autoptr (TlTensor) row = tl_tensor_new_from_data (TL_DTYPE_F32, 1, shape + 1, (const float[]){ -1, 0, 0.01f, 0.3f, 1, 2, NAN }, &error);
  g_autoptr (TlTensor) x = tl_expand (row, 2, shape, &error);
  g_autoptr (TlTensor) y = tl_op_apply1 (&tl_op_bernoulli, (TlTensor *[]){ x, call }, 2, NULL, &error);

  g_assert_no_error (error);
  for (gsize k = 0; k < G_N_ELEMENTS (wanted); k++) {
    double p = wanted[k] > 0 ? MIN (wanted[k], 1) : 0, heads = 0;

    for (gsize i = 0; i < 20000; i++)
      heads += tl_tensor_peek_element (y, i * G_N_ELEMENTS (wanted) + k);
    g_assert_cmpfloat (fabs (heads / 20000 - p), <=, 5 * sqrt (p * (1 - p) / 20000));
  }
}

/* It has no mean; the quartiles are at median - sigma, median and median + sigma. */
static void
test_cauchy (void)
{
  const TlDim          n = 20000;
  const gint64         three = 3;
  const TlAttrValue    values[] = { { .n = 1, .v = { n } }, TL_FLOAT (2), TL_FLOAT (3), TL_INT (TL_DTYPE_F64), TL_INT (0), TL_INT (0) };
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) call = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &three, &error);
  g_autoptr (TlTensor) y = tl_op_apply1 (&tl_op_cauchy, &call, 1, values, &error);
  g_autofree double   *sorted = NULL;

  g_assert_no_error (error);
  sorted = g_memdup2 (tl_tensor_peek_data (y), (gsize)n * sizeof (double));
  qsort (sorted, (gsize)n, sizeof (double), compare_numbers);
  for (gint i = -1; i <= 1; i++) {
    /* A share's deviation over the density there. */
    double share = 0.5 + 0.25 * i, density = 1 / (G_PI * 3 * (1 + i * i));

    g_assert_cmpfloat (fabs (sorted[(gsize)(share * (double)n)] - (2 + 3.0 * i)), <, 5 * sqrt (share * (1 - share) / n) / density);
  }
}

/* Running averages move towards the mean and the unbiased variance; afterwards they are what normalises. */
static void
test_batch_norm (void)
{
  const TlDim            shape[] = { 4, 1 }, channels = 1;
  const double           data[] = { 1, 2, 3, 6 }, zero = 0, one = 1;
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) mean = make_variable ("bn.mean", TL_VARIABLE_BUFFER, TL_DTYPE_F64, 1, &channels, &zero);
  g_autoptr (TlVariable) var = make_variable ("bn.var", TL_VARIABLE_BUFFER, TL_DTYPE_F64, 1, &channels, &one);
  g_autoptr (TlTensor)   x = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, data, &error);
  g_autoptr (TlTensor)   y = tl_batch_norm (x, NULL, NULL, mean, var, TRUE, 0.1, 1e-5, &error);
  g_autoptr (TlTensor)   z = NULL;

  g_assert_no_error (error);
  /* mean 3, biased variance 3.5, unbiased 14/3 */
  g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (y, 3), 3 / sqrt (3.5 + 1e-5), 1e-12);
  g_assert_cmpfloat_with_epsilon (element (mean, 0), 0.3, 1e-12);
  g_assert_cmpfloat_with_epsilon (element (var, 0), 0.9 + 0.1 * 14 / 3, 1e-12);
  z = tl_batch_norm (x, NULL, NULL, mean, var, FALSE, 0.1, 1e-5, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (tl_tensor_peek_element (z, 3), 5.7 / sqrt (0.9 + 0.1 * 14 / 3 + 1e-5), 1e-12);
  g_assert_cmpfloat_with_epsilon (element (mean, 0), 0.3, 1e-12);
}

/* The same, recorded for a batch of any size. */
static void
test_batch_norm_symbolic (void)
{
  const TlDim            shape[] = { 4, 1 }, channels = 1, any[] = { tl_dim_symbol ("N"), 1 };
  const double           data[] = { 1, 2, 3, 6 }, zero = 0, one = 1;
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlVariable) mean = make_variable ("bn.mean", TL_VARIABLE_BUFFER, TL_DTYPE_F64, 1, &channels, &zero);
  g_autoptr (TlVariable) var = make_variable ("bn.var", TL_VARIABLE_BUFFER, TL_DTYPE_F64, 1, &channels, &one);
  g_autoptr (TlTensor)   x = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, data, &error);
  g_autoptr (TlPlan)     plan = NULL;
  TlTrace               *trace = tl_trace_begin (tl_context_get ());
  TlMeta                 meta;
  TlTensor              *in, *y;

  tl_meta_init (&meta, TL_DTYPE_F64, 2, any);
  in = tl_trace_add_input (trace, &meta);
  y = tl_batch_norm (in, NULL, NULL, mean, var, TRUE, 0.1, 1e-5, &error);
  g_assert_no_error (error);
  plan = tl_plan_new (trace, &y, 1, 0, &error);
  g_assert_no_error (error);
  tl_tensor_unref (in);
  tl_tensor_unref (y);
  tl_plan_run (plan, &x, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat_with_epsilon (element (mean, 0), 0.3, 1e-12);
  g_assert_cmpfloat_with_epsilon (element (var, 0), 0.9 + 0.1 * 14 / 3, 1e-12);
}

typedef struct {
  TlVariable *targets[6]; /* two parameters, then two of each state */
  TlTensor   *others[3];  /* two gradients, scalars */
} Update;

static void
update_init (Update       *self,
             guint         n_states,
             const double *scalars,
             guint         n_scalars)
{
  const TlDim  sizes[] = { 2, 3 }, n = n_scalars;
  const double values[] = { 1, -2, 0.5 }, zeros[3] = { 0 }, grads[] = { 0.25, -0.5, 2 };

  for (guint i = 0; i < 2; i++) {
    self->targets[i] = make_variable ("p", TL_VARIABLE_PARAMETER, TL_DTYPE_F64, 1, &sizes[i], values);
    for (guint j = 0; j < n_states; j++)
      self->targets[2 * (j + 1) + i] = make_variable ("s", TL_VARIABLE_STATE, TL_DTYPE_F64, 1, &sizes[i], zeros);
    self->others[i] = tl_tensor_new_from_data (TL_DTYPE_F64, 1, &sizes[i], grads, NULL);
  }
  self->others[2] = tl_tensor_new_from_data (TL_DTYPE_F64, 1, &n, scalars, NULL);
}

static void
update_clear (Update *self,
              guint   n_states)
{
  for (guint i = 0; i < 2 * (n_states + 1); i++)
    tl_variable_unref (self->targets[i]);
  for (guint i = 0; i < 3; i++)
    tl_tensor_unref (self->others[i]);
}

/* Once at once and once as a plan. */
static void
apply_twice (const TlOpClass   *op,
             Update            *update,
             guint              n_states,
             const TlAttrValue *attrs)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (TlPlan) plan = NULL;
  TlTrace           *trace;

  g_assert_true (tl_op_update (op, update->targets, 2 * (n_states + 1), update->others, 3, attrs, &error));
  g_assert_no_error (error);
  trace = tl_trace_begin (tl_context_get ());
  tl_op_update (op, update->targets, 2 * (n_states + 1), update->others, 3, attrs, &error);
  g_assert_no_error (error);
  plan = tl_plan_new (trace, NULL, 0, 0, &error);
  g_assert_no_error (error);
  tl_plan_run (plan, NULL, 0, &error);
  g_assert_no_error (error);
}

static void
test_sgd (void)
{
  const double      scalars[] = { 0.1, 1, 0 };
  const TlAttrValue attrs[] = { TL_INT (2), TL_FLOAT (0.9), TL_FLOAT (0), TL_FLOAT (0.01), TL_INT (FALSE), TL_INT (FALSE) };
  Update            update;
  double            p = 0.5, m = 0;

  update_init (&update, 1, scalars, 3);
  apply_twice (&tl_op_sgd_update, &update, 1, attrs);
  for (guint step = 0; step < 2; step++) {
    m = 0.9 * m + (2 + 0.01 * p);
    p -= 0.1 * m;
  }
  g_assert_cmpfloat_with_epsilon (element (update.targets[1], 2), p, 1e-14);
  g_assert_cmpfloat_with_epsilon (element (update.targets[3], 2), m, 1e-14);
  update_clear (&update, 1);
}

static void
test_adam (void)
{
  const double      scalars[] = { 0.1, 1, 0.1, 0.001 };
  const TlAttrValue attrs[] = { TL_INT (2), TL_FLOAT (0.9), TL_FLOAT (0.999), TL_FLOAT (1e-8), TL_FLOAT (0.01), TL_INT (TRUE), TL_INT (FALSE), TL_INT (FALSE) };
  Update            update;
  double            p = -2, m = 0, v = 0;

  update_init (&update, 2, scalars, 4);
  apply_twice (&tl_op_adam_update, &update, 2, attrs);
  for (guint step = 0; step < 2; step++) {
    p *= 1 - 0.1 * 0.01;
    m += (-0.5 - m) * 0.1;
    v = 0.999 * v + 0.001 * 0.25;
    p -= 0.1 / 0.1 * m / (sqrt (v) / sqrt (0.001) + 1e-8);
  }
  g_assert_cmpfloat_with_epsilon (element (update.targets[0], 1), p, 1e-13);
  g_assert_cmpfloat_with_epsilon (element (update.targets[2], 1), m, 1e-14);
  g_assert_cmpfloat_with_epsilon (element (update.targets[4], 1), v, 1e-14);
  update_clear (&update, 2);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/op/state/dropout", test_dropout);
  g_test_add_func ("/op/state/random-moments", test_random_moments);
  g_test_add_func ("/op/state/bernoulli", test_bernoulli);
  g_test_add_func ("/op/state/poisson", test_poisson);
  g_test_add_func ("/op/state/cauchy", test_cauchy);
  g_test_add_func ("/op/state/batch-norm", test_batch_norm);
  g_test_add_func ("/op/state/batch-norm-symbolic", test_batch_norm_symbolic);
  g_test_add_func ("/op/state/sgd", test_sgd);
  g_test_add_func ("/op/state/adam", test_adam);
  return g_test_run ();
}
