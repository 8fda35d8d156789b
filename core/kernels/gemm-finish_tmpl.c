/* SPDX-License-Identifier: Apache-2.0 */

/* What follows the sums: bias, activation, mask; and the products too narrow for the micro-kernel. */

#include "core/kernels/functors.h"
#include "core/kernels/gemm-private.h"

static void
add_bias (const TlGemmArgs *args, const GemmItem *item, real *s, int64_t i, int64_t j0, int64_t n)
{
  if (args->bias == TL_GEMM_BIAS_N) {
    const real *bias = item->bias + j0;
    for (int64_t j = 0; j < n; j++)
      s[j] += bias[j];
  } else {
    const real bias = item->bias[i];
    for (int64_t j = 0; j < n; j++)
      s[j] += bias;
  }
}

static void
activate (TlActivation activation, real *s, int64_t n)
{
  switch (activation) {
  case TL_ACTIVATION_RELU:
    for (int64_t j = 0; j < n; j++)
      s[j] = s[j] < 0 ? 0 : s[j];
    break;
  case TL_ACTIVATION_GELU:
    for (int64_t j = 0; j < n; j++)
      s[j] = (real)0.5 * s[j] * (1 + FN (erf) (s[j] * (real)0.70710678118654752440));
    break;
  case TL_ACTIVATION_TANH:
    for (int64_t j = 0; j < n; j++)
      s[j] = FN (tanh) (s[j]);
    break;
  case TL_ACTIVATION_SIGMOID:
    for (int64_t j = 0; j < n; j++)
      s[j] = FN (sigmoid) (s[j]);
    break;
  case TL_ACTIVATION_NONE:
    break;
  }
}

void
TL_NAME (tl_gemm_epilogue) (const TlGemmArgs *args, const GemmItem *item, real *sums, ptrdiff_t sums_row, int64_t i0, int64_t n_i, int64_t j0, int64_t n_j)
{
  for (int64_t i = i0; i < i0 + n_i; i++, sums += sums_row) {
    real *c = item->c + i * args->c_row + j0;

    if (args->bias != TL_GEMM_BIAS_NONE)
      add_bias (args, item, sums, i, j0, n_j);
    activate (args->activation, sums, n_j);
    if (args->relu_mask) {
      const real *aux = item->aux + i * args->aux_row + j0;
      for (int64_t j = 0; j < n_j; j++)
        sums[j] = aux[j] > 0 ? sums[j] : 0;
    }
    if (sums == c)
      continue;
    if (args->accumulate)
      for (int64_t j = 0; j < n_j; j++)
        c[j] += sums[j];
    else
      memcpy (c, sums, n_j * sizeof (real));
  }
}

/* The sum of a vector's elements, halves upon halves. */
static inline real
vec_sum (Vec v)
{
#if defined(TL_ISA_AVX512) && defined(TL_TYPE_F32)
  return _mm512_reduce_add_ps (v);
#elif defined(TL_ISA_AVX512)
  return _mm512_reduce_add_pd (v);
#else
  real x[VL];

  memcpy (x, &v, sizeof x);
  for (int n = VL / 2; n > 0; n /= 2)
    for (int i = 0; i < n; i++)
      x[i] += x[i + n];
  return x[0];
#endif
}

/* Rows of a block for 2, and for 3 or 4, rows of the smaller factor: chains enough, registers not too many. */
#if defined(TL_ISA_AVX512)
#  define DOT_ROWS_2 8
#  define DOT_ROWS_4 6
#else
#  define DOT_ROWS_2 4
#  define DOT_ROWS_4 2
#endif

/* nl rows of the larger factor times ns of the smaller; out[l, s]. */
BLOCK_FUNCTION void
dot_block (const int nl, const int ns, const real *l, ptrdiff_t l_row, const real *s, ptrdiff_t s_row, int64_t k, real *out, ptrdiff_t out_l, ptrdiff_t out_s)
{
  Vec     acc[8][DOT_MAX];
  int64_t p = 0;

  UNROLL
  for (int i = 0; i < nl; i++)
    UNROLL
  for (int j = 0; j < ns; j++)
    acc[i][j] = (Vec){ 0 };

  for (; p + VL <= k; p += VL) {
    Vec sv[DOT_MAX];
    UNROLL
    for (int j = 0; j < ns; j++)
      sv[j] = vec_load (s + j * s_row + p);
    UNROLL
    for (int i = 0; i < nl; i++) {
      Vec lv = vec_load (l + i * l_row + p);
      UNROLL
      for (int j = 0; j < ns; j++)
        acc[i][j] = vec_fma (lv, sv[j], acc[i][j]);
    }
  }

  UNROLL
  for (int i = 0; i < nl; i++)
    UNROLL
  for (int j = 0; j < ns; j++) {
    real sum = vec_sum (acc[i][j]), rest = 0;
    for (int64_t q = p; q < k; q++)
      rest += l[i * l_row + q] * s[j * s_row + q];
    out[i * out_l + j * out_s] = sum + rest;
  }
}

void
TL_NAME (tl_gemm_dot) (const TlGemmArgs *args, const GemmPlan *plan, const GemmItem *item, int64_t row0, int64_t n_rows, real *scratch)
{
  const real     *l = (plan->swap ? item->b : item->a) + row0 * plan->row_stride;
  const real     *s = plan->swap ? item->a : item->b;
  const int       ns = (int)plan->n_cols;
  const ptrdiff_t out_l = plan->swap ? 1 : ns, out_s = plan->swap ? plan->row_tile : 1;
  int64_t         i = 0;

  /* Every element has its own sums in the same order, so the height of the block does not matter. */
#define DOT_RUN(nl, ns_)                                                                                                    \
  for (; i + nl <= n_rows; i += nl)                                                                                         \
  dot_block (nl, ns_, l + i * plan->row_stride, plan->row_stride, s, plan->col_stride, plan->k, scratch + i * out_l, out_l, \
             out_s)
  switch (ns) {
  case 1:
    DOT_RUN (8, 1);
    DOT_RUN (1, 1);
    break;
  case 2:
    DOT_RUN (DOT_ROWS_2, 2);
    DOT_RUN (1, 2);
    break;
  case 3:
    DOT_RUN (DOT_ROWS_4, 3);
    DOT_RUN (1, 3);
    break;
  default:
    DOT_RUN (DOT_ROWS_4, 4);
    DOT_RUN (1, 4);
    break;
  }
#undef DOT_RUN

  if (plan->swap)
    TL_NAME (tl_gemm_epilogue)
  (args, item, scratch, plan->row_tile, 0, ns, row0, n_rows);
  else TL_NAME (tl_gemm_epilogue) (args, item, scratch, ns, row0, n_rows, 0, ns);
}
