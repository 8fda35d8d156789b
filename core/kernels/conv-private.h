/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For conv*_tmpl.c only: a convolution as the micro-kernel sees it.
 *
 * Forward and data gradient are the same gathering: every destination pixel sums, over taps, source pixels times weights.
 * On each axis destination i reads source i * step + offset + tap * tap_step.  The data gradient of a stride s falls into s
 * classes of destination pixels on each axis, each a gathering of its own with the taps that reach it.
 *
 * The source's rows that a tile needs are copied to scratch with their margins of zeros, channels-last as they were; then
 * a window's row is one run of memory and pixels stand at equal distances, which is all the micro-kernel asks: nothing is
 * unfolded.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/conv.h"
#include "core/kernels/gemm-private.h"

/* One axis of a gathering. */
typedef struct {
  int64_t n_src;
  int64_t n_dst;               /* destination pixels of the class */
  int64_t dst_first, dst_step; /* where they stand on the axis */
  int64_t step, offset;
  int64_t n_taps, tap_step; /* in the source */
  int64_t w_first, w_step;  /* the taps' places in the kernel */
} ConvAxis;

/* A part of x, or dy, that is copied with its margins. */
typedef struct {
  const real *src;
  ptrdiff_t   image, row, pixel;          /* strides of src */
  int64_t     n_rows, n_cols, n_channels; /* sizes of src */
  int64_t     row_first, col_first;       /* may be negative */
  int64_t     rows, cols;                 /* sizes of the copy */
  ptrdiff_t   copy_pixel;                 /* stride of the copy's pixels */
} ConvMargins;

static inline void
conv_copy_margins (const ConvMargins *m, int64_t first_image, int64_t n_images, real *dst)
{
  int64_t left = min_i64 (max_i64 (-m->col_first, 0), m->cols);
  int64_t right = max_i64 (min_i64 (m->n_cols - m->col_first, m->cols), left);

  for (int64_t n = 0; n < n_images; n++) {
    for (int64_t i = 0; i < m->rows; i++, dst += m->cols * m->copy_pixel) {
      int64_t     row = m->row_first + i;
      const real *src;

      if (row < 0 || row >= m->n_rows || left == right) {
        memset (dst, 0, m->cols * m->copy_pixel * sizeof (real));
        continue;
      }
      src = m->src + (first_image + n) * m->image + row * m->row + (m->col_first + left) * m->pixel;
      memset (dst, 0, left * m->copy_pixel * sizeof (real));
      memset (dst + right * m->copy_pixel, 0, (m->cols - right) * m->copy_pixel * sizeof (real));
      if (m->pixel == m->n_channels && m->copy_pixel == m->n_channels)
        memcpy (dst + left * m->copy_pixel, src, (right - left) * m->pixel * sizeof (real));
      else
        for (int64_t j = left; j < right; j++, src += m->pixel) {
          memcpy (dst + j * m->copy_pixel, src, m->n_channels * sizeof (real));
          memset (dst + j * m->copy_pixel + m->n_channels, 0, (m->copy_pixel - m->n_channels) * sizeof (real));
        }
    }
  }
}

/* The distance of the copy's pixels: a power of two that pixels lie apart would map them to few cache lines. */
static inline ptrdiff_t
conv_copy_pixel (int64_t n_channels, int64_t step)
{
  return n_channels * step * (int64_t)sizeof (real) % 1024 == 0 ? n_channels + VL : n_channels;
}
