/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attention and recurrent rows where they have many blocks, tiles and phases: against their decompositions, results and gradients; one
 * thread against two; queries that see nothing; and how much memory a long sequence takes.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/graph/autodiff.h"
#include "tests/op/sample.h"
#include "tests/sanitized.h"

#define MAX_RESULTS (TL_OP_MAX_OUT + CASE_MAX_IN)

typedef struct {
  const char *op;
  TlSample    sample;
} Large;

// clang-format off
static const Large cases[] = {
  /* blocks of queries and of keys, cut by the diagonal anywhere */
  { "scaled_dot_product_attention", { "2,300,16; 2,300,16; 2,300,16", "is_causal = true" } },
  { "scaled_dot_product_attention", { "1,2,130,24; 1,2,270,24; 1,2,270,40", "is_causal = true" } },
  { "scaled_dot_product_attention", { "1,2,270,9; 1,2,130,9; 1,2,130,5; bool:2,270,130" } },
  { "scaled_dot_product_attention", { "3,61,33; 3,129,33; 3,129,33; 61,129", "scale = 2" } },
  /* gradients by tiles of keys and tiles of queries; heads that share */
  { "scaled_dot_product_attention", { "1,1100,8; 1,200,8; 1,200,8" } },
  { "scaled_dot_product_attention", { "1,1100,8; 1,1100,8; 1,1100,4", "is_causal = true" } },
  { "scaled_dot_product_attention", { "6,70,4; 2,150,4; 2,150,4", "enable_gqa = true" } },
  { "scaled_dot_product_attention", { "4,1030,4; 2,140,4; 2,140,4; bool:1,140", "enable_gqa = true" } },
  { "scaled_dot_product_attention", { "1,3,600; 1,5,600; 1,5,530" } },
  /* dropped weights: of rows that begin anywhere in a group of random words; tiles of keys; masks and shared heads */
  { "scaled_dot_product_attention", { "2,2,70,8; 2,2,150,8; 2,2,150,5; -; i64:<9", "dropout_p = 0.3, seed = 7, stream = 3" } },
  { "scaled_dot_product_attention", { "2,1,1100,4; 2,1,130,4; 2,1,130,4; bool:1,130; i64:<9", "dropout_p = 0.6, is_causal = true" } },
  { "scaled_dot_product_attention", { "4,9,4; 2,64,4; 2,64,4; -; i64:<9", "dropout_p = 0.2, enable_gqa = true" } },
  { "scaled_dot_product_attention", { "3,4; 5,4; 5,2; -; i64:<9", "dropout_p = 1" } },
  /* tiles of rows, panels that are not whole, blocks of the sum, phases of steps */
  { "lstm", { "3,40,7; 40,33; 40,33; 132,7; 132,33; 132; 132" } },
  { "lstm", { "2,9,5; 9,140; 9,140; 560,5; 560,140; 560; 560", "reverse = true" } },
  { "lstm", { "150,9,2; 9,130; 9,130; 520,2; 520,130", NULL, -0.1, 0.1 } },
  /* weights that many threads read together */
  { "lstm", { "3,30,2; 30,544; 30,544; 2176,2; 2176,544", NULL, -0.05, 0.05 } },
  { "gru", { "2,11,2; 11,612; 1836,2; 1836,612; 1836; 1836", "reverse = true", -0.05, 0.05 } },
  { "gru", { "3,40,7; 40,33; 99,7; 99,33; 99; 99" } },
  { "gru", { "2,3,5; 3,520; 1560,5; 1560,520; 1560; 1560", "reverse = true" } },
  { "rnn", { "5,70,3; 70,50; 50,3; 50,50; 50; 50" } },
  { "rnn", { "4,30,3; 30,600; 600,3; 600,600; 600; 600", "nonlinearity = relu, reverse = true", -0.05, 0.05 } },
};
// clang-format on

/* Far more than a few milliseconds on any machine. */
static const Large endless[] = {
  { "scaled_dot_product_attention", { "8,8192,64; 8,8192,64; 8,8192,64" } },
  { "lstm", { "2000,16,8; 16,256; 16,256; 1024,8; 1024,256" } },
};

static void
unref_all (TlTensor **tensors,
           guint      n)
{
  for (guint i = 0; i < n; i++)
    g_clear_pointer (&tensors[i], tl_tensor_unref);
}

