/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

enum { DIM,
       SIZE,
       STEP };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "size", "elements of a window", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 1, .max = 9.2e18, .alias = "dimension" },
  { "step", "distance of windows", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 9.2e18 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlMeta       *y = &self->out[0];
  guint         axis;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK - 1, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  if (!tl_dim_is_symbolic (x->shape[axis]) && self->attrs[SIZE].i > x->shape[axis]) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "a window of %" G_GINT64_FORMAT " is larger than axis %u of %s",
                          self->attrs[SIZE].i, axis, text);
  }
  *y = *x;
  y->rank = (guint8)(x->rank + 1);
  y->shape[axis] = tl_dim_add (tl_dim_floor_div (tl_dim_sub (x->shape[axis], self->attrs[SIZE].i), self->attrs[STEP].i), 1);
  y->strides[axis] = tl_dim_mul (x->strides[axis], self->attrs[STEP].i);
  y->shape[x->rank] = self->attrs[SIZE].i;
  y->strides[x->rank] = x->strides[axis];
  return TRUE;
}

/* What overlaps is added. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta     *x = &self->in[0]->meta;
  guint             axis = tl_axis (self->attrs[DIM].i, x->rank), there[TL_TENSOR_MAX_RANK], back[TL_TENSOR_MAX_RANK];
  const TlAttrValue values[] = { self->attrs[STEP], TL_INT (1), TL_INTS1 (x->shape[axis]) };
  TlTensor         *windows;
  TlFormula         f;

  for (guint i = 0; i < x->rank - 1u; i++)
    there[i] = i + (i >= axis);
  there[x->rank - 1] = axis;
  there[x->rank] = x->rank;
  for (guint i = 0; i < x->rank; i++)
    back[there[i]] = i;
  tl_formula_init (&f, error);
  windows = tl_formula_keep (&f, tl_permute (self->dy[0], there, error));
  windows = tl_formula_apply (&f, &tl_op_overlap_add, values, 1, windows);
  windows = f.has_failed ? NULL : tl_formula_keep (&f, tl_permute (windows, back, error));
  return tl_formula_into (&f, windows, &self->dx[0]);
}

static const TlSample samples[] = {
  { "7", "size = 3" },
  { "2,6", "dim = 1, size = 2, step = 2" },
  { "7,2", "size = 3, step = 2" },
  { "1", "size = 1" },
  { NULL },
};

const TlOpClass tl_op_unfold = {
  .name = "unfold",
  .group = "shape",
  .doc = "Windows along an axis, as a view; the elements of a window are the last axis.",
  .formula = "y[..., i, ..., j] = x[..., i step + j, ...]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .flags = TL_OP_VIEW,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .gradient = gradient,
  .samples = samples,
  .torch = "x0.unfold(dim, size, step)",
};
