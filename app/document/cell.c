/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

enum {
  PROP_0,
  PROP_KIND,
  PROP_ID,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (TlCell, tl_cell, G_TYPE_OBJECT)

const char *
tl_cell_kind_to_string (TlCellKind kind)
{
  static const char *const names[] = { "text", "lua", "graph" };

  g_return_val_if_fail ((guint)kind < G_N_ELEMENTS (names), NULL);

  return names[kind];
}

const char *
tl_eol_text (TlEol eol)
{
  static const char *const texts[] = { "", "\n", "\r\n" };

  return texts[eol];
}

void
tl_frame_clear (TlFrame *self)
{
  g_clear_pointer (&self->id, g_free);
  g_clear_pointer (&self->open, g_free);
  g_clear_pointer (&self->close, g_free);
}

TlFrame
tl_frame_copy (const TlFrame *self)
{
  return (TlFrame){ self->kind, g_strdup (self->id), g_strdup (self->open), g_strdup (self->close) };
}

static void
tl_cell_get_property (GObject    *object,
                      guint       prop_id,
                      GValue     *value,
                      GParamSpec *pspec)
{
  TlCell *self = TL_CELL (object);

  switch (prop_id) {
  case PROP_KIND:
    g_value_set_int (value, self->frame.kind);
    break;
  case PROP_ID:
    g_value_set_string (value, self->frame.id);
    break;
  default:
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
  }
}

static void
tl_cell_finalize (GObject *object)
{
  TlCell *self = TL_CELL (object);

  tl_frame_clear (&self->frame);
  g_string_free (self->text, TRUE);
  g_byte_array_unref (self->eols);
  g_free (self->gap);
  g_clear_pointer (&self->chunk, tl_lua_chunk_unref);
  g_clear_pointer (&self->graph, tl_graph_text_unref);
  G_OBJECT_CLASS (tl_cell_parent_class)->finalize (object);
}

static void
tl_cell_class_init (TlCellClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = tl_cell_get_property;
  object_class->finalize = tl_cell_finalize;
  props[PROP_KIND] = g_param_spec_int ("kind", NULL, NULL, TL_CELL_TEXT, TL_CELL_GRAPH, TL_CELL_TEXT,
                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  props[PROP_ID] = g_param_spec_string ("id", NULL, NULL, NULL,
                                        G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
tl_cell_init (TlCell *self)
{
  static guint64 last_uid;

  self->uid = ++last_uid;
  self->serial = 1;
  self->text = g_string_new (NULL);
  self->eols = g_byte_array_new ();
  self->gap = g_strdup ("");
  self->frame.open = g_strdup ("");
  self->frame.close = g_strdup ("");
}

TlCell *
tl_cell_new (TlCellKind kind)
{
  TlCell *self = g_object_new (TL_TYPE_CELL, NULL);

  self->frame.kind = kind;
  return self;
}

/* Takes the lines of a file; only for cells that nobody has seen yet. */
void
tl_cell_set_lines (TlCell     *self,
                   const char *data,
                   gsize       length)
{
  TlLine line = { 0 };

  while (tl_line_next (data, length, &line)) {
    guint8 eol = line.eol;

    if (self->eols->len > 0)
      g_string_append_c (self->text, '\n');
    g_string_append_len (self->text, data + line.start, line.content_end - line.start);
    g_byte_array_append (self->eols, &eol, 1);
  }
}

/* Takes text with "\n" between lines; only for cells that nobody has seen yet. */
void
tl_cell_set_text (TlCell     *self,
                  const char *text,
                  gsize       length,
                  TlEol       eol)
{
  guint8 byte = eol;

  g_string_append_len (self->text, text, length);
  for (gsize i = 0; i < length; i++)
    if (text[i] == '\n')
      g_byte_array_append (self->eols, &byte, 1);
  if (length > 0 || self->frame.kind == TL_CELL_TEXT)
    g_byte_array_append (self->eols, &byte, 1);
}

void
tl_cell_touch (TlCell *self)
{
  self->serial++;
  g_clear_pointer (&self->chunk, tl_lua_chunk_unref);
  g_clear_pointer (&self->graph, tl_graph_text_unref);
}

/* Whether the text of a prose cell ends inside a fence. */
gboolean
tl_cell_open_fence (TlCell  *self,
                    TlFence *fence)
{
  TlLine   line = { 0 };
  gboolean is_open = FALSE;
  TlFence  other;

  if (self->frame.kind != TL_CELL_TEXT || (!strstr (self->text->str, "```") && !strstr (self->text->str, "~~~")))
    return FALSE;
  while (tl_line_next (self->text->str, self->text->len, &line)) {
    const char *content = self->text->str + line.start;
    gsize       n = line.content_end - line.start;

    if (is_open && tl_fence_closes (content, n, fence))
      is_open = FALSE;
    else if (!is_open && tl_fence_open (content, n, &other)) {
      *fence = other;
      is_open = TRUE;
    }
  }
  return is_open;
}

/*
 * Writes the cell as it stands in the file.  Prose that ends inside a fence would swallow the next cell: the fence is
 * closed in the file.
 */
void
tl_cell_append (TlCell  *self,
                gboolean is_last,
                TlEol    eol,
                GString *out)
{
  const char *text = self->text->str;
  gsize       at = 0;
  TlFence     fence;

  g_string_append (out, self->frame.open);
  for (guint i = 0; i < self->eols->len; i++) {
    const char *newline = memchr (text + at, '\n', self->text->len - at);
    gsize       end = newline ? (gsize)(newline - text) : self->text->len;

    g_string_append_len (out, text + at, end - at);
    g_string_append (out, tl_eol_text (self->eols->data[i]));
    at = end + 1;
  }
  if (!is_last && tl_cell_open_fence (self, &fence)) {
    for (guint i = 0; i < fence.length; i++)
      g_string_append_c (out, fence.mark);
    g_string_append (out, tl_eol_text (eol));
  }
  g_string_append (out, self->frame.close);
  g_string_append (out, self->gap);
}

guint64
tl_cell_get_uid (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), 0);

  return self->uid;
}

TlCellKind
tl_cell_get_kind (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), TL_CELL_TEXT);

