/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { DIM,
       START,
       LENGTH };

static const TlAttrSpec attrs[] = {
  { "dim", "axis, from the end if negative", TL_ATTR_INT, .has_range = TRUE, .min = -8, .max = 7 },
  { "start", "first position, from the end if negative", TL_ATTR_INT, .required = TRUE },
  { "length", "number of positions", TL_ATTR_INT, .required = TRUE, .has_range = TRUE, .min = 0, .max = 9.2e18 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  gint64        start = self->attrs[START].i, length = self->attrs[LENGTH].i;
  guint         axis;

  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[DIM].i, x->rank, &axis, error))
    return FALSE;
  if (!tl_dim_is_symbolic (x->shape[axis])) {
    start += start < 0 ? x->shape[axis] : 0;
    if (start < 0 || start > x->shape[axis] || length > x->shape[axis] - start) {
      g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

      return tl_infer_fail (self, TL_ERROR_VALUE, error,
                            "%" G_GINT64_FORMAT " positions from %" G_GINT64_FORMAT " on are not in axis %u of %s", length,
                            self->attrs[START].i, axis, text);
    }
  }
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == axis ? length : x->shape[i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta *x = &self->in[0]->meta;
  TlDim         start = self->attrs[START].i;

  if (start < 0)
    start = tl_dim_sub (x->shape[tl_axis (self->attrs[DIM].i, x->rank)], -start);
  self->dx[0] = tl_narrow (self->in[0], (gint)self->attrs[DIM].i, start, self->attrs[LENGTH].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "5,4", "start = 1, length = 3" },
  { "2,6", "dim = 1, start = -3, length = 2" },
  { "4", "dim = -1, start = 2, length = 0" },
  { NULL },
};

const TlOpClass tl_op_narrow = {
  .name = "narrow",
  .group = "shape",
  .doc = "Neighbouring positions along an axis, as a view.",
  .formula = "y[i] = x[start + i]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Slice", 1 },
  .torch = "torch.narrow(x0, dim, start, length)",
};
