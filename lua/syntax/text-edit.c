/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/text-edit.h"

#include <string.h>

static void
text_edit_free (gpointer data)
{
  TlTextEdit *edit = data;

  g_free (edit->text);
  g_free (edit);
}

TlTextEdits *
tl_text_edits_new (void)
{
  return g_ptr_array_new_with_free_func (text_edit_free);
}

void
tl_text_edits_add (TlTextEdits *self,
                   gsize        start,
                   gsize        end,
                   const char  *text)
{
  TlTextEdit *edit;
  guint       i = self->len;

  g_return_if_fail (start <= end);
  g_return_if_fail (text != NULL);

  while (i > 0 && ((TlTextEdit *)self->pdata[i - 1])->start > start)
    i--;
  edit = g_new (TlTextEdit, 1);
  *edit = (TlTextEdit){ start, end, g_strdup (text) };
  g_ptr_array_insert (self, i, edit);
}

char *
tl_text_edits_apply (const TlTextEdits *self,
                     const char        *text,
                     gsize              length)
{
  GString *result = g_string_sized_new (length + 64);
  gsize    at = 0;

  for (guint i = 0; i < self->len; i++) {
    const TlTextEdit *edit = self->pdata[i];

    g_assert (edit->start >= at && edit->end <= length);
    g_string_append_len (result, text + at, edit->start - at);
    g_string_append (result, edit->text);
    at = edit->end;
  }
  g_string_append_len (result, text + at, length - at);
  return g_string_free (result, FALSE);
}

static gboolean
starts_char (char byte)
{
  return ((guchar)byte & 0xc0) != 0x80;
}

gsize
tl_text_chars_before (const char *text,
                      gsize       length,
                      gsize       offset)
{
  gsize n = 0;

  for (gsize i = 0; i < MIN (offset, length); i++)
    n += starts_char (text[i]);
  return n;
}

gsize
tl_text_offset_of_char (const char *text,
                        gsize       length,
                        gsize       n_chars)
{
  gsize i = 0;

  while (i < length && (n_chars > 0 || !starts_char (text[i]))) {
    if (starts_char (text[i]))
      n_chars--;
    i++;
  }
  return i;
}

void
tl_text_position (const char *text,
                  gsize       length,
                  gsize       offset,
                  guint      *line,
                  guint      *column)
{
  guint n_lines = 0;
  gsize line_start = 0;

  offset = MIN (offset, length);
  for (gsize i = 0; i < offset; i++)
    if (text[i] == '\n') {
      n_lines++;
      line_start = i + 1;
    }
  if (line != NULL)
    *line = n_lines;
  if (column != NULL)
    *column = tl_text_chars_before (text + line_start, length - line_start, offset - line_start);
}

gsize
tl_text_offset_of (const char *text,
                   gsize       length,
                   guint       line,
                   guint       column)
{
  gsize       at = 0;
  const char *end;

  while (line > 0) {
    end = memchr (text + at, '\n', length - at);
    if (end == NULL)
      return length;
    at = end - text + 1;
    line--;
  }
  end = memchr (text + at, '\n', length - at);
  return at + tl_text_offset_of_char (text + at, (end ? end : text + length) - (text + at), column);
}

gboolean
tl_name_is_valid (const char *name)
{
  static const char *const reserved[] = {
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while", NULL
  };

  if (name == NULL || !(g_ascii_isalpha (name[0]) || name[0] == '_'))
    return FALSE;
  for (const char *p = name; *p; p++)
    if (!g_ascii_isalnum (*p) && *p != '_')
      return FALSE;
  return !g_strv_contains (reserved, name);
}

/* Optimal string alignment: insert, remove, replace, swap neighbours; letters differ less from their other case. */
static guint
edit_distance (const char *a,
               const char *b)
{
  enum { MAX = 64 };
  guint row[3][MAX + 1];
  gsize n_a = strlen (a), n_b = strlen (b);

  if (n_a > MAX || n_b > MAX)
    return G_MAXUINT;
  for (gsize j = 0; j <= n_b; j++)
    row[0][j] = 2 * j;
  for (gsize i = 1; i <= n_a; i++) {
    guint *now = row[i % 3], *before = row[(i + 2) % 3], *before2 = row[(i + 1) % 3];

    now[0] = 2 * i;
    for (gsize j = 1; j <= n_b; j++) {
      guint cost = a[i - 1] == b[j - 1] ? 0 : g_ascii_tolower (a[i - 1]) == g_ascii_tolower (b[j - 1]) ? 1
                                                                                                       : 2;

      now[j] = MIN (MIN (before[j], now[j - 1]) + 2, before[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = MIN (now[j], before2[j - 2] + 2);
    }
  }
  return row[n_a % 3][n_b];
}

const char *
tl_name_suggest (const char        *name,
                 const char *const *candidates,
                 gsize              n_candidates)
{
  const char *best = NULL;
  guint       best_distance = 2 * MAX (1, strlen (name) / 3) + 1;

  for (gsize i = 0; i < n_candidates; i++) {
    guint distance = candidates[i] ? edit_distance (name, candidates[i]) : G_MAXUINT;

    if (distance < best_distance) {
      best = candidates[i];
      best_distance = distance;
    }
  }
  return best;
}
