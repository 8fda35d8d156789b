/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/idx.h"

#include "core/base/error.h"

#include <string.h>

/* Elements pass through a window of this size where they are converted on the way. */
#define CHUNK 16384

typedef struct {
  guint8  code;
  guint8  file_size; /* bytes of an element in the file */
  TlDType dtype;     /* what it is read as */
} IdxType;

static const IdxType idx_types[] = {
  { 0x08, 1, TL_DTYPE_U8 },
  { 0x09, 1, TL_DTYPE_I8 },
  { 0x0b, 2, TL_DTYPE_I32 },
  { 0x0c, 4, TL_DTYPE_I32 },
  { 0x0d, 4, TL_DTYPE_F32 },
  { 0x0e, 8, TL_DTYPE_F64 },
};

static gboolean
read_exactly (TlInput    *input,
              gpointer    buffer,
              gsize       n_bytes,
              const char *what,
              GError    **error)
{
  gssize n_read = tl_input_read (input, buffer, n_bytes, error);

  if (n_read < 0)
    return FALSE;
  if ((gsize)n_read < n_bytes) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: truncated: %s needs %" G_GSIZE_FORMAT " bytes, %" G_GSSIZE_FORMAT " are there",
                 tl_input_get_name (input), what, n_bytes, n_read);
    return FALSE;
  }
  return TRUE;
}

static const IdxType *
read_header (TlInput *input,
             guint   *rank,
             gint64  *shape,
             GError **error)
{
  const char    *name = tl_input_get_name (input);
  const IdxType *type = NULL;
  guint8         magic[4];
  guint8         sizes[4 * TL_MAX_RANK];

  if (!read_exactly (input, magic, sizeof magic, "the header", error))
    return NULL;
  if (magic[0] != 0 || magic[1] != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: not an IDX file: it begins with %02x %02x, not 00 00", name, magic[0], magic[1]);
    return NULL;
  }
  for (gsize i = 0; i < G_N_ELEMENTS (idx_types); i++) {
    if (idx_types[i].code == magic[2])
      type = &idx_types[i];
  }
  if (type == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: unknown IDX element type %02x", name, magic[2]);
    return NULL;
  }
  if (magic[3] > TL_MAX_RANK) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: %u axes, at most %d are supported", name, magic[3], TL_MAX_RANK);
    return NULL;
  }
  if (!read_exactly (input, sizes, 4 * magic[3], "the header", error))
    return NULL;
  *rank = magic[3];
  for (guint i = 0; i < *rank; i++) {
    guint32 size;

    memcpy (&size, sizes + 4 * i, sizeof size);
    shape[i] = GUINT32_FROM_BE (size);
  }
  return type;
}

/* What the header claims against what the file can hold and what the caller allows, before memory is asked for. */
static gboolean
check_claim (TlInput       *input,
             const IdxType *type,
             guint          rank,
             const gint64  *shape,
             gsize          max_bytes,
             gsize         *n_elements,
             GError       **error)
{
  g_autofree char *text = tl_io_shape_to_text (rank, shape);
  const char      *name = tl_input_get_name (input);
  gsize            n_header = 4 + 4 * rank;
  gsize            n_file;
  gsize            n_memory;

  if (!tl_io_size_of_shape (rank, shape, type->file_size, n_elements, &n_file) ||
      !tl_io_size_of_shape (rank, shape, tl_dtype_size (type->dtype), NULL, &n_memory)) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: the header claims %s, more than any file holds", name, text);
    return FALSE;
  }
  if (n_file > tl_input_get_bound (input) - n_header) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT,
                 "%s: truncated: the header claims %s, %" G_GSIZE_FORMAT " bytes; the file holds at most %" G_GSIZE_FORMAT,
                 name, text, n_file, tl_input_get_bound (input) - n_header);
    return FALSE;
  }
  if (max_bytes > 0 && n_memory > max_bytes) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY,
                 "%s: %s takes %" G_GSIZE_FORMAT " bytes, the limit is %" G_GSIZE_FORMAT, name, text, n_memory, max_bytes);
    return FALSE;
  }
  return TRUE;
}

