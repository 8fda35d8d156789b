/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/gather.h"

#include <string.h>

/*
 * The work is cut along the other coordinates: two lines along the axis never meet, so no order between tiles matters.
 */

#define TILE 32768
#define TILE_BYTES 262144

static int64_t
max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

static int64_t
n_lines (const TlGatherArgs *args)
{
  int64_t n = 1;

  for (uint32_t d = 0; d < args->rank; d++)
    n *= d == args->axis ? 1 : args->index_shape[d];
  return n;
}

static int64_t
lines_per_tile (const TlGatherArgs *args)
{
  return max_i64 (1, TILE / max_i64 (1, args->index_shape[args->axis]));
}

static size_t
n_line_tiles (const TlGatherArgs *args)
{
  int64_t per = lines_per_tile (args);

  return args->index_shape[args->axis] > 0 ? (size_t)((n_lines (args) + per - 1) / per) : 0;
}

/* Where a line begins in x and in the index. */
static void
find_line (const TlGatherArgs *args, int64_t line, int64_t *x, int64_t *index)
{
  int64_t x_stride = 1, index_stride = 1;

  *x = *index = 0;
  for (uint32_t d = args->rank; d-- > 0;) {
    if (d != args->axis) {
      int64_t at = line % args->index_shape[d];

      line /= args->index_shape[d];
      *x += at * x_stride;
      *index += at * index_stride;
    }
    x_stride *= args->x_shape[d];
    index_stride *= args->index_shape[d];
  }
}

static int64_t
stride_behind (const int64_t *shape, uint32_t rank, uint32_t axis)
{
  int64_t stride = 1;

  for (uint32_t d = axis + 1; d < rank; d++)
    stride *= shape[d];
  return stride;
}

/* The position that index @i means, or -1 and the error. */
static inline int64_t
get_index (const TlGatherArgs *args, const void *index, int64_t i, TlIndexError *error)
{
  int64_t n = args->x_shape[args->axis];
  int64_t given = args->index_dtype == TL_DTYPE_I64   ? ((const int64_t *)index)[i]
                  : args->index_dtype == TL_DTYPE_I32 ? ((const int32_t *)index)[i]
                                                      : ((const uint8_t *)index)[i];
  int64_t at = given + (given < 0 ? n : 0);

  if (at >= 0 && at < n)
    return at;
  if (error)
    tl_index_tell_error (error, i, given, n);
  return -1;
}

typedef struct {
  int64_t x, x_stride;         /* a line in x */
  int64_t index, index_stride; /* and in the index */
  int64_t n;
} Line;

#define GATHER(T)                                                                                                               \
  static void gather_##T (const TlGatherArgs *args, const T *x, const void *index, T *y, const Line *line, TlIndexError *error) \
  {                                                                                                                             \
    for (int64_t j = 0; j < line->n; j++) {                                                                                     \
      int64_t i = line->index + j * line->index_stride, at = get_index (args, index, i, error);                                 \
                                                                                                                                \
      y[i] = at < 0 ? 0 : x[line->x + at * line->x_stride];                                                                     \
    }                                                                                                                           \
  }
#define SCATTER(T)                                                                                                                    \
  static void scatter_##T (const TlGatherArgs *args, const void *index, const T *source, T *y, const Line *line, TlIndexError *error) \
  {                                                                                                                                   \
    for (int64_t j = 0; j < line->n; j++) {                                                                                           \
      int64_t i = line->index + j * line->index_stride, at = get_index (args, index, i, error);                                       \
                                                                                                                                      \
      if (at >= 0)                                                                                                                    \
        y[line->x + at * line->x_stride] = source[i];                                                                                 \
    }                                                                                                                                 \
  }
/* U: in which it is computed; whole numbers wrap around.  a is what is there, b what is put. */
#define SCATTER_FOLD(name, T, U, COMBINE)                                                                                                      \
  static void scatter_##name##_##T (const TlGatherArgs *args, const void *index, const T *source, T *y, const Line *line, TlIndexError *error) \
  {                                                                                                                                            \
    for (int64_t j = 0; j < line->n; j++) {                                                                                                    \
      int64_t i = line->index + j * line->index_stride, at = get_index (args, index, i, error);                                                \
                                                                                                                                               \
      if (at >= 0) {                                                                                                                           \
        T *to = y + line->x + at * line->x_stride;                                                                                             \
        U  a = (U)*to, b = (U)source[i];                                                                                                       \
                                                                                                                                               \
        *to = (T)(COMBINE);                                                                                                                    \
      }                                                                                                                                        \
    }                                                                                                                                          \
  }
#define FOLDS(T, U)                                                \
  SCATTER_FOLD (add, T, U, a + b)                                  \
  SCATTER_FOLD (prod, T, U, a *b)                                  \
  SCATTER_FOLD (max, T, T, b > a || b != b ? (a == a ? b : a) : a) \
  SCATTER_FOLD (min, T, T, b < a || b != b ? (a == a ? b : a) : a)
