/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/kernels/gemm.h"
#include "tests/kernels/kernel-call.h"
#include "tests/sanitized.h"

typedef enum {
  NN,
  NT,
  TN,
  TT,
  STRIDED, /* no unit stride in A or B */
  N_LAYOUTS,
} Layout;

/* Elements between rows of C and of aux, which must stay as they are. */
#define GAP 3

static const TlKernels *kernels;
static TlDType          dtype;

static void
put (void *data, size_t i, double value)
{
  if (dtype == TL_DTYPE_F32)
    ((float *)data)[i] = value;
  else
    ((double *)data)[i] = value;
}

static double
get (const void *data, size_t i)
{
  return dtype == TL_DTYPE_F32 ? ((const float *)data)[i] : ((const double *)data)[i];
}

static void *
random_operand (GRand *rand, size_t n)
{
  void *data = kernel_call_memory (n * tl_dtype_size (dtype));

  for (size_t i = 0; i < n; i++)
    put (data, i, (float)g_rand_double_range (rand, -1, 1));
  return data;
}

static void
set_layout (TlGemmArgs *args, Layout layout)
{
  gboolean ta = layout == TN || layout == TT, tb = layout == NT || layout == TT;

  args->a_row = ta ? 1 : args->k, args->a_col = ta ? args->m : 1;
  args->b_row = tb ? 1 : args->n, args->b_col = tb ? args->k : 1;
  if (layout == STRIDED) {
    args->a_row = 3, args->a_col = 3 * args->m + 1;
    args->b_col = 2, args->b_row = 2 * args->n + 3;
  }
  args->c_row = args->n + GAP;
  args->aux_row = args->n + 1;
}

static double
activated (TlActivation activation, double s)
{
  switch (activation) {
  case TL_ACTIVATION_RELU:
    return MAX (s, 0);
  case TL_ACTIVATION_GELU:
    return s / 2 * (1 + erf (s * M_SQRT1_2));
  case TL_ACTIVATION_TANH:
    return tanh (s);
  case TL_ACTIVATION_SIGMOID:
    return 1 / (1 + exp (-s));
  case TL_ACTIVATION_NONE:
    return s;
  }
  return NAN;
}

/* Where operand strides `stride` of batch item `index` begin. */
static int64_t
batch_offset (const TlGemmArgs *args, const int64_t *stride, int64_t index)
{
  int64_t offset = 0;

  for (int d = args->batch_rank - 1; d >= 0; d--) {
    offset += index % args->batch[d] * stride[d];
    index /= args->batch[d];
  }
  return offset;
}

/* One element by the header's definition. */
static double
expected (const TlGemmArgs *args, void *const *data, int64_t item, int64_t i, int64_t j, double before)
{
  int64_t a = batch_offset (args, args->a_batch, item), b = batch_offset (args, args->b_batch, item);
  double  s = 0;

  for (int64_t p = 0; p < args->k; p++)
    s += get (data[0], a + i * args->a_row + p * args->a_col) * get (data[1], b + p * args->b_row + j * args->b_col);
  if (args->bias == TL_GEMM_BIAS_N)
    s += get (data[2], j);
  else if (args->bias == TL_GEMM_BIAS_M)
    s += get (data[2], i);
  s = activated (args->activation, s);
  if (args->relu_mask && !(get (data[3], batch_offset (args, args->aux_batch, item) + i * args->aux_row + j) > 0))
    s = 0;
  return args->accumulate ? before + s : s;
}

static void
compare (const TlGemmArgs *args, void *const *data, const void *before, size_t n_c, int64_t n_items)
{
  double    tolerance = (dtype == TL_DTYPE_F32 ? 2e-7 : 4e-16) * (8 + 8 * sqrt (args->k));
  gboolean *used = g_new0 (gboolean, n_c + 1);

  for (int64_t item = 0; item < n_items; item++)
    for (int64_t i = 0; i < args->m; i++)
      for (int64_t j = 0; j < args->n; j++) {
        int64_t at = batch_offset (args, args->c_batch, item) + i * args->c_row + j;
        double  value = expected (args, data, item, i, j, get (before, at));

        used[at] = TRUE;
        if (!(fabs (get (data[4], at) - value) <= tolerance))
          g_error ("level %d, %dx%dx%d: [%d, %d] is %.9g instead of %.9g, tolerance %g", kernels->level, (int)args->m,
                   (int)args->n, (int)args->k, (int)i, (int)j, get (data[4], at), value, tolerance);
      }
  for (size_t i = 0; i < n_c; i++)
    if (!used[i])
      g_assert_cmpfloat (get (data[4], i), ==, get (before, i));
  g_free (used);
}

