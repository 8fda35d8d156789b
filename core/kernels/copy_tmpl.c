/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Strided copy with conversion, blocked transposition, and fill.
 *
 * After merging axes there is a row axis (the last of the destination) and, where another axis is contiguous in the source, a
 * transposition of those two.
 */

#include "core/kernels/convert.h"
#include "core/kernels/copy.h"

#include <string.h>

void TL_ISA_NAME (tl_copy_measure) (const void *args, TlWork *work);
void TL_ISA_NAME (tl_copy_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_ISA_NAME (tl_fill_measure) (const void *args, TlWork *work);
void TL_ISA_NAME (tl_fill_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

#define TILE_ELEMENTS 65536
#define BLOCK 16 /* edge of a transposed block */
#define ROWS 256 /* rows of a transposed tile, if they are not too long */
#define BAND 64  /* columns of a transposed band, whole vectors */

enum {
  DST,
  SRC,
};

typedef struct {
  TlSpace space;
  int     transpose; /* the last two axes: the first of them is contiguous in the source, the second in the destination */
  int64_t outer;     /* positions over the axes before the tiled ones */
  int64_t per_outer; /* tiles of each */
  int64_t step;      /* elements (or rows of a transposition) of a tile along the tiled axis */
} CopyPlan;

static void
plan_copy (const TlCopyArgs *args, CopyPlan *plan)
{
  TlSpace *space = &plan->space;
  unsigned last;

  *space = (TlSpace){ .rank = args->rank, .n = 2 };
  for (unsigned d = 0; d < args->rank; d++) {
    space->shape[d] = args->shape[d];
    space->strides[d][DST] = args->dst_strides[d];
    space->strides[d][SRC] = args->src_strides[d];
  }
  tl_space_collapse (space);
  tl_space_sort (space, DST);
  tl_space_collapse (space);
  if (space->rank == 0) {
    space->rank = 1;
    space->shape[0] = 1;
    space->strides[0][DST] = space->strides[0][SRC] = 1;
  }
  last = space->rank - 1;
  plan->transpose = 0;
  if (args->src_dtype == args->dst_dtype && space->strides[last][DST] == 1 && tl_magnitude (space->strides[last][SRC]) > 1)
    for (unsigned d = 0; d < last; d++)
      if (space->strides[d][SRC] == 1 && space->shape[d] >= 4 && space->shape[last] >= 4) {
        /* Rotate the axis to stand just before the last. */
        for (unsigned e = d; e + 1 < last; e++)
          tl_space_swap (space, e, e + 1);
        plan->transpose = 1;
        break;
      }
  plan->outer = 1;
  if (plan->transpose) {
    for (unsigned d = 0; d + 1 < last; d++)
      plan->outer *= space->shape[d];
    /* Rows enough that a column is a run of some length, or a tile's worth. */
    plan->step = tl_max_i64 (TILE_ELEMENTS / space->shape[last], tl_min_i64 (ROWS, 8 * TILE_ELEMENTS / space->shape[last]));
    plan->step = tl_max_i64 (BLOCK, plan->step / BLOCK * BLOCK);
    plan->per_outer = tl_ceil_div (space->shape[last - 1], plan->step);
  } else {
    for (unsigned d = 0; d < last; d++)
      plan->outer *= space->shape[d];
    plan->step = TILE_ELEMENTS;
    plan->per_outer = tl_ceil_div (space->shape[last], plan->step);
  }
}

/* Several short outer positions share a tile. */
static int64_t
outer_per_tile (const CopyPlan *plan)
{
  const TlSpace *space = &plan->space;
  int64_t        inner = space->shape[space->rank - 1];

  if (plan->per_outer > 1)
    return 1;
  if (plan->transpose)
    inner *= space->shape[space->rank - 2];
  return tl_max_i64 (1, TILE_ELEMENTS / tl_max_i64 (1, inner));
}

void
TL_ISA_NAME (tl_copy_measure) (const void *args, TlWork *work)
{
  CopyPlan plan;

  plan_copy (args, &plan);
  *work = (TlWork){ .n_phases = 1 };
  if (tl_space_size (&plan.space) > 0)
    work->n_tiles[0] = (size_t)(tl_ceil_div (plan.outer, outer_per_tile (&plan)) * plan.per_outer);
}

#define TRANSPOSE(bytes, T)                                                                                          \
  static void transpose_block_##bytes (T *restrict dst, int64_t dst_row, const T *restrict src, int64_t src_col)     \
  {                                                                                                                  \
    T block[BLOCK][BLOCK];                                                                                           \
                                                                                                                     \
    for (int c = 0; c < BLOCK; c++)                                                                                  \
      for (int r = 0; r < BLOCK; r++)                                                                                \
        block[r][c] = src[c * src_col + r];                                                                          \
    for (int r = 0; r < BLOCK; r++)                                                                                  \
      for (int c = 0; c < BLOCK; c++)                                                                                \
        dst[r * dst_row + c] = block[r][c];                                                                          \
  }                                                                                                                  \
                                                                                                                     \
  /* dst[r, c] = src[r, c]: rows of dst are dst_row apart, columns of src src_col apart. */                          \
  static void transpose_##bytes (T *dst, int64_t dst_row, const T *src, int64_t src_col, int64_t rows, int64_t cols) \
  {                                                                                                                  \
    for (int64_t r0 = 0; r0 < rows; r0 += BLOCK)                                                                     \
      for (int64_t c0 = 0; c0 < cols; c0 += BLOCK) {                                                                 \
        int64_t r1 = tl_min_i64 (rows, r0 + BLOCK), c1 = tl_min_i64 (cols, c0 + BLOCK);                              \
                                                                                                                     \
        if (r1 - r0 == BLOCK && c1 - c0 == BLOCK) {                                                                  \
          transpose_block_##bytes (dst + r0 * dst_row + c0, dst_row, src + c0 * src_col + r0, src_col);              \
          continue;                                                                                                  \
        }                                                                                                            \
        for (int64_t r = r0; r < r1; r++)                                                                            \
          for (int64_t c = c0; c < c1; c++)                                                                          \
            dst[r * dst_row + c] = src[c * src_col + r];                                                             \
      }                                                                                                              \
  }
TRANSPOSE (1, uint8_t)
TRANSPOSE (2, uint16_t)
TRANSPOSE (4, uint32_t)
TRANSPOSE (8, uint64_t)

/* Elements of four bytes in squares of whole vectors: every line of a cache is read and written at one go. */
#define LANES (TL_VECTOR_BYTES / 4)

typedef uint32_t Vec __attribute__ ((vector_size (TL_VECTOR_BYTES)));
typedef uint32_t VecU __attribute__ ((vector_size (TL_VECTOR_BYTES), aligned (4), may_alias));

// clang-format off
#if TL_VECTOR_BYTES == 64
#  define LOW  { 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23 }
#  define HIGH { 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31 }
#elif TL_VECTOR_BYTES == 32
#  define LOW  { 0, 8, 1, 9, 2, 10, 3, 11 }
#  define HIGH { 4, 12, 5, 13, 6, 14, 7, 15 }
#else
#  define LOW  { 0, 4, 1, 5 }
#  define HIGH { 2, 6, 3, 7 }
#endif
// clang-format on

/* After log2 (LANES) perfect shuffles of the rows' halves, columns are rows. */
static inline __attribute__ ((always_inline)) void
shuffle_rows (const Vec *from, Vec *to)
{
  const Vec low = LOW, high = HIGH;

  _Pragma ("GCC unroll 16") for (int i = 0; i < LANES / 2; i++)
  {
    to[2 * i] = __builtin_shuffle (from[i], from[i + LANES / 2], low);
    to[2 * i + 1] = __builtin_shuffle (from[i], from[i + LANES / 2], high);
  }
}

static void
transpose_square (uint32_t *dst, int64_t dst_row, const uint32_t *src, int64_t src_col)
{
  Vec x[LANES], y[LANES];

  _Pragma ("GCC unroll 16") for (int i = 0; i < LANES; i++) x[i] = *(const VecU *)(src + i * src_col);
  shuffle_rows (x, y);
  shuffle_rows (y, x);
#if LANES >= 8
  shuffle_rows (x, y);
#endif
#if LANES >= 16
  shuffle_rows (y, x);
#endif
  _Pragma ("GCC unroll 16") for (int i = 0; i < LANES; i++) * (VecU *)(dst + i * dst_row) = LANES == 8 ? y[i] : x[i];
}

static void
transpose_vectors (uint32_t *dst, int64_t dst_row, const uint32_t *src, int64_t src_col, int64_t rows, int64_t cols)
{
  int64_t whole_rows = rows / LANES * LANES, whole_cols = cols / LANES * LANES;

  /* Few columns at a time: each may lie in a page of its own. */
  for (int64_t band = 0; band < whole_cols; band += BAND)
    for (int64_t r = 0; r < whole_rows; r += LANES)
      for (int64_t c = band; c < tl_min_i64 (band + BAND, whole_cols); c += LANES)
        transpose_square (dst + r * dst_row + c, dst_row, src + c * src_col + r, src_col);
  transpose_4 (dst + whole_rows * dst_row, dst_row, src + whole_rows, src_col, rows - whole_rows, cols);
  transpose_4 (dst + whole_cols, dst_row, src + whole_cols * src_col, src_col, whole_rows, cols - whole_cols);
}

static void
transpose_any (size_t size, void *dst, int64_t dst_row, const void *src, int64_t src_col, int64_t rows, int64_t cols)
{
  if (size == 1)
    transpose_1 (dst, dst_row, src, src_col, rows, cols);
  else if (size == 2)
    transpose_2 (dst, dst_row, src, src_col, rows, cols);
  else if (size == 4)
    transpose_vectors (dst, dst_row, src, src_col, rows, cols);
  else
    transpose_8 (dst, dst_row, src, src_col, rows, cols);
}

void
TL_ISA_NAME (tl_copy_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlCopyArgs *args = args_;
  size_t            src_size = tl_dtype_size (args->src_dtype), dst_size = tl_dtype_size (args->dst_dtype);
  TlConvertFn       convert = TL_ISA_NAME (tl_convert) (args->dst_dtype, args->src_dtype);
  CopyPlan          plan;
  const TlSpace    *space = &plan.space;
  int64_t           group, first, end, start;
  unsigned          last, outer_rank;

  plan_copy (args, &plan);
  last = space->rank - 1;
  outer_rank = plan.transpose ? last - 1 : last;
  group = outer_per_tile (&plan);
  first = (int64_t)tile / plan.per_outer * group;
  end = tl_min_i64 (plan.outer, first + group);
  start = (int64_t)tile % plan.per_outer * plan.step;
  for (int64_t o = first; o < end; o++) {
    const int64_t *row = space->strides[outer_rank];
    int64_t        d = tl_space_offset (space, outer_rank, DST, o) + start * row[DST];
    int64_t        s = tl_space_offset (space, outer_rank, SRC, o) + start * row[SRC];
    int64_t        n = tl_min_i64 (space->shape[outer_rank] - start, plan.step);
    char          *dst = (char *)data[1] + d * (int64_t)dst_size;
    const char    *src = (const char *)data[0] + s * (int64_t)src_size;

    if (plan.transpose)
      transpose_any (dst_size, dst, row[DST], src, space->strides[last][SRC], n, space->shape[last]);
    else
      convert (dst, row[DST], src, row[SRC], (size_t)n);
  }
}

static void
fill_plan (const TlFillArgs *args, TlCopyArgs *copy)
{
  *copy = (TlCopyArgs){ .src_dtype = args->dtype, .dst_dtype = args->dtype, .rank = args->rank };
  memcpy (copy->shape, args->shape, sizeof copy->shape);
  memcpy (copy->dst_strides, args->strides, sizeof copy->dst_strides);
}

void
TL_ISA_NAME (tl_fill_measure) (const void *args, TlWork *work)
{
  TlCopyArgs copy;

  fill_plan (args, &copy);
  TL_ISA_NAME (tl_copy_measure)
  (&copy, work);
}

/* A fill is a copy of one broadcast element. */
void
TL_ISA_NAME (tl_fill_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlFillArgs *args = args_;
  TlCopyArgs        copy;
  uint64_t          element = 0;
  int               is_int = args->dtype >= TL_DTYPE_I8;

  fill_plan (args, &copy);
  TL_ISA_NAME (tl_convert)
  (args->dtype, is_int ? TL_DTYPE_I64 : TL_DTYPE_F64) (&element, 1, is_int ? (const void *)&args->int_value : (const void *)&args->value, 1, 1);
  TL_ISA_NAME (tl_copy_run)
  (&copy, (void *const[]){ &element, data[0] }, workspace, phase, tile, scratch);
}
