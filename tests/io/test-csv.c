/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/io/csv.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static TlCsvTable *
read_text (const char         *text,
           gssize              n_bytes,
           const TlCsvOptions *options,
           GError            **error)
{
  g_autoptr (GBytes)  bytes = g_bytes_new (text, n_bytes < 0 ? strlen (text) : (gsize)n_bytes);
  g_autoptr (TlInput) input = tl_input_new_for_bytes (bytes, "t.csv");

  return tl_csv_table_read_input (input, options, error);
}

static TlCsvTable *
table_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  TlCsvTable        *table = read_text (text, -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (table);
  return table;
}

static void
assert_fails (const char         *text,
              gssize              n_bytes,
              const TlCsvOptions *options,
              TlError             code,
              const char         *part)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlCsvTable) table = read_text (text, n_bytes, options, &error);

  g_assert_null (table);
  g_assert_error (error, TL_ERROR, (int)code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, error->message);
}

static const char *
category (TlCsvTable *table,
          gsize       row,
          gsize       column)
{
  gint32 code = tl_csv_table_get_codes (table, column)[row];

  return code < 0 ? NULL : tl_csv_table_get_category (table, column, code);
}

static void
test_kinds (void)
{
  g_autoptr (TlCsvTable) table = table_of ("length,species\n5.1,setosa\nNA,virginica\n4.7,setosa\n");

  g_assert_true (tl_csv_table_get_has_header (table));
  g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, 3);
  g_assert_cmpuint (tl_csv_table_get_n_columns (table), ==, 2);
  g_assert_cmpstr (tl_csv_table_get_name (table, 1), ==, "species");
  g_assert_cmpint (tl_csv_table_find_column (table, "species"), ==, 1);
  g_assert_cmpint (tl_csv_table_find_column (table, "nothing"), ==, -1);
  g_assert_cmpint (tl_csv_table_get_kind (table, 0), ==, TL_CSV_COLUMN_NUMBER);
  g_assert_cmpint (tl_csv_table_get_kind (table, 1), ==, TL_CSV_COLUMN_CATEGORY);
  g_assert_cmpfloat (tl_csv_table_get_numbers (table, 0)[0], ==, 5.1);
  g_assert_true (isnan (tl_csv_table_get_numbers (table, 0)[1]));
  g_assert_cmpuint (tl_csv_table_get_n_missing (table, 0), ==, 1);
  g_assert_null (tl_csv_table_get_numbers (table, 1));
  g_assert_null (tl_csv_table_get_codes (table, 0));
  g_assert_cmpuint (tl_csv_table_get_n_categories (table, 1), ==, 2);
  g_assert_cmpstr (category (table, 0, 1), ==, "setosa");
  g_assert_cmpstr (category (table, 1, 1), ==, "virginica");
  g_assert_cmpint (tl_csv_table_get_codes (table, 1)[2], ==, 0);
}

/* A column that looks like numbers for a while: their text must come back as it was written. */
static void
test_late_category (void)
{
  g_autoptr (TlCsvTable) table = table_of ("id,x\n01,1\n,2\n1.0,3\nB7,4\n01,5\n");

  g_assert_cmpint (tl_csv_table_get_kind (table, 0), ==, TL_CSV_COLUMN_CATEGORY);
  g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, 5);
  g_assert_cmpuint (tl_csv_table_get_n_missing (table, 0), ==, 1);
  g_assert_cmpuint (tl_csv_table_get_n_categories (table, 0), ==, 3);
  g_assert_cmpstr (category (table, 0, 0), ==, "01");
  g_assert_null (category (table, 1, 0));
  g_assert_cmpstr (category (table, 2, 0), ==, "1.0");
  g_assert_cmpstr (category (table, 3, 0), ==, "B7");
  g_assert_cmpint (tl_csv_table_get_codes (table, 0)[4], ==, 0);
  g_assert_cmpfloat (tl_csv_table_get_numbers (table, 1)[4], ==, 5);
}

