/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functors in double precision; see functors.h.  Polynomials interpolate at Chebyshev nodes, computed to 60 digits; methods are
 * the textbook ones (Muller, Elementary Functions, 3rd edition).
 *
 * Thread rule: any thread.
 */

#include "core/kernels/isa.h"

#include <string.h>

#define TL_INLINE static inline __attribute__ ((always_inline, unused))

TL_INLINE double
fma_f64 (double a, double b, double c)
{
#if TL_HAVE_FMA
  return __builtin_fma (a, b, c);
#else
  return a * b + c;
#endif
}

TL_INLINE uint64_t
bits_f64 (double a)
{
  uint64_t u;

  memcpy (&u, &a, sizeof u);
  return u;
}

TL_INLINE double
from_bits_f64 (uint64_t u)
{
  double a;

  memcpy (&a, &u, sizeof a);
  return a;
}

/* Adding it rounds to an integer, whose bits are then the low bits of the sum. */
#define MAGIC_F64 0x1.8p52

/* 2^n for an integral n in [-1022, 1023]. */
TL_INLINE double
exp2i_f64 (double n)
{
  return from_bits_f64 ((bits_f64 (n + MAGIC_F64) << 52) + 0x3FF0000000000000u);
}

/* p 2^n with one rounding, for p about 1 and n in [-1090, 1025]. */
TL_INLINE double
scale_f64 (double p, double n)
{
  double n1 = n > 1023 ? 1023 : n;

  n1 = n1 < -1021 ? -1021 : n1;
  return p * exp2i_f64 (n1) * exp2i_f64 (n - n1);
}

/* a b = product + the returned error, exactly. */
TL_INLINE double
product_error_f64 (double a, double b, double product)
{
#if TL_HAVE_FMA
  return __builtin_fma (a, b, -product);
#else
  double ca = 0x1.0000002p27 * a, cb = 0x1.0000002p27 * b;
  double ah = ca - (ca - a), bh = cb - (cb - b);
  double al = a - ah, bl = b - bh;

  return ((ah * bh - product) + ah * bl + al * bh) + al * bl;
#endif
}

TL_INLINE double
fn_copy_f64 (double a)
{
  return a;
}

TL_INLINE double
fn_neg_f64 (double a)
{
  return -a;
}

TL_INLINE double
fn_abs_f64 (double a)
{
  return __builtin_fabs (a);
}

TL_INLINE double
fn_sign_f64 (double a)
{
  double s = a < 0 ? -1.0 : a;

  return a > 0 ? 1.0 : s;
}

TL_INLINE double
fn_square_f64 (double a)
{
  return a * a;
}

TL_INLINE double
fn_not_f64 (double a)
{
  return a == 0 ? 1.0 : 0.0;
}

TL_INLINE double
fn_round_f64 (double a)
{
  double t = __builtin_fabs (a);
  double r = (t + 0x1p52) - 0x1p52;

  return __builtin_copysign (t < 0x1p52 ? r : t, a);
}

TL_INLINE double
fn_floor_f64 (double a)
{
  double r = fn_round_f64 (a);

  return __builtin_copysign (r > a ? r - 1 : r, a);
}

TL_INLINE double
fn_ceil_f64 (double a)
{
  double r = fn_round_f64 (a);

  return __builtin_copysign (r < a ? r + 1 : r, a);
}

TL_INLINE double
fn_trunc_f64 (double a)
{
  double t = __builtin_fabs (a);
  double r = fn_round_f64 (t);

  return __builtin_copysign (r > t ? r - 1 : r, a);
}

TL_INLINE double
fn_sqrt_f64 (double a)
{
  return __builtin_sqrt (a);
}

TL_INLINE double
fn_rsqrt_f64 (double a)
{
  return 1.0 / __builtin_sqrt (a);
}

TL_INLINE double
fn_reciprocal_f64 (double a)
{
  return 1.0 / a;
}

/* exp (r) = 1 + r + r^2 q (r) for |r| <= log (2) / 2 */
TL_INLINE double
exp_q_f64 (double r)
{
  double q = 2.091468696808687723e-9;

  q = fma_f64 (q, r, 2.510521700472074516e-8);
  q = fma_f64 (q, r, 2.755727364311029533e-7);
  q = fma_f64 (q, r, 2.755725540020642443e-6);
  q = fma_f64 (q, r, 0.00002480158732554774122);
  q = fma_f64 (q, r, 0.0001984126987482062527);
  q = fma_f64 (q, r, 0.00138888888888837483);
  q = fma_f64 (q, r, 0.008333333333326135126);
  q = fma_f64 (q, r, 0.04166666666666666975);
  q = fma_f64 (q, r, 0.1666666666666667099);
  return fma_f64 (q, r, 0.5);
}

