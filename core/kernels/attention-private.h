/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For attention*_tmpl.c only: blocks of queries and keys, and products of them by the micro-kernel under matrix products.
 *
 *     Q    [rows, dp]         queries of a tile, scaled; zeros behind column d
 *     KT   [d, NR] panels     keys of a block, turned: key j is column j
 *     S    [ROWS, LDS]        scores of a block, then weights
 *
 * Causal: row r of a block sees `visible + r` of its keys, clamped to the block.  Otherwise `visible` is ALL.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/attention.h"
#include "core/kernels/gemm-micro.h"
#include "core/kernels/philox-group.h"
#include "core/kernels/rows.h"

#if MR == 14
#  define ROWS 56 /* queries of a block: whole panels */
#else
#  define ROWS 60
#endif
#define KEYS 128 /* of a block */
#define LDS (KEYS + VL)
#define ALL (INT64_MAX / 4)

#define pack_panel TL_NAME (tl_gemm_pack)

static inline int64_t
whole_vectors (int64_t n)
{
  return (n + VL - 1) / VL * VL;
}

/* Takes @n elements of @at, aligned. */
static inline size_t
take (size_t *at, int64_t n)
{
  size_t first = *at;

  *at += ((size_t)n + 15) / 16 * 16;
  return first;
}

static inline __attribute__ ((unused)) int64_t
n_queries_of (const TlAttentionArgs *args)
{
  int64_t n = 1;

  for (int d = 0; d < args->batch_rank; d++)
    n *= args->batch[d];
  return n;
}

/* Where head @item of the queries finds its part of an operand whose heads are shared by @group. */
static inline int64_t
offset_of (const TlAttentionArgs *args, const TlAttentionStrides *strides, int64_t item, int64_t group)
{
  int64_t offset = 0;

  for (int d = args->batch_rank - 1; d >= 0; d--) {
    int64_t i = item % args->batch[d];

    offset += (d == args->batch_rank - 1 ? i / group : i) * strides->batch[d];
    item /= args->batch[d];
  }
  return offset;
}

static inline int64_t
visible_from (const TlAttentionArgs *args, int64_t row, int64_t key)
{
  return args->causal ? row + 1 - key : ALL;
}

static inline int64_t
clamp_visible (int64_t visible, int64_t n)
{
  return visible < 0 ? 0 : visible > n ? n
                                       : visible;
}

/* Rows of an operand, scaled, with zeros up to @width. */
static inline __attribute__ ((unused)) void
load_rows (const real *src, int64_t row, int64_t col, int64_t n_rows, int64_t n, real scale, real *dst, int64_t width)
{
  for (int64_t i = 0; i < n_rows; i++, src += row, dst += width) {
    if (col == 1) {
      TL_VECTOR_LOOP
      for (int64_t j = 0; j < n; j++)
        dst[j] = src[j] * scale;
    } else {
      for (int64_t j = 0; j < n; j++)
        dst[j] = src[j * col] * scale;
    }
    for (int64_t j = n; j < width; j++)
      dst[j] = 0;
  }
}

static inline __attribute__ ((unused)) void
store_rows (const real *src, int64_t width, int64_t n_rows, int64_t n, real scale, real *dst, int64_t row, int64_t col)
{
  for (int64_t i = 0; i < n_rows; i++, src += width, dst += row)
    for (int64_t j = 0; j < n; j++)
      dst[j * col] = src[j] * scale;
}

/* @n columns as panels of NR, @n_k elements each. */
static inline void
pack_columns (const real *src, int64_t k_stride, int64_t col_stride, int64_t n_k, int64_t n, real *dst)
{
  for (int64_t col = 0; col < n; col += NR)
    pack_panel (src + col * col_stride, k_stride, col_stride, n_k, tl_min_i64 (NR, n - col), dst + col * n_k);
}

/*
 * exp (a) for a <= 0, within 2 ulp; 0 where it is less than the smallest normal number.  NaN stays.  FN (exp) takes twice as long for
 * what weights never are.
 */
static inline real
weight_exp (real a)
{
#if defined(TL_TYPE_F32)
  const float least = -87.0f;
  float       x = a < least ? least : a, t = fma_f32 (x, LOG2_E_F32, MAGIC_F32), n = t - MAGIC_F32;
  float       r = fma_f32 (n, -LN2_LO_F32, fma_f32 (n, -LN2_HI_F32, x)), p = fma_f32 (r * r, exp_q_f32 (r), r) + 1.0f;
  float       y = p * from_bits_f32 ((bits_f32 (t) << 23) + 0x3F800000u);
#else
  const double least = -708.0;
  double       x = a < least ? least : a, t = fma_f64 (x, LOG2_E_F64, MAGIC_F64), n = t - MAGIC_F64;
  double       r = (x - n * LN2_HI_F64) - n * LN2_LO_F64, p = 1.0 + (r + r * r * exp_q_f64 (r));
  double       y = p * from_bits_f64 ((bits_f64 (t) << 52) + 0x3FF0000000000000u);
#endif

  return a < least ? 0 : y;
}

/* What the products of a block share: C [n_rows, n_cols] = or += A B, whole vectors of columns. */
typedef struct {
  const real *a;
  int64_t     a_row, a_step;
  const real *b;
  int64_t     b_panel, b_step; /* distance of panels of NR columns, and of rows */
  real       *c;
  int64_t     c_row;
  int64_t     n_rows, n_cols, k;
} Product;

