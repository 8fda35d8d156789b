/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/addmm-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_addmm_infer (self, 2, error);
}

static const TlSample samples[] = {
  { "3,2; 3,4; 4,2" },
  { "2; 3,4; 4,2", "beta = 0.5, alpha = 2" },
  { "1,1; 1,1; 1,1" },
  { "0,2; 0,3; 3,2" },
  { NULL },
};

const TlOpClass tl_op_addmm = {
  .name = "addmm",
  .group = "linear algebra",
  .doc = "Product of matrices, and something added.",
  .formula = "y = beta x + alpha a b",
  .source = "Dongarra et al. 1990, doi:10.1145/77626.79170",
  .in = tl_addmm_ports,
  .attrs = tl_addmm_attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = tl_addmm_decompose,
  .samples = samples,
  .onnx = { "Gemm", 13 },
  .torch = "torch.addmm(x0, x1, x2, beta=beta, alpha=alpha)",
};
