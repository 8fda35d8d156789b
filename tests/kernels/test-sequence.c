/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Attention and recurrent networks against their formulas in double, at every level; tiles in any order give the same bits.
 * Gradients are compared with decompositions and differences in tests/op.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/attention.h"
#include "core/kernels/recurrent.h"

typedef struct {
  gint64 heads, group, l, s, d, e;
  int    causal, masked;
} Attention;

/* Rows of queries lie apart, heads behind one another; the others are dense. */
static TlAttentionArgs
attention_args (TlDType dtype, const Attention *a)
{
  TlAttentionArgs args = { .dtype = dtype, .mask_dtype = TL_DTYPE_BOOL, .batch_rank = 1, .causal = a->causal, .has_mask = a->masked, .wanted = 7, .batch = { a->heads }, .l = a->l, .s = a->s, .d = a->d, .e = a->e, .group = a->group, .scale = 0.7 };

  args.query = (TlAttentionStrides){ { a->l * (a->d + 3) }, a->d + 3, 1 };
  args.dquery = (TlAttentionStrides){ { a->l * a->d }, a->d, 1 };
  args.key = args.dkey = (TlAttentionStrides){ { a->s * a->d }, a->d, 1 };
  args.value = (TlAttentionStrides){ { a->s * a->e }, 1, a->s };
  args.dvalue = (TlAttentionStrides){ { a->s * a->e }, a->e, 1 };
  args.y = args.dy = (TlAttentionStrides){ { a->l * a->e }, a->e, 1 };
  args.mask = (TlAttentionStrides){ { 0 }, a->s, 1 };
  return args;
}

static void
check_attention_row (const Attention *a, TlDType dtype, void *const *data, gint64 h, gint64 i)
{
  double *weights = g_new (double, a->s), most = -INFINITY, sum = 0, bound = tolerance (dtype, 2e-6, 1e-13);
  gint64  k = h / a->group;

  for (gint64 j = 0; j < a->s; j++) {
    double dot = 0;

    for (gint64 c = 0; c < a->d; c++)
      dot += get_element (dtype, data[0], (h * a->l + i) * (a->d + 3) + c) * get_element (dtype, data[1], (k * a->s + j) * a->d + c);
    weights[j] = (a->causal && j > i) || (a->masked && !((guint8 *)data[3])[i * a->s + j]) ? -INFINITY : 0.7 * dot;
    most = fmax (most, weights[j]);
  }
  for (gint64 j = 0; j < a->s; j++)
    sum += weights[j] = most == -INFINITY ? 0 : exp (weights[j] - most);
  assert_near (get_element (dtype, data[5], h * a->l + i), most + log (sum), bound, "logsumexp", i);
  for (gint64 c = 0; c < a->e; c++) {
    double mean = 0;

    for (gint64 j = 0; j < a->s && sum > 0; j++)
      mean += weights[j] / sum * get_element (dtype, data[2], k * a->s * a->e + c * a->s + j);
    assert_near (get_element (dtype, data[4], (h * a->l + i) * a->e + c), mean, bound, "y", i);
  }
  g_free (weights);
}

