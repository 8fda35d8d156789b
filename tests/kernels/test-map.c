/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The map kernel over shapes and layouts, against a loop that evaluates the same program element by element in double.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/program.h"

/* y0 = x * sigmoid (a x + b) + c;  y1 = max (x, c): three inputs, one constant, two outputs. */
static const TlProgram program = {
  .n_in = 3,
  .n_constants = 1,
  .n_instr = 6,
  .n_out = 2,
  .out = { 8, 9 },
  .constants = { 1.5 },
  .instr = {
    { TL_FN_mul, { 0, 3 } },  /* 4 = 1.5 x */
    { TL_FN_add, { 4, 1 } },  /* 5 = 4 + b */
    { TL_FN_sigmoid, { 5 } }, /* 6 */
    { TL_FN_mul, { 0, 6 } },  /* 7 */
    { TL_FN_add, { 7, 2 } },  /* 8 = y0 */
    { TL_FN_max, { 0, 2 } },  /* 9 = y1 */
  },
};

static void
reference (double x, double b, double c, double *y0, double *y1)
{
  *y0 = x / (1 + exp (-(1.5 * x + b))) + c;
  *y1 = x > c ? x : c;
}

static void
compiled_f32 (void *const *out, const void *const *in, size_t n)
{
  for (size_t i = 0; i < n; i++) {
    double y0, y1;

    reference (((const float *)in[0])[i], ((const float *)in[1])[i], ((const float *)in[2])[i], &y0, &y1);
    ((float *)out[0])[i] = (float)y0;
    ((float *)out[1])[i] = (float)y1;
  }
}

typedef struct {
  const char *name;
  unsigned    rank;
  gint64      shape[4];
  gint64      strides[5][4]; /* x, b, c, y0, y1 */
} Layout;

// clang-format off
static const Layout layouts[] = {
  { "one",        0, { 0 },          { { 0 } } },
  { "empty",      2, { 0, 5 },       { { 5, 1 }, { 5, 1 }, { 5, 1 }, { 5, 1 }, { 5, 1 } } },
  { "contiguous", 1, { 5003 },       { { 1 }, { 1 }, { 1 }, { 1 }, { 1 } } },
  { "scalars",    1, { 3001 },       { { 1 }, { 0 }, { 0 }, { 1 }, { 1 } } },
  { "rows",       2, { 307, 10 },    { { 10, 1 }, { 0, 1 }, { 0, 1 }, { 10, 1 }, { 10, 1 } } },
  { "wide rows",  2, { 5, 2500 },    { { 2500, 1 }, { 0, 1 }, { 1, 0 }, { 2500, 1 }, { 2500, 1 } } },
  { "columns",    2, { 130, 17 },    { { 17, 1 }, { 1, 0 }, { 1, 0 }, { 17, 1 }, { 17, 1 } } },
  { "channels",   3, { 4, 7, 49 },   { { 343, 49, 1 }, { 0, 1, 0 }, { 0, 1, 0 }, { 343, 49, 1 }, { 343, 49, 1 } } },
  { "transposed", 2, { 61, 43 },     { { 1, 61 }, { 43, 1 }, { 0, 1 }, { 43, 1 }, { 1, 61 } } },
  { "strided",    3, { 3, 5, 70 },   { { 2000, 300, 3 }, { 350, 70, 1 }, { 0, 0, 1 }, { 1000, 160, 2 }, { 350, 70, 1 } } },
  { "backwards",  1, { 2100 },       { { -1 }, { 1 }, { 1 }, { 1 }, { -1 } } },
  { "four axes",  4, { 3, 4, 5, 6 }, { { 120, 30, 6, 1 }, { 0, 1, 0, 0 }, { 1, 0, 3, 15 }, { 120, 30, 6, 1 }, { 1, 3, 12, 60 } } },
};
// clang-format on

#define ROOM 16384

static gint64
offset_of (const Layout *layout, unsigned k, gint64 index)
{
  gint64 offset = 0;

  for (unsigned d = layout->rank; d-- > 0;) {
    gint64 i = index % layout->shape[d], stride = layout->strides[k][d];

    /* A backward axis starts at the end of the memory it covers. */
    offset += stride < 0 ? (i - (layout->shape[d] - 1)) * stride : i * stride;
    index /= layout->shape[d];
  }
  return offset;
}

