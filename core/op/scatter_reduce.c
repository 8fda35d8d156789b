/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/formula.h"
#include "core/op/gather-common.h"

enum { SUM,
       MEAN,
       PROD,
       AMAX,
       AMIN };

static const char *const reductions[] = { "sum", "mean", "prod", "amax", "amin", NULL };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "reduce", "what is made of elements that meet", TL_ATTR_ENUM, .required = TRUE, .names = reductions },
  { "include_self", "whether the element of x is one of them", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_dtype_is_float (dtype) && ((dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_I32) || self->attrs[1].i == MEAN))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s numbers cannot be reduced to their %s", tl_dtype_name (dtype), reductions[self->attrs[1].i]);
  return tl_scatter_infer (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta, *src = &self->in[2]->meta;
  gint64            reduce = self->attrs[1].i;
  const TlAttrValue fold[] = { self->attrs[0], TL_INT (reduce - AMAX) };
  double            largest = x->dtype == TL_DTYPE_I64 ? -9223372036854775808.0 : x->dtype == TL_DTYPE_I32 ? G_MININT32
                                                                                                           : -INFINITY;
  double            starts[] = { 0, 0, 1, largest, x->dtype == TL_DTYPE_I64 ? 9223372036854774784.0 : x->dtype == TL_DTYPE_I32 ? G_MAXINT32
                                                                                                                               : INFINITY };
  TlTensor         *y = self->in[0], *index = self->in[1], *count;
  TlFormula         f;

  tl_formula_init (&f, error);
  if (!self->attrs[2].i)
    y = tl_formula_apply (&f, &tl_op_scatter, self->attrs, 3, y, index, tl_formula_full (&f, src->rank, src->shape, starts[reduce], x->dtype));
  if (reduce == PROD)
    return tl_formula_into (&f, tl_formula_apply (&f, &tl_op_scatter_prod, self->attrs, 3, y, index, self->in[2]), &self->dx[0]);
  if (reduce >= AMAX)
    return tl_formula_into (&f, tl_formula_apply (&f, &tl_op_scatter_fold, fold, 3, y, index, self->in[2]), &self->dx[0]);
  y = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, y, index, self->in[2]);
  if (reduce == MEAN) {
    count = tl_formula_full (&f, x->rank, x->shape, self->attrs[2].i ? 1 : 0, x->dtype);
    count = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, count, index, tl_formula_full (&f, src->rank, src->shape, 1, x->dtype));
    y = tl_formula_map (&f, "a / max (b, 1)", 2, y, count);
  }
  return tl_formula_into (&f, y, &self->dx[0]);
}

static const TlSample samples[] = {
  { "5; i64:3<5; 3", "dim = 0, reduce = sum" },
  { "3,4; i64:3,2<4; 3,2", "dim = 1, reduce = mean" },
  { "3,4; i64:3,2<4; 3,2", "dim = 1, reduce = mean, include_self = false" },
  { "4; i64:6<4; 6", "dim = 0, reduce = prod", 0.5, 2 },
  { "4; i64:6<4; 6", "dim = 0, reduce = prod, include_self = false", 0.5, 2 },
  { "4; i64:9<4; 9", "dim = 0, reduce = prod", .special = "0 2 1 3 0 0" },
  { "3,3; i64:2,5<3; 2,5", "dim = 1, reduce = prod, include_self = false", .special = "1 0 0 2 0 0" },
  { "2,3; i32:4,3<2; 4,3", "dim = 0, reduce = amax" },
  { "2,3; i32:4,3<2; 4,3", "dim = 0, reduce = amin, include_self = false" },
  { "i64:3; i64:6<3; i64:6", "dim = 0, reduce = amax, include_self = false" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0, reduce = sum" },
  { NULL },
};

const TlOpClass tl_op_scatter_reduce = {
  .name = "scatter_reduce",
  .group = "index",
  .doc = "Elements put along an axis by an index for each of them; what meets at one place is reduced to one number.",
  .formula = "y[i] = reduce of x[i] and all src[j] with index[j] = i",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.scatter_reduce(x0, dim, x1.long(), x2, reduce, include_self=include_self)",
};
