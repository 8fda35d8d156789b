/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pool-nd.h"

static const TlPort     ports[] = { { "x", "`[n, channels, depth, height, width]`, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, TL_POOL_DILATION, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_pool_nd_infer (self, 3, TRUE, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_pool_nd_decompose (self, 3, TRUE, error);
}

static const TlSample samples[] = {
  { "1,2,4,4,5", "kernel_size = {2}" },
  { "1,2,3,4,5", "kernel_size = {2, 3, 2}, stride = {1, 2, 1}, padding = {1, 1, 0}" },
  { "1,1,3,4,4", "kernel_size = {2}, stride = {1}, dilation = {2, 1, 2}" },
  { NULL },
};

const TlOpClass tl_op_max_pool3d = {
  .name = "max_pool3d",
  .group = "pooling",
  .doc = "Largest element of windows over three axes.",
  .formula = "y[i] = max of x over window i",
  .source = "Zhou & Chellappa 1988, doi:10.1109/ICNN.1988.23914",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "MaxPool", 1 },
  .torch = "F.max_pool3d(x0, kernel_size, stride if stride else None, padding, dilation=dilation, ceil_mode=ceil_mode)",
};
