/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/op/reduce-common.h"

enum { P = TL_REDUCE_ATTR_KEEPDIM + 1 };

static const TlAttrSpec attrs[] = {
  TL_REDUCE_ATTRS,
  { "p", "order: 2 is Euclid's, inf takes the largest, 0 counts", TL_ATTR_FLOAT, .def = { .d = 2 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_reduce_infer (self, TL_REDUCE_SUM, error) &&
         (isfinite (self->attrs[P].d) || tl_reduce_infer_not_empty (self, error));
}

static TlTensor *
powers (TlTensor *x,
        double    p,
        GError  **error)
{
  if (p == 2)
    return tl_map_text ("a * a", error, 1, x);
  if (p == 1 || !isfinite (p))
    return tl_map_text ("abs (a)", error, 1, x);
  if (p == 0)
    return tl_map_text ("a != 0", error, 1, x);
  return tl_map_numbers ("select (a == 0, select (b > 0, 0, pow (0, b)), pow (abs (select (a == 0, 1, a)), b))", &x, 1, &p, 1, error);
}

/* A root has no derivative at 0; there the gradient is 0. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_reduce_axes (self, axes);
  gboolean             keep = self->attrs[TL_REDUCE_ATTR_KEEPDIM].i != 0;
  double               p = self->attrs[P].d, root = p != 0 ? 1 / p : 1;
  g_autoptr (TlTensor) terms = powers (self->in[0], p, error);
  g_autoptr (TlTensor) sum = NULL;

  if (terms == NULL)
    return FALSE;
  sum = n == 0 ? tl_tensor_ref (terms) : isfinite (p) ? tl_sum (terms, axes, n, keep, error)
                                       : p > 0        ? tl_amax (terms, axes, n, keep, error)
                                                      : tl_amin (terms, axes, n, keep, error);
  if (p == 2)
    self->dx[0] = tl_map_text ("select (a > 0, sqrt (select (a > 0, a, 1)), a)", error, 1, sum);
  else if (p == 0 || p == 1 || !isfinite (p))
    self->dx[0] = g_steal_pointer (&sum);
  else
    self->dx[0] = tl_map_numbers ("select (a == 0, select (b > 0, a, pow (a, b)), pow (select (a == 0, 1, a), b))", &sum, 1, &root, 1, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,4" },
  { "3,4", "dim = {0}, p = 1", .kinks = "0" },
  { "2,3,4", "dim = {-1}, keepdim = true, p = inf", .kinks = "0" },
  { "2,3,4", "dim = {0, 2}, p = 3", .kinks = "0" },
  { "2,3", "dim = {1}, p = 0", .kinks = "0" },
  { "2,3", "dim = {1}, p = 0.5", .low = 0.1, .high = 1 },
  { "1" },
  { "0,3", "dim = {0}" },
  { NULL },
};

const TlOpClass tl_op_norm = {
  .name = "norm",
  .group = "reduction",
  .doc = "Vector norm over axes.",
  .formula = "y = (sum over dim of |x|^p)^(1 / p)",
  .source = "Minkowski 1896, Geometrie der Zahlen",
  .in = tl_ports_x,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "ReduceL2", 1 },
  .torch = "torch.linalg.vector_norm(x0, p, dim if dim else None, keepdim)",
};