static inline void
run_rows (const Product *self, bool by_columns, int64_t row, int64_t n_rows, int64_t k0, int64_t k, int64_t n_cols, bool add)
{
  const MicroSegment segment = { .len = k };
  Micro              micro = { .a_row = self->a_row, .a_group = 3 * self->a_row, .a_step = self->a_step, .b_step = self->b_step, .segments = &segment, .n_segments = 1, .c_row = self->c_row, .add = add };

  micro.a = self->a + row * self->a_row + k0 * self->a_step;
  for (int64_t col = 0; col < n_cols; col += NR) {
    micro.b = self->b + col / NR * self->b_panel + k0 * self->b_step;
    micro.c = self->c + row * self->c_row + col;
    micro_run (&micro, by_columns, (int)n_rows, (int)whole_vectors (tl_min_i64 (NR, n_cols - col)));
  }
}

/* Rows are queries, columns keys: only those that a row of the panel sees. */
static inline __attribute__ ((unused)) void
multiply_scores (const Product *self, int64_t visible)
{
  int64_t n_panels = tl_ceil_div (self->n_rows, MR);

  for (int64_t i = 0; i < n_panels; i++) {
    int64_t row = self->n_rows * i / n_panels, end = self->n_rows * (i + 1) / n_panels;

    run_rows (self, false, row, end - row, 0, self->k, clamp_visible (visible + end - 1, self->n_cols), false);
  }
}

/* Rows are queries, the sum is over keys. */
static inline __attribute__ ((unused)) void
multiply_weights (const Product *self, int64_t visible)
{
  int64_t n_panels = tl_ceil_div (self->n_rows, MR);

  for (int64_t i = 0; i < n_panels; i++) {
    int64_t row = self->n_rows * i / n_panels, end = self->n_rows * (i + 1) / n_panels;

    run_rows (self, false, row, end - row, 0, clamp_visible (visible + end - 1, self->k), self->n_cols, true);
  }
}

/* Rows are keys, the sum is over the queries that see one of the panel. */
static inline __attribute__ ((unused)) void
multiply_turned (const Product *self, int64_t visible)
{
  int64_t n_panels = tl_ceil_div (self->n_rows, MR);

  for (int64_t i = 0; i < n_panels; i++) {
    int64_t row = self->n_rows * i / n_panels, end = self->n_rows * (i + 1) / n_panels;
    int64_t first = clamp_visible (row + 1 - visible, self->k);

    run_rows (self, true, row, end - row, first, self->k - first, self->n_cols, true);
  }
}

/* The mask of one row onto its scores. */
static inline void
mask_row (const TlAttentionArgs *args, const void *mask, int64_t offset, int64_t n, real *s)
{
  const int64_t  col = args->mask.col;
  const uint8_t *seen = (const uint8_t *)mask + offset;
  const real    *added = (const real *)mask + offset;

  if (args->mask_dtype == TL_DTYPE_BOOL && col == 1) {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      s[j] = seen[j] ? s[j] : (real)-__builtin_inf ();
  } else if (args->mask_dtype == TL_DTYPE_BOOL) {
    for (int64_t j = 0; j < n; j++)
      s[j] = seen[j * col] ? s[j] : (real)-__builtin_inf ();
  } else if (col == 1) {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      s[j] += added[j];
  } else {
    for (int64_t j = 0; j < n; j++)
      s[j] += added[j * col];
  }
}

#define N_DROPPED 64 /* positions of a group of random words */

/* What decides which weights are dropped. */
typedef struct {
  TlPhiloxKey key;
  uint64_t    call;
  uint32_t    last;  /* word that drops, the largest */
  real        scale; /* of the weights that stay */
  real        factors[KEYS + 2 * N_DROPPED];
} Dropout;

/* Returns: whether any weights are dropped */
static inline bool
begin_dropout (const TlAttentionArgs *args, const void *call, Dropout *self)
{
  uint64_t threshold = args->has_dropout ? threshold_of (args->dropout_p) : 0;

  if (threshold == 0)
    return false;
  self->key = args->dropout_key;
  self->call = *(const uint64_t *)call;
  self->last = (uint32_t)(threshold - 1);
  self->scale = (real)(args->dropout_p < 1 ? 1 / (1 - args->dropout_p) : 0);
  return true;
}

/* Returns: for each of up to KEYS positions from @first its factor, or 0 where it is dropped */
static inline const real *
drop_positions (Dropout *self, uint64_t first, int64_t n)
{
  int64_t skipped = (int64_t)(first % N_DROPPED);

  for (int64_t j = 0; j < skipped + n; j += N_DROPPED) {
    const uint32_t *words;
    Group           group;

    philox_group (self->key, self->call, first / N_DROPPED + (uint64_t)(j / N_DROPPED), &group);
    words = &group.word[0][0];
    for (int l = 0; l < N_DROPPED; l++)
      self->factors[j + l] = words[l] > self->last ? self->scale : 0;
  }
  return self->factors + skipped;
}

/* Weights of keys that a row does not see, as far as a product of panels reads them. */
static inline void
clear_unseen (real *p, int64_t n, int64_t n_keys)
{
  int64_t end = tl_min_i64 (n + 2 * MR, whole_vectors (n_keys));

  for (int64_t j = n; j < end; j++)
    p[j] = 0;
}
