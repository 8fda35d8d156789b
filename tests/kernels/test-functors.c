/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The accuracy of every float functor against libm's long double functions, in units in the last place, at every level; and
 * the values that have a rule: infinities, NaN, zeros, overflow.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/program.h"

#define N 20000

static const long double pi_l = 3.14159265358979323846264338327950288L;

/* Runs one functor over contiguous operands. */
static void
apply (const TlKernels *kernels, TlDType dtype, TlFn fn, const void *a, const void *b, void *out, gsize n)
{
  TlProgram program = { .n_in = tl_fn_arity (fn), .n_instr = 1, .n_out = 1, .instr = { { fn, { 0, 1 } } } };
  TlMapArgs args = { .dtype = dtype, .rank = 1, .shape = { n }, .program = &program };

  program.out[0] = program.n_in;
  for (unsigned k = 0; k < program.n_in; k++) {
    args.in_dtype[k] = dtype;
    args.in_strides[k][0] = 1;
  }
  args.out_dtype[0] = dtype;
  args.out_strides[0][0] = 1;
  g_assert_true (tl_program_is_valid (&program, dtype));
  if (program.n_in == 1)
    run_kernel (&kernels->map, &args, (void *const[]){ (void *)a, out }, RUN_FORWARDS);
  else
    run_kernel (&kernels->map, &args, (void *const[]){ (void *)a, (void *)b, out }, RUN_FORWARDS);
}

static double
ulp_error (TlDType dtype, double got, long double want)
{
  int         digits = dtype == TL_DTYPE_F32 ? 24 : 53;
  int         min_exponent = dtype == TL_DTYPE_F32 ? -125 : -1021, exponent;
  long double limit = dtype == TL_DTYPE_F32 ? 3.4028235e38L : 1.7976931348623157e308L;

  if (isnan (want))
    return isnan (got) ? 0 : INFINITY;
  if (fabsl (want) > limit)
    return isinf (got) && (got > 0) == (want > 0) ? 0 : fabs (got) > 0.9999 * (double)limit ? 1
                                                                                            : INFINITY;
  if (isnan (got) || isinf (got))
    return fabsl (want) > 0.999999L * limit ? 1 : INFINITY;
  frexpl (want, &exponent);
  exponent = MAX (exponent, min_exponent);
  return (double)(fabsl (got - want) / ldexpl (1, exponent - digits));
}

static long double
round_l (long double x)
{
  return nearbyintl (x);
}
static long double
rsqrt_l (long double x)
{
  return 1 / sqrtl (x);
}
static long double
reciprocal_l (long double x)
{
  return 1 / x;
}
static long double
sigmoid_l (long double x)
{
  return 1 / (1 + expl (-x));
}

/* By Newton's steps from what double precision has. */
static long double
erfinv_l (long double x)
{
  long double y = x < 0 ? -0.5L : 0.5L;

  for (int i = 0; i < 60; i++) {
    long double error = x > 0.5L ? (1 - x) - erfcl (y) : x < -0.5L ? erfcl (-y) - (1 + x)
                                                                   : erfl (y) - x;
    long double step = error * expl (y * y) * 0.886226925452758013649L;

    y -= step / (1 + y * step);
  }
  return y;
}

typedef struct {
  TlFn fn;
  long double (*reference) (long double);
  double low, high;
  int    logarithmic; /* positive operands over all magnitudes between 2^low and 2^high */
  double max_f32, max_f64;
} UnaryCase;

