/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/csv-columns.h"

#include <math.h>
#include <string.h>

typedef struct {
  const char             *path;
  const TlCsvDataOptions *options;
  TlCsvTable             *table;
  gsize                   target;
  gboolean                is_class;
  GArray                 *columns; /* gsize: columns to predict from */
  GArray                 *rows;    /* gsize: rows that stay */
  gsize                   n_features;
  char                  **class_names;
} Reading;

static gboolean
find_column (Reading    *self,
             const char *name,
             gsize      *column,
             GError    **error)
{
  gssize found = tl_csv_table_find_column (self->table, name);

  if (found < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no column %s", self->path, name);
    return FALSE;
  }
  *column = (gsize)found;
  return TRUE;
}

static gboolean
choose_columns (Reading *self,
                GError **error)
{
  gsize          n = tl_csv_table_get_n_columns (self->table);
  g_auto (GStrv) names = NULL;

  if (n < 2 || tl_csv_table_get_n_rows (self->table) == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT,
                 "%s: a data set needs two columns and a row, but there are %" G_GSIZE_FORMAT " and %" G_GSIZE_FORMAT, self->path,
                 n, tl_csv_table_get_n_rows (self->table));
    return FALSE;
  }
  self->target = n - 1;
  if (self->options->target != NULL && !find_column (self, self->options->target, &self->target, error))
    return FALSE;
  if (self->options->columns == NULL) {
    for (gsize i = 0; i < n; i++)
      if (i != self->target)
        g_array_append_val (self->columns, i);
    return TRUE;
  }
  names = g_strsplit (self->options->columns, ",", -1);
  for (char **name = names; *name != NULL; name++) {
    gsize column;

    if (!find_column (self, g_strstrip (*name), &column, error))
      return FALSE;
    g_array_append_val (self->columns, column);
  }
  return TRUE;
}

static gboolean
is_missing (Reading *self,
            gsize    column,
            gsize    row)
{
  const double *numbers = tl_csv_table_get_numbers (self->table, column);

  return numbers != NULL ? isnan (numbers[row]) : tl_csv_table_get_codes (self->table, column)[row] < 0;
}

/* Which rows stay, after the rule about missing fields. */
static gboolean
choose_rows (Reading *self,
             GError **error)
{
  gsize n_rows = tl_csv_table_get_n_rows (self->table);

  for (gsize row = 0; row < n_rows; row++) {
    gboolean stays = TRUE;

    for (gsize i = 0; i <= self->columns->len; i++) {
      gboolean is_target = i == self->columns->len;
      gsize    column = is_target ? self->target : g_array_index (self->columns, gsize, i);

      if (!is_missing (self, column, row))
        continue;
      if (self->options->missing == TL_CSV_MISSING_ERROR) {
        g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                     "%s: column %s is empty in row %" G_GSIZE_FORMAT " and in %" G_GSIZE_FORMAT
                     " rows altogether; missing = \"drop\" or \"mean\" would go on",
                     self->path, tl_csv_table_get_name (self->table, column), row + 1,
                     tl_csv_table_get_n_missing (self->table, column));
        return FALSE;
      }
      stays = stays && !is_target && self->options->missing == TL_CSV_MISSING_MEAN;
    }
    if (stays)
      g_array_append_val (self->rows, row);
  }
  if (self->rows->len > 0)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: every row has a missing field", self->path);
  return FALSE;
}

static gsize
width_of (Reading *self,
          gsize    column)
{
  gboolean one_hot = tl_csv_table_get_kind (self->table, column) == TL_CSV_COLUMN_CATEGORY && !self->options->codes;

  return one_hot ? tl_csv_table_get_n_categories (self->table, column) : 1;
}

static double
mean_of (Reading *self,
         gsize    column)
{
  const double *numbers = tl_csv_table_get_numbers (self->table, column);
  double        sum = 0;
  gsize         n = 0;

  for (guint i = 0; numbers != NULL && i < self->rows->len; i++) {
    double number = numbers[g_array_index (self->rows, gsize, i)];

    if (!isnan (number)) {
      sum += number;
      n++;
    }
  }
  return n > 0 ? sum / (double)n : 0;
}

static void
fill_column (Reading *self,
             gsize    column,
             float   *to)
{
  const double *numbers = tl_csv_table_get_numbers (self->table, column);
  const gint32 *codes = tl_csv_table_get_codes (self->table, column);
  gsize         width = width_of (self, column);
  double        mean = mean_of (self, column);

  for (guint i = 0; i < self->rows->len; i++, to += self->n_features) {
    gsize row = g_array_index (self->rows, gsize, i);

    if (numbers != NULL)
      *to = (float)(isnan (numbers[row]) ? mean : numbers[row]);
    else if (self->options->codes)
      *to = (float)codes[row];
    else
      for (gsize k = 0; k < width; k++)
        to[k] = codes[row] == (gint32)k ? 1 : 0;
  }
}

