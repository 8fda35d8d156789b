/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"

enum { NORMALIZED_SHAPE,
       EPS,
       AFFINE,
       BIAS };
enum { V_WEIGHT,
       V_BIAS };

static const TlAttrSpec attrs[] = {
  { "normalized_shape", "sizes of the last axes that are normalised together; none: the last axis", TL_ATTR_INTS, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 },
  { "elementwise_affine", "whether the result is scaled and shifted by parameters", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "bias", "whether it is shifted", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  const TlAttrValue *normalized = &self->attrs[NORMALIZED_SHAPE];
  const TlMeta      *x = self->n_in > 0 ? self->in[0] : NULL;
  guint              n = normalized->n > 0 ? (guint)normalized->n : 1;
  TlDim              shape[TL_TENSOR_MAX_RANK];

  if (x == NULL && normalized->n == 0)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error,
                          "normalized_shape must be given as long as the input is not known");
  if (x != NULL && (n > x->rank || (normalized->n > 0 &&
                                    memcmp (normalized->v, x->shape + x->rank - n, n * sizeof (TlDim)) != 0))) {
    g_autofree char *got = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *want = tl_shape_to_string (normalized->v, (guint)normalized->n);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input %s does not end with normalized_shape %s",
                          got, want);
  }
  memcpy (shape, normalized->n > 0 ? normalized->v : x->shape + x->rank - n, n * sizeof (TlDim));
  for (guint i = 0; i < n; i++)
    if (shape[i] < 0)
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error,
                            "the normalised axes decide the parameters and must be numbers");
  if (!self->attrs[AFFINE].i)
    return TRUE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, n, shape, (TlInit){ &tl_initializer_ones, 1 });
  if (self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, n, shape, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  TlTensor            *in[] = { self->in[0], weight, bias };
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  TlLayerForward       filled = *self;
  gint                 at = tl_attr_find (self->op->attrs, "normalized_shape");

  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  if (self->attrs[NORMALIZED_SHAPE].n == 0 && x->rank > 0)
    values[at] = TL_INTS1 (x->shape[x->rank - 1]);
  filled.op_attrs = values;
  return tl_layer_apply (&filled, in, 3, error);
}

static const TlSample samples[] = {
  { "3,4" },
  { "2,3,4", "normalized_shape = {3, 4}" },
  { "2,3,4", "elementwise_affine = false" },
  { "3,5", "bias = false" },
  { NULL },
};

const TlLayerClass tl_layer_LayerNorm = {
  .name = "LayerNorm",
  .group = "normalisation",
  .doc = "Mean 0 and variance 1 over the last axes of each item, then scaled and shifted.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ba, Kiros & Hinton 2016, arXiv:1607.06450",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "layer_norm",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.LayerNorm(normalized_shape or x0.shape[-1], eps, elementwise_affine, bias)",
};
