/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#define MAX_HEAD_LINES 1000

/* Moves @line (all 0 at first) to the next line of @data. */
gboolean
tl_line_next (const char *data,
              gsize       length,
              TlLine     *line)
{
  const char *newline;

  line->start = line->end;
  if (line->start >= length)
    return FALSE;
  newline = memchr (data + line->start, '\n', length - line->start);
  line->end = newline ? newline + 1 - data : length;
  line->content_end = newline ? line->end - 1 : length;
  line->eol = newline ? TL_EOL_LF : TL_EOL_NONE;
  if (newline && line->content_end > line->start && data[line->content_end - 1] == '\r') {
    line->content_end--;
    line->eol = TL_EOL_CRLF;
  }
  return TRUE;
}

static gsize
skip_blanks (const char *line,
             gsize       length,
             gsize       at)
{
  while (at < length && (line[at] == ' ' || line[at] == '\t' || line[at] == '\r'))
    at++;
  return at;
}

static gboolean
is_blank (const char *line,
          gsize       length)
{
  return skip_blanks (line, length, 0) == length;
}

static gsize
run_length (const char *line,
            gsize       length,
            char        mark)
{
  gsize n = 0;

  while (n < length && line[n] == mark)
    n++;
  return n;
}

/* `lua {#id}` or `graph {#id …}`: fills in what makes a fence a cell. */
static void
read_info (const char *info,
           gsize       length,
           TlFence    *fence)
{
  gsize at, end;

  if (length >= 3 && memcmp (info, "lua", 3) == 0) {
    fence->kind = TL_CELL_LUA;
    at = 3;
  } else if (length >= 5 && memcmp (info, "graph", 5) == 0) {
    fence->kind = TL_CELL_GRAPH;
    at = 5;
  } else
    return;
  at = skip_blanks (info, length, at);
  if (length - at < 3 || info[at] != '{' || info[at + 1] != '#' || info[length - 1] != '}' || memchr (info, 0, length))
    return;
  fence->id = info + at + 2;
  for (end = at + 2; end < length - 1 && info[end] != ' ' && info[end] != '\t'; end++)
    ;
  fence->id_length = end - at - 2;
  fence->is_cell = TRUE;
}

gboolean
tl_fence_open (const char *line,
               gsize       length,
               TlFence    *fence)
{
  gsize n, at;

  *fence = (TlFence){ 0 };
  if (length < 3 || (line[0] != '`' && line[0] != '~'))
    return FALSE;
  n = run_length (line, length, line[0]);
  if (n < 3 || n > G_MAXINT || (line[0] == '`' && memchr (line + n, '`', length - n)))
    return FALSE;
  fence->mark = line[0];
  fence->length = n;
  at = skip_blanks (line, length, n);
  while (length > at && strchr (" \t\r", line[length - 1]) && line[length - 1])
    length--;
  if (fence->mark == '`')
    read_info (line + at, length - at, fence);
  return TRUE;
}

gboolean
tl_fence_closes (const char    *line,
                 gsize          length,
                 const TlFence *fence)
{
  gsize n = run_length (line, length, fence->mark);

  return n >= fence->length && is_blank (line + n, length - n);
}

