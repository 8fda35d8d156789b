/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Linear recurrences along an axis.
 *
 *     data[]: a, b, y
 *
 *     forwards    y[i] = b[i] + a[i] y[i - 1]
 *     backwards   y[i] = b[i] + a[i + 1] y[i + 1]
 *
 * and b[i] alone where there is nothing before, or behind.  Each is the other one's adjoint in b.  Operands are contiguous and seen as
 * [outer, n, inner]; what is carried on is f64.
 *
 * Kernel: tl_recurrence_kernel, built once for all instruction sets.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  TlDType dtype; /* f32 or f64 */
  int     backwards;
  int64_t outer, n, inner;
} TlRecurrenceArgs;

extern const TlKernel tl_recurrence_kernel;