/* Results, then gradients of the tested operands: by the rows' kernels or, with @by_parts, by their decompositions. */
static guint
compute (Case      *self,
         gboolean   by_parts,
         TlTensor **results)
{
  TlTensor          *in[CASE_MAX_IN] = { NULL }, *wanted[CASE_MAX_IN];
  guint              n_out = tl_op_get_n_out (self->op, self->n_in), n_wanted = 0;
  guint              n_y = strcmp (self->op->name, "lstm") == 0 ? 3 : strcmp (self->op->name, "scaled_dot_product_attention") == 0 ? 1
                                                                                                                                   : 2;
  TlTensor          *out[TL_OP_MAX_OUT] = { NULL }, *dy[3] = { NULL };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < self->n_in; i++)
    if (self->in[i].is_tested && strcmp (self->op->in[i].name, "attn_mask") != 0)
      wanted[n_wanted++] = in[i] = tl_read (self->in[i].variable);
    else
      in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  tl_op_apply (self->op, in, self->n_in, self->attrs, out, n_out, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n_y; i++) {
    dy[i] = tl_tensor_new (self->dtype, tl_tensor_get_rank (out[i]), tl_tensor_get_shape (out[i]), &error);
    g_assert_no_error (error);
    for (gsize j = 0; j < tl_tensor_get_n_elements (dy[i]); j++)
      if (self->dtype == TL_DTYPE_F64)
        ((double *)tl_tensor_peek_data (dy[i]))[j] = sin ((double)(j + i)) + 0.5;
      else
        ((float *)tl_tensor_peek_data (dy[i]))[j] = (float)sin ((double)(j + i)) + 0.5f;
  }
  tl_grad (out, dy, n_y, wanted, n_wanted, by_parts, results + n_y, &error);
  g_assert_no_error (error);
  if (by_parts) {
    TlGradient decompose = { .op = self->op, .attrs = self->attrs, .n_in = self->n_in, .in = in, .n_out = n_out, .dx = results };
    TlTensor  *parts[TL_OP_MAX_OUT] = { NULL };

    decompose.dx = parts;
    g_assert_true (self->op->decompose (&decompose, &error));
    memcpy (results, parts, n_y * sizeof *results);
    unref_all (parts + n_y, n_out - n_y);
  } else {
    for (guint i = 0; i < n_y; i++)
      results[i] = tl_tensor_ref (out[i]);
  }
  unref_all (in, self->n_in);
  unref_all (out, n_out);
  unref_all (dy, n_y);
  return n_y + n_wanted;
}

static double
scale_of (TlTensor *tensor)
{
  double most = 0;

  for (gsize i = 0; i < tl_tensor_get_n_elements (tensor); i++)
    most = MAX (most, fabs (tl_tensor_peek_element (tensor, i)));
  return most;
}

static void
assert_near (TlTensor *a,
             TlTensor *b,
             double    tolerance,
             guint     number)
{
  double limit = tolerance * (1 + scale_of (b));

  g_assert_cmpuint (tl_tensor_get_n_elements (a), ==, tl_tensor_get_n_elements (b));
  for (gsize i = 0; i < tl_tensor_get_n_elements (a); i++) {
    double x = tl_tensor_peek_element (a, i), y = tl_tensor_peek_element (b, i);

    if (fabs (x - y) <= limit)
      continue;
    g_test_message ("result %u: element %zu is %.17g, should be %.17g", number, i, x, y);
    g_test_fail ();
    return;
  }
}

static void
test_large (gconstpointer data)
{
  const Large          *large = data;
  g_autoptr (TlContext) two = tl_context_new (2);
  static const double   tolerances[] = { [TL_DTYPE_F32] = 1e-5, [TL_DTYPE_F64] = 1e-12 };

  /* Both dtypes come from the same templates; under sanitizers one is enough. */
  for (TlDType dtype = TESTS_SANITIZED ? TL_DTYPE_F64 : TL_DTYPE_F32; dtype <= TL_DTYPE_F64; dtype++) {
    g_autoptr (Case) self = case_new (tl_op_find (large->op), &large->sample, dtype);
    TlTensor        *kernel[MAX_RESULTS] = { NULL }, *parts[MAX_RESULTS] = { NULL }, *again[MAX_RESULTS] = { NULL };
    guint            n = compute (self, FALSE, kernel);
    TlContext       *before;

    g_assert_cmpuint (compute (self, TRUE, parts), ==, n);
    before = tl_context_make_current (two);
    compute (self, FALSE, again);
    tl_context_make_current (before);
    for (guint i = 0; i < n; i++) {
      assert_near (kernel[i], parts[i], tolerances[dtype], i);
      g_assert_cmpmem (tl_tensor_peek_data (kernel[i]), tl_tensor_get_n_elements (kernel[i]) * tl_dtype_size (dtype),
                       tl_tensor_peek_data (again[i]), tl_tensor_get_n_elements (again[i]) * tl_dtype_size (dtype));
    }
    unref_all (kernel, n);
    unref_all (parts, n);
    unref_all (again, n);
  }
}