#define LOG2_E_F64 0x1.71547652b82fep0
#define LN2_HI_F64 0x1.62e42fefa3800p-1
#define LN2_LO_F64 0x1.ef35793c76730p-45

TL_INLINE double
fn_exp_f64 (double a)
{
  double x = a > 710.0 ? 710.0 : a;
  double n, r, rl, p;

  x = x < -746.0 ? -746.0 : x;
  n = fma_f64 (x, LOG2_E_F64, MAGIC_F64) - MAGIC_F64;
  r = x - n * LN2_HI_F64;
  rl = n * LN2_LO_F64;
  r = r - rl;
  p = 1.0 + (r + r * r * exp_q_f64 (r));
  return scale_f64 (p, n);
}

TL_INLINE double
fn_expm1_f64 (double a)
{
  double x = a > 710.0 ? 710.0 : a;
  double n, r, hi, c, p, s, y;

  x = x < -45.0 ? -45.0 : x;
  n = fma_f64 (x, LOG2_E_F64, MAGIC_F64) - MAGIC_F64;
  hi = x - n * LN2_HI_F64;
  r = hi - n * LN2_LO_F64;
  c = (hi - r) - n * LN2_LO_F64; /* what r lost */
  p = r + fma_f64 (r * r, exp_q_f64 (r), c + c * r);
  s = exp2i_f64 (n - 1);
  y = (s * p + (s - 0.5)) * 2.0;
  return a == 0 ? a : y;
}

typedef struct {
  double e, f;
} LogSplit;

/* a = 2^e (1 + f), 1 + f in [sqrt (1/2), sqrt 2), for a > 0 and finite */
TL_INLINE LogSplit
log_split_f64 (double a)
{
  double   x = a < 0x1p-1022 ? a * 0x1p54 : a;
  uint64_t u = bits_f64 (x) + (0x3FF0000000000000u - 0x3FE6A09E667F3BCDu);
  double   e = from_bits_f64 ((u >> 52) | 0x4330000000000000u) - (0x1p52 + 1023);
  double   m = from_bits_f64 ((u & 0x000FFFFFFFFFFFFFu) + 0x3FE6A09E667F3BCDu);

  return (LogSplit){ a < 0x1p-1022 ? e - 54 : e, m - 1 };
}

TL_INLINE double
log_special_f64 (double a, double y)
{
  y = a == __builtin_inf () ? a : y;
  y = a == 0 ? -__builtin_inf () : y;
  y = a < 0 ? __builtin_nan ("") : y;
  return a != a ? a : y;
}

TL_INLINE double
fn_log_f64 (double a)
{
  LogSplit split = log_split_f64 (a);
  double   e = split.e, f = split.f;
  double   s = f / (2 + f), z = s * s, h = 0.5 * f * f;
  double   p = 0.1308676700994817371;

  p = fma_f64 (p, z, 0.1326875966856061269);
  p = fma_f64 (p, z, 0.1538624020581347788);
  p = fma_f64 (p, z, 0.181817956308847532);
  p = fma_f64 (p, z, 0.2222222239180046933);
  p = fma_f64 (p, z, 0.2857142857080323001);
  p = fma_f64 (p, z, 0.4000000000000087761);
  p = fma_f64 (p, z, 0.6666666666666666646) * z;
  return log_special_f64 (a, e * LN2_HI_F64 - ((h - (s * (h + p) + e * LN2_LO_F64)) - f));
}

TL_INLINE double
fn_log1p_f64 (double a)
{
  /* The rounding of 1 + a is undone by the quotient (Kahan). */
  double u = 1 + a, d = u - 1;
  double y = fn_log_f64 (u) * (a / d);

  y = d == 0 ? a : y;
  y = a == __builtin_inf () ? a : y;
  return a == -1 ? -__builtin_inf () : y;
}

typedef struct {
  double   r, tail;
  uint64_t quadrant; /* only its low two bits mean something */
} TrigSplit;

