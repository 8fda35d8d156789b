/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c only: the micro-kernel under matrix products and convolution.
 *
 * A block of up to MR rows and NR columns of C stays in registers while k runs.  A is read element by element and broadcast, B by
 * vectors:
 *
 *               NR = 2 vectors
 *             +---------------+
 *        B    |               |  one row for each k, b_step apart
 *             +---------------+
 *      +--+   +---------------+
 *   MR |A |   |  C registers  |
 *      +--+   +---------------+
 *
 * A is not copied.  Its rows stand in groups of three, a_group apart, so that five pointers reach fourteen rows; usually a_group
 * is 3 * a_row.  Along k it is cut into segments: the windows of a convolution are runs of memory.
 *
 * An element of C is one chain of fused multiply-adds over all segments in order, begun at zero or the bias; `add` then adds it to
 * what stands in C.  Neither the size of the block nor its place changes it.
 *
 * Thread rule: any thread.
 */

#include <stdbool.h>
#include <string.h>

#include "core/kernels/isa.h"

#if defined(__x86_64__)
#  include <immintrin.h>
#endif

#define VL (TL_VECTOR_BYTES / (int)sizeof (real))
#define NV 2         /* vectors in a row of the block */
#define NR (NV * VL) /* columns of the block */
#if defined(TL_ISA_AVX512)
#  define MR 14 /* rows of the block: 28 of 32 registers accumulate */
#else
#  define MR 6 /* 12 of 16 registers accumulate */
#endif

/*
 * Loops over registers are inlined with every size constant and unrolled.  Sanitizers take minutes to instrument that, so
 * under them the same loops run over memory.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define BLOCK_FUNCTION static __attribute__ ((noinline, noclone))
#  define UNROLL
#  define UNROLL_K
#else
#  define BLOCK_FUNCTION static inline __attribute__ ((always_inline))
#  define UNROLL _Pragma ("GCC unroll 16")
#  if defined(TL_ISA_AVX512)
#    define UNROLL_K _Pragma ("GCC unroll 4")
#  else
#    define UNROLL_K _Pragma ("GCC unroll 2")
#  endif
#endif

/* Longest chain of multiply-adds before partial sums are added. */
#define KC_MAX 512

typedef real Vec __attribute__ ((vector_size (TL_VECTOR_BYTES), may_alias));
typedef real VecU __attribute__ ((vector_size (TL_VECTOR_BYTES), aligned (sizeof (real)), may_alias));

#if defined(TL_TYPE_F32)
typedef int32_t Index __attribute__ ((vector_size (TL_VECTOR_BYTES)));
#else
typedef int64_t Index __attribute__ ((vector_size (TL_VECTOR_BYTES)));
#endif

/* A run along k. */
typedef struct {
  ptrdiff_t a, b; /* where it begins, in elements from Micro.a and Micro.b */
  ptrdiff_t len;
} MicroSegment;

typedef struct {
  const real         *a;
  ptrdiff_t           a_row;   /* distance of the rows of a group; by columns it is 1 */
  ptrdiff_t           a_group; /* distance of the groups of three rows */
  ptrdiff_t           a_step;  /* distance along k; by rows it is 1 */
  const real         *b;
  ptrdiff_t           b_step;
  const MicroSegment *segments;
  ptrdiff_t           n_segments;
  real               *c;
  ptrdiff_t           c_row;
  bool                add;
  bool                relu; /* stores 0 for what is negative */
  const real         *bias; /* whole vectors, or NULL: where the chain of each column begins instead of zero */
} Micro;

typedef void (*MicroFn) (const Micro *self);

/* The blocks by [by columns][vectors - 1][rows - 1]. */
#define micro_table TL_NAME (tl_gemm_micro_table)
extern const MicroFn micro_table[2][NV][MR];

static inline Vec
vec_load (const real *p)
{
  return *(const VecU *)p;
}

static inline void
vec_store (real *p, Vec v)
{
  *(VecU *)p = v;
}

static inline Vec
vec_splat (real x)
{
#if defined(TL_ISA_AVX512) && defined(TL_TYPE_F32)
  return _mm512_set1_ps (x);
#elif defined(TL_ISA_AVX512)
  return _mm512_set1_pd (x);
#elif defined(TL_ISA_AVX2) && defined(TL_TYPE_F32)
  return _mm256_set1_ps (x);
#elif defined(TL_ISA_AVX2)
  return _mm256_set1_pd (x);
#else
  Vec v;
  for (int i = 0; i < VL; i++)
    v[i] = x;
  return v;
#endif
}

/* a * b + c, fused where the instruction set can. */
static inline Vec
vec_fma (Vec a, Vec b, Vec c)
{
#if defined(TL_ISA_AVX512) && defined(TL_TYPE_F32)
  return _mm512_fmadd_ps (a, b, c);
#elif defined(TL_ISA_AVX512)
  return _mm512_fmadd_pd (a, b, c);
#elif defined(TL_ISA_AVX2) && defined(TL_TYPE_F32)
  return _mm256_fmadd_ps (a, b, c);
#elif defined(TL_ISA_AVX2)
  return _mm256_fmadd_pd (a, b, c);
#else
  return a * b + c;
#endif
}

/* 0 where negative; NaN stays. */
static inline Vec
vec_relu (Vec v)
{
  return (Vec)((Index)v & ~(Index)(v < 0));
}

/* Transposes VL rows of VL elements: after log2 (VL) perfect shuffles of the rows' halves, columns are rows. */
void TL_NAME (tl_gemm_transpose) (const real *src, ptrdiff_t src_row, real *dst, ptrdiff_t dst_row);

/*
 * Copies a panel of B, n_k rows of n_cols <= NR columns, to rows of NR, zeros behind the last column up to a whole vector.
 */
void TL_NAME (tl_gemm_pack) (const real *src, ptrdiff_t k_stride, ptrdiff_t col_stride, ptrdiff_t n_k, ptrdiff_t n_cols, real *dst);

/* Computes n_rows <= MR by n_cols <= NR of C; B must have whole vectors. */
static inline void
micro_run (Micro *micro, bool by_columns, int n_rows, int n_cols)
{
  int n_vectors = (n_cols + VL - 1) / VL;

  if (n_cols == n_vectors * VL) {
    micro_table[by_columns][n_vectors - 1][n_rows - 1](micro);
  } else {
    real  block[MR * NR] __attribute__ ((aligned (64)));
    Micro edge = *micro;

    edge.c = block;
    edge.c_row = NR;
    edge.add = false;
    edge.relu = micro->relu && !micro->add;
    micro_table[by_columns][n_vectors - 1][n_rows - 1](&edge);
    for (int i = 0; i < n_rows; i++) {
      real       *c = micro->c + i * micro->c_row;
      const real *s = block + i * NR;
      if (!micro->add)
        memcpy (c, s, n_cols * sizeof (real));
      else
        for (int j = 0; j < n_cols; j++)
          c[j] = micro->relu && c[j] + s[j] < 0 ? 0 : c[j] + s[j];
    }
  }
}
