/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlPort ports[] = { { "a", "`[m, k]`, floating" }, { "b", "`[k]`, same dtype" }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  gboolean      fits;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) || !tl_infer_need_rank (self, 0, 2, 2, error) ||
      !tl_infer_need_rank (self, 1, 1, 1, error))
    return FALSE;
  fits = a->shape[1] == b->shape[0];
  if (!fits) {
    g_autofree char *left = tl_shape_to_string (a->shape, 2);
    g_autofree char *right = tl_shape_to_string (b->shape, 1);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes do not fit: %s x %s", left, right);
  }
  tl_infer_out (self, 0, a->dtype, 1, (const TlDim[]){ a->shape[0] });
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) column = tl_unsqueeze (self->in[1], 1, error);
  g_autoptr (TlTensor) y = column != NULL ? tl_matmul (self->in[0], column, error) : NULL;

  self->dx[0] = y != NULL ? tl_squeeze (y, -1, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 4" }, { "1,1; 1" }, { "0,2; 2" }, { NULL } };

const TlOpClass tl_op_mv = {
  .name = "mv",
  .group = "linear algebra",
  .doc = "Product of a matrix with a vector.",
  .formula = "y[i] = sum of a[i, k] b[k]",
  .source = "Goto & van de Geijn 2008, doi:10.1145/1356052.1356053",
  .in = ports,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.mv(x0, x1)",
};
