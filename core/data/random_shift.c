/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/data/common.h"

enum { PADDING };

static const TlAttrSpec attrs[] = {
  { "padding", "most pixels by which the picture moves", TL_ATTR_INT, .def = { .i = 4 }, .has_range = TRUE, .min = 0, .max = 65535 },
  { NULL },
};

static gboolean
setup (TlTransformStep *self,
       TlDataset       *train,
       GError         **error)
{
  if (self->in.rank >= 2)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "random_shift: a picture has at least 2 axes, not %u", self->in.rank);
  return FALSE;
}

static gint64
draw_shift (guint32 word,
            gint64  most)
{
  return (gint64)(((guint64)word * (guint64)(2 * most + 1)) >> 32) - most;
}

static void
apply (const TlTransformStep *self,
       gconstpointer          in,
       gpointer               out,
       guint64                epoch,
       guint64                item)
{
  gint64  height = self->in.shape[self->in.rank - 2], width = self->in.shape[self->in.rank - 1];
  gsize   size = tl_dtype_size (self->in.dtype), n_row = (gsize)width * size;
  gsize   n_bytes = tl_item_type_get_n_bytes (&self->in);
  guint32 words[4];
  gint64  dy, dx, left, right;

  tl_transform_draw (self, epoch, item, words);
  dy = draw_shift (words[0], self->attrs[PADDING].i);
  dx = draw_shift (words[1], self->attrs[PADDING].i);
  left = CLAMP (dx, 0, width);
  right = CLAMP (width + dx, 0, width);
  memset (out, 0, n_bytes);
  for (gsize at = 0; at < n_bytes; at += (gsize)height * n_row)
    for (gint64 y = MAX (dy, 0); y < MIN (height + dy, height); y++) {
      const guint8 *from = (const guint8 *)in + at + (gsize)(y - dy) * n_row;
      guint8       *to = (guint8 *)out + at + (gsize)y * n_row;

      if (right > left)
        memcpy (to + (gsize)left * size, from + (gsize)(left - dx) * size, (gsize)(right - left) * size);
    }
}

const TlTransformClass tl_transform_random_shift = {
  .name = "random_shift",
  .title = "RandomShift",
  .doc = "Moves a picture by a few pixels in each direction, in training; what comes in is 0.",
  .formula = "a crop of the picture's size out of the picture padded with zeros",
  .attrs = attrs,
  .is_random = TRUE,
  .setup = setup,
  .apply = apply,
};
