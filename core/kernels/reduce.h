/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reductions over any axes.
 *
 * The iteration space is split into kept axes, which the output has too, and reduced axes, in the order of the operand's axes;
 * both lists may be empty.  Arg results count along the reduced axes in row-major order.
 *
 *     op               input            output dtype
 *     sum, prod        f32 f64 f16 bf16 the same          integers and bool: i64
 *     mean, logsumexp  floating         the same
 *     min, max         any              the same          NaN if any element is
 *     any, all         any              bool
 *     argmin, argmax   any              i64               first of equals; a NaN counts as the extreme
 *
 * Over no elements: sum 0, prod 1, mean NaN, logsumexp -inf, any 0, all 1, min and max the identity (inf, -inf, or the
 * integer limits), arg 0; the caller refuses what has no meaning.
 *
 * Order of sums: elements of one output are cut into chunks of TL_REDUCE_CHUNK; a chunk is summed in TL_REDUCE_LANES interleaved
 * lanes folded by halves (or, for columns, row after row), chunks are combined in a balanced tree.  16-bit types accumulate in f32.
 *
 * data[]: input, output.  Kernel: TlKernels.reduce.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

#define TL_REDUCE_CHUNK 4096

typedef enum {
  TL_REDUCE_SUM,
  TL_REDUCE_MEAN,
  TL_REDUCE_PROD,
  TL_REDUCE_MIN,
  TL_REDUCE_MAX,
  TL_REDUCE_ANY,
  TL_REDUCE_ALL,
  TL_REDUCE_ARGMIN,
  TL_REDUCE_ARGMAX,
  TL_REDUCE_LOGSUMEXP,
} TlReduceOp;

typedef struct {
  TlDType    dtype; /* of the input */
  TlReduceOp op;
  uint32_t   n_kept;
  uint32_t   n_reduced;
  int64_t    kept_shape[TL_MAX_RANK];
  int64_t    kept_in_strides[TL_MAX_RANK];
  int64_t    kept_out_strides[TL_MAX_RANK];
  int64_t    reduced_shape[TL_MAX_RANK];
  int64_t    reduced_strides[TL_MAX_RANK];
} TlReduceArgs;

/**
 * tl_reduce_out_dtype:
 * @op: a reduction
 * @dtype: the input's dtype
 *
 * Returns: the output's dtype
 */
static inline TlDType
tl_reduce_out_dtype (TlReduceOp op, TlDType dtype)
{
  if (op == TL_REDUCE_ANY || op == TL_REDUCE_ALL)
    return TL_DTYPE_BOOL;
  if (op == TL_REDUCE_ARGMIN || op == TL_REDUCE_ARGMAX)
    return TL_DTYPE_I64;
  if ((op == TL_REDUCE_SUM || op == TL_REDUCE_PROD) && dtype >= TL_DTYPE_I8)
    return TL_DTYPE_I64;
  return dtype;
}
