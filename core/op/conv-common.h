/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What conv2d and its two gradients share: attributes and the kernels' arguments.
 *
 * The three are each other's gradients, so derivatives of any order exist:
 *
 *     y = conv (x, w)      dx = data_grad (dy, w)      dw = weight_grad (x, dy)
 *
 * Each is linear in both of its operands, and swapping one operand with the result gives another of the three.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/conv.h"
#include "core/op/common.h"

G_BEGIN_DECLS

enum { TL_CONV_ATTR_STRIDE,
       TL_CONV_ATTR_PADDING,
       TL_CONV_ATTR_DILATION,
       TL_CONV_ATTR_GROUPS,
       TL_CONV_ATTR_EXTRA }; /* epilogue; input_shape; kernel_size */

// clang-format off
#define TL_CONV_ATTRS                                                                                                      \
  TL_CONV_ATTRS_WITH ("zeros around the picture, one number or one for each axis; same: as many as keep its size, the odd one behind", tl_conv_paddings)
#define TL_CONV_ATTRS_WITH(padding_doc, padding_words)                                                                                                      \
  { "stride", "step of the window, one number or height and width", TL_ATTR_INTS, .def = { .n = 1, .v = { 1 } },           \
    .has_range = TRUE, .min = 1, .max = 65536 },                                                                           \
  { "padding", padding_doc, TL_ATTR_INTS, \
    .def = { .n = 1, .v = { 0 } }, .has_range = TRUE, .min = 0, .max = 65536, .words = (padding_words) },                                                                           \
  { "dilation", "distance of the kernel's elements", TL_ATTR_INTS, .def = { .n = 1, .v = { 1 } },                          \
    .has_range = TRUE, .min = 1, .max = 65536 },                                                                           \
  { "groups", "parts into which channels are divided", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65536 }
// clang-format on

extern const char *const tl_conv_paddings[];

gboolean  tl_conv_infer_attrs (TlInfer *self,
                               GError **error);
gboolean  tl_conv_check_same (TlInfer *self,
                              GError **error);
void      tl_conv_get_padding (const TlAttrValue *attrs,
                               guint              axis,
                               gint64             kernel,
                               gint64            *low,
                               gint64            *high);
TlDim     tl_conv_out_dim (const TlAttrValue *attrs,
                           guint              axis,
                           TlDim              in,
                           TlDim              kernel);
gboolean  tl_conv_check_grad (TlInfer     *self,
                              const TlDim *x_shape,
                              const TlDim *weight_shape,
                              const TlDim *dy_shape,
                              GError     **error);
void      tl_conv_fill_args (TlConvArgs        *args,
                             TlDType            dtype,
                             const TlDim       *x_shape,
                             const TlDim       *weight_shape,
                             const TlAttrValue *attrs);
double    tl_conv_get_flops (const TlDim *y_shape,
                             const TlDim *weight_shape);
TlTensor *tl_conv2d_data_grad (TlTensor          *dy,
                               TlTensor          *weight,
                               const TlDim       *x_shape,
                               const TlAttrValue *attrs,
                               GError           **error);
TlTensor *tl_conv2d_weight_grad (TlTensor          *x,
                                 TlTensor          *dy,
                                 const TlDim       *weight_shape,
                                 const TlAttrValue *attrs,
                                 GError           **error);
TlTensor *tl_conv2d_with_attrs (TlTensor          *x,
                                TlTensor          *weight,
                                TlTensor          *bias,
                                const TlAttrValue *attrs,
                                GError           **error);

G_END_DECLS
