/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Discrete Fourier transforms along an axis, over FFTW.
 *
 *     data[]: x, y
 *
 *     complex   y[k] = scale sum_j x[j] w^(j k)                  both complex, a pair of numbers for each element
 *     real      y[k] = scale h(k) sum_j x[j] w^(j k)             x real
 *     half      y[k] = scale re (sum_j h(j) x[j] w^(j k))        y real, x[j] taken for j up to n / 2
 *
 * with w = exp (sign 2 pi i / n) and h = @half but 1 at 0 and n / 2.  Of x, which has n_in elements along the axis, what lies beyond n counts
 * nothing, and what is missing counts as zeros; of y n_out elements are written, those beyond n as zeros.  So each kind is also the other one's
 * gradient.  y is contiguous, [lines / inner, n_out, inner]; x has any strides.
 *
 * A tile is a block of lines that one plan of FFTW transforms.  A block that lies in x as the plan wants it is read in place, and any other
 * is packed into scratch first; the same for y.  As FFTW asks more of addresses than that they are those of numbers, a block may be packed for
 * its address alone; the plan is the same one then, and so are the bits.
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

/* Transforms as many contiguous lines as it was made for, from and to addresses aligned to TL_FFT_ALIGNMENT. */
typedef struct {
  void (*execute) (const void *plan, void *x, void *y);
  void *plan;
} TlFftPlan;

#define TL_FFT_ALIGNMENT 16

typedef struct {
  TlFftKind kind;
  TlDType   dtype; /* f32 or f64 */
  int32_t   sign;  /* -1 or 1 */
  int64_t   n;     /* at least 1 */
  int64_t   n_in, n_out;
  double    scale, half;

  int64_t  lines, inner;
  uint32_t rank; /* of the lines of x; strides in numbers, of which a complex element has two */
  int64_t  shape[TL_MAX_RANK], strides[TL_MAX_RANK];
  int64_t  step, pair_step; /* to the next element, and from the real to the imaginary part */

  const TlFftPlan *block, *rest; /* for tl_fft_get_block() lines, and for those that remain; NULL if none do */
} TlFftArgs;

extern const TlKernel tl_fft_kernel;

int64_t tl_fft_get_block (const TlFftArgs *args);
