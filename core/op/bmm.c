/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "`[b, m, k]`, floating" }, { "b", "`[b, k, n]`, same dtype" }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  gboolean      fits;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 0, 3, 3, error) ||
      !tl_infer_need_rank (self, 1, 3, 3, error))
    return FALSE;
  fits = a->shape[2] == b->shape[1] && a->shape[0] == b->shape[0];
  if (!fits) {
    g_autofree char *left = tl_shape_to_string (a->shape, 3);
    g_autofree char *right = tl_shape_to_string (b->shape, 3);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes do not fit: %s x %s", left, right);
  }
  tl_infer_out (self, 0, a->dtype, 3, (const TlDim[]){ a->shape[0], a->shape[1], b->shape[2] });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_matmul (self->in[0], self->in[1], error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "2,3,4; 2,4,2" }, { "1,1,1; 1,1,1" }, { "0,2,3; 0,3,2" }, { NULL } };

const TlOpClass tl_op_bmm = {
  .name = "bmm",
  .group = "linear algebra",
  .doc = "Products of as many pairs of matrices.",
  .formula = "y[b, i, j] = sum of a[b, i, k] b[b, k, j]",
  .source = "Goto & van de Geijn 2008, doi:10.1145/1356052.1356053",
  .in = ports,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.bmm(x0, x1)",
};