static gint64
start_of (const Layout *layout, unsigned k)
{
  gint64 start = 0;

  for (unsigned d = 0; d < layout->rank; d++)
    if (layout->strides[k][d] < 0)
      start -= (layout->shape[d] - 1) * layout->strides[k][d];
  return start;
}

static void
run_layout (const TlKernels *kernels, TlDType dtype, const TlDType *dtypes, const Layout *layout, TlCompiledMap compiled)
{
  TlMapArgs args = { .dtype = dtype, .rank = layout->rank, .program = &program, .compiled = compiled };
  void     *memory[5], *again[2], *data[5], *data_again[5];
  gint64    n = 1;

  for (unsigned k = 0; k < 5; k++) {
    double low = dtypes[k] == TL_DTYPE_U8 ? 0 : -3;

    memory[k] = random_elements (dtypes[k], ROOM, low, 4, k + 3);
    data[k] = (guint8 *)memory[k] + start_of (layout, k) * (gint64)tl_dtype_size (dtypes[k]);
  }
  for (unsigned k = 0; k < 2; k++) {
    again[k] = random_elements (dtypes[3 + k], ROOM, -3, 4, k + 6);
    data_again[3 + k] = (guint8 *)again[k] + start_of (layout, 3 + k) * (gint64)tl_dtype_size (dtypes[3 + k]);
  }
  memcpy (data_again, data, 3 * sizeof data[0]);
  for (unsigned d = 0; d < layout->rank; d++) {
    args.shape[d] = layout->shape[d];
    n *= layout->shape[d];
    for (unsigned k = 0; k < 3; k++)
      args.in_strides[k][d] = layout->strides[k][d];
    for (unsigned k = 0; k < 2; k++)
      args.out_strides[k][d] = layout->strides[3 + k][d];
  }
  memcpy (args.in_dtype, dtypes, 3 * sizeof *dtypes);
  memcpy (args.out_dtype, dtypes + 3, 2 * sizeof *dtypes);
  run_kernel (&kernels->map, &args, data, RUN_FORWARDS);
  run_kernel (&kernels->map, &args, data_again, RUN_BACKWARDS);
  for (gint64 i = 0; i < n; i++) {
    double v[5], y0, y1, bound = tolerance (dtype, 2e-6, 1e-14);

    for (unsigned k = 0; k < 5; k++)
      v[k] = get_element (dtypes[k], memory[k], offset_of (layout, k, i));
    reference (v[0], v[1], v[2], &y0, &y1);
    if (dtypes[3] == TL_DTYPE_I32)
      y0 = fabs (v[3] - trunc (y0)) <= 1 && fabs (y0 - nearbyint (y0)) < 1e-5 ? v[3] : trunc (y0);
    assert_near (v[3], y0, dtypes[3] == TL_DTYPE_F32 ? 2e-6 : bound, layout->name, i);
    assert_near (v[4], y1, dtypes[4] == TL_DTYPE_F32 ? 1e-7 : bound, layout->name, i);
    for (unsigned k = 0; k < 2; k++)
      g_assert_cmpfloat (get_element (dtypes[3 + k], again[k], offset_of (layout, 3 + k, i)), ==, v[3 + k]);
  }
  for (unsigned k = 0; k < 5; k++)
    guarded_free (memory[k], ROOM * tl_dtype_size (dtypes[k]));
  for (unsigned k = 0; k < 2; k++)
    guarded_free (again[k], ROOM * tl_dtype_size (dtypes[3 + k]));
}

static void
check_layouts (const TlKernels *kernels, TlDType dtype)
{
  TlDType same[5] = { dtype, dtype, dtype, dtype, dtype };
  TlDType mixed[5] = { TL_DTYPE_I32, TL_DTYPE_F64, TL_DTYPE_U8, TL_DTYPE_I32, TL_DTYPE_F32 };

  g_assert_true (tl_program_is_valid (&program, dtype));
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++) {
    run_layout (kernels, dtype, same, &layouts[i], NULL);
    run_layout (kernels, dtype, mixed, &layouts[i], NULL);
    if (dtype == TL_DTYPE_F32) {
      run_layout (kernels, dtype, same, &layouts[i], compiled_f32);
      run_layout (kernels, dtype, mixed, &layouts[i], compiled_f32);
    }
  }
}

static void
test_layouts (void)
{
  each_level_and_float (check_layouts);
}

