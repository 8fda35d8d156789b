/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/csv.h"

#include "core/base/error.h"

#include <math.h>
#include <string.h>

#define DEFAULT_MAX_BYTES (G_GUINT64_CONSTANT (4) << 30)

/* What a category costs beside its text: the key in the hash table and the pointer in the list, roughly. */
#define CATEGORY_COST 64

/*
 * A column begins as numbers.  At the first field that is none it becomes a category column, whose numbers are dropped;
 * since the text of the rows before is gone by then, the file is read a second time for columns that changed late.
 */
typedef struct {
  char           *name;
  TlCsvColumnKind kind;
  gboolean        is_late; /* became a category column after numbers were seen */
  gsize           n_missing;
  gsize           n_values;
  gsize           n_reserved;
  double         *numbers;    /* of a number column */
  gint32         *codes;      /* of a category column; -1 is missing */
  GPtrArray      *categories; /* char *, borrowed from the keys of index */
  GHashTable     *index;      /* char * -> code */
} Column;

struct _TlCsvTable {
  char    *source;
  Column  *columns;
  gsize    n_columns;
  gsize    n_rows;
  gboolean has_header;
  char     decimal;
  gsize    n_bytes;
  gsize    max_bytes;
};

static gboolean
is_missing (const TlCsvField *field)
{
  static const char *const words[] = { "na", "n/a", "#n/a", "nan", "null", "none", "?" };
  const char              *text = field->text;
  gsize                    n_bytes = field->n_bytes;

  while (n_bytes > 0 && (*text == ' ' || *text == '\t')) {
    text++;
    n_bytes--;
  }
  while (n_bytes > 0 && (text[n_bytes - 1] == ' ' || text[n_bytes - 1] == '\t'))
    n_bytes--;
  if (n_bytes == 0)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++) {
    if (n_bytes == strlen (words[i]) && g_ascii_strncasecmp (text, words[i], n_bytes) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Fields are text of one encoding to everyone who sees them. */
static char *
field_to_utf8 (const TlCsvField *field)
{
  char *text;

  if (g_utf8_validate (field->text, field->n_bytes, NULL))
    return g_strndup (field->text, field->n_bytes);
  text = g_convert (field->text, field->n_bytes, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);
  return text != NULL ? text : g_utf8_make_valid (field->text, field->n_bytes);
}

static gboolean
charge (TlCsvTable *self,
        gsize       n_bytes,
        GError    **error)
{
  self->n_bytes += n_bytes;
  if (self->n_bytes <= self->max_bytes)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s: the table takes more than %" G_GSIZE_FORMAT " bytes after %" G_GSIZE_FORMAT " rows",
               self->source, self->max_bytes, self->n_rows);
  return FALSE;
}

/* Columns */

/* Makes room for one more value. */
static gboolean
column_reserve (TlCsvTable *self,
                Column     *column,
                GError    **error)
{
  gsize    n_wanted = column->n_reserved + column->n_reserved / 2 + 64;
  gsize    size = column->kind == TL_CSV_COLUMN_NUMBER ? sizeof (double) : sizeof (gint32);
  gpointer block = column->kind == TL_CSV_COLUMN_NUMBER ? (gpointer)column->numbers : (gpointer)column->codes;

  if (column->n_values < column->n_reserved)
    return TRUE;
  if (!charge (self, (n_wanted - column->n_reserved) * size, error))
    return FALSE;
  block = g_try_realloc_n (block, n_wanted, size);
  if (block == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s: no memory for more than %" G_GSIZE_FORMAT " rows", self->source, self->n_rows);
    return FALSE;
  }
  if (column->kind == TL_CSV_COLUMN_NUMBER)
    column->numbers = block;
  else
    column->codes = block;
  column->n_reserved = n_wanted;
  return TRUE;
}

static gboolean
column_add_number (TlCsvTable *self,
                   Column     *column,
                   double      value,
                   GError    **error)
{
  if (!column_reserve (self, column, error))
    return FALSE;
  column->numbers[column->n_values++] = value;
  return TRUE;
}

static gboolean
column_add_code (TlCsvTable *self,
                 Column     *column,
                 gint32      code,
                 GError    **error)
{
  if (!column_reserve (self, column, error))
    return FALSE;
  column->codes[column->n_values++] = code;
  return TRUE;
}

static gboolean
column_become_category (TlCsvTable *self,
                        Column     *column,
                        GError    **error)
{
  gsize n_missing = column->n_values;

  column->is_late = column->n_values > column->n_missing;
  column->kind = TL_CSV_COLUMN_CATEGORY;
  column->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  column->categories = g_ptr_array_new ();
  self->n_bytes -= column->n_reserved * sizeof (double);
  g_clear_pointer (&column->numbers, g_free);
  column->n_values = 0;
  column->n_reserved = 0;
  if (column->is_late) {
    column->n_missing = 0;
    return TRUE;
  }
  for (gsize i = 0; i < n_missing; i++) {
    if (!column_add_code (self, column, -1, error))
      return FALSE;
  }
  return TRUE;
}

/* The code of a category, a new one if it was not seen before; -1 with @error set. */
static gint32
column_find_category (TlCsvTable       *self,
                      Column           *column,
                      const TlCsvField *field,
                      GError          **error)
{
  g_autofree char *text = NULL;
  gpointer         found;
  gint32           code;

  if (g_hash_table_lookup_extended (column->index, field->text, NULL, &found))
    return GPOINTER_TO_INT (found);
  text = field_to_utf8 (field);
  if (g_hash_table_lookup_extended (column->index, text, NULL, &found))
    return GPOINTER_TO_INT (found);
  if (!charge (self, field->n_bytes + CATEGORY_COST, error))
    return -1;
  code = column->categories->len;
  g_ptr_array_add (column->categories, text);
  g_hash_table_insert (column->index, g_steal_pointer (&text), GINT_TO_POINTER (code));
  return code;
}

static gboolean
column_add_category (TlCsvTable       *self,
                     Column           *column,
                     const TlCsvField *field,
                     GError          **error)
{
  gint32 code;

  if (is_missing (field)) {
    column->n_missing++;
    return column_add_code (self, column, -1, error);
  }
  code = column_find_category (self, column, field, error);
  return code >= 0 && column_add_code (self, column, code, error);
}

static gboolean
column_add (TlCsvTable       *self,
            Column           *column,
            const TlCsvField *field,
            GError          **error)
{
  double value;

  if (column->kind == TL_CSV_COLUMN_NUMBER) {
    if (tl_csv_parse_number (field->text, field->n_bytes, self->decimal, &value))
      return column_add_number (self, column, value, error);
    if (is_missing (field)) {
      column->n_missing++;
      return column_add_number (self, column, NAN, error);
    }
    if (!column_become_category (self, column, error))
      return FALSE;
  }
  /* A late column is filled by the second reading. */
  return column->is_late || column_add_category (self, column, field, error);
}

/* Header */

static gboolean
looks_like_header (const TlCsvField *fields,
                   gsize             n_fields,
                   char              decimal)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  double                 value;

  for (gsize i = 0; i < n_fields; i++) {
    gboolean is_index = i == 0 && n_fields > 1 && fields[i].n_bytes == 0;

    if (tl_csv_parse_number (fields[i].text, fields[i].n_bytes, decimal, &value))
      return FALSE;
    if (is_missing (&fields[i]) && !is_index)
      return FALSE;
    if (!g_hash_table_add (seen, (gpointer)fields[i].text))
      return FALSE;
  }
  return TRUE;
}

