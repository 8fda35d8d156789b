/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#define MAX_DIAGNOSTICS 1000

void
tl_diagnostic_free (TlDiagnostic *self)
{
  g_free (self->message);
  g_free (self);
}

static void G_GNUC_PRINTF (7, 8)
  add (GPtrArray       *list,
       TlSeverity       severity,
       TlDiagnosticCode code,
       guint            line,
       guint            end_line,
       TlCell          *cell,
       const char      *format,
       ...)
{
  TlDiagnostic    *self;
  g_autofree char *message = NULL;
  va_list          args;

  if (list->len >= MAX_DIAGNOSTICS)
    return;
  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  self = g_new0 (TlDiagnostic, 1);
  *self = (TlDiagnostic){ severity, code, line, end_line, cell ? cell->uid : 0, g_utf8_make_valid (message, -1) };
  g_ptr_array_add (list, self);
}

static guint
line_of (const char *head,
         gsize       offset)
{
  guint line = 1;

  for (gsize i = 0; i < offset; i++)
    line += head[i] == '\n';
  return line;
}

static void
check_version (TlDocument *self,
               GPtrArray  *list)
{
  g_autofree char *version = NULL;
  TlLine           line = { 0 };
  gint64           number;
  char            *end;
  gsize            first, last;

  if (!tl_head_find (self->head->str, self->head->len, "trellis", &line, &version)) {
    if (self->cells->len > 0 || tl_head_bounds (self->head->str, self->head->len, &first, &last))
      add (list, TL_SEVERITY_NOTE, TL_DIAGNOSTIC_VERSION, 1, 1, NULL,
           "the front matter has no 'trellis: %d'; read as version %d", TL_DOCUMENT_VERSION, TL_DOCUMENT_VERSION);
    return;
  }
  number = g_ascii_strtoll (version, &end, 10);
  if (end == version || number < 1 || (*end != 0 && *end != '.'))
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_VERSION, line_of (self->head->str, line.start), 0, NULL,
         "'trellis: %.60s' is no version; expected 'trellis: %d'", version, TL_DOCUMENT_VERSION);
  else if (number > TL_DOCUMENT_VERSION)
    add (list, TL_SEVERITY_WARNING, TL_DIAGNOSTIC_VERSION, line_of (self->head->str, line.start), 0, NULL,
         "version %.60s is newer than %d, the newest this program knows: opened read only", version, TL_DOCUMENT_VERSION);
}

static void
check_head (TlDocument *self,
            GPtrArray  *list)
{
  const char      *head = self->head->str;
  g_autofree char *seed = NULL;
  gsize            first, last;
  gint64           value;
  TlLine           line = { 0 };
  guint            n_line;

  check_version (self, list);
  if (!tl_head_bounds (head, self->head->len, &first, &last))
    return;
  if (tl_head_find (head, self->head->len, "seed", &line, &seed) && !tl_document_get_seed (self, &value))
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_FRONT_MATTER, line_of (head, line.start), 0, NULL,
         "'seed: %.60s' is no integer", seed);
  n_line = line_of (head, first);
  for (line = (TlLine){ .end = first }; line.end < last && tl_line_next (head, last, &line); n_line++) {
    gsize n = line.content_end - line.start;

    if (n > 0 && !strchr (" \t#-", head[line.start]) && !memchr (head + line.start, ':', n))
      add (list, TL_SEVERITY_WARNING, TL_DIAGNOSTIC_FRONT_MATTER, n_line, n_line, NULL,
           "a line of the front matter is not 'key: value'");
  }
  if (!g_utf8_validate_len (head, self->head->len, NULL))
    add (list, TL_SEVERITY_WARNING, TL_DIAGNOSTIC_ENCODING, 1, n_line, NULL, "the front matter is not UTF-8");
}

static void
check_code (GPtrArray  *list,
            GHashTable *ids,
            TlCell     *cell,
            guint       line,
            guint       end_line)
{
  const char *id = cell->frame.id;
  gpointer    other;

  if (*id == 0)
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_MISSING_ID, line, line, cell, "a %s cell has no id",
         tl_cell_kind_to_string (cell->frame.kind));
  else if (!tl_name_is_valid (id))
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_INVALID_ID, line, line, cell,
         "'%.60s' is no id: letters, digits and '_' are, not starting with a digit, and no word of Lua", id);
  else if ((other = g_hash_table_lookup (ids, id)) != NULL)
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_DUPLICATE_ID, line, line, cell,
         "the id '%.60s' is that of the cell in line %u too", id, GPOINTER_TO_UINT (other));
  else
    g_hash_table_insert (ids, (gpointer)id, GUINT_TO_POINTER (line));
  if (cell->frame.close[0] == 0)
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_UNCLOSED, line, end_line, cell, "the fence of cell '%.60s' is never closed",
         id);
}

