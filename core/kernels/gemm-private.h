/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For gemm_*_tmpl.c only: how one product is cut, and what its parts share.
 *
 * The product is seen as rows x columns: one factor is broadcast row by row (`row` below), the other read by vectors of columns
 * (`col`).  Normally rows are C's rows.  Swapped, rows are C's columns and the tile is turned at the end: that saves turning a
 * large B whose elements are contiguous along k.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/gemm-micro.h"
#include "core/kernels/gemm.h"

#define COPY_PANELS_MAX 8 /* panels of rows copied at once, at most */
#define DOT_MAX 4         /* most rows of the smaller factor for which vectors run along k */

typedef struct {
  bool      swap;    /* rows are C's columns */
  bool      dot;     /* vectors along k; rows belong to the larger factor, columns to the smaller */
  bool      columns; /* the row factor is contiguous along its rows, not along k */
  bool      copy;    /* the row factor is copied: its strides are not unit, or conflict in the cache */
  bool      direct;  /* the column factor is read where it stands */
  bool      shared;  /* the column factor is packed in phase 0, for all tiles */
  bool      staged;  /* the tile is summed in scratch */
  int64_t   n_rows, n_cols, k;
  ptrdiff_t row_stride, row_k, col_stride, col_k;
  int64_t   kc;
  int64_t   row_tile, col_tile, n_row_tiles, n_col_tiles;
  int64_t   n_items, items_tile, n_item_tiles;
  int64_t   pack_tile;                                   /* panels a tile of phase 0 packs */
  int64_t   copy_panels;                                 /* panels of rows that are copied at once */
  size_t    at_pack, at_copy, at_edge, at_stage, at_out; /* elements in scratch */
  size_t    n_scratch, n_shared;                         /* elements */
} GemmPlan;

/* Where one product of the batch stands. */
typedef struct {
  const real *a, *b, *bias, *aux;
  real       *c;
} GemmItem;

/* Copies @args with the batch axes folded into m where they can be. */
void TL_NAME (tl_gemm_fold) (const TlGemmArgs *args, TlGemmArgs *folded);

/* The work of a tile, from that of the call, in multiply-adds: enough tiles, none too long. */
int64_t TL_NAME (tl_gemm_tile_work) (int64_t total);

void TL_NAME (tl_gemm_plan) (const TlGemmArgs *args, GemmPlan *plan);

/* Finishes rows i0.. and columns j0.. of C from the sums at @sums. */
void TL_NAME (tl_gemm_epilogue) (const TlGemmArgs *args, const GemmItem *item, real *sums, ptrdiff_t sums_row, int64_t i0, int64_t n_i, int64_t j0, int64_t n_j);

/* Computes rows @row0.. of the larger factor of a plan with `dot`. */
void TL_NAME (tl_gemm_dot) (const TlGemmArgs *args, const GemmPlan *plan, const GemmItem *item, int64_t row0, int64_t n_rows, real *scratch);

static inline bool
gemm_has_epilogue (const TlGemmArgs *args)
{
  return args->bias != TL_GEMM_BIAS_NONE || args->activation != TL_ACTIVATION_NONE || args->relu_mask;
}

static inline int64_t
ceil_div (int64_t a, int64_t b)
{
  return (a + b - 1) / b;
}

static inline int64_t
round_up (int64_t a, int64_t b)
{
  return ceil_div (a, b) * b;
}

static inline int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static inline int64_t
max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* The block of k that divides @k evenly: a function of k alone, since it orders the sums. */
static inline int64_t
gemm_k_block (int64_t k)
{
  int64_t n_blocks = ceil_div (k, KC_MAX);

  return n_blocks <= 1 ? max_i64 (k, 1) : round_up (ceil_div (k, n_blocks), VL);
}
