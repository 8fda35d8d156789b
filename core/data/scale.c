/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/common.h"

enum { FACTOR };

static const TlAttrSpec attrs[] = {
  { "factor", "what elements are multiplied with", TL_ATTR_FLOAT, .def = { .d = 1.0 / 255.0 } },
  { NULL },
};

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  tl_transform_make_linear (self, 1);
  self->scale[0] = self->attrs[FACTOR].d;
  return tl_data_need_float (self, error);
}

const TlTransformClass tl_transform_scale = {
  .name = "scale",
  .title = "Scale",
  .doc = "Multiplies every element; by default, bytes 0 to 255 become 0 to 1.",
  .formula = "y = factor x",
  .attrs = attrs,
  .setup = setup,
};
