/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "vector `[n]`" }, { "b", "vector `[n]`, same dtype" }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_infer_need_rank (self, 0, 1, 1, error) || !tl_infer_need_rank (self, 1, 1, 1, error) || !tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  if (self->in[0]->shape[0] != self->in[1]->shape[0]) {
    g_autofree char *a = tl_shape_to_string (self->in[0]->shape, 1);
    g_autofree char *b = tl_shape_to_string (self->in[1]->shape, 1);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes differ: %s and %s", a, b);
  }
  tl_infer_out (self, 0, dtype, 0, NULL);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) products = tl_mul (self->in[0], self->in[1], error);
  g_autoptr (TlTensor) sum = products != NULL ? tl_sum (products, NULL, 0, FALSE, error) : NULL;

  self->dx[0] = sum != NULL ? tl_cast (sum, self->in[0]->meta.dtype, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "4; 4" }, { "i64:3; i64:3" }, { "1; 1" }, { "0; 0" }, { NULL } };

const TlOpClass tl_op_dot = {
  .name = "dot",
  .group = "linear algebra",
  .doc = "Sum of the products of two vectors.",
  .formula = "y = sum of a[i] b[i]",
  .source = "elementary",
  .in = ports,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.dot(x0, x1)",
};
