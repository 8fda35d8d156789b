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

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_reduce_variance (self, self->attrs[2].d, error);
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

const TlOpClass tl_op_var = {
  .name = "var",
  .group = "reduction",
  .doc = "Variance over axes.",
  .formula = "y = sum over dim of (x - mean)^2 / (n - correction)",
  .source = "Bessel 1838, doi:10.1002/asna.18380152405",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.var(x0, dim if dim else None, correction=correction, keepdim=keepdim)",
};
