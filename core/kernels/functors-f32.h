/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functors in single precision; see functors.h.  What networks spend their time in (exp, log, tanh, sigmoid, erf) is computed in single
 * precision, the rest in double and rounded once.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/functors-special.h"

TL_INLINE float
fma_f32 (float a, float b, float c)
{
#if TL_HAVE_FMA
  return __builtin_fmaf (a, b, c);
#else
  return a * b + c;
#endif
}

TL_INLINE uint32_t
bits_f32 (float a)
{
  uint32_t u;

  memcpy (&u, &a, sizeof u);
  return u;
}

TL_INLINE float
from_bits_f32 (uint32_t u)
{
  float a;

  memcpy (&a, &u, sizeof a);
  return a;
}

#define MAGIC_F32 0x1.8p23f

/* 2^n for an integral n in [-126, 127]. */
TL_INLINE float
exp2i_f32 (float n)
{
  return from_bits_f32 ((bits_f32 (n + MAGIC_F32) << 23) + 0x3F800000u);
}

TL_INLINE float
scale_f32 (float p, float n)
{
  float n1 = n > 127 ? 127 : n;

  n1 = n1 < -125 ? -125 : n1;
  return p * exp2i_f32 (n1) * exp2i_f32 (n - n1);
}

TL_INLINE float
fn_copy_f32 (float a)
{
  return a;
}

TL_INLINE float
fn_neg_f32 (float a)
{
  return -a;
}

TL_INLINE float
fn_abs_f32 (float a)
{
  return __builtin_fabsf (a);
}

TL_INLINE float
fn_sign_f32 (float a)
{
  float s = a < 0 ? -1.0f : a;

  return a > 0 ? 1.0f : s;
}

TL_INLINE float
fn_square_f32 (float a)
{
  return a * a;
}

TL_INLINE float
fn_not_f32 (float a)
{
  return a == 0 ? 1.0f : 0.0f;
}

TL_INLINE float
fn_round_f32 (float a)
{
  float t = __builtin_fabsf (a);
  float r = (t + 0x1p23f) - 0x1p23f;

  return __builtin_copysignf (t < 0x1p23f ? r : t, a);
}

TL_INLINE float
fn_floor_f32 (float a)
{
  float r = fn_round_f32 (a);

  return __builtin_copysignf (r > a ? r - 1 : r, a);
}

TL_INLINE float
fn_ceil_f32 (float a)
{
  float r = fn_round_f32 (a);

  return __builtin_copysignf (r < a ? r + 1 : r, a);
}

TL_INLINE float
fn_trunc_f32 (float a)
{
  float t = __builtin_fabsf (a);
  float r = fn_round_f32 (t);

  return __builtin_copysignf (r > t ? r - 1 : r, a);
}

TL_INLINE float
fn_sqrt_f32 (float a)
{
  return __builtin_sqrtf (a);
}

TL_INLINE float
fn_rsqrt_f32 (float a)
{
  return 1.0f / __builtin_sqrtf (a);
}

TL_INLINE float
fn_reciprocal_f32 (float a)
{
  return 1.0f / a;
}

TL_INLINE float
exp_q_f32 (float r)
{
  float q = 0.00139261836f;

  q = fma_f32 (q, r, 0.00836317905f);
  q = fma_f32 (q, r, 0.0416665546f);
  q = fma_f32 (q, r, 0.16666577f);
  return fma_f32 (q, r, 0.5f);
}

#define LOG2_E_F32 0x1.715476p0f
#define LN2_HI_F32 0x1.62ep-1f
#define LN2_LO_F32 0x1.0bfbe8p-15f

TL_INLINE float
fn_exp_f32 (float a)
{
  float x = a > 89.0f ? 89.0f : a;
  float n, r, p;

  x = x < -104.0f ? -104.0f : x;
  n = fma_f32 (x, LOG2_E_F32, MAGIC_F32) - MAGIC_F32;
  r = fma_f32 (n, -LN2_HI_F32, x);
  r = fma_f32 (n, -LN2_LO_F32, r);
  p = fma_f32 (r * r, exp_q_f32 (r), r) + 1.0f;
  return scale_f32 (p, n);
}

