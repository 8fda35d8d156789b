/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Random numbers of the Poisson distribution, each with a rate of its own.
 *
 *     data[]: rates, counter, y
 *
 * How many random words a number takes is not known beforehand.  So each position has its own stream: a key made of the call's key and the
 * position, see philox.h; a number depends on (key, call, position, rate) alone.  A rate that is NaN or negative gives NaN.
 *
 * Kernel: tl_poisson_kernel, built once for all instruction sets.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/philox.h"

typedef struct {
  TlDType     dtype; /* of rates and y: f32 or f64 */
  TlPhiloxKey key;
  int64_t     n;
} TlPoissonArgs;

extern const TlKernel tl_poisson_kernel;
