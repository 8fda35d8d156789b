/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Softmax, log-softmax and cross entropy over the last axis, f32 and f64.
 *
 * Operands are rows of `cols` contiguous elements; the distance of rows is given per operand.
 *
 *     kernel                   args               data[]
 *     softmax_forward          TlSoftmaxArgs      x, y
 *     softmax_backward         TlSoftmaxArgs      y, dy, dx         dx = y (dy - sum (y dy))
 *     log_softmax_forward      TlSoftmaxArgs      x, y
 *     log_softmax_backward     TlSoftmaxArgs      y, dy, dx         dx = dy - exp (y) sum (dy)
 *     cross_entropy_forward    TlCrossEntropyArgs x, targets, weights?, row_loss?, loss?, weight_sum?, error?
 *     cross_entropy_backward   TlCrossEntropyArgs x, targets, weights?, dloss, weight_sum?, dx
 *
 * y or dx may be x or dy (in place).  "?" may be NULL.
 *
 * Cross entropy, for a row with target t, class weights w (1 without) and label smoothing s over C classes, p = softmax (x):
 *
 *     row_loss = -(1 - s) w[t] log p[t] - s / C sum_c w[c] log p[c];     0 where t == ignore_index
 *     loss = sum of row_loss,  divided by weight_sum = sum of w[t] over rows that count where reduction is MEAN
 *     dx[j] = scale (p[j] ((1 - s) w[t] + s / C sum w) - (1 - s) w[t] [j == t] - s / C w[j])
 *     scale = dloss[row] for NONE, dloss[0] for SUM, dloss[0] / weight_sum[0] for MEAN (backward needs it then)
 *
 * row_loss has `rows` elements, loss and weight_sum one, all in dtype.  A target outside [0, C) that is not ignore_index gives
 * a NaN row (in the gradient too) and, in forward, is told in *error (a TlIndexError); nothing is read out of bounds.
 *
 * Order of sums: a row in TL_ROW_LANES lanes; rows in blocks whose size depends on `cols`, blocks in a balanced tree.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  TlDType dtype;
  int64_t rows;
  int64_t cols;
  int64_t stride[3]; /* distance of rows of data[0], data[1], data[2] */
} TlSoftmaxArgs;

typedef enum {
  TL_LOSS_NONE,
  TL_LOSS_MEAN,
  TL_LOSS_SUM,
} TlLossReduction;

typedef struct {
  TlDType         dtype;
  TlDType         target_dtype; /* i64, i32 or u8 */
  TlLossReduction reduction;
  int64_t         rows;
  int64_t         cols;
  int64_t         x_stride;
  int64_t         dx_stride;
  int64_t         target_stride;
  int64_t         dloss_stride; /* for TL_LOSS_NONE; 0 broadcasts */
  int64_t         ignore_index;
  double          label_smoothing;
} TlCrossEntropyArgs;
