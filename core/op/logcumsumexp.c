/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"
#include "core/op/scan-common.h"

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_scan_infer (self, error);
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  return tl_scan_prepare (self, TL_SCAN_LOGSUMEXP);
}

/* The logarithm of the sum of e^(x[i] - y[j]) for all j from i on, each times what @text makes of dy[j]. */
static TlTensor *
find_part (TlFormula  *f,
           TlGradient *self,
           const char *text)
{
  const TlAttrValue flip[] = { TL_INTS1 (self->attrs[0].i) };
  TlTensor         *terms = tl_formula_map (f, text, 2, self->dy[0], self->out[0]), *sums;

  if (self->in[0]->meta.rank == 0)
    return tl_formula_map (f, "exp (a + b)", 2, self->in[0], terms);
  sums = tl_formula_apply (f, &tl_op_logcumsumexp, self->attrs, 1, tl_formula_apply (f, &tl_op_flip, flip, 1, terms));
  return tl_formula_map (f, "exp (a + b)", 2, self->in[0], tl_formula_apply (f, &tl_op_flip, flip, 1, sums));
}

/* Everything stays a logarithm until the end, so that nothing overflows; that wants one sum for each sign. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor *more, *less;
  TlFormula f;

  tl_formula_init (&f, error);
  more = find_part (&f, self, "select (and (a > 0, b > log (0)), log (select (a > 0, a, 1)) - select (b > log (0), b, 0), log (0))");
  less = find_part (&f, self, "select (and (a < 0, b > log (0)), log (select (a < 0, -a, 1)) - select (b > log (0), b, 0), log (0))");
  return tl_formula_into (&f, tl_formula_map (&f, "a - b", 2, more, less), &self->dx[0]);
}

static const TlSample samples[] = {
  { "5", "dim = 0", -3, 3 },
  { "3,4", "dim = 1", -3, 3 },
  { "2,3,4", "dim = -2" },
  { "f32:4", "dim = 0", 60, 900 },
  { "f32:2,3", "dim = 1", .special = "-inf -inf 1 nan" },
  { "1", "dim = 0" },
  { "0,3", "dim = 1" },
  { NULL },
};

const TlOpClass tl_op_logcumsumexp = {
  .name = "logcumsumexp",
  .group = "reduction",
  .doc = "Logarithms of the running sums of exponentials along an axis, without overflow on the way.",
  .formula = "y[i] = ln (e^x[0] + ... + e^x[i])",
  .source = "Blanchard, Higham & Higham 2021, doi:10.1093/imanum/draa038",
  .in = tl_scan_ports,
  .attrs = tl_scan_attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.logcumsumexp(x0, dim)",
};