TL_INLINE TrigSplit
trig_split_f64 (double a)
{
  double x = __builtin_fabs (a) > 0x1p26 ? a * 0.0 : a;
  double k = fma_f64 (x, 0x1.45f306dc9c883p-1, MAGIC_F64);
  double n = k - MAGIC_F64;
  double r1 = (x - n * 0x1.921fb54000000p+0) - n * 0x1.10b4610000000p-30;
  double w = n * 0x1.a626330000000p-58;
  double r = r1 - w;
  double low = ((r1 - r) - w) - n * 0x1.45c06e0e68948p-86;

  return (TrigSplit){ r, low, bits_f64 (k) };
}

TL_INLINE double
sin_poly_f64 (double r, double tail)
{
  double z = r * r, p = -7.586576588171072463e-13;

  p = fma_f64 (p, z, 1.605852957226787635e-10);
  p = fma_f64 (p, z, -2.505210621952189423e-8);
  p = fma_f64 (p, z, 2.75573192193019187e-6);
  p = fma_f64 (p, z, -0.0001984126984126501703);
  p = fma_f64 (p, z, 0.00833333333333333147);
  p = fma_f64 (p, z, -0.1666666666666666667);
  return r + fma_f64 (r * z, p, tail * (1 - 0.5 * z));
}

TL_INLINE double
cos_poly_f64 (double r, double tail)
{
  double z = r * r, h = 0.5 * z, w = 1 - h, p = 4.745804889760674174e-14;

  p = fma_f64 (p, z, -1.147045974967560614e-11);
  p = fma_f64 (p, z, 2.087675578389403842e-9);
  p = fma_f64 (p, z, -2.755731922138211558e-7);
  p = fma_f64 (p, z, 0.00002480158730158461979);
  p = fma_f64 (p, z, -0.001388888888888888785);
  p = fma_f64 (p, z, 0.04166666666666666667);
  return w + (((1 - w) - h) + fma_f64 (z * z, p, -r * tail));
}

/* b where the quadrant is odd, else a; by mask, because SSE2 compares no 64-bit integers. */
TL_INLINE double
by_quadrant_f64 (uint64_t quadrant, double a, double b)
{
  uint64_t mask = 0 - (quadrant & 1);

  return from_bits_f64 ((bits_f64 (b) & mask) | (bits_f64 (a) & ~mask));
}

TL_INLINE double
fn_sin_f64 (double a)
{
  TrigSplit t = trig_split_f64 (a);
  double    s = sin_poly_f64 (t.r, t.tail), c = cos_poly_f64 (t.r, t.tail);
  double    y = by_quadrant_f64 (t.quadrant, s, c);

  y = from_bits_f64 (bits_f64 (y) ^ ((t.quadrant & 2) << 62));
  return a == 0 ? a : y;
}

TL_INLINE double
fn_cos_f64 (double a)
{
  TrigSplit t = trig_split_f64 (a);
  double    s = sin_poly_f64 (t.r, t.tail), c = cos_poly_f64 (t.r, t.tail);
  double    y = by_quadrant_f64 (t.quadrant, c, s);

  return from_bits_f64 (bits_f64 (y) ^ (((t.quadrant + 1) & 2) << 62));
}

TL_INLINE double
fn_tan_f64 (double a)
{
  TrigSplit t = trig_split_f64 (a);
  double    s = sin_poly_f64 (t.r, t.tail), c = cos_poly_f64 (t.r, t.tail);
  double    y = by_quadrant_f64 (t.quadrant, s, -c) / by_quadrant_f64 (t.quadrant, c, s);

  return a == 0 ? a : y;
}

