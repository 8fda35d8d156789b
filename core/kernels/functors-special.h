/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functors in double precision beyond functors-f64.h: other bases, inverse hyperbolic functions, the error function's kin, the gamma
 * function's logarithm and its derivatives, remainders.  Polynomials interpolate at Chebyshev nodes, computed to 60 digits.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/functors-f64.h"

#define LN2_F64 0x1.62e42fefa39efp-1
#define PI_F64 0x1.921fb54442d18p+1

TL_INLINE double
fn_exp2_f64 (double a)
{
  double x = a > 1024.0 ? 1024.0 : a;
  double n, r;

  x = x < -1090.0 ? -1090.0 : x;
  n = (x + MAGIC_F64) - MAGIC_F64;
  r = (x - n) * LN2_F64;
  return scale_f64 (1.0 + (r + r * r * exp_q_f64 (r)), n);
}

/* log (1 + f) for 1 + f in [sqrt (1/2), sqrt 2) */
TL_INLINE double
log_fraction_f64 (double f)
{
  double s = f / (2 + f), z = s * s, h = 0.5 * f * f;
  double p = 0.1308676700994817371;

  p = fma_f64 (p, z, 0.1326875966856061269);
  p = fma_f64 (p, z, 0.1538624020581347788);
  p = fma_f64 (p, z, 0.181817956308847532);
  p = fma_f64 (p, z, 0.2222222239180046933);
  p = fma_f64 (p, z, 0.2857142857080323001);
  p = fma_f64 (p, z, 0.4000000000000087761);
  p = fma_f64 (p, z, 0.6666666666666666646) * z;
  return f - (h - s * (h + p));
}

/* Powers of the base give whole numbers. */
TL_INLINE double
fn_log2_f64 (double a)
{
  LogSplit split = log_split_f64 (a);

  return log_special_f64 (a, split.e + log_fraction_f64 (split.f) * LOG2_E_F64);
}

TL_INLINE double
fn_log10_f64 (double a)
{
  LogSplit split = log_split_f64 (a);
  double   low = split.e * 0x1.fef311f12b358p-46 + log_fraction_f64 (split.f) * 0x1.bcb7b1526e50ep-2;

  return log_special_f64 (a, split.e * 0x1.34413509f7800p-2 + low);
}

TL_INLINE double
fn_asinh_f64 (double a)
{
  double x = __builtin_fabs (a), z = x > 0x1p28 ? 1.0 : x;
  double y = fn_log1p_f64 (z + z * z / (1 + __builtin_sqrt (z * z + 1)));

  return __builtin_copysign (x > 0x1p28 ? fn_log_f64 (x) + LN2_F64 : x == 0 ? 0.0
                                                                            : y,
                             a);
}

TL_INLINE double
fn_acosh_f64 (double a)
{
  double t = a > 0x1p28 ? 1.0 : a - 1;
  double y = fn_log1p_f64 (t + __builtin_sqrt (2 * t + t * t));

  y = a > 0x1p28 ? fn_log_f64 (a) + LN2_F64 : y;
  return a < 1 ? __builtin_nan ("") : y;
}

TL_INLINE double
fn_atanh_f64 (double a)
{
  double x = __builtin_fabs (a);
  double y = 0.5 * fn_log1p_f64 (2 * x / (1 - x));

  return __builtin_copysign (x == 0 ? 0.0 : y, a);
}

/* sqrt (a^2 + b^2) without overflow on the way. */
TL_INLINE double
fn_hypot_f64 (double a, double b)
{
  double x = __builtin_fabs (a), y = __builtin_fabs (b);
  double high = x > y ? x : y, low = x > y ? y : x;
  double scale = high > 0x1p500 ? 0x1p-600 : high < 0x1p-500 ? 0x1p600
                                                             : 1.0;
  double h = high * scale, l = low * scale;
  double r = __builtin_sqrt (fma_f64 (h, h, l * l)) / scale;

  r = (a != a) | (b != b) ? a + b : r;
  return (x == __builtin_inf ()) | (y == __builtin_inf ()) ? __builtin_inf () : r;
}

