/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/layer-private.h"

/* KEEP IN STEP: model-build.c reads shape and dtype by number. */
static const TlAttrSpec attrs[] = {
  { "shape", "sizes; free names are sizes that may change from call to call; none: whatever is given", TL_ATTR_INTS },
  { "dtype", "element type; that of the model's parameters if it is not given", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
  { NULL },
};

static const TlPort ports[] = { { NULL } };

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "an input has a value only in a model");
}

static const TlSample samples[] = { { NULL } };

const TlLayerClass tl_layer_Input = {
  .name = "Input",
  .group = "structure",
  .doc = "An input of the model.",
  .formula = "y = what is given",
  .source = "elementary",
  .in = ports,
  .attrs = attrs,
  .flags = TL_LAYER_INPUT,
  .forward = forward,
  .samples = samples,
};
