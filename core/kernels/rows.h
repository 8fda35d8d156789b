/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c of a float dtype: sums and maxima of contiguous rows in one fixed order, and trees over partial results.
 *
 * A row is added in TL_ROW_LANES interleaved lanes, at most ROW_RUN elements at a time; lanes are folded by halves, runs by a
 * balanced tree.  The order depends on the length alone.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/convert.h"
#include "core/kernels/functors.h"

#define TL_ROW_LANES 32
#define ROW_RUN 4096

/* Adds partial results 0 .. n - 1 of a run in a balanced tree whose shape depends on n alone: COMBINE (i, j) adds j to i. */
#define TL_TREE(n, COMBINE)                                                     \
  for (int64_t tree_step = 1; tree_step < (n); tree_step *= 2)                  \
    for (int64_t tree_i = 0; tree_i + tree_step < (n); tree_i += 2 * tree_step) \
      COMBINE (tree_i, tree_i + tree_step);

/* A sum of EXPR over i of any number of terms: runs are added pairwise through a small stack, as a binary counter carries. */
#define TL_ROW_SUM(result, n, EXPR)                                                                                                           \
  do {                                                                                                                                        \
    real    sum_stack[56];                                                                                                                    \
    int     sum_depth = 0;                                                                                                                    \
    int64_t sum_runs = 0;                                                                                                                     \
                                                                                                                                              \
    for (int64_t sum_0 = 0; sum_0 < (n) || sum_0 == 0; sum_0 += ROW_RUN) {                                                                    \
      real run_sum;                                                                                                                           \
                                                                                                                                              \
      {                                                                                                                                       \
        int64_t sum_n = tl_min_i64 ((n)-sum_0, ROW_RUN);                                                                                      \
        real    lane_acc[TL_ROW_LANES] = { 0 };                                                                                               \
        int64_t lane_j = 0;                                                                                                                   \
                                                                                                                                              \
        for (; lane_j + TL_ROW_LANES <= sum_n; lane_j += TL_ROW_LANES)                                                                        \
          for (int lane_l = 0; lane_l < TL_ROW_LANES; lane_l++) {                                                                             \
            const int64_t i = sum_0 + lane_j + lane_l;                                                                                        \
            lane_acc[lane_l] += (EXPR);                                                                                                       \
          }                                                                                                                                   \
        for (int lane_l = 0; lane_j + lane_l < sum_n; lane_l++) {                                                                             \
          const int64_t i = sum_0 + lane_j + lane_l;                                                                                          \
          lane_acc[lane_l] += (EXPR);                                                                                                         \
        }                                                                                                                                     \
        _Pragma ("GCC unroll 5") for (int lane_s = TL_ROW_LANES / 2; lane_s > 0; lane_s /= 2) for (int lane_l = 0; lane_l < lane_s; lane_l++) \
          lane_acc[lane_l] += lane_acc[lane_l + lane_s];                                                                                      \
        run_sum = lane_acc[0];                                                                                                                \
      }                                                                                                                                       \
      for (int64_t sum_r = sum_runs++; sum_r & 1; sum_r >>= 1)                                                                                \
        run_sum = sum_stack[--sum_depth] + run_sum;                                                                                           \
      sum_stack[sum_depth++] = run_sum;                                                                                                       \
    }                                                                                                                                         \
    while (sum_depth > 1) {                                                                                                                   \
      sum_stack[sum_depth - 2] += sum_stack[sum_depth - 1];                                                                                   \
      sum_depth--;                                                                                                                            \
    }                                                                                                                                         \
    (result) = sum_stack[0];                                                                                                                  \
  } while (0)

static inline __attribute__ ((unused)) real
row_max (const real *x, int64_t n)
{
  real    acc[TL_ROW_LANES];
  int64_t j = 0;

  for (int l = 0; l < TL_ROW_LANES; l++)
    acc[l] = (real)-__builtin_inf ();
  for (; j + TL_ROW_LANES <= n; j += TL_ROW_LANES)
    for (int l = 0; l < TL_ROW_LANES; l++)
      acc[l] = FN (max) (x[j + l], acc[l]);
  for (int l = 0; j + l < n; l++)
    acc[l] = FN (max) (x[j + l], acc[l]);
#pragma GCC unroll 5
  for (int s = TL_ROW_LANES / 2; s > 0; s /= 2)
    for (int l = 0; l < s; l++)
      acc[l] = FN (max) (acc[l], acc[l + s]);
  return acc[0];
}
