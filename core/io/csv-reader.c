/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/csv.h"

#include "core/base/error.h"

#include <string.h>

#define CHUNK (64 * 1024)

/* What a row may hold.  A quote that is never closed would otherwise swallow the rest of the file. */
#define MAX_ROW_BYTES (64 * 1024 * 1024)
#define MAX_ROW_FIELDS (1024 * 1024)

/* How many lines the search for the separator looks at. */
#define N_SNIFFED_LINES 20

struct _TlCsvReader {
  TlInput *input; /* borrowed */
  char     separator;

  char    *chunk; /* what was read and not yet looked at stands between position and n_chunk */
  gsize    position;
  gsize    n_chunk;
  gboolean is_ended;

  guint64  line;       /* the line at position, counted from 1 */
  guint64  row_line;   /* the line the current row begins at */
  GString *text;       /* the current row's fields, each followed by a NUL */
  GArray  *offsets;    /* where each field begins in text (gsize) */
  GArray  *fields;     /* TlCsvField */
  gsize    n_expected; /* fields of the first row; 0 before it */
};

static gboolean
fill (TlCsvReader *self,
      GError     **error)
{
  gssize n_read;

  if (self->is_ended)
    return TRUE;
  n_read = tl_input_read (self->input, self->chunk, CHUNK, error);
  if (n_read < 0)
    return FALSE;
  self->position = 0;
  self->n_chunk = n_read;
  self->is_ended = n_read == 0;
  return TRUE;
}

static gboolean
set_row_error (TlCsvReader *self,
               guint64      line,
               const char  *what,
               GError     **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: line %" G_GUINT64_FORMAT ": %s", tl_input_get_name (self->input), line, what);
  return FALSE;
}

/* Separator */

/* How often a byte stands outside quotes in each whole line of the first chunk; 0 where that differs between lines. */
static gsize
count_per_line (const char *text,
                gsize       n_bytes,
                gboolean    is_whole,
                char        separator)
{
  gboolean is_quoted = FALSE;
  gsize    n_first = 0;
  gsize    n_here = 0;
  guint    n_lines = 0;
  gboolean is_blank = TRUE;

  for (gsize i = 0; i <= n_bytes && n_lines < N_SNIFFED_LINES; i++) {
    char byte = i < n_bytes ? text[i] : '\n';

    if (i == n_bytes && (!is_whole || is_blank))
      break;
    if (byte == '"')
      is_quoted = !is_quoted;
    else if (byte == separator && !is_quoted)
      n_here++;
    if ((byte == '\n' || byte == '\r') && !is_quoted) {
      if (is_blank)
        continue;
      if (n_lines++ == 0)
        n_first = n_here;
      else if (n_here != n_first)
        return 0;
      n_here = 0;
      is_blank = TRUE;
    } else {
      is_blank = FALSE;
    }
  }
  /* Not one whole line: a very wide table. */
  return n_lines > 0 ? n_first : n_here;
}

/* The candidate that stands equally often in all lines, and of those the one that stands most often. */
static char
find_separator (const char *text,
                gsize       n_bytes,
                gboolean    is_whole,
                char        decimal)
{
  const char candidates[] = { decimal == ',' ? ';' : ',', ';', '\t' };
  gsize      n_best = 0;
  char       best = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++) {
    gsize n = count_per_line (text, n_bytes, is_whole, candidates[i]);

    if (n > n_best) {
      n_best = n;
      best = candidates[i];
    }
  }
  if (best != 0)
    return best;

  /* Lines disagree about all of them, so that a row is broken: what the first line has most says in which table. */
  for (gsize i = 0; i < G_N_ELEMENTS (candidates); i++) {
    const char *end = memchr (text, '\n', n_bytes);
    gsize       n = count_per_line (text, end != NULL ? (gsize)(end - text) : n_bytes, TRUE, candidates[i]);

    if (n > n_best) {
      n_best = n;
      best = candidates[i];
    }
  }
  return best != 0 ? best : candidates[0];
}

static gboolean
check_beginning (TlCsvReader *self,
                 GError     **error)
{
  const guint8 *bytes = (const guint8 *)self->chunk;

  if (self->n_chunk >= 2 && ((bytes[0] == 0xff && bytes[1] == 0xfe) || (bytes[0] == 0xfe && bytes[1] == 0xff))) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: the text is UTF-16; only UTF-8 and Latin-1 are read",
                 tl_input_get_name (self->input));
    return FALSE;
  }
  if (self->n_chunk >= 3 && memcmp (bytes, "\xef\xbb\xbf", 3) == 0)
    self->position = 3;
  return TRUE;
}

