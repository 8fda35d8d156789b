/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/loss-common.h"

static const TlPort ports[] = {
  { "x", "distance, floating" },
  { "target", "1 or -1, of the same shape and dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  TL_LOSS_REDUCTION,
  { "margin", "distance beyond which there is no loss", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  return tl_loss_decompose (self, "select (b != 1, max (0, c - a), 0) + select (b != -1, a, 0)", error);
}

static const TlSample samples[] = {
  { "3,4; 3,4", "" },
  { "3,4; 3,4", "reduction = none" },
  { "2,3,2; 2,3,2", "reduction = sum" },
  { "; ", "" },
  { "0; 0", "reduction = sum" },
  { NULL },
};

const TlOpClass tl_op_hinge_embedding_loss = {
  .name = "hinge_embedding_loss",
  .group = "loss",
  .doc = "Loss of a distance between things that are alike (target 1) or not (target -1).",
  .formula = "x where target = 1, max (0, margin - x) where target = -1",
  .source = "Hadsell, Chopra & LeCun 2006, doi:10.1109/CVPR.2006.100",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_loss_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.hinge_embedding_loss(x0, x1, margin, reduction=reduction)",
};
