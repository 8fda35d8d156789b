/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-nd.h"

static const TlPort     ports[] = { { "x", "`[n, channels, length]`, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, TL_POOL_DILATION, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_pool_nd_infer (self, 1, TRUE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_pool_nd_decompose (self, 1, TRUE, error);
}

static const TlSample samples[] = {
  { "2,3,8", "kernel_size = {3}" },
  { "1,2,7", "kernel_size = {3}, stride = {2}, padding = {1}" },
  { "1,2,8", "kernel_size = {3}, stride = {2}, ceil_mode = true" },
  { "1,2,8", "kernel_size = {2}, dilation = {3}, stride = {1}" },
  { NULL },
};

const TlOpClass tl_op_max_pool1d = {
  .name = "max_pool1d",
  .group = "pooling",
  .doc = "Largest element of windows over one axis.",
  .formula = "y[i] = max of x over window i",
  .source = "Zhou & Chellappa 1988, doi:10.1109/ICNN.1988.23914",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "MaxPool", 1 },
  .torch = "F.max_pool1d(x0, kernel_size, stride if stride else None, padding, dilation=dilation, ceil_mode=ceil_mode)",
};
