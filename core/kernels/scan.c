/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/scan.h"

#include <math.h>

/*
 * phase 0: every block of every column by itself
 * phase 1: what comes before each block (only if an axis has several)
 * phase 2: combine it with the block
 *
 * A tile works on up to CHUNK columns that lie beside each other, so that memory is read in order.
 */

#define CHUNK 256
#define TILE 65536

typedef struct {
  int64_t block;    /* elements of a block along the axis */
  int64_t n_blocks; /* of an axis */
  int64_t chunk;    /* columns of a tile */
  int64_t n_chunks; /* of a row of columns */
  int64_t group;    /* outer positions of a tile */
  int64_t n_groups;
} Cut;

typedef struct {
  double  d;
  int64_t i;
  int64_t at; /* position of an extreme */
} Carry;

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
ceil_div (int64_t a, int64_t b)
{
  return (a + b - 1) / b;
}

static Cut
cut_work (const TlScanArgs *args)
{
  Cut     cut;
  int64_t area;

  cut.block = args->n <= 2 * TL_SCAN_BLOCK ? args->n : TL_SCAN_BLOCK;
  cut.n_blocks = ceil_div (args->n, cut.block);
  cut.chunk = min_i64 (args->inner, CHUNK);
  cut.n_chunks = ceil_div (args->inner, cut.chunk);
  area = cut.block * cut.chunk;
  cut.group = min_i64 (args->outer, area >= TILE ? 1 : TILE / area);
  cut.n_groups = ceil_div (args->outer, cut.group);
  return cut;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlScanArgs *args = args_;
  Cut               cut;
  size_t            lines;

  *work = (TlWork){ .n_phases = 1 };
  if (args->outer == 0 || args->n == 0 || args->inner == 0)
    return;
  cut = cut_work (args);
  lines = (size_t)(cut.n_groups * cut.n_chunks);
  work->n_tiles[0] = lines * (size_t)cut.n_blocks;
  work->scratch = CHUNK * sizeof (Carry);
  if (cut.n_blocks == 1)
    return;
  work->n_phases = 3;
  work->n_tiles[1] = lines;
  work->n_tiles[2] = lines * (size_t)cut.n_blocks;
  work->workspace = (size_t)(cut.n_blocks * args->outer * args->inner) * sizeof (Carry);
}

/*
 * One block of columns: rows of elements @stride apart.  @member is d or i, what @A accumulates in.  A column alone keeps its sum in a
 * register: each element waits for the one before it.
 */
#define SUMS(name, T, U, A, member, START, COMBINE)                                                     \
  static void scan_##name (const T *x, U *y, Carry *acc, int64_t rows, int64_t columns, int64_t stride) \
  {                                                                                                     \
    if (columns == 1) {                                                                                 \
      A a = START;                                                                                      \
                                                                                                        \
      for (int64_t r = 0; r < rows; r++) {                                                              \
        A b = (A)x[r * stride];                                                                         \
                                                                                                        \
        a = COMBINE;                                                                                    \
        y[r * stride] = (U)a;                                                                           \
      }                                                                                                 \
      return;                                                                                           \
    }                                                                                                   \
    for (int64_t c = 0; c < columns; c++)                                                               \
      acc[c].member = START;                                                                            \
    for (int64_t r = 0; r < rows; r++)                                                                  \
      for (int64_t c = 0; c < columns; c++) {                                                           \
        A a = acc[c].member, b = (A)x[r * stride + c];                                                  \
                                                                                                        \
        acc[c].member = a = COMBINE;                                                                    \
        y[r * stride + c] = (U)a;                                                                       \
      }                                                                                                 \
  }                                                                                                     \
  static void last_##name (const U *y, Carry *carry, int64_t stride)                                    \
  {                                                                                                     \
    A a = carry->member, b = (A)*y;                                                                     \
                                                                                                        \
    carry[stride].member = COMBINE;                                                                     \
  }                                                                                                     \
  static void join_##name (U *y, const Carry *carry, int64_t rows, int64_t columns, int64_t stride)     \
  {                                                                                                     \
    if (columns == 1) {                                                                                 \
      A a = carry->member;                                                                              \
                                                                                                        \
      for (int64_t r = 0; r < rows; r++) {                                                              \
        A b = (A)y[r * stride];                                                                         \
                                                                                                        \
        y[r * stride] = (U)(COMBINE);                                                                   \
      }                                                                                                 \
      return;                                                                                           \
    }                                                                                                   \
    for (int64_t r = 0; r < rows; r++)                                                                  \
      for (int64_t c = 0; c < columns; c++) {                                                           \
        A a = carry[c].member, b = (A)y[r * stride + c];                                                \
                                                                                                        \
        y[r * stride + c] = (U)(COMBINE);                                                               \
      }                                                                                                 \
  }

