/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Matrix products: C = epilogue (A B), f32 and f64, batched, with strides.
 *
 *     A [m, k]   element (i, p) at a_row * i + a_col * p
 *     B [k, n]   element (p, j) at b_row * p + b_col * j
 *     C [m, n]   element (i, j) at c_row * i + j
 *
 * All strides count elements; fast when A and B each have a unit stride (either one), right for any.  The batch is an
 * outer space of up to TL_GEMM_MAX_BATCH axes; a batch stride of 0 broadcasts an input.  k may be 0: the sum is then 0.
 *
 * The epilogue works on s, the sum over k of one element, in this order:
 *
 *     s += bias[j] or bias[i];   s = activation (s);   s = aux[i, j] > 0 ? s : 0;   C = s  or  C += s
 *
 * Order of sums: k is cut into equal blocks of at most 512, each block is one chain of fused multiply-adds in ascending
 * order, blocks are added in ascending order; where both factors are contiguous along k and m or n is at most 4, vectors
 * run along k instead.  The choice depends on the arguments alone, so every cut into tiles gives the same bits.
 *
 * data[]: A, B, bias (or NULL), aux (or NULL), C.  C must not overlap the inputs, except that with accumulate it is read.
 *
 * Source: Goto & van de Geijn 2008, doi:10.1145/1356052.1356053; Van Zee & van de Geijn 2015, doi:10.1145/2764454
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#define TL_GEMM_MAX_BATCH 6

typedef enum {
  TL_GEMM_BIAS_NONE,
  TL_GEMM_BIAS_N, /* one value for each column of C */
  TL_GEMM_BIAS_M, /* one value for each row of C */
} TlGemmBias;

typedef enum {
  TL_ACTIVATION_NONE,
  TL_ACTIVATION_RELU,
  TL_ACTIVATION_GELU, /* x/2 (1 + erf (x / sqrt 2)) */
  TL_ACTIVATION_TANH,
  TL_ACTIVATION_SIGMOID,
} TlActivation;

typedef struct {
  TlDType      dtype; /* TL_DTYPE_F32 or TL_DTYPE_F64 */
  int64_t      m, n, k;
  int64_t      a_row, a_col;
  int64_t      b_row, b_col;
  int64_t      c_row;
  int64_t      aux_row;
  int32_t      batch_rank; /* 0: one product */
  int64_t      batch[TL_GEMM_MAX_BATCH];
  int64_t      a_batch[TL_GEMM_MAX_BATCH];
  int64_t      b_batch[TL_GEMM_MAX_BATCH];
  int64_t      c_batch[TL_GEMM_MAX_BATCH];
  int64_t      aux_batch[TL_GEMM_MAX_BATCH];
  TlGemmBias   bias; /* the bias is shared by the whole batch */
  TlActivation activation;
  int32_t      relu_mask;  /* keep an element only where aux > 0: the gradient of a ReLU whose output is aux */
  int32_t      accumulate; /* C += s instead of C = s */
} TlGemmArgs;
