/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Running sums, products, extremes and logarithms of sums of exponentials along an axis, inclusive of the element itself.
 *
 * Operands are contiguous and seen as [outer, n, inner]; the scan goes along n.
 *
 *     op         input                        output
 *     sum, prod  f32, f64                     the same, accumulated in double
 *                i64, i32, i8, u8, bool       i64
 *     logsumexp  f32, f64                     the same, accumulated in double
 *     max, min   all of these                 the same, and i64 positions: the last of equals; NaN stays
 *
 * Order of sums: an axis of more than TL_SCAN_BLOCK elements is cut into blocks; each is scanned by itself, then what the blocks
 * before it come to is put in front.
 *
 * data[]: input, output, positions (max and min only).  Kernel: tl_scan_kernel, built once for all instruction sets.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#define TL_SCAN_BLOCK 16384

typedef enum {
  TL_SCAN_SUM,
  TL_SCAN_PROD,
  TL_SCAN_MAX,
  TL_SCAN_MIN,
  TL_SCAN_LOGSUMEXP, /* f32 and f64 */
} TlScanOp;

typedef struct {
  TlDType  dtype; /* of the input */
  TlScanOp op;
  int64_t  outer;
  int64_t  n;
  int64_t  inner;
} TlScanArgs;

extern const TlKernel tl_scan_kernel;