/**
 * tl_csv_reader_new:
 * @input: an input at the first byte, which must live as long as the reader
 * @options: (nullable): how to read; only @separator and @decimal count here
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT
 *
 * Returns: (transfer full): a reader before the first row, or %NULL with @error set
 */
TlCsvReader *
tl_csv_reader_new (TlInput            *input,
                   const TlCsvOptions *options,
                   GError            **error)
{
  g_autoptr (TlCsvReader) self = NULL;

  g_return_val_if_fail (input != NULL, NULL);

  self = g_new0 (TlCsvReader, 1);
  self->input = input;
  self->chunk = g_malloc (CHUNK);
  self->line = 1;
  self->text = g_string_new (NULL);
  self->offsets = g_array_new (FALSE, FALSE, sizeof (gsize));
  self->fields = g_array_new (FALSE, FALSE, sizeof (TlCsvField));
  if (!fill (self, error) || !check_beginning (self, error))
    return NULL;
  self->separator = options != NULL ? options->separator : 0;
  if (self->separator == 0)
    self->separator = find_separator (self->chunk + self->position, self->n_chunk - self->position, self->n_chunk < CHUNK,
                                      options != NULL ? options->decimal : 0);
  return g_steal_pointer (&self);
}

/**
 * tl_csv_reader_free:
 * @self: (nullable): a reader
 */
void
tl_csv_reader_free (TlCsvReader *self)
{
  if (self == NULL)
    return;
  g_free (self->chunk);
  g_string_free (self->text, TRUE);
  g_array_unref (self->offsets);
  g_array_unref (self->fields);
  g_free (self);
}

/* Rows */

/* The next byte without taking it, or -1 at the end, or -2 with @error set. */
static inline int
peek_byte (TlCsvReader *self,
           GError     **error)
{
  if (self->position == self->n_chunk) {
    if (!fill (self, error))
      return -2;
    if (self->is_ended)
      return -1;
  }
  return (guint8)self->chunk[self->position];
}

/* Takes the line end at the position: LF, CR or both. */
static gboolean
take_line_end (TlCsvReader *self,
               GError     **error)
{
  int byte;

  self->line++;
  if (self->chunk[self->position++] != '\r')
    return TRUE;
  byte = peek_byte (self, error);
  if (byte == '\n')
    self->position++;
  return byte != -2;
}

static gboolean
append (TlCsvReader *self,
        const char  *text,
        gsize        n_bytes,
        GError     **error)
{
  if (self->text->len + n_bytes > MAX_ROW_BYTES)
    return set_row_error (self, self->row_line, "the row is longer than 64 MiB; is a quote never closed?", error);
  if (memchr (text, '\0', n_bytes) != NULL)
    return set_row_error (self, self->line, "a NUL byte; this is not a text file", error);
  g_string_append_len (self->text, text, n_bytes);
  return TRUE;
}

/* A field up to the separator or the line end. */
static gboolean
take_plain (TlCsvReader *self,
            GError     **error)
{
  for (;;) {
    const char *start = self->chunk + self->position;
    const char *end = self->chunk + self->n_chunk;
    const char *at = start;

    while (at < end && *at != self->separator && *at != '\n' && *at != '\r')
      at++;
    if (at > start && !append (self, start, at - start, error))
      return FALSE;
    self->position += at - start;
    if (at < end)
      return TRUE;
    if (!fill (self, error))
      return FALSE;
    if (self->is_ended)
      return TRUE;
  }
}

/* The inside of a field in quotes, up to and with the closing one. */
static gboolean
take_quoted (TlCsvReader *self,
             GError     **error)
{
  guint64 first_line = self->line;

  self->position++;
  for (;;) {
    int byte = peek_byte (self, error);

    if (byte == -2)
      return FALSE;
    if (byte == -1)
      return set_row_error (self, first_line, "a quote that opens here is never closed", error);
    if (byte == '"') {
      self->position++;
      byte = peek_byte (self, error);
      if (byte == -2)
        return FALSE;
      if (byte != '"')
        return TRUE;
      if (!append (self, "\"", 1, error))
        return FALSE;
      self->position++;
    } else {
      const char *start = self->chunk + self->position;
      const char *end = self->chunk + self->n_chunk;
      const char *quote = memchr (start, '"', end - start);
      const char *stop = quote != NULL ? quote : end;

      if (!append (self, start, stop - start, error))
        return FALSE;
      for (const char *at = start; at < stop; at++)
        self->line += *at == '\n';
      self->position += stop - start;
    }
  }
}

