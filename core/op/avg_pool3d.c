/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-nd.h"

static const TlPort     ports[] = { { "x", "`[n, channels, depth, height, width]`, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, TL_POOL_COUNT_INCLUDE_PAD, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_pool_nd_infer (self, 3, FALSE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_pool_nd_decompose (self, 3, FALSE, error);
}

static const TlSample samples[] = {
  { "1,2,4,4,5", "kernel_size = {2}" },
  { "1,2,3,4,5", "kernel_size = {2, 3, 2}, stride = {1, 2, 1}, padding = {1, 1, 0}" },
  { "1,1,3,4,5", "kernel_size = {2, 3, 2}, stride = {1, 2, 1}, padding = {1, 1, 0}, count_include_pad = false" },
  { NULL },
};

const TlOpClass tl_op_avg_pool3d = {
  .name = "avg_pool3d",
  .group = "pooling",
  .doc = "Mean of windows over three axes.",
  .formula = "y[i] = mean of x over window i",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "AveragePool", 1 },
  .torch = "F.avg_pool3d(x0, kernel_size, stride if stride else None, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad)",
};
