/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * How a kernel is called.
 *
 * A kernel is two functions over one plain argument struct that holds sizes, strides, dtypes and constants, never pointers
 * to data.  measure() says, from the arguments alone, into how many phases and tiles the work is cut and how much memory it
 * needs; run() computes one tile of one phase:
 *
 *     phase 0: tile 0 | tile 1 | ...      e.g. pack the right factor
 *     ---------- barrier ----------
 *     phase 1: tile 0 | tile 1 | ...      e.g. multiply
 *
 * Tiles of a phase are independent and may run on any thread in any order; the cut is a function of the arguments and the
 * instruction set, never of the number of threads, so results are the same bits on any number of threads.  A tile takes at
 * most about 5 ms, because the caller polls for cancellation between tiles; below about 20 us of work there is one tile.
 *
 * data[] holds the operands' addresses, inputs first, then outputs, in the order each kernel documents; optional operands
 * are NULL.  workspace is shared by all tiles and phases of a call, scratch belongs to the calling thread; both are aligned
 * to 64 bytes and not initialised.  Kernels allocate nothing, never fail and know neither GLib nor tensors.
 *
 * Thread rule: any thread.
 */

#include <stddef.h>
#include <stdint.h>

#define TL_WORK_MAX_PHASES 4 /* counted apart, see phases.h for more */
#define TL_MAX_RANK 8

typedef struct {
  uint32_t n_phases;
  size_t   n_tiles[TL_WORK_MAX_PHASES];
  size_t   workspace; /* bytes shared by the call */
  size_t   scratch;   /* bytes for each thread */
} TlWork;

typedef void (*TlMeasureFn) (const void *args, TlWork *work);
typedef void (*TlRunFn) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

typedef struct {
  TlMeasureFn measure;
  TlRunFn     run;
} TlKernel;
