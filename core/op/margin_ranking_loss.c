/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "a", "scores, floating" },
  { "b", "other scores, of the same shape and dtype" },
  { "target", "1 where a should be larger, -1 where b should, broadcast", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "margin", "wanted difference", TL_ATTR_FLOAT, .def = { .d = 0 } },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_loss_decompose (self, "max (0, d - c * (a - b))", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4; 3,4", "" },
  { "3,4; 3,4; 3,4", "margin = 0.5, reduction = none" },
  { "2,3; 2,3; 1,3", "reduction = sum" },
  { "0; 0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_margin_ranking_loss = {
  .name = "margin_ranking_loss",
  .group = "loss",
  .doc = "Loss of two scores whose order is wrong or too close.",
  .formula = "max (0, -target (a - b) + margin)",
  .source = "Herbrich, Graepel & Obermayer 2000, Large margin rank boundaries for ordinal regression",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.margin_ranking_loss(x0, x1, x2, margin, reduction=reduction)",
};
