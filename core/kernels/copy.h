/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Copy and fill, over strided memory and between all dtypes.
 *
 * Conversions: to bool is != 0 (NaN is true); float to integer truncates towards zero and saturates, NaN becomes 0; integer to a
 * narrower integer keeps the low bits; to f16 and bf16 round to nearest even; everything to f32 and f64 rounds to nearest even.
 *
 *     kernel   args         data[]
 *     copy     TlCopyArgs   source, destination     must not overlap, except exactly (same address, dtype and strides)
 *     fill     TlFillArgs   destination
 *
 * A source stride of 0 broadcasts.  Transposes (NHWC to NCHW and back, matrices) are blocked for the cache.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  TlDType  src_dtype;
  TlDType  dst_dtype;
  uint32_t rank;
  int64_t  shape[TL_MAX_RANK];
  int64_t  src_strides[TL_MAX_RANK];
  int64_t  dst_strides[TL_MAX_RANK];
} TlCopyArgs;

typedef struct {
  TlDType  dtype;
  uint32_t rank;
  int64_t  shape[TL_MAX_RANK];
  int64_t  strides[TL_MAX_RANK];
  double   value;     /* floating dtypes */
  int64_t  int_value; /* integers and bool */
} TlFillArgs;
