/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#include "core/base/error.h"

/* --- small changes --------------------------------------------------------------------------------------------------- */

/* What Undo says of a cell: its id, or "the text". */
static char *
describe (const char *verb,
          TlCell     *cell)
{
  return g_strdup_printf ("%s %s", verb, cell->frame.id && *cell->frame.id ? cell->frame.id : "text");
}

static void
change_cell (TlDocument  *self,
             TlChangeKind kind,
             TlCell      *cell,
             guint        from,
             guint        to)
{
  TlChange *change = g_new0 (TlChange, 1);

  change->kind = kind;
  change->cell = cell;
  change->from = from;
  change->to = to;
  tl_document_change (self, change);
}

static void
change_gap (TlDocument *self,
            TlCell     *cell,
            const char *gap)
{
  TlChange *change = g_new0 (TlChange, 1);

  change->kind = TL_CHANGE_GAP;
  change->cell = cell;
  change->before = g_bytes_new (cell->gap, strlen (cell->gap));
  change->after = g_bytes_new (gap, strlen (gap));
  tl_document_change (self, change);
}

/* Takes the strings of @frame. */
static void
change_frame (TlDocument *self,
              TlCell     *cell,
              TlFrame     frame)
{
  TlChange *change = g_new0 (TlChange, 1);

  change->kind = TL_CHANGE_FRAME;
  change->cell = cell;
  change->frame_before = tl_frame_copy (&cell->frame);
  change->frame_after = frame;
  tl_document_change (self, change);
}

/* Gives the last line of a cell a line end. */
static void
end_last_line (TlDocument *self,
               TlCell     *cell)
{
  TlChange *change;
  guint8    before, after = self->eol;

  if (cell->eols->len == 0 || cell->eols->data[cell->eols->len - 1] != TL_EOL_NONE)
    return;
  before = TL_EOL_NONE;
  change = g_new0 (TlChange, 1);
  change->kind = TL_CHANGE_TEXT;
  change->cell = cell;
  change->offset = cell->text->len;
  change->line = cell->eols->len - 1;
  change->before = g_bytes_new (NULL, 0);
  change->after = g_bytes_new (NULL, 0);
  change->eols_before = g_bytes_new (&before, 1);
  change->eols_after = g_bytes_new (&after, 1);
  tl_document_change (self, change);
}

static gboolean
ends_line (const char *text)
{
  gsize n = strlen (text);

  return n > 0 && text[n - 1] == '\n';
}

static void
change_head (TlDocument *self,
             const char *more)
{
  TlChange           *change = g_new0 (TlChange, 1);
  g_autoptr (GString) head = g_string_new_len (self->head->str, self->head->len);

  g_string_append (head, more);
  change->kind = TL_CHANGE_HEAD;
  change->before = g_bytes_new (self->head->str, self->head->len);
  change->after = g_bytes_new (head->str, head->len);
  tl_document_change (self, change);
}

/* Gives the fences of code that lack them, or lack a line end. */
static void
finish_fences (TlDocument *self,
               TlCell     *cell)
{
  const char *eol = tl_eol_text (self->eol);
  TlFrame     frame;
  char       *line;

  if (cell->frame.kind == TL_CELL_TEXT || (ends_line (cell->frame.open) && ends_line (cell->frame.close)))
    return;
  frame = tl_frame_copy (&cell->frame);
  if (!ends_line (frame.open)) {
    line = g_strconcat (frame.open, eol, NULL);
    g_free (frame.open);
    frame.open = line;
  }
  if (frame.close[0] == 0) {
    gsize n = strspn (frame.open, "`");

    line = g_strnfill (n, '`');
    g_free (frame.close);
    frame.close = g_strconcat (line, eol, NULL);
    g_free (line);
  } else if (!ends_line (frame.close)) {
    line = g_strconcat (frame.close, eol, NULL);
    g_free (frame.close);
    frame.close = line;
  }
  change_frame (self, cell, frame);
}

/* Makes sure that cell @index ends its line and has a blank line behind it, where another one follows; -1 is the head. */
static void
finish_boundary (TlDocument *self,
                 int         index)
{
  const char *eol = tl_eol_text (self->eol);
  TlCell     *cell;

  if (index + 1 >= (int)self->cells->len)
    return;
  if (index < 0) {
    gsize bom = self->head->len >= 3 && self->head->str[0] == '\xef' ? 3 : 0;
    gsize n = self->head->len;

    if (n == bom)
      return;
    if (self->head->str[n - 1] != '\n')
      change_head (self, eol);
    n = tl_head_length (self->head->str, self->head->len);
    if (self->head->len == n)
      change_head (self, eol);
    return;
  }
  cell = self->cells->pdata[index];
  if (cell->frame.kind == TL_CELL_TEXT || cell->frame.close[0] == 0 || !ends_line (cell->frame.close)) {
    end_last_line (self, cell);
    finish_fences (self, cell);
  }
  if (!ends_line (cell->gap)) {
    g_autofree char *gap = g_strconcat (cell->gap, eol, NULL);

    change_gap (self, cell, gap);
  }
}

