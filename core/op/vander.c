/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "`[n]`, floating" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "N", "columns; -1 for as many as rows", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -1, .max = 1e6 },
  { "increasing", "whether powers rise from left to right", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 1, 1, error))
    return FALSE;
  shape[0] = x->shape[0];
  shape[1] = self->attrs[0].i >= 0 ? self->attrs[0].i : x->shape[0];
  tl_infer_out (self, 0, x->dtype, 2, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  TlDim             n = self->attrs[0].i >= 0 ? self->attrs[0].i : x->shape[0];
  const TlAttrValue last[] = { TL_INT (1) }, turn[] = { TL_INTS1 (1) };
  TlTensor         *y, *parts[2];
  TlFormula         f;

  tl_formula_init (&f, error);
  y = tl_formula_full (&f, 2, (const TlDim[]){ x->shape[0], tl_dim_min (n, 1) }, 1, x->dtype);
  if (n > 1 || tl_dim_is_symbolic (n)) {
    parts[0] = y;
    parts[1] = tl_formula_expand (&f, tl_formula_unsqueeze (&f, self->in[0], 1), 2, (const TlDim[]){ x->shape[0], tl_dim_sub (n, 1) });
    parts[1] = tl_formula_apply (&f, &tl_op_cumprod, last, 1, parts[1]);
    y = tl_formula_concat (&f, 1, 2, parts);
  }
  if (!self->attrs[1].i)
    y = tl_formula_apply (&f, &tl_op_flip, turn, 1, y);
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "3" },
  { "4", "N = 2, increasing = true" },
  { "3", "N = 0" },
  { "2", "N = 1" },
  { "0", "N = 2" },
  { NULL },
};

const TlOpClass tl_op_vander = {
  .name = "vander",
  .group = "linear algebra",
  .doc = "Powers of numbers: matrices of Vandermonde.",
  .formula = "y[i, j] = x[i]^(n - 1 - j), or x[i]^j",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.vander(x0, N if N >= 0 else None, increasing)",
};
