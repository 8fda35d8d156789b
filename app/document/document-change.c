/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#include "core/base/error.h"

#define MAX_HISTORY_BYTES ((gsize)256 << 20)

/* --- changes ------------------------------------------------------------------------------------------------------- */

static void
change_free (gpointer data)
{
  TlChange *self = data;

  g_clear_object (&self->cell);
  g_clear_pointer (&self->before, g_bytes_unref);
  g_clear_pointer (&self->after, g_bytes_unref);
  g_clear_pointer (&self->eols_before, g_bytes_unref);
  g_clear_pointer (&self->eols_after, g_bytes_unref);
  tl_frame_clear (&self->frame_before);
  tl_frame_clear (&self->frame_after);
  g_free (self);
}

static void
apply_text (TlDocument *self,
            TlChange   *change,
            gboolean    forward)
{
  TlCell     *cell = change->cell;
  gsize       n_removed, n_inserted, n_eols_removed, n_eols;
  const char *text;
  const void *eols;

  g_bytes_get_data (forward ? change->before : change->after, &n_removed);
  text = g_bytes_get_data (forward ? change->after : change->before, &n_inserted);
  g_bytes_get_data (forward ? change->eols_before : change->eols_after, &n_eols_removed);
  eols = g_bytes_get_data (forward ? change->eols_after : change->eols_before, &n_eols);
  g_string_erase (cell->text, change->offset, n_removed);
  if (n_inserted > 0)
    g_string_insert_len (cell->text, change->offset, text, n_inserted);
  if (n_eols_removed > 0)
    g_byte_array_remove_range (cell->eols, change->line, n_eols_removed);
  if (n_eols > 0) {
    guint behind = cell->eols->len - change->line;

    g_byte_array_set_size (cell->eols, cell->eols->len + n_eols);
    memmove (cell->eols->data + change->line + n_eols, cell->eols->data + change->line, behind);
    memcpy (cell->eols->data + change->line, eols, n_eols);
  }
  tl_cell_touch (cell);
  if (n_removed > 0 || n_inserted > 0)
    tl_document_emit_cell_changed (self, cell, change->offset, n_removed, n_inserted);
}

static void
apply_frame (TlDocument *self,
             TlChange   *change,
             gboolean    forward)
{
  TlCell  *cell = change->cell;
  TlFrame  frame = tl_frame_copy (forward ? &change->frame_after : &change->frame_before);
  gboolean kind_changed = frame.kind != cell->frame.kind;
  gboolean id_changed = g_strcmp0 (frame.id, cell->frame.id) != 0;

  tl_frame_clear (&cell->frame);
  cell->frame = frame;
  if (!kind_changed && !id_changed)
    return;
  tl_cell_touch (cell);
  if (kind_changed)
    g_object_notify (G_OBJECT (cell), "kind");
  if (id_changed)
    g_object_notify (G_OBJECT (cell), "id");
}

static void
insert_cell (TlDocument *self,
             TlCell     *cell,
             guint       index)
{
  g_ptr_array_insert (self->cells, index, g_object_ref (cell));
  cell->document = self;
  tl_document_emit_cell_added (self, cell, index);
}

static void
remove_cell (TlDocument *self,
             TlCell     *cell,
             guint       index)
{
  g_assert (self->cells->pdata[index] == cell);
  cell->document = NULL;
  g_ptr_array_remove_index (self->cells, index);
  tl_document_emit_cell_removed (self, cell, index);
}

static void
move_cell (TlDocument *self,
           guint       from,
           guint       to)
{
  TlCell *cell = g_ptr_array_steal_index (self->cells, from);

  g_ptr_array_insert (self->cells, to, cell);
  tl_document_emit_cell_moved (self, cell, from, to);
}

static void
change_apply (TlDocument *self,
              TlChange   *change,
              gboolean    forward)
{
  GBytes     *bytes = forward ? change->after : change->before;
  gsize       length;
  const char *data;

  self->serial++;
  switch (change->kind) {
  case TL_CHANGE_INSERT:
  case TL_CHANGE_REMOVE:
    if (forward == (change->kind == TL_CHANGE_INSERT))
      insert_cell (self, change->cell, change->from);
    else
      remove_cell (self, change->cell, change->from);
    break;
  case TL_CHANGE_MOVE:
    move_cell (self, forward ? change->from : change->to, forward ? change->to : change->from);
    break;
  case TL_CHANGE_TEXT:
    apply_text (self, change, forward);
    break;
  case TL_CHANGE_FRAME:
    apply_frame (self, change, forward);
    break;
  case TL_CHANGE_GAP:
    data = g_bytes_get_data (bytes, &length);
    g_free (change->cell->gap);
    change->cell->gap = g_strndup (data ? data : "", length);
    break;
  case TL_CHANGE_HEAD:
    data = g_bytes_get_data (bytes, &length);
    g_string_truncate (self->head, 0);
    g_string_append_len (self->head, data, length);
    tl_document_emit_head (self);
    break;
  default:
    g_assert_not_reached ();
  }
}

