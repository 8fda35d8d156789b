/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tables in text: comma, semicolon or tab separated values (RFC 4180), plain or gzip.
 *
 * TlCsvReader gives one row of fields after another and holds no more than that row.  TlCsvTable reads a whole file into
 * columns:
 *
 *     length,species        length   number    double     5.1  NaN  4.7
 *     5.1,setosa            species  category  int32        0    1    0     categories: setosa, virginica
 *     NA,virginica
 *     4.7,setosa
 *
 * A column is a number column if every field in it is a number or missing; otherwise a category column, whose categories
 * stand in the order of their first appearance.  Missing are: nothing at all, NA, N/A, #N/A, NaN, null, None (whatever the
 * case) and a lone question mark.  Numbers are read the same in every locale.
 *
 * Lines may end in LF, CRLF or CR; a byte order mark and blank lines are skipped; fields may be quoted, and then hold
 * separators, line ends and doubled quotes.  Text that is not UTF-8 is taken for Latin-1.  A row with more or fewer fields
 * than the first is an error with its line number.
 *
 * Ownership: the caller owns readers and tables; what they give out is borrowed.
 * Thread rule: one thread at a time; a finished table may be read by any.
 */

#include <glib.h>

#include "core/io/input.h"

G_BEGIN_DECLS

typedef struct _TlCsvReader TlCsvReader;
typedef struct _TlCsvTable  TlCsvTable;

/**
 * TlCsvField:
 * @text: the field's bytes, unquoted, followed by a NUL; valid until the next row is read
 * @n_bytes: their number
 */
typedef struct {
  const char *text;
  gsize       n_bytes;
} TlCsvField;

typedef enum {
  TL_CSV_HEADER_AUTO, /* the first row is one if it holds no number and no name twice */
  TL_CSV_HEADER_NO,
  TL_CSV_HEADER_YES,
} TlCsvHeader;

typedef enum {
  TL_CSV_COLUMN_NUMBER,
  TL_CSV_COLUMN_CATEGORY,
} TlCsvColumnKind;

/**
 * TlCsvOptions:
 * @separator: the byte between fields, or 0 to find out: comma, semicolon or tab
 * @decimal: the decimal point, `.` or `,`; 0 is `.`
 * @header: whether the first row holds names
 * @max_bytes: how much memory a table may take; 0 is 4 GiB
 *
 * All zeros is the right choice for most files.
 */
typedef struct {
  char        separator;
  char        decimal;
  TlCsvHeader header;
  gsize       max_bytes;
} TlCsvOptions;

/* Rows */

TlCsvReader *tl_csv_reader_new (TlInput            *input,
                                const TlCsvOptions *options,
                                GError            **error);
void         tl_csv_reader_free (TlCsvReader *self);
gboolean     tl_csv_reader_next (TlCsvReader       *self,
                                 const TlCsvField **fields,
                                 gsize             *n_fields,
                                 GError           **error);
char         tl_csv_reader_get_separator (TlCsvReader *self);
guint64      tl_csv_reader_get_line (TlCsvReader *self);

/* Tables */

TlCsvTable     *tl_csv_table_read (const char         *path,
                                   const TlCsvOptions *options,
                                   GError            **error);
TlCsvTable     *tl_csv_table_read_input (TlInput            *input,
                                         const TlCsvOptions *options,
                                         GError            **error);
void            tl_csv_table_free (TlCsvTable *self);
gsize           tl_csv_table_get_n_rows (TlCsvTable *self);
gsize           tl_csv_table_get_n_columns (TlCsvTable *self);
gboolean        tl_csv_table_get_has_header (TlCsvTable *self);
gssize          tl_csv_table_find_column (TlCsvTable *self,
                                          const char *name);
const char     *tl_csv_table_get_name (TlCsvTable *self,
                                       gsize       column);
TlCsvColumnKind tl_csv_table_get_kind (TlCsvTable *self,
                                       gsize       column);
gsize           tl_csv_table_get_n_missing (TlCsvTable *self,
                                            gsize       column);
const double   *tl_csv_table_get_numbers (TlCsvTable *self,
                                          gsize       column);
const gint32   *tl_csv_table_get_codes (TlCsvTable *self,
                                        gsize       column);
gsize           tl_csv_table_get_n_categories (TlCsvTable *self,
                                               gsize       column);
const char     *tl_csv_table_get_category (TlCsvTable *self,
                                           gsize       column,
                                           gsize       code);

/* Numbers */

gboolean tl_csv_parse_number (const char *text,
                              gsize       n_bytes,
                              char        decimal,
                              double     *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlCsvReader, tl_csv_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlCsvTable, tl_csv_table_free)

G_END_DECLS
