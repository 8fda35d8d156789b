/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Selecting and adding along an axis by integer indices.
 *
 *     kernel           args             data[]
 *     index_select     TlIndexArgs      source, indices, output, error?    output[o, j, i] = source[o, indices[j], i]
 *     index_add_rows   TlIndexArgs      source, indices, output, error?    output[v, i] = sum of source[j, i] over indices[j] == v
 *     one_hot          TlIndexArgs      indices, output, error?            output[j, v] = indices[j] == v
 *
 * All operands are contiguous.  index_select sees the source as [outer, axis, inner] and the output as [outer, n_indices, inner], any dtype;
 * an embedding is outer = 1.  index_add_rows is its gradient for outer = 1, f32 and f64: the whole output, [axis, inner], is written; rows are added in
 * ascending order of j, so it is deterministic.  one_hot writes [n_indices, axis] in dtype.
 *
 * A negative index in [-axis, -1] counts from the end, but not in one_hot.  An index out of range selects zeros, adds
 * nothing, makes a row of zeros, and is told in *error, which the caller has cleared: of several, the first in `indices`.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  int32_t is_set, lock;
  int64_t at;    /* position in the indices */
  int64_t index; /* what stands there */
  int64_t size;  /* it should be below */

  const char *problem; /* NULL, or what is wrong with matrix @at instead; @index says where */
} TlIndexError;

typedef struct {
  TlDType dtype;
  TlDType index_dtype; /* i64, i32 or u8 */
  int64_t outer;
  int64_t axis;
  int64_t inner;
  int64_t n_indices;
} TlIndexArgs;

/**
 * tl_index_tell:
 * @error: where it is told
 * @at: position in the indices
 * @index: what stands there
 * @size: what it should be below
 * @problem: NULL, or what else is wrong, a constant
 *
 * Tells an index out of range; of several, the first position stays.  Any number of threads.
 */
static inline __attribute__ ((unused)) void
tl_index_tell (TlIndexError *error, int64_t at, int64_t index, int64_t size, const char *problem)
{
  while (__atomic_exchange_n (&error->lock, 1, __ATOMIC_ACQUIRE))
    ;
  if (!error->is_set || at < error->at) {
    error->is_set = 1;
    error->at = at;
    error->index = index;
    error->size = size;
    error->problem = problem;
  }
  __atomic_store_n (&error->lock, 0, __ATOMIC_RELEASE);
}

static inline __attribute__ ((unused)) void
tl_index_tell_error (TlIndexError *error, int64_t at, int64_t index, int64_t size)
{
  tl_index_tell (error, at, index, size, NULL);
}

/* Matrix @at of a batch cannot be computed: "is singular in column", @where. */
static inline __attribute__ ((unused)) void
tl_index_tell_problem (TlIndexError *error, int64_t at, int64_t where, const char *problem)
{
  tl_index_tell (error, at, where, 0, problem);
}
