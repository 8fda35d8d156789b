/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functors on integers; see functors.h.  Sums, products and negation wrap around; they are computed unsigned.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/functors-f64.h"

#define TL_INT_FN1(name, type, T, expr) \
  TL_INLINE T                           \
    fn_##name##_##type (T a)            \
  {                                     \
    return (T)(expr);                   \
  }
#define TL_INT_FN2(name, type, T, expr) \
  TL_INLINE T                           \
    fn_##name##_##type (T a, T b)       \
  {                                     \
    return (T)(expr);                   \
  }

/* U is an unsigned type as wide as T. */
#define TL_INT_FUNCTORS(type, T, U, is_signed)                                     \
  TL_INT_FN1 (copy, type, T, a)                                                    \
  TL_INT_FN1 (neg, type, T, (U)0 - (U)a)                                           \
  TL_INT_FN1 (abs, type, T, (is_signed) && a < 0 ? (U)0 - (U)a : (U)a)             \
  TL_INT_FN1 (sign, type, T, (a > 0) - ((is_signed) && a < 0))                     \
  TL_INT_FN1 (square, type, T, (U)a *(U)a)                                         \
  TL_INT_FN1 (not, type, T, a == 0)                                                \
  TL_INT_FN1 (floor, type, T, a)                                                   \
  TL_INT_FN1 (ceil, type, T, a)                                                    \
  TL_INT_FN1 (round, type, T, a)                                                   \
  TL_INT_FN1 (trunc, type, T, a)                                                   \
  TL_INT_FN1 (isnan, type, T, a != a)                                              \
  TL_INT_FN1 (isinf, type, T, a != a)                                              \
  TL_INT_FN1 (bitnot, type, T, ~a)                                                 \
  TL_INT_FN2 (bitand, type, T, a &b)                                               \
  TL_INT_FN2 (bitor, type, T, a | b)                                               \
  TL_INT_FN2 (bitxor, type, T, a ^ b)                                              \
  TL_INLINE T                                                                      \
    fn_shl_##type (T a, T b)                                                       \
  {                                                                                \
    int fits = b >= 0 && b < (T)(8 * sizeof (T));                                  \
                                                                                   \
    return fits ? (T)((U)a << (fits ? b : 0)) : 0;                                 \
  }                                                                                \
  TL_INLINE T                                                                      \
    fn_shr_##type (T a, T b)                                                       \
  {                                                                                \
    int fits = b >= 0 && b < (T)(8 * sizeof (T));                                  \
                                                                                   \
    return fits || is_signed ? (T)(a >> (fits ? b : (T)(8 * sizeof (T) - 1))) : 0; \
  }                                                                                \
  TL_INLINE T                                                                      \
    fn_fmod_##type (T a, T b)                                                      \
  {                                                                                \
    T divisor = b == 0 || (is_signed && b == (T)-1) ? 1 : b;                       \
                                                                                   \
    return (T)(a % divisor);                                                       \
  }                                                                                \
  TL_INT_FN2 (add, type, T, (U)a + (U)b)                                           \
  TL_INT_FN2 (sub, type, T, (U)a - (U)b)                                           \
  TL_INT_FN2 (mul, type, T, (U)a *(U)b)                                            \
  TL_INLINE T                                                                      \
    fn_div_##type (T a, T b)                                                       \
  {                                                                                \
    T divisor = b == 0 ? 1 : b;                                                    \
                                                                                   \
    if (is_signed && divisor == (T)-1) /* the smallest integer / -1 wraps */       \
      return (T)((U)0 - (U)a);                                                     \
    return b == 0 ? 0 : (T)(a / divisor);                                          \
  }                                                                                \
  TL_INLINE T                                                                      \
    fn_mod_##type (T a, T b)                                                       \
  {                                                                                \
    T divisor = b == 0 || (is_signed && b == (T)-1) ? 1 : b;                       \
    T r = (T)(a % divisor);                                                        \
                                                                                   \
    return is_signed && r != 0 && (r < 0) != (divisor < 0) ? (T)(r + divisor) : r; \
  }                                                                                \
  TL_INT_FN2 (min, type, T, a < b ? a : b)                                         \
  TL_INT_FN2 (max, type, T, a > b ? a : b)                                         \
  TL_INT_FN2 (lt, type, T, a < b)                                                  \
  TL_INT_FN2 (le, type, T, a <= b)                                                 \
  TL_INT_FN2 (gt, type, T, a > b)                                                  \
  TL_INT_FN2 (ge, type, T, a >= b)                                                 \
  TL_INT_FN2 (eq, type, T, a == b)                                                 \
  TL_INT_FN2 (ne, type, T, a != b)                                                 \
  TL_INT_FN2 (and, type, T, (a != 0) & (b != 0))                                   \
  TL_INT_FN2 (or, type, T, (a != 0) | (b != 0))                                    \
  TL_INLINE T                                                                      \
    fn_select_##type (T a, T b, T c)                                               \
  {                                                                                \
    return a != 0 ? b : c;                                                         \
  }

/* The same text serves unsigned types, where a < 0 is never true. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wtype-limits"
TL_INT_FUNCTORS (i32, int32_t, uint32_t, 1)
TL_INT_FUNCTORS (i64, int64_t, uint64_t, 1)
TL_INT_FUNCTORS (u8, uint8_t, unsigned, 0)
#pragma GCC diagnostic pop

#undef TL_INT_FN1
#undef TL_INT_FN2
#undef TL_INT_FUNCTORS