/* Wrapping around, as all whole numbers here. */
#define ADD_WRAP (int64_t) ((uint64_t)a + (uint64_t)b)
#define MUL_WRAP (int64_t) ((uint64_t)a * (uint64_t)b)

SUMS (sum_f32, float, float, double, d, 0, a + b)
SUMS (sum_f64, double, double, double, d, 0, a + b)
SUMS (sum_i64, int64_t, int64_t, int64_t, i, 0, ADD_WRAP)
SUMS (sum_i32, int32_t, int64_t, int64_t, i, 0, ADD_WRAP)
SUMS (sum_i8, int8_t, int64_t, int64_t, i, 0, ADD_WRAP)
SUMS (sum_u8, uint8_t, int64_t, int64_t, i, 0, ADD_WRAP)
SUMS (prod_f32, float, float, double, d, 1, a *b)
SUMS (prod_f64, double, double, double, d, 1, a *b)
SUMS (prod_i64, int64_t, int64_t, int64_t, i, 1, MUL_WRAP)
SUMS (prod_i32, int32_t, int64_t, int64_t, i, 1, MUL_WRAP)
SUMS (prod_i8, int8_t, int64_t, int64_t, i, 1, MUL_WRAP)
SUMS (prod_u8, uint8_t, int64_t, int64_t, i, 1, MUL_WRAP)

static double
add_exponentials (double a, double b)
{
  if (a == b)
    return a + M_LN2;
  return a > b ? a + log1p (exp (b - a)) : b + log1p (exp (a - b));
}

SUMS (logsumexp_f32, float, float, double, d, -INFINITY, add_exponentials (a, b))
SUMS (logsumexp_f64, double, double, double, d, -INFINITY, add_exponentials (a, b))

/* TAKE says whether b, which comes later, takes the place of a. */
#define EXTREMES(name, T, A, member, TAKE)                                                                          \
  static void scan_##name (const T *x, T *y, int64_t *at, Carry *acc, int64_t first, int64_t rows, int64_t columns, \
                           int64_t stride)                                                                          \
  {                                                                                                                 \
    for (int64_t c = 0; c < columns; c++) {                                                                         \
      acc[c].member = (A)x[c];                                                                                      \
      acc[c].at = first;                                                                                            \
    }                                                                                                               \
    for (int64_t r = 0; r < rows; r++)                                                                              \
      for (int64_t c = 0; c < columns; c++) {                                                                       \
        A a = acc[c].member, b = (A)x[r * stride + c];                                                              \
                                                                                                                    \
        if (TAKE) {                                                                                                 \
          acc[c].member = b;                                                                                        \
          acc[c].at = first + r;                                                                                    \
        }                                                                                                           \
        y[r * stride + c] = (T)acc[c].member;                                                                       \
        at[r * stride + c] = acc[c].at;                                                                             \
      }                                                                                                             \
  }                                                                                                                 \
  static void last_##name (const T *y, const int64_t *at, Carry *carry, int is_first, int64_t stride)               \
  {                                                                                                                 \
    A a = carry->member, b = (A)*y;                                                                                 \
                                                                                                                    \
    carry[stride] = *carry;                                                                                         \
    if (is_first || (TAKE)) {                                                                                       \
      carry[stride].member = b;                                                                                     \
      carry[stride].at = *at;                                                                                       \
    }                                                                                                               \
  }                                                                                                                 \
  static void join_##name (T *y, int64_t *at, const Carry *carry, int64_t rows, int64_t columns, int64_t stride)    \
  {                                                                                                                 \
    for (int64_t r = 0; r < rows; r++)                                                                              \
      for (int64_t c = 0; c < columns; c++) {                                                                       \
        A a = carry[c].member, b = (A)y[r * stride + c];                                                            \
                                                                                                                    \
        if (!(TAKE)) {                                                                                              \
          y[r * stride + c] = (T)a;                                                                                 \
          at[r * stride + c] = carry[c].at;                                                                         \
        }                                                                                                           \
      }                                                                                                             \
  }

