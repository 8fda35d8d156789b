/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/cell-buffer.h"

#include <adwaita.h>
#include <string.h>

struct _TlCellBuffer {
  GtkSourceBuffer parent_instance;

  /* owned */
  TlDocument *document;
  TlCell     *cell;

  GtkTextTag *error_tag;
  GtkTextTag *syntax_tag;
  gboolean    is_syncing; /* what happens to the buffer comes from the document */
  gboolean    is_editing; /* what happens to the document comes from the buffer */
};

G_DEFINE_FINAL_TYPE (TlCellBuffer, tl_cell_buffer, GTK_SOURCE_TYPE_BUFFER)

/* --- towards the document -------------------------------------------------------------------------------------------- */

static gboolean
replace (TlCellBuffer *self,
         int           first,
         int           end,
         const char   *text,
         gssize        n_bytes)
{
  g_autoptr (TlDocument) document = g_object_ref (self->document);
  gsize                  length;
  const char            *old = tl_cell_get_text (self->cell, &length);
  gsize                  start_byte = tl_text_offset_of_char (old, length, (gsize)first);
  gsize                  end_byte = tl_text_offset_of_char (old, length, (gsize)end);
  gboolean               done;

  self->is_editing = TRUE;
  done = tl_document_replace_text (document, self->cell, start_byte, end_byte - start_byte, text, n_bytes, NULL);
  self->is_editing = FALSE;
  return done;
}

/* Pasted text may hold carriage returns and NULs, which the text of a cell has not. */
static char *
clean (const char *text,
       int         length,
       gsize      *n_bytes)
{
  GString *result = g_string_sized_new ((gsize)length);

  for (int i = 0; i < length; i++) {
    if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
      continue;
    if (text[i] != '\0')
      g_string_append_c (result, text[i] == '\r' ? '\n' : text[i]);
  }
  *n_bytes = result->len;
  return g_string_free (result, FALSE);
}

static void
tl_cell_buffer_insert_text (GtkTextBuffer *buffer,
                            GtkTextIter   *iter,
                            const char    *text,
                            int            length)
{
  TlCellBuffer    *self = TL_CELL_BUFFER (buffer);
  g_autofree char *cleaned = NULL;
  gsize            n_bytes;
  int              place = gtk_text_iter_get_offset (iter);

  cleaned = clean (text, length < 0 ? (int)strlen (text) : length, &n_bytes);
  if (!self->is_syncing && !replace (self, place, place, cleaned, (gssize)n_bytes))
    return;
  GTK_TEXT_BUFFER_CLASS (tl_cell_buffer_parent_class)->insert_text (buffer, iter, cleaned, (int)n_bytes);
}

static void
tl_cell_buffer_delete_range (GtkTextBuffer *buffer,
                             GtkTextIter   *start,
                             GtkTextIter   *end)
{
  TlCellBuffer *self = TL_CELL_BUFFER (buffer);

  gtk_text_iter_order (start, end);
  if (!self->is_syncing && !replace (self, gtk_text_iter_get_offset (start), gtk_text_iter_get_offset (end), "", 0))
    return;
  GTK_TEXT_BUFFER_CLASS (tl_cell_buffer_parent_class)->delete_range (buffer, start, end);
}

/* --- from the document ----------------------------------------------------------------------------------------------- */