static gsize
change_size (const TlChange *change)
{
  gsize size = sizeof *change;

  if (change->before != NULL)
    size += g_bytes_get_size (change->before) + g_bytes_get_size (change->after);
  if (change->kind == TL_CHANGE_REMOVE || change->kind == TL_CHANGE_INSERT)
    size += change->cell->text->len;
  return size;
}

/* Makes a change and adds it to the open step; takes @change. */
void
tl_document_change (TlDocument *self,
                    TlChange   *change)
{
  g_assert (self->open != NULL);

  if (change->cell != NULL)
    g_object_ref (change->cell);
  g_ptr_array_add (self->open->changes, change);
  self->open->n_bytes += change_size (change);
  change_apply (self, change, TRUE);
}

static GBytes *
sub_bytes (const void *data,
           gsize       start,
           gsize       length)
{
  return g_bytes_new (length ? (const char *)data + start : NULL, length);
}

static guint
count_newlines (const char *text,
                gsize       length)
{
  guint n = 0;

  for (gsize i = 0; i < length; i++)
    n += text[i] == '\n';
  return n;
}

/* Replaces text of a cell.  Line ends stay with their lines; new lines get those of the document. */
void
tl_document_splice (TlDocument *self,
                    TlCell     *cell,
                    gsize       start,
                    gsize       n_removed,
                    const char *text,
                    gsize       n_inserted)
{
  TlChange              *change = g_new0 (TlChange, 1);
  guint                  n_before = count_newlines (cell->text->str + start, n_removed);
  guint                  n_after = count_newlines (text, n_inserted);
  g_autoptr (GByteArray) eols = g_byte_array_new ();

  change->kind = TL_CHANGE_TEXT;
  change->cell = cell;
  change->offset = start;
  change->line = count_newlines (cell->text->str, start);
  for (guint i = 0; i < n_after; i++) {
    guint8 eol = i < n_before ? cell->eols->data[change->line + i] : self->eol;

    g_byte_array_append (eols, &eol, 1);
  }
  /* The first text in a cell that had no line makes its last line as well. */
  if (cell->eols->len == 0 && n_inserted > 0) {
    guint8 eol = self->eol;

    g_byte_array_append (eols, &eol, 1);
  }
  change->before = sub_bytes (cell->text->str, start, n_removed);
  change->after = g_bytes_new (text, n_inserted);
  change->eols_before = sub_bytes (cell->eols->data, change->line, n_before);
  change->eols_after = sub_bytes (eols->data, 0, eols->len);
  tl_document_change (self, change);
}

/* --- steps --------------------------------------------------------------------------------------------------------- */

void
tl_step_free (TlStep *self)
{
  g_ptr_array_unref (self->changes);
  g_free (self->description);
  g_free (self);
}

gboolean
tl_document_can_edit (TlDocument *self,
                      GError    **error)
{
  g_return_val_if_fail (!self->replaying, FALSE);

  if (!self->read_only)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
               "the document was written by a newer version and is read only (this one edits version %d)",
               TL_DOCUMENT_VERSION);
  return FALSE;
}

void
tl_document_begin (TlDocument *self,
                   const char *description)
{
  if (self->depth++ > 0)
    return;
  self->open = g_new0 (TlStep, 1);
  self->open->description = g_strdup (description);
  self->open->changes = g_ptr_array_new_with_free_func (change_free);
}

static void
drop_redo (TlDocument *self)
{
  while (self->steps->len > self->position) {
    self->history_bytes -= ((TlStep *)self->steps->pdata[self->steps->len - 1])->n_bytes;
    g_ptr_array_remove_index (self->steps, self->steps->len - 1);
  }
  if (self->saved_position > (int)self->position)
    self->saved_position = -1;
}

static void
drop_oldest (TlDocument *self)
{
  while (self->history_bytes > MAX_HISTORY_BYTES && self->position > 1) {
    self->history_bytes -= ((TlStep *)self->steps->pdata[0])->n_bytes;
    g_ptr_array_remove_index (self->steps, 0);
    self->position--;
    self->saved_position = MAX (self->saved_position, 0) - 1;
  }
}

/* Whether the closed step goes on with the typing of the last one. */
static gboolean
continues (TlDocument *self,
           TlStep     *step)
{
  TlStep *last = self->position > 0 ? self->steps->pdata[self->position - 1] : NULL;

  return last != NULL && step->typing != TL_TYPING_NONE && last->typing == step->typing &&
         last->typing_cell == step->typing_cell && self->position == self->steps->len &&
         self->saved_position != (int)self->position && step->typing_time - last->typing_time < 3 * G_USEC_PER_SEC;
}

