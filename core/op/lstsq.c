/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

static const TlPort ports[] = {
  { "a", "matrices `[..., m, n]`, f32 or f64", TL_PORT_CONTIGUOUS },
  { "b", "right sides `[..., m, k]`, same dtype", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "rcond", "singular values up to this times the largest count as zeros; negative for the larger size times the epsilon of the dtype", TL_ATTR_FLOAT, .def = { .d = -1 }, .has_range = TRUE, .min = -1, .max = 1e300 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlMeta        turned = *a;
  const TlMeta *factors[] = { &turned, b };
  TlInfer       product = { self->op, 2, factors, NULL, 1, self->out };

  if (!tl_linalg_check (self, 0, FALSE, error) || !tl_infer_need_rank (self, 1, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  turned.shape[a->rank - 1] = a->shape[a->rank - 2];
  turned.shape[a->rank - 2] = a->shape[a->rank - 1];
  return tl_op_matmul.infer (&product, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, tl_formula_matmul (&f, tl_formula_apply (&f, &tl_op_pinv, self->attrs, 1, self->in[0]), self->in[1]), &self->dx[0]);
}

static const TlSample samples[] = { { "4,2; 4,3" }, { "2,3; 2,1" }, { "2,3,3; 3,2" }, { "1,1; 1,1", .low = 0.5, .high = 2 }, { "0,2; 0,3" }, { NULL } };

const TlOpClass tl_op_lstsq = {
  .name = "lstsq",
  .group = "linear algebra",
  .doc = "The shortest solutions with the least squares of the differences.",
  .formula = "y = pinv (a) b",
  .source = "Penrose 1956, doi:10.1017/S0305004100030929",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.pinv(x0) @ x1",
};
