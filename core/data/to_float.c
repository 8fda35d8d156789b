/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/common.h"

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  tl_transform_make_linear (self, 1);
  return tl_data_need_float (self, error);
}

const TlTransformClass tl_transform_to_float = {
  .name = "to_float",
  .title = "ToFloat",
  .doc = "Makes every element an f32 of the same value.",
  .formula = "y = x",
  .setup = setup,
};
