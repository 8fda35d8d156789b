/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/softmax-common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) turned = tl_neg (self->in[0], error);

  self->dx[0] = turned != NULL ? tl_softmax (turned, (gint)self->attrs[0].i, error) : NULL;
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "3,4", "dim = 0" }, { "0,3" }, { NULL } };

const TlOpClass tl_op_softmin = {
  .name = "softmin",
  .group = "activation",
  .doc = "Softmax of the negative: the smallest elements count most.",
  .formula = "y = softmax (-x)",
  .source = "Bridle 1990, doi:10.1007/978-3-642-76153-9_28",
  .in = tl_ports_x,
  .attrs = tl_softmax_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_softmax_infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "F.softmin(x0, dim)",
};
