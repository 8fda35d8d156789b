/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/safetensors-private.h"

#include "core/base/error.h"
#include "core/io/json-text-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
  char                    *name;
  const TlSafetensorsType *type;
  guint                    rank;
  gint64                   shape[TL_MAX_RANK];
  guint64                  begin; /* counted from the end of the header */
  guint64                  end;
} Entry;

struct _TlSafetensors {
  char       *source;
  int         fd; /* -1 where the source is bytes */
  GBytes     *bytes;
  guint64     n_total;
  guint64     n_header; /* with the 8 bytes before it */
  GArray     *entries;  /* Entry, in the order of the bytes */
  GHashTable *index;    /* name -> position in entries + 1 */
  GPtrArray  *keys;     /* of metadata, borrowed from its keys */
  GHashTable *metadata;
};

static const TlSafetensorsType types[] = {
  { "BOOL", 8, TL_DTYPE_BOOL },
  { "U8", 8, TL_DTYPE_U8 },
  { "I8", 8, TL_DTYPE_I8 },
  { "I32", 32, TL_DTYPE_I32 },
  { "I64", 64, TL_DTYPE_I64 },
  { "F16", 16, TL_DTYPE_F16 },
  { "BF16", 16, TL_DTYPE_BF16 },
  { "F32", 32, TL_DTYPE_F32 },
  { "F64", 64, TL_DTYPE_F64 },
  { "U16", 16, -1 },
  { "I16", 16, -1 },
  { "U32", 32, -1 },
  { "U64", 64, -1 },
  { "C64", 64, -1 },
  { "F4", 4, -1 },
  { "F6_E2M3", 6, -1 },
  { "F6_E3M2", 6, -1 },
  { "F8_E4M3", 8, -1 },
  { "F8_E5M2", 8, -1 },
  { "F8_E8M0", 8, -1 },
};

const TlSafetensorsType *
tl_safetensors_find_type (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    if (strcmp (types[i].name, name) == 0)
      return &types[i];
  }
  return NULL;
}

const char *
tl_safetensors_name_of (TlDType dtype)
{
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++) {
    if (types[i].dtype == (int)dtype)
      return types[i].name;
  }
  return NULL;
}

/* Source */

/* Reads exactly these bytes of the file. */
static gboolean
read_at (TlSafetensors *self,
         guint64        offset,
         gpointer       buffer,
         gsize          n_bytes,
         GError       **error)
{
  guint8 *at = buffer;

  if (self->fd < 0) {
    if (n_bytes > 0)
      memcpy (buffer, (const guint8 *)g_bytes_get_data (self->bytes, NULL) + offset, n_bytes);
    return TRUE;
  }
  while (n_bytes > 0) {
    gssize n_read = pread (self->fd, at, MIN (n_bytes, 1 << 30), offset);

    if (n_read < 0 && errno == EINTR)
      continue;
    if (n_read <= 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", self->source, n_read < 0 ? g_strerror (errno) : "the file became shorter while it was open");
      return FALSE;
    }
    at += n_read;
    offset += n_read;
    n_bytes -= n_read;
  }
  return TRUE;
}

/* Header */

static void
entry_clear_cb (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
}

static gboolean
fail_entry (TlSafetensors *self,
            const Entry   *entry,
            TlError        code,
            GError       **error,
            const char    *format,
            ...) G_GNUC_PRINTF (5, 6);

static gboolean
fail_entry (TlSafetensors *self,
            const Entry   *entry,
            TlError        code,
            GError       **error,
            const char    *format,
            ...)
{
  g_autofree char *what = NULL;
  va_list          args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TL_ERROR, code, "%s: \"%s\": %s", self->source, entry->name, what);
  return FALSE;
}

static gboolean
read_shape (TlSafetensors *self,
            TlJsonText    *json,
            Entry         *entry,
            GError       **error)
{
  if (!tl_json_text_expect (json, '[', error))
    return FALSE;
  if (tl_json_text_accept (json, ']'))
    return TRUE;
  do {
    guint64 size;

    if (!tl_json_text_read_size (json, &size, error))
      return FALSE;
    if (entry->rank == TL_MAX_RANK)
      return fail_entry (self, entry, TL_ERROR_UNSUPPORTED, error, "more than %d axes", TL_MAX_RANK);
    if (size > G_MAXINT64)
      return tl_json_text_fail (json, "a size is too large", error);
    entry->shape[entry->rank++] = size;
  } while (tl_json_text_accept (json, ','));
  return tl_json_text_expect (json, ']', error);
}

