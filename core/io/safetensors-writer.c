/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/safetensors-private.h"

#include "core/base/error.h"
#include "core/io/atomic-file.h"
#include "core/io/json-text-private.h"

#include <string.h>

/* The header is padded with blanks to this, so that the elements of a mapped file are aligned. */
#define ALIGNMENT 64

static gboolean
check_name (const char *path,
            GHashTable *seen,
            const char *name,
            GError    **error)
{
  const char *what = NULL;

  if (!g_utf8_validate (name, -1, NULL))
    what = "is not UTF-8";
  else if (strcmp (name, TL_SAFETENSORS_METADATA) == 0)
    what = "is kept for other things";
  else if (!g_hash_table_add (seen, (gpointer)name))
    what = "stands twice";
  if (what == NULL)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s: the name \"%s\" %s", path, name, what);
  return FALSE;
}

/* Indices of the arrays, wide elements first, so that each begins at a multiple of its element size. */
static gsize *
sort_by_size (const TlNamedView *arrays,
              gsize              n_arrays)
{
  gsize *order = g_new (gsize, MAX (n_arrays, 1));
  gsize  n = 0;

  for (gsize size = 8; size > 0; size /= 2) {
    for (gsize i = 0; i < n_arrays; i++) {
      if (tl_dtype_size (arrays[i].view.dtype) == size)
        order[n++] = i;
    }
  }
  g_assert (n == n_arrays);
  return order;
}

static void
append_metadata (GString           *header,
                 const char *const *metadata)
{
  if (metadata == NULL || metadata[0] == NULL)
    return;
  g_string_append (header, "\"" TL_SAFETENSORS_METADATA "\":{");
  for (gsize i = 0; metadata[i] != NULL && metadata[i + 1] != NULL; i += 2) {
    if (i > 0)
      g_string_append_c (header, ',');
    tl_json_text_append_string (header, metadata[i]);
    g_string_append_c (header, ':');
    tl_json_text_append_string (header, metadata[i + 1]);
  }
  g_string_append_c (header, '}');
}

static void
append_array (GString           *header,
              const TlNamedView *array,
              gsize              begin,
              gsize              end)
{
  if (header->len > 1)
    g_string_append_c (header, ',');
  tl_json_text_append_string (header, array->name);
  g_string_append_printf (header, ":{\"dtype\":\"%s\",\"shape\":[", tl_safetensors_name_of (array->view.dtype));
  for (guint i = 0; i < array->view.rank; i++)
    g_string_append_printf (header, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", array->view.shape[i]);
  g_string_append_printf (header, "],\"data_offsets\":[%" G_GSIZE_FORMAT ",%" G_GSIZE_FORMAT "]}", begin, end);
}

/* The header as it goes into the file, without its length; (transfer full). */
static GString *
make_header (const char        *path,
             const TlNamedView *arrays,
             gsize              n_arrays,
             const gsize       *order,
             const char *const *metadata,
             GError           **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GString)    header = g_string_new ("{");
  gsize                  at = 0;

  append_metadata (header, metadata);
  for (gsize i = 0; i < n_arrays; i++) {
    const TlNamedView *array = &arrays[order[i]];
    gsize              n_bytes;
    gsize              end;

    if (!check_name (path, seen, array->name, error))
      return NULL;
    if (!tl_io_size_of_shape (array->view.rank, array->view.shape, tl_dtype_size (array->view.dtype), NULL, &n_bytes) ||
        __builtin_add_overflow (at, n_bytes, &end)) {
      g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: \"%s\" is too large", path, array->name);
      return NULL;
    }
    append_array (header, array, at, end);
    at = end;
  }
  g_string_append_c (header, '}');
  while ((header->len + 8) % ALIGNMENT != 0)
    g_string_append_c (header, ' ');
  if (header->len > TL_SAFETENSORS_MAX_HEADER) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: the header would take %" G_GSIZE_FORMAT " bytes, at most %d are allowed",
                 path, header->len, TL_SAFETENSORS_MAX_HEADER);
    return NULL;
  }
  return g_steal_pointer (&header);
}

static gboolean
write_elements (TlAtomicFile      *file,
                const TlArrayView *view,
                GError           **error)
{
  gsize size = tl_dtype_size (view->dtype);
  gsize n_elements;
  gsize n_bytes;

  tl_io_size_of_shape (view->rank, view->shape, size, &n_elements, &n_bytes);
  if (G_BYTE_ORDER == G_BIG_ENDIAN && size > 1 && n_bytes > 0) {
    g_autofree guint8 *copy = g_memdup2 (view->data, n_bytes);

    tl_io_swap_bytes (copy, n_elements, size);
    return tl_atomic_file_write (file, copy, n_bytes, error);
  }
  return tl_atomic_file_write (file, view->data, n_bytes, error);
}

/**
 * tl_safetensors_save:
 * @path: where the file shall be
 * @arrays: (array length=n_arrays): what to write; the same arrays give the same bytes
 * @n_arrays: their number
 * @metadata: (nullable) (array zero-terminated=1): keys and texts in turn, all valid UTF-8, ending with %NULL
 * @error: return location for an error
 *
 * Writes a file, or leaves what was there.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_NAME for a name that stands twice or is not possible, %TL_ERROR_SHAPE
 *
 * Returns: whether the file is in its place
 */
gboolean
tl_safetensors_save (const char        *path,
                     const TlNamedView *arrays,
                     gsize              n_arrays,
                     const char *const *metadata,
                     GError           **error)
{
  g_autofree gsize        *order = NULL;
  g_autoptr (GString)      header = NULL;
  g_autoptr (TlAtomicFile) file = NULL;
  guint64                  n_header;

  g_return_val_if_fail (path != NULL && (arrays != NULL || n_arrays == 0), FALSE);

  order = sort_by_size (arrays, n_arrays);
  header = make_header (path, arrays, n_arrays, order, metadata, error);
  if (header == NULL)
    return FALSE;
  file = tl_atomic_file_open (path, error);
  n_header = GUINT64_TO_LE (header->len);
  if (file == NULL || !tl_atomic_file_write (file, &n_header, sizeof n_header, error) ||
      !tl_atomic_file_write (file, header->str, header->len, error))
    return FALSE;
  for (gsize i = 0; i < n_arrays; i++) {
    if (!write_elements (file, &arrays[order[i]].view, error))
      return FALSE;
  }
  return tl_atomic_file_commit (file, error);
}