/* Writing over an input that later instructions still read must give what a fresh output gives. */
static void
check_in_place (const TlKernels *kernels, TlDType dtype)
{
  enum { N = 3333 };
  gsize     size = N * tl_dtype_size (dtype);
  TlMapArgs args = { .dtype = dtype, .rank = 1, .shape = { N }, .program = &program };

  for (unsigned k = 0; k < 3; k++) {
    args.in_dtype[k] = dtype;
    args.in_strides[k][0] = 1;
  }
  for (unsigned k = 0; k < 2; k++) {
    args.out_dtype[k] = dtype;
    args.out_strides[k][0] = 1;
  }
  for (unsigned target = 0; target < 3; target++)
    for (unsigned output = 0; output < 2; output++) {
      void *in[3], *fresh[2], *other, *data[5];

      for (unsigned k = 0; k < 3; k++)
        in[k] = random_elements (dtype, N, -3, 3, k + 1);
      fresh[0] = guarded_new (size);
      fresh[1] = guarded_new (size);
      other = guarded_new (size);
      run_kernel (&kernels->map, &args, (void *const[]){ in[0], in[1], in[2], fresh[0], fresh[1] }, RUN_FORWARDS);
      memcpy (data, in, sizeof in);
      data[3 + output] = in[target];
      data[4 - output] = other;
      run_kernel (&kernels->map, &args, data, RUN_FORWARDS);
      g_assert_cmpmem (in[target], size, fresh[output], size);
      g_assert_cmpmem (other, size, fresh[1 - output], size);
      for (unsigned k = 0; k < 3; k++)
        guarded_free (in[k], size);
      guarded_free (fresh[0], size);
      guarded_free (fresh[1], size);
      guarded_free (other, size);
    }
}

static void
test_in_place (void)
{
  each_level_and_float (check_in_place);
}

/* Integer functors against the plain C of 64 bits, at every level. */
static gint64
integer_reference (TlFn fn, gint64 a, gint64 b, gint64 c)
{
  switch ((int)fn) {
  case TL_FN_copy:
    return a;
  case TL_FN_neg:
    return -a;
  case TL_FN_abs:
    return a < 0 ? -a : a;
  case TL_FN_sign:
    return (a > 0) - (a < 0);
  case TL_FN_square:
    return a * a;
  case TL_FN_floor:
  case TL_FN_ceil:
  case TL_FN_round:
  case TL_FN_trunc:
    return a;
  case TL_FN_isnan:
  case TL_FN_isinf:
    return 0;
  case TL_FN_bitnot:
    return ~a;
  case TL_FN_bitand:
    return a & b;
  case TL_FN_bitor:
    return a | b;
  case TL_FN_bitxor:
    return a ^ b;
  case TL_FN_fmod:
    return b ? a % b : 0;
  case TL_FN_not:
    return !a;
  case TL_FN_add:
    return a + b;
  case TL_FN_sub:
    return a - b;
  case TL_FN_mul:
    return a * b;
  case TL_FN_div:
    return b ? a / b : 0;
  case TL_FN_mod:
    return b ? ((a % b) + b) % b : 0;
  case TL_FN_min:
    return MIN (a, b);
  case TL_FN_max:
    return MAX (a, b);
  case TL_FN_lt:
    return a < b;
  case TL_FN_le:
    return a <= b;
  case TL_FN_gt:
    return a > b;
  case TL_FN_ge:
    return a >= b;
  case TL_FN_eq:
    return a == b;
  case TL_FN_ne:
    return a != b;
  case TL_FN_and:
    return a && b;
  case TL_FN_or:
    return a || b;
  case TL_FN_select:
    return a ? b : c;
  default:
    g_assert_not_reached ();
  }
}

static gint64
wrap (TlDType dtype, gint64 v)
{
  return dtype == TL_DTYPE_I32 ? (gint32)v : dtype == TL_DTYPE_U8 ? (guint8)v
                                                                  : v;
}

