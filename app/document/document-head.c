/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#include "core/base/error.h"

/* The bytes between the two rules. */
gboolean
tl_head_bounds (const char *head,
                gsize       length,
                gsize      *first,
                gsize      *last)
{
  gsize  end = tl_head_length (head, length);
  TlLine line = { .end = end >= 3 && head[0] == '\xef' ? 3 : 0 };

  if (end <= line.end || !tl_line_next (head, end, &line))
    return FALSE;
  *first = line.end;
  while (line.end < end && tl_line_next (head, end, &line))
    *last = line.start;
  return TRUE;
}

static gboolean
line_has_key (const char   *head,
              const TlLine *line,
              const char   *key)
{
  gsize n = strlen (key);

  return line->content_end - line->start > n && memcmp (head + line->start, key, n) == 0 && head[line->start + n] == ':';
}

/* The first line `key: value`; @value without blanks and comment. */
gboolean
tl_head_find (const char *head,
              gsize       length,
              const char *key,
              TlLine     *line,
              char      **value)
{
  gsize first, last;

  if (!tl_head_bounds (head, length, &first, &last))
    return FALSE;
  for (*line = (TlLine){ .end = first }; line->end < last && tl_line_next (head, last, line);) {
    gsize start = line->start + strlen (key) + 1;
    char *comment;

    if (!line_has_key (head, line, key))
      continue;
    *value = g_strndup (head + start, line->content_end - start);
    comment = strstr (*value, " #");
    if (comment != NULL)
      *comment = 0;
    g_strstrip (*value);
    return TRUE;
  }
  return FALSE;
}

char *
tl_document_get_front_matter (TlDocument *self,
                              const char *key)
{
  TlLine line;
  char  *value = NULL;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  tl_head_find (self->head->str, self->head->len, key, &line, &value);
  return value;
}

gboolean
tl_document_get_seed (TlDocument *self,
                      gint64     *seed)
{
  g_autofree char *value = tl_document_get_front_matter (self, "seed");

  return value != NULL && g_ascii_string_to_signed (value, 10, G_MININT64, G_MAXINT64, seed, NULL);
}

static gboolean
check_key (const char *key,
           const char *value,
           GError    **error)
{
  gboolean valid = *key != 0 && strcmp (key, "trellis") != 0;

  for (const char *p = key; *p; p++)
    valid = valid && (g_ascii_isalnum (*p) || *p == '-' || *p == '_');
  if (!valid) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "'%s' is no key that can be set in the front matter", key);
    return FALSE;
  }
  if (value != NULL && (strpbrk (value, "\r\n") != NULL || !g_utf8_validate (value, -1, NULL))) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "front matter '%s': the value must be text on one line", key);
    return FALSE;
  }
  return TRUE;
}

gboolean
tl_document_set_front_matter (TlDocument *self,
                              const char *key,
                              const char *value,
                              GError    **error)
{
  g_autoptr (GString) head = NULL;
  g_autofree char    *old = NULL;
  g_autofree char    *line_text = NULL;
  g_autofree char    *description = NULL;
  const char         *eol;
  gsize               first, last;
  TlLine              line;
  TlChange           *change;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);

  if (!tl_document_can_edit (self, error) || !check_key (key, value, error))
    return FALSE;
  eol = tl_eol_text (self->eol);
  head = g_string_new_len (self->head->str, self->head->len);
  line_text = g_strdup_printf ("%s: %s%s", key, value ? value : "", eol);
  if (tl_head_find (head->str, head->len, key, &line, &old)) {
    if (g_strcmp0 (old, value) == 0)
      return TRUE;
    g_string_erase (head, line.start, line.end - line.start);
    if (value != NULL)
      g_string_insert (head, line.start, line_text);
  } else if (value == NULL)
    return TRUE;
  else if (tl_head_bounds (head->str, head->len, &first, &last))
    g_string_insert (head, last, line_text);
  else {
    g_autofree char *block = g_strdup_printf ("---%strellis: %d%s%s---%s%s", eol, TL_DOCUMENT_VERSION, eol, line_text,
                                              eol, self->cells->len > 0 ? eol : "");

    g_string_insert (head, tl_head_length (head->str, head->len), block);
  }
  description = g_strdup_printf ("set %s", key);
  tl_document_begin (self, description);
  change = g_new0 (TlChange, 1);
  change->kind = TL_CHANGE_HEAD;
  change->before = g_bytes_new (self->head->str, self->head->len);
  change->after = g_bytes_new (head->str, head->len);
  tl_document_change (self, change);
  tl_document_end (self);
  return TRUE;
}
