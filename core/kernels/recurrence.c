/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/recurrence.h"

#define CHUNK 256 /* columns side by side */
#define TILE 65536

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

typedef struct {
  int64_t chunk, n_chunks;
  int64_t group; /* outer positions of a tile */
} Cut;

static Cut
cut_work (const TlRecurrenceArgs *args)
{
  Cut     cut = { .chunk = min_i64 (args->inner, CHUNK) };
  int64_t area = args->n * cut.chunk;

  cut.n_chunks = (args->inner + cut.chunk - 1) / cut.chunk;
  cut.group = area >= TILE ? 1 : min_i64 (args->outer, TILE / area);
  return cut;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlRecurrenceArgs *args = args_;
  Cut                     cut;

  *work = (TlWork){ .n_phases = 1, .scratch = CHUNK * sizeof (double) };
  if (args->outer == 0 || args->n == 0 || args->inner == 0)
    return;
  cut = cut_work (args);
  work->n_tiles[0] = (size_t)((args->outer + cut.group - 1) / cut.group * cut.n_chunks);
}

/* Columns from @at on. */
#define WALK(type, T)                                                                                                              \
  static void walk_##type (const TlRecurrenceArgs *args, const T *a, const T *b, T *y, int64_t at, int64_t columns, double *carry) \
  {                                                                                                                                \
    int64_t step = args->backwards ? -args->inner : args->inner, before = args->backwards ? args->inner : 0;                       \
                                                                                                                                   \
    at += args->backwards ? (args->n - 1) * args->inner : 0;                                                                       \
    for (int64_t c = 0; c < columns; c++)                                                                                          \
      y[at + c] = (T)(carry[c] = (double)b[at + c]);                                                                               \
    for (int64_t i = 1; i < args->n; i++) {                                                                                        \
      at += step;                                                                                                                  \
      for (int64_t c = 0; c < columns; c++)                                                                                        \
        y[at + c] = (T)(carry[c] = (double)b[at + c] + (double)a[at + before + c] * carry[c]);                                     \
    }                                                                                                                              \
  }
WALK (f32, float)
WALK (f64, double)

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRecurrenceArgs *args = args_;
  Cut                     cut = cut_work (args);
  int64_t                 first = (int64_t)tile % cut.n_chunks * cut.chunk, columns = min_i64 (cut.chunk, args->inner - first);
  int64_t                 o = (int64_t)tile / cut.n_chunks * cut.group, end = min_i64 (args->outer, o + cut.group);

  for (; o < end; o++)
    if (args->dtype == TL_DTYPE_F32)
      walk_f32 (args, data[0], data[1], data[2], o * args->n * args->inner + first, columns, scratch);
    else
      walk_f64 (args, data[0], data[1], data[2], o * args->n * args->inner + first, columns, scratch);
}

const TlKernel tl_recurrence_kernel = { measure, run };
