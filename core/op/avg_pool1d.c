/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-nd.h"

static const TlPort     ports[] = { { "x", "`[n, channels, length]`, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, TL_POOL_COUNT_INCLUDE_PAD, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_pool_nd_infer (self, 1, FALSE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_pool_nd_decompose (self, 1, FALSE, error);
}

static const TlSample samples[] = {
  { "2,3,8", "kernel_size = {3}" },
  { "1,2,7", "kernel_size = {3}, stride = {2}, padding = {1}" },
  { "1,2,8", "kernel_size = {3}, stride = {2}, ceil_mode = true" },
  { "1,2,7", "kernel_size = {3}, stride = {2}, padding = {1}, count_include_pad = false" },
  { NULL },
};

const TlOpClass tl_op_avg_pool1d = {
  .name = "avg_pool1d",
  .group = "pooling",
  .doc = "Mean of windows over one axis.",
  .formula = "y[i] = mean of x over window i",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "AveragePool", 1 },
  .torch = "F.avg_pool1d(x0, kernel_size, stride if stride else None, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad)",
};