/* A name that stands twice is an error where a header was asked for, because nobody could say which column is meant. */
static gboolean
check_names (TlCsvTable *self,
             GError    **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < self->n_columns; i++) {
    if (!g_hash_table_add (seen, self->columns[i].name)) {
      g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: line 1: two columns are called \"%s\"", self->source, self->columns[i].name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
start_columns (TlCsvTable       *self,
               const TlCsvField *fields,
               gsize             n_fields,
               TlCsvHeader       header,
               GError          **error)
{
  self->has_header = header == TL_CSV_HEADER_YES || (header == TL_CSV_HEADER_AUTO && looks_like_header (fields, n_fields, self->decimal));
  self->n_columns = n_fields;
  self->columns = g_new0 (Column, n_fields);
  for (gsize i = 0; i < n_fields; i++) {
    Column *column = &self->columns[i];

    if (self->has_header && fields[i].n_bytes > 0)
      column->name = g_strstrip (field_to_utf8 (&fields[i]));
    else
      column->name = g_strdup_printf ("c%" G_GSIZE_FORMAT, i + 1);
  }
  return charge (self, n_fields * sizeof (Column), error) && check_names (self, error);
}

/* Readings */

static gboolean
add_row (TlCsvTable       *self,
         const TlCsvField *fields,
         GError          **error)
{
  for (gsize i = 0; i < self->n_columns; i++) {
    if (!column_add (self, &self->columns[i], &fields[i], error))
      return FALSE;
  }
  self->n_rows++;
  return TRUE;
}

static gboolean
read_all (TlCsvTable         *self,
          TlInput            *input,
          const TlCsvOptions *options,
          GError            **error)
{
  g_autoptr (TlCsvReader) reader = tl_csv_reader_new (input, options, error);
  const TlCsvField       *fields;
  gsize                   n_fields;

  if (reader == NULL || !tl_csv_reader_next (reader, &fields, &n_fields, error))
    return FALSE;
  if (n_fields == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: no rows", self->source);
    return FALSE;
  }
  if (!start_columns (self, fields, n_fields, options->header, error))
    return FALSE;
  if (!self->has_header && !add_row (self, fields, error))
    return FALSE;
  for (;;) {
    if (!tl_csv_reader_next (reader, &fields, &n_fields, error))
      return FALSE;
    if (n_fields == 0)
      return TRUE;
    if (!add_row (self, fields, error))
      return FALSE;
  }
}

/* Fills the columns that turned out to be categories only after some numbers. */
static gboolean
read_late_columns (TlCsvTable         *self,
                   TlInput            *input,
                   const TlCsvOptions *options,
                   GError            **error)
{
  g_autoptr (TlCsvReader) reader = NULL;
  const TlCsvField       *fields;
  gsize                   n_fields;
  gboolean                is_header = self->has_header;
  gsize                   n_rows = 0;

  if (!tl_input_rewind (input, error))
    return FALSE;
  reader = tl_csv_reader_new (input, options, error);
  if (reader == NULL)
    return FALSE;
  for (;;) {
    if (!tl_csv_reader_next (reader, &fields, &n_fields, error))
      return FALSE;
    if (n_fields == 0 || n_fields != self->n_columns || n_rows > self->n_rows)
      break;
    for (gsize i = 0; i < n_fields && !is_header; i++) {
      if (self->columns[i].is_late && !column_add_category (self, &self->columns[i], &fields[i], error))
        return FALSE;
    }
    n_rows += !is_header;
    is_header = FALSE;
  }
  if (n_rows == self->n_rows)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: the file changed while it was read", self->source);
  return FALSE;
}

/**
 * tl_csv_table_read_input:
 * @input: an input at the first byte
 * @options: (nullable): how to read
 * @error: return location for an error
 *
 * Reads a whole table.
 *
 * Errors: %TL_ERROR_FORMAT with the line number, %TL_ERROR_IO, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a table, or %NULL with @error set
 */
TlCsvTable *
tl_csv_table_read_input (TlInput            *input,
                         const TlCsvOptions *options,
                         GError            **error)
{
  static const TlCsvOptions defaults = { 0 };
  g_autoptr (TlCsvTable)    self = NULL;
  gboolean                  has_late = FALSE;

  g_return_val_if_fail (input != NULL, NULL);

  if (options == NULL)
    options = &defaults;
  self = g_new0 (TlCsvTable, 1);
  self->source = g_strdup (tl_input_get_name (input));
  self->decimal = options->decimal != 0 ? options->decimal : '.';
  self->max_bytes = options->max_bytes > 0 ? options->max_bytes : (gsize)DEFAULT_MAX_BYTES;
  if (!read_all (self, input, options, error))
    return NULL;
  for (gsize i = 0; i < self->n_columns; i++)
    has_late |= self->columns[i].is_late;
  if (has_late && !read_late_columns (self, input, options, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_csv_table_read:
 * @path: a file, plain or gzip
 * @options: (nullable): how to read
 * @error: return location for an error
 *
 * Reads a whole table.
 *
 * Errors: %TL_ERROR_FORMAT with the line number, %TL_ERROR_IO, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a table, or %NULL with @error set
 */
TlCsvTable *
tl_csv_table_read (const char         *path,
                   const TlCsvOptions *options,
                   GError            **error)
{
  g_autoptr (TlInput) input = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  input = tl_input_open (path, error);
  return input != NULL ? tl_csv_table_read_input (input, options, error) : NULL;
}

/**
 * tl_csv_table_free:
 * @self: (nullable): a table
 */
void
tl_csv_table_free (TlCsvTable *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < self->n_columns; i++) {
    Column *column = &self->columns[i];

    g_free (column->name);
    g_free (column->numbers);
    g_free (column->codes);
    g_clear_pointer (&column->categories, g_ptr_array_unref);
    g_clear_pointer (&column->index, g_hash_table_unref);
  }
  g_free (self->columns);
  g_free (self->source);
  g_free (self);
}

/* Query */

/**
 * tl_csv_table_get_n_rows:
 * @self: a table
 *
 * Returns: the number of rows, without the header
 */
gsize
tl_csv_table_get_n_rows (TlCsvTable *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_rows;
}

/**
 * tl_csv_table_get_n_columns:
 * @self: a table
 *
 * Returns: the number of columns
 */
gsize
tl_csv_table_get_n_columns (TlCsvTable *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->n_columns;
}

/**
 * tl_csv_table_get_has_header:
 * @self: a table
 *
 * Returns: whether the first row gave the names
 */
gboolean
tl_csv_table_get_has_header (TlCsvTable *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->has_header;
}

/**
 * tl_csv_table_find_column:
 * @self: a table
 * @name: a column's name
 *
 * Returns: its index, or -1
 */
gssize
tl_csv_table_find_column (TlCsvTable *self,
                          const char *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, -1);

  for (gsize i = 0; i < self->n_columns; i++) {
    if (strcmp (self->columns[i].name, name) == 0)
      return i;
  }
  return -1;
}

/**
 * tl_csv_table_get_name:
 * @self: a table
 * @column: index of a column
 *
 * Returns: (transfer none): the name in the header; `c1`, `c2`… where there is none
 */
const char *
tl_csv_table_get_name (TlCsvTable *self,
                       gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, NULL);

  return self->columns[column].name;
}

/**
 * tl_csv_table_get_kind:
 * @self: a table
 * @column: index of a column
 *
 * Returns: what the column holds
 */
TlCsvColumnKind
tl_csv_table_get_kind (TlCsvTable *self,
                       gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, TL_CSV_COLUMN_NUMBER);

  return self->columns[column].kind;
}

/**
 * tl_csv_table_get_n_missing:
 * @self: a table
 * @column: index of a column
 *
 * Returns: how many of its fields are missing
 */
gsize
tl_csv_table_get_n_missing (TlCsvTable *self,
                            gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, 0);

  return self->columns[column].n_missing;
}