static void
test_missing_first (void)
{
  g_autoptr (TlCsvTable) table = table_of ("a,b\n,?\nNaN,null\nred,None\n");

  g_assert_cmpuint (tl_csv_table_get_n_missing (table, 0), ==, 2);
  g_assert_null (category (table, 1, 0));
  g_assert_cmpstr (category (table, 2, 0), ==, "red");
  g_assert_cmpint (tl_csv_table_get_kind (table, 1), ==, TL_CSV_COLUMN_NUMBER);
  g_assert_cmpuint (tl_csv_table_get_n_missing (table, 1), ==, 3);
}

static void
test_quotes (void)
{
  g_autoptr (TlCsvTable) table = table_of ("name,\"a \"\"b\"\"\",c\r\n"
                                           "\"x, y\",\"1.5\",\"two\r\nlines\"\r\n"
                                           "\"\",2,plain \"quote\"");

  g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, 2);
  g_assert_cmpstr (tl_csv_table_get_name (table, 1), ==, "a \"b\"");
  g_assert_cmpstr (category (table, 0, 0), ==, "x, y");
  g_assert_null (category (table, 1, 0));
  g_assert_cmpfloat (tl_csv_table_get_numbers (table, 1)[0], ==, 1.5);
  g_assert_cmpstr (category (table, 0, 2), ==, "two\r\nlines");
  g_assert_cmpstr (category (table, 1, 2), ==, "plain \"quote\"");
}

static void
test_line_ends (void)
{
  static const char *const texts[] = {
    "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\r1,2\r3,4", "\xef\xbb\xbf"
                                                                 "a,b\n\n1,2\n\n\n3,4\n\n",
    "\n\r\na,b\n1,2\n3,4"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (TlCsvTable) table = table_of (texts[i]);

    g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, 2);
    g_assert_cmpuint (tl_csv_table_get_n_columns (table), ==, 2);
    g_assert_cmpstr (tl_csv_table_get_name (table, 0), ==, "a");
    g_assert_cmpfloat (tl_csv_table_get_numbers (table, 1)[1], ==, 4);
  }
}

static void
test_separators (void)
{
  static const char *const texts[] = {
    "a,b,c\n1,2,3\n", "a;b;c\n1;2;3\n", "a\tb\tc\n1\t2\t3\n", "\"a;x\",b,c\n1,2,3\n", "a;b;c\n\"1,1,1\";2;3\n"
  };
  static const char expected[] = { ',', ';', '\t', ',', ';' };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GBytes)      bytes = g_bytes_new_static (texts[i], strlen (texts[i]));
    g_autoptr (TlInput)     input = tl_input_new_for_bytes (bytes, "t.csv");
    g_autoptr (TlCsvReader) reader = tl_csv_reader_new (input, NULL, NULL);
    const TlCsvField       *fields;
    gsize                   n_fields;

    g_assert_cmpint (tl_csv_reader_get_separator (reader), ==, expected[i]);
    g_assert_true (tl_csv_reader_next (reader, &fields, &n_fields, NULL));
    g_assert_cmpuint (n_fields, ==, 3);
    g_assert_true (tl_csv_reader_next (reader, &fields, &n_fields, NULL));
    g_assert_cmpstr (fields[2].text, ==, "3");
    g_assert_cmpuint (tl_csv_reader_get_line (reader), ==, 2);
    g_assert_true (tl_csv_reader_next (reader, &fields, &n_fields, NULL));
    g_assert_cmpuint (n_fields, ==, 0);
  }
}

static void
test_decimal_comma (void)
{
  TlCsvOptions           options = { .decimal = ',' };
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlCsvTable) table = read_text ("a;b\n1,5;2,25\n3;1e2\n", -1, &options, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (tl_csv_table_get_n_columns (table), ==, 2);
  g_assert_cmpfloat (tl_csv_table_get_numbers (table, 1)[0], ==, 2.25);
  g_assert_cmpfloat (tl_csv_table_get_numbers (table, 1)[1], ==, 100);
}

