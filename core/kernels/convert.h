/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c only: rows of elements converted between dtypes, as copy.h defines it, and walks over strided spaces.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/isa.h"
#include "core/kernels/work.h"

/* Converts @n elements; strides in elements of each dtype.  The rows are the same memory or do not overlap. */
typedef void (*TlConvertFn) (void *dst, int64_t dst_stride, const void *src, int64_t src_stride, size_t n);

/* The function of this instruction set. */
TlConvertFn TL_ISA_NAME (tl_convert) (TlDType dst, TlDType src);

/* An iteration space shared by n operands; strides[axis][operand]. */
#define TL_SPACE_MAX_OPERANDS 16

typedef struct {
  unsigned rank;
  unsigned n;
  int64_t  shape[TL_MAX_RANK];
  int64_t  strides[TL_MAX_RANK][TL_SPACE_MAX_OPERANDS];
} TlSpace;

static inline __attribute__ ((unused)) int64_t
tl_space_size (const TlSpace *self)
{
  int64_t size = 1;

  for (unsigned d = 0; d < self->rank; d++)
    size *= self->shape[d];
  return size;
}

/* Drops axes of size 1 and merges neighbours that are one run for every operand. */
static inline __attribute__ ((unused)) void
tl_space_collapse (TlSpace *self)
{
  unsigned rank = 0;

  for (unsigned d = 0; d < self->rank; d++) {
    int64_t size = self->shape[d];
    int     merge = rank > 0;

    if (size == 1)
      continue;
    for (unsigned k = 0; k < self->n && merge; k++)
      merge = self->strides[rank - 1][k] == self->strides[d][k] * size;
    if (!merge)
      rank++;
    self->shape[rank - 1] = merge ? self->shape[rank - 1] * size : size;
    for (unsigned k = 0; k < self->n; k++)
      self->strides[rank - 1][k] = self->strides[d][k];
  }
  self->rank = rank;
}

static inline __attribute__ ((unused)) int64_t
tl_magnitude (int64_t a)
{
  return a < 0 ? -a : a;
}

static inline __attribute__ ((unused)) void
tl_space_swap (TlSpace *self, unsigned a, unsigned b)
{
  int64_t shape = self->shape[a];

  self->shape[a] = self->shape[b];
  self->shape[b] = shape;
  for (unsigned k = 0; k < self->n; k++) {
    int64_t stride = self->strides[a][k];

    self->strides[a][k] = self->strides[b][k];
    self->strides[b][k] = stride;
  }
}

/* Orders axes by falling strides of operand @k, so that its elements are walked as they lie in memory. */
static inline __attribute__ ((unused)) void
tl_space_sort (TlSpace *self, unsigned k)
{
  for (unsigned i = 1; i < self->rank; i++)
    for (unsigned j = i; j > 0 && tl_magnitude (self->strides[j][k]) > tl_magnitude (self->strides[j - 1][k]); j--)
      tl_space_swap (self, j, j - 1);
}

/* The offset of operand @k at the row-major position @index over the first @rank axes. */
static inline __attribute__ ((unused)) int64_t
tl_space_offset (const TlSpace *self, unsigned rank, unsigned k, int64_t index)
{
  int64_t offset = 0;

  for (unsigned d = rank; d-- > 0;) {
    offset += index % self->shape[d] * self->strides[d][k];
    index /= self->shape[d];
  }
  return offset;
}

static inline __attribute__ ((unused)) int64_t
tl_min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static inline __attribute__ ((unused)) int64_t
tl_max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

static inline __attribute__ ((unused)) int64_t
tl_ceil_div (int64_t a, int64_t b)
{
  return (a + b - 1) / b;
}