// clang-format off
static const UnaryCase unary_cases[] = {
  { TL_FN_floor,      floorl,       -100, 100, 0, 0, 0 },
  { TL_FN_ceil,       ceill,        -100, 100, 0, 0, 0 },
  { TL_FN_round,      round_l,      -100, 100, 0, 0, 0 },
  { TL_FN_trunc,      truncl,       -100, 100, 0, 0, 0 },
  { TL_FN_sqrt,       sqrtl,        -120, 120, 1, 0.501, 0.501 },
  { TL_FN_rsqrt,      rsqrt_l,      -120, 120, 1, 2, 2 },
  { TL_FN_reciprocal, reciprocal_l, -120, 120, 1, 0.501, 0.501 },
  { TL_FN_exp,        expl,         -87,  88.7, 0, 2, 4 },
  { TL_FN_exp,        expl,         -1,   1, 0, 2, 4 },
  { TL_FN_expm1,      expm1l,       -30,  88, 0, 2, 4 },
  { TL_FN_expm1,      expm1l,       -1,   1, 0, 2, 4 },
  { TL_FN_log,        logl,         -126, 127, 1, 2, 4 },
  { TL_FN_log,        logl,         0.5,  2, 0, 2, 4 },
  { TL_FN_log1p,      log1pl,       -0.99, 2, 0, 2, 4 },
  { TL_FN_log1p,      log1pl,       -60,  60, 1, 2, 4 },
  { TL_FN_sin,        sinl,         -10,  10, 0, 2, 4 },
  { TL_FN_sin,        sinl,         -3e7, 3e7, 0, 2, 4 },
  { TL_FN_cos,        cosl,         -10,  10, 0, 2, 4 },
  { TL_FN_cos,        cosl,         -3e7, 3e7, 0, 2, 4 },
  { TL_FN_tan,        tanl,         -10,  10, 0, 4, 4 },
  { TL_FN_sin,        sinl,         20,   127, 1, 2, 4 },
  { TL_FN_cos,        cosl,         20,   127, 1, 2, 4 },
  { TL_FN_tan,        tanl,         20,   127, 1, 4, 4 },
  { TL_FN_asin,       asinl,        -1,   1, 0, 2, 4 },
  { TL_FN_acos,       acosl,        -1,   1, 0, 2, 4 },
  { TL_FN_atan,       atanl,        -10,  10, 0, 2, 4 },
  { TL_FN_atan,       atanl,        -60,  60, 1, 2, 4 },
  { TL_FN_sinh,       sinhl,        -89,  89, 0, 2, 4 },
  { TL_FN_sinh,       sinhl,        -1,   1, 0, 2, 4 },
  { TL_FN_cosh,       coshl,        -89,  89, 0, 2, 4 },
  { TL_FN_tanh,       tanhl,        -10,  10, 0, 3, 4 },
  { TL_FN_tanh,       tanhl,        -0.5, 0.5, 0, 3, 4 },
  { TL_FN_erf,        erfl,         -6,   6, 0, 4, 4 },
  { TL_FN_erf,        erfl,         -1.1, 1.1, 0, 4, 4 },
  { TL_FN_exp2,       exp2l,        -125, 127, 0, 1, 4 },
  { TL_FN_log2,       log2l,        -126, 127, 1, 1, 4 },
  { TL_FN_log2,       log2l,        0.5,  2, 0, 1, 4 },
  { TL_FN_log10,      log10l,       -126, 127, 1, 1, 4 },
  { TL_FN_log10,      log10l,       0.5,  2, 0, 1, 4 },
  { TL_FN_asinh,      asinhl,       -10,  10, 0, 1, 4 },
  { TL_FN_asinh,      asinhl,       -60,  60, 1, 1, 4 },
  { TL_FN_acosh,      acoshl,       1,    10, 0, 1, 4 },
  { TL_FN_acosh,      acoshl,       1,    60, 1, 1, 4 },
  { TL_FN_atanh,      atanhl,       -1,   1, 0, 1, 4 },
  { TL_FN_erfc,       erfcl,        -6,   9, 0, 1, 16 },
  { TL_FN_erfc,       erfcl,        6,    25, 0, 1, 16 },
  { TL_FN_erfinv,     erfinv_l,     -0.999999, 0.999999, 0, 1, 16 },
  { TL_FN_lgamma,     lgammal,      0.01, 0.8, 0, 1, 256 },
  { TL_FN_lgamma,     lgammal,      2.5,  200, 0, 1, 256 },
  { TL_FN_lgamma,     lgammal,      -1.9, -1.1, 0, 2, 256 },
  { TL_FN_sigmoid,    sigmoid_l,    -86,  86, 0, 2.5, 4 },
};
// clang-format on

