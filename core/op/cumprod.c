/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/scan-common.h"

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_scan_prepare (self, TL_SCAN_PROD);
}

/*
 * dx[i] = y[i - 1] r[i] with r[i] = dy[i] + x[i + 1] r[i + 1]: nothing is divided, so that it is right, and has derivatives, where elements are 0.
 */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlAttrValue backwards[] = { self->attrs[0], TL_INT (TRUE) };
  TlTensor         *rest;
  TlFormula         f;

  tl_formula_init (&f, error);
  rest = tl_formula_apply (&f, &tl_op_recurrence, backwards, 2, self->in[0], self->dy[0]);
  return tl_formula_into (&f, tl_formula_map (&f, "a * b", 2, tl_scan_shift (&f, self->out[0], self->attrs[0].i, 1), rest), &self->dx[0]);
}

static const TlSample samples[] = {
  { "5", "dim = 0" },
  { "3,4", "dim = 1" },
  { "2,3,4", "dim = -2" },
  { "6", "dim = 0", .special = "2 0 3 0" },
  { "3,2", "dim = 0", .special = "0 0 1 2 0" },
  { "i64:4", "dim = 0" },
  { "i32:2,3", "dim = 0" },
  { "bool:4", "dim = 0" },
  { "3,1,1,2,1,1,1,1", "dim = 0" },
  { "1", "dim = 0" },
  { "", "dim = 0" },
  { "0,3", "dim = 1" },
  { NULL },
};

const TlOpClass tl_op_cumprod = {
  .name = "cumprod",
  .group = "reduction",
  .doc = "Running products along an axis.",
  .formula = "y[i] = x[0] ... x[i]",
  .source = "elementary",
  .in = tl_scan_ports,
  .attrs = tl_scan_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = tl_scan_infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.cumprod(x0, dim)",
};
