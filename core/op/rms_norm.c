/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { NORMALIZED_SHAPE,
       EPS };

static const TlPort ports[] = { { "x", "floating" }, { "weight", "scale of each element, of the normalised shape", TL_PORT_OPTIONAL }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "normalized_shape", "sizes of the last axes, which are normalised together", TL_ATTR_INTS, .required = TRUE },
  { "eps", "added to the mean square", TL_ATTR_FLOAT, .def = { .d = 1e-6 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
ends_with (const TlMeta      *meta,
           const TlAttrValue *shape)
{
  gboolean same = meta->rank >= shape->n && shape->n > 0;

  for (gint i = 0; same && i < shape->n; i++)
    same = meta->shape[meta->rank - shape->n + i] == shape->v[i];
  return same;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_infer_need_float (self, 0, error) || (tl_has_in (self, 1) && !tl_infer_need_same_dtype (self, 0, 1, error)))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    if (tl_has_in (self, i) && (!ends_with (self->in[i], self->attrs) || (i == 1 && self->in[1]->rank != self->attrs[0].n))) {
      g_autofree char *a = tl_shape_to_string (self->in[i]->shape, self->in[i]->rank);
      g_autofree char *b = tl_shape_to_string (self->attrs[0].v, (guint)self->attrs[0].n);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has shape %s, normalized_shape is %s", ports[i].name, a, b);
    }
  return tl_infer_same (self, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = (guint)self->attrs[NORMALIZED_SHAPE].n;
  g_autoptr (TlTensor) squares = tl_square (self->in[0], error);
  g_autoptr (TlTensor) mean = NULL;
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[EPS].d, FALSE);

  for (guint i = 0; i < n; i++)
    axes[i] = (gint)(self->in[0]->meta.rank - n + i);
  mean = squares != NULL ? tl_mean (squares, axes, n, TRUE, error) : NULL;
  if (tl_has_in (self, 1))
    self->dx[0] = tl_map_text ("a * rsqrt (b + c) * d", error, 4, self->in[0], mean, eps, self->in[1]);
  else
    self->dx[0] = tl_map_text ("a * rsqrt (b + c)", error, 3, self->in[0], mean, eps);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 4", "normalized_shape = {4}" }, { "2,3,4", "normalized_shape = {3, 4}, eps = 0.01" }, { "0,3; 3", "normalized_shape = {3}" }, { NULL } };

const TlOpClass tl_op_rms_norm = {
  .name = "rms_norm",
  .group = "normalisation",
  .doc = "Elements divided by the root of their mean square over the last axes.",
  .formula = "y = x / sqrt (mean x^2 + eps) weight",
  .source = "Zhang & Sennrich 2019, arXiv:1910.07467",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "RMSNormalization", 23 },
  .torch = "F.rms_norm(x0, normalized_shape, x[1] if len(x) > 1 else None, eps)",
};
