/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Calls a kernel as the engine does, but in a chosen order of tiles, with memory of exactly the measured size filled with NaN
 * before each call, so that sanitizers see what is out of bounds and results show what was never written.
 *
 * Thread rule: one thread at a time.
 */

#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/kernels/phases.h"

typedef enum {
  TILES_FORWARDS,
  TILES_BACKWARDS,
  TILES_STRIDED, /* 0, 3, 6, ... 1, 4, ... */
  N_TILE_ORDERS,
} TileOrder;

static inline void *
kernel_call_memory (size_t n)
{
  void *memory = NULL;

  if (posix_memalign (&memory, 64, MAX (n, 1)) != 0)
    g_error ("out of memory");
  memset (memory, 0xff, n);
  return memory;
}

static inline size_t
kernel_call_tile (TileOrder order, size_t i, size_t n)
{
  size_t thirds[] = { (n + 2) / 3, (n + 1) / 3 };

  if (order == TILES_BACKWARDS)
    return n - 1 - i;
  if (order == TILES_FORWARDS)
    return i;
  if (i < thirds[0])
    return 3 * i;
  if (i < thirds[0] + thirds[1])
    return 3 * (i - thirds[0]) + 1;
  return 3 * (i - thirds[0] - thirds[1]) + 2;
}

static inline void
kernel_call (const TlKernel *kernel, const void *args, void *const *data, TileOrder order)
{
  TlWork work;
  void  *workspace, *scratch;

  kernel->measure (args, &work);
  workspace = kernel_call_memory (work.workspace);
  for (unsigned phase = 0; phase < work.n_phases; phase++)
    for (size_t i = 0; i < tl_work_get_n_tiles (&work, phase); i++) {
      scratch = kernel_call_memory (work.scratch);
      kernel->run (args, data, workspace, phase, kernel_call_tile (order, i, tl_work_get_n_tiles (&work, phase)), scratch);
      free (scratch);
    }
  free (workspace);
}