/* atan (y / x) for x, y >= 0, in [0, pi / 2] */
TL_INLINE double
atan_quotient_f64 (double y, double x)
{
  double scale = (y > 0x1p1000) | (x > 0x1p1000) ? 0x1p-100 : 1.0;
  double ys = y * scale, xs = x * scale;
  int    high = ys > 2.414213562373095 * xs, middle = ys > 0.41421356237309503 * xs;
  double num = high ? -xs : (middle ? ys - xs : ys);
  double den = high ? ys : (middle ? ys + xs : xs);
  double base = high ? 0x1.921fb54442d18p+0 : (middle ? 0x1.921fb54442d18p-1 : 0.0);
  double low = high ? 0x1.1a62633145c07p-54 : (middle ? 0x1.1a62633145c07p-55 : 0.0);
  double t = num / den, z, p = -0.01391694321780084098;

  t = (y == 0) & (x == 0) ? 0.0 : t;
  t = (y == __builtin_inf ()) & (x == __builtin_inf ()) ? -0x1.0p0 + 0x1.0p0 : t;
  base = (y == __builtin_inf ()) & (x == __builtin_inf ()) ? 0x1.921fb54442d18p-1 : base;
  z = t * t;
  p = fma_f64 (p, z, 0.03063443323901452037);
  p = fma_f64 (p, z, -0.04104381417807643226);
  p = fma_f64 (p, z, 0.04719381457895136923);
  p = fma_f64 (p, z, -0.05258039428979481451);
  p = fma_f64 (p, z, 0.05881925033877732501);
  p = fma_f64 (p, z, -0.06666642004996544794);
  p = fma_f64 (p, z, 0.07692306735321475354);
  p = fma_f64 (p, z, -0.09090909066990660031);
  p = fma_f64 (p, z, 0.1111111111075440578);
  p = fma_f64 (p, z, -0.1428571428571151581);
  p = fma_f64 (p, z, 0.1999999999999999153);
  p = fma_f64 (p, z, -0.3333333333333333333);
  return base + (fma_f64 (t * z, p, low) + t);
}

TL_INLINE double
fn_atan2_f64 (double y, double x)
{
  double q = atan_quotient_f64 (__builtin_fabs (y), __builtin_fabs (x));

  q = __builtin_copysign (1.0, x) < 0 ? 0x1.921fb54442d18p+1 - (q - 0x1.1a62633145c07p-53) : q;
  q = __builtin_copysign (q, y);
  return (y != y) | (x != x) ? y + x : q;
}

TL_INLINE double
fn_atan_f64 (double a)
{
  return fn_atan2_f64 (a, 1.0);
}

TL_INLINE double
fn_asin_f64 (double a)
{
  return fn_atan2_f64 (a, __builtin_sqrt ((1 - a) * (1 + a)));
}

TL_INLINE double
fn_acos_f64 (double a)
{
  return fn_atan2_f64 (__builtin_sqrt ((1 - a) * (1 + a)), a);
}

TL_INLINE double
fn_sinh_f64 (double a)
{
  double x = __builtin_fabs (a), t = fn_expm1_f64 (x), e = fn_exp_f64 (0.5 * x);
  double y = 0.5 * (t + t / (t + 1));

  return __builtin_copysign (x > 700 ? 0.5 * e * e : y, a);
}

TL_INLINE double
fn_cosh_f64 (double a)
{
  double x = __builtin_fabs (a), e = fn_exp_f64 (x > 700 ? 0.5 * x : x);

  return x > 700 ? 0.5 * e * e : 0.5 * e + 0.5 / e;
}

TL_INLINE double
fn_tanh_f64 (double a)
{
  double x = __builtin_fabs (a), t = fn_expm1_f64 (x > 22.0 ? 44.0 : 2 * x);

  return __builtin_copysign (t / (t + 2), a);
}

TL_INLINE double
fn_sigmoid_f64 (double a)
{
  double e = fn_exp_f64 (-__builtin_fabs (a));

  return (a < 0 ? e : 1.0) / (1 + e);
}

/* erfc (x) exp (x^2) for x in [1, 6.2], as a polynomial in (x - 2) / (x + 2) */
TL_INLINE double
erfcx_f64 (double x)
{
  double t = (x - 2) / (x + 2), p = 1.574116219767280874e-7;

  p = fma_f64 (p, t, -6.455965854212364454e-7);
  p = fma_f64 (p, t, -5.043915347430312502e-7);
  p = fma_f64 (p, t, 1.269382010353077073e-6);
  p = fma_f64 (p, t, 3.756371008197294468e-6);
  p = fma_f64 (p, t, 1.378276162536470955e-6);
  p = fma_f64 (p, t, -0.00001396057195797479811);
  p = fma_f64 (p, t, -0.00002757880944558994175);
  p = fma_f64 (p, t, 0.0000275246651286281922);
  p = fma_f64 (p, t, 0.0001743611333254652242);
  p = fma_f64 (p, t, 0.00004355565038597562693);
  p = fma_f64 (p, t, -0.0009819770266605637291);
  p = fma_f64 (p, t, -0.0008471432524724093083);
  p = fma_f64 (p, t, 0.006997461739224897415);
  p = fma_f64 (p, t, 0.00373289240435260778);
  p = fma_f64 (p, t, -0.07897858101573249873);
  p = fma_f64 (p, t, 0.2416581942424663102);
  p = fma_f64 (p, t, -0.4271858474139583954);
  return fma_f64 (p, t, 0.2553956763105057439);
}