static gboolean
read_offsets (TlJsonText *json,
              Entry      *entry,
              GError    **error)
{
  return tl_json_text_expect (json, '[', error) && tl_json_text_read_size (json, &entry->begin, error) &&
         tl_json_text_expect (json, ',', error) && tl_json_text_read_size (json, &entry->end, error) &&
         tl_json_text_expect (json, ']', error);
}

enum {
  HAS_DTYPE = 1 << 0,
  HAS_SHAPE = 1 << 1,
  HAS_OFFSETS = 1 << 2,
  HAS_ALL = HAS_DTYPE | HAS_SHAPE | HAS_OFFSETS,
};

static gboolean
read_dtype (TlSafetensors *self,
            TlJsonText    *json,
            Entry         *entry,
            GError       **error)
{
  g_autofree char *name = tl_json_text_read_string (json, error);

  if (name == NULL)
    return FALSE;
  entry->type = tl_safetensors_find_type (name);
  return entry->type != NULL || fail_entry (self, entry, TL_ERROR_FORMAT, error, "unknown dtype \"%s\"", name);
}

/* One key of an array's object and its value. */
static gboolean
read_entry_member (TlSafetensors *self,
                   TlJsonText    *json,
                   Entry         *entry,
                   guint         *seen,
                   GError       **error)
{
  g_autofree char *key = tl_json_text_read_string (json, error);
  guint            bit;

  if (key == NULL || !tl_json_text_expect (json, ':', error))
    return FALSE;
  bit = strcmp (key, "dtype") == 0 ? HAS_DTYPE : strcmp (key, "shape") == 0        ? HAS_SHAPE
                                               : strcmp (key, "data_offsets") == 0 ? HAS_OFFSETS
                                                                                   : 0;
  if (bit == 0)
    return fail_entry (self, entry, TL_ERROR_FORMAT, error, "unknown key \"%s\"", key);
  if (*seen & bit)
    return fail_entry (self, entry, TL_ERROR_FORMAT, error, "\"%s\" stands twice", key);
  *seen |= bit;
  if (bit == HAS_DTYPE)
    return read_dtype (self, json, entry, error);
  return bit == HAS_SHAPE ? read_shape (self, json, entry, error) : read_offsets (json, entry, error);
}

/* Whether the range is as long as shape and type say. */
static gboolean
check_entry (TlSafetensors *self,
             const Entry   *entry,
             GError       **error)
{
  guint64  n_bits = entry->type->n_bits;
  gboolean fits = TRUE;
  gboolean is_empty = FALSE;

  for (guint i = 0; i < entry->rank; i++) {
    if (entry->shape[i] == 0)
      is_empty = TRUE;
    else
      fits = fits && !__builtin_mul_overflow (n_bits, (guint64)entry->shape[i], &n_bits);
  }
  if (is_empty)
    n_bits = 0;
  if (!fits || n_bits % 8 != 0 || entry->end < entry->begin || entry->end - entry->begin != n_bits / 8) {
    g_autofree char *text = tl_io_shape_to_text (entry->rank, entry->shape);

    return fail_entry (self, entry, TL_ERROR_FORMAT, error, "%s %s does not take bytes %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
                       entry->type->name, text, entry->begin, entry->end);
  }
  return TRUE;
}

/* What stands after an array's name.  The name becomes the entry's. */
static gboolean
read_entry (TlSafetensors *self,
            TlJsonText    *json,
            char          *name,
            GError       **error)
{
  Entry entry = { .name = name };
  guint seen = 0;

  if (self->entries->len == TL_SAFETENSORS_MAX_ARRAYS) {
    fail_entry (self, &entry, TL_ERROR_UNSUPPORTED, error, "more than %d arrays", TL_SAFETENSORS_MAX_ARRAYS);
    g_free (name);
    return FALSE;
  }
  g_array_append_val (self->entries, entry);
  {
    /* In its place now, so that nothing is lost on the way out. */
    Entry *placed = &g_array_index (self->entries, Entry, self->entries->len - 1);

    if (!g_hash_table_add (self->index, name))
      return fail_entry (self, placed, TL_ERROR_FORMAT, error, "stands twice");
    if (!tl_json_text_expect (json, '{', error))
      return FALSE;
    do {
      if (!read_entry_member (self, json, placed, &seen, error))
        return FALSE;
    } while (tl_json_text_accept (json, ','));
    if (!tl_json_text_expect (json, '}', error))
      return FALSE;
    if (seen != HAS_ALL)
      return fail_entry (self, placed, TL_ERROR_FORMAT, error, "dtype, shape or data_offsets is missing");
    return check_entry (self, placed, error);
  }
}

