/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_infer_need_rank (self, 0, 2, 2, error))
    return FALSE;
  tl_infer_out (self, 0, tl_dtype_is_float (dtype) ? dtype : TL_DTYPE_I64, 0, NULL);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) diagonal = tl_op_apply1 (&tl_op_diagonal, self->in, 1, NULL, error);

  self->dx[0] = diagonal != NULL ? tl_sum (diagonal, NULL, 0, FALSE, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,3" }, { "2,4" }, { "i64:3,2" }, { "0,2" }, { NULL } };

const TlOpClass tl_op_trace = {
  .name = "trace",
  .group = "linear algebra",
  .doc = "Sum of the main diagonal of a matrix.",
  .formula = "y = sum of x[i, i]",
  .source = "elementary",
  .in = tl_ports_x,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.trace(x0)",
};
