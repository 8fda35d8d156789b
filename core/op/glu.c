/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = {
  { "dim", "axis that is halved, from the end if negative", TL_ATTR_INT, .def = { .i = -1 }, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK], half;
  guint         axis;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) ||
      !tl_infer_axis (self, self->attrs[0].i, x->rank, &axis, error))
    return FALSE;
  half = tl_dim_floor_div (x->shape[axis], 2);
  if (tl_dim_is_symbolic (x->shape[axis]) || half * 2 != x->shape[axis]) {
    g_autofree char *text = tl_shape_to_string (x->shape, x->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u of %s cannot be halved", axis, text);
  }
  for (guint i = 0; i < x->rank; i++)
    shape[i] = i == axis ? half : x->shape[i];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 rank = self->in[0]->meta.rank, axis = (gint)self->attrs[0].i;
  gint64               half = self->in[0]->meta.shape[axis < 0 ? axis + rank : axis] / 2;
  g_autoptr (TlTensor) a = tl_narrow (self->in[0], axis, 0, half, error);
  g_autoptr (TlTensor) b = a != NULL ? tl_narrow (self->in[0], axis, half, half, error) : NULL;

  self->dx[0] = tl_map_text ("a * sigmoid (b)", error, 2, a, b);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "4,3", "dim = 0" }, { "2,6,3", "dim = -2" }, { "0,2" }, { NULL } };

const TlOpClass tl_op_glu = {
  .name = "glu",
  .group = "activation",
  .doc = "Gated linear unit: one half of an axis opens and closes the other.",
  .formula = "y = a sigmoid b, where x = [a, b] along dim",
  .source = "Dauphin et al. 2017, arXiv:1612.08083",
  .in = tl_ports_x,
  .attrs = attrs,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.glu(x0, dim)",
};