static void
test_integers (void)
{
  enum { N = 777 };
  const TlDType dtypes[] = { TL_DTYPE_I32, TL_DTYPE_I64, TL_DTYPE_U8 };

  for (int level = 0; level < TL_N_CPU_LEVELS; level++)
    for (unsigned t = 0; t < 3; t++)
      for (unsigned fn = 0; fn < TL_N_FN; fn++) {
        const TlKernels *kernels = tl_kernels_get_level (level);
        TlDType          dtype = dtypes[t];
        TlProgram        one = { .n_in = 3, .n_instr = 1, .n_out = 1, .out = { 3 }, .instr = { { fn, { 0, 1, 2 } } } };
        TlMapArgs        args = { .dtype = dtype, .rank = 1, .shape = { N }, .program = &one, .out_dtype = { dtype } };
        double           low = dtype == TL_DTYPE_U8 ? 0 : -20;
        void            *memory[4];

        g_assert_cmpint (tl_program_is_valid (&one, TL_DTYPE_F32), ==, !tl_fn_is_int_only (fn));
        if (!kernels || tl_fn_is_float_only (fn)) {
          g_assert_true (!kernels || !tl_program_is_valid (&one, dtype));
          continue;
        }
        if (fn == TL_FN_shl || fn == TL_FN_shr)
          continue; /* test_shifts() */
        for (unsigned k = 0; k < 4; k++) {
          args.in_dtype[k % 3] = dtype;
          args.in_strides[k % 3][0] = 1;
          memory[k] = random_elements (dtype, N, low, 20, k + fn);
        }
        args.out_strides[0][0] = 1;
        run_kernel (&kernels->map, &args, memory, RUN_FORWARDS);
        for (int i = 0; i < N; i++) {
          gint64 want = integer_reference (fn, (gint64)get_element (dtype, memory[0], i),
                                           (gint64)get_element (dtype, memory[1], i),
                                           (gint64)get_element (dtype, memory[2], i));

          assert_near (get_element (dtype, memory[3], i), (double)wrap (dtype, want), 0, tl_fn_name (fn), i);
        }
        for (unsigned k = 0; k < 4; k++)
          guarded_free (memory[k], N * tl_dtype_size (dtype));
      }
}

/* Bits that are shifted out are gone, also at distances that no instruction of the machine knows. */
static void
test_shifts (void)
{
  static const struct {
    TlFn    fn;
    TlDType dtype;
    gint64  a, b, want;
  } cases[] = {
    { TL_FN_shl, TL_DTYPE_I64, 3, 40, 3298534883328 },
    { TL_FN_shl, TL_DTYPE_I64, 3, 64, 0 },
    { TL_FN_shl, TL_DTYPE_I32, 1, 31, G_MININT32 },
    { TL_FN_shl, TL_DTYPE_I32, 1, -1, 0 },
    { TL_FN_shl, TL_DTYPE_U8, 255, 4, 240 },
    { TL_FN_shr, TL_DTYPE_I64, -9, 1, -5 },
    { TL_FN_shr, TL_DTYPE_I32, -9, 99, -1 },
    { TL_FN_shr, TL_DTYPE_I32, 9, -3, 0 },
    { TL_FN_shr, TL_DTYPE_U8, 200, 3, 25 },
    { TL_FN_shr, TL_DTYPE_U8, 200, 8, 0 },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    TlDType   dtype = cases[c].dtype;
    TlProgram one = { .n_in = 2, .n_instr = 1, .n_out = 1, .out = { 2 }, .instr = { { cases[c].fn, { 0, 1 } } } };
    TlMapArgs args = { .dtype = dtype, .rank = 1, .shape = { 1 }, .program = &one, .in_dtype = { dtype, dtype }, .out_dtype = { dtype } };
    gint64    a = 0, b = 0, y = 0;

    set_element (dtype, &a, 0, (double)cases[c].a);
    set_element (dtype, &b, 0, (double)cases[c].b);
    run_kernel (&tl_kernels_get ()->map, &args, (void *const[]){ &a, &b, &y }, RUN_FORWARDS);
    g_assert_cmpfloat (get_element (dtype, &y, 0), ==, (double)cases[c].want);
  }
}

static void
test_limits (void)
{
  TlProgram p = program;

  p.instr[0].src[1] = 4; /* reads itself */
  g_assert_false (tl_program_is_valid (&p, TL_DTYPE_F32));
  p = program;
  p.out[1] = 10;
  g_assert_false (tl_program_is_valid (&p, TL_DTYPE_F32));
  g_assert_false (tl_program_is_valid (&program, TL_DTYPE_I32)); /* sigmoid */
  g_assert_false (tl_program_is_valid (&program, TL_DTYPE_F16));
  p = program;
  p.instr[0].fn = TL_N_FN;
  g_assert_false (tl_program_is_valid (&p, TL_DTYPE_F32));
}