/* --- ids and fences ---------------------------------------------------------------------------------------------------- */

static gboolean
check_id (TlDocument *self,
          TlCell     *cell,
          const char *id,
          GError    **error)
{
  TlCell *other;

  if (!tl_name_is_valid (id)) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME,
                 "'%s' is no id: letters, digits and '_' are, not starting with a digit, and no word of Lua", id);
    return FALSE;
  }
  other = tl_document_find_cell (self, id);
  if (other != NULL && other != cell) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "the id '%s' is taken", id);
    return FALSE;
  }
  return TRUE;
}

/* The longest line of backticks that would close a fence in @text. */
static guint
longest_close (const char *text,
               gsize       length)
{
  TlLine line = { 0 };
  guint  longest = 0;

  while (tl_line_next (text, length, &line)) {
    TlFence fence = { .mark = '`', .length = 3 };
    gsize   n = line.content_end - line.start;

    if (n >= 3 && text[line.start] == '`' && tl_fence_closes (text + line.start, n, &fence))
      longest = MAX (longest, strspn (text + line.start, "`"));
  }
  return longest;
}

static TlFrame
make_frame (TlDocument *self,
            TlCellKind  kind,
            const char *id,
            const char *text,
            gsize       length)
{
  const char      *eol = tl_eol_text (self->eol);
  guint            n = MAX (3, longest_close (text, length) + 1);
  g_autofree char *ticks = g_strnfill (n, '`');

  if (kind == TL_CELL_TEXT)
    return (TlFrame){ kind, NULL, g_strdup (""), g_strdup ("") };
  return (TlFrame){ kind, g_strdup (id), g_strdup_printf ("%s%s {#%s}%s", ticks, tl_cell_kind_to_string (kind), id, eol),
                    g_strconcat (ticks, eol, NULL) };
}

/* Longer fences, where the text has come to contain a line that closes them. */
static void
lengthen_fences (TlDocument *self,
                 TlCell     *cell)
{
  gsize            now = strspn (cell->frame.open, "`");
  guint            needed;
  g_autofree char *ticks = NULL;
  TlFrame          frame;

  if (memmem (cell->text->str, cell->text->len, "```", 3) == NULL)
    return;
  needed = longest_close (cell->text->str, cell->text->len);
  if (needed < now || needed > TL_DOCUMENT_MAX_LINE_BYTES / 2)
    return;
  ticks = g_strnfill (needed + 1, '`');
  frame = tl_frame_copy (&cell->frame);
  g_free (frame.open);
  frame.open = g_strconcat (ticks, cell->frame.open + now, NULL);
  if (frame.close[0] != 0) {
    const char *rest = cell->frame.close + strspn (cell->frame.close, "`");

    g_free (frame.close);
    frame.close = g_strconcat (ticks, rest, NULL);
  }
  change_frame (self, cell, frame);
}

/* Prose that has come to contain cells becomes what a reader of the file would see. */
static void
split_prose (TlDocument *self,
             TlCell     *cell)
{
  g_autoptr (GString)   raw = NULL;
  g_autoptr (GString)   lead = NULL;
  g_autoptr (GPtrArray) cells = NULL;
  g_autofree char      *gap = NULL;
  TlCell               *last;
  guint                 index;

  if (memmem (cell->text->str, cell->text->len, "```", 3) == NULL)
    return;
  gap = g_steal_pointer (&cell->gap);
  cell->gap = g_strdup ("");
  raw = g_string_new (NULL);
  tl_cell_append (cell, TRUE, self->eol, raw);
  g_free (cell->gap);
  cell->gap = g_steal_pointer (&gap);
  lead = g_string_new (NULL);
  cells = tl_read_cells (raw->str, raw->len, TRUE, lead);
  for (guint i = 0, n_code = 0; i < cells->len; i++) {
    n_code += ((TlCell *)cells->pdata[i])->frame.kind != TL_CELL_TEXT;
    if (i + 1 == cells->len && n_code == 0)
      return;
  }
  if (cells->len == 0)
    return;
  last = cells->pdata[cells->len - 1];
  gap = g_strconcat (last->gap, cell->gap, NULL);
  g_free (last->gap);
  last->gap = g_steal_pointer (&gap);
  index = tl_cell_get_index (cell);
  change_cell (self, TL_CHANGE_REMOVE, cell, index, 0);
  for (guint i = 0; i < cells->len; i++)
    change_cell (self, TL_CHANGE_INSERT, cells->pdata[i], index + i, 0);
  for (guint i = 0; i < cells->len; i++)
    finish_boundary (self, (int)(index + i));
  /* At the end nothing follows, but a cell that was just typed shall be closed too. */
  if (last->frame.close[0] == 0)
    finish_fences (self, last);
}

