/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/data/common.h"

enum { MEAN,
       STD };

static const TlAttrSpec attrs[] = {
  { "mean", "mean of each channel, or one for all", TL_ATTR_FLOATS, .required = TRUE },
  { "std", "standard deviation of each channel, or one for all; not 0", TL_ATTR_FLOATS, .required = TRUE },
  { NULL },
};

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  const TlAttrValue *mean = &self->attrs[MEAN], *std = &self->attrs[STD];
  gint               n = MAX (mean->n, std->n);
  gint64             n_channels = self->in.rank > 0 ? self->in.shape[0] : 1;

  if (mean->n < 1 || std->n < 1 || (mean->n != n && mean->n != 1) || (std->n != n && std->n != 1) ||
      (n != 1 && n != n_channels)) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE,
                 "normalize: %d means and %d deviations for %" G_GINT64_FORMAT " channels; give one for each, or one for all",
                 mean->n, std->n, n_channels);
    return FALSE;
  }
  tl_transform_make_linear (self, (gsize)n);
  for (gint i = 0; i < n; i++) {
    double deviation = std->f[std->n > 1 ? i : 0];

    if (!(deviation != 0)) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "normalize: std = %g cannot be divided by", deviation);
      return FALSE;
    }
    self->scale[i] = 1 / deviation;
    self->shift[i] = -mean->f[mean->n > 1 ? i : 0] / deviation;
  }
  return tl_data_need_float (self, error);
}

const TlTransformClass tl_transform_normalize = {
  .name = "normalize",
  .title = "Normalize",
  .doc = "Shifts and scales each channel by given numbers; the first axis of an item is its channels.",
  .formula = "y = (x - mean) / std",
  .attrs = attrs,
  .setup = setup,
};