TL_INLINE float
fn_expm1_f32 (float a)
{
  float x = a > 89.0f ? 89.0f : a;
  float n, hi, r, c, p, s, y;

  x = x < -20.0f ? -20.0f : x;
  n = fma_f32 (x, LOG2_E_F32, MAGIC_F32) - MAGIC_F32;
  hi = fma_f32 (n, -LN2_HI_F32, x);
  r = hi - n * LN2_LO_F32;
  c = (hi - r) - n * LN2_LO_F32;
  p = r + fma_f32 (r * r, exp_q_f32 (r), c);
  s = exp2i_f32 (n - 1);
  y = fma_f32 (s, p, s - 0.5f) * 2.0f;
  return a == 0 ? a : y;
}

TL_INLINE float
fn_log_f32 (float a)
{
  float    x = a < 0x1p-126f ? a * 0x1p23f : a;
  uint32_t u = bits_f32 (x) + (0x3F800000u - 0x3F3504F3u);
  float    e = (float)(int32_t)(u >> 23) - 127.0f;
  float    f = from_bits_f32 ((u & 0x007FFFFFu) + 0x3F3504F3u) - 1.0f;
  float    s = f / (2.0f + f), z = s * s, h = 0.5f * f * f;
  float    p = 0.233305819f, y;

  e = a < 0x1p-126f ? e - 23.0f : e;
  p = fma_f32 (p, z, 0.285508166f);
  p = fma_f32 (p, z, 0.400001219f);
  p = fma_f32 (p, z, 0.666666666f) * z;
  y = e * LN2_HI_F32 - ((h - fma_f32 (s, h + p, e * LN2_LO_F32)) - f);
  y = a == __builtin_inff () ? a : y;
  y = a == 0 ? -__builtin_inff () : y;
  y = a < 0 ? __builtin_nanf ("") : y;
  return a != a ? a : y;
}

TL_INLINE float
fn_tanh_f32 (float a)
{
  float x = __builtin_fabsf (a), t = fn_expm1_f32 (x > 10.0f ? 20.0f : 2 * x);

  return a != a ? a : __builtin_copysignf (t / (t + 2), a);
}

TL_INLINE float
fn_sigmoid_f32 (float a)
{
  float e = fn_exp_f32 (-__builtin_fabsf (a));

  return (a < 0 ? e : 1.0f) / (1 + e);
}

TL_INLINE float
fn_erf_f32 (float a)
{
  float x = __builtin_fabsf (a);
  float near = x > 1 ? 1.0f : x * x, far = x > 4.1f ? 4.1f : x;
  float p = 7.87587506e-5f, q = -1.59170622e-6f, y;

  p = fma_f32 (p, near, -0.000801686429f);
  p = fma_f32 (p, near, 0.00518908742f);
  p = fma_f32 (p, near, -0.026854212f);
  p = fma_f32 (p, near, 0.112835947f);
  p = fma_f32 (p, near, -0.376126267f);
  p = fma_f32 (p, near, 1.12837917f);
  /* -log (1 - erf (x)) for x in [1, 4.1] */
  q = fma_f32 (q, far, 4.5181017e-5f);
  q = fma_f32 (q, far, -0.000589598929f);
  q = fma_f32 (q, far, 0.00472672498f);
  q = fma_f32 (q, far, -0.0263302746f);
  q = fma_f32 (q, far, 0.109924481f);
  q = fma_f32 (q, far, 0.631987066f);
  q = fma_f32 (q, far, 1.13014146f);
  q = fma_f32 (q, far, -0.000297937462f);
  y = 1 - fn_exp_f32 (-q);
  y = x > 1 ? y : x * p;
  return a != a ? a : __builtin_copysignf (y, a);
}

#define TL_THROUGH_F64_1(name)                 \
  TL_INLINE float                              \
    fn_##name##_f32 (float a)                  \
  {                                            \
    return (float)fn_##name##_f64 ((double)a); \
  }
