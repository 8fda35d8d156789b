/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Rows of elements converted between all dtypes: one function per pair.
 */

#include "core/kernels/convert.h"

#include "core/kernels/half.h"

/* Storage types: bool is a byte that is 0 or 1, the halves are structs so that they are distinct from integers. */
typedef float    t_f32;
typedef double   t_f64;
typedef uint16_t t_f16;
typedef uint16_t t_bf16;
typedef int8_t   t_i8;
typedef uint8_t  t_u8;
typedef int32_t  t_i32;
typedef int64_t  t_i64;
typedef uint8_t  t_bool;

#define INLINE static inline __attribute__ ((always_inline, unused))

/* Floats to integers through the nearest representable bounds; a NaN compares false and becomes 0. */
#define SATURATE(name, F, T, low, high) \
  INLINE T                              \
  name (F a)                            \
  {                                     \
    F x = a < (low) ? (low) : a;        \
                                        \
    x = x > (high) ? (high) : x;        \
    x = x != x ? 0 : x;                 \
    return (T)x;                        \
  }
SATURATE (f32_to_i32_in, float, int32_t, -0x1p31f, 0x1.fffffep30f)
SATURATE (f64_to_i32, double, int32_t, -0x1p31, 0x1.fffffffcp30)
SATURATE (f32_to_i64_in, float, int64_t, -0x1p63f, 0x1.fffffep62f)
SATURATE (f64_to_i64_in, double, int64_t, -0x1p63, 0x1.fffffffffffffp62)
SATURATE (f32_to_i8, float, int8_t, -128.0f, 127.0f)
SATURATE (f64_to_i8, double, int8_t, -128.0, 127.0)
SATURATE (f32_to_u8, float, uint8_t, 0.0f, 255.0f)
SATURATE (f64_to_u8, double, uint8_t, 0.0, 255.0)

/* The largest integers are no floats: beyond the last float below them the result is the limit. */
INLINE int32_t
f32_to_i32 (float a)
{
  return a >= 0x1p31f ? INT32_MAX : f32_to_i32_in (a);
}

INLINE int64_t
f32_to_i64 (float a)
{
  return a >= 0x1p63f ? INT64_MAX : f32_to_i64_in (a);
}

INLINE int64_t
f64_to_i64 (double a)
{
  return a >= 0x1p63 ? INT64_MAX : f64_to_i64_in (a);
}

/* From storage to the type a conversion works in: f32 for the halves, itself otherwise. */
#define IN_f32(a) (a)
#define IN_f64(a) (a)
#define IN_f16(a) tl_f16_to_f32 (a)
#define IN_bf16(a) tl_bf16_to_f32 (a)
#define IN_i8(a) (a)
#define IN_u8(a) (a)
#define IN_i32(a) (a)
#define IN_i64(a) (a)
#define IN_bool(a) (a)

/* From that type to storage; FLOAT_ and INT_ say which kind it is. */
#define OUT_f32(a) ((float)(a))
#define OUT_f64(a) ((double)(a))
#define OUT_f16(a) tl_f32_to_f16 ((float)(a))
#define OUT_bf16(a) tl_f32_to_bf16 ((float)(a))
#define OUT_bool(a) ((a) != 0)
#define FROM_f32_i8(a) f32_to_i8 (a)
#define FROM_f32_u8(a) f32_to_u8 (a)
#define FROM_f32_i32(a) f32_to_i32 (a)
#define FROM_f32_i64(a) f32_to_i64 (a)
#define FROM_f64_i8(a) f64_to_i8 (a)
#define FROM_f64_u8(a) f64_to_u8 (a)
#define FROM_f64_i32(a) f64_to_i32 (a)
#define FROM_f64_i64(a) f64_to_i64 (a)
#define FROM_int_i8(a) ((int8_t)(a))
#define FROM_int_u8(a) ((uint8_t)(a))
#define FROM_int_i32(a) ((int32_t)(a))
#define FROM_int_i64(a) ((int64_t)(a))

