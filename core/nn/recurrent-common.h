/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the recurrent layers share: sequences through layers and directions, and single steps (cells).
 *
 *     variables of a sequence   weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, the same with _reverse, then _l1...; with proj_size
 *                               weight_hr_l0 behind each
 *     variables of a cell       weight_ih, weight_hh, bias_ih, bias_hh
 *
 * The row's operation (rnn, gru, lstm) decides the number of gates and states.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

extern const TlPort tl_recurrent_layer_ports_1[];
extern const TlPort tl_recurrent_layer_ports_2[];
extern const TlPort tl_recurrent_layer_out_1[];
extern const TlPort tl_recurrent_layer_out_2[];
extern const TlPort tl_recurrent_cell_ports_1[];
extern const TlPort tl_recurrent_cell_ports_2[];
extern const TlPort tl_recurrent_cell_out_1[];
extern const TlPort tl_recurrent_cell_out_2[];

// clang-format off
#define TL_RECURRENT_SIZE_ATTRS                                                                                              \
  { "input_size", "size of the input's last axis; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 }, \
  { "hidden", "size of the state", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 / 4, .alias = "hidden_size" }
#define TL_RECURRENT_BIAS_ATTR \
  { "bias", "whether both products have a bias", TL_ATTR_BOOL, .def = { .i = TRUE } }
#define TL_RECURRENT_NONLINEARITY_ATTR \
  { "nonlinearity", "of the sum", TL_ATTR_ENUM, .names = tl_recurrent_nonlinearities }
#define TL_RECURRENT_SEQUENCE_ATTRS                                                                                           \
  { "batch_first", "whether the input is [n, steps, inputs] rather than [steps, n, inputs]", TL_ATTR_BOOL },                 \
  { "dropout", "probability with which results between two layers become zero in training", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 }, \
  { "bidirectional", "whether a second network reads the sequence from its end", TL_ATTR_BOOL }
#define TL_RECURRENT_LAYERS_ATTR \
  { "num_layers", "networks one upon the other", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 1000 }
// clang-format on

extern const char *const tl_recurrent_nonlinearities[];
extern const TlAttrSpec  tl_recurrent_cell_attrs[]; /* of what has no nonlinearity to choose */

gboolean tl_recurrent_layer_setup (TlLayerSetup *self,
                                   GError      **error);
gboolean tl_recurrent_layer_forward (TlLayerForward *self,
                                     GError        **error);
gboolean tl_recurrent_cell_setup (TlLayerSetup *self,
                                  GError      **error);
gboolean tl_recurrent_cell_forward (TlLayerForward *self,
                                    GError        **error);

G_END_DECLS
