/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

enum { A,
       B,
       TARGET };
enum { REDUCTION,
       MARGIN };

static const TlPort ports[] = {
  { "a", "vectors `[n, d]`, floating" },
  { "b", "other vectors, of the same shape and dtype" },
  { "target", "1 where they should be alike, -1 where not, `[n]`, same dtype", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "margin", "cosine below which there is no loss", TL_ATTR_FLOAT, .has_range = TRUE, .min = -1, .max = 1 },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, A, error) || !tl_infer_need_rank (self, A, 2, 2, error) || !tl_infer_need_same_dtype (self, A, B, error) ||
      !tl_infer_need_same_dtype (self, A, TARGET, error) || !tl_infer_need_rank (self, TARGET, 1, 1, error))
    return FALSE;
  if (!tl_meta_same_shape (self->in[A], self->in[B]) || self->in[TARGET]->shape[0] != self->in[A]->shape[0]) {
    g_autofree char *a = tl_shape_to_string (self->in[A]->shape, 2);
    g_autofree char *b = tl_shape_to_string (self->in[B]->shape, self->in[B]->rank);
    g_autofree char *target = tl_shape_to_string (self->in[TARGET]->shape, 1);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "vectors %s, %s and targets %s do not fit", a, b, target);
  }
  tl_infer_out (self, 0, self->in[A]->dtype, self->attrs[REDUCTION].i == TL_REDUCTION_NONE, self->in[A]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor            *pair[] = { self->in[A], self->in[B] };
  const TlAttrValue    values[] = { TL_INT (1), TL_FLOAT (1e-12) };
  g_autoptr (TlTensor) cosine = tl_op_apply1 (&tl_op_cosine_similarity, pair, 2, values, error);
  g_autoptr (TlTensor) margin = tl_tensor_new_number (self->attrs[MARGIN].d, FALSE);
  g_autoptr (TlTensor) rows = tl_map_text ("select (b == 1, 1 - a, select (b == -1, max (0, a - c), 0))", error, 3, cosine, self->in[TARGET], margin);

  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[REDUCTION].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4,3; 4,3; 4", "", .special = "1 -1 1 -1" },
  { "4,3; 4,3; 4", "margin = 0.3, reduction = none", .special = "1 -1 -1 1" },
  { "0,3; 0,3; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_cosine_embedding_loss = {
  .name = "cosine_embedding_loss",
  .group = "loss",
  .doc = "Loss of the angle between things that are alike (target 1) or not (target -1).",
  .formula = "1 - cos where target = 1, max (0, cos - margin) where target = -1",
  .source = "Hadsell, Chopra & LeCun 2006, doi:10.1109/CVPR.2006.100",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.cosine_embedding_loss(x0, x1, x2, margin, reduction=reduction)",
};
