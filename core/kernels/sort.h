/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Sorting rows, stable, with the positions that elements had.
 *
 * The operand is contiguous, [rows, n], f32, f64, i64, i32, i8, u8 or bool.  NaN counts as larger than every number; -0 and 0 are
 * equal.  Rows of more than TL_SORT_BLOCK elements are sorted in blocks, and any part of the result is merged from all blocks by itself.
 *
 * Radix sort on keys whose unsigned order is that of the elements.
 *
 * data[]: x, values, positions (i64).  Kernel: tl_sort_kernel.
 *
 * tl_select_kernel gives a part of each sorted row without sorting the rest: data[] x, values [rows, count], positions.  Elements are counted by
 * the highest bits of their keys, and only those that may belong to the part are looked at further.
 *
 * tl_search_kernel finds places in sorted rows: data[] sorted [rows or 1, n], values [rows, m], y (i64) [rows, m].
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#define TL_SORT_BLOCK 65536

typedef struct {
  TlDType dtype;
  int32_t descending;
  int64_t rows;
  int64_t n;
} TlSortArgs;

typedef struct {
  TlSortArgs sort;
  int64_t    first; /* of the part in the sorted row */
  int64_t    count; /* first + count <= n */
} TlSelectArgs;

typedef struct {
  TlDType dtype;  /* of both */
  int32_t right;  /* behind equal elements instead of before them */
  int32_t shared; /* one sorted row for all rows of values */
  int64_t rows;
  int64_t n; /* of a sorted row */
  int64_t m; /* values of a row */
} TlSearchArgs;

extern const TlKernel tl_sort_kernel;
extern const TlKernel tl_select_kernel;
extern const TlKernel tl_search_kernel;