static gboolean
read_metadata (TlSafetensors *self,
               TlJsonText    *json,
               GError       **error)
{
  if (self->metadata != NULL)
    return tl_json_text_fail (json, "metadata stands twice", error);
  self->metadata = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!tl_json_text_expect (json, '{', error))
    return FALSE;
  if (tl_json_text_accept (json, '}'))
    return TRUE;
  do {
    g_autofree char *key = tl_json_text_read_string (json, error);
    g_autofree char *value = NULL;

    if (key == NULL || !tl_json_text_expect (json, ':', error))
      return FALSE;
    value = tl_json_text_read_string (json, error);
    if (value == NULL)
      return FALSE;
    if (g_hash_table_contains (self->metadata, key))
      return tl_json_text_fail (json, "a key of the metadata stands twice", error);
    g_ptr_array_add (self->keys, key);
    g_hash_table_insert (self->metadata, g_steal_pointer (&key), g_steal_pointer (&value));
  } while (tl_json_text_accept (json, ','));
  return tl_json_text_expect (json, '}', error);
}

static gboolean
read_members (TlSafetensors *self,
              TlJsonText    *json,
              GError       **error)
{
  if (!tl_json_text_expect (json, '{', error))
    return FALSE;
  if (tl_json_text_accept (json, '}'))
    return tl_json_text_expect_end (json, error);
  do {
    g_autofree char *name = tl_json_text_read_string (json, error);

    if (name == NULL || !tl_json_text_expect (json, ':', error))
      return FALSE;
    if (strcmp (name, TL_SAFETENSORS_METADATA) == 0) {
      if (!read_metadata (self, json, error))
        return FALSE;
    } else if (!read_entry (self, json, g_steal_pointer (&name), error)) {
      return FALSE;
    }
  } while (tl_json_text_accept (json, ','));
  return tl_json_text_expect (json, '}', error) && tl_json_text_expect_end (json, error);
}

static int
compare_ranges_cb (gconstpointer a,
                   gconstpointer b)
{
  const Entry *x = a;
  const Entry *y = b;

  if (x->begin != y->begin)
    return x->begin < y->begin ? -1 : 1;
  return x->end < y->end ? -1 : x->end > y->end;
}

/* Ranges must cover what follows the header, without a hole and without sharing a byte. */
static gboolean
check_ranges (TlSafetensors *self,
              GError       **error)
{
  guint64 n_data = self->n_total - self->n_header;
  guint64 at = 0;

  g_array_sort (self->entries, compare_ranges_cb);
  g_hash_table_remove_all (self->index);
  for (guint i = 0; i < self->entries->len; i++) {
    const Entry *entry = &g_array_index (self->entries, Entry, i);

    if (entry->begin != at)
      return fail_entry (self, entry, TL_ERROR_FORMAT, error, "begins at byte %" G_GUINT64_FORMAT ", the one before it ends at %" G_GUINT64_FORMAT,
                         entry->begin, at);
    at = entry->end;
    g_hash_table_insert (self->index, entry->name, GUINT_TO_POINTER (i + 1));
  }
  if (at == n_data)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: %s: the header describes %" G_GUINT64_FORMAT " bytes, %" G_GUINT64_FORMAT " follow it",
               self->source, n_data < at ? "truncated" : "too long", at, n_data);
  return FALSE;
}

