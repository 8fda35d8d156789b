/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"
#include "core/op/gather-common.h"

static const char *const reductions[] = { "prod", "amax", "amin", NULL };

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
  tl_gather_prepare (self, (TlScatterFold)(TL_SCATTER_PROD + self->attrs[1].i));
  self->kernel = &tl_scatter_kernel;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_IN (2), TL_OPERAND_OUT (0), TL_OPERAND_INDEX_ERROR);
  return TRUE;
}

/*
 * The product of the others at a place is that of all without zeros, if there are no other zeros, and nothing is divided by 0.
 * The second derivative between two zeros of one place is not in it.  Returns the gradient of src, and @share that of x.
 */
static TlTensor *
multiply_others (TlFormula  *f,
                 TlGradient *self,
                 TlTensor  **share)
{
  TlTensor *x = self->in[0], *index = self->in[1], *src = self->in[2], *dy = self->dy[0];
  TlTensor *safe_x = tl_formula_map (f, "select (a == 0, 1, a)", 1, x), *safe_src = tl_formula_map (f, "select (a == 0, 1, a)", 1, src);
  TlTensor *zero_x = tl_formula_cast (f, tl_formula_map (f, "a == 0", 1, x), x->meta.dtype), *zero_src = tl_formula_cast (f, tl_formula_map (f, "a == 0", 1, src), x->meta.dtype);
  TlTensor *zeros = tl_formula_apply (f, &tl_op_scatter_add, self->attrs, 3, zero_x, index, zero_src);
  TlTensor *product = tl_formula_map (f, "a * b", 2, dy, tl_formula_apply (f, &tl_op_scatter_fold, self->attrs, 3, safe_x, index, safe_src));
  TlTensor *there = tl_formula_apply (f, &tl_op_gather, self->attrs, 2, product, index);

  *share = tl_formula_map (f, "select (a == b, c / d, 0)", 4, zeros, zero_x, product, safe_x);
  return tl_formula_map (f, "select (a == b, c / d, 0)", 4, tl_formula_apply (f, &tl_op_gather, self->attrs, 2, zeros, index), zero_src, there, safe_src);
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *x = self->in[0], *index = self->in[1], *src = self->in[2], *y = self->out[0], *dy = self->dy[0], *there, *share;
  TlFormula f;

  tl_formula_init (&f, error);
  if (self->attrs[1].i == 0) {
    there = multiply_others (&f, self, &share);
  } else {
    /* Equal extremes share the gradient. */
    TlTensor *theirs = tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, y, index), *mine, *count;

    theirs = tl_formula_map (&f, "select (a == b, 1, 0)", 2, src, theirs);
    theirs = tl_formula_cast (&f, theirs, src->meta.dtype);
    mine = tl_formula_cast (&f, tl_formula_map (&f, "select (a == b, 1, 0)", 2, x, y), x->meta.dtype);
    count = tl_formula_apply (&f, &tl_op_scatter_add, self->attrs, 3, mine, index, theirs);
    share = tl_formula_map (&f, "a / b", 2, dy, count);
    there = tl_formula_map (&f, "a * b", 2, tl_formula_apply (&f, &tl_op_gather, self->attrs, 2, share, index), theirs);
    share = tl_formula_map (&f, "a * b", 2, share, mine);
  }
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_tensor_ref (share);
  if (!f.has_failed && self->needs[2])
    self->dx[2] = tl_tensor_ref (there);
  tl_formula_finish (&f, NULL);
  return !f.has_failed;
}

static const TlSample samples[] = {
  { "5; i64:3<5; 3", "dim = 0", 0.5, 2 },
  { "3,4; i64:3,2<4; 3,2", "dim = 1, reduce = amax" },
  { "2,3; i32:4,3<2; 4,3", "dim = 0, reduce = amin" },
  { "i64:3; i64:6<3; i64:6", "dim = 0" },
  { "2,2; i64:0,2<2; 0,2", "dim = 0" },
  { NULL },
};

const TlOpClass tl_op_scatter_fold = {
  .name = "scatter_fold",
  .group = "index",
  .doc = "Products or extremes of elements and what is put to them along an axis: scatter_reduce with all that is there.",
  .formula = "y = x, then y[index[j]] = y[index[j]] * src[j], or the larger, or the smaller",
  .source = "elementary",
  .in = tl_scatter_ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
};
