/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/datasets.h"

#include <string.h>

#include "config.h"
#include "core/base/error.h"
#include "core/graph/attr.h"

static const TlDatasetClass *const rows[] = {
#define TL_DATASET(name) &tl_dataset_##name,
#include "core/data/datasets.def"
#undef TL_DATASET
};

static char **folders;

/**
 * tl_dataset_class_get_n_rows:
 *
 * Returns: number of rows in the table
 */
guint
tl_dataset_class_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_dataset_class_get_row:
 * @row: number of a row
 *
 * Returns: (transfer none): the row
 */
const TlDatasetClass *
tl_dataset_class_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);

  return rows[row];
}

/**
 * tl_dataset_class_find:
 * @name: name or title of a row
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlDatasetClass *
tl_dataset_class_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0 || strcmp (rows[i]->title, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_dataset_class_load:
 * @self: a row
 * @attrs: (nullable): attribute values in the order of the row's specs; %NULL for the defaults
 * @parts: (out) (array fixed-size=3) (transfer full): what it gives; %NULL where there is nothing
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT, %TL_ERROR_VALUE, %TL_ERROR_MEMORY
 *
 * Returns: whether it was loaded
 */
gboolean
tl_dataset_class_load (const TlDatasetClass *self,
                       const TlAttrValue    *attrs,
                       TlDataset           **parts,
                       GError              **error)
{
  TlAttrValue defaults[TL_OP_MAX_ATTRS] = { 0 };

  memset (parts, 0, TL_DATASET_MAX_PARTS * sizeof *parts);
  if (attrs == NULL && self->attrs != NULL) {
    if (!tl_attr_check_required (self->name, self->attrs, 0, error))
      return FALSE;
    tl_attr_init_defaults (self->attrs, defaults);
  }
  if (self->load (attrs != NULL ? attrs : defaults, parts, error))
    return TRUE;
  for (guint i = 0; i < TL_DATASET_MAX_PARTS; i++)
    g_clear_pointer (&parts[i], tl_dataset_unref);
  return FALSE;
}

/**
 * tl_data_set_folders:
 * @names: (nullable) (array zero-terminated=1): folders in which tl_data_find_file() looks, first to last
 *
 * Without it, the folder in the environment variable TL_DATADIR and the one of the installation are looked through.
 */
void
tl_data_set_folders (const char *const *names)
{
  g_strfreev (folders);
  folders = g_strdupv ((char **)names);
}

/**
 * tl_data_find_file:
 * @name: path below one of the folders: "examples/digits/digits.csv"
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: (transfer full): path of the file, or %NULL
 */
char *
tl_data_find_file (const char *name,
                   GError    **error)
{
  const char        *standard[] = { g_getenv ("TL_DATADIR"), TL_DATADIR, NULL };
  const char *const *list = folders != NULL ? (const char *const *)folders : standard[0] != NULL ? standard
                                                                                                 : standard + 1;
  g_autofree char   *text = NULL;

  for (guint i = 0; list[i] != NULL; i++) {
    g_autofree char *path = g_build_filename (list[i], name, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&path);
  }
  text = g_strjoinv (", ", (char **)list);
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s is not in any of the data folders: %s", name, text);
  return NULL;
}