/* Brings the buffer to the cell's text, touching only what differs so that cursor and scroll stay. */
static void
sync_text (TlCellBuffer *self)
{
  GtkTextBuffer   *buffer = GTK_TEXT_BUFFER (self);
  g_autofree char *old = NULL;
  g_autofree char *new_text = NULL;
  GtkTextIter      start, end;
  const char      *a, *b, *old_end, *new_end;
  int              prefix = 0;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  old = gtk_text_buffer_get_text (buffer, &start, &end, TRUE);
  new_text = g_utf8_make_valid (tl_cell_get_text (self->cell, NULL), -1);
  if (strcmp (old, new_text) == 0)
    return;
  for (a = old, b = new_text; *a != '\0' && g_utf8_get_char (a) == g_utf8_get_char (b); prefix++) {
    a = g_utf8_next_char (a);
    b = g_utf8_next_char (b);
  }
  old_end = a + strlen (a);
  new_end = b + strlen (b);
  while (old_end > a && new_end > b) {
    const char *p = g_utf8_prev_char (old_end);
    const char *q = g_utf8_prev_char (new_end);

    if (g_utf8_get_char (p) != g_utf8_get_char (q))
      break;
    old_end = p;
    new_end = q;
  }
  self->is_syncing = TRUE;
  gtk_text_buffer_get_iter_at_offset (buffer, &start, prefix);
  gtk_text_buffer_get_iter_at_offset (buffer, &end, prefix + (int)g_utf8_strlen (a, old_end - a));
  gtk_text_buffer_delete (buffer, &start, &end);
  gtk_text_buffer_insert (buffer, &start, b, (int)(new_end - b));
  self->is_syncing = FALSE;
}

static void
update_syntax (TlCellBuffer *self)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self);
  TlLuaChunk    *chunk = tl_cell_get_chunk (self->cell);
  GtkTextIter    from, to;
  gsize          start, end, length;
  const char    *text = tl_cell_get_text (self->cell, &length);

  gtk_text_buffer_get_bounds (buffer, &from, &to);
  gtk_text_buffer_remove_tag (buffer, self->syntax_tag, &from, &to);
  if (chunk == NULL || tl_lua_chunk_get_error (chunk, NULL, NULL, &start, &end) == NULL)
    return;
  /* An error at the very end of the text is what typing looks like; nothing is marked for it. */
  if (start >= length)
    return;
  gtk_text_buffer_get_iter_at_offset (buffer, &from, (int)tl_text_chars_before (text, length, start));
  gtk_text_buffer_get_iter_at_offset (buffer, &to, (int)tl_text_chars_before (text, length, MAX (end, start + 1)));
  gtk_text_buffer_apply_tag (buffer, self->syntax_tag, &from, &to);
}

static void
cell_changed_cb (TlDocument *document,
                 TlCell     *cell,
                 guint64     start,
                 guint64     n_removed,
                 guint64     n_inserted,
                 gpointer    user_data)
{
  TlCellBuffer *self = user_data;

  if (cell != self->cell)
    return;
  if (self->is_editing)
    return;
  sync_text (self);
  tl_cell_buffer_mark_error (self, 0);
  update_syntax (self);
}

static void
tl_cell_buffer_changed (GtkTextBuffer *buffer)
{
  TlCellBuffer *self = TL_CELL_BUFFER (buffer);

  GTK_TEXT_BUFFER_CLASS (tl_cell_buffer_parent_class)->changed (buffer);
  if (self->cell == NULL || self->is_syncing)
    return;
  tl_cell_buffer_mark_error (self, 0);
  update_syntax (self);
}

static void
update_scheme (TlCellBuffer *self)
{
  GtkSourceStyleSchemeManager *manager = gtk_source_style_scheme_manager_get_default ();
  gboolean                     is_dark = adw_style_manager_get_dark (adw_style_manager_get_default ());

  gtk_source_buffer_set_style_scheme (
    GTK_SOURCE_BUFFER (self),
    gtk_source_style_scheme_manager_get_scheme (manager, is_dark ? "trellis-dark" : "trellis"));
}

gsize
tl_cell_buffer_get_offset (TlCellBuffer      *self,
                           const GtkTextIter *iter)
{
  gsize       length;
  const char *text = tl_cell_get_text (self->cell, &length);

  return tl_text_offset_of_char (text, length, (gsize)gtk_text_iter_get_offset (iter));
}

