/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"
#include "core/op/sort-common.h"

static const TlPort ports[] = {
  { "x", "any tensor", TL_PORT_NODIFF },
  { "test", "elements that are looked for, same dtype", TL_PORT_NODIFF },
  { NULL },
};

static const TlPort out_ports[] = { { "y", "bool", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "invert", "whether those that do not occur are told", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_same_dtype (self, 0, 1, error))
    return FALSE;
  tl_infer_out (self, 0, TL_DTYPE_BOOL, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  TlDim             n = tl_meta_get_n_elements (&self->in[1]->meta);
  const TlAttrValue left[] = { TL_INT (0) };
  TlTensor         *sorted = NULL, *place, *found;
  TlFormula         f;

  tl_formula_init (&f, error);
  if (n == 0)
    return tl_formula_into (&f, tl_formula_full (&f, x->rank, x->shape, self->attrs[0].i != 0, TL_DTYPE_BOOL), &self->dx[0]);
  place = tl_formula_reshape (&f, self->in[1], 1, &n);
  if (!f.has_failed && tl_sort (place, 0, FALSE, &sorted, NULL, error))
    tl_formula_keep (&f, sorted);
  else
    f.has_failed = TRUE;
  place = tl_formula_apply (&f, &tl_op_searchsorted, left, 2, sorted, self->in[0]);
  found = tl_formula_apply (&f, &tl_op_take, NULL, 2, sorted, tl_formula_map (&f, "min (a, b - 1)", 2, place, tl_formula_size (&f, n, TL_DTYPE_I64)));
  return tl_formula_into (&f, tl_formula_apply (&f, self->attrs[0].i ? &tl_op_ne : &tl_op_eq, NULL, 2, found, self->in[0]), &self->dx[0]);
}

static const TlSample samples[] = {
  { "i64:3,4<9; i64:5<9" },
  { "i32:6<4; i32:2,1<4", "invert = true" },
  { "f32:4; f32:3", .special = "1 2" },
  { "i64:3; i64:0" },
  { "i64:0; i64:2" },
  { NULL },
};

const TlOpClass tl_op_isin = {
  .name = "isin",
  .group = "sorting",
  .doc = "Which elements occur among others.",
  .formula = "y[i] = (some test[j] == x[i])",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.isin(x0, x1, invert=invert)",
};