/* Fences in prose that somebody may have meant as cells. */
static void
check_prose (GPtrArray *list,
             TlCell    *cell,
             guint      first,
             gboolean   is_last)
{
  TlLine      line = { 0 };
  guint       n_line = first, opened = 0;
  const char *text = cell->text->str;
  TlFence     fence = { 0 }, other;
  guint       hidden = 0;

  for (; tl_line_next (text, cell->text->len, &line); n_line++) {
    const char *content = text + line.start;
    gsize       n = line.content_end - line.start;

    if (opened != 0 && tl_fence_closes (content, n, &fence))
      opened = 0;
    else if (tl_fence_open (content, n, &other) && opened != 0)
      hidden = hidden == 0 && other.is_cell ? n_line : hidden;
    else if (opened == 0 && other.length > 0) {
      gsize at = other.length + strspn (content + other.length, " \t");

      fence = other;
      opened = n_line;
      hidden = 0;
      if (fence.mark == '`' && (strncmp (content + at, "lua", 3) == 0 || strncmp (content + at, "graph", 5) == 0) &&
          !g_ascii_isalnum (content[at + (content[at] == 'l' ? 3 : 5)]))
        add (list, TL_SEVERITY_NOTE, TL_DIAGNOSTIC_MISSING_ID, n_line, n_line, cell,
             "a fence without {#id} is prose, not a cell");
    }
  }
  if (opened == 0 || !is_last)
    return;
  if (hidden != 0)
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_UNCLOSED, opened, n_line - 1, cell,
         "a fence in the text is never closed and hides the cell in line %u", hidden);
  else
    add (list, TL_SEVERITY_WARNING, TL_DIAGNOSTIC_UNCLOSED, opened, n_line - 1, cell,
         "a fence in the text is never closed");
}

static gboolean
is_marker (const char *line,
           gsize       length,
           char        c)
{
  return length >= 7 && line[0] == c && strspn (line, (char[]){ c, 0 }) == 7 && (length == 7 || line[7] == ' ');
}

static void
check_conflicts (TlDocument *self,
                 GPtrArray  *list)
{
  g_autoptr (GBytes) bytes = tl_document_to_bytes (self);
  gsize              length;
  const char        *data = g_bytes_get_data (bytes, &length);
  TlLine             line = { 0 };
  guint              ours = 0;

  if (length == 0 || memmem (data, length, "<<<<<<<", 7) == NULL)
    return;
  for (guint n = 1; tl_line_next (data, length, &line); n++) {
    const char *content = data + line.start;
    gsize       size = line.content_end - line.start;

    if (size >= 7 && is_marker (content, size, '<')) {
      if (ours != 0)
        add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_CONFLICT, ours, n - 1, tl_document_cell_at_line (self, ours, NULL),
             "a merge conflict starts here and has no end");
      ours = n;
    } else if (ours != 0 && size >= 7 && is_marker (content, size, '>')) {
      add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_CONFLICT, ours, n, tl_document_cell_at_line (self, ours, NULL),
           "a merge conflict in lines %u to %u is not resolved", ours, n);
      ours = 0;
    }
  }
  if (ours != 0)
    add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_CONFLICT, ours, ours, tl_document_cell_at_line (self, ours, NULL),
         "a merge conflict starts here and has no end");
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  const TlDiagnostic *x = *(TlDiagnostic *const *)a, *y = *(TlDiagnostic *const *)b;

  return x->line < y->line ? -1 : x->line > y->line;
}

static gboolean
has_nul (TlCell *cell)
{
  gsize       length;
  const char *text = tl_cell_get_text (cell, &length);

  return memchr (text, '\0', length) != NULL;
}

GPtrArray *
tl_document_check (TlDocument *self)
{
  GPtrArray             *list = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_diagnostic_free);
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  guint                  line = line_of (self->head->str, self->head->len);

  check_head (self, list);
  for (guint i = 0; i < self->cells->len; i++) {
    TlCell  *cell = self->cells->pdata[i];
    gboolean is_last = i + 1 == self->cells->len;
    guint    open = cell->frame.open[0] != 0, close = cell->frame.close[0] != 0;
    guint    end = line + open + cell->eols->len + close;
    TlFence  fence;

    if (cell->frame.kind == TL_CELL_TEXT)
      check_prose (list, cell, line, is_last);
    else
      check_code (list, ids, cell, line, end - 1);
    /* What runs would end at a NUL without a word. */
    if (cell->frame.kind != TL_CELL_TEXT && has_nul (cell))
      add (list, TL_SEVERITY_ERROR, TL_DIAGNOSTIC_ENCODING, line, end - 1, cell, "there is a NUL in the cell '%s'",
           cell->frame.id != NULL ? cell->frame.id : "");
    else if (!tl_cell_is_text (cell))
      add (list, TL_SEVERITY_WARNING, TL_DIAGNOSTIC_ENCODING, line, end - 1, cell,
           "bytes that are not UTF-8; the cell is kept as it is");
    line = end + line_of (cell->gap, strlen (cell->gap)) - 1 + (!is_last && tl_cell_open_fence (cell, &fence));
  }
  check_conflicts (self, list);
  for (guint i = 0; i < list->len; i++) {
    TlDiagnostic *diagnostic = list->pdata[i];

    diagnostic->end_line = MAX (diagnostic->line, diagnostic->end_line);
  }
  g_ptr_array_sort (list, compare_lines);
  return list;
}
