/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Convolution over one and three axes, and transposed convolution, made of conv2d and its data gradient.
 *
 * A transposed convolution is the data gradient of the convolution with the same weight.  Over three axes every position of the kernel's depth
 * makes a two-dimensional convolution of its own, of the pictures that it meets; they are added.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/conv-common.h"

G_BEGIN_DECLS

extern const TlPort     tl_conv_nd_ports[];
extern const TlPort     tl_conv_transpose_ports[];
extern const TlAttrSpec tl_conv_nd_attrs[];
extern const TlAttrSpec tl_conv_transpose_attrs[];

gboolean tl_conv_nd_infer (TlInfer *self,
                           guint    n_spatial,
                           GError **error);
gboolean tl_conv_transpose_infer (TlInfer *self,
                                  guint    n_spatial,
                                  GError **error);
gboolean tl_conv_nd_decompose (TlGradient *self,
                               GError    **error);
gboolean tl_conv_transpose_decompose (TlGradient *self,
                                      GError    **error);

G_END_DECLS
