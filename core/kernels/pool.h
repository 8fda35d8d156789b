/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Two-dimensional pooling, f32 and f64.
 *
 *     kernel              data[]
 *     max_pool_forward    x, y, index?      index: position in the window, kernel row * kernel width + column
 *     max_pool_backward   dy, index, dx, mask?   mask: like y; where it is not positive, dy counts as 0
 *     avg_pool_forward    x, y
 *     avg_pool_backward   dy, dx
 *
 * x is [n, c, h, w], y [n, c, oh, ow], each with four strides in that order; fast where both have channel stride 1
 * (channels-last).  index has y's shape in contiguous channels-last order ([n, oh, ow, c]) whatever y's strides, as u8 or i32 (u8 where
 * the window has at most 256 elements).  The first of equal elements wins; a NaN wins over numbers.
 *
 * ceil_mode and right-hand padding are in `out` alone: windows that reach beyond the input are cut.  The average's divisor is
 * the window cut to the padded input (count_include_pad) or to the input.
 *
 * Backward gathers: every input element adds the gradients of the windows it was in, in ascending order; deterministic.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  TlDType dtype;
  TlDType index_dtype; /* u8 or i32; max only */
  int32_t count_include_pad;
  int32_t has_mask; /* backward of max only */
  int64_t n, c;
  int64_t in[2];
  int64_t out[2];
  int64_t kernel[2];
  int64_t stride[2];
  int64_t pad_low[2];
  int64_t pad_high[2];
  int64_t dilation[2]; /* max only */
  int64_t x_stride[4]; /* n, c, h, w; of x and dx */
  int64_t y_stride[4]; /* of y and dy */
  int64_t mask_stride[4];
} TlPoolArgs;

/**
 * tl_pool_out_size:
 * @in: size of the axis
 * @kernel: size of the window
 * @stride: its step
 * @dilation: distance of its elements
 * @pad_low: padding before the axis
 * @pad_high: padding behind the axis
 * @ceil_mode: whether to round up; a window that would start behind the input and its left padding is dropped
 *
 * Returns: the size of the output axis, 0 if the window does not fit
 */
static inline int64_t
tl_pool_out_size (int64_t in, int64_t kernel, int64_t stride, int64_t dilation, int64_t pad_low, int64_t pad_high, int ceil_mode)
{
  int64_t room = in + pad_low + pad_high - dilation * (kernel - 1) - 1;
  int64_t out;

  if (room < 0)
    return 0;
  out = (room + (ceil_mode ? stride - 1 : 0)) / stride + 1;
  if (ceil_mode && (out - 1) * stride >= in + pad_low)
    out--;
  return out;
}