/* Multiplies random matrices in all orders of tiles; the batch strides of @args must be set. */
static void
check_args (const TlGemmArgs *args)
{
  GRand  *rand = g_rand_new_with_seed (args->m + 3 * args->n + 7 * args->k);
  int64_t n_items = 1, n_a, n_b, n_c, n_aux;
  size_t  n_bytes;
  void   *data[5], *before, *first = NULL;

  for (int d = 0; d < args->batch_rank; d++)
    n_items *= args->batch[d];
  n_a = n_b = n_c = n_aux = 0;
  for (int64_t item = 0; item < n_items; item++) {
    n_a = MAX (n_a, batch_offset (args, args->a_batch, item));
    n_b = MAX (n_b, batch_offset (args, args->b_batch, item));
    n_c = MAX (n_c, batch_offset (args, args->c_batch, item));
    n_aux = MAX (n_aux, batch_offset (args, args->aux_batch, item));
  }
  /* Operands end with their last element, so that the sanitizer sees what is read behind it. */
  n_a += args->k > 0 ? (args->m - 1) * args->a_row + (args->k - 1) * args->a_col + 1 : 0;
  n_b += args->k > 0 ? (args->n - 1) * args->b_col + (args->k - 1) * args->b_row + 1 : 0;
  n_c += (args->m - 1) * args->c_row + args->n;
  n_aux += (args->m - 1) * args->aux_row + args->n;
  n_bytes = n_c * tl_dtype_size (dtype);

  data[0] = random_operand (rand, n_a), data[1] = random_operand (rand, n_b);
  data[2] = args->bias != TL_GEMM_BIAS_NONE ? random_operand (rand, args->bias == TL_GEMM_BIAS_N ? args->n : args->m) : NULL;
  data[3] = args->relu_mask ? random_operand (rand, n_aux) : NULL;
  before = random_operand (rand, n_c);
  for (TileOrder order = 0; order < N_TILE_ORDERS; order++) {
    data[4] = kernel_call_memory (n_bytes);
    memcpy (data[4], before, n_bytes);
    kernel_call (&kernels->gemm, args, data, order);
    if (first == NULL)
      first = g_memdup2 (data[4], n_bytes);
    else
      g_assert_cmpmem (data[4], n_bytes, first, n_bytes);
    if (order + 1 < N_TILE_ORDERS)
      free (data[4]);
  }
  compare (args, data, before, n_c, n_items);
  for (int i = 0; i < 5; i++)
    free (data[i]);
  free (before);
  g_free (first);
  g_rand_free (rand);
}

static void
for_levels (void (*check) (void))
{
  for (TlCpuLevel level = TL_CPU_BASE; level <= TL_CPU_AVX512; level++) {
    kernels = tl_kernels_get_level (level);
    for (dtype = TL_DTYPE_F32; dtype <= TL_DTYPE_F64 && kernels != NULL; dtype++)
      check ();
  }
}