TL_INLINE double
fn_erf_f64 (double a)
{
  double x = __builtin_fabs (a), z = x * x;
  double far = x > 6.2 ? 6.2 : x;
  double near = x > 1 ? 1.0 : z, p = -4.230945824295337817e-12;
  double y;

  p = fma_f64 (p, near, 8.70904512905310669e-11);
  p = fma_f64 (p, near, -1.216456005728345008e-9);
  p = fma_f64 (p, near, 1.4792401209404813e-8);
  p = fma_f64 (p, near, -1.63646421581676153e-7);
  p = fma_f64 (p, near, 1.646204544146841894e-6);
  p = fma_f64 (p, near, -0.00001492564756751933213);
  p = fma_f64 (p, near, 0.0001205533290288873541);
  p = fma_f64 (p, near, -0.0008548327021934829596);
  p = fma_f64 (p, near, 0.005223977625423298309);
  p = fma_f64 (p, near, -0.02686617064512984081);
  p = fma_f64 (p, near, 0.1128379167095512024);
  p = fma_f64 (p, near, -0.3761263890318375238);
  p = fma_f64 (p, near, 1.128379167095512574);
  y = 1 - fn_exp_f64 (-far * far) * erfcx_f64 (far);
  y = x > 1 ? y : x * p;
  return a != a ? a : __builtin_copysign (y, a);
}

TL_INLINE double
fn_isnan_f64 (double a)
{
  return a != a ? 1.0 : 0.0;
}

TL_INLINE double
fn_isinf_f64 (double a)
{
  return __builtin_fabs (a) == __builtin_inf () ? 1.0 : 0.0;
}

/* exp (y log x) for x > 0 and finite; the logarithm and the product carry their rounding errors along. */
TL_INLINE double
pow_positive_f64 (double x, double y)
{
  LogSplit split = log_split_f64 (x);
  double   e = split.e, f = split.f, d = 2 + f;
  double   dl = f - (d - 2);
  double   s = f / d;
  double   sd = s * d;
  double   sl = ((f - sd) - product_error_f64 (s, d, sd) - s * dl) / d;
  double   z = s * s, zl = product_error_f64 (s, s, z) + 2 * s * sl;
  double   c = z * 0x1.5555555555555p-1;
  double   cl = product_error_f64 (z, 0x1.5555555555555p-1, c) + zl * 0x1.5555555555555p-1 + z * 0x1.5555555555555p-55;
  double   p = 0.1172317862387651729;
  double   w, wl, h, hl, t, tl, n, r;

  p = fma_f64 (p, z, 0.1170623633949120656);
  p = fma_f64 (p, z, 0.133348046938473103);
  p = fma_f64 (p, z, 0.1538459496251843152);
  p = fma_f64 (p, z, 0.1818181833539280163);
  p = fma_f64 (p, z, 0.222222222216558857);
  p = fma_f64 (p, z, 0.2857142857142936623);
  p = fma_f64 (p, z, 0.3999999999999999982) * z * z;

  /* log (1 + f) = 2 s + s (c + p) */
  t = c + p;
  tl = ((c - t) + p) + cl;
  w = s * t;
  wl = product_error_f64 (s, t, w) + s * tl + sl * t;
  h = 2 * s + w;
  hl = ((2 * s - h) + w) + (wl + 2 * sl);
  w = e * LN2_HI_F64;
  t = w + h;
  tl = __builtin_fabs (w) > __builtin_fabs (h) ? (w - t) + h : (h - t) + w;
  tl += hl + e * LN2_LO_F64;
  h = t + tl;
  hl = (t - h) + tl;

  w = y * h;
  w = w > 2000 ? 2000 : w;
  w = w < -2000 ? -2000 : w;
  wl = __builtin_fabs (w) >= 2000 ? 0.0 : product_error_f64 (y, h, w) + y * hl;
  w = w > 720 ? 720 : w;
  w = w < -760 ? -760 : w;
  n = fma_f64 (w, LOG2_E_F64, MAGIC_F64) - MAGIC_F64;
  r = (w - n * LN2_HI_F64) - (n * LN2_LO_F64 - wl);
  p = 1.0 + (r + r * r * exp_q_f64 (r));
  return p * exp2i_f64 (n > 1023 ? 1023 : n < -1000 ? -1000
                                                    : n) *
         exp2i_f64 (n > 1023 ? n - 1023 : n < -1000 ? n + 1000
                                                    : 0);
}

