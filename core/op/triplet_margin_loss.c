/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

enum { ANCHOR,
       POSITIVE,
       NEGATIVE };
enum { REDUCTION,
       MARGIN,
       P,
       EPS,
       SWAP };

static const TlPort ports[] = {
  { "anchor", "vectors `[..., d]`, floating" },
  { "positive", "vectors that should lie near, of the same shape and dtype" },
  { "negative", "vectors that should lie far, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "margin", "wanted difference of the distances", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "p", "order of the norm", TL_ATTR_FLOAT, .def = { .d = 2 } },
  { "eps", "added to the differences", TL_ATTR_FLOAT, .def = { .d = 1e-6 } },
  { "swap", "whether the negative also counts as far from the positive, if that is nearer to it than the anchor", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_rank (self, 0, 1, TL_TENSOR_MAX_RANK, error) || !tl_loss_infer (self, error))
    return FALSE;
  if (self->attrs[REDUCTION].i == TL_REDUCTION_NONE)
    self->out[0].rank--;
  tl_infer_out (self, 0, self->in[0]->dtype, self->out[0].rank, self->in[0]->shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlTensor            *near[] = { self->in[ANCHOR], self->in[POSITIVE] }, *far[] = { self->in[ANCHOR], self->in[NEGATIVE] }, *between[] = { self->in[POSITIVE], self->in[NEGATIVE] };
  const TlAttrValue    values[] = { self->attrs[P], self->attrs[EPS], TL_INT (FALSE) };
  g_autoptr (TlTensor) a = tl_op_apply1 (&tl_op_pairwise_distance, near, 2, values, error);
  g_autoptr (TlTensor) b = a != NULL ? tl_op_apply1 (&tl_op_pairwise_distance, far, 2, values, error) : NULL;
  g_autoptr (TlTensor) c = b != NULL && self->attrs[SWAP].i != 0 ? tl_op_apply1 (&tl_op_pairwise_distance, between, 2, values, error) : NULL;
  g_autoptr (TlTensor) margin = tl_tensor_new_number (self->attrs[MARGIN].d, FALSE);
  g_autoptr (TlTensor) rows = NULL;

  if (b == NULL || (self->attrs[SWAP].i != 0 && c == NULL))
    return FALSE;
  rows = c != NULL ? tl_map_text ("max (0, a - min (b, d) + c)", error, 4, a, b, margin, c) : tl_map_text ("max (0, a - b + c)", error, 3, a, b, margin);

  self->dx[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[REDUCTION].i, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,4; 3,4" }, { "3,4; 3,4; 3,4", "p = 1, margin = 0.3, reduction = none" }, { "4; 4; 4", "reduction = sum" }, { "5,3; 5,3; 5,3", "swap = true, margin = 2" }, { NULL } };

const TlOpClass tl_op_triplet_margin_loss = {
  .name = "triplet_margin_loss",
  .group = "loss",
  .doc = "Loss of an anchor that is nearer to a negative than to a positive example.",
  .formula = "max (0, |anchor - positive| - |anchor - negative| + margin)",
  .source = "Balntas et al. 2016, doi:10.5244/C.30.119",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.triplet_margin_loss(x0, x1, x2, margin, p, eps, swap, reduction=reduction)",
};