static void
check_attention_case (const TlKernels *kernels, TlDType dtype, const Attention *a)
{
  TlAttentionArgs args = attention_args (dtype, a);
  gsize           size = tl_dtype_size (dtype), kv = (gsize)(a->heads / a->group * a->s), q = (gsize)(a->heads * a->l);
  const gsize     n[] = { q * (gsize)(a->d + 3), kv * (gsize)a->d, kv * (gsize)a->e, (gsize)(a->l * a->s), q * (gsize)a->e, q, q * (gsize)a->e, q * (gsize)a->d, kv * (gsize)a->d, kv * (gsize)a->e };
  void           *data[G_N_ELEMENTS (n)], *again[3];

  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    data[i] = i == 3 ? random_elements (TL_DTYPE_U8, n[i], 0, 2, 4) : random_elements (dtype, n[i], -1, 1, i + 1);
  for (gint64 j = 0; j < a->s && a->l > 0; j++)
    ((guint8 *)data[3])[j] = 0; /* the first query sees nothing */
  if (!a->masked)
    guarded_free (g_steal_pointer (&data[3]), n[3]);
  run_kernel (&kernels->attention_forward, &args, data, RUN_BACKWARDS);
  for (gint64 h = 0; h < a->heads; h++)
    for (gint64 i = 0; i < a->l; i += 1 + a->l / 40)
      check_attention_row (a, dtype, data, h, i);
  for (guint i = 0; i < 3; i++)
    again[i] = guarded_new (n[7 + i] * size);
  run_kernel (&kernels->attention_backward, &args,
              (void *const[]){ data[6], data[0], data[1], data[2], data[3], data[4], data[5], data[7], data[8], data[9] }, RUN_FORWARDS);
  run_kernel (&kernels->attention_backward, &args,
              (void *const[]){ data[6], data[0], data[1], data[2], data[3], data[4], data[5], again[0], again[1], again[2] }, RUN_BACKWARDS);
  for (guint i = 0; i < 3; i++) {
    g_assert_cmpmem (data[7 + i], n[7 + i] * size, again[i], n[7 + i] * size);
    guarded_free (again[i], n[7 + i] * size);
  }
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    if (data[i] != NULL)
      guarded_free (data[i], n[i] * (i == 3 ? 1 : size));
}

