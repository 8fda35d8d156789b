/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/find.h"

#include <string.h>

/* Bytes of @text that match all of @needle, 0 for none; both end with NUL and are valid UTF-8. */
static gsize
match_at (const char *text,
          const char *needle,
          gboolean    match_case)
{
  const char *at = text;

  for (; *needle != '\0'; needle = g_utf8_next_char (needle), at = g_utf8_next_char (at)) {
    gunichar a = g_utf8_get_char (at);
    gunichar b = g_utf8_get_char (needle);

    if (*at == '\0' || (a != b && (match_case || g_unichar_tolower (a) != g_unichar_tolower (b))))
      return 0;
  }
  return (gsize)(at - text);
}

static void
find_in_cell (GArray     *found,
              TlCell     *cell,
              const char *needle,
              gboolean    match_case)
{
  gsize       length;
  const char *text = tl_cell_get_text (cell, &length);
  const char *at = text;

  if (!g_utf8_validate (text, (gssize)length, NULL))
    return;
  while (*at != '\0') {
    gsize n = match_at (at, needle, match_case);

    if (n > 0) {
      TlFindMatch match = { cell, (gsize)(at - text), n };

      g_array_append_val (found, match);
      at += n;
    } else {
      at = g_utf8_next_char (at);
    }
  }
}

GArray *
tl_find_all (TlDocument *document,
             const char *needle,
             gboolean    match_case)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (TlFindMatch));

  if (*needle == '\0')
    return found;
  for (guint i = 0; i < tl_document_get_n_cells (document); i++)
    find_in_cell (found, tl_document_get_cell (document, i), needle, match_case);
  return found;
}

/* From the end, so that what is still to be replaced stays where it was found. */
guint
tl_find_replace_all (TlDocument *document,
                     const char *needle,
                     gboolean    match_case,
                     const char *replacement,
                     GError    **error)
{
  g_autoptr (GArray) found = tl_find_all (document, needle, match_case);
  guint              n = 0;

  if (found->len == 0)
    return 0;
  tl_document_begin_group (document, "replace");
  for (guint i = found->len; i > 0; i--) {
    const TlFindMatch *match = &g_array_index (found, TlFindMatch, i - 1);

    if (!tl_document_replace_text (document, match->cell, match->start, match->n_bytes, replacement, -1, error))
      break;
    n++;
  }
  tl_document_end_group (document);
  return n;
}