static void
test_header (void)
{
  g_autoptr (TlCsvTable) numbers = table_of ("1,2\n3,4\n");
  g_autoptr (TlCsvTable) twice = table_of ("x,x\ny,x\n");
  g_autoptr (TlCsvTable) index = table_of (",a\n1,2\n");
  TlCsvOptions           no = { .header = TL_CSV_HEADER_NO };
  g_autoptr (TlCsvTable) forced = read_text ("a,b\nc,d\n", -1, &no, NULL);

  g_assert_false (tl_csv_table_get_has_header (numbers));
  g_assert_cmpstr (tl_csv_table_get_name (numbers, 1), ==, "c2");
  g_assert_cmpuint (tl_csv_table_get_n_rows (numbers), ==, 2);
  g_assert_false (tl_csv_table_get_has_header (twice));
  g_assert_true (tl_csv_table_get_has_header (index));
  g_assert_cmpstr (tl_csv_table_get_name (index, 0), ==, "c1");
  g_assert_cmpuint (tl_csv_table_get_n_rows (forced), ==, 2);
  g_assert_cmpstr (category (forced, 0, 0), ==, "a");
}

static void
test_errors (void)
{
  TlCsvOptions        yes = { .header = TL_CSV_HEADER_YES };
  TlCsvOptions        small = { .max_bytes = 2000 };
  g_autoptr (GString) many = g_string_new ("x\n");

  assert_fails ("a,b\n1,2\n3\n", -1, NULL, TL_ERROR_FORMAT, "t.csv: line 3: 1 fields, the first row has 2");
  assert_fails ("a,b\n1,2\n\n\"x\ny\",2\n3,4,5\n", -1, NULL, TL_ERROR_FORMAT, "t.csv: line 6: 3 fields");
  assert_fails ("a,b\n1,\"2\n3,4\n", -1, NULL, TL_ERROR_FORMAT, "t.csv: line 2: a quote that opens here is never closed");
  assert_fails ("a,b\n1,\"2\"x\n", -1, NULL, TL_ERROR_FORMAT, "t.csv: line 2: text after a closing quote");
  assert_fails ("a,b\n1,\0\n", 8, NULL, TL_ERROR_FORMAT, "t.csv: line 2: a NUL byte");
  assert_fails ("\xff\xfe"
                "a\0b\0",
                6, NULL, TL_ERROR_FORMAT, "UTF-16");
  assert_fails ("", -1, NULL, TL_ERROR_FORMAT, "no rows");
  assert_fails ("\n\n", -1, NULL, TL_ERROR_FORMAT, "no rows");
  assert_fails ("a,a\n1,2\n", -1, &yes, TL_ERROR_FORMAT, "two columns are called \"a\"");
  for (int i = 0; i < 1000; i++)
    g_string_append (many, "1\n");
  assert_fails (many->str, -1, &small, TL_ERROR_MEMORY, "more than 2000 bytes");
}

static void
test_latin1 (void)
{
  g_autoptr (TlCsvTable) table = table_of ("caf\xe9\n\xc3\xa9t\xc3\xa9\n\xe9t\xe9\n");

  g_assert_cmpstr (tl_csv_table_get_name (table, 0), ==, "café");
  g_assert_cmpuint (tl_csv_table_get_n_categories (table, 0), ==, 1);
  g_assert_cmpstr (category (table, 1, 0), ==, "été");
}

/* Rows and quoted fields that straddle the reader's windows. */
static void
test_large (void)
{
  g_autoptr (GString)    text = g_string_new ("a,b,c\n");
  g_autoptr (TlCsvTable) table = NULL;
  gsize                  n_rows = 40000;

  for (gsize i = 0; i < n_rows; i++)
    g_string_append_printf (text, "%" G_GSIZE_FORMAT ",\"k\"\"%" G_GSIZE_FORMAT "\n\",%g\r\n", i, i % 7, i / 8.0);
  table = table_of (text->str);
  g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, n_rows);
  g_assert_cmpuint (tl_csv_table_get_n_categories (table, 1), ==, 7);
  for (gsize i = 0; i < n_rows; i++) {
    g_assert_cmpfloat (tl_csv_table_get_numbers (table, 0)[i], ==, i);
    g_assert_cmpint (tl_csv_table_get_codes (table, 1)[i], ==, i % 7);
  }
}