void
tl_document_end (TlDocument *self)
{
  TlStep  *step;
  gboolean was_modified = tl_document_is_modified (self);

  g_return_if_fail (self->depth > 0);

  if (--self->depth > 0)
    return;
  step = g_steal_pointer (&self->open);
  if (step->changes->len == 0) {
    tl_step_free (step);
    return;
  }
  drop_redo (self);
  self->history_bytes += step->n_bytes;
  if (continues (self, step)) {
    TlStep *last = self->steps->pdata[self->position - 1];

    g_ptr_array_extend_and_steal (last->changes, step->changes);
    last->n_bytes += step->n_bytes;
    last->typing_offset = step->typing_offset;
    last->typing_time = step->typing_time;
    step->changes = g_ptr_array_new ();
    tl_step_free (step);
  } else {
    g_ptr_array_add (self->steps, step);
    self->position++;
  }
  drop_oldest (self);
  tl_document_emit_history (self, was_modified);
}

void
tl_document_begin_group (TlDocument *self,
                         const char *description)
{
  g_return_if_fail (TL_IS_DOCUMENT (self));

  tl_document_begin (self, description);
}

void
tl_document_end_group (TlDocument *self)
{
  g_return_if_fail (TL_IS_DOCUMENT (self));

  tl_document_end (self);
}

void
tl_document_break_typing (TlDocument *self)
{
  g_return_if_fail (TL_IS_DOCUMENT (self));

  if (self->position > 0)
    ((TlStep *)self->steps->pdata[self->position - 1])->typing = TL_TYPING_NONE;
}

/* --- undo ---------------------------------------------------------------------------------------------------------- */

static void
replay (TlDocument *self,
        TlStep     *step,
        gboolean    forward,
        TlCell    **cell)
{
  TlCell *shown = NULL;

  self->replaying = TRUE;
  for (guint i = 0; i < step->changes->len; i++) {
    TlChange *change = step->changes->pdata[forward ? i : step->changes->len - 1 - i];

    change_apply (self, change, forward);
    if (change->cell != NULL && change->kind != TL_CHANGE_GAP)
      shown = change->cell;
  }
  self->replaying = FALSE;
  step->typing = TL_TYPING_NONE;
  if (cell != NULL)
    *cell = shown != NULL && shown->document == self ? shown : NULL;
}

gboolean
tl_document_can_undo (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);

  return self->position > 0 && self->depth == 0;
}

gboolean
tl_document_can_redo (TlDocument *self)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);

  return self->position < self->steps->len && self->depth == 0;
}

gboolean
tl_document_undo (TlDocument *self,
                  TlCell    **cell)
{
  gboolean was_modified;

  if (!tl_document_can_undo (self))
    return FALSE;
  was_modified = tl_document_is_modified (self);
  self->position--;
  replay (self, self->steps->pdata[self->position], FALSE, cell);
  tl_document_emit_history (self, was_modified);
  return TRUE;
}

gboolean
tl_document_redo (TlDocument *self,
                  TlCell    **cell)
{
  gboolean was_modified;

  if (!tl_document_can_redo (self))
    return FALSE;
  was_modified = tl_document_is_modified (self);
  self->position++;
  replay (self, self->steps->pdata[self->position - 1], TRUE, cell);
  tl_document_emit_history (self, was_modified);
  return TRUE;
}

const char *
tl_document_get_undo_description (TlDocument *self)
{
  return tl_document_can_undo (self) ? tl_document_describe_step (self, self->position - 1) : NULL;
}

const char *
tl_document_get_redo_description (TlDocument *self)
{
  return tl_document_can_redo (self) ? tl_document_describe_step (self, self->position) : NULL;
}

void
tl_document_get_history (TlDocument *self,
                         guint      *n_steps,
                         guint      *position)
{
  g_return_if_fail (TL_IS_DOCUMENT (self));

  *n_steps = self->steps->len;
  *position = self->position;
}

const char *
tl_document_describe_step (TlDocument *self,
                           guint       step)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);
  g_return_val_if_fail (step < self->steps->len, NULL);

  return ((TlStep *)self->steps->pdata[step])->description;
}

void
tl_document_go_to (TlDocument *self,
                   guint       position)
{
  g_return_if_fail (TL_IS_DOCUMENT (self));

  while (self->position > position && tl_document_undo (self, NULL))
    ;
  while (self->position < position && tl_document_redo (self, NULL))
    ;
}

void
tl_document_mark_saved (TlDocument *self)
{
  gboolean was_modified;

  g_return_if_fail (TL_IS_DOCUMENT (self));

  was_modified = tl_document_is_modified (self);
  self->saved_position = self->position;
  tl_document_emit_history (self, was_modified);
}

void
tl_document_clear_history (TlDocument *self)
{
  g_ptr_array_set_size (self->steps, 0);
  self->position = 0;
  self->history_bytes = 0;
  self->saved_position = 0;
}
