/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What convolutions and transposed convolutions over one to three axes share: attributes, variables and forward.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

/* PyTorch's order; the numbers that both kinds share are the same. */
enum { TL_CONV_IN_CHANNELS,
       TL_CONV_OUT,
       TL_CONV_KERNEL,
       TL_CONV_STRIDE,
       TL_CONV_PADDING,
       TL_CONV_DILATION,
       TL_CONV_GROUPS,
       TL_CONV_BIAS,
       TL_CONV_PADDING_MODE,
       TL_CONV_WEIGHT_INIT,
       TL_CONV_BIAS_INIT };

extern const char *const tl_conv_padding_modes[];
extern const char *const tl_conv_layer_paddings[];

// clang-format off
#define TL_CONV_LAYER_SIZES(rank)                                                                                                                \
  { "in_channels", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },                    \
  { "out", "channels of the output", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_channels" },               \
  { "kernel", "elements of the window along each axis", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = (rank) }, \
  { "stride", "step of the window", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }
#define TL_CONV_LAYER_DILATION(rank)                                                                                                             \
  { "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = (rank), .v = { 1, 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = (rank) }
#define TL_CONV_LAYER_GROUPS                                                                                                                     \
  { "groups", "groups of channels that do not see each other", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 }, \
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } }

#define TL_CONV_LAYER_ATTRS(rank)                                                                                                                \
  TL_CONV_LAYER_SIZES (rank),                                                                                                                    \
  { "padding", "elements added on each side; same: as many as keep the size, the odd one behind", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank), .words = tl_conv_layer_paddings },              \
  TL_CONV_LAYER_DILATION (rank), TL_CONV_LAYER_GROUPS,                                                                                           \
  { "padding_mode", "what the added elements are", TL_ATTR_ENUM, .names = tl_conv_padding_modes },                                               \
  TL_LAYER_INIT_ATTRS, { NULL }

#define TL_CONV_TRANSPOSE_LAYER_ATTRS(rank)                                                                                                      \
  TL_CONV_LAYER_SIZES (rank),                                                                                                                    \
  { "padding", "elements cut off on each side of the result", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank) }, \
  { "output_padding", "elements added at the end of each axis of the result, fewer than stride or dilation", TL_ATTR_INTS, .def = { .n = (rank) }, .has_range = TRUE, .max = 65535, .n = (rank) }, \
  TL_CONV_LAYER_GROUPS, TL_CONV_LAYER_DILATION (rank), TL_LAYER_INIT_ATTRS,                                                                      \
  { "output_size", "sizes of the result along these axes; output_padding follows from them", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .n = (rank) }, { NULL }
// clang-format on

gboolean tl_conv_setup (TlLayerSetup *self,
                        GError      **error);
gboolean tl_conv_transpose_setup (TlLayerSetup *self,
                                  GError      **error);
gboolean tl_conv_transpose_forward (TlLayerForward *self,
                                    GError        **error);
gboolean tl_conv_forward (TlLayerForward *self,
                          GError        **error);

G_END_DECLS
