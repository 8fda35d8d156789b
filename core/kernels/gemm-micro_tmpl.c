/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/gemm-micro.h"

#define GROUPS(mr) (((mr) + 2) / 3)

/* Inlined with every size constant, so that all arrays become registers. */
BLOCK_FUNCTION void
block (const Micro *self, const bool by_columns, const int nv, const int mr)
{
  Vec             acc[MR][NV];
  const ptrdiff_t a_row = by_columns ? 1 : self->a_row;
  const ptrdiff_t a_step = by_columns ? self->a_step : 1;
  const ptrdiff_t b_step = self->b_step;

  UNROLL
  for (int i = 0; i < mr; i++)
    UNROLL
  for (int v = 0; v < nv; v++)
    acc[i][v] = self->bias ? vec_load (self->bias + v * VL) : (Vec){ 0 };

  for (ptrdiff_t s = 0; s < self->n_segments; s++) {
    const MicroSegment *seg = &self->segments[s];
    const real         *b = self->b + seg->b;
    const real         *a[GROUPS (MR)];

    UNROLL
    for (int g = 0; g < GROUPS (mr); g++)
      a[g] = self->a + seg->a + g * self->a_group;

    UNROLL_K
    for (ptrdiff_t p = seg->len; p > 0; p--) {
      Vec bv[NV];

      UNROLL
      for (int v = 0; v < nv; v++)
        bv[v] = vec_load (b + v * VL);
      UNROLL
      for (int i = 0; i < mr; i++) {
        Vec av = vec_splat (a[i / 3][(i % 3) * a_row]);
        UNROLL
        for (int v = 0; v < nv; v++)
          acc[i][v] = vec_fma (av, bv[v], acc[i][v]);
      }
      b += b_step;
      UNROLL
      for (int g = 0; g < GROUPS (mr); g++)
        a[g] += a_step;
    }
  }

  real *c = self->c;

  if (self->add) {
    UNROLL
    for (int i = 0; i < mr; i++) {
      UNROLL
      for (int v = 0; v < nv; v++)
        acc[i][v] = vec_load (c + v * VL) + acc[i][v];
      c += self->c_row;
    }
    c = self->c;
  }
  if (self->relu) {
    UNROLL
    for (int i = 0; i < mr; i++)
      UNROLL
    for (int v = 0; v < nv; v++)
      acc[i][v] = vec_relu (acc[i][v]);
  }
  UNROLL
  for (int i = 0; i < mr; i++) {
    UNROLL
    for (int v = 0; v < nv; v++)
      vec_store (c + v * VL, acc[i][v]);
    c += self->c_row;
  }
}

// clang-format off
#define BLOCK(kind, by_columns, nv, mr) \
  static void kind##_##nv##_##mr (const Micro *self) { block (self, by_columns, nv, mr); }
#if MR == 14
#define EACH_MR(X, kind, by_columns, nv) \
  X (kind, by_columns, nv, 1) X (kind, by_columns, nv, 2) X (kind, by_columns, nv, 3) X (kind, by_columns, nv, 4) \
  X (kind, by_columns, nv, 5) X (kind, by_columns, nv, 6) X (kind, by_columns, nv, 7) X (kind, by_columns, nv, 8) \
  X (kind, by_columns, nv, 9) X (kind, by_columns, nv, 10) X (kind, by_columns, nv, 11) X (kind, by_columns, nv, 12) \
  X (kind, by_columns, nv, 13) X (kind, by_columns, nv, 14)
#else
#define EACH_MR(X, kind, by_columns, nv) \
  X (kind, by_columns, nv, 1) X (kind, by_columns, nv, 2) X (kind, by_columns, nv, 3) X (kind, by_columns, nv, 4) \
  X (kind, by_columns, nv, 5) X (kind, by_columns, nv, 6)
#endif

EACH_MR (BLOCK, rows, false, 1)
EACH_MR (BLOCK, rows, false, 2)
EACH_MR (BLOCK, columns, true, 1)
EACH_MR (BLOCK, columns, true, 2)

#define NAME(kind, by_columns, nv, mr) kind##_##nv##_##mr,
const MicroFn micro_table[2][NV][MR] = {
  { { EACH_MR (NAME, rows, false, 1) }, { EACH_MR (NAME, rows, false, 2) } },
  { { EACH_MR (NAME, columns, true, 1) }, { EACH_MR (NAME, columns, true, 2) } },
};

