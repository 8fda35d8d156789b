/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For reduce*_tmpl.c: how a reduction is cut.
 *
 * Rows: every output has its elements cut into chunks of TL_REDUCE_CHUNK, gathered into scratch unless they lie in one run of the dtype of
 * the computation; a chunk leaves one TlReducePartial.
 *
 *     partials [kept][chunk]
 *
 * Columns: where the last kept axis is contiguous in the input, rows of it are added as vectors; a chunk of rows leaves one vector.
 * Narrow rows that lie behind one another (a bias gradient [rows, 10]) are added `fold` at a time.
 *
 *     partials [outer kept][chunk][column]
 *
 * One chunk only: the first phase writes the output.  More: the second combines them in a balanced tree.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/convert.h"
#include "core/kernels/reduce.h"

#define TL_REDUCE_COLUMN_ROWS 256   /* rows of a chunk, times fold */
#define TL_REDUCE_COLUMN_BLOCK 1024 /* columns of a tile */
#define TL_REDUCE_FOLD_WIDTH 64     /* columns that folding aims at */
#define TL_REDUCE_TILE 65536

typedef struct {
  TlSpace kept;    /* operands: input, output */
  TlSpace reduced; /* operand: input */
  int64_t n_kept, n_reduced;
  int64_t chunks, per_chunk;
  int     columns;
  int64_t fold;   /* columns only */
  int64_t width;  /* columns only: elements of the last kept axis */
  int64_t outer;  /* columns only: positions over the other kept axes */
  int64_t blocks; /* columns only: tiles across a row */
  int64_t kept_per_tile;
} TlReducePlan;

static inline __attribute__ ((unused)) void
tl_reduce_plan (const TlReduceArgs *args, TlDType compute, TlReducePlan *plan)
{
  TlSpace *kept = &plan->kept, *reduced = &plan->reduced;
  int      vector_op = args->op <= TL_REDUCE_MAX;

  *plan = (TlReducePlan){ .fold = 1 };
  kept->rank = args->n_kept;
  kept->n = 2;
  for (unsigned d = 0; d < args->n_kept; d++) {
    kept->shape[d] = args->kept_shape[d];
    kept->strides[d][0] = args->kept_in_strides[d];
    kept->strides[d][1] = args->kept_out_strides[d];
  }
  reduced->rank = args->n_reduced;
  reduced->n = 1;
  for (unsigned d = 0; d < args->n_reduced; d++) {
    reduced->shape[d] = args->reduced_shape[d];
    reduced->strides[d][0] = args->reduced_strides[d];
  }
  plan->n_kept = tl_space_size (kept);
  plan->n_reduced = tl_space_size (reduced);
  tl_space_collapse (kept);
  tl_space_collapse (reduced);
  plan->per_chunk = TL_REDUCE_CHUNK;
  if (vector_op && args->dtype == compute && kept->rank > 0 && plan->n_kept > 0 && plan->n_reduced > 1 &&
      kept->strides[kept->rank - 1][0] == 1 && reduced->strides[reduced->rank - 1][0] != 1) {
    plan->columns = 1;
    plan->width = kept->shape[kept->rank - 1];
    plan->outer = plan->n_kept / plan->width;
    plan->blocks = tl_ceil_div (plan->width, TL_REDUCE_COLUMN_BLOCK);
    if (plan->width < TL_REDUCE_FOLD_WIDTH && reduced->rank == 1 && reduced->strides[0][0] == plan->width)
      plan->fold = tl_ceil_div (TL_REDUCE_FOLD_WIDTH, plan->width);
    plan->per_chunk = TL_REDUCE_COLUMN_ROWS * plan->fold;
  }
  plan->chunks = tl_max_i64 (1, tl_ceil_div (plan->n_reduced, plan->per_chunk));
  plan->kept_per_tile = plan->chunks == 1 ? tl_max_i64 (1, TL_REDUCE_TILE / tl_max_i64 (1, plan->n_reduced)) : 1;
}