void
tl_cell_buffer_mark_error (TlCellBuffer *self,
                           guint         line)
{
  GtkTextBuffer *buffer = GTK_TEXT_BUFFER (self);
  GtkTextIter    start, end;

  g_return_if_fail (TL_IS_CELL_BUFFER (self));

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  gtk_text_buffer_remove_tag (buffer, self->error_tag, &start, &end);
  if (line == 0)
    return;
  gtk_text_buffer_get_iter_at_line (buffer, &start, (int)line - 1);
  end = start;
  if (!gtk_text_iter_forward_line (&end))
    gtk_text_buffer_get_end_iter (buffer, &end);
  gtk_text_buffer_apply_tag (buffer, self->error_tag, &start, &end);
}

/* The table of tags is there only once the buffer is constructed. */
static void
tl_cell_buffer_constructed (GObject *object)
{
  TlCellBuffer *self = TL_CELL_BUFFER (object);
  GdkRGBA       error = { 0.84f, 0.37f, 0.0f, 0.16f };
  GdkRGBA       line = { 0.84f, 0.37f, 0.0f, 1.0f };

  G_OBJECT_CLASS (tl_cell_buffer_parent_class)->constructed (object);
  self->error_tag = gtk_text_buffer_create_tag (GTK_TEXT_BUFFER (self), NULL, "paragraph-background-rgba", &error, NULL);
  self->syntax_tag = gtk_text_buffer_create_tag (GTK_TEXT_BUFFER (self), NULL, "underline", PANGO_UNDERLINE_ERROR,
                                                 "underline-rgba", &line, NULL);
}

static void
tl_cell_buffer_dispose (GObject *object)
{
  TlCellBuffer *self = TL_CELL_BUFFER (object);

  g_clear_object (&self->document);
  g_clear_object (&self->cell);
  G_OBJECT_CLASS (tl_cell_buffer_parent_class)->dispose (object);
}

static void
tl_cell_buffer_class_init (TlCellBufferClass *klass)
{
  GtkTextBufferClass *buffer_class = GTK_TEXT_BUFFER_CLASS (klass);

  G_OBJECT_CLASS (klass)->constructed = tl_cell_buffer_constructed;
  G_OBJECT_CLASS (klass)->dispose = tl_cell_buffer_dispose;
  buffer_class->insert_text = tl_cell_buffer_insert_text;
  buffer_class->delete_range = tl_cell_buffer_delete_range;
  buffer_class->changed = tl_cell_buffer_changed;
}

static void
tl_cell_buffer_init (TlCellBuffer *self)
{
}

TlCellBuffer *
tl_cell_buffer_new (TlDocument *document,
                    TlCell     *cell)
{
  GtkSourceLanguageManager *languages = gtk_source_language_manager_get_default ();
  TlCellBuffer             *self = g_object_new (TL_TYPE_CELL_BUFFER, NULL);
  gboolean                  is_prose = tl_cell_get_kind (cell) == TL_CELL_TEXT;
  GtkTextIter               start;

  self->document = g_object_ref (document);
  self->cell = g_object_ref (cell);
  gtk_text_buffer_set_enable_undo (GTK_TEXT_BUFFER (self), FALSE);
  gtk_source_buffer_set_language (GTK_SOURCE_BUFFER (self),
                                  gtk_source_language_manager_get_language (languages, is_prose ? "markdown" : "lua"));
  gtk_source_buffer_set_highlight_matching_brackets (GTK_SOURCE_BUFFER (self), !is_prose);
  sync_text (self);
  gtk_text_buffer_get_start_iter (GTK_TEXT_BUFFER (self), &start);
  gtk_text_buffer_place_cursor (GTK_TEXT_BUFFER (self), &start);
  update_syntax (self);
  update_scheme (self);
  g_signal_connect_object (document, "cell-changed", G_CALLBACK (cell_changed_cb), self, 0);
  g_signal_connect_object (adw_style_manager_get_default (), "notify::dark", G_CALLBACK (update_scheme), self,
                           G_CONNECT_SWAPPED);
  return self;
}
