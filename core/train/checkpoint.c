/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/checkpoint.h"

#include <string.h>

#include "config.h"
#include "core/base/error.h"
#include "core/io/safetensors.h"
#include "core/kernels/cpu.h"

struct _TlCheckpoint {
  char          *path;     /* NULL for one that is being made */
  TlSafetensors *file;     /* owned; NULL for one that is being made */
  GPtrArray     *metadata; /* char *: key, value, key, value... */
};

/**
 * tl_checkpoint_new:
 *
 * Returns: (transfer full): a checkpoint to be filled and saved; it carries the versions only
 */
TlCheckpoint *
tl_checkpoint_new (void)
{
  TlCheckpoint *self = g_new0 (TlCheckpoint, 1);

  self->metadata = g_ptr_array_new_with_free_func (g_free);
  tl_checkpoint_set (self, "trellis.version", TL_VERSION);
  tl_checkpoint_set (self, "trellis.cpu", tl_cpu_level_name (tl_cpu_level ()));
  return self;
}

/**
 * tl_checkpoint_open:
 * @path: a file
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT for a file that is no checkpoint, %TL_ERROR_UNSUPPORTED for a newer one
 *
 * Returns: (transfer full): the checkpoint, or %NULL
 */
TlCheckpoint *
tl_checkpoint_open (const char *path,
                    GError    **error)
{
  g_autoptr (TlSafetensors) file = tl_safetensors_open (path, error);
  TlCheckpoint             *self;
  const char               *format;

  if (file == NULL)
    return NULL;
  format = tl_safetensors_get_metadata (file, "trellis.checkpoint");
  if (format == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s holds weights, but it is no checkpoint of a training", path);
    return NULL;
  }
  if (strcmp (format, TL_CHECKPOINT_FORMAT) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s is a checkpoint of format %s; this version reads format %s", path,
                 format, TL_CHECKPOINT_FORMAT);
    return NULL;
  }
  self = g_new0 (TlCheckpoint, 1);
  self->path = g_strdup (path);
  self->file = g_steal_pointer (&file);
  return self;
}

/**
 * tl_checkpoint_open_weights:
 * @path: a safetensors file, whoever wrote it
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_FORMAT
 *
 * Returns: (transfer full): the file, for tl_checkpoint_restore(), or %NULL
 */
TlCheckpoint *
tl_checkpoint_open_weights (const char *path,
                            GError    **error)
{
  TlSafetensors *file = tl_safetensors_open (path, error);
  TlCheckpoint  *self;

  if (file == NULL)
    return NULL;
  self = g_new0 (TlCheckpoint, 1);
  self->path = g_strdup (path);
  self->file = file;
  return self;
}

/**
 * tl_checkpoint_free:
 * @self: (transfer full) (nullable): a checkpoint
 */
void
tl_checkpoint_free (TlCheckpoint *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->file, tl_safetensors_free);
  g_clear_pointer (&self->metadata, g_ptr_array_unref);
  g_free (self->path);
  g_free (self);
}

/**
 * tl_checkpoint_set:
 * @self: a checkpoint that is being made
 * @key: a key that was not set
 * @value: its text
 */
void
tl_checkpoint_set (TlCheckpoint *self,
                   const char   *key,
                   const char   *value)
{
  g_return_if_fail (self->metadata != NULL);

  g_ptr_array_add (self->metadata, g_strdup (key));
  g_ptr_array_add (self->metadata, g_strdup (value));
}

/**
 * tl_checkpoint_set_number:
 * @self: a checkpoint that is being made
 * @key: a key that was not set
 * @value: its value
 */
void
tl_checkpoint_set_number (TlCheckpoint *self,
                          const char   *key,
                          guint64       value)
{
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT, value);

  tl_checkpoint_set (self, key, text);
}

/**
 * tl_checkpoint_set_double:
 * @self: a checkpoint that is being made
 * @key: a key that was not set
 * @value: its value, kept to the last bit
 */
void
tl_checkpoint_set_double (TlCheckpoint *self,
                          const char   *key,
                          double        value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  tl_checkpoint_set (self, key, g_ascii_dtostr (text, sizeof text, value));
}

/**
 * tl_checkpoint_get:
 * @self: a checkpoint that was opened
 * @key: a key
 *
 * Returns: (transfer none) (nullable): its text
 */
const char *
tl_checkpoint_get (TlCheckpoint *self,
                   const char   *key)
{
  g_return_val_if_fail (self->file != NULL, NULL);

  return tl_safetensors_get_metadata (self->file, key);
}

static const char *
need (TlCheckpoint *self,
      const char   *key,
      GError      **error)
{
  const char *text = tl_checkpoint_get (self, key);

  if (text == NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: the checkpoint has no %s", self->path, key);
  return text;
}

/**
 * tl_checkpoint_get_number:
 * @self: a checkpoint that was opened
 * @key: a key
 * @value: (out): its value
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_FORMAT
 *
 * Returns: whether there is one
 */
gboolean
tl_checkpoint_get_number (TlCheckpoint *self,
                          const char   *key,
                          guint64      *value,
                          GError      **error)
{
  const char *text = need (self, key, error);

  if (text == NULL)
    return FALSE;
  if (g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, value, NULL))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: %s = \"%.40s\" is no whole number", self->path, key, text);
  return FALSE;
}

/**
 * tl_checkpoint_get_double:
 * @self: a checkpoint that was opened
 * @key: a key
 * @value: (out): its value
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_FORMAT
 *
 * Returns: whether there is one
 */
gboolean
tl_checkpoint_get_double (TlCheckpoint *self,
                          const char   *key,
                          double       *value,
                          GError      **error)
{
  const char *text = need (self, key, error);
  char       *end;

  if (text == NULL)
    return FALSE;
  *value = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0')
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: %s = \"%.40s\" is no number", self->path, key, text);
  return FALSE;
}