static gboolean
take_field (TlCsvReader *self,
            GError     **error)
{
  gsize offset = self->text->len;
  int   byte = peek_byte (self, error);

  if (byte == -2)
    return FALSE;
  if (self->offsets->len >= MAX_ROW_FIELDS)
    return set_row_error (self, self->row_line, "more than 1048576 fields", error);
  g_array_append_val (self->offsets, offset);
  if (byte == '"') {
    if (!take_quoted (self, error))
      return FALSE;
    byte = peek_byte (self, error);
    if (byte == -2)
      return FALSE;
    if (byte != -1 && byte != '\n' && byte != '\r' && (char)byte != self->separator)
      return set_row_error (self, self->line, "text after a closing quote", error);
  } else if (!take_plain (self, error)) {
    return FALSE;
  }
  g_string_append_c (self->text, '\0');
  return TRUE;
}

/* Fields of the row that begins at the position, which is not at the end. */
static gboolean
take_row (TlCsvReader *self,
          GError     **error)
{
  for (;;) {
    int byte;

    if (!take_field (self, error))
      return FALSE;
    byte = peek_byte (self, error);
    if (byte == -2)
      return FALSE;
    if (byte == -1)
      return TRUE;
    if ((char)byte != self->separator)
      return take_line_end (self, error);
    self->position++;
  }
}

/* Pointers into the row's text, which no longer moves. */
static void
publish_fields (TlCsvReader *self)
{
  gsize n_fields = self->offsets->len;

  g_array_set_size (self->fields, n_fields);
  for (gsize i = 0; i < n_fields; i++) {
    gsize       start = g_array_index (self->offsets, gsize, i);
    gsize       end = i + 1 < n_fields ? g_array_index (self->offsets, gsize, i + 1) : self->text->len;
    TlCsvField *field = &g_array_index (self->fields, TlCsvField, i);

    field->text = self->text->str + start;
    field->n_bytes = end - start - 1;
  }
}

/**
 * tl_csv_reader_next:
 * @self: a reader
 * @fields: (out) (array length=n_fields) (transfer none): the row's fields, valid until the next call
 * @n_fields: (out): their number, the same in every row; 0 at the end
 * @error: return location for an error
 *
 * Reads a row.  Blank lines are skipped.
 *
 * Errors: %TL_ERROR_FORMAT with the line number, %TL_ERROR_IO
 *
 * Returns: %FALSE with @error set; %TRUE otherwise, at the end too
 */
gboolean
tl_csv_reader_next (TlCsvReader       *self,
                    const TlCsvField **fields,
                    gsize             *n_fields,
                    GError           **error)
{
  int byte;

  g_return_val_if_fail (self != NULL, FALSE);

  *fields = NULL;
  *n_fields = 0;
  while ((byte = peek_byte (self, error)) == '\n' || byte == '\r') {
    if (!take_line_end (self, error))
      return FALSE;
  }
  if (byte < 0)
    return byte == -1;

  self->row_line = self->line;
  g_string_truncate (self->text, 0);
  g_array_set_size (self->offsets, 0);
  if (!take_row (self, error))
    return FALSE;
  if (self->n_expected == 0)
    self->n_expected = self->offsets->len;
  if (self->offsets->len != self->n_expected) {
    g_autofree char *what = g_strdup_printf ("%u fields, the first row has %" G_GSIZE_FORMAT, self->offsets->len, self->n_expected);

    return set_row_error (self, self->row_line, what, error);
  }
  publish_fields (self);
  *fields = (const TlCsvField *)self->fields->data;
  *n_fields = self->fields->len;
  return TRUE;
}

/**
 * tl_csv_reader_get_separator:
 * @self: a reader
 *
 * Returns: the byte between fields, given or found
 */
char
tl_csv_reader_get_separator (TlCsvReader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->separator;
}

/**
 * tl_csv_reader_get_line:
 * @self: a reader
 *
 * Returns: the line that the row read last begins at, counted from 1
 */
guint64
tl_csv_reader_get_line (TlCsvReader *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->row_line;
}