/* What C99 says of pow, given its value for |x|. */
TL_INLINE double
pow_special_f64 (double x, double y, double v)
{
  double inf = __builtin_inf ();
  double ax = __builtin_fabs (x), ay = __builtin_fabs (y);
  double half = 0.5 * y;
  double bad = fn_floor_f64 (y) == y ? 0.0 : __builtin_nan ("");
  double flip = half - fn_floor_f64 (half) == 0.5 ? __builtin_copysign (1.0, x) : 1.0; /* an odd exponent keeps the sign */
  double up = y > 0 ? inf : 0.0, down = y > 0 ? 0.0 : inf;
  double far = ax > 1 ? up : down;

  /* Selects in this form, of values only, are what the compiler turns into vectors. */
  v = x < 0 ? v + bad : v;
  v = ax == 0 ? down : v;
  v = ax == inf ? up : v;
  v = v * flip;
  far = ax == 1 ? 1.0 : far;
  v = ay == inf ? far : v;
  v = x != x ? x : v;
  v = y != y ? y : v;
  v = x == 1 ? 1.0 : v;
  return y == 0 ? 1.0 : v;
}

TL_INLINE double
fn_pow_f64 (double x, double y)
{
  double ax = __builtin_fabs (x);
  double safe = (ax > 0) & (ax < __builtin_inf ()) ? ax : 1.0;
  double sy = __builtin_fabs (y) < 0x1p70 ? y : __builtin_copysign (0x1p70, y);

  return pow_special_f64 (x, y, pow_positive_f64 (safe, sy));
}

TL_INLINE double
fn_add_f64 (double a, double b)
{
  return a + b;
}

TL_INLINE double
fn_sub_f64 (double a, double b)
{
  return a - b;
}

TL_INLINE double
fn_mul_f64 (double a, double b)
{
  return a * b;
}

TL_INLINE double
fn_div_f64 (double a, double b)
{
  return a / b;
}

TL_INLINE double
fn_mod_f64 (double a, double b)
{
  double q = fn_floor_f64 (a / b), w = q * b;
  double r = (a - w) - product_error_f64 (q, b, w);

  r = (r != 0) & ((r < 0) != (b < 0)) ? r + b : r;
  r = __builtin_fabs (r) >= __builtin_fabs (b) ? r - b : r;
  r = (__builtin_fabs (b) == __builtin_inf ()) & (__builtin_fabs (a) < __builtin_inf ())
        ? ((a != 0) & ((a < 0) != (b < 0)) ? b : a)
        : r;
  return b == 0 ? __builtin_nan ("") : r;
}

TL_INLINE double
fn_min_f64 (double a, double b)
{
  return (a < b) | (a != a) ? a : b;
}

TL_INLINE double
fn_max_f64 (double a, double b)
{
  return (a > b) | (a != a) ? a : b;
}

TL_INLINE double
fn_lt_f64 (double a, double b)
{
  return a < b ? 1.0 : 0.0;
}

TL_INLINE double
fn_le_f64 (double a, double b)
{
  return a <= b ? 1.0 : 0.0;
}

TL_INLINE double
fn_gt_f64 (double a, double b)
{
  return a > b ? 1.0 : 0.0;
}

TL_INLINE double
fn_ge_f64 (double a, double b)
{
  return a >= b ? 1.0 : 0.0;
}

TL_INLINE double
fn_eq_f64 (double a, double b)
{
  return a == b ? 1.0 : 0.0;
}

TL_INLINE double
fn_ne_f64 (double a, double b)
{
  return a != b ? 1.0 : 0.0;
}

TL_INLINE double
fn_and_f64 (double a, double b)
{
  return (a != 0) & (b != 0) ? 1.0 : 0.0;
}

TL_INLINE double
fn_or_f64 (double a, double b)
{
  return (a != 0) | (b != 0) ? 1.0 : 0.0;
}

TL_INLINE double
fn_select_f64 (double a, double b, double c)
{
  return a != 0 ? b : c;
}