static TlArrayView
view_of (TlVariable *variable)
{
  const TlTensor *value = tl_variable_get_value (variable);
  const TlMeta   *meta = tl_tensor_get_meta (value);
  TlArrayView     view = { .dtype = meta->dtype, .rank = meta->rank, .data = tl_tensor_peek_data (value) };

  memcpy (view.shape, meta->shape, meta->rank * sizeof (gint64));
  return view;
}

/**
 * tl_checkpoint_save:
 * @self: a checkpoint that is being made
 * @path: the file; it appears whole, or the old one stays
 * @variables: (array length=n_variables): what it holds, each under its path
 * @n_variables: their number
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, %TL_ERROR_NAME if two variables have the same path
 *
 * Returns: whether it was written
 */
gboolean
tl_checkpoint_save (TlCheckpoint      *self,
                    const char        *path,
                    TlVariable *const *variables,
                    guint              n_variables,
                    GError           **error)
{
  g_autofree TlNamedView *views = g_new0 (TlNamedView, n_variables + 1);
  gboolean                ok;

  g_return_val_if_fail (self->metadata != NULL, FALSE);

  for (guint i = 0; i < n_variables; i++)
    views[i] = (TlNamedView){ tl_variable_get_path (variables[i]), view_of (variables[i]) };
  g_ptr_array_add (self->metadata, NULL);
  ok = tl_safetensors_save (path, views, n_variables, (const char *const *)self->metadata->pdata, error);
  g_ptr_array_set_size (self->metadata, (gint)self->metadata->len - 1);
  return ok;
}

static gboolean
fits (TlCheckpoint *self,
      TlVariable   *variable,
      gsize         index,
      GError      **error)
{
  const TlMeta    *meta = tl_tensor_get_meta (tl_variable_get_value (variable));
  const char      *dtype = tl_safetensors_get_dtype_name (self->file, index);
  const gint64    *shape;
  guint            rank = tl_safetensors_get_shape (self->file, index, &shape);
  g_autofree char *want = NULL, *have = NULL;

  if (rank == meta->rank && memcmp (shape, meta->shape, rank * sizeof (gint64)) == 0 &&
      g_ascii_strcasecmp (dtype, tl_dtype_name (meta->dtype)) == 0)
    return TRUE;
  want = tl_meta_to_string (meta);
  have = tl_io_shape_to_text (rank, shape);
  g_set_error (error, TL_ERROR, g_ascii_strcasecmp (dtype, tl_dtype_name (meta->dtype)) != 0 ? TL_ERROR_DTYPE : TL_ERROR_SHAPE,
               "%s: %s is %s %s in the file, but %s in the model", self->path, tl_variable_get_path (variable), dtype, have, want);
  return FALSE;
}

static gboolean
find_all (TlCheckpoint      *self,
          TlVariable *const *variables,
          guint              n_variables,
          gboolean           exact,
          gsize             *indices,
          GError           **error)
{
  gsize n_arrays = tl_safetensors_get_n_arrays (self->file);

  for (guint i = 0; i < n_variables; i++) {
    gssize index = tl_safetensors_find (self->file, tl_variable_get_path (variables[i]));

    if (index < 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no %s", self->path, tl_variable_get_path (variables[i]));
      return FALSE;
    }
    if (!fits (self, variables[i], (gsize)index, error))
      return FALSE;
    indices[i] = (gsize)index;
  }
  for (gsize j = 0; exact && n_arrays != n_variables && j < n_arrays; j++) {
    const char *name = tl_safetensors_get_name (self->file, j);
    gboolean    known = FALSE;

    for (guint i = 0; i < n_variables; i++)
      known = known || strcmp (tl_variable_get_path (variables[i]), name) == 0;
    if (!known) {
      g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has %s, but the model has not", self->path, name);
      return FALSE;
    }
  }
  return TRUE;
}

/**
 * tl_checkpoint_restore:
 * @self: a checkpoint that was opened
 * @variables: (array length=n_variables): what takes values from it, each by its path
 * @n_variables: their number
 * @exact: whether it is an error if it holds more
 * @error: return location for an error
 *
 * On failure nothing has changed.
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_SHAPE, %TL_ERROR_DTYPE if names, shapes or dtypes differ; %TL_ERROR_IO, %TL_ERROR_FORMAT,
 * %TL_ERROR_MEMORY
 *
 * Returns: whether all have their values
 */
gboolean
tl_checkpoint_restore (TlCheckpoint      *self,
                       TlVariable *const *variables,
                       guint              n_variables,
                       gboolean           exact,
                       GError           **error)
{
  g_autofree gsize   *indices = g_new0 (gsize, n_variables + 1);
  g_autofree TlArray *arrays = g_new0 (TlArray, n_variables + 1);
  gboolean            ok;

  g_return_val_if_fail (self->file != NULL, FALSE);

  ok = find_all (self, variables, n_variables, exact, indices, error);
  for (guint i = 0; ok && i < n_variables; i++)
    ok = tl_safetensors_read (self->file, indices[i], &arrays[i], error) &&
         tl_variable_begin_write (variables[i], error) != NULL;
  for (guint i = 0; ok && i < n_variables; i++) {
    gpointer      to = tl_variable_begin_write (variables[i], NULL);
    gsize         n_bytes;
    gconstpointer from = g_bytes_get_data (arrays[i].bytes, &n_bytes);

    if (n_bytes > 0)
      memcpy (to, from, n_bytes);
  }
  for (guint i = 0; i < n_variables; i++)
    tl_array_clear (&arrays[i]);
  return ok;
}