EXTREMES (max_f32, float, double, d, b >= a || b != b)
EXTREMES (max_f64, double, double, d, b >= a || b != b)
EXTREMES (max_i64, int64_t, int64_t, i, b >= a)
EXTREMES (max_i32, int32_t, int64_t, i, b >= a)
EXTREMES (max_i8, int8_t, int64_t, i, b >= a)
EXTREMES (max_u8, uint8_t, int64_t, i, b >= a)
EXTREMES (min_f32, float, double, d, b <= a || b != b)
EXTREMES (min_f64, double, double, d, b <= a || b != b)
EXTREMES (min_i64, int64_t, int64_t, i, b <= a)
EXTREMES (min_i32, int32_t, int64_t, i, b <= a)
EXTREMES (min_i8, int8_t, int64_t, i, b <= a)
EXTREMES (min_u8, uint8_t, int64_t, i, b <= a)

/* A piece of the work: columns [c, c + columns) of outer position o, rows [first, first + rows). */
typedef struct {
  int64_t at;   /* offset of its first element */
  int64_t line; /* number of its first column among all */
  int64_t block;
  int64_t first;
  int64_t rows;
  int64_t columns;
} Piece;

#define CASE_SUMS(op, type, T, U)                                                                                        \
  if (phase == 0)                                                                                                        \
    scan_##op##_##type ((const T *)data[0] + p->at, (U *)data[1] + p->at, acc, p->rows, p->columns, stride);             \
  else if (phase == 1)                                                                                                   \
    last_##op##_##type ((const U *)data[1] + p->at + (p->rows - 1) * stride, carry + p->block * lines + p->line, lines); \
  else                                                                                                                   \
    join_##op##_##type ((U *)data[1] + p->at, carry + p->block * lines + p->line, p->rows, p->columns, stride);          \
  break;
#define CASE_EXTREMES(op, type, T)                                                                                                      \
  if (phase == 0)                                                                                                                       \
    scan_##op##_##type ((const T *)data[0] + p->at, (T *)data[1] + p->at, (int64_t *)data[2] + p->at, acc, p->first, p->rows,           \
                        p->columns, stride);                                                                                            \
  else if (phase == 1)                                                                                                                  \
    last_##op##_##type ((const T *)data[1] + p->at + (p->rows - 1) * stride, (const int64_t *)data[2] + p->at + (p->rows - 1) * stride, \
                        carry + p->block * lines + p->line, p->block == 0, lines);                                                      \
  else                                                                                                                                  \
    join_##op##_##type ((T *)data[1] + p->at, (int64_t *)data[2] + p->at, carry + p->block * lines + p->line, p->rows, p->columns,      \
                        stride);                                                                                                        \
  break;
#define PIECE_PARAMS const TlScanArgs *args, const Piece *p, unsigned phase, void *const *data, Carry *carry, Carry *acc
#define SUMS_OF(op)                                             \
  static void do_##op (PIECE_PARAMS)                            \
  {                                                             \
    int64_t stride = args->inner, lines = args->outer * stride; \
                                                                \
    switch (args->dtype) {                                      \
    case TL_DTYPE_F32:                                          \
      CASE_SUMS (op, f32, float, float)                         \
    case TL_DTYPE_F64:                                          \
      CASE_SUMS (op, f64, double, double)                       \
    case TL_DTYPE_I64:                                          \
      CASE_SUMS (op, i64, int64_t, int64_t)                     \
    case TL_DTYPE_I32:                                          \
      CASE_SUMS (op, i32, int32_t, int64_t)                     \
    case TL_DTYPE_I8:                                           \
      CASE_SUMS (op, i8, int8_t, int64_t)                       \
    default:                                                    \
      CASE_SUMS (op, u8, uint8_t, int64_t)                      \
    }                                                           \
  }
