/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { SOURCE,
       DESTINATION };

static const TlAttrSpec attrs[] = {
  { "source", "axes that move, from the end if negative", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { "destination", "where they stand in the result", TL_ATTR_INTS, .required = TRUE, .has_range = TRUE, .min = -8, .max = 7 },
  { NULL },
};

/* The axis of the input for each axis of the result: those that do not move fill the gaps in their order. */
static gboolean
find_order (const TlAttrValue *values,
            guint              rank,
            guint             *order)
{
  guint from = 0, to = 0, next = 0;

  if (values[SOURCE].n != values[DESTINATION].n)
    return FALSE;
  for (gint i = 0; i < values[SOURCE].n; i++) {
    gint64 a = values[SOURCE].v[i], b = values[DESTINATION].v[i];

    a += a < 0 ? rank : 0;
    b += b < 0 ? rank : 0;
    if (a < 0 || a >= rank || b < 0 || b >= rank || (from >> a & 1) != 0 || (to >> b & 1) != 0)
      return FALSE;
    from |= 1u << a;
    to |= 1u << b;
    order[b] = (guint)a;
  }
  for (guint i = 0; i < rank; i++) {
    if ((to >> i & 1) != 0)
      continue;
    while ((from >> next & 1) != 0)
      next++;
    order[i] = next++;
  }
  return TRUE;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         order[TL_TENSOR_MAX_RANK];

  if (!find_order (self->attrs, x->rank, order))
    return tl_infer_fail (self, TL_ERROR_VALUE, error,
                          "source and destination must be as many axes, each once and in range for %u axes", x->rank);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[order[i]];
  tl_infer_out (self, 0, x->dtype, x->rank, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  guint order[TL_TENSOR_MAX_RANK];

  find_order (self->attrs, self->in[0]->meta.rank, order);
  self->dx[0] = tl_permute (self->in[0], order, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,4", "source = {0}, destination = {2}" },
  { "2,3,4,5", "source = {-1, 0}, destination = {0, 1}" },
  { "3,0", "source = {1}, destination = {0}" },
  { NULL },
};

const TlOpClass tl_op_movedim = {
  .name = "movedim",
  .group = "shape",
  .doc = "Axes moved to other places; the others keep their order.",
  .formula = "y.shape[destination[i]] = x.shape[source[i]]",
  .source = "elementary",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_MOVES,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.movedim(x0, source, destination)",
};
