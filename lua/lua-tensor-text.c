/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors as readable text of bounded length.
 */
#include <math.h>

#include "lua/lua-private.h"

#define MAX_ELEMENTS 1000

typedef struct {
  TlTensor     *tensor;
  const TlMeta *meta;
  GString      *text;
  gint64        edge; /* 0: all; else only so many at each end of an axis */
  gboolean      scientific;
  gboolean      whole; /* floats without fraction */
  int           width;
} Printer;

static void
format_element (const Printer *self,
                gsize          index,
                GString       *text)
{
  double value = tl_tensor_peek_element (self->tensor, index);

  if (self->meta->dtype == TL_DTYPE_BOOL)
    g_string_append (text, value != 0 ? "true" : "false");
  else if (!tl_dtype_is_float (self->meta->dtype))
    g_string_append_printf (text, "%.0f", value);
  else if (isnan (value) || isinf (value))
    g_string_append (text, isnan (value) ? "nan" : value > 0 ? "inf"
                                                             : "-inf");
  else if (self->whole)
    g_string_append_printf (text, "%.0f.", value);
  else
    g_string_append_printf (text, self->scientific ? "%.4e" : "%.4f", value);
}

typedef void (*ElementFunc) (Printer *self,
                             gsize    index);

/* The elements that are shown, in order; brackets where @text is wanted. */
static void
walk (Printer    *self,
      guint       depth,
      gsize       index,
      gsize       n_inner,
      gboolean    brackets,
      ElementFunc func)
{
  gint64 n;

  if (depth == self->meta->rank) {
    func (self, index);
    return;
  }
  n = self->meta->shape[depth];
  n_inner = n > 0 ? n_inner / (gsize)n : 0;
  if (brackets)
    g_string_append_c (self->text, '[');
  for (gint64 i = 0; i < n; i++) {
    gboolean last_axis = depth + 1 == self->meta->rank;

    if (brackets && i > 0) {
      g_string_append (self->text, last_axis ? ", " : ",\n");
      for (guint k = 0; !last_axis && k <= depth; k++)
        g_string_append_c (self->text, ' ');
    }
    if (self->edge != 0 && i == self->edge && n > 2 * self->edge + 1) {
      if (brackets)
        g_string_append (self->text, "…");
      i = n - self->edge - 1;
      continue;
    }
    walk (self, depth + 1, index + (gsize)i * n_inner, n_inner, brackets, func);
  }
  if (brackets)
    g_string_append_c (self->text, ']');
}

static void
look (Printer *self,
      gsize    index)
{
  double value = fabs (tl_tensor_peek_element (self->tensor, index));

  if (isnan (value) || isinf (value) || value == 0)
    return;
  self->scientific = self->scientific || value >= 1e6 || value < 1e-4;
  self->whole = self->whole && value == floor (value) && value < 1e6;
}

static void
measure (Printer *self,
         gsize    index)
{
  g_autoptr (GString) text = g_string_new (NULL);

  format_element (self, index, text);
  self->width = MAX (self->width, (int)text->len);
}

static void
print (Printer *self,
       gsize    index)
{
  g_autoptr (GString) text = g_string_new (NULL);

  format_element (self, index, text);
  g_string_append_printf (self->text, "%*s", self->meta->rank > 0 ? self->width : 0, text->str);
}

/*
 * Returns: (transfer full): dtype, shape and elements; of large tensors only those at the edges
 */
char *
tl_lua_tensor_to_text (TlTensor *tensor)
{
  Printer          self = { .tensor = tensor, .meta = tl_tensor_get_meta (tensor), .whole = TRUE };
  g_autofree char *shape = tl_shape_to_string (self.meta->shape, self.meta->rank);
  gsize            n;

  self.text = g_string_new (NULL);
  if (!tl_tensor_has_data (tensor)) {
    g_string_append_printf (self.text, "tensor %s %s, traced", tl_dtype_name (self.meta->dtype), shape);
    return g_string_free (self.text, FALSE);
  }
  n = tl_tensor_get_n_elements (tensor);
  if (n > MAX_ELEMENTS)
    self.edge = self.meta->rank <= 2 ? 3 : self.meta->rank <= 4 ? 2
                                                                : 1;
  walk (&self, 0, 0, n, FALSE, look);
  self.scientific = self.scientific && !self.whole;
  walk (&self, 0, 0, n, FALSE, measure);
  if (n == 0)
    g_string_append (self.text, "[]");
  else
    walk (&self, 0, 0, n, TRUE, print);
  g_string_append_printf (self.text, "%stensor %s %s", self.meta->rank > 1 ? "\n" : "  ", tl_dtype_name (self.meta->dtype),
                          shape);
  return g_string_free (self.text, FALSE);
}
