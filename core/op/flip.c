/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"
#include "core/op/copies.h"

static const TlAttrSpec attrs[] = {
  { "dims", "axes that are turned round, from the end if negative", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  guint seen = 0, axis;

  for (gint i = 0; i < self->attrs[0].n; i++) {
    if (!tl_infer_axis (self, self->attrs[0].v[i], self->in[0]->rank, &axis, error))
      return FALSE;
    if ((seen >> axis & 1) != 0)
      return tl_infer_fail (self, TL_ERROR_VALUE, error, "axis %u is given twice", axis);
    seen |= 1u << axis;
  }
  tl_infer_out (self, 0, self->in[0]->dtype, self->in[0]->rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  const TlMeta *x = self->in[0];
  gboolean      empty = tl_meta_get_n_elements (x) == 0;
  TlCopiesArgs *args = tl_copies_prepare (self, empty ? 0 : 1);
  TlMeta        to = self->out[0];

  if (empty) {
    tl_prepare_data (self, TL_OPERAND_OUT (0));
    return TRUE;
  }
  for (gint i = 0; i < self->attrs[0].n && x->rank > 0; i++) {
    guint axis = tl_axis (self->attrs[0].v[i], x->rank);

    to.offset += (to.shape[axis] - 1) * to.strides[axis];
    to.strides[axis] = -to.strides[axis];
  }
  tl_copies_set_piece (args, 0, x, &to);
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  self->dx[0] = tl_op_apply1 (&tl_op_flip, self->dy, 1, self->attrs, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4", "dims = {0}" },
  { "2,3,4", "dims = {-1, 0}" },
  { "5", "dims = {0}" },
  { "i64:4", "dims = {0}" },
  { "0,2", "dims = {1}" },
  { NULL },
};

const TlOpClass tl_op_flip = {
  .name = "flip",
  .group = "shape",
  .doc = "Axes turned round.",
  .formula = "y[i] = x[n - 1 - i]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.flip(x0, dims)",
};