static void
check_unary (const TlKernels *kernels, TlDType dtype)
{
  for (gsize c = 0; c < G_N_ELEMENTS (unary_cases); c++) {
    const UnaryCase *t = &unary_cases[c];
    double           bound = dtype == TL_DTYPE_F32 ? t->max_f32 : t->max_f64, worst = 0, at = 0;
    void            *a = guarded_new (N * 8), *y = guarded_new (N * 8);
    guint64          state = 7 + c;

    for (int i = 0; i < N; i++) {
      double v = next_between (&state, t->low, t->high);

      set_element (dtype, a, i, t->logarithmic ? exp2 (v) : v);
    }
    apply (kernels, dtype, t->fn, a, NULL, y, N);
    for (int i = 0; i < N; i++) {
      double x = get_element (dtype, a, i);
      double e = ulp_error (dtype, get_element (dtype, y, i), t->reference ((long double)x));

      if (e > worst) {
        worst = e;
        at = x;
      }
    }
    g_test_message ("%s %s %s [%g, %g]: %.3f ulp at %a", tl_cpu_level_name (kernels->level), tl_fn_name (t->fn),
                    dtype == TL_DTYPE_F32 ? "f32" : "f64", t->low, t->high, worst, at);
    if (worst > bound) {
      g_test_message ("%s %s is off by %.3f ulp at %a", tl_fn_name (t->fn), dtype == TL_DTYPE_F32 ? "f32" : "f64", worst, at);
      g_test_fail ();
    }
    guarded_free (a, N * 8);
    guarded_free (y, N * 8);
  }
}

