/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "core/nn/normalized-common.h"

enum { NORMALIZED_SHAPE,
       EPS,
       AFFINE };

static const TlAttrSpec attrs[] = {
  TL_NORMALIZED_SHAPE,
  { "eps", "added to the mean square; 0: the dtype's distance from 1 to the next number", TL_ATTR_FLOAT, .has_range = TRUE, .max = 1 },
  { "elementwise_affine", "whether the result is scaled by parameters", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint n;

  if (!tl_normalized_find (self, shape, &n, error))
    return FALSE;
  if (self->attrs[AFFINE].i)
    tl_layer_declare (self, 0, "weight", TL_VARIABLE_PARAMETER, n, shape, (TlInit){ &tl_initializer_ones, 1 });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, 0);
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  TlLayerForward       filled = *self;

  if (self->attrs[EPS].d == 0) {
    for (guint i = 0; i < tl_op_get_n_attrs (self->op); i++)
      values[i] = self->op_attrs[i];
    values[tl_attr_find (self->op->attrs, "eps")].d = tl_tensor_get_dtype (self->in[0]) == TL_DTYPE_F64 ? DBL_EPSILON : FLT_EPSILON;
    filled.op_attrs = values;
  }
  return tl_normalized_apply (&filled, (TlTensor *[]){ self->in[0], weight }, weight != NULL ? 2 : 1, error);
}

static const TlSample samples[] = {
  { "3,4" },
  { "2,3,4", "normalized_shape = {3, 4}, eps = 0.01" },
  { "2,3,4", "elementwise_affine = false" },
  { NULL },
};

const TlLayerClass tl_layer_RMSNorm = {
  .name = "RMSNorm",
  .group = "normalisation",
  .doc = "The last axes of each item divided by the root of their mean square, then scaled.",
  .formula = "y = x / sqrt (mean x^2 + eps) weight",
  .source = "Zhang & Sennrich 2019, arXiv:1910.07467",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .op = "rms_norm",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.RMSNorm(normalized_shape or x0.shape[-1], eps or None, elementwise_affine)",
};