/* a - trunc (a / b) b, of the sign of a */
TL_INLINE double
fn_fmod_f64 (double a, double b)
{
  double d = __builtin_copysign (b, a);
  double q = fn_trunc_f64 (a / d), w = q * d;
  double r = (a - w) - product_error_f64 (q, d, w);

  r = (r != 0) & ((r < 0) != (a < 0)) ? r + d : r;
  r = __builtin_fabs (r) >= __builtin_fabs (d) ? r - d : r;
  r = (__builtin_fabs (b) == __builtin_inf ()) & (__builtin_fabs (a) < __builtin_inf ()) ? a : r;
  return b == 0 ? __builtin_nan ("") : r;
}

TL_INLINE double
fn_copysign_f64 (double a, double b)
{
  return __builtin_copysign (a, b);
}

/* erfc (x) exp (x^2) x sqrt (pi) over 1 / x^2, for x in [6.2, 27.5] */
TL_INLINE double
erfc_far_f64 (double x)
{
  double t = 1 / (x * x), p = -21823.16435629503022;

  p = fma_f64 (p, t, 5852.491783893172964);
  p = fma_f64 (p, t, -995.8143562115655879);
  p = fma_f64 (p, t, 161.2895556538650917);
  p = fma_f64 (p, t, -29.51722856415673237);
  p = fma_f64 (p, t, 6.562387605803201146);
  p = fma_f64 (p, t, -1.874999436733863898);
  p = fma_f64 (p, t, 0.7499999983488977827);
  p = fma_f64 (p, t, -0.499999999997502172);
  p = fma_f64 (p, t, 0.9999999999999985463);
  return p / (x * 1.772453850905516027);
}

TL_INLINE double
fn_erfc_f64 (double a)
{
  double x = __builtin_fabs (a), far = x > 27.5 ? 27.5 : x < 1 ? 1.0
                                                               : x;
  double square = far * far, lost = product_error_f64 (far, far, square);
  double e = fn_exp_f64 (-square);
  double y = (e - e * lost) * (far > 6.2 ? erfc_far_f64 (far) : erfcx_f64 (far > 6.2 ? 6.2 : far));

  y = a < 0 ? 2 - y : y;
  y = x < 1 ? 1 - fn_erf_f64 (a) : y;
  return a != a ? a : y;
}

/* A polynomial good to five digits, and two of Halley's steps. */
TL_INLINE double
fn_erfinv_f64 (double a)
{
  double x = __builtin_fabs (a), safe = x < 1 ? x : 0.5;
  double w = -fn_log_f64 ((1 - safe) * (1 + safe)), c = w - 3.125, s = __builtin_sqrt (w) - 4.3;
  double p = -4.61340218772e-9, q = -2.92111022523e-5, y;

  p = fma_f64 (p, c, -8.52794706622e-9);
  p = fma_f64 (p, c, 4.25769405774e-7);
  p = fma_f64 (p, c, -1.52713118645e-6);
  p = fma_f64 (p, c, -1.38876038917e-5);
  p = fma_f64 (p, c, 1.87276500584e-4);
  p = fma_f64 (p, c, -7.40697886879e-4);
  p = fma_f64 (p, c, -0.00603432100495);
  p = fma_f64 (p, c, 0.240158181575);
  p = fma_f64 (p, c, 1.65365468922);
  q = fma_f64 (q, s, 8.59239627656e-5);
  q = fma_f64 (q, s, -2.45188860429e-5);
  q = fma_f64 (q, s, 3.608906459e-5);
  q = fma_f64 (q, s, -5.72955775569e-4);
  q = fma_f64 (q, s, 7.36481048784e-4);
  q = fma_f64 (q, s, 1.01003802377);
  q = fma_f64 (q, s, 4.14271239275);
  y = safe * (w < 6.25 ? p : q);
  for (int step = 0; step < 2; step++) {
    double error = safe > 0.5 ? (1 - safe) - fn_erfc_f64 (y) : fn_erf_f64 (y) - safe;
    double f = error * fn_exp_f64 (y * y) * 0.8862269254527580136;

    y -= f / fma_f64 (y, f, 1.0);
  }
  y = __builtin_copysign (x == 0 ? 0.0 : y, a);
  y = x == 1 ? __builtin_copysign (__builtin_inf (), a) : y;
  return x > 1 || a != a ? __builtin_nan ("") : y;
}

/* sin (pi x) and cos (pi x), exact where they are 0 or 1 */
TL_INLINE double
sin_pi_f64 (double x)
{
  double r = x - 2 * fn_round_f64 (0.5 * x);

  r = r > 0.5 ? 1 - r : r < -0.5 ? -1 - r
                                 : r;
  return fn_sin_f64 (PI_F64 * r);
}