/* Doubles reach the halves in two steps; rounding to odd in the first makes the second right. */
INLINE float
f64_to_odd_f32 (double a)
{
  float    f = (float)a;
  double   back = (double)f;
  uint32_t u;

  memcpy (&u, &f, sizeof u);
  if (back != a && a == a && (u & 1) == 0 && (u & 0x7F800000u) != 0x7F800000u)
    u = (back > a) == (a > 0) ? u - 1 : u + 1;
  memcpy (&f, &u, sizeof f);
  return f;
}
#define FROM_f64_f16(a) tl_f32_to_f16 (f64_to_odd_f32 (a))
#define FROM_f64_bf16(a) tl_f32_to_bf16 (f64_to_odd_f32 (a))

#define CONVERT(src, dst, expr)                                                                                           \
  static void src##_to_##dst##_row (void *dst_row, int64_t dst_stride, const void *src_row, int64_t src_stride, size_t n) \
  {                                                                                                                       \
    const t_##src *s = src_row;                                                                                           \
    t_##dst       *d = dst_row;                                                                                           \
                                                                                                                          \
    if (dst_stride == 1 && src_stride == 1) {                                                                             \
      TL_VECTOR_LOOP                                                                                                      \
      for (size_t i = 0; i < n; i++) {                                                                                    \
        t_##src v = s[i];                                                                                                 \
        d[i] = (t_##dst) (expr);                                                                                          \
      }                                                                                                                   \
    } else if (src_stride == 0 && n > 0) {                                                                                \
      t_##src v = s[0];                                                                                                   \
      t_##dst w = (t_##dst) (expr);                                                                                       \
                                                                                                                          \
      for (size_t i = 0; i < n; i++)                                                                                      \
        d[(int64_t)i * dst_stride] = w;                                                                                   \
    } else {                                                                                                              \
      for (size_t i = 0; i < n; i++) {                                                                                    \
        t_##src v = s[(int64_t)i * src_stride];                                                                           \
        d[(int64_t)i * dst_stride] = (t_##dst) (expr);                                                                    \
      }                                                                                                                   \
    }                                                                                                                     \
  }

/* Pairs whose source counts as f32, as f64, as an integer. */
#define CONVERT_FROM_F32(src)                     \
  CONVERT (src, f32, OUT_f32 (IN_##src (v)))      \
  CONVERT (src, f64, OUT_f64 (IN_##src (v)))      \
  CONVERT (src, f16, OUT_f16 (IN_##src (v)))      \
  CONVERT (src, bf16, OUT_bf16 (IN_##src (v)))    \
  CONVERT (src, i8, FROM_f32_i8 (IN_##src (v)))   \
  CONVERT (src, u8, FROM_f32_u8 (IN_##src (v)))   \
  CONVERT (src, i32, FROM_f32_i32 (IN_##src (v))) \
  CONVERT (src, i64, FROM_f32_i64 (IN_##src (v))) \
  CONVERT (src, bool, OUT_bool (IN_##src (v)))
#define CONVERT_FROM_F64(src)            \
  CONVERT (src, f32, OUT_f32 (v))        \
  CONVERT (src, f64, OUT_f64 (v))        \
  CONVERT (src, f16, FROM_f64_f16 (v))   \
  CONVERT (src, bf16, FROM_f64_bf16 (v)) \
  CONVERT (src, i8, FROM_f64_i8 (v))     \
  CONVERT (src, u8, FROM_f64_u8 (v))     \
  CONVERT (src, i32, FROM_f64_i32 (v))   \
  CONVERT (src, i64, FROM_f64_i64 (v))   \
  CONVERT (src, bool, OUT_bool (v))
#define CONVERT_FROM_INT(src)          \
  CONVERT (src, f32, OUT_f32 (v))      \
  CONVERT (src, f64, OUT_f64 (v))      \
  CONVERT (src, f16, OUT_f16 (v))      \
  CONVERT (src, bf16, OUT_bf16 (v))    \
  CONVERT (src, i8, FROM_int_i8 (v))   \
  CONVERT (src, u8, FROM_int_u8 (v))   \
  CONVERT (src, i32, FROM_int_i32 (v)) \
  CONVERT (src, i64, FROM_int_i64 (v)) \
  CONVERT (src, bool, OUT_bool (v))

CONVERT_FROM_F32 (f32)
CONVERT_FROM_F64 (f64)
CONVERT_FROM_F32 (f16)
CONVERT_FROM_F32 (bf16)
CONVERT_FROM_INT (i8)
CONVERT_FROM_INT (u8)
CONVERT_FROM_INT (i32)
CONVERT_FROM_INT (i64)
CONVERT_FROM_INT (bool)

/* In the order of TlDType. */
#define ROW(src)                                                                                               \
  {                                                                                                            \
    src##_to_f32_row, src##_to_f64_row, src##_to_f16_row, src##_to_bf16_row, src##_to_i8_row, src##_to_u8_row, \
      src##_to_i32_row, src##_to_i64_row, src##_to_bool_row                                                    \
  }
static const TlConvertFn convert_rows[TL_N_DTYPES][TL_N_DTYPES] = {
  ROW (f32),
  ROW (f64),
  ROW (f16),
  ROW (bf16),
  ROW (i8),
  ROW (u8),
  ROW (i32),
  ROW (i64),
  ROW (bool),
};

#if defined(__F16C__)
/* The compiler converts these one by one, the machine eight at a time; the bits are the same. */
static void
packed_f16_to_f32_row (void *dst_row, int64_t dst_stride, const void *src_row, int64_t src_stride, size_t n)
{
  const uint16_t *s = src_row;
  float          *d = dst_row;
  size_t          i = 0;

  if (dst_stride != 1 || src_stride != 1) {
    f16_to_f32_row (dst_row, dst_stride, src_row, src_stride, n);
    return;
  }
  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps (d + i, _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *)(s + i))));
  for (; i < n; i++)
    d[i] = tl_f16_to_f32 (s[i]);
}

static void
packed_f32_to_f16_row (void *dst_row, int64_t dst_stride, const void *src_row, int64_t src_stride, size_t n)
{
  const float *s = src_row;
  uint16_t    *d = dst_row;
  size_t       i = 0;

  if (dst_stride != 1 || src_stride != 1) {
    f32_to_f16_row (dst_row, dst_stride, src_row, src_stride, n);
    return;
  }
  for (; i + 8 <= n; i += 8)
    _mm_storeu_si128 ((__m128i *)(d + i), _mm256_cvtps_ph (_mm256_loadu_ps (s + i), 0));
  for (; i < n; i++)
    d[i] = tl_f32_to_f16 (s[i]);
}
#endif

/* The same dtype must keep bits (NaN payloads, halves), whatever the value conversion would do. */
#define COPY_ROW(bytes, T)                                                                                            \
  static void copy_row_##bytes (void *dst_row, int64_t dst_stride, const void *src_row, int64_t src_stride, size_t n) \
  {                                                                                                                   \
    const T *s = src_row;                                                                                             \
    T       *d = dst_row;                                                                                             \
                                                                                                                      \
    if (n == 0)                                                                                                       \
      return;                                                                                                         \
    if (dst_stride == 1 && src_stride == 1) {                                                                         \
      memmove (d, s, n * sizeof (T));                                                                                 \
    } else if (dst_stride == 1 && src_stride == 0) {                                                                  \
      T v = s[0];                                                                                                     \
                                                                                                                      \
      for (size_t i = 0; i < n; i++)                                                                                  \
        d[i] = v;                                                                                                     \
    } else {                                                                                                          \
      for (size_t i = 0; i < n; i++)                                                                                  \
        d[(int64_t)i * dst_stride] = s[(int64_t)i * src_stride];                                                      \
    }                                                                                                                 \
  }
COPY_ROW (1, uint8_t)
COPY_ROW (2, uint16_t)
COPY_ROW (4, uint32_t)
COPY_ROW (8, uint64_t)

TlConvertFn
TL_ISA_NAME (tl_convert) (TlDType dst, TlDType src)
{
#if defined(__F16C__)
  if (dst == TL_DTYPE_F32 && src == TL_DTYPE_F16)
    return packed_f16_to_f32_row;
  if (dst == TL_DTYPE_F16 && src == TL_DTYPE_F32)
    return packed_f32_to_f16_row;
#endif
  if (dst != src)
    return convert_rows[src][dst];
  switch (tl_dtype_size (dst)) {
  case 1:
    return copy_row_1;
  case 2:
    return copy_row_2;
  case 4:
    return copy_row_4;
  default:
    return copy_row_8;
  }
}
