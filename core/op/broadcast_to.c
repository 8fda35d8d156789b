/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static const TlAttrSpec attrs[] = { { "shape", "sizes to repeat to", TL_ATTR_INTS, .required = TRUE }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  guint         rank = (guint)self->attrs[0].n;

  for (guint i = 0; i < x->rank; i++)
    if (rank < x->rank || (x->shape[i] != 1 && x->shape[i] != self->attrs[0].v[rank - x->rank + i])) {
      g_autofree char *from = tl_shape_to_string (x->shape, x->rank);
      g_autofree char *to = tl_shape_to_string (self->attrs[0].v, rank);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s cannot be repeated to %s", from, to);
    }
  tl_infer_out (self, 0, x->dtype, rank, self->attrs[0].v);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_expand (self->in[0], (guint)self->attrs[0].n, self->attrs[0].v, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,1", "shape = {3, 4}" }, { "4", "shape = {2, 3, 4}" }, { "", "shape = {2, 2}" }, { "1", "shape = {0}" }, { NULL } };

const TlOpClass tl_op_broadcast_to = {
  .name = "broadcast_to",
  .group = "shape",
  .doc = "Repeats axes of size 1 without copying: another name of expand.",
  .formula = "y[i, j] = x[i, 0]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Expand", 8 },
  .torch = "torch.broadcast_to(x0, shape)",
};
