/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Connectionist temporal classification: how probable a sequence of letters is that stands anywhere in a longer input, blanks between.
 *
 *     kernel                data[]
 *     tl_ctc_kernel         x, targets, input_lengths, target_lengths, loss, error?
 *     tl_ctc_grad_kernel    dloss, x, targets, input_lengths, target_lengths, dx
 *
 * x is [steps, n, classes], logarithms of probabilities, targets [n, longest], the others [n]; all are contiguous, whole numbers i64.  What is
 * added up is f64.  loss is infinite, and the gradient 0, where the letters do not fit.  Letters behind an example's length and steps behind its own
 * do not count; a letter below 0 counts from the last class.  One that is no class, or a length that is none, is told in *error as in index.h,
 * and the loss is infinite.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/index.h"

typedef struct {
  TlDType dtype; /* f32 or f64 */
  int64_t steps, n, classes, longest;
  int64_t blank;
} TlCtcArgs;

extern const TlKernel tl_ctc_kernel;
extern const TlKernel tl_ctc_grad_kernel;
