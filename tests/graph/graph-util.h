/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/autodiff.h"
#include "core/graph/expr.h"
#include "core/graph/plan.h"
#include "core/op/ops.h"
#include "core/tensor/variable.h"

/* A perceptron of two layers, small enough to differentiate by hand. */
typedef struct {
  TlVariable *params[4]; /* weight, bias, weight, bias */
} Mlp;

TlTensor *random_tensor (TlDType      dtype,
                         guint        rank,
                         const TlDim *shape,
                         guint32      seed);
TlTensor *random_classes (gint64  n,
                          gint64  n_classes,
                          guint32 seed);
void      mlp_init (Mlp    *self,
                    TlDType dtype,
                    gint64  n_in,
                    gint64  n_hidden,
                    gint64  n_out);
void      mlp_clear (Mlp *self);
TlTensor *mlp_loss (Mlp      *self,
                    TlTensor *x,
                    TlTensor *target,
                    GError  **error);
void      assert_same_bits (TlTensor *a,
                            TlTensor *b);
double    number_of (TlTensor *tensor);