/* A vector of the lower, or upper, halves of two vectors, interleaved. */
#define PAIR(i) (i), (i) + VL
#define PAIRS2(i) PAIR (i), PAIR ((i) + 1)
#define PAIRS4(i) PAIRS2 (i), PAIRS2 ((i) + 2)
#define PAIRS8(i) PAIRS4 (i), PAIRS4 ((i) + 4)
#if TL_VECTOR_BYTES == 64 && defined(TL_TYPE_F32)
#define HALF(i) PAIRS8 (i)
#define N_STAGES 4
#elif (TL_VECTOR_BYTES == 32 && defined(TL_TYPE_F32)) || (TL_VECTOR_BYTES == 64)
#define HALF(i) PAIRS4 (i)
#define N_STAGES 3
#elif (TL_VECTOR_BYTES == 16 && defined(TL_TYPE_F32)) || (TL_VECTOR_BYTES == 32)
#define HALF(i) PAIRS2 (i)
#define N_STAGES 2
#else
#define HALF(i) PAIR (i)
#define N_STAGES 1
#endif
// clang-format on

BLOCK_FUNCTION void
shuffle_rows (const Vec *src, Vec *dst)
{
  const Index low = { HALF (0) };
  const Index high = { HALF (VL / 2) };

  UNROLL
  for (int i = 0; i < VL / 2; i++) {
    dst[2 * i] = __builtin_shuffle (src[i], src[i + VL / 2], low);
    dst[2 * i + 1] = __builtin_shuffle (src[i], src[i + VL / 2], high);
  }
}

BLOCK_FUNCTION void
transpose (const real *src, ptrdiff_t src_row, int n_rows, real *dst, ptrdiff_t dst_row)
{
  Vec x[VL], y[VL];

  UNROLL
  for (int i = 0; i < VL; i++)
    x[i] = i < n_rows ? vec_load (src + i * src_row) : (Vec){ 0 };
  shuffle_rows (x, y);
#if N_STAGES >= 2
  shuffle_rows (y, x);
#endif
#if N_STAGES >= 3
  shuffle_rows (x, y);
#endif
#if N_STAGES >= 4
  shuffle_rows (y, x);
#endif
  UNROLL
  for (int i = 0; i < VL; i++)
    vec_store (dst + i * dst_row, N_STAGES % 2 ? y[i] : x[i]);
}

void
TL_NAME (tl_gemm_transpose) (const real *src, ptrdiff_t src_row, real *dst, ptrdiff_t dst_row)
{
  transpose (src, src_row, VL, dst, dst_row);
}

/* Columns whose elements are contiguous along k. */
static void
pack_transposed (const real *src, ptrdiff_t col_stride, ptrdiff_t n_k, ptrdiff_t n_cols, real *dst)
{
  ptrdiff_t whole_k = n_k / VL * VL;

  for (ptrdiff_t j = 0; j < n_cols; j += VL) {
    ptrdiff_t n = n_cols - j < VL ? n_cols - j : VL;
    ptrdiff_t p = 0;

    if (n == VL)
      for (; p < whole_k; p += VL)
        transpose (src + j * col_stride + p, col_stride, VL, dst + p * NR + j, NR);
    else
      for (; p < whole_k; p += VL)
        transpose (src + j * col_stride + p, col_stride, (int)n, dst + p * NR + j, NR);
    for (; p < n_k; p++)
      for (ptrdiff_t i = 0; i < VL; i++)
        dst[p * NR + j + i] = i < n ? src[(j + i) * col_stride + p] : 0;
  }
}

void
TL_NAME (tl_gemm_pack) (const real *src, ptrdiff_t k_stride, ptrdiff_t col_stride, ptrdiff_t n_k, ptrdiff_t n_cols, real *dst)
{
  if (n_cols == NR && col_stride == 1) {
    for (ptrdiff_t p = 0; p < n_k; p++, src += k_stride, dst += NR) {
      vec_store (dst, vec_load (src));
      vec_store (dst + VL, vec_load (src + VL));
    }
    return;
  }
  if (k_stride == 1) {
    pack_transposed (src, col_stride, n_k, n_cols, dst);
    return;
  }
  for (ptrdiff_t p = 0; p < n_k; p++)
    for (ptrdiff_t j = 0; j < n_cols; j++)
      dst[p * NR + j] = src[p * k_stride + j * col_stride];
  for (ptrdiff_t p = 0; p < n_k && n_cols % VL != 0; p++)
    for (ptrdiff_t j = n_cols; j % VL != 0; j++)
      dst[p * NR + j] = 0;
}
