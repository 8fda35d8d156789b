/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Discrete Fourier transforms along an axis.
 *
 *     data[]: x, y
 *
 *     complex   y[k] = scale sum_j x[j] w^(j k)                  both complex, a pair of numbers for each element
 *     real      y[k] = scale h(k) sum_j x[j] w^(j k)             x real
 *     half      y[k] = scale re (sum_j h(j) x[j] w^(j k))        y real, x[j] taken for j up to n / 2
 *
 * with w = exp (sign 2 pi i / n) and h = @half but 1 at 0 and n / 2.  Of x, which has n_in elements along the axis, what lies beyond n counts
 * nothing, and what is missing counts as zeros; of y n_out elements are written, those beyond n as zeros.  So each kind is also the other one's
 * gradient.  x and y are contiguous, [outer, n_in, inner] and [outer, n_out, inner].
 *
 * Lengths of small primes are done by Stockham's autosort algorithm, several lines side by side; others by Bluestein's, which is a
 * convolution of a length that is a power of two.  All numbers are f64 on the way; an f32 result is rounded once.  There is no packaged library
 * with a licence to fit that transforms both f32 and f64, works in memory that is given and stops between lines.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef enum {
  TL_FFT_COMPLEX,
  TL_FFT_REAL,
  TL_FFT_HALF,
} TlFftKind;

typedef struct {
  TlFftKind kind;
  TlDType   dtype; /* f32 or f64 */
  int32_t   sign;  /* -1 or 1 */
  int64_t   n;     /* at least 1 */
  int64_t   n_in, n_out;
  int64_t   outer, inner;
  double    scale, half;
} TlFftArgs;

extern const TlKernel tl_fft_kernel;
