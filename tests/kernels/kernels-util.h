/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Runs kernels in tests: allocates what they ask for, with guard bytes behind scratch and workspace, and can run tiles in
 * reversed order.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/kernels.h"
#include "core/kernels/phases.h"

#include <glib.h>
#include <math.h>
#include <string.h>

typedef enum {
  RUN_FORWARDS,
  RUN_BACKWARDS,
} RunOrder;

#define GUARD_BYTES 64

static inline guint8 *
guarded_new (gsize size)
{
  guint8 *memory = NULL;

  g_assert_cmpint (posix_memalign ((void **)&memory, 64, size + GUARD_BYTES), ==, 0);
  memset (memory, 0xA5, size + GUARD_BYTES);
  return memory;
}

static inline void
guarded_free (guint8 *memory, gsize size)
{
  for (gsize i = 0; i < GUARD_BYTES; i++)
    g_assert_cmpuint (memory[size + i], ==, 0xA5);
  free (memory);
}

/* Every tile gets fresh scratch, so that none can rely on another's. */
static inline void
run_kernel (const TlKernel *kernel, const void *args, void *const *data, RunOrder order)
{
  TlWork  work;
  guint8 *workspace;

  kernel->measure (args, &work);
  workspace = guarded_new (work.workspace);
  for (unsigned phase = 0; phase < work.n_phases; phase++)
    for (gsize i = 0; i < tl_work_get_n_tiles (&work, phase); i++) {
      gsize   tile = order == RUN_FORWARDS ? i : tl_work_get_n_tiles (&work, phase) - 1 - i;
      guint8 *scratch = guarded_new (work.scratch);

      kernel->run (args, data, workspace, phase, tile, scratch);
      guarded_free (scratch, work.scratch);
    }
  guarded_free (workspace, work.workspace);
}

/* A small generator of our own, so that tests repeat. */
static inline double
next_uniform (guint64 *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (double)(*state >> 11) * 0x1p-53;
}

static inline double
next_between (guint64 *state, double low, double high)
{
  return low + (high - low) * next_uniform (state);
}

static inline double
get_element (TlDType dtype, const void *memory, gint64 i)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    return ((const float *)memory)[i];
  case TL_DTYPE_F64:
    return ((const double *)memory)[i];
  case TL_DTYPE_I32:
    return ((const gint32 *)memory)[i];
  case TL_DTYPE_I64:
    return (double)((const gint64 *)memory)[i];
  case TL_DTYPE_I8:
    return ((const gint8 *)memory)[i];
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    return ((const guint8 *)memory)[i];
  default:
    g_assert_not_reached ();
  }
}

static inline void
set_element (TlDType dtype, void *memory, gint64 i, double value)
{
  switch (dtype) {
  case TL_DTYPE_F32:
    ((float *)memory)[i] = (float)value;
    break;
  case TL_DTYPE_F64:
    ((double *)memory)[i] = value;
    break;
  case TL_DTYPE_I32:
    ((gint32 *)memory)[i] = (gint32)value;
    break;
  case TL_DTYPE_I64:
    ((gint64 *)memory)[i] = (gint64)value;
    break;
  case TL_DTYPE_I8:
    ((gint8 *)memory)[i] = (gint8)value;
    break;
  case TL_DTYPE_U8:
  case TL_DTYPE_BOOL:
    ((guint8 *)memory)[i] = (guint8)value;
    break;
  default:
    g_assert_not_reached ();
  }
}

/* @n elements of @dtype between @low and @high; integers are whole. */
static inline void *
random_elements (TlDType dtype, gsize n, double low, double high, guint64 seed)
{
  guint64 state = seed * 2 + 1;
  void   *memory = guarded_new (n * tl_dtype_size (dtype));

  next_uniform (&state);
  for (gsize i = 0; i < n; i++) {
    double value = next_between (&state, low, high);

    set_element (dtype, memory, (gint64)i, dtype <= TL_DTYPE_F64 ? value : floor (value));
  }
  return memory;
}

static inline double
tolerance (TlDType dtype, double f32, double f64)
{
  return dtype == TL_DTYPE_F64 ? f64 : f32;
}

/* |got - want| <= tolerance max (1, |want|), or both NaN, or the same infinity. */
static inline void
assert_near (double got, double want, double bound, const char *what, gint64 i)
{
  if (isnan (want) ? isnan (got) : got == want)
    return;
  if (!(fabs (got - want) <= bound * fmax (1, fabs (want))))
    g_error ("%s: element %" G_GINT64_FORMAT ": got %.17g, want %.17g", what, i, got, want);
}

/* Calls @func once per level and floating dtype this machine has. */
typedef void (*LevelFunc) (const TlKernels *kernels, TlDType dtype);

static inline void
each_level_and_float (LevelFunc func)
{
  for (int level = 0; level < TL_N_CPU_LEVELS; level++) {
    const TlKernels *kernels = tl_kernels_get_level (level);

    if (!kernels) {
      g_test_message ("this machine has no %s", tl_cpu_level_name (level));
      continue;
    }
    func (kernels, TL_DTYPE_F32);
    func (kernels, TL_DTYPE_F64);
  }
}