/* Length of byte order mark and front matter, without the blank lines behind; 0 for neither. */
gsize
tl_head_length (const char *data,
                gsize       length)
{
  gsize   bom = length >= 3 && memcmp (data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  TlLine  line = { .end = bom };
  guint   n_lines = 0;
  guint   n_keys = 0;
  TlFence fence;

  while (n_lines < MAX_HEAD_LINES && tl_line_next (data, length, &line)) {
    const char *content = data + line.start;
    gsize       n = line.content_end - line.start;
    gboolean    is_rule = n >= 3 && memcmp (content, "---", 3) == 0 && is_blank (content + 3, n - 3);
    gsize       key = 0;

    if (n_lines++ == 0) {
      if (!is_rule)
        return bom;
      continue;
    }
    if (is_rule)
      return n_keys > 0 ? line.end : bom;
    /* Whatever stands in the prose above them, cells stay cells. */
    if (tl_fence_open (content, n, &fence))
      return bom;
    while (key < n && (g_ascii_isalnum (content[key]) || content[key] == '_' || content[key] == '-'))
      key++;
    if (key > 0 && key < n && content[key] == ':')
      n_keys++;
    /* Prose between two rules is no front matter. */
    else if (n_keys == 0 && !is_blank (content, n) && content[0] != '#')
      return bom;
  }
  return bom;
}

typedef struct {
  const char *data;
  gsize       length;
  GPtrArray  *cells;
  GString    *head;
} Cells;

static void
append_gap (Cells *self,
            gsize  start,
            gsize  end)
{
  if (start == end)
    return;
  if (self->cells->len == 0)
    g_string_append_len (self->head, self->data + start, end - start);
  else {
    TlCell          *cell = g_ptr_array_index (self->cells, self->cells->len - 1);
    g_autofree char *more = g_strndup (self->data + start, end - start);
    char            *gap = g_strconcat (cell->gap, more, NULL);

    g_free (cell->gap);
    cell->gap = gap;
  }
}

/* Prose without the blank lines around it; those go to the gaps. */
static void
add_prose (Cells *self,
           gsize  start,
           gsize  end)
{
  TlLine  line = { .end = start };
  gsize   first = end, last = start;
  TlCell *cell;

  while (tl_line_next (self->data, end, &line))
    if (!is_blank (self->data + line.start, line.content_end - line.start)) {
      first = MIN (first, line.start);
      last = line.end;
    }
  append_gap (self, start, first);
  if (first == end)
    return;
  cell = tl_cell_new (TL_CELL_TEXT);
  tl_cell_set_lines (cell, self->data + first, last - first);
  g_ptr_array_add (self->cells, cell);
  append_gap (self, last, end);
}

static void
add_code (Cells         *self,
          const TlFence *fence,
          const TlLine  *open,
          gsize          body_end,
          gsize          end)
{
  TlCell *cell = tl_cell_new (fence->kind);

  tl_frame_clear (&cell->frame);
  cell->frame.kind = fence->kind;
  cell->frame.id = g_strndup (fence->id, fence->id_length);
  cell->frame.open = g_strndup (self->data + open->start, open->end - open->start);
  cell->frame.close = g_strndup (self->data + body_end, end - body_end);
  tl_cell_set_lines (cell, self->data + open->end, body_end - open->end);
  g_ptr_array_add (self->cells, cell);
}

/* Moves @line to the line that closes @fence; FALSE at the end, with @line there. */
static gboolean
find_close (const Cells   *self,
            const TlFence *fence,
            TlLine        *line)
{
  while (tl_line_next (self->data, self->length, line))
    if (tl_fence_closes (self->data + line->start, line->content_end - line->start, fence))
      return TRUE;
  return FALSE;
}

/*
 * Reads cells; blank lines before the first go to @head.  With @close_at_once a cell that is never closed ends at its
 * opening line: somebody is typing it.
 */
GPtrArray *
tl_read_cells (const char *data,
               gsize       length,
               gboolean    close_at_once,
               GString    *head)
{
  Cells   self = { data, length, g_ptr_array_new_with_free_func (g_object_unref), head };
  TlLine  line = { 0 };
  gsize   prose = 0;
  guint   unclosed_length = G_MAXUINT;
  TlFence fence;

  while (tl_line_next (data, length, &line)) {
    TlLine   open = line;
    gboolean closed;

    if (!tl_fence_open (data + line.start, line.content_end - line.start, &fence))
      continue;
    closed = !(fence.is_cell && fence.length >= unclosed_length) && find_close (&self, &fence, &line);
    if (!fence.is_cell)
      continue;
    if (!closed && close_at_once) {
      unclosed_length = MIN (unclosed_length, fence.length);
      line = open;
    }
    add_prose (&self, prose, open.start);
    if (closed)
      add_code (&self, &fence, &open, line.start, line.end);
    else
      add_code (&self, &fence, &open, close_at_once ? open.end : length, close_at_once ? open.end : length);
    prose = closed || close_at_once ? line.end : length;
  }
  add_prose (&self, MIN (prose, length), length);
  return self.cells;
}