TL_INLINE double
cos_pi_f64 (double x)
{
  double r = __builtin_fabs (x - 2 * fn_round_f64 (0.5 * x));

  return fn_sin_f64 (PI_F64 * (0.5 - r));
}

/*
 * Stirling's series at x + 8 and above; smaller arguments climb there by the recurrence, negative ones are reflected.  The logarithm
 * has two zeros, at 1 and 2, around which its error is absolute.
 */
TL_INLINE double
fn_lgamma_f64 (double a)
{
  double x = a < 0.5 ? 1 - a : a, product = 1, z, t, y;

  for (int i = 0; i < 8; i++) {
    int low = x < 8;

    product = low ? product * x : product;
    x = low ? x + 1 : x;
  }
  t = 1 / x;
  z = t * t;
  y = fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (0.0064102564102564103, z, -0.0019175269175269175), z, 8.4175084175084175e-4), z,
                                          -5.952380952380952e-4),
                                 z, 7.936507936507937e-4),
                        z, -0.002777777777777778),
               z, 0.08333333333333333) *
      t;
  y = y + (x - 0.5) * (fn_log_f64 (x) - 1) + (0.9189385332046727 - 0.5) - fn_log_f64 (product);
  y = a < 0.5 ? (1.1447298858494002 - fn_log_f64 (__builtin_fabs (sin_pi_f64 (a)))) - y : y;
  y = (a <= 0) & (fn_floor_f64 (a) == a) ? __builtin_inf () : y;
  return __builtin_fabs (a) == __builtin_inf () ? __builtin_inf () : y;
}

TL_INLINE double
fn_digamma_f64 (double a)
{
  double x = a < 0.5 ? 1 - a : a, sum = 0, z, y;

  for (int i = 0; i < 8; i++) {
    int low = x < 8;

    sum = low ? sum + 1 / x : sum;
    x = low ? x + 1 : x;
  }
  z = 1 / (x * x);
  y = fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (0.08333333333333333, z, -0.021092796092796094), z, 0.007575757575757576), z,
                                          -0.004166666666666667),
                                 z, 0.003968253968253968),
                        z, -0.008333333333333333),
               z, 0.08333333333333333) *
      z;
  y = fn_log_f64 (x) - 0.5 / x - y - sum;
  y = a < 0.5 ? y - PI_F64 * cos_pi_f64 (a) / sin_pi_f64 (a) : y;
  y = (a < 0) & (fn_floor_f64 (a) == a) ? __builtin_nan ("") : y;
  return a == 0 ? __builtin_copysign (__builtin_inf (), -a) : y;
}

TL_INLINE double
fn_trigamma_f64 (double a)
{
  double x = a < 0.5 ? 1 - a : a, sum = 0, t, z, y, s;

  for (int i = 0; i < 8; i++) {
    int low = x < 8;

    sum = low ? sum + 1 / (x * x) : sum;
    x = low ? x + 1 : x;
  }
  t = 1 / x;
  z = t * t;
  y = fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (1.1666666666666667, z, -0.2531135531135531), z, 0.07575757575757576), z,
                                          -0.03333333333333333),
                                 z, 0.023809523809523808),
                        z, -0.03333333333333333),
               z, 0.16666666666666666) *
      z * t;
  y = t + 0.5 * z + y + sum;
  s = PI_F64 / sin_pi_f64 (a);
  return a < 0.5 ? s * s - y : y;
}

TL_INLINE double
fn_tetragamma_f64 (double a)
{
  double x = a < 0.5 ? 1 - a : a, sum = 0, t, z, y, s;

  for (int i = 0; i < 8; i++) {
    int low = x < 8;

    sum = low ? sum + 2 / (x * x * x) : sum;
    x = low ? x + 1 : x;
  }
  t = 1 / x;
  z = t * t;
  y = fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (fma_f64 (17.5, z, -3.2904761904761903), z, 0.8333333333333334), z, -0.3), z,
                                 0.16666666666666666),
                        z, -0.16666666666666666),
               z, 0.5) *
      z * z;
  y = -(z + z * t + y) - sum;
  s = PI_F64 / sin_pi_f64 (a);
  return a < 0.5 ? y - 2 * s * s * PI_F64 * cos_pi_f64 (a) / sin_pi_f64 (a) : y;
}