/* The smallest integers have no negative, and dividing them by -1 must not trap. */
static void
test_integer_limits (void)
{
  gint64    a[2] = { G_MININT64, 7 }, b[2] = { -1, 0 }, y[2];
  TlProgram one = { .n_in = 2, .n_instr = 1, .n_out = 1, .out = { 2 } };
  TlMapArgs args = { .dtype = TL_DTYPE_I64, .rank = 1, .shape = { 2 }, .program = &one, .out_dtype = { TL_DTYPE_I64 } };

  args.in_dtype[0] = args.in_dtype[1] = TL_DTYPE_I64;
  args.in_strides[0][0] = args.in_strides[1][0] = args.out_strides[0][0] = 1;
  one.instr[0] = (TlInstr){ TL_FN_div, { 0, 1 } };
  run_kernel (&tl_kernels_get ()->map, &args, (void *const[]){ a, b, y }, RUN_FORWARDS);
  g_assert_cmpint (y[0], ==, G_MININT64);
  g_assert_cmpint (y[1], ==, 0);
  one.instr[0].fn = TL_FN_mod;
  run_kernel (&tl_kernels_get ()->map, &args, (void *const[]){ a, b, y }, RUN_FORWARDS);
  g_assert_cmpint (y[0], ==, 0);
  g_assert_cmpint (y[1], ==, 0);
}

/* As many operands as a program may have, some of them repeated along the first axis and some along the second. */
static void
check_most_operands (const TlKernels *kernels, TlDType dtype)
{
  static const gint64 shape[3] = { 3, 4, 5 }, strides[3][3] = { { 20, 5, 1 }, { 0, 5, 1 }, { 5, 0, 1 } };
  enum { N_IN = TL_PROGRAM_MAX_IN,
         N_OUT = TL_PROGRAM_MAX_OUT,
         N = 60 };
  TlProgram sums = { .n_in = N_IN, .n_instr = N_OUT, .n_out = N_OUT };
  TlMapArgs args = { .dtype = dtype, .rank = 3, .program = &sums };
  void     *data[N_IN + N_OUT];

  for (unsigned k = 0; k < N_OUT; k++) {
    sums.instr[k] = (TlInstr){ TL_FN_add, { (uint8_t)k, (uint8_t)(N_IN - 1 - k) } };
    sums.out[k] = (uint8_t)(N_IN + k);
    args.out_dtype[k] = dtype;
    memcpy (args.out_strides[k], strides[0], sizeof strides[0]);
  }
  memcpy (args.shape, shape, sizeof shape);
  for (unsigned k = 0; k < N_IN + N_OUT; k++)
    data[k] = random_elements (dtype, N, -3, 4, k + 1);
  for (unsigned k = 0; k < N_IN; k++) {
    args.in_dtype[k] = dtype;
    memcpy (args.in_strides[k], strides[k % 3], sizeof strides[0]);
  }
  run_kernel (&kernels->map, &args, data, RUN_FORWARDS);
  for (gint64 i = 0; i < N; i++)
    for (unsigned k = 0; k < N_OUT; k++) {
      const gint64 *a = strides[k % 3], *b = strides[(N_IN - 1 - k) % 3];
      gint64        x = i / 20, y = i / 5 % 4, z = i % 5;
      double        want = get_element (dtype, data[k], x * a[0] + y * a[1] + z * a[2]) +
                    get_element (dtype, data[N_IN - 1 - k], x * b[0] + y * b[1] + z * b[2]);

      assert_near (get_element (dtype, data[N_IN + k], i), want, tolerance (dtype, 1e-6, 1e-14), "most operands", i);
    }
  for (unsigned k = 0; k < N_IN + N_OUT; k++)
    guarded_free (data[k], N * tl_dtype_size (dtype));
}

static void
test_most_operands (void)
{
  each_level_and_float (check_most_operands);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/map/layouts", test_layouts);
  g_test_add_func ("/kernels/map/in-place", test_in_place);
  g_test_add_func ("/kernels/map/most-operands", test_most_operands);
  g_test_add_func ("/kernels/map/integers", test_integers);
  g_test_add_func ("/kernels/map/integer-limits", test_integer_limits);
  g_test_add_func ("/kernels/map/shifts", test_shifts);
  g_test_add_func ("/kernels/map/invalid-programs", test_limits);
  return g_test_run ();
}
