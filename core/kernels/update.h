/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Kernels over many tensors at once: optimizer updates, the squared norm of gradients, the search for the first NaN or Inf.
 *
 * Every list has n tensors of `sizes` elements, contiguous, f32 or f64.  What changes each step comes from memory (doubles), so
 * that a recorded call can be repeated.
 *
 *     kernel          args           data[]
 *     sgd_update      TlSgdArgs      params[n], grads[n], momentum[n] (only if momentum != 0), scalars
 *     adam_update     TlAdamArgs     params[n], grads[n], exp_avg[n], exp_avg_sq[n], max_exp_avg_sq[n] (only amsgrad), scalars
 *     rule_update     TlRuleArgs     params[n], grads[n], slot 1[n], slot 2[n]..., scalars
 *     sum_of_squares  TlTensorsArgs  tensors[n], result       result: one double
 *     find_nonfinite  TlTensorsArgs  tensors[n], result       result: int64_t, index of the first tensor with one, or -1
 *
 * scalars of sgd_update: TlSgdScalars; of adam_update: TlAdamScalars.  Parameters and state are updated in place; gradients are only read.
 *
 * The formulas are those of torch.optim.SGD, Adam and AdamW; with g = grad_scale * grad (negated for maximize):
 *
 *     SGD    g += weight_decay p;  m = momentum m + (1 - dampening) g  (m = g at the first step)
 *            p -= lr (nesterov ? g + momentum m : m)
 *     Adam   coupled: g += weight_decay p;  decoupled: p *= 1 - lr weight_decay
 *            m += (g - m)(1 - beta1);  v = beta2 v + (1 - beta2) g g;  amsgrad: v' = max (v', v)
 *            p -= lr / bias1  m / (sqrt (v) / sqrt (bias2) + eps)       bias_i = 1 - beta_i^t
 *
 * Order of sums: sum_of_squares adds TL_UPDATE_TILE elements of the concatenation of all tensors at a time, tiles in a balanced tree, in f64.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/program.h"
#include "core/kernels/work.h"

#define TL_UPDATE_TILE 65536

typedef struct {
  TlDType        dtype;
  uint32_t       n;
  const int64_t *sizes; /* borrowed */
} TlTensorsArgs;

typedef struct {
  double lr;
  double grad_scale;
  double first_step; /* 1 at the first step, else 0 */
} TlSgdScalars;

typedef struct {
  TlTensorsArgs tensors;
  double        momentum;
  double        dampening;
  double        weight_decay;
  int32_t       nesterov;
  int32_t       maximize;
} TlSgdArgs;

typedef struct {
  double lr;
  double grad_scale;
  double bias1; /* 1 - beta1^t */
  double bias2; /* 1 - beta2^t */
} TlAdamScalars;

typedef struct {
  TlTensorsArgs tensors;
  double        beta1;
  double        beta2;
  double        eps;
  double        weight_decay;
  int32_t       decoupled; /* AdamW */
  int32_t       amsgrad;
  int32_t       maximize;
} TlAdamArgs;

/* The program's inputs: parameter, gradient, slots, scalars (doubles); its outputs: parameter, slots. */
typedef struct {
  TlTensorsArgs    tensors;
  uint32_t         n_slots;
  const TlProgram *program; /* borrowed */
} TlRuleArgs;
