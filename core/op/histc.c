/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_NODIFF },
  { NULL },
};

static const TlPort out_ports[] = { { "y", "counts, in the dtype of x", TL_PORT_NODIFF }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "bins", "how many", TL_ATTR_INT, .def = { .i = 100 }, .has_range = TRUE, .min = 1, .max = 1e9 },
  { "min", "where the first begins", TL_ATTR_FLOAT, .required = TRUE },
  { "max", "where the last ends", TL_ATTR_FLOAT, .required = TRUE },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error))
    return FALSE;
  if (!(self->attrs[1].d < self->attrs[2].d))
    return tl_infer_fail (self, TL_ERROR_VALUE, error, "min = %g is not below max = %g", self->attrs[1].d, self->attrs[2].d);
  tl_infer_out (self, 0, x->dtype, 1, &self->attrs[0].i);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *meta = &self->in[0]->meta;
  double            bins = (double)self->attrs[0].i, low = self->attrs[1].d, high = self->attrs[2].d;
  const double      numbers[] = { low, high, bins };
  const TlAttrValue first[] = { TL_INT (0) };
  TlTensor         *x, *bin, *inside, *zeros;
  TlDim             n = tl_meta_get_n_elements (meta);
  TlFormula         f;

  tl_formula_init (&f, error);
  x = tl_formula_cast (&f, tl_formula_reshape (&f, self->in[0], 1, &n), TL_DTYPE_F64);
  inside = tl_formula_numbers (&f, "select (and (a >= b, a <= c), 1, 0) + 0 * d", &x, 1, numbers, 3);
  bin = f.has_failed ? NULL : tl_formula_keep (&f, tl_map_numbers ("min (max (floor ((min (max (a, b), c) - b) / (c - b) * d), 0), d - 1)", &x, 1, numbers, 3, error));
  bin = tl_formula_map (&f, "select (b == b, a, 0)", 2, bin, x);
  zeros = tl_formula_full (&f, 1, &self->attrs[0].i, 0, TL_DTYPE_F64);
  x = tl_formula_apply (&f, &tl_op_scatter_add, first, 3, zeros, tl_formula_cast (&f, bin, TL_DTYPE_I64), tl_formula_cast (&f, inside, TL_DTYPE_F64));
  return tl_formula_into (&f, tl_formula_cast (&f, x, meta->dtype), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,40", "bins = 5, min = -1, max = 1" },
  { "20", "bins = 3, min = 0, max = 0.5" },
  { "4", "bins = 2, min = -1, max = 1", .special = "nan 1 -1" },
  { "0", "bins = 2, min = 0, max = 1" },
  { NULL },
};

const TlOpClass tl_op_histc = {
  .name = "histc",
  .group = "reduction",
  .doc = "How many elements fall into bins of one width.",
  .formula = "y[i] = number of x between min + i w and min + (i + 1) w, w = (max - min) / bins",
  .source = "elementary",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.histc(x0, bins, min, max)",
};