static TlTensor *
make_x (Reading *self,
        GError **error)
{
  TlDim     shape[2] = { self->rows->len };
  TlTensor *x;
  gsize     at = 0;

  for (guint i = 0; i < self->columns->len; i++)
    self->n_features += width_of (self, g_array_index (self->columns, gsize, i));
  shape[1] = (TlDim)self->n_features;
  x = tl_tensor_new (TL_DTYPE_F32, 2, shape, error);
  for (guint i = 0; x != NULL && i < self->columns->len; i++) {
    gsize column = g_array_index (self->columns, gsize, i);

    fill_column (self, column, (float *)tl_tensor_peek_data (x) + at);
    at += width_of (self, column);
  }
  return x;
}

/* Numbers as classes must be 0, 1, 2...: they are what the network's outputs are numbered by. */
static gboolean
check_class (Reading *self,
             double   number,
             gsize    row,
             GError **error)
{
  if (number >= 0 && number < 1e6 && number == floor (number))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %g in row %" G_GSIZE_FORMAT " is no class: classes are 0, 1, 2, ...",
               self->path, tl_csv_table_get_name (self->table, self->target), number, row + 1);
  return FALSE;
}

static TlTensor *
make_classes (Reading *self,
              GError **error)
{
  const double        *numbers = tl_csv_table_get_numbers (self->table, self->target);
  const gint32        *codes = tl_csv_table_get_codes (self->table, self->target);
  const TlDim          shape[] = { self->rows->len };
  g_autoptr (TlTensor) y = tl_tensor_new (TL_DTYPE_I32, 1, shape, error);
  gint32              *to = y != NULL ? tl_tensor_peek_data (y) : NULL;
  gsize                n_classes = codes != NULL ? tl_csv_table_get_n_categories (self->table, self->target) : 0;

  for (guint i = 0; to != NULL && i < self->rows->len; i++) {
    gsize row = g_array_index (self->rows, gsize, i);

    if (numbers != NULL && !check_class (self, numbers[row], row, error))
      return NULL;
    to[i] = numbers != NULL ? (gint32)numbers[row] : codes[row];
  }
  self->class_names = codes != NULL ? g_new0 (char *, n_classes + 1) : NULL;
  for (gsize i = 0; i < n_classes; i++)
    self->class_names[i] = g_strdup (tl_csv_table_get_category (self->table, self->target, i));
  return g_steal_pointer (&y);
}

static TlTensor *
make_numbers (Reading *self,
              GError **error)
{
  const double *numbers = tl_csv_table_get_numbers (self->table, self->target);
  const TlDim   shape[] = { self->rows->len, 1 };
  TlTensor     *y;
  float        *to;

  if (numbers == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: column %s is text, so its kind cannot be \"number\"", self->path,
                 tl_csv_table_get_name (self->table, self->target));
    return NULL;
  }
  y = tl_tensor_new (TL_DTYPE_F32, 2, shape, error);
  to = y != NULL ? tl_tensor_peek_data (y) : NULL;
  for (guint i = 0; to != NULL && i < self->rows->len; i++)
    to[i] = (float)numbers[g_array_index (self->rows, gsize, i)];
  return y;
}

static TlDataset *
make_dataset (Reading *self,
              GError **error)
{
  g_autoptr (TlTensor)  x = NULL, y = NULL;
  g_autoptr (TlDataset) made = NULL;

  if (!choose_columns (self, error) || !choose_rows (self, error))
    return NULL;
  self->is_class = self->options->kind == TL_CSV_TARGET_CLASS ||
                   (self->options->kind == TL_CSV_TARGET_AUTO &&
                    tl_csv_table_get_kind (self->table, self->target) == TL_CSV_COLUMN_CATEGORY);
  x = make_x (self, error);
  y = x == NULL ? NULL : self->is_class ? make_classes (self, error)
                                        : make_numbers (self, error);
  if (y == NULL)
    return NULL;
  made = tl_dataset_new (self->path);
  if (!tl_dataset_add_field (made, "x", x, error) || !tl_dataset_add_field (made, "y", y, error))
    return NULL;
  tl_dataset_set_class_names (made, (const char *const *)self->class_names);
  return g_steal_pointer (&made);
}

/**
 * tl_csv_data_read:
 * @path: a file
 * @options: which columns, and how
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT, %TL_ERROR_NAME for a column that does not exist, %TL_ERROR_VALUE for missing fields and
 * classes that are none, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): fields "x" and "y", or %NULL
 */
TlDataset *
tl_csv_data_read (const char             *path,
                  const TlCsvDataOptions *options,
                  GError                **error)
{
  const TlCsvOptions     reader = { .header = options->header };
  g_autoptr (TlCsvTable) table = tl_csv_table_read (path, &reader, error);
  g_autoptr (GArray)     columns = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GArray)     rows = g_array_new (FALSE, FALSE, sizeof (gsize));
  Reading                self = { .path = path, .options = options, .table = table, .columns = columns, .rows = rows };
  TlDataset             *made;

  if (table == NULL)
    return NULL;
  made = make_dataset (&self, error);
  g_strfreev (self.class_names);
  return made;
}