TL_THROUGH_F64_1 (log1p)
TL_THROUGH_F64_1 (sin)
TL_THROUGH_F64_1 (cos)
TL_THROUGH_F64_1 (tan)
TL_THROUGH_F64_1 (asin)
TL_THROUGH_F64_1 (acos)
TL_THROUGH_F64_1 (atan)
TL_THROUGH_F64_1 (sinh)
TL_THROUGH_F64_1 (cosh)
TL_THROUGH_F64_1 (exp2)
TL_THROUGH_F64_1 (log2)
TL_THROUGH_F64_1 (log10)
TL_THROUGH_F64_1 (asinh)
TL_THROUGH_F64_1 (acosh)
TL_THROUGH_F64_1 (atanh)
TL_THROUGH_F64_1 (erfc)
TL_THROUGH_F64_1 (erfinv)
TL_THROUGH_F64_1 (lgamma)
TL_THROUGH_F64_1 (digamma)
TL_THROUGH_F64_1 (trigamma)
TL_THROUGH_F64_1 (tetragamma)
#undef TL_THROUGH_F64_1

TL_INLINE float
fn_hypot_f32 (float a, float b)
{
  return (float)fn_hypot_f64 ((double)a, (double)b);
}

TL_INLINE float
fn_fmod_f32 (float a, float b)
{
  return (float)fn_fmod_f64 ((double)a, (double)b);
}

TL_INLINE float
fn_copysign_f32 (float a, float b)
{
  return __builtin_copysignf (a, b);
}

TL_INLINE float
fn_isnan_f32 (float a)
{
  return a != a ? 1.0f : 0.0f;
}

TL_INLINE float
fn_isinf_f32 (float a)
{
  return __builtin_fabsf (a) == __builtin_inff () ? 1.0f : 0.0f;
}

TL_INLINE float
fn_pow_f32 (float x, float y)
{
  double ax = __builtin_fabs ((double)x);
  double safe = (ax > 0) & (ax < __builtin_inf ()) ? ax : 1.0;
  double w = (double)y * fn_log_f64 (safe);

  w = w > 700 ? 700 : w;
  w = w < -700 ? -700 : w;
  return (float)pow_special_f64 (x, y, fn_exp_f64 (w));
}

TL_INLINE float
fn_atan2_f32 (float y, float x)
{
  return (float)fn_atan2_f64 (y, x);
}

TL_INLINE float
fn_add_f32 (float a, float b)
{
  return a + b;
}

TL_INLINE float
fn_sub_f32 (float a, float b)
{
  return a - b;
}

TL_INLINE float
fn_mul_f32 (float a, float b)
{
  return a * b;
}

TL_INLINE float
fn_div_f32 (float a, float b)
{
  return a / b;
}

TL_INLINE float
fn_mod_f32 (float a, float b)
{
  return (float)fn_mod_f64 (a, b);
}

TL_INLINE float
fn_min_f32 (float a, float b)
{
  return (a < b) | (a != a) ? a : b;
}

TL_INLINE float
fn_max_f32 (float a, float b)
{
  return (a > b) | (a != a) ? a : b;
}

TL_INLINE float
fn_lt_f32 (float a, float b)
{
  return a < b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_le_f32 (float a, float b)
{
  return a <= b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_gt_f32 (float a, float b)
{
  return a > b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_ge_f32 (float a, float b)
{
  return a >= b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_eq_f32 (float a, float b)
{
  return a == b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_ne_f32 (float a, float b)
{
  return a != b ? 1.0f : 0.0f;
}

TL_INLINE float
fn_and_f32 (float a, float b)
{
  return (a != 0) & (b != 0) ? 1.0f : 0.0f;
}

TL_INLINE float
fn_or_f32 (float a, float b)
{
  return (a != 0) | (b != 0) ? 1.0f : 0.0f;
}

TL_INLINE float
fn_select_f32 (float a, float b, float c)
{
  return a != 0 ? b : c;
}