/* i16 has no element type of its own here and is widened. */
static gboolean
read_widened (TlInput *input,
              gint32  *elements,
              gsize    n_elements,
              GError **error)
{
  gint16 chunk[CHUNK];

  while (n_elements > 0) {
    gsize n = MIN (n_elements, CHUNK);

    if (!read_exactly (input, chunk, n * sizeof *chunk, "the rest of the elements", error))
      return FALSE;
    for (gsize i = 0; i < n; i++)
      elements[i] = GINT16_FROM_BE (chunk[i]);
    elements += n;
    n_elements -= n;
  }
  return TRUE;
}

static gboolean
read_elements (TlInput       *input,
               const IdxType *type,
               gpointer       elements,
               gsize          n_elements,
               GError       **error)
{
  if (type->file_size == 2)
    return read_widened (input, elements, n_elements, error);
  if (!read_exactly (input, elements, n_elements * type->file_size, "the elements", error))
    return FALSE;
  if (G_BYTE_ORDER == G_LITTLE_ENDIAN)
    tl_io_swap_bytes (elements, n_elements, type->file_size);
  return TRUE;
}

/* Also makes gzip verify its checksum, which it does at the end only. */
static gboolean
check_end (TlInput *input,
           GError **error)
{
  guint8 byte;
  gssize n_read = tl_input_read (input, &byte, 1, error);

  if (n_read > 0)
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: the file goes on after the elements that its header claims", tl_input_get_name (input));
  return n_read == 0;
}

/**
 * tl_idx_read_input:
 * @input: an input at the header
 * @max_bytes: how much memory the elements may take, 0 for no limit but the common one
 * @array: (out caller-allocates): what was read
 * @error: return location for an error
 *
 * Reads a whole IDX file; i16 becomes i32.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT, %TL_ERROR_UNSUPPORTED for more than 8 axes, %TL_ERROR_MEMORY
 *
 * Returns: whether @array is filled in; it is cleared otherwise
 */
gboolean
tl_idx_read_input (TlInput *input,
                   gsize    max_bytes,
                   TlArray *array,
                   GError **error)
{
  const IdxType *type;
  gint64         shape[TL_MAX_RANK];
  guint          rank;
  gsize          n_elements;
  gpointer       elements;

  g_return_val_if_fail (input != NULL && array != NULL, FALSE);

  memset (array, 0, sizeof *array);
  type = read_header (input, &rank, shape, error);
  if (type == NULL || !check_claim (input, type, rank, shape, max_bytes, &n_elements, error))
    return FALSE;
  elements = tl_array_allocate (array, type->dtype, rank, shape, error);
  if (elements == NULL) {
    g_prefix_error (error, "%s: ", tl_input_get_name (input));
    return FALSE;
  }
  if (!read_elements (input, type, elements, n_elements, error) || !check_end (input, error)) {
    tl_array_clear (array);
    return FALSE;
  }
  return TRUE;
}

/**
 * tl_idx_read:
 * @path: a file, plain or gzip
 * @max_bytes: how much memory the elements may take, 0 for no limit but the common one
 * @array: (out caller-allocates): what was read
 * @error: return location for an error
 *
 * Reads a whole IDX file; i16 becomes i32.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT, %TL_ERROR_UNSUPPORTED for more than 8 axes, %TL_ERROR_MEMORY
 *
 * Returns: whether @array is filled in; it is cleared otherwise
 */
gboolean
tl_idx_read (const char *path,
             gsize       max_bytes,
             TlArray    *array,
             GError    **error)
{
  g_autoptr (TlInput) input = NULL;

  g_return_val_if_fail (path != NULL && array != NULL, FALSE);

  memset (array, 0, sizeof *array);
  input = tl_input_open (path, error);
  return input != NULL && tl_idx_read_input (input, max_bytes, array, error);
}