/* The first query sees nothing, the second all, the third the last key. */
static void
test_unseen (void)
{
  const TlSample   sample = { "3,4; 5,4; 5,3; bool:3,5" };
  g_autoptr (Case) self = case_new (tl_op_find ("scaled_dot_product_attention"), &sample, TL_DTYPE_F64);
  TlTensor        *kernel[MAX_RESULTS] = { NULL }, *parts[MAX_RESULTS] = { NULL };
  guint            n;

  for (guint i = 0; i < 15; i++)
    self->in[3].values[i] = i / 5 == 1 || i == 14;
  n = compute (self, FALSE, kernel);
  compute (self, TRUE, parts);
  for (guint j = 0; j < 3; j++) {
    g_assert_cmpfloat (tl_tensor_peek_element (kernel[0], j), ==, 0);
    g_assert_cmpfloat (tl_tensor_peek_element (kernel[0], 6 + j), ==, self->in[2].values[12 + j]);
  }
  for (guint j = 0; j < 4; j++)
    g_assert_cmpfloat (tl_tensor_peek_element (kernel[1], j), ==, 0);
  for (guint i = 0; i < n; i++)
    assert_near (kernel[i], parts[i], 1e-12, i);
  unref_all (kernel, n);
  unref_all (parts, n);
}

/* What is not a number in a query spoils its own result and no other. */
static void
test_nan (void)
{
  const TlSample   sample = { "70,4; 200,4; 200,3", "is_causal = true" };
  g_autoptr (Case) self = case_new (tl_op_find ("scaled_dot_product_attention"), &sample, TL_DTYPE_F32);
  TlTensor        *results[MAX_RESULTS] = { NULL };
  guint            n;

  self->in[0].values[4 * 65] = NAN;
  case_update_variables (self);
  n = compute (self, FALSE, results);
  for (guint i = 0; i < 70; i++)
    g_assert_true (isnan (tl_tensor_peek_element (results[0], 3 * i)) == (i == 65));
  unref_all (results, n);
}

#define LONG (TESTS_SANITIZED ? 2048 : 8192)

/* All scores would be 256 MiB, sixteen times what is allowed; operands, gradients and what is kept are 2 MiB.  @data: whether weights are dropped */
static void
test_memory (gconstpointer data)
{
  const double         p = data != NULL ? 0.25 : 0;
  const TlDim          shape[] = { LONG, 8 };
  g_autoptr (TlTensor) values = NULL;
  g_autoptr (TlTensor) y = NULL;
  TlVariable          *variables[3];
  TlTensor            *in[3], *dx[3];
  TlMemoryStats        stats;
  g_autoptr (GError)   error = NULL;

  values = tl_tensor_new (TL_DTYPE_F32, 2, shape, &error);
  g_assert_no_error (error);
  for (gsize i = 0; i < LONG * 8; i++)
    ((float *)tl_tensor_peek_data (values))[i] = (float)sin ((double)i);
  for (guint i = 0; i < 3; i++) {
    variables[i] = tl_variable_new ("x", TL_VARIABLE_PARAMETER, values, &error);
    g_assert_no_error (error);
    in[i] = tl_read (variables[i]);
  }
  tl_memory_trim ();
  tl_memory_get_stats (&stats);
  tl_memory_set_limit (stats.n_live + (LONG << 11));
  y = tl_attention (in[0], in[1], in[2], NULL, TRUE, p, NULL, &error);
  g_assert_no_error (error);
  tl_grad (&y, &values, 1, in, 3, FALSE, dx, &error);
  g_assert_no_error (error);
  tl_memory_set_limit (0);
  /* The first query sees the first key alone, with a weight of 1 that stays or not. */
  for (guint j = 0; j < 8; j++) {
    double first = tl_tensor_peek_element (y, j), factor = fabs (first) < 1e-6 && j > 0 ? 0 : 1 / (1 - p);

    g_assert_cmpfloat_with_epsilon (first, factor * sin (j), 1e-6);
  }
  for (guint i = 0; i < 3; i++) {
    g_assert_true (isfinite (tl_tensor_peek_element (dx[i], LONG * 8 - 1)));
    tl_tensor_unref (dx[i]);
    tl_tensor_unref (in[i]);
    tl_variable_unref (variables[i]);
  }
}

