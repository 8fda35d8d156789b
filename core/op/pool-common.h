/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the pooling rows and their gradients share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/pool.h"
#include "core/op/common.h"

G_BEGIN_DECLS

enum { TL_POOL_ATTR_KERNEL_SIZE,
       TL_POOL_ATTR_STRIDE,
       TL_POOL_ATTR_PADDING,
       TL_POOL_ATTR_CEIL_MODE,
       TL_POOL_ATTR_EXTRA,       /* max: dilation; average: count_include_pad */
       TL_POOL_ATTR_INPUT_SHAPE, /* of the gradients */
       TL_POOL_ATTR_EPILOGUE,    /* of the gradient of max */
       TL_POOL_N_ATTRS };

// clang-format off
#define TL_POOL_ATTRS                                                                                                       \
  { "kernel_size", "size of the window, one number or height and width", TL_ATTR_INTS, .required = TRUE,                    \
    .def = { .n = 1, .v = { 1 } }, .has_range = TRUE, .min = 1, .max = 65536 },                                             \
  { "stride", "step of the window; its size if not given", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = 65536 },       \
  { "padding", "elements around the picture that do not count", TL_ATTR_INTS, .def = { .n = 1, .v = { 0 } },                \
    .has_range = TRUE, .min = 0, .max = 65536 },                                                                            \
  { "ceil_mode", "whether windows that reach beyond the picture are kept", TL_ATTR_BOOL }
// clang-format on

gboolean  tl_pool_infer_shape (TlInfer *self,
                               gboolean has_dilation,
                               TlDim   *shape,
                               GError **error);
TlDim     tl_pool_get_out_dim (TlDim    in,
                               gint64   kernel,
                               gint64   stride,
                               gint64   dilation,
                               gint64   padding,
                               gboolean ceil_mode);
gint64    tl_pool_get_stride (const TlAttrValue *attrs,
                              guint              axis);
void      tl_pool_fill_args (TlPoolArgs        *args,
                             const TlMeta      *x,
                             const TlMeta      *y,
                             const TlAttrValue *attrs,
                             gboolean           has_dilation);
TlDType   tl_pool_index_dtype (const TlAttrValue *attrs);
void      tl_pool_grad_attrs (const TlAttrValue *attrs,
                              const TlMeta      *x,
                              TlAttrValue       *all);
TlTensor *tl_pool_take_layout (TlTensor     *dy,
                               const TlMeta *x,
                               GError      **error);

G_END_DECLS