/**
 * tl_csv_table_get_numbers:
 * @self: a table
 * @column: index of a number column
 *
 * Returns: (transfer none) (nullable): a number for each row, NaN where it is missing; %NULL for a category column
 */
const double *
tl_csv_table_get_numbers (TlCsvTable *self,
                          gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, NULL);

  return self->columns[column].numbers;
}

/**
 * tl_csv_table_get_codes:
 * @self: a table
 * @column: index of a category column
 *
 * Returns: (transfer none) (nullable): a category for each row, -1 where it is missing; %NULL for a number column
 */
const gint32 *
tl_csv_table_get_codes (TlCsvTable *self,
                        gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, NULL);

  return self->columns[column].codes;
}

/**
 * tl_csv_table_get_n_categories:
 * @self: a table
 * @column: index of a column
 *
 * Returns: the number of categories, 0 for a number column
 */
gsize
tl_csv_table_get_n_categories (TlCsvTable *self,
                               gsize       column)
{
  g_return_val_if_fail (self != NULL && column < self->n_columns, 0);

  return self->columns[column].categories != NULL ? self->columns[column].categories->len : 0;
}

/**
 * tl_csv_table_get_category:
 * @self: a table
 * @column: index of a category column
 * @code: index of a category
 *
 * Returns: (transfer none): its text, valid UTF-8
 */
const char *
tl_csv_table_get_category (TlCsvTable *self,
                           gsize       column,
                           gsize       code)
{
  g_return_val_if_fail (self != NULL && code < tl_csv_table_get_n_categories (self, column), NULL);

  return g_ptr_array_index (self->columns[column].categories, code);
}
