/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/recurrence.h"

/*
 * Each phase goes some steps further along the axis, in all columns, so that a long axis can be interrupted; what it carries on stands in the
 * workspace.
 */

#define CHUNK 256 /* columns side by side */
#define TILE 65536
#define TILE_MAX 262144 /* elements of a chunk of columns in a phase */

typedef struct {
  int64_t chunk, n_chunks; /* columns */
  int64_t group;           /* outer positions of a tile */
  int64_t steps;           /* of a phase */
} Cut;

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

static int64_t
ceil_div (int64_t a, int64_t b)
{
  return (a + b - 1) / b;
}

static Cut
cut_work (const TlRecurrenceArgs *args)
{
  Cut cut = { .chunk = min_i64 (args->inner, CHUNK) };

  cut.n_chunks = ceil_div (args->inner, cut.chunk);
  cut.group = max_i64 (1, min_i64 (args->outer, TILE / (min_i64 (args->n, TILE) * cut.chunk)));
  cut.steps = TILE_MAX / cut.chunk;
  return cut;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlRecurrenceArgs *args = args_;
  Cut                     cut;

  *work = (TlWork){ .n_phases = 1 };
  if (args->outer == 0 || args->n == 0 || args->inner == 0)
    return;
  cut = cut_work (args);
  work->n_phases = (uint32_t)ceil_div (args->n, cut.steps);
  for (int phase = 0; phase < TL_WORK_MAX_PHASES; phase++)
    work->n_tiles[phase] = (size_t)(ceil_div (args->outer, cut.group) * cut.n_chunks);
  work->workspace = (size_t)(args->outer * args->inner) * sizeof (double);
}

/* Steps from @first on, of columns from @at on, the place of the first element of the axis. */
#define WALK(type, T)                                                                                                                                          \
  static void walk_##type (const TlRecurrenceArgs *args, const T *a, const T *b, T *y, int64_t at, int64_t columns, int64_t first, int64_t end, double *carry) \
  {                                                                                                                                                            \
    int64_t step = args->backwards ? -args->inner : args->inner, before = args->backwards ? args->inner : 0;                                                   \
                                                                                                                                                               \
    at += args->backwards ? (args->n - 1) * args->inner : 0;                                                                                                   \
    at += first * step;                                                                                                                                        \
    if (first == 0) {                                                                                                                                          \
      for (int64_t c = 0; c < columns; c++)                                                                                                                    \
        y[at + c] = (T)(carry[c] = (double)b[at + c]);                                                                                                         \
      at += step;                                                                                                                                              \
    }                                                                                                                                                          \
    for (int64_t i = first + (first == 0); i < end; i++, at += step)                                                                                           \
      for (int64_t c = 0; c < columns; c++)                                                                                                                    \
        y[at + c] = (T)(carry[c] = (double)b[at + c] + (double)a[at + before + c] * carry[c]);                                                                 \
  }
WALK (f32, float)
WALK (f64, double)

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRecurrenceArgs *args = args_;
  Cut                     cut = cut_work (args);
  int64_t                 column = (int64_t)tile % cut.n_chunks * cut.chunk, columns = min_i64 (cut.chunk, args->inner - column);
  int64_t                 o = (int64_t)tile / cut.n_chunks * cut.group, end = min_i64 (args->outer, o + cut.group);
  int64_t                 first = phase * cut.steps, last = min_i64 (first + cut.steps, args->n);

  for (; o < end; o++) {
    int64_t at = o * args->n * args->inner + column;
    double *carry = (double *)workspace + o * args->inner + column;

    if (args->dtype == TL_DTYPE_F32)
      walk_f32 (args, data[0], data[1], data[2], at, columns, first, last, carry);
    else
      walk_f64 (args, data[0], data[1], data[2], at, columns, first, last, carry);
  }
}

const TlKernel tl_recurrence_kernel = { measure, run };