/* --- commands ---------------------------------------------------------------------------------------------------------- */

TlCell *
tl_document_insert_cell (TlDocument *self,
                         guint       index,
                         TlCellKind  kind,
                         const char *id,
                         const char *text,
                         GError    **error)
{
  g_autoptr (TlCell) cell = NULL;
  g_autofree char   *free_id = NULL;
  g_autofree char   *description = NULL;
  gsize              length = text ? strlen (text) : 0;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);
  g_return_val_if_fail (index <= self->cells->len, NULL);

  if (!tl_document_can_edit (self, error))
    return NULL;
  if (kind != TL_CELL_TEXT && id != NULL && !check_id (self, NULL, id, error))
    return NULL;
  if (self->cells->len >= TL_DOCUMENT_MAX_CELLS || length > TL_DOCUMENT_MAX_BYTES) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "a document has at most %d cells and %u bytes", TL_DOCUMENT_MAX_CELLS,
                 TL_DOCUMENT_MAX_BYTES);
    return NULL;
  }
  if (kind != TL_CELL_TEXT && id == NULL)
    id = free_id = tl_document_unique_id (self, kind == TL_CELL_GRAPH ? "model" : "cell");
  cell = tl_cell_new (kind);
  tl_frame_clear (&cell->frame);
  cell->frame = make_frame (self, kind, id, text ? text : "", length);
  tl_cell_set_text (cell, text ? text : "", length, self->eol);
  if (index < self->cells->len) {
    g_free (cell->gap);
    cell->gap = g_strdup (tl_eol_text (self->eol));
  }
  description = describe ("insert", cell);
  tl_document_begin (self, description);
  change_cell (self, TL_CHANGE_INSERT, cell, index, 0);
  finish_boundary (self, (int)index - 1);
  if (kind == TL_CELL_TEXT)
    split_prose (self, cell);
  tl_document_end (self);
  return self->cells->pdata[index];
}

gboolean
tl_document_remove_cell (TlDocument *self,
                         TlCell     *cell,
                         GError    **error)
{
  g_autofree char *description = NULL;
  guint            index;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  index = tl_cell_get_index (cell);
  description = describe ("delete", cell);
  tl_document_begin (self, description);
  change_cell (self, TL_CHANGE_REMOVE, cell, index, 0);
  finish_boundary (self, (int)index - 1);
  tl_document_end (self);
  return TRUE;
}

gboolean
tl_document_move_cell (TlDocument *self,
                       TlCell     *cell,
                       guint       index,
                       GError    **error)
{
  g_autofree char *description = NULL;
  guint            from;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);
  g_return_val_if_fail (index < self->cells->len, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  from = tl_cell_get_index (cell);
  if (from == index)
    return TRUE;
  description = describe ("move", cell);
  tl_document_begin (self, description);
  change_cell (self, TL_CHANGE_MOVE, cell, from, index);
  finish_boundary (self, (int)index - 1);
  finish_boundary (self, (int)index);
  finish_boundary (self, (int)from - 1);
  finish_boundary (self, (int)from);
  tl_document_end (self);
  return TRUE;
}

