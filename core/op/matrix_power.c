/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlAttrSpec attrs[] = {
  { "n", "how often; that of the inverse if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -1e6, .max = 1e6 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];

  if (self->attrs[0].i < 0 && !tl_linalg_check (self, 0, TRUE, error))
    return FALSE;
  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (a->shape[a->rank - 1] != a->shape[a->rank - 2]) {
    g_autofree char *shape = tl_shape_to_string (a->shape, a->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "a %s is not square", shape);
  }
  tl_infer_out (self, 0, a->dtype, a->rank, a->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64    n = ABS (self->attrs[0].i);
  TlTensor *square = self->in[0], *product = NULL;
  TlFormula f;

  tl_formula_init (&f, error);
  if (self->attrs[0].i < 0)
    square = tl_formula_apply (&f, &tl_op_inverse, NULL, 1, square);
  for (; n > 0 && !f.has_failed; n /= 2) {
    if (n % 2 != 0)
      product = product == NULL ? square : tl_formula_matmul (&f, product, square);
    if (n > 1)
      square = tl_formula_matmul (&f, square, square);
  }
  if (product == NULL)
    product = tl_linalg_identity (&f, self->in[0]);
  return tl_formula_into (&f, product, &self->dx[0]);
}

static const TlSample samples[] = { { "3,3", "n = 5" }, { "2,2,2", "n = -2" }, { "2,2", "n = 0" }, { "2,2", "n = 1" }, { "0,0", "n = 3" }, { "1,1", "n = 2" }, { NULL } };

const TlOpClass tl_op_matrix_power = {
  .name = "matrix_power",
  .group = "linear algebra",
  .doc = "Products of square matrices with themselves.",
  .formula = "y = a^n",
  .source = "Knuth 1997, The Art of Computer Programming 2, 4.6.3",
  .in = tl_linalg_square_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.matrix_power(x0, n)",
};
