/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/data/common.h"

enum { P };

static const TlAttrSpec attrs[] = {
  { "p", "probability of being flipped", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .min = 0, .max = 1 },
  { NULL },
};

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  if (self->in.rank >= 2)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "random_flip: a picture has at least 2 axes, not %u", self->in.rank);
  return FALSE;
}

static void
flip_row (const guint8 *in,
          guint8       *out,
          gsize         width,
          gsize         size)
{
  if (size == 1)
    for (gsize i = 0; i < width; i++)
      out[i] = in[width - 1 - i];
  else
    for (gsize i = 0; i < width; i++)
      memcpy (out + i * size, in + (width - 1 - i) * size, size);
}

static void
apply (const TlTransformStep *self,
       gconstpointer          in,
       gpointer               out,
       guint64                epoch,
       guint64                item)
{
  gsize   size = tl_dtype_size (self->in.dtype), width = (gsize)self->in.shape[self->in.rank - 1];
  gsize   n_bytes = tl_item_type_get_n_bytes (&self->in);
  guint32 words[4];

  tl_transform_draw (self, epoch, item, words);
  if (words[0] * 0x1p-32 >= self->attrs[P].d) {
    memcpy (out, in, n_bytes);
    return;
  }
  for (gsize at = 0; at < n_bytes; at += width * size)
    flip_row ((const guint8 *)in + at, (guint8 *)out + at, width, size);
}

const TlTransformClass tl_transform_random_flip = {
  .name = "random_flip",
  .title = "RandomFlip",
  .doc = "Exchanges left and right, in training, with a given probability.",
  .formula = "y[i] = x[width - 1 - i] with probability p",
  .attrs = attrs,
  .is_random = TRUE,
  .setup = setup,
  .apply = apply,
};