static gboolean
read_header (TlSafetensors *self,
             GError       **error)
{
  g_autofree char *text = NULL;
  guint64          n_text;
  TlJsonText       json;

  if (self->n_total < 8) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: truncated: %" G_GUINT64_FORMAT " bytes, a safetensors file has 8 at least",
                 self->source, self->n_total);
    return FALSE;
  }
  if (!read_at (self, 0, &n_text, sizeof n_text, error))
    return FALSE;
  n_text = GUINT64_FROM_LE (n_text);
  if (n_text > TL_SAFETENSORS_MAX_HEADER || n_text > self->n_total - 8) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: not a safetensors file, or truncated: a header of %" G_GUINT64_FORMAT " bytes in a file of %" G_GUINT64_FORMAT,
                 self->source, n_text, self->n_total);
    return FALSE;
  }
  self->n_header = 8 + n_text;
  text = g_try_malloc (n_text + 1);
  if (text == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s: no memory for a header of %" G_GUINT64_FORMAT " bytes", self->source, n_text);
    return FALSE;
  }
  if (!read_at (self, 8, text, n_text, error))
    return FALSE;
  json = (TlJsonText){ .source = self->source, .start = text, .at = text, .end = text + n_text };
  return read_members (self, &json, error) && check_ranges (self, error);
}

/* Open */

static TlSafetensors *
safetensors_new (const char *source)
{
  TlSafetensors *self = g_new0 (TlSafetensors, 1);

  self->source = g_strdup (source);
  self->fd = -1;
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear_cb);
  self->index = g_hash_table_new (g_str_hash, g_str_equal);
  self->keys = g_ptr_array_new ();
  return self;
}

/**
 * tl_safetensors_open:
 * @path: a file
 * @error: return location for an error
 *
 * Reads and checks the header, and keeps the file open for its elements.
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT, %TL_ERROR_UNSUPPORTED for more than 8 axes, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a reader, or %NULL with @error set
 */
