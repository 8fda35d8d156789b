/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Convolutions with windows of their own for each channel, alone or before a mixture of the channels.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/conv-common.h"

G_BEGIN_DECLS

// clang-format off
#define TL_DEPTHWISE_ATTRS(rank)                                                                                                                 \
  { "kernel", "elements of the window along each axis", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = (rank) }, \
  { "stride", "step of the window", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }, \
  { "padding", "zeros on each side; same: as many as keep the size, the odd one behind", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank), .words = tl_conv_layer_paddings }, \
  { "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }, \
  { "depth_multiplier", "channels that the windows make of each channel", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65535 }, \
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } }
#define TL_DEPTHWISE_IN                                                                                                                          \
  { "in_channels", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input }

#define TL_DEPTHWISE_LAYER_ATTRS(rank) TL_DEPTHWISE_IN, TL_DEPTHWISE_ATTRS (rank), { NULL }
#define TL_SEPARABLE_LAYER_ATTRS(rank)                                                                                                           \
  TL_DEPTHWISE_IN,                                                                                                                               \
  { "out", "channels of the output", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_channels" },               \
  TL_DEPTHWISE_ATTRS (rank), { NULL }
// clang-format on

gboolean tl_depthwise_setup (TlLayerSetup *self,
                             GError      **error);
gboolean tl_depthwise_forward (TlLayerForward *self,
                               GError        **error);
gboolean tl_separable_setup (TlLayerSetup *self,
                             GError      **error);
gboolean tl_separable_forward (TlLayerForward *self,
                               GError        **error);

G_END_DECLS
