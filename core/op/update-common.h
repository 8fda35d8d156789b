/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What optimizer updates share.  Their operands are lists of n tensors each:
 *
 *     inputs    parameters | state 1 | state 2 | ... | gradients | scalars
 *     outputs   parameters | state 1 | state 2 | ...
 *
 * The scalars are one f64 tensor, so that a recorded step can be repeated with another learning rate.  All other tensors of a call
 * have one dtype, f32 or f64.  Rows are applied with tl_op_update().
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/update.h"
#include "core/op/common.h"

G_BEGIN_DECLS

#define TL_UPDATE_N_PARAMS                                                                                         \
  {                                                                                                                \
    "n_params", "number of parameters", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 1000000 \
  }

extern const TlPort tl_update_ports[];
extern const TlPort tl_update_out_ports[];

gboolean tl_update_infer (TlInfer *self,
                          guint    n_states,
                          guint    n_scalars,
                          GError **error);
void     tl_update_prepare (TlPrepare     *self,
                            TlTensorsArgs *tensors,
                            guint          n_states);

G_END_DECLS
