/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Places in a text, and small changes of it.
 *
 * A place is a byte offset from 0.  Editors count lines and characters instead; the functions below convert, and count
 * the same way whether or not the bytes are valid UTF-8 (a character is a byte that does not continue another).
 * Lines end at "\n"; lines and columns are counted from 0 here, messages for people print them from 1.
 *
 * A change is a #TlTextEdit: replace the bytes [start, end) with @text.  A list of changes (#TlTextEdits) speaks of ONE
 * state of the text: all offsets are those before any of the changes, ascending, never overlapping.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlTextEdit:
 * @start: first byte that is replaced
 * @end: end of the replaced bytes
 * @text: what stands there afterwards
 */
typedef struct {
  gsize start;
  gsize end;
  char *text;
} TlTextEdit;

/**
 * TlTextEdits:
 *
 * A #GPtrArray of #TlTextEdit that it owns, sorted by @start.  Free with g_ptr_array_unref().
 */
typedef GPtrArray TlTextEdits;

/**
 * tl_text_edits_new:
 *
 * Returns: (transfer full): an empty list
 */
TlTextEdits *tl_text_edits_new (void);

/**
 * tl_text_edits_add:
 * @self: a list
 * @start: first byte to replace
 * @end: end of the bytes to replace, at least @start
 * @text: the new bytes
 *
 * Adds a change at its place in the list.  Changes at the same @start keep the order in which they were added.
 */
void tl_text_edits_add (TlTextEdits *self,
                        gsize        start,
                        gsize        end,
                        const char  *text);

/**
 * tl_text_edits_apply:
 * @self: changes of @text
 * @text: the text they speak of
 * @length: its length in bytes
 *
 * Returns: (transfer full): the changed text
 */
char *tl_text_edits_apply (const TlTextEdits *self,
                           const char        *text,
                           gsize              length);

/**
 * tl_text_position:
 * @text: a text
 * @length: its length in bytes
 * @offset: a byte offset, at most @length
 * @line: (out) (optional): the line, from 0
 * @column: (out) (optional): characters between the start of that line and @offset
 */
void tl_text_position (const char *text,
                       gsize       length,
                       gsize       offset,
                       guint      *line,
                       guint      *column);

/**
 * tl_text_offset_of:
 * @text: a text
 * @length: its length in bytes
 * @line: a line, from 0
 * @column: a character of that line, from 0
 *
 * Returns: the byte offset, clamped to the end of the line and to the end of the text
 */
gsize tl_text_offset_of (const char *text,
                         gsize       length,
                         guint       line,
                         guint       column);

/**
 * tl_text_chars_before:
 * @text: a text
 * @length: its length in bytes
 * @offset: a byte offset
 *
 * Returns: the number of characters before @offset (the offset a GtkTextIter would have)
 */
gsize tl_text_chars_before (const char *text,
                            gsize       length,
                            gsize       offset);

/**
 * tl_text_offset_of_char:
 * @text: a text
 * @length: its length in bytes
 * @n_chars: a number of characters
 *
 * Returns: the byte offset behind the first @n_chars characters, at most @length
 */
gsize tl_text_offset_of_char (const char *text,
                              gsize       length,
                              gsize       n_chars);

/**
 * tl_name_is_valid:
 * @name: (nullable): a name
 *
 * Returns: whether @name is `[A-Za-z_][A-Za-z0-9_]*` and no reserved word of Lua
 */
gboolean tl_name_is_valid (const char *name);

/**
 * tl_name_suggest:
 * @name: a name that was not found
 * @candidates: (array length=n_candidates): the names there are
 * @n_candidates: their number
 *
 * Finds the name the user may have meant: the smallest edit distance, at most a third of the length.
 *
 * Returns: (nullable): one of @candidates, or %NULL when none is near
 */
const char *tl_name_suggest (const char        *name,
                             const char *const *candidates,
                             gsize              n_candidates);

G_END_DECLS
