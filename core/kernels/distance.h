/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Distances between all pairs of rows, f32 and f64, without their differences in memory.
 *
 *     kernel              args            data[]
 *     distance_forward    TlDistanceArgs  a, b, y         y[i, j] = |a[i] - b[j]|
 *     distance_backward   TlDistanceArgs  a, b, w, da     da[i] = sum over j of w[i, j] g (a[i] - b[j])
 *
 * a is [batch, m, d], b [batch, n, d], y [batch, m, n], all contiguous; w has strides of its own, so that the gradient of b is that of a with
 * the two changed and w turned.  g is the slope of the norm but for what depends on y, which is part of w:
 *
 *     norm 2: g (x) = x    w = dy / y, 0 where y is 0
 *     norm 1: g (x) = sign (x)
 *
 * Order of sums: over d in runs of TL_DISTANCE_RUN, one after another; over j likewise.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#define TL_DISTANCE_RUN 256

typedef enum {
  TL_DISTANCE_SUM,  /* norm 1 */
  TL_DISTANCE_ROOT, /* norm 2 */
} TlDistanceNorm;

typedef struct {
  TlDType        dtype;
  TlDistanceNorm norm;
  int64_t        batch, m, n, d;
  int64_t        w_row, w_column; /* backward: strides of w, whose matrices lie behind one another */
} TlDistanceArgs;
