/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/loss-common.h"
#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "scores `[n, classes]`, or `[classes]`" },
  { "target", "class of each row `[n]`, from 0: i64, i32 or u8", TL_PORT_NODIFF },
  { "weight", "factor of each class `[classes]`, instead of the attribute", TL_PORT_OPTIONAL | TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "p", "power of what is missing: 1 or 2", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 2 },
  { "margin", "wanted difference of the scores", TL_ATTR_FLOAT, .def = { .d = 1 } },
  TL_LOSS_LAYER_CLASS_WEIGHT,
  TL_LOSS_LAYER_REDUCTION,
  { NULL },
};

enum { X,
       TARGET,
       WEIGHT };
enum { P,
       MARGIN,
       A_WEIGHT,
       REDUCTION };

/* The factor of each row: its class', [n, 1]. */
static TlTensor *
weigh (TlLayerForward *self,
       TlTensor       *index,
       GError        **error)
{
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) flat = NULL;
  g_autoptr (TlTensor) taken = NULL;
  const TlMeta        *meta = tl_tensor_get_meta (index);

  if (!tl_loss_get_factor (self, WEIGHT, A_WEIGHT, &weight, error))
    return NULL;
  if (weight == NULL)
    return tl_ones (1, (const TlDim[]){ 1 }, tl_tensor_get_dtype (self->in[X]), error);
  flat = tl_flatten (index, 0, error);
  taken = flat != NULL ? tl_gather (weight, 0, flat, error) : NULL;
  return taken != NULL ? tl_reshape (taken, meta->rank, meta->shape, error) : NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  static const gint    last = -1;
  const TlMeta        *x = tl_tensor_get_meta (self->in[X]);
  TlDim                n_classes = x->rank > 0 ? x->shape[x->rank - 1] : 0;
  g_autoptr (TlTensor) index = NULL;
  g_autoptr (TlTensor) own = NULL;
  g_autoptr (TlTensor) hot = NULL;
  g_autoptr (TlTensor) weight = NULL;
  g_autoptr (TlTensor) size = NULL;
  g_autoptr (TlTensor) terms = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (x->rank < 1 || x->rank > 2 || tl_tensor_get_rank (self->in[TARGET]) + 1u != x->rank) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "scores [n, classes] and targets [n] are wanted, or [classes] and one target, not %s", shape);
  }
  index = tl_unsqueeze (self->in[TARGET], -1, error);
  own = index != NULL ? tl_gather (self->in[X], -1, index, error) : NULL;
  hot = own != NULL ? tl_one_hot (self->in[TARGET], n_classes, x->dtype, error) : NULL;
  weight = hot != NULL ? weigh (self, index, error) : NULL;
  size = weight != NULL ? tl_size (n_classes, x->dtype, error) : NULL;
  if (size == NULL)
    return FALSE;
  terms = tl_map_numbers (self->attrs[P].i == 1 ? "(1 - c) * d * max (0, f - b + a) / e" : "(1 - c) * d * max (0, f - b + a) * max (0, f - b + a) / e",
                          (TlTensor *[]){ self->in[X], own, hot, weight, size }, 5, &self->attrs[MARGIN].d, 1, error);
  rows = terms != NULL ? tl_sum (terms, &last, 1, FALSE, error) : NULL;
  self->out[0] = tl_reduce_loss (rows, (TlReduction)self->attrs[REDUCTION].i, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "4,5; i64:4<5" },
  { "3,4; i64:3<4", "p = 2, margin = 0.5, weight = {1, 0.5, 2, 1}, reduction = none" },
  { "3,4; i64:3<4; 4", "reduction = sum" },
  { NULL },
};

const TlLayerClass tl_layer_MultiMarginLoss = {
  .name = "MultiMarginLoss",
  .group = "loss",
  .doc = "Loss of scores of other classes that come too near to the right one.",
  .formula = "loss = sum of weight[target] max (0, margin - x[target] + x[i])^p over other classes i / classes",
  .source = "Crammer & Singer 2001, On the algorithmic implementation of multiclass kernel-based vector machines",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_LOSS | TL_LAYER_CLASSES,
  .forward = forward,
  .samples = samples,
  .torch = "F.multi_margin_loss(x0, x1, p, margin, torch.tensor(weight, dtype=torch.float64) if weight else (x[2] if len(x) > 2 else None), reduction=reduction)",
};
