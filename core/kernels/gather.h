/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Elements along an axis by an index for each of them.
 *
 *     kernel               data[]                              with c the other coordinates
 *     tl_gather_kernel     x, index, y, error?                  y[c, j] = x[c, index[c, j]]
 *     tl_scatter_kernel    x, index, source, y, error?                y = x, then y[c, index[c, j]] = source[c, j], or folded with it
 *
 * All operands are contiguous.  index (i64, i32 or u8) and source have shape `index_shape`, x has `x_shape`; apart from the axis no size
 * of the index is larger than that of x.  gather and plain scatter take any dtype, folding takes f32, f64, i64 and i32.  Of equal indices the
 * last one counts; sums are made in ascending order of j.
 *
 * A negative index counts from the end.  One out of range gathers zero or scatters nothing, and is told in *error as in index.h.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/index.h"

/* What becomes of an element that is put where another one is. */
typedef enum {
  TL_SCATTER_SET,
  TL_SCATTER_ADD,
  TL_SCATTER_PROD,
  TL_SCATTER_MAX, /* NaN stays */
  TL_SCATTER_MIN,
} TlScatterFold;

typedef struct {
  TlDType  dtype;
  TlDType  index_dtype;
  uint32_t rank; /* at least 1 */
  uint32_t axis;
  int32_t  fold; /* TlScatterFold, of scatter */
  int64_t  x_shape[TL_MAX_RANK];
  int64_t  index_shape[TL_MAX_RANK];
} TlGatherArgs;

extern const TlKernel tl_gather_kernel;
extern const TlKernel tl_scatter_kernel;