TlSafetensors *
tl_safetensors_open (const char *path,
                     GError    **error)
{
  g_autoptr (TlSafetensors) self = NULL;
  struct stat               status;

  g_return_val_if_fail (path != NULL, NULL);

  self = safetensors_new (path);
  self->fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (self->fd < 0 || fstat (self->fd, &status) < 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, g_strerror (errno));
    return NULL;
  }
  if (!S_ISREG (status.st_mode)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: not a regular file", path);
    return NULL;
  }
  self->n_total = status.st_size;
  return read_header (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_safetensors_open_bytes:
 * @bytes: a whole file
 * @name: what to call it in messages
 * @error: return location for an error
 *
 * Like tl_safetensors_open(), for a file in memory.
 *
 * Errors: %TL_ERROR_FORMAT, %TL_ERROR_UNSUPPORTED for more than 8 axes, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a reader, or %NULL with @error set
 */
TlSafetensors *
tl_safetensors_open_bytes (GBytes     *bytes,
                           const char *name,
                           GError    **error)
{
  g_autoptr (TlSafetensors) self = NULL;

  g_return_val_if_fail (bytes != NULL && name != NULL, NULL);

  self = safetensors_new (name);
  self->bytes = g_bytes_ref (bytes);
  self->n_total = g_bytes_get_size (bytes);
  return read_header (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_safetensors_free:
 * @self: (nullable): a reader
 */
void
tl_safetensors_free (TlSafetensors *self)
{
  if (self == NULL)
    return;
  if (self->fd >= 0)
    close (self->fd);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_hash_table_unref (self->index);
  g_array_unref (self->entries);
  g_ptr_array_unref (self->keys);
  g_clear_pointer (&self->metadata, g_hash_table_unref);
  g_free (self->source);
  g_free (self);
}

/* Query */

static const Entry *
get_entry (TlSafetensors *self,
           gsize          index)
{
  return &g_array_index (self->entries, Entry, index);
}

/**
 * tl_safetensors_get_n_arrays:
 * @self: a reader
 *
 * Returns: the number of arrays; they are numbered in the order of their bytes
 */
gsize
tl_safetensors_get_n_arrays (TlSafetensors *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->entries->len;
}

/**
 * tl_safetensors_get_name:
 * @self: a reader
 * @index: an array
 *
 * Returns: (transfer none): its name
 */
const char *
tl_safetensors_get_name (TlSafetensors *self,
                         gsize          index)
{
  g_return_val_if_fail (self != NULL && index < self->entries->len, NULL);

  return get_entry (self, index)->name;
}

/**
 * tl_safetensors_get_dtype_name:
 * @self: a reader
 * @index: an array
 *
 * Returns: (transfer none): its element type as the format calls it: `F32`, `F8_E4M3`
 */
const char *
tl_safetensors_get_dtype_name (TlSafetensors *self,
                               gsize          index)
{
  g_return_val_if_fail (self != NULL && index < self->entries->len, NULL);

  return get_entry (self, index)->type->name;
}

/**
 * tl_safetensors_get_n_bytes:
 * @self: a reader
 * @index: an array
 *
 * Returns: how many bytes its elements take
 */
gsize
tl_safetensors_get_n_bytes (TlSafetensors *self,
                            gsize          index)
{
  g_return_val_if_fail (self != NULL && index < self->entries->len, 0);

  return get_entry (self, index)->end - get_entry (self, index)->begin;
}

/**
 * tl_safetensors_get_shape:
 * @self: a reader
 * @index: an array
 * @shape: (out) (transfer none): its sizes
 *
 * Returns: its number of axes
 */
guint
tl_safetensors_get_shape (TlSafetensors *self,
                          gsize          index,
                          const gint64 **shape)
{
  g_return_val_if_fail (self != NULL && index < self->entries->len, 0);

  *shape = get_entry (self, index)->shape;
  return get_entry (self, index)->rank;
}

/**
 * tl_safetensors_find:
 * @self: a reader
 * @name: a name
 *
 * Returns: the array of that name, or -1
 */
gssize
tl_safetensors_find (TlSafetensors *self,
                     const char    *name)
{
  g_return_val_if_fail (self != NULL && name != NULL, -1);

  return (gssize)GPOINTER_TO_UINT (g_hash_table_lookup (self->index, name)) - 1;
}

/**
 * tl_safetensors_read:
 * @self: a reader
 * @index: an array
 * @array: (out caller-allocates): its elements
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_UNSUPPORTED for an element type Trellis does not have, %TL_ERROR_IO, %TL_ERROR_MEMORY
 *
 * Returns: whether @array is filled in; it is cleared otherwise
 */
gboolean
tl_safetensors_read (TlSafetensors *self,
                     gsize          index,
                     TlArray       *array,
                     GError       **error)
{
  const Entry *entry;
  gpointer     elements;
  gsize        n_bytes;

  g_return_val_if_fail (self != NULL && index < self->entries->len && array != NULL, FALSE);

  memset (array, 0, sizeof *array);
  entry = get_entry (self, index);
  if (entry->type->dtype < 0)
    return fail_entry (self, entry, TL_ERROR_UNSUPPORTED, error, "elements of type %s cannot be read", entry->type->name);
  elements = tl_array_allocate (array, entry->type->dtype, entry->rank, entry->shape, error);
  if (elements == NULL) {
    g_prefix_error (error, "%s: \"%s\": ", self->source, entry->name);
    return FALSE;
  }
  n_bytes = entry->end - entry->begin;
  if (!read_at (self, self->n_header + entry->begin, elements, n_bytes, error)) {
    tl_array_clear (array);
    return FALSE;
  }
  if (G_BYTE_ORDER == G_BIG_ENDIAN)
    tl_io_swap_bytes (elements, n_bytes / tl_dtype_size (array->dtype), tl_dtype_size (array->dtype));
  return TRUE;
}

/**
 * tl_safetensors_get_n_metadata:
 * @self: a reader
 *
 * Returns: the number of metadata keys
 */
gsize
tl_safetensors_get_n_metadata (TlSafetensors *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->keys->len;
}

/**
 * tl_safetensors_get_metadata_key:
 * @self: a reader
 * @index: which key, in the order of the file
 *
 * Returns: (transfer none): the key
 */
const char *
tl_safetensors_get_metadata_key (TlSafetensors *self,
                                 gsize          index)
{
  g_return_val_if_fail (self != NULL && index < self->keys->len, NULL);

  return g_ptr_array_index (self->keys, index);
}

/**
 * tl_safetensors_get_metadata:
 * @self: a reader
 * @key: a key
 *
 * Returns: (transfer none) (nullable): its text
 */
const char *
tl_safetensors_get_metadata (TlSafetensors *self,
                             const char    *key)
{
  g_return_val_if_fail (self != NULL && key != NULL, NULL);

  return self->metadata != NULL ? g_hash_table_lookup (self->metadata, key) : NULL;
}
