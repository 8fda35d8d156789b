/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlAttrSpec attrs[] = { { "upper", "whether the upper triangle is read, else the lower one", TL_ATTR_BOOL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  tl_linalg_infer_out (self, 0, 1, self->in[0]->shape[self->in[0]->rank - 1], 0);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor *out[2];

  if (!tl_op_apply (&tl_op_eigh, self->in, 1, self->attrs, out, 2, error))
    return FALSE;
  self->dx[0] = out[0];
  tl_tensor_unref (out[1]);
  return TRUE;
}

static const TlSample samples[] = { { "3,3" }, { "2,3,3", "upper = true" }, { "1,1" }, { "0,0" }, { NULL } };

const TlOpClass tl_op_eigvalsh = {
  .name = "eigvalsh",
  .group = "linear algebra",
  .doc = "Eigenvalues of symmetric matrices, rising; one triangle is read and gets the gradient.",
  .formula = "a q_i = y_i q_i",
  .source = "Anderson et al. 1999, LAPACK Users' Guide",
  .in = tl_linalg_square_ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.eigvalsh(x0, UPLO='U' if upper else 'L')",
};
