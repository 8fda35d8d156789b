/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/reduce-common.h"

static const TlAttrSpec attrs[] = {
  TL_REDUCE_ATTRS,
  { "correction", "subtracted from the number of elements: 1 estimates from a sample, 0 describes a whole", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_reduce_infer (self, TL_REDUCE_MEAN, error);
}

/* Where all elements are equal the root has no derivative; then the gradient is 0. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) variance = tl_reduce_variance (self, self->attrs[2].d, error);

  self->dx[0] = tl_map_text ("select (a > 0, sqrt (select (a > 0, a, 1)), a)", error, 1, variance);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4" },
  { "3,4", "dim = {0}" },
  { "2,3,4", "dim = {-1}, keepdim = true, correction = 0" },
  { "2,3,4", "dim = {0, 2}" },
  { "5,1", "dim = {0}" },
  { NULL },
};

const TlOpClass tl_op_std = {
  .name = "std",
  .group = "reduction",
  .doc = "Standard deviation over axes.",
  .formula = "y = sqrt (sum over dim of (x - mean)^2 / (n - correction))",
  .source = "Pearson 1894, doi:10.1098/rsta.1894.0003",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.std(x0, dim if dim else None, correction=correction, keepdim=keepdim)",
};