#define N_QUERIES 512
#define N_KEYS 200

/* (transfer full): equal weights of keys whose values are 1: how many stay, of each query */
static TlTensor *
count_kept (double p)
{
  const TlDim          l[] = { N_QUERIES, 1 }, s[] = { N_KEYS, 1 };
  g_autoptr (GError)   error = NULL;
  g_autoptr (TlTensor) query = tl_zeros (2, l, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor) key = tl_zeros (2, s, TL_DTYPE_F32, &error);
  g_autoptr (TlTensor) value = tl_ones (2, s, TL_DTYPE_F32, &error);
  TlTensor            *y = tl_attention (query, key, value, NULL, FALSE, p, NULL, &error);

  g_assert_no_error (error);
  return y;
}

/* Means of the weights are 1, they vary as independent draws do, and every call draws others. */
static void
test_dropout (void)
{
  const double         p = 0.3, variance = p / (1 - p) / N_KEYS;
  g_autoptr (TlTensor) y = count_kept (p);
  g_autoptr (TlTensor) next = count_kept (p);
  double               sum = 0, squares = 0, both = 0;

  for (guint i = 0; i < N_QUERIES; i++) {
    double a = tl_tensor_peek_element (y, i) - 1, b = tl_tensor_peek_element (next, i) - 1;

    sum += a;
    squares += a * a;
    both += a * b;
  }
  g_assert_cmpfloat (fabs (sum / N_QUERIES), <, 4 * sqrt (variance / N_QUERIES));
  g_assert_cmpfloat_with_epsilon (squares / N_QUERIES / variance, 1, 4 * sqrt (2.0 / N_QUERIES));
  g_assert_cmpfloat (fabs (both / N_QUERIES / variance), <, 4 / sqrt (N_QUERIES));
}

static gpointer
cancel_soon (gpointer context)
{
  g_usleep (5000);
  tl_context_cancel (context);
  return NULL;
}

/* Seconds of work are left when they are asked to stop: within a phase, and between the phases of a sequence. */
static void
test_interrupt (gconstpointer data)
{
  const Large     *large = data;
  g_autoptr (Case) self = case_new (tl_op_find (large->op), &large->sample, TL_DTYPE_F32);
  TlTensor        *in[CASE_MAX_IN] = { NULL }, *out[TL_OP_MAX_OUT] = { NULL };

  for (guint i = 0; i < self->n_in; i++)
    in[i] = case_get_operand (self, i, LAYOUT_CONTIGUOUS);
  for (guint n_threads = 1; n_threads <= 2; n_threads++) {
    g_autoptr (TlContext) context = tl_context_new (n_threads);
    TlContext            *before = tl_context_make_current (context);
    GThread              *thread = g_thread_new ("cancel", cancel_soon, context);
    g_autoptr (GError)    error = NULL;
    gboolean              ok = tl_op_apply (self->op, in, self->n_in, self->attrs, out, tl_op_get_n_out (self->op, self->n_in), &error);

    g_thread_join (thread);
    g_assert_false (ok);
    g_assert_error (error, TL_ERROR, TL_ERROR_CANCELLED);
    tl_context_make_current (before);
  }
  unref_all (in, self->n_in);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (TlContext) context = tl_context_new (1);

  tl_context_make_current (context);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strdup_printf ("/op/sequences/%s-%u", cases[i].op, i);

    g_test_add_data_func (path, &cases[i], test_large);
  }
  g_test_add_func ("/op/sequences/attention-unseen", test_unseen);
  g_test_add_func ("/op/sequences/attention-nan", test_nan);
  g_test_add_data_func ("/op/sequences/attention-memory", NULL, test_memory);
  g_test_add_data_func ("/op/sequences/attention-memory-dropout", "dropped", test_memory);
  g_test_add_func ("/op/sequences/attention-dropout", test_dropout);
  for (guint i = 0; i < G_N_ELEMENTS (endless); i++) {
    g_autofree char *path = g_strdup_printf ("/op/sequences/interrupt-%s", endless[i].op);

    g_test_add_data_func (path, &endless[i], test_interrupt);
  }
  return g_test_run ();
}
