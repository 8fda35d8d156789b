/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  self->dx[0] = tl_contiguous (self->in[0], error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4" }, { "2,3,4,5" }, { "" }, { "0" }, { NULL } };

const TlOpClass tl_op_contiguous = {
  .name = "contiguous",
  .group = "shape",
  .doc = "The same elements, in memory with the last axis fastest and without gaps.",
  .formula = "y = x",
  .source = "elementary",
  .in = tl_ports_x,
  .precision = TL_PRECISION_MOVES,
  .infer = tl_infer_same,
  .decompose = decompose,
  .samples = samples,
  .torch = "x0.contiguous()",
};