static void
check_attention (const TlKernels *kernels, TlDType dtype)
{
  const Attention cases[] = {
    { 1, 1, 1, 1, 1, 1, 0, 0 },
    { 2, 1, 70, 150, 5, 7, 0, 1 },
    { 4, 2, 130, 60, 17, 33, 1, 0 },
    { 1, 1, 300, 300, 64, 64, 1, 1 },
    { 2, 2, 1030, 70, 3, 2, 1, 0 },
    { 1, 1, 9, 2, 600, 520, 0, 0 },
    { 3, 1, 4, 0, 2, 2, 0, 0 },
    { 2, 1, 0, 5, 2, 2, 0, 0 },
    { 2, 1, 65, 129, 16, 16, 1, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    check_attention_case (kernels, dtype, &cases[i]);
}

typedef struct {
  gint64 steps, n, inputs, hidden;
} Sequence;

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

/* One row of one step; @sx, @sh: sums of the gates from input and state */
static void
reference_step (TlRecurrentKind kind, gint64 hidden, const double *sx, const double *sh, double *h, double *c)
{
  for (gint64 j = 0; j < hidden; j++) {
    const double *x = sx + j, *s = sh + j;

    if (kind == TL_RECURRENT_LSTM) {
      c[j] = sigmoid (x[hidden] + s[hidden]) * c[j] + sigmoid (x[0] + s[0]) * tanh (x[2 * hidden] + s[2 * hidden]);
      h[j] = sigmoid (x[3 * hidden] + s[3 * hidden]) * tanh (c[j]);
    } else if (kind == TL_RECURRENT_GRU) {
      double z = sigmoid (x[hidden] + s[hidden]), n = tanh (x[2 * hidden] + sigmoid (x[0] + s[0]) * s[2 * hidden]);

      h[j] = (1 - z) * n + z * h[j];
    } else {
      h[j] = kind == TL_RECURRENT_TANH ? tanh (x[0] + s[0]) : fmax (x[0] + s[0], 0);
    }
  }
}

/* data[]: as of recurrent_forward */
static void
check_sequence_row (const TlRecurrentArgs *args, gint64 n_gates, void *const *data, gint64 row)
{
  TlDType dtype = args->dtype;
  gint64  hidden = args->hidden, n_sums = n_gates * hidden;
  double *h = g_new (double, hidden), *c = g_new0 (double, hidden), *sx = g_new (double, n_sums), *sh = g_new (double, n_sums);
  double  bound = tolerance (dtype, 1e-5, 1e-12);

  for (gint64 j = 0; j < hidden; j++) {
    h[j] = get_element (dtype, data[1], row * hidden + j);
    c[j] = data[2] ? get_element (dtype, data[2], row * hidden + j) : 0;
  }
  for (gint64 step = 0; step < args->steps; step++) {
    gint64 t = args->reverse ? args->steps - 1 - step : step;

    for (gint64 g = 0; g < n_sums; g++) {
      sx[g] = data[5] ? get_element (dtype, data[5], g) : 0;
      sh[g] = data[6] ? get_element (dtype, data[6], g) : 0;
      for (gint64 k = 0; k < args->inputs; k++)
        sx[g] += get_element (dtype, data[0], t * args->x_step + row * args->x_row + k) * get_element (dtype, data[3], g * args->inputs + k);
      for (gint64 k = 0; k < hidden; k++)
        sh[g] += h[k] * get_element (dtype, data[4], g * hidden + k);
    }
    reference_step (args->kind, hidden, sx, sh, h, c);
    for (gint64 j = 0; j < hidden; j++)
      assert_near (get_element (dtype, data[7], (t * args->n + row) * hidden + j), h[j], bound, "y", j);
  }
  for (gint64 j = 0; j < hidden; j++) {
    assert_near (get_element (dtype, data[8], row * hidden + j), h[j], bound, "h", j);
    if (data[9])
      assert_near (get_element (dtype, data[9], row * hidden + j), c[j], bound, "c", j);
  }
  g_free (h);
  g_free (c);
  g_free (sx);
  g_free (sh);
}

static void
check_sequence_case (const TlKernels *kernels, TlDType dtype, TlRecurrentKind kind, const Sequence *q, int variant)
{
  gint64 n_gates = kind == TL_RECURRENT_LSTM ? 4 : kind == TL_RECURRENT_GRU ? 3
                                                                            : 1,
         sums = n_gates * q->hidden;
  TlRecurrentArgs args = { .dtype = dtype, .kind = kind, .reverse = variant & 1, .has_bias_ih = variant & 1, .has_bias_hh = variant & 2, .steps = q->steps, .n = q->n, .inputs = q->inputs, .hidden = q->hidden, .x_step = q->inputs, .x_row = q->steps * q->inputs, .x_col = 1, .ih_row = q->inputs, .ih_col = 1, .hh_row = q->hidden, .hh_col = 1, .dy_step = q->hidden, .dy_row = q->steps * q->hidden, .dy_col = 1, .dsums_row = sums };
  gsize           size = tl_dtype_size (dtype), cells = (gsize)(q->n * q->hidden), all = cells * (gsize)q->steps;
  int             is_lstm = kind == TL_RECURRENT_LSTM, has_gates = n_gates > 1;
  const gsize     n[] = { (gsize)(q->steps * q->n * q->inputs), cells, is_lstm ? cells : 0, (gsize)(sums * q->inputs), (gsize)(sums * q->hidden), args.has_bias_ih ? (gsize)sums : 0, args.has_bias_hh ? (gsize)sums : 0, all, cells, is_lstm ? cells : 0, has_gates ? 4 * all : 0, is_lstm ? all : 0, all, cells, is_lstm ? cells : 0 };
  const gsize     out[] = { all * (gsize)n_gates, kind == TL_RECURRENT_GRU ? all * 3 : 0, cells, is_lstm ? cells : 0 };
  void           *data[G_N_ELEMENTS (n)], *first[G_N_ELEMENTS (out)], *second[G_N_ELEMENTS (out)];

  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    data[i] = n[i] > 0 ? random_elements (dtype, n[i], -0.3, 0.3, i + 1) : NULL;
  run_kernel (&kernels->recurrent_forward, &args, data, variant & 1 ? RUN_BACKWARDS : RUN_FORWARDS);
  for (gint64 row = 0; row < q->n; row += 1 + q->n / 5)
    check_sequence_row (&args, n_gates, data, row);
  for (guint i = 0; i < G_N_ELEMENTS (out); i++) {
    first[i] = out[i] > 0 ? guarded_new (out[i] * size) : NULL;
    second[i] = out[i] > 0 ? guarded_new (out[i] * size) : NULL;
  }
  for (guint k = 0; k < 2; k++) {
    void **to = k == 0 ? first : second;

    run_kernel (&kernels->recurrent_backward, &args,
                (void *const[]){ variant & 2 ? data[12] : NULL, data[13], data[14], data[1], data[2], data[4], data[7], data[10], data[11], to[0], to[1], to[2], to[3] },
                k == 0 ? RUN_FORWARDS : RUN_BACKWARDS);
  }
  for (guint i = 0; i < G_N_ELEMENTS (out); i++) {
    if (out[i] == 0)
      continue;
    g_assert_cmpmem (first[i], out[i] * size, second[i], out[i] * size);
    guarded_free (first[i], out[i] * size);
    guarded_free (second[i], out[i] * size);
  }
  for (guint i = 0; i < G_N_ELEMENTS (n); i++)
    if (n[i] > 0)
      guarded_free (data[i], n[i] * size);
}

static void
check_sequence (const TlKernels *kernels, TlDType dtype)
{
  const Sequence cases[] = { { 1, 1, 1, 1 }, { 5, 9, 3, 33 }, { 3, 60, 7, 20 }, { 2, 3, 5, 530 }, { 40, 30, 2, 64 } };

  for (int kind = TL_RECURRENT_TANH; kind <= TL_RECURRENT_LSTM; kind++)
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
      check_sequence_case (kernels, dtype, (TlRecurrentKind)kind, &cases[i], (int)i + kind);
}

/* So large that steps are cut into more phases than are counted apart. */
static void
test_phases (void)
{
  TlRecurrentArgs args = { .dtype = TL_DTYPE_F32, .kind = TL_RECURRENT_LSTM, .steps = 100, .n = 56, .inputs = 8, .hidden = 512, .x_col = 1, .ih_row = 8, .ih_col = 1, .hh_row = 512, .hh_col = 1 };
  TlWork          work;

  tl_kernels_get ()->recurrent_forward.measure (&args, &work);
  g_assert_cmpuint (work.n_phases, >, TL_WORK_MAX_PHASES + 4);
  for (unsigned phase = 3; phase < work.n_phases; phase++)
    g_assert_cmpuint (tl_work_get_n_tiles (&work, phase), ==, 2);
}

static void
test_attention (void)
{
  each_level_and_float (check_attention);
}

static void
test_sequence (void)
{
  each_level_and_float (check_sequence);
}

/* A tile can be waited for, however large the operands: at most some 5 ms, of which this much is arithmetic. */
static void
test_tiles (void)
{
  const double     most = 2.5e8, pairs = 8.0 * 8192 * 8192, weights = 4.0 * 2048 * 2048;
  const Attention  long_one = { .heads = 8, .group = 1, .l = 8192, .s = 8192, .d = 64, .e = 64 };
  TlAttentionArgs  attention = attention_args (TL_DTYPE_F32, &long_one);
  TlRecurrentArgs  wide = { .dtype = TL_DTYPE_F32, .kind = TL_RECURRENT_LSTM, .steps = 4, .n = 28, .inputs = 8, .hidden = 2048, .x_col = 1, .ih_row = 8, .ih_col = 1, .hh_row = 2048, .hh_col = 1 };
  const TlKernels *kernels = tl_kernels_get ();
  TlWork           work;

  for (gboolean drops = FALSE; drops <= TRUE; drops++) {
    attention.has_dropout = drops;
    kernels->attention_forward.measure (&attention, &work);
    g_assert_cmpfloat (pairs * 2 * 128 / (double)work.n_tiles[0], <=, most);
    kernels->attention_backward.measure (&attention, &work);
    g_assert_cmpfloat (pairs * 2 * (3 * 64 + 2 * 64) / (double)work.n_tiles[0], <=, most);
  }
  kernels->recurrent_forward.measure (&wide, &work);
  g_assert_cmpfloat (weights * 2 * 28 / (double)tl_work_get_n_tiles (&work, work.n_phases - 1), <=, most);
  kernels->recurrent_backward.measure (&wide, &work);
  g_assert_cmpfloat (weights * 2 * 28 / (double)tl_work_get_n_tiles (&work, work.n_phases - 1), <=, most);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/sequence/attention", test_attention);
  g_test_add_func ("/kernels/sequence/tiles", test_tiles);
  g_test_add_func ("/kernels/sequence/recurrent", test_sequence);
  g_test_add_func ("/kernels/sequence/phases", test_phases);
  return g_test_run ();
}
