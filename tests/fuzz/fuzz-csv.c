/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/csv.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* Tables: a table that is read has a value in every row of every column, and every category is text. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  TlCsvOptions           options = { .max_bytes = 16 << 20 };
  g_autoptr (GBytes)     bytes = g_bytes_new (data, size);
  g_autoptr (TlInput)    input = tl_input_new_for_bytes (bytes, "fuzz");
  g_autoptr (GError)     error = NULL;
  g_autoptr (TlCsvTable) table = tl_csv_table_read_input (input, &options, &error);

  g_assert_true ((table == NULL) == (error != NULL));
  for (gsize column = 0; table != NULL && column < tl_csv_table_get_n_columns (table); column++) {
    gsize n_missing = 0;

    g_assert_true (g_utf8_validate (tl_csv_table_get_name (table, column), -1, NULL));
    for (gsize row = 0; row < tl_csv_table_get_n_rows (table); row++) {
      if (tl_csv_table_get_kind (table, column) == TL_CSV_COLUMN_NUMBER) {
        n_missing += tl_csv_table_get_numbers (table, column)[row] != tl_csv_table_get_numbers (table, column)[row];
      } else {
        gint32 code = tl_csv_table_get_codes (table, column)[row];

        n_missing += code < 0;
        if (code >= 0)
          g_assert_true (g_utf8_validate (tl_csv_table_get_category (table, column, code), -1, NULL));
      }
    }
    g_assert_cmpuint (n_missing, ==, tl_csv_table_get_n_missing (table, column));
  }
  return 0;
}