gboolean
tl_document_set_cell_kind (TlDocument *self,
                           TlCell     *cell,
                           TlCellKind  kind,
                           GError    **error)
{
  g_autofree char *description = NULL;
  g_autofree char *id = NULL;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  if (kind == cell->frame.kind)
    return TRUE;
  id = tl_name_is_valid (cell->frame.id) ? g_strdup (cell->frame.id) : tl_document_unique_id (self, NULL);
  description = describe ("change the kind of", cell);
  tl_document_begin (self, description);
  change_frame (self, cell, make_frame (self, kind, id, cell->text->str, cell->text->len));
  if (kind != TL_CELL_TEXT)
    end_last_line (self, cell);
  else {
    if (cell->eols->len == 0) {
      /* Prose has a line, if an empty one. */
      TlChange *change = g_new0 (TlChange, 1);
      guint8    eol = self->eol;

      change->kind = TL_CHANGE_TEXT;
      change->cell = cell;
      change->before = g_bytes_new (NULL, 0);
      change->after = g_bytes_new (NULL, 0);
      change->eols_before = g_bytes_new (NULL, 0);
      change->eols_after = g_bytes_new (&eol, 1);
      tl_document_change (self, change);
    }
    finish_boundary (self, tl_cell_get_index (cell) - 1);
    finish_boundary (self, tl_cell_get_index (cell));
    split_prose (self, cell);
  }
  tl_document_end (self);
  return TRUE;
}

gboolean
tl_document_set_cell_id (TlDocument *self,
                         TlCell     *cell,
                         const char *id,
                         GError    **error)
{
  g_autofree char *description = NULL;
  const char      *brace;
  TlFrame          frame;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  if (cell->frame.kind == TL_CELL_TEXT) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "prose has no id");
    return FALSE;
  }
  if (!check_id (self, cell, id, error))
    return FALSE;
  if (g_str_equal (id, cell->frame.id))
    return TRUE;
  description = describe ("rename", cell);
  brace = strstr (cell->frame.open, "{#") + 2;
  frame = tl_frame_copy (&cell->frame);
  g_free (frame.id);
  frame.id = g_strdup (id);
  g_free (frame.open);
  frame.open = g_strdup_printf ("%.*s%s%s", (int)(brace - cell->frame.open), cell->frame.open, id,
                                brace + strlen (cell->frame.id));
  tl_document_begin (self, description);
  change_frame (self, cell, frame);
  tl_document_end (self);
  return TRUE;
}

/* Replaces text and draws the consequences. */
static void
replace (TlDocument *self,
         TlCell     *cell,
         gsize       start,
         gsize       n_removed,
         const char *text,
         gsize       n_inserted)
{
  tl_document_splice (self, cell, start, n_removed, text, n_inserted);
  if (cell->frame.kind != TL_CELL_TEXT) {
    if (!ends_line (cell->frame.open))
      finish_fences (self, cell);
    lengthen_fences (self, cell);
  }
}

/* What a replacement is to typing: TL_TYPING_NONE where it does not go on with the last one. */
static void
note_typing (TlDocument *self,
             TlCell     *cell,
             gsize       start,
             gsize       n_removed,
             const char *text,
             gsize       n_inserted)
{
  TlStep  *last = self->position > 0 ? self->steps->pdata[self->position - 1] : NULL;
  TlTyping typing = n_removed == 0 ? TL_TYPING_INSERT : n_inserted == 0 ? TL_TYPING_DELETE
                                                                        : TL_TYPING_NONE;
  gsize    end = start + n_inserted;

  if (typing == TL_TYPING_NONE || self->depth != 1 || n_removed + n_inserted > 32)
    return;
  if (last != NULL && last->typing == typing && last->typing_cell == cell && last->typing_offset != start &&
      !(typing == TL_TYPING_DELETE && last->typing_offset == start + n_removed))
    last->typing = TL_TYPING_NONE;
  self->open->typing = typing;
  self->open->typing_cell = cell;
  self->open->typing_offset = end;
  self->open->typing_time = g_get_monotonic_time ();
  /* A line end belongs to the run before it and ends it. */
  if (n_inserted > 0 && memchr (text, '\n', n_inserted) != NULL)
    self->open->typing_time = G_MININT64 / 2;
}

gboolean
tl_document_replace_text (TlDocument *self,
                          TlCell     *cell,
                          gsize       start,
                          gsize       n_removed,
                          const char *text,
                          gssize      n_inserted,
                          GError    **error)
{
  g_autofree char *description = NULL;
  gsize            n;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  n = text == NULL ? 0 : n_inserted < 0 ? strlen (text)
                                        : (gsize)n_inserted;
  text = text ? text : "";
  if (start > cell->text->len || n_removed > cell->text->len - start) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "bytes %zu to %zu are outside of a text of %zu", start,
                 start + n_removed, cell->text->len);
    return FALSE;
  }
  if (n > TL_DOCUMENT_MAX_BYTES / 2 || cell->text->len - n_removed + n > TL_DOCUMENT_MAX_BYTES / 2) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "a cell has at most %u bytes", TL_DOCUMENT_MAX_BYTES / 2);
    return FALSE;
  }
  if (n == 0 && n_removed == 0)
    return TRUE;
  description = describe (n_removed == 0 || n > 0 ? "typing in" : "deleting in", cell);
  tl_document_begin (self, description);
  note_typing (self, cell, start, n_removed, text, n);
  replace (self, cell, start, n_removed, text, n);
  if (cell->frame.kind == TL_CELL_TEXT)
    split_prose (self, cell);
  tl_document_end (self);
  return TRUE;
}