#define EXTREMES_OF(op)                                         \
  static void do_##op (PIECE_PARAMS)                            \
  {                                                             \
    int64_t stride = args->inner, lines = args->outer * stride; \
                                                                \
    switch (args->dtype) {                                      \
    case TL_DTYPE_F32:                                          \
      CASE_EXTREMES (op, f32, float)                            \
    case TL_DTYPE_F64:                                          \
      CASE_EXTREMES (op, f64, double)                           \
    case TL_DTYPE_I64:                                          \
      CASE_EXTREMES (op, i64, int64_t)                          \
    case TL_DTYPE_I32:                                          \
      CASE_EXTREMES (op, i32, int32_t)                          \
    case TL_DTYPE_I8:                                           \
      CASE_EXTREMES (op, i8, int8_t)                            \
    default:                                                    \
      CASE_EXTREMES (op, u8, uint8_t)                           \
    }                                                           \
  }
SUMS_OF (sum)
SUMS_OF (prod)
EXTREMES_OF (max)
EXTREMES_OF (min)

static void
do_logsumexp (PIECE_PARAMS)
{
  int64_t stride = args->inner, lines = args->outer * stride;

  switch (args->dtype) {
  case TL_DTYPE_F32:
    CASE_SUMS (logsumexp, f32, float, float)
  default:
    CASE_SUMS (logsumexp, f64, double, double)
  }
}

static void
do_piece (PIECE_PARAMS)
{
  static void (*const pieces[]) (PIECE_PARAMS) = { do_sum, do_prod, do_max, do_min, do_logsumexp };

  pieces[args->op](args, p, phase, data, carry, acc);
}

/* The carry of column @line goes from block to block: carry[block + 1] = carry[block] and the last row of block. */
static void
carry_on (const TlScanArgs *args, const Cut *cut, int64_t o, int64_t c, void *const *data, Carry *carry)
{
  int64_t line = o * args->inner + c;

  carry[line] = (Carry){ args->op == TL_SCAN_LOGSUMEXP ? -INFINITY : args->op == TL_SCAN_PROD, args->op == TL_SCAN_PROD, 0 };
  for (int64_t b = 0; b + 1 < cut->n_blocks; b++) {
    Piece piece = { (o * args->n + b * cut->block) * args->inner + c, line, b, b * cut->block, cut->block, 1 };

    do_piece (args, &piece, 1, data, carry, carry);
  }
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlScanArgs *args = args_;
  Cut               cut = cut_work (args);
  int64_t           n_blocks = phase == 1 ? 1 : cut.n_blocks;
  int64_t           b = (int64_t)tile % n_blocks, rest = (int64_t)tile / n_blocks;
  int64_t           c = rest % cut.n_chunks * cut.chunk, columns = min_i64 (cut.chunk, args->inner - c);
  int64_t           o0 = rest / cut.n_chunks * cut.group, o1 = min_i64 (args->outer, o0 + cut.group);

  if (phase == 2 && b == 0)
    return;
  for (int64_t o = o0; o < o1; o++) {
    Piece piece = { (o * args->n + b * cut.block) * args->inner + c, o * args->inner + c, b, b * cut.block,
                    min_i64 (cut.block, args->n - b * cut.block), columns };

    if (phase != 1)
      do_piece (args, &piece, phase, data, workspace, scratch);
    else
      for (int64_t i = 0; i < columns; i++)
        carry_on (args, &cut, o, c + i, data, workspace);
  }
}

const TlKernel tl_scan_kernel = { measure, run };
