/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/autodiff.h"
#include "core/graph/plan.h"
#include "core/nn/model.h"
#include "core/op/ops.h"

TlTensor *random_tensor (TlDType      dtype,
                         guint        rank,
                         const TlDim *shape,
                         guint32      seed);
TlTensor *random_classes (gint64  n,
                          gint64  n_classes,
                          guint32 seed);
void      add_node (TlModel    *model,
                    const char *name,
                    const char *row,
                    const char *from,
                    const char *attrs);
TlModel  *mlp_new (TlDType dtype,
                   gint64  n_in,
                   gint64  n_hidden,
                   gint64  n_out);
TlModel  *lenet_new (void);
void      build_model (TlModel *model);
void      assert_node_shape (TlModel    *model,
                             const char *node,
                             const char *text);
TlTensor *model_call (TlModel  *model,
                      TlTensor *x);
void      set_attrs (TlLayer    *layer,
                     const char *text);
double    number_of (TlTensor *tensor);
void      assert_same_bits (TlTensor *a,
                            TlTensor *b);
void      assert_same_variables (TlModel *a,
                                 TlModel *b);