gboolean
tl_document_set_text (TlDocument *self,
                      TlCell     *cell,
                      const char *text,
                      GError    **error)
{
  gsize start = 0, end, n = strlen (text);

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  end = cell->text->len;
  while (start < n && start < end && text[start] == cell->text->str[start])
    start++;
  while (end > start && n > start && text[n - 1] == cell->text->str[end - 1])
    end--, n--;
  tl_document_break_typing (self);
  if (!tl_document_replace_text (self, cell, start, end - start, text + start, n - start, error))
    return FALSE;
  tl_document_break_typing (self);
  return TRUE;
}

gboolean
tl_document_apply_edits (TlDocument        *self,
                         TlCell            *cell,
                         const TlTextEdits *edits,
                         const char        *description,
                         GError           **error)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (!tl_document_can_edit (self, error))
    return FALSE;
  tl_document_begin (self, description);
  /* From the end, so that the offsets of those before stay true. */
  for (guint i = edits->len; i > 0; i--) {
    const TlTextEdit *edit = edits->pdata[i - 1];
    gsize             n = strlen (edit->text);

    g_assert (edit->end <= cell->text->len);
    if (edit->end - edit->start == n && memcmp (cell->text->str + edit->start, edit->text, n) == 0)
      continue;
    replace (self, cell, edit->start, edit->end - edit->start, edit->text, n);
  }
  if (cell->frame.kind == TL_CELL_TEXT)
    split_prose (self, cell);
  tl_document_end (self);
  return TRUE;
}

TlCell *
tl_document_split_cell (TlDocument *self,
                        TlCell     *cell,
                        gsize       offset,
                        GError    **error)
{
  g_autofree char *rest = NULL;
  g_autofree char *id = NULL;
  g_autofree char *description = NULL;
  TlCell          *other;
  gsize            cut = offset;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, NULL);

  if (!tl_document_can_edit (self, error))
    return NULL;
  if (offset > cell->text->len || !tl_cell_is_text (cell)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "a text of %zu bytes cannot be split at byte %zu", cell->text->len,
                 offset);
    return NULL;
  }
  /* The line end at the cut goes: the cells are on different lines anyway. */
  if (cut > 0 && cell->text->str[cut - 1] == '\n')
    cut--;
  else if (cell->text->str[offset] == '\n')
    offset++;
  rest = g_strdup (cell->text->str + offset);
  if (cell->frame.kind != TL_CELL_TEXT)
    id = tl_document_unique_id (self, cell->frame.id);
  description = describe ("split", cell);
  tl_document_begin (self, description);
  other = tl_document_insert_cell (self, tl_cell_get_index (cell) + 1, cell->frame.kind, id, rest, error);
  if (other != NULL && cut < cell->text->len)
    replace (self, cell, cut, cell->text->len - cut, "", 0);
  if (other != NULL && cell->frame.kind == TL_CELL_TEXT)
    split_prose (self, cell);
  tl_document_end (self);
  return other;
}

/* Makes the document what @bytes say, as one step. */
gboolean
tl_document_replace_all (TlDocument *self,
                         GBytes     *bytes,
                         const char *description,
                         GError    **error)
{
  g_autoptr (TlDocument) other = tl_document_new_from_bytes (bytes, error);
  TlChange              *change;

  if (other == NULL || !tl_document_can_edit (self, error))
    return FALSE;
  tl_document_begin (self, description);
  while (self->cells->len > 0)
    change_cell (self, TL_CHANGE_REMOVE, self->cells->pdata[self->cells->len - 1], self->cells->len - 1, 0);
  change = g_new0 (TlChange, 1);
  change->kind = TL_CHANGE_HEAD;
  change->before = g_bytes_new (self->head->str, self->head->len);
  change->after = g_bytes_new (other->head->str, other->head->len);
  tl_document_change (self, change);
  for (guint i = 0; i < other->cells->len; i++)
    change_cell (self, TL_CHANGE_INSERT, other->cells->pdata[i], i, 0);
  /* The cells are this document's now. */
  g_ptr_array_set_size (other->cells, 0);
  tl_document_end (self);
  return TRUE;
}