static long double
mod_l (long double a, long double b)
{
  long double r = fmodl (a, b);

  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

typedef struct {
  TlFn fn;
  long double (*reference) (long double, long double);
  double a_low, a_high, b_low, b_high;
} BinaryCase;

static const BinaryCase binary_cases[] = {
  { TL_FN_pow, powl, 0, 10, -30, 30 },
  { TL_FN_pow, powl, 0.9, 1.1, -800, 800 },
  { TL_FN_pow, powl, 1.3, 1.5, -200, 200 },
  { TL_FN_atan2, atan2l, -5, 5, -5, 5 },
  { TL_FN_mod, mod_l, -100, 100, -7, 7 },
  { TL_FN_fmod, fmodl, -100, 100, -7, 7 },
  { TL_FN_hypot, hypotl, -100, 100, -7, 7 },
};

static void
check_binary (const TlKernels *kernels, TlDType dtype)
{
  for (gsize c = 0; c < G_N_ELEMENTS (binary_cases); c++) {
    const BinaryCase *t = &binary_cases[c];
    void             *a = random_elements (dtype, N, t->a_low, t->a_high, c + 1);
    void             *b = random_elements (dtype, N, t->b_low, t->b_high, c + 90), *y = guarded_new (N * 8);
    double            worst = 0;
    int               at = 0;

    apply (kernels, dtype, t->fn, a, b, y, N);
    for (int i = 0; i < N; i++) {
      double e = ulp_error (dtype, get_element (dtype, y, i),
                            t->reference (get_element (dtype, a, i), get_element (dtype, b, i)));

      if (e > worst) {
        worst = e;
        at = i;
      }
    }
    g_test_message ("%s %s %s: %.3f ulp at %a, %a", tl_cpu_level_name (kernels->level), tl_fn_name (t->fn),
                    dtype == TL_DTYPE_F32 ? "f32" : "f64", worst, get_element (dtype, a, at), get_element (dtype, b, at));
    if (worst > 4)
      g_test_fail ();
    guarded_free (a, N * tl_dtype_size (dtype));
    guarded_free (b, N * tl_dtype_size (dtype));
    guarded_free (y, N * 8);
  }
}

typedef struct {
  TlFn   fn;
  double a, b, want;
} SpecialCase;

/* Values with a rule, the same in both dtypes. */
// clang-format off
static const SpecialCase special_cases[] = {
  { TL_FN_exp, -INFINITY, 0, 0 }, { TL_FN_exp, INFINITY, 0, INFINITY }, { TL_FN_exp, NAN, 0, NAN }, { TL_FN_exp, 0, 0, 1 },
  { TL_FN_exp, 1000, 0, INFINITY }, { TL_FN_exp, -1000, 0, 0 },
  { TL_FN_expm1, -INFINITY, 0, -1 }, { TL_FN_expm1, INFINITY, 0, INFINITY }, { TL_FN_expm1, NAN, 0, NAN }, { TL_FN_expm1, -0.0, 0, -0.0 },
  { TL_FN_log, 0, 0, -INFINITY }, { TL_FN_log, -1, 0, NAN }, { TL_FN_log, INFINITY, 0, INFINITY }, { TL_FN_log, NAN, 0, NAN }, { TL_FN_log, 1, 0, 0 },
  { TL_FN_log1p, -1, 0, -INFINITY }, { TL_FN_log1p, -2, 0, NAN }, { TL_FN_log1p, INFINITY, 0, INFINITY }, { TL_FN_log1p, NAN, 0, NAN }, { TL_FN_log1p, -0.0, 0, -0.0 },
  { TL_FN_sin, -0.0, 0, -0.0 }, { TL_FN_sin, INFINITY, 0, NAN }, { TL_FN_cos, 0, 0, 1 }, { TL_FN_cos, NAN, 0, NAN }, { TL_FN_tan, -0.0, 0, -0.0 },
  { TL_FN_asin, 2, 0, NAN }, { TL_FN_asin, 0, 0, 0 }, { TL_FN_acos, 1, 0, 0 }, { TL_FN_acos, -1.5, 0, NAN }, { TL_FN_atan, -0.0, 0, -0.0 },
  { TL_FN_sinh, INFINITY, 0, INFINITY }, { TL_FN_sinh, -INFINITY, 0, -INFINITY }, { TL_FN_sinh, -0.0, 0, -0.0 }, { TL_FN_cosh, -INFINITY, 0, INFINITY },
  { TL_FN_tanh, INFINITY, 0, 1 }, { TL_FN_tanh, -INFINITY, 0, -1 }, { TL_FN_tanh, NAN, 0, NAN }, { TL_FN_tanh, -0.0, 0, -0.0 },
  { TL_FN_erf, INFINITY, 0, 1 }, { TL_FN_erf, -INFINITY, 0, -1 }, { TL_FN_erf, NAN, 0, NAN }, { TL_FN_erf, -0.0, 0, -0.0 },
  { TL_FN_sigmoid, INFINITY, 0, 1 }, { TL_FN_sigmoid, -INFINITY, 0, 0 }, { TL_FN_sigmoid, NAN, 0, NAN }, { TL_FN_sigmoid, 0, 0, 0.5 },
  { TL_FN_floor, -0.0, 0, -0.0 }, { TL_FN_floor, 1e30, 0, 1e30 }, { TL_FN_round, 2.5, 0, 2 }, { TL_FN_round, -3.5, 0, -4 }, { TL_FN_ceil, -0.5, 0, -0.0 },
  { TL_FN_floor, -INFINITY, 0, -INFINITY }, { TL_FN_trunc, NAN, 0, NAN }, { TL_FN_sqrt, -1, 0, NAN }, { TL_FN_sqrt, -0.0, 0, -0.0 },
  { TL_FN_sign, -3, 0, -1 }, { TL_FN_sign, NAN, 0, NAN }, { TL_FN_sign, 0, 0, 0 }, { TL_FN_abs, -0.0, 0, 0 }, { TL_FN_neg, 0, 0, -0.0 },
  { TL_FN_isnan, NAN, 0, 1 }, { TL_FN_isnan, INFINITY, 0, 0 }, { TL_FN_isinf, -INFINITY, 0, 1 }, { TL_FN_isinf, NAN, 0, 0 }, { TL_FN_not, 0, 0, 1 },
  { TL_FN_min, NAN, 1, NAN }, { TL_FN_min, 1, NAN, NAN }, { TL_FN_max, NAN, 1, NAN }, { TL_FN_max, 1, NAN, NAN }, { TL_FN_max, -1, 2, 2 },
  { TL_FN_div, 1, 0, INFINITY }, { TL_FN_mod, 5, 0, NAN }, { TL_FN_mod, -1, 3, 2 }, { TL_FN_mod, 1, -3, -2 }, { TL_FN_mod, 5, INFINITY, 5 }, { TL_FN_mod, -5, INFINITY, INFINITY },
  { TL_FN_pow, 0, 0, 1 }, { TL_FN_pow, NAN, 0, 1 }, { TL_FN_pow, 1, NAN, 1 }, { TL_FN_pow, 0, -1, INFINITY }, { TL_FN_pow, -0.0, -1, -INFINITY },
  { TL_FN_pow, -0.0, 3, -0.0 }, { TL_FN_pow, -2, 3, -8 }, { TL_FN_pow, -2, 2, 4 }, { TL_FN_pow, -2, 0.5, NAN }, { TL_FN_pow, INFINITY, -2, 0 },
  { TL_FN_pow, -INFINITY, 3, -INFINITY }, { TL_FN_pow, 0.5, INFINITY, 0 }, { TL_FN_pow, 2, INFINITY, INFINITY }, { TL_FN_pow, -1, INFINITY, 1 },
  { TL_FN_pow, 2, -INFINITY, 0 }, { TL_FN_pow, 10, 400, INFINITY }, { TL_FN_pow, 10, -400, 0 }, { TL_FN_pow, 2, NAN, NAN },
  { TL_FN_atan2, 0, -1, 3.14159265358979323846 }, { TL_FN_atan2, -0.0, -1, -3.14159265358979323846 }, { TL_FN_atan2, 0, 0, 0 }, { TL_FN_atan2, -0.0, 1, -0.0 },
  { TL_FN_atan2, INFINITY, INFINITY, 0.78539816339744831 }, { TL_FN_atan2, 1, INFINITY, 0 }, { TL_FN_atan2, INFINITY, 1, 1.57079632679489662 }, { TL_FN_atan2, NAN, 1, NAN },
  { TL_FN_exp2, 10, 0, 1024 }, { TL_FN_exp2, -2000, 0, 0 }, { TL_FN_exp2, INFINITY, 0, INFINITY }, { TL_FN_exp2, NAN, 0, NAN }, { TL_FN_log2, 8, 0, 3 }, { TL_FN_log2, 0, 0, -INFINITY },
  { TL_FN_log10, 1000, 0, 3 }, { TL_FN_log10, 1e22, 0, 22 }, { TL_FN_log10, -1, 0, NAN }, { TL_FN_asinh, -0.0, 0, -0.0 }, { TL_FN_asinh, -INFINITY, 0, -INFINITY },
  { TL_FN_acosh, 0.5, 0, NAN }, { TL_FN_acosh, -5, 0, NAN }, { TL_FN_acosh, 1, 0, 0 }, { TL_FN_acosh, INFINITY, 0, INFINITY }, { TL_FN_atanh, -1, 0, -INFINITY }, { TL_FN_atanh, 2, 0, NAN }, { TL_FN_atanh, -0.0, 0, -0.0 },
  { TL_FN_erfc, -INFINITY, 0, 2 }, { TL_FN_erfc, INFINITY, 0, 0 }, { TL_FN_erfc, NAN, 0, NAN }, { TL_FN_erfinv, 1, 0, INFINITY }, { TL_FN_erfinv, -1, 0, -INFINITY }, { TL_FN_erfinv, 1.5, 0, NAN }, { TL_FN_erfinv, -0.0, 0, -0.0 },
  { TL_FN_lgamma, 0, 0, INFINITY }, { TL_FN_lgamma, -3, 0, INFINITY }, { TL_FN_lgamma, INFINITY, 0, INFINITY }, { TL_FN_lgamma, NAN, 0, NAN }, { TL_FN_digamma, 0, 0, -INFINITY }, { TL_FN_digamma, -2, 0, NAN },
  { TL_FN_fmod, -5, 3, -2 }, { TL_FN_fmod, 5, -3, 2 }, { TL_FN_fmod, 5, 0, NAN }, { TL_FN_fmod, -5, INFINITY, -5 }, { TL_FN_hypot, 3, 4, 5 }, { TL_FN_hypot, INFINITY, NAN, INFINITY }, { TL_FN_hypot, NAN, 1, NAN }, { TL_FN_copysign, 2, -0.0, -2 },
  { TL_FN_eq, NAN, NAN, 0 }, { TL_FN_ne, NAN, NAN, 1 }, { TL_FN_lt, 1, 2, 1 }, { TL_FN_le, 2, 2, 1 }, { TL_FN_gt, 1, 2, 0 }, { TL_FN_ge, 1, 2, 0 },
  { TL_FN_and, 1, 2, 1 }, { TL_FN_and, 1, 0, 0 }, { TL_FN_or, 0, 0, 0 }, { TL_FN_or, 0, -1, 1 },
};
// clang-format on

static void
check_special (const TlKernels *kernels, TlDType dtype)
{
  for (gsize c = 0; c < G_N_ELEMENTS (special_cases); c++) {
    const SpecialCase *t = &special_cases[c];
    double             a[40], b[40], y[40], got;
    double             want = dtype == TL_DTYPE_F32 ? (float)t->want : t->want;

    for (int i = 0; i < 37; i++) {
      set_element (dtype, a, i, t->a);
      set_element (dtype, b, i, t->b);
    }
    apply (kernels, dtype, t->fn, a, b, y, 37);
    for (int i = 0; i < 37; i++) {
      got = get_element (dtype, y, i);
      if (isnan (want) ? !isnan (got) : (got != want || signbit (got) != signbit (want))) {
        g_test_message ("%s %s (%g, %g) = %g, want %g (element %d, dtype %d)", tl_cpu_level_name (kernels->level),
                        tl_fn_name (t->fn), t->a, t->b, got, want, i, dtype);
        g_test_fail ();
        break;
      }
    }
  }
}

/* A functor's value must not depend on where in the loop it is computed. */
static void
check_position (const TlKernels *kernels, TlDType dtype)
{
  gsize size = tl_dtype_size (dtype);

  for (unsigned fn = 0; fn < TL_N_FN; fn++) {
    guint8 *a = random_elements (dtype, 131, 0.1, 0.9, fn + 1), *b = random_elements (dtype, 131, 0.5, 3, fn + 2);
    guint8 *y = guarded_new (131 * size), *one = guarded_new (size);

    if (tl_fn_arity (fn) < 3 && !tl_fn_is_int_only (fn)) {
      apply (kernels, dtype, fn, a, b, y, 131);
      for (int i = 0; i < 131; i++) {
        apply (kernels, dtype, fn, a + i * size, b + i * size, one, 1);
        g_assert_cmpmem (one, size, y + i * size, size);
      }
    }
    guarded_free (a, 131 * size);
    guarded_free (b, 131 * size);
    guarded_free (y, 131 * size);
    guarded_free (one, size);
  }
}

/* Every magnitude; and the number that of all f64 comes nearest to a multiple of pi / 2. */
static void
check_wide (const TlKernels *kernels)
{
  double x[200], y[200];

  for (int e = 0; e < 199; e++)
    x[e] = (e % 2 == 0 ? 1 : -1) * ldexp (1 + 0.0037 * e, 25 + 5 * e);
  x[199] = 0x1.6ac5b262ca1ffp+849;
  apply (kernels, TL_DTYPE_F64, TL_FN_sin, x, NULL, y, 200);
  for (int i = 0; i < 200; i++)
    g_assert_cmpfloat (ulp_error (TL_DTYPE_F64, y[i], sinl ((long double)x[i])), <, 4);
  apply (kernels, TL_DTYPE_F64, TL_FN_cos, x, NULL, y, 200);
  for (int i = 0; i < 200; i++)
    g_assert_cmpfloat (ulp_error (TL_DTYPE_F64, y[i], cosl ((long double)x[i])), <, 4);
}

/* Near the multiples of pi / 2 a sine is small and shows the error of the reduction. */
static void
check_trig_zeros (const TlKernels *kernels, TlDType dtype)
{
  if (dtype != TL_DTYPE_F64)
    return;
  for (int k = 1; k < 2000; k += 7) {
    double x = (double)(k * pi_l), y;

    apply (kernels, dtype, TL_FN_sin, &x, NULL, &y, 1);
    g_assert_cmpfloat (ulp_error (dtype, y, sinl ((long double)x)), <, 1e4);
    g_assert_cmpfloat (fabs (y - (double)sinl ((long double)x)), <, 1e-28);
  }
  check_wide (kernels);
}

#define EACH(name)                       \
  static void test_##name (void)         \
  {                                      \
    each_level_and_float (check_##name); \
  }
EACH (unary)
EACH (binary)
EACH (special)
EACH (position)
EACH (trig_zeros)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/functors/unary", test_unary);
  g_test_add_func ("/kernels/functors/binary", test_binary);
  g_test_add_func ("/kernels/functors/special", test_special);
  g_test_add_func ("/kernels/functors/position", test_position);
  g_test_add_func ("/kernels/functors/trig-zeros", test_trig_zeros);
  return g_test_run ();
}
