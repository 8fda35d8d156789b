/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/cov.h"

const TlPort tl_cov_ports[] = {
  { "x", "`[variables, observations]` or `[observations]`, floating" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "correction", "taken from the number of observations", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 0, .max = 1e15 },
  { NULL },
};

gboolean
tl_cov_infer (TlInfer *self,
              GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[2];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 0, 2, error))
    return FALSE;
  shape[0] = shape[1] = x->rank == 2 ? x->shape[0] : 1;
  tl_infer_out (self, 0, x->dtype, x->rank == 2 ? 2 : 0, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  static const gint last[] = { -1 };
  const TlMeta     *meta = &self->in[0]->meta;
  TlDim             rows = meta->rank == 2 ? meta->shape[0] : 1, n = meta->rank > 0 ? meta->shape[meta->rank - 1] : 1;
  gint64            correction = self->attrs[0].i;
  TlTensor         *x, *y;
  TlFormula         f;

  tl_formula_init (&f, error);
  x = tl_formula_reshape (&f, self->in[0], 2, (const TlDim[]){ rows, n });
  x = tl_formula_map (&f, "a - b", 2, x, tl_formula_mean (&f, x, last, 1, TRUE));
  y = tl_formula_matmul (&f, x, tl_formula_transpose (&f, x));
  if (tl_dim_is_symbolic (n))
    y = tl_formula_map (&f, "a / max (b - c, 0)", 3, y, tl_formula_size (&f, n, meta->dtype), tl_formula_size (&f, correction, meta->dtype));
  else
    y = tl_formula_number (&f, "a / b", y, (double)MAX (n - correction, 0));
  return tl_formula_into (&f, meta->rank == 2 ? y : tl_formula_reshape (&f, y, 0, NULL), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,5" },
  { "2,4", "correction = 0" },
  { "6" },
  { NULL },
};

const TlOpClass tl_op_cov = {
  .name = "cov",
  .group = "reduction",
  .doc = "Covariances of variables, one a row of observations.",
  .formula = "y = (x - mean) (x - mean)' / (n - correction)",
  .source = "elementary",
  .in = tl_cov_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_cov_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.cov(x0, correction=correction)",
};
