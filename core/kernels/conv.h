/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Convolution over one or two spatial axes, f32 and f64: forward, data gradient, weight gradient.
 *
 *     x  [N, C, in...]            channels-last memory: channel stride 1, the other strides given
 *     w  [O, C / groups, kernel...]   contiguous, the last axis fastest
 *     y  [N, O, out...]           channels-last memory, as x
 *
 *     y[n, o, i] = bias[o] + sum over c, t of  w[o, c, t] * x[n, c, i * stride + t * dilation - pad_low]
 *
 * A convolution of rank 1 is one of rank 2 whose leading axis has size 1; tl_conv_args_init() sets it so.
 *
 * The three kernels share the arguments, which always describe the forward convolution; x_stride and y_stride
 * describe the memory of x or dx and of y or dy:
 *
 *     kernel           data[]                     computes
 *     forward          x, w, bias or NULL, y      y = activation (conv (x, w) + bias)
 *     data gradient    dy, w, dx                  dx, all elements, also those no window reaches
 *     weight gradient  x, dy, dw                  dw, in the layout of w
 *
 * Order of sums: a function of the arguments and the instruction set.  Weight gradients are summed over fixed groups of
 * images, then over the groups in ascending order.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/gemm.h"
#include "core/kernels/work.h"

#define TL_CONV_MAX_SPATIAL 2

typedef struct {
  TlDType      dtype; /* TL_DTYPE_F32 or TL_DTYPE_F64 */
  int32_t      has_bias;
  TlActivation activation; /* TL_ACTIVATION_NONE or TL_ACTIVATION_RELU; forward only */
  int64_t      n, c, o, groups;
  int64_t      in[TL_CONV_MAX_SPATIAL];
  int64_t      out[TL_CONV_MAX_SPATIAL];
  int64_t      kernel[TL_CONV_MAX_SPATIAL];
  int64_t      stride[TL_CONV_MAX_SPATIAL];
  int64_t      dilation[TL_CONV_MAX_SPATIAL];
  int64_t      pad_low[TL_CONV_MAX_SPATIAL];
  int64_t      pad_high[TL_CONV_MAX_SPATIAL];
  int64_t      x_stride[1 + TL_CONV_MAX_SPATIAL]; /* of n and the spatial axes, in elements */
  int64_t      y_stride[1 + TL_CONV_MAX_SPATIAL];
} TlConvArgs;

/**
 * tl_conv_out_size:
 * @in: size of a spatial axis
 * @kernel: size of the kernel on it, at least 1
 * @stride: step of the window, at least 1
 * @dilation: distance of the kernel's elements, at least 1
 * @pad_low: zeros before the axis
 * @pad_high: zeros behind the axis
 *
 * Returns: the size of the output on this axis; 0 or less if the kernel does not fit
 */
static inline int64_t
tl_conv_out_size (int64_t in, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_low, int64_t pad_high)
{
  int64_t room = in + pad_low + pad_high - dilation * (kernel - 1) - 1;

  return room < 0 ? 0 : room / stride + 1;
}

/**
 * tl_conv_args_init:
 * @args: (out): arguments to fill
 * @dtype: element type
 *
 * Sets every size to 1, strides and dilations to 1, paddings to 0, one group, no bias, no activation.  The caller fills
 * in what differs, from the last axis backwards, then calls tl_conv_args_finish().
 */
static inline void
tl_conv_args_init (TlConvArgs *args, TlDType dtype)
{
  *args = (TlConvArgs){ .dtype = dtype, .n = 1, .c = 1, .o = 1, .groups = 1 };
  for (int d = 0; d < TL_CONV_MAX_SPATIAL; d++) {
    args->in[d] = args->out[d] = args->kernel[d] = 1;
    args->stride[d] = args->dilation[d] = 1;
  }
}

/**
 * tl_conv_args_finish:
 * @args: (inout): arguments with all sizes set but `out` and the memory strides
 *
 * Computes the output's size and the memory strides of contiguous channels-last operands.
 */
static inline void
tl_conv_args_finish (TlConvArgs *args)
{
  int64_t x = args->c, y = args->o;

  for (int d = TL_CONV_MAX_SPATIAL - 1; d >= 0; d--) {
    args->out[d] = tl_conv_out_size (args->in[d], args->kernel[d], args->stride[d], args->dilation[d],
                                     args->pad_low[d], args->pad_high[d]);
    args->x_stride[1 + d] = x;
    args->y_stride[1 + d] = y;
    x *= args->in[d];
    y *= args->out[d];
  }
  args->x_stride[0] = x;
  args->y_stride[0] = y;
}
