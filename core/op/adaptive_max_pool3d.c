/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/adaptive-common.h"

static const TlPort     ports[] = { { "x", "`[n, channels, depth, height, width]`, or without n, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_ADAPTIVE_OUTPUT_SIZE, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_adaptive_infer (self, 3, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_adaptive_decompose (self, 3, TRUE, error);
}

static const TlSample samples[] = {
  { "1,2,4,4,3", "output_size = {2, 1, 2}" },
  { "1,1,2,2,2", "output_size = {1}" },
  { NULL },
};

const TlOpClass tl_op_adaptive_max_pool3d = {
  .name = "adaptive_max_pool3d",
  .group = "pooling",
  .doc = "Largest element of as many windows as wanted over three axes.",
  .formula = "y[i] = max of x from floor (i in / out) to ceil ((i + 1) in / out)",
  .source = "He et al. 2014, arXiv:1406.4729",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GlobalMaxPool", 1 },
  .torch = "F.adaptive_max_pool3d(x0, output_size if len(output_size) > 1 else output_size[0])",
};