static void
test_numbers (void)
{
  static const char *const good[] = {
    "0", "-0", "+1", "007", "1.", ".5", "-1.25e-3", "1E5", " 42 ", "9007199254740991", "9007199254740993",
    "123456789012345678901234567890", "0.1", "3.14159265358979323846", "1e22", "1e23", "1e-22", "1e-23", "4.9e-324",
    "2.2250738585072011e-308", "1.7976931348623157e308", "1e400", "1e-400", "0.000000000000000000000000000001",
    "1e99999999999999999999", "8.5e-06"
  };
  static const char *const bad[] = {
    "", " ", "-", "+", ".", "e5", "1e", "1e+", "1 2", "0x10", "1_000", "nan", "1,5", "1.2.3", "--1", "infinit", "1f", "- 1", ".inf"
  };
  double value;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++) {
    g_assert_true (tl_csv_parse_number (good[i], strlen (good[i]), '.', &value));
    g_assert_cmpfloat (value, ==, g_ascii_strtod (good[i], NULL));
    g_assert_cmpint (signbit (value), ==, signbit (g_ascii_strtod (good[i], NULL)));
  }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (tl_csv_parse_number (bad[i], strlen (bad[i]), '.', &value));
  g_assert_true (tl_csv_parse_number ("-Inf", 4, '.', &value));
  g_assert_true (isinf (value) && value < 0);
  /* Only the given bytes count. */
  g_assert_true (tl_csv_parse_number ("123456", 3, '.', &value));
  g_assert_cmpfloat (value, ==, 123);
}

/* What is printed with 17 digits comes back as the same bits. */
static void
test_number_round_trip (void)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  for (int i = 0; i < 20000; i++) {
    guint64 bits = ((guint64)g_test_rand_int () << 32) | (guint32)g_test_rand_int ();
    double  number;
    double  value;

    memcpy (&number, &bits, sizeof number);
    if (!isfinite (number))
      continue;
    g_ascii_dtostr (text, sizeof text, number);
    g_assert_true (tl_csv_parse_number (text, strlen (text), '.', &value));
    g_assert_cmpmem (&value, sizeof value, &number, sizeof number);
    g_ascii_formatd (text, sizeof text, "%.6g", number);
    g_assert_true (tl_csv_parse_number (text, strlen (text), '.', &value));
    g_assert_cmpfloat (value, ==, g_ascii_strtod (text, NULL));
  }
}

static void
test_digits (void)
{
  const char            *folder = g_getenv ("TL_DATADIR");
  g_autofree char       *path = NULL;
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlCsvTable) table = NULL;
  double                 sum = 0;

  if (folder == NULL) {
    g_test_skip ("TL_DATADIR is not set");
    return;
  }
  path = g_build_filename (folder, "examples", "digits", "digits.csv", NULL);
  table = tl_csv_table_read (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_csv_table_get_n_rows (table), ==, 1797);
  g_assert_cmpuint (tl_csv_table_get_n_columns (table), ==, 65);
  g_assert_cmpstr (tl_csv_table_get_name (table, 64), ==, "label");
  for (gsize row = 0; row < 1797; row++)
    sum += tl_csv_table_get_numbers (table, 64)[row];
  g_assert_cmpfloat (sum, ==, 8070);
}

int
main (int   argc,
      char *argv[])
{
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io/csv/kinds", test_kinds);
  g_test_add_func ("/io/csv/late-category", test_late_category);
  g_test_add_func ("/io/csv/missing-first", test_missing_first);
  g_test_add_func ("/io/csv/quotes", test_quotes);
  g_test_add_func ("/io/csv/line-ends", test_line_ends);
  g_test_add_func ("/io/csv/separators", test_separators);
  g_test_add_func ("/io/csv/decimal-comma", test_decimal_comma);
  g_test_add_func ("/io/csv/header", test_header);
  g_test_add_func ("/io/csv/errors", test_errors);
  g_test_add_func ("/io/csv/latin1", test_latin1);
  g_test_add_func ("/io/csv/large", test_large);
  g_test_add_func ("/io/csv/numbers", test_numbers);
  g_test_add_func ("/io/csv/number-round-trip", test_number_round_trip);
  g_test_add_func ("/io/csv/digits", test_digits);
  return g_test_run ();
}
