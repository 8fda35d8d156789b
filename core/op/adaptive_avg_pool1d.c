/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/adaptive-common.h"

static const TlPort     ports[] = { { "x", "`[n, channels, length]`, or without n, floating" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_ADAPTIVE_OUTPUT_SIZE, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_adaptive_infer (self, 1, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_adaptive_decompose (self, 1, FALSE, error);
}

static const TlSample samples[] = {
  { "2,3,8", "output_size = {4}" },
  { "1,2,7", "output_size = {3}" },
  { "2,5", "output_size = {1}" },
  { NULL },
};

const TlOpClass tl_op_adaptive_avg_pool1d = {
  .name = "adaptive_avg_pool1d",
  .group = "pooling",
  .doc = "Mean of as many windows as wanted over one axis.",
  .formula = "y[i] = mean of x from floor (i in / out) to ceil ((i + 1) in / out)",
  .source = "He et al. 2014, arXiv:1406.4729",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "GlobalAveragePool", 1 },
  .torch = "F.adaptive_avg_pool1d(x0, output_size if len(output_size) > 1 else output_size[0])",
};
