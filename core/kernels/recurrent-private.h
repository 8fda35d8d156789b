/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For recurrent*_tmpl.c only: how a sequence is cut, and products of a few rows with packed weights.
 *
 *     rows of the batch -> tiles;  steps -> phases of `chunk` steps
 *     wide: rows of the batch and blocks of units -> tiles;  each step a phase
 *
 * Rows alone are cut where all weights stay in a cache near the processor: then nothing waits within a phase.  Wider weights are read
 * once a step for all rows, by all threads together.
 *
 * Weights are packed once a call.  A row's state is copied to scratch, where rows do not lie a power of two apart.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/gemm-private.h"
#include "core/kernels/recurrent.h"
#include "core/kernels/rows.h"

#define ROWS_MAX 28               /* of a tile */
#define ROWS_SPLIT 8              /* fewer rows stay one tile */
#define CHUNK_FLOPS (1.25e7 * VL) /* of a tile */
#define WIDE_BYTES (4 << 20)      /* of weights that are too many for one thread */
#define K_BLOCK 128               /* of a panel of weights that stays in the first cache while all rows of a tile use it */
#define pack_panel TL_NAME (tl_gemm_pack)

typedef struct {
  int64_t n_gates;
  int64_t rows_tile, n_row_tiles;
  int64_t chunk, n_chunks;
  int64_t n_unit_blocks; /* of NR units */
  bool    wide;
  int64_t blocks_tile, n_block_tiles; /* of units, if wide; 1 tile else */
} Cut;

static inline int64_t
n_gates_of (TlRecurrentKind kind)
{
  return kind == TL_RECURRENT_LSTM ? 4 : kind == TL_RECURRENT_GRU ? 3
                                                                  : 1;
}

static inline void
cut_sequence (const TlRecurrentArgs *args, Cut *cut)
{
  int64_t n_tiles = 1;
  double  per_row;

  *cut = (Cut){ .n_gates = n_gates_of (args->kind), .n_unit_blocks = ceil_div (args->hidden, NR) };
  while (ceil_div (args->n, n_tiles) > ROWS_MAX || (n_tiles < 2 && args->n >= ROWS_SPLIT))
    n_tiles *= 2;
  cut->rows_tile = max_i64 (1, ceil_div (args->n, n_tiles));
  cut->n_row_tiles = args->hidden > 0 ? ceil_div (args->n, cut->rows_tile) : 0;
  per_row = 2.0 * (double)cut->n_gates * (double)args->hidden * (double)(args->hidden + 64) + 1;
  cut->chunk = max_i64 (1, min_i64 (args->steps, (int64_t)(CHUNK_FLOPS / (per_row * (double)cut->rows_tile))));
  cut->n_chunks = ceil_div (args->steps, cut->chunk);
  cut->wide = (double)cut->n_gates * (double)args->hidden * (double)args->hidden * (double)sizeof (real) > WIDE_BYTES;
  cut->blocks_tile = max_i64 (1, cut->n_unit_blocks);
  if (cut->wide)
    cut->blocks_tile = max_i64 (1, min_i64 (ceil_div (cut->n_unit_blocks, 8), (int64_t)(CHUNK_FLOPS / (per_row * (double)cut->rows_tile) * (double)cut->n_unit_blocks)));
  cut->n_block_tiles = ceil_div (cut->n_unit_blocks, cut->blocks_tile);
}

/* A tile of a step: some rows and some blocks of units. */
typedef struct {
  int64_t row, n_rows;
  int64_t block, end_block;
} Part;

/* Tiles that read the same weights follow each other. */
static inline Part
part_of (const TlRecurrentArgs *args, const Cut *cut, int64_t tile)
{
  int64_t row = tile % cut->n_row_tiles * cut->rows_tile, block = tile / cut->n_row_tiles * cut->blocks_tile;

  return (Part){ row, min_i64 (cut->rows_tile, args->n - row), block, min_i64 (block + cut->blocks_tile, cut->n_unit_blocks) };
}

/* The place in the sequence of step @step. */
static inline int64_t
time_of (const TlRecurrentArgs *args, int64_t step)
{
  return args->reverse ? args->steps - 1 - step : step;
}

/* Distance of rows in scratch. */
static inline int64_t
scratch_row (int64_t n)
{
  return round_up (n, VL) + VL;
}

static inline size_t
take (size_t *at, int64_t n)
{
  size_t first = *at;

  *at += (size_t)round_up (n, 16);
  return first;
}

/* C [n_rows, n_cols <= NR] = or += A B (+ bias), k in blocks. */
static inline void
multiply_panel (const real *a, ptrdiff_t a_row, const real *b, int64_t k, const real *bias, real *c, ptrdiff_t c_row, int64_t n_rows, int64_t n_cols, bool add)
{
  int64_t n_panels = ceil_div (n_rows, MR);

  for (int64_t p = 0; p < k; p += K_BLOCK) {
    const MicroSegment segment = { .len = min_i64 (K_BLOCK, k - p) };
    Micro              micro = { .a_row = a_row, .a_group = 3 * a_row, .a_step = 1, .b = b + p * NR, .b_step = NR, .segments = &segment, .n_segments = 1, .c_row = c_row, .add = add || p > 0, .bias = p > 0 ? NULL : bias };

    for (int64_t i = 0; i < n_panels; i++) {
      int64_t row = n_rows * i / n_panels, end = n_rows * (i + 1) / n_panels;

      micro.a = a + row * a_row + p;
      micro.c = c + row * c_row;
      micro_run (&micro, false, (int)(end - row), (int)n_cols);
    }
  }
}
