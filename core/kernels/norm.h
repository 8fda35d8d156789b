/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layer and batch normalisation, f32 and f64.
 *
 *     kernel                args            data[]
 *     layer_norm_forward    TlLayerNormArgs x, gamma?, beta?, y, mean?, rstd?
 *     layer_norm_backward   TlLayerNormArgs dy, x, mean, rstd, gamma?, dx?, dgamma?, dbeta?
 *     batch_norm_forward    TlBatchNormArgs x, gamma?, beta?, y, mean, var, invstd
 *     batch_norm_infer      TlBatchNormArgs x, gamma?, beta?, mean, var, y
 *     batch_norm_backward   TlBatchNormArgs dy, x, mean, invstd, gamma?, dx?, dgamma?, dbeta?
 *
 * Layer normalisation works on rows of `cols` contiguous elements; mean and rstd have one element per row.
 *
 * Batch normalisation sees x as [n, c, s], any strides: channels-last is s_stride = C, c_stride = 1; NCHW is c_stride = S,
 * s_stride = 1.  Statistics are over n and s.  var is the biased variance (divisor M = n s); running averages are the caller's, with
 * var M / (M - 1).  dx in training mode accounts for the dependence of the statistics on x; with args.inference it does not, and
 * invstd is then that of the running variance.
 *
 * "?" may be NULL.  y may be x, dx may be dy (in place).
 *
 * Variances are computed about the mean of fixed blocks, blocks merged pairwise (Chan, Golub & LeVeque 1983) in a balanced tree.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  TlDType dtype;
  int64_t rows;
  int64_t cols;
  int64_t x_stride; /* distance of rows */
  int64_t y_stride; /* of y and dy */
  int64_t dx_stride;
  double  eps;
} TlLayerNormArgs;

typedef struct {
  TlDType dtype;
  int32_t inference; /* backward only: statistics are constants */
  int64_t n, c, s;
  int64_t x_n, x_c, x_s; /* strides of x */
  int64_t y_n, y_c, y_s; /* of y and dy */
  int64_t dx_n, dx_c, dx_s;
  double  eps;
} TlBatchNormArgs;