static void
check_sizes (void)
{
  static const int64_t sizes[][3] = {
    { 1, 1, 1 },
    { 1, 1, 200 },
    { 3, 2, 0 },
    { 2, 5, 1 },
    { 1, 70, 100 },
    { 70, 1, 100 },
    { 3, 37, 65 },
    { 37, 4, 65 },
    { 13, 17, 19 },
    { 15, 33, 70 },
    { 16, 48, 64 },
    { 5, 10, 256 },
    { 64, 10, 128 },
    { 29, 31, 513 },
    { 33, 20, 1100 },
    { 30, 300, 9 },
    { 300, 30, 9 },
    { 40, 64, 256 },
    { 100, 90, 80 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (Layout layout = 0; layout < N_LAYOUTS; layout++) {
      TlGemmArgs args = { .dtype = dtype, .m = sizes[i][0], .n = sizes[i][1], .k = sizes[i][2] };

      set_layout (&args, layout);
      check_args (&args);
    }
}

static void
test_sizes (void)
{
  for_levels (check_sizes);
}

static void
check_tiles (void)
{
  static const int64_t sizes[][3] = { { 200, 210, 220 }, { 20, 600, 300 }, { 600, 18, 300 }, { 130, 256, 700 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i += TESTS_SANITIZED ? 2 : 1)
    for (Layout layout = 0; layout < STRIDED; layout++) {
      TlGemmArgs args = { .dtype = dtype, .m = sizes[i][0], .n = sizes[i][1], .k = sizes[i][2] };
      TlWork     work;

      set_layout (&args, layout);
      kernels->gemm.measure (&args, &work);
      g_assert_cmpuint (work.n_tiles[work.n_phases - 1], >, 1);
      check_args (&args);
    }
}

static void
test_tiles (void)
{
  for_levels (check_tiles);
}

/* Every epilogue on shapes of every path: narrow, swapped, packed, several blocks of k. */
static void
check_epilogues (void)
{
  static const int64_t sizes[][3] = { { 1, 50, 64 }, { 50, 2, 64 }, { 17, 120, 40 }, { 40, 50, 530 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int c = 0; c < 5 * 3 * 2 * 2; c += TESTS_SANITIZED ? 7 : 1) {
      TlGemmArgs args = { .dtype = dtype, .m = sizes[i][0], .n = sizes[i][1], .k = sizes[i][2] };

      args.activation = c % 5;
      args.bias = c / 5 % 3;
      args.relu_mask = c / 15 % 2;
      args.accumulate = c / 30;
      set_layout (&args, c % 2 == 0 ? NT : NN);
      check_args (&args);
    }
}

static void
test_epilogues (void)
{
  for_levels (check_epilogues);
}

static void
set_batch (TlGemmArgs *args, int64_t b0, int64_t b1, int64_t a0, int64_t a1, int64_t b_0, int64_t b_1)
{
  args->batch_rank = 2;
  args->batch[0] = b0, args->batch[1] = b1;
  args->a_batch[0] = a0, args->a_batch[1] = a1;
  args->b_batch[0] = b_0, args->b_batch[1] = b_1;
  args->c_batch[1] = args->m * args->c_row, args->c_batch[0] = b1 * args->c_batch[1];
  args->aux_batch[1] = args->m * args->aux_row, args->aux_batch[0] = b1 * args->aux_batch[1];
}

static void
check_batches (void)
{
  static const int64_t sizes[][3] = { { 7, 9, 5 }, { 1, 30, 40 }, { 33, 40, 70 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (Layout layout = 0; layout < N_LAYOUTS; layout++) {
      TlGemmArgs args = { .dtype = dtype, .m = sizes[i][0], .n = sizes[i][1], .k = sizes[i][2] };
      int64_t    n_a = args.m * args.k * 4 + 7, n_b = args.n * args.k * 4 + 5;

      set_layout (&args, layout);
      args.bias = TL_GEMM_BIAS_N;
      args.relu_mask = 1;
      set_batch (&args, 3, 5, 5 * n_a, n_a, 5 * n_b, n_b);
      check_args (&args);
      set_batch (&args, 3, 5, n_a, 0, 0, n_b); /* both broadcast, on different axes */
      check_args (&args);
      set_batch (&args, 3, 5, 5 * args.m * args.k, args.m * args.k, 0, 0); /* folds into m where A follows itself */
      check_args (&args);
      args.bias = TL_GEMM_BIAS_M;
      check_args (&args);
    }
}

static void
test_batches (void)
{
  for_levels (check_batches);
}

/* An empty product has no tiles; an empty batch too. */
static void
check_empty (void)
{
  TlGemmArgs args = { .dtype = dtype, .m = 0, .n = 5, .k = 3, .a_row = 3, .a_col = 1, .b_row = 5, .b_col = 1, .c_row = 5 };
  TlWork     work;

  kernels->gemm.measure (&args, &work);
  g_assert_cmpuint (work.n_phases, ==, 0);
  args.m = 4, args.batch_rank = 1, args.batch[0] = 0;
  kernels->gemm.measure (&args, &work);
  g_assert_cmpuint (work.n_phases, ==, 0);
}

static void
test_empty (void)
{
  for_levels (check_empty);
}

/* NaN and infinities pass through sums and ReLU. */
static void
check_special (void)
{
  TlGemmArgs args = { .dtype = dtype, .m = 20, .n = 20, .k = 20, .activation = TL_ACTIVATION_RELU };
  void      *a, *b, *c;

  set_layout (&args, NN);
  a = kernel_call_memory (400 * tl_dtype_size (dtype)), b = kernel_call_memory (400 * tl_dtype_size (dtype));
  c = kernel_call_memory (20 * args.c_row * tl_dtype_size (dtype));
  for (int i = 0; i < 400; i++)
    put (a, i, 1), put (b, i, 1);
  put (a, 3 * 20 + 5, NAN);
  put (a, 4 * 20 + 5, INFINITY);
  put (a, 5 * 20 + 5, -INFINITY);
  kernel_call (&kernels->gemm, &args, (void *[]){ a, b, NULL, NULL, c }, TILES_FORWARDS);
  for (int j = 0; j < 20; j++) {
    g_assert_cmpfloat (get (c, 2 * args.c_row + j), ==, 20);
    g_assert_true (isnan (get (c, 3 * args.c_row + j)));
    g_assert_cmpfloat (get (c, 4 * args.c_row + j), ==, INFINITY);
    g_assert_cmpfloat (get (c, 5 * args.c_row + j), ==, 0);
  }
  free (a), free (b), free (c);
}

static void
test_special (void)
{
  for_levels (check_special);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/gemm/empty", test_empty);
  g_test_add_func ("/kernels/gemm/sizes", test_sizes);
  g_test_add_func ("/kernels/gemm/tiles", test_tiles);
  g_test_add_func ("/kernels/gemm/epilogues", test_epilogues);
  g_test_add_func ("/kernels/gemm/batches", test_batches);
  g_test_add_func ("/kernels/gemm/special-values", test_special);
  return g_test_run ();
}