  return self->frame.kind;
}

const char *
tl_cell_get_id (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), NULL);

  return self->frame.id;
}

const char *
tl_cell_get_text (TlCell *self,
                  gsize  *length)
{
  g_return_val_if_fail (TL_IS_CELL (self), NULL);

  if (length != NULL)
    *length = self->text->len;
  return self->text->str;
}

gboolean
tl_cell_is_text (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), FALSE);

  return g_utf8_validate_len (self->text->str, self->text->len, NULL);
}

int
tl_cell_get_index (TlCell *self)
{
  guint index;

  g_return_val_if_fail (TL_IS_CELL (self), -1);

  return self->document && g_ptr_array_find (self->document->cells, self, &index) ? (int)index : -1;
}

static guint
count_lines (const char *text,
             gsize       length)
{
  guint n = 0;

  for (gsize i = 0; i < length; i++)
    n += text[i] == '\n';
  return n;
}

void
tl_cell_get_lines (TlCell *self,
                   guint  *first,
                   guint  *n_lines)
{
  TlDocument *document;

  g_return_if_fail (TL_IS_CELL (self));

  document = self->document;
  if (n_lines != NULL)
    *n_lines = self->eols->len;
  if (first == NULL)
    return;
  *first = 1 + (self->frame.open[0] != 0);
  if (document == NULL)
    return;
  *first += count_lines (document->head->str, document->head->len);
  for (guint i = 0; i < document->cells->len && document->cells->pdata[i] != self; i++) {
    TlCell *cell = document->cells->pdata[i];
    TlFence fence;

    *first += (cell->frame.open[0] != 0) + (cell->frame.close[0] != 0) + cell->eols->len;
    *first += count_lines (cell->gap, strlen (cell->gap)) + tl_cell_open_fence (cell, &fence);
  }
}

guint64
tl_cell_get_serial (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), 0);

  return self->serial;
}

TlLuaChunk *
tl_cell_get_chunk (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), NULL);

  if (self->chunk == NULL && self->frame.kind == TL_CELL_LUA)
    self->chunk = tl_lua_chunk_parse (self->text->str, self->text->len);
  return self->chunk;
}

TlGraphText *
tl_cell_get_graph (TlCell *self)
{
  g_return_val_if_fail (TL_IS_CELL (self), NULL);

  if (self->graph == NULL && self->frame.kind == TL_CELL_GRAPH)
    self->graph = tl_graph_text_parse (self->text->str, self->text->len);
  return self->graph;
}
