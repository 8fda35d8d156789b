/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"
#include "core/op/gather-common.h"

static const char *const reductions[] = { "amax", "amin", NULL };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "reduce", "what is made of elements that meet", TL_ATTR_ENUM, .names = reductions },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDType dtype = self->in[0]->dtype;

  if (!tl_dtype_is_float (dtype) && dtype != TL_DTYPE_I64 && dtype != TL_DTYPE_I32)
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s numbers cannot be reduced", tl_dtype_name (dtype));
  return tl_scatter_infer (self, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_gather_prepare (self, (TlScatterFold)(TL_SCATTER_MAX + self->attrs[1].i));
  self->kernel = &tl_scatter_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *x = self->in[0], *index = self->in[1], *src = self->in[2], *y = self->out[0], *dy = self->dy[0], *there, *share, *theirs, *mine, *count;
  TlFormula f;

  tl_formula_init (&f, error);
  /* Equal extremes share the gradient. */
  theirs = tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, y, index);
  theirs = tl_formula_cast (&f, tl_formula_map (&f, "select (a == b, 1, 0)", 2, src, theirs), src->meta.dtype);
  mine = tl_formula_cast (&f, tl_formula_map (&f, "select (a == b, 1, 0)", 2, x, y), x->meta.dtype);
  count = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, mine, index, theirs);
  share = tl_formula_map (&f, "a / b", 2, dy, count);
  there = tl_formula_map (&f, "a * b", 2, tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, share, index), theirs);
  share = tl_formula_map (&f, "a * b", 2, share, mine);
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_tensor_ref (share);
  if (!f.has_failed && self->needs[2])
    self->dx[2] = tl_tensor_ref (there);
  tl_formula_finish (&f, NULL);
  return !f.has_failed;
}

static const TlSample samples[] = {
  { "3,4; i64:3,2<4; 3,2", "dim = 1, reduce = amax" },
  { "2,3; i32:4,3<2; 4,3", "dim = 0, reduce = amin" },
  { "i64:3; i64:6<3; i64:6", "dim = 0, reduce = amax" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_scatter_fold = {
  .name = "scatter_fold",
  .group = "index",
  .doc = "Extremes of elements and what is put to them along an axis: scatter_reduce with all that is there.",
  .formula = "y = x, then y[index[j]] = the larger, or the smaller, of it and src[j]",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