#define ANY(KIND) KIND (uint8_t) KIND (uint16_t) KIND (uint32_t) KIND (uint64_t)
ANY (GATHER)
ANY (SCATTER)
FOLDS (float, float)
FOLDS (double, double)
FOLDS (int64_t, uint64_t)
FOLDS (int32_t, uint32_t)

static void
gather_measure (const void *args_, TlWork *work)
{
  *work = (TlWork){ .n_phases = 1, .n_tiles = { n_line_tiles (args_) } };
}

static Line
get_line (const TlGatherArgs *args, int64_t number)
{
  Line line = { .x_stride = stride_behind (args->x_shape, args->rank, args->axis),
                .index_stride = stride_behind (args->index_shape, args->rank, args->axis),
                .n = args->index_shape[args->axis] };

  find_line (args, number, &line.x, &line.index);
  return line;
}

static void
gather_run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlGatherArgs *args = args_;
  int64_t             per = lines_per_tile (args), first = (int64_t)tile * per, end = n_lines (args);

  end = first + per < end ? first + per : end;
  for (int64_t l = first; l < end; l++) {
    Line line = get_line (args, l);

    switch (tl_dtype_size (args->dtype)) {
    case 1:
      gather_uint8_t (args, data[0], data[1], data[2], &line, data[3]);
      break;
    case 2:
      gather_uint16_t (args, data[0], data[1], data[2], &line, data[3]);
      break;
    case 4:
      gather_uint32_t (args, data[0], data[1], data[2], &line, data[3]);
      break;
    default:
      gather_uint64_t (args, data[0], data[1], data[2], &line, data[3]);
    }
  }
}

static size_t
x_bytes (const TlGatherArgs *args)
{
  size_t n = tl_dtype_size (args->dtype);

  for (uint32_t d = 0; d < args->rank; d++)
    n *= (size_t)args->x_shape[d];
  return n;
}

/* phase 0 copies x, phase 1 goes through the index. */
static void
scatter_measure (const void *args, TlWork *work)
{
  *work = (TlWork){ .n_phases = 2, .n_tiles = { (x_bytes (args) + TILE_BYTES - 1) / TILE_BYTES, n_line_tiles (args) } };
}

#define FOLD_LINES(name)                                                                  \
  static void fold_##name (const TlGatherArgs *args, void *const *data, const Line *line) \
  {                                                                                       \
    if (args->dtype == TL_DTYPE_F32)                                                      \
      scatter_##name##_float (args, data[1], data[2], data[3], line, data[4]);            \
    else if (args->dtype == TL_DTYPE_F64)                                                 \
      scatter_##name##_double (args, data[1], data[2], data[3], line, data[4]);           \
    else if (args->dtype == TL_DTYPE_I64)                                                 \
      scatter_##name##_int64_t (args, data[1], data[2], data[3], line, data[4]);          \
    else                                                                                  \
      scatter_##name##_int32_t (args, data[1], data[2], data[3], line, data[4]);          \
  }
FOLD_LINES (add)
FOLD_LINES (prod)
FOLD_LINES (max)
FOLD_LINES (min)

static void
scatter_line (const TlGatherArgs *args, void *const *data, const Line *line)
{
  static void (*const folds[]) (const TlGatherArgs *, void *const *, const Line *) = { NULL, fold_add, fold_prod, fold_max, fold_min };

  if (args->fold != TL_SCATTER_SET) {
    folds[args->fold](args, data, line);
    return;
  }
  switch (tl_dtype_size (args->dtype)) {
  case 1:
    scatter_uint8_t (args, data[1], data[2], data[3], line, data[4]);
    break;
  case 2:
    scatter_uint16_t (args, data[1], data[2], data[3], line, data[4]);
    break;
  case 4:
    scatter_uint32_t (args, data[1], data[2], data[3], line, data[4]);
    break;
  default:
    scatter_uint64_t (args, data[1], data[2], data[3], line, data[4]);
  }
}

static void
scatter_run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlGatherArgs *args = args_;
  int64_t             per = lines_per_tile (args), first = (int64_t)tile * per, end = n_lines (args);

  if (phase == 0) {
    size_t from = tile * TILE_BYTES, n = x_bytes (args) - from;

    memcpy ((char *)data[3] + from, (const char *)data[0] + from, n < TILE_BYTES ? n : TILE_BYTES);
    return;
  }
  end = first + per < end ? first + per : end;
  for (int64_t l = first; l < end; l++) {
    Line line = get_line (args, l);

    scatter_line (args, data, &line);
  }
}

const TlKernel tl_gather_kernel = { gather_measure, gather_run };
const TlKernel tl_scatter_kernel = { scatter_measure, scatter_run };
