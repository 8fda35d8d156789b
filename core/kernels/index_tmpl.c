/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Selecting rows by index, adding rows by index, one-hot rows.
 *
 * Adding first sorts the row numbers by index (a counting sort, so that equal indices keep their order), then every tile owns a
 * range of output rows: no two threads meet, and the order of every sum is that of the rows.
 */

#include "core/kernels/convert.h"
#include "core/kernels/index.h"

#include <string.h>

#define KERNEL(name)                                                  \
  void TL_ISA_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_ISA_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_index_select)
KERNEL (tl_index_add_rows)
KERNEL (tl_one_hot)

#define TILE_BYTES 262144

static int64_t
get_index (const TlIndexArgs *args, const void *indices, int64_t j)
{
  if (args->index_dtype == TL_DTYPE_I64)
    return ((const int64_t *)indices)[j];
  if (args->index_dtype == TL_DTYPE_I32)
    return ((const int32_t *)indices)[j];
  return ((const uint8_t *)indices)[j];
}

/* The row of index j, or -1 and an error. */
static int64_t
row_of (const TlIndexArgs *args, const void *indices, int64_t j, int from_end, TlIndexError *error)
{
  int64_t index = get_index (args, indices, j), i = index;

  if (i < 0 && from_end)
    i += args->axis;
  if (i >= 0 && i < args->axis)
    return i;
  if (error)
    tl_index_tell_error (error, j, index, args->axis);
  return -1;
}

static int64_t
rows_per_tile (int64_t row_bytes)
{
  return tl_max_i64 (1, TILE_BYTES / tl_max_i64 (1, row_bytes));
}

void
TL_ISA_NAME (tl_index_select_measure) (const void *args_, TlWork *work)
{
  const TlIndexArgs *args = args_;
  int64_t            row = args->inner * (int64_t)tl_dtype_size (args->dtype);

  *work = (TlWork){ .n_phases = 1 };
  if (row > 0)
    work->n_tiles[0] = (size_t)tl_ceil_div (args->outer * args->n_indices, rows_per_tile (row));
}

static inline void
copy_row (char *dst, const char *src, size_t size)
{
  if (size == 4)
    memcpy (dst, src, 4);
  else if (size == 8)
    memcpy (dst, src, 8);
  else
    memcpy (dst, src, size);
}

void
TL_ISA_NAME (tl_index_select_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlIndexArgs *args = args_;
  int64_t            row = args->inner * (int64_t)tl_dtype_size (args->dtype);
  int64_t            per = rows_per_tile (row), end = tl_min_i64 (args->outer * args->n_indices, ((int64_t)tile + 1) * per);

  for (int64_t r = (int64_t)tile * per; r < end; r++) {
    int64_t o = r / args->n_indices, i = row_of (args, data[1], r % args->n_indices, 1, data[3]);
    char   *dst = (char *)data[2] + r * row;

    if (i < 0)
      memset (dst, 0, (size_t)row);
    else
      copy_row (dst, (const char *)data[0] + (o * args->axis + i) * row, (size_t)row);
  }
}

/* workspace: start[axis + 1], where the rows of each index begin in order[n_indices]. */
void
TL_ISA_NAME (tl_index_add_rows_measure) (const void *args_, TlWork *work)
{
  const TlIndexArgs *args = args_;
  int64_t            row = args->inner * (int64_t)tl_dtype_size (args->dtype);

  *work = (TlWork){ .n_phases = 2, .n_tiles = { 1 } };
  if (row > 0)
    work->n_tiles[1] = (size_t)tl_ceil_div (args->axis, rows_per_tile (row));
  work->workspace = (size_t)(args->axis + 2 + args->n_indices) * sizeof (int64_t);
}

static void
sort_rows (const TlIndexArgs *args, const void *indices, TlIndexError *error, int64_t *start, int64_t *order)
{
  memset (start, 0, (size_t)(args->axis + 2) * sizeof *start);
  for (int64_t j = 0; j < args->n_indices; j++) {
    int64_t i = row_of (args, indices, j, 1, error);

    if (i >= 0)
      start[i + 2]++;
  }
  for (int64_t i = 2; i < args->axis + 2; i++)
    start[i] += start[i - 1];
  /* start[i + 1] walks from where index i begins to where it ends, which is where the next begins. */
  for (int64_t j = 0; j < args->n_indices; j++) {
    int64_t i = row_of (args, indices, j, 1, NULL);

    if (i >= 0)
      order[start[i + 1]++] = j;
  }
}

#define ADD_ROWS(type, T)                                                                                                    \
  static void add_rows_##type (const TlIndexArgs *args, const T *source, T *out, const int64_t *start, const int64_t *order, \
                               int64_t first, int64_t end)                                                                   \
  {                                                                                                                          \
    for (int64_t v = first; v < end; v++) {                                                                                  \
      T *restrict row = out + v * args->inner;                                                                               \
                                                                                                                             \
      memset (row, 0, (size_t)args->inner * sizeof (T));                                                                     \
      for (int64_t k = start[v]; k < start[v + 1]; k++) {                                                                    \
        const T *src = source + order[k] * args->inner;                                                                      \
                                                                                                                             \
        for (int64_t i = 0; i < args->inner; i++)                                                                            \
          row[i] += src[i];                                                                                                  \
      }                                                                                                                      \
    }                                                                                                                        \
  }
ADD_ROWS (f32, float)
ADD_ROWS (f64, double)

void
TL_ISA_NAME (tl_index_add_rows_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlIndexArgs *args = args_;
  int64_t           *start = workspace, *order = start + args->axis + 2;
  int64_t            per = rows_per_tile (args->inner * (int64_t)tl_dtype_size (args->dtype)), first = (int64_t)tile * per;
  int64_t            end = tl_min_i64 (args->axis, first + per);

  if (phase == 0)
    sort_rows (args, data[1], data[3], start, order);
  else if (args->dtype == TL_DTYPE_F64)
    add_rows_f64 (args, data[0], data[2], start, order, first, end);
  else
    add_rows_f32 (args, data[0], data[2], start, order, first, end);
}

void
TL_ISA_NAME (tl_one_hot_measure) (const void *args_, TlWork *work)
{
  const TlIndexArgs *args = args_;
  int64_t            row = args->axis * (int64_t)tl_dtype_size (args->dtype);

  *work = (TlWork){ .n_phases = 1 };
  if (row > 0)
    work->n_tiles[0] = (size_t)tl_ceil_div (args->n_indices, rows_per_tile (row));
}

void
TL_ISA_NAME (tl_one_hot_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlIndexArgs *args = args_;
  int64_t            size = (int64_t)tl_dtype_size (args->dtype), row = args->axis * size;
  int64_t            per = rows_per_tile (row), end = tl_min_i64 (args->n_indices, ((int64_t)tile + 1) * per);
  int64_t            one = 1, element = 0;

  TL_ISA_NAME (tl_convert)
  (args->dtype, TL_DTYPE_I64) (&element, 1, &one, 1, 1);
  for (int64_t j = (int64_t)tile * per; j < end; j++) {
    int64_t i = row_of (args, data[0], j, 0, data[2]);
    char   *dst = (char *)data[1] + j * row;

    memset (dst, 0, (size_t)row);
    if (i >= 0)
      memcpy (dst + i * size, &element, (size_t)size);
  }
}
