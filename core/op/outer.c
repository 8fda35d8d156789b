/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "vector `[m]`" }, { "b", "vector `[n]`" }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_rank (self, 0, 1, 1, error) || !tl_infer_need_rank (self, 1, 1, 1, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  tl_infer_out (self, 0, self->in[0]->dtype, 2, (const TlDim[]){ self->in[0]->shape[0], self->in[1]->shape[0] });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) column = tl_unsqueeze (self->in[0], 1, error);

  self->dx[0] = column != NULL ? tl_mul (column, self->in[1], error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3; 4" }, { "i64:2; i64:3" }, { "1; 1" }, { "0; 2" }, { NULL } };

const TlOpClass tl_op_outer = {
  .name = "outer",
  .group = "linear algebra",
  .doc = "All products of the elements of two vectors.",
  .formula = "y[i, j] = a[i] b[j]",
  .source = "elementary",
  .in = ports,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.outer(x0, x1)",
};
