/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c only: names and facts of the instruction set (TL_ISA) and, in files compiled per dtype, of the type
 * (TL_TYPE) being compiled.  meson.build defines both, each also as a flag: TL_ISA_AVX2, TL_TYPE_F32.
 *
 *     TL_ISA_NAME (tl_copy_run)     tl_copy_run_avx2
 *     TL_NAME (tl_softmax_run)      tl_softmax_run_f32_avx2
 *     real                          float (f32, f64, i32, i64, u8: the C type of TL_TYPE)
 *     TL_HAVE_FMA                   1 where fused multiply-add is an instruction; base spells mul and add instead
 */

#include "core/kernels/dtype.h"

#define TL_PASTE2_(a, b) a##_##b
#define TL_PASTE2(a, b) TL_PASTE2_ (a, b)
#define TL_PASTE3_(a, b, c) a##_##b##_##c
#define TL_PASTE3(a, b, c) TL_PASTE3_ (a, b, c)

#define TL_ISA_NAME(name) TL_PASTE2 (name, TL_ISA)
#define TL_NAME(name) TL_PASTE3 (name, TL_TYPE, TL_ISA)

#ifdef __FMA__
#  define TL_HAVE_FMA 1
#else
#  define TL_HAVE_FMA 0
#endif

#if defined(TL_ISA_AVX512)
#  define TL_VECTOR_BYTES 64
#elif defined(TL_ISA_AVX2)
#  define TL_VECTOR_BYTES 32
#else
#  define TL_VECTOR_BYTES 16
#endif

#if defined(TL_TYPE_F32)
typedef float real;
#  define TL_TYPE_DTYPE TL_DTYPE_F32
#  define TL_TYPE_FLOAT 1
#elif defined(TL_TYPE_F64)
typedef double real;
#  define TL_TYPE_DTYPE TL_DTYPE_F64
#  define TL_TYPE_FLOAT 1
#elif defined(TL_TYPE_I32)
typedef int32_t real;
#  define TL_TYPE_DTYPE TL_DTYPE_I32
#  define TL_TYPE_FLOAT 0
#elif defined(TL_TYPE_I64)
typedef int64_t real;
#  define TL_TYPE_DTYPE TL_DTYPE_I64
#  define TL_TYPE_FLOAT 0
#elif defined(TL_TYPE_U8)
typedef uint8_t real;
#  define TL_TYPE_DTYPE TL_DTYPE_U8
#  define TL_TYPE_FLOAT 0
#endif

/* The loop that follows may alias its operands only element for element (in place), so vectors are safe. */
#define TL_VECTOR_LOOP _Pragma ("GCC ivdep")
