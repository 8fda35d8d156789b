/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/array.h"

#include "core/base/error.h"
#include "core/base/memory.h"

#include <string.h>

/* A block that a GBytes gives back when its last holder lets go. */
typedef struct {
  gpointer block;
  gsize    n_bytes;
} Owned;

static void
owned_free_cb (gpointer data)
{
  Owned *self = data;

  tl_memory_free (self->block, self->n_bytes);
  g_free (self);
}

/**
 * tl_array_clear:
 * @self: an array, possibly cleared before
 *
 * Lets go of the elements and makes @self an empty f32 scalar without bytes.
 */
void
tl_array_clear (TlArray *self)
{
  g_return_if_fail (self != NULL);

  g_clear_pointer (&self->bytes, g_bytes_unref);
  memset (self, 0, sizeof *self);
}

/**
 * tl_array_allocate:
 * @self: (out caller-allocates): the array to fill in
 * @dtype: element type
 * @rank: number of axes
 * @shape: sizes
 * @error: return location for an error
 *
 * Makes @self an array of this type and shape, under the common memory limit.  Its elements are not initialised: the
 * caller writes them before he gives the array to anyone else.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer none): where the elements go, or %NULL with @error set and @self cleared
 */
gpointer
tl_array_allocate (TlArray      *self,
                   TlDType       dtype,
                   guint         rank,
                   const gint64 *shape,
                   GError      **error)
{
  Owned   *owned;
  gpointer block;
  gsize    n_bytes;

  g_return_val_if_fail (rank <= TL_MAX_RANK, NULL);

  memset (self, 0, sizeof *self);
  if (!tl_io_size_of_shape (rank, shape, tl_dtype_size (dtype), NULL, &n_bytes)) {
    g_autofree char *text = tl_io_shape_to_text (rank, shape);

    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "%s of %s is more than memory can address", text, tl_io_dtype_name (dtype));
    return NULL;
  }

  block = tl_memory_alloc (MAX (n_bytes, 1), error);
  if (block == NULL)
    return NULL;
  owned = g_new (Owned, 1);
  owned->block = block;
  owned->n_bytes = MAX (n_bytes, 1);
  self->dtype = dtype;
  self->rank = rank;
  memcpy (self->shape, shape, rank * sizeof *shape);
  self->bytes = g_bytes_new_with_free_func (block, n_bytes, owned_free_cb, owned);
  return block;
}

/**
 * tl_array_view:
 * @self: an array
 *
 * Returns: what @self holds, borrowed
 */
TlArrayView
tl_array_view (const TlArray *self)
{
  TlArrayView view = { .dtype = self->dtype, .rank = self->rank };

  memcpy (view.shape, self->shape, sizeof view.shape);
  view.data = self->bytes != NULL ? g_bytes_get_data (self->bytes, NULL) : NULL;
  return view;
}

/**
 * tl_io_dtype_name:
 * @dtype: an element type
 *
 * Returns: its name in messages: `f32`, `u8`, `bool`
 */
const char *
tl_io_dtype_name (TlDType dtype)
{
  static const char *const names[TL_N_DTYPES] = { "f32", "f64", "f16", "bf16", "i8", "u8", "i32", "i64", "bool" };

  return (guint)dtype < TL_N_DTYPES ? names[dtype] : "unknown";
}

/**
 * tl_io_size_of_shape:
 * @rank: number of axes
 * @shape: sizes
 * @element_size: bytes of an element
 * @n_elements: (out) (optional): the number of elements
 * @n_bytes: (out) (optional): their bytes
 *
 * Multiplies without overflowing.  A size of 0 makes no elements, however large the others are, as long as those alone fit.
 *
 * Returns: %FALSE if a size is negative or the bytes are more than half the address space
 */
gboolean
tl_io_size_of_shape (guint         rank,
                     const gint64 *shape,
                     gsize         element_size,
                     gsize        *n_elements,
                     gsize        *n_bytes)
{
  gsize    n = element_size;
  gboolean is_empty = FALSE;

  for (guint i = 0; i < rank; i++) {
    if (shape[i] < 0)
      return FALSE;
    if (shape[i] == 0)
      is_empty = TRUE;
    else if (__builtin_mul_overflow (n, (guint64)shape[i], &n) || n > G_MAXSSIZE)
      return FALSE;
  }
  if (is_empty)
    n = 0;
  if (n_elements != NULL)
    *n_elements = element_size > 0 ? n / element_size : 0;
  if (n_bytes != NULL)
    *n_bytes = n;
  return TRUE;
}

/**
 * tl_io_shape_to_text:
 * @rank: number of axes
 * @shape: sizes
 *
 * Returns: (transfer full): a text like `[60000, 28, 28]`
 */
char *
tl_io_shape_to_text (guint         rank,
                     const gint64 *shape)
{
  GString *text = g_string_new ("[");

  for (guint i = 0; i < rank; i++)
    g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? ", " : "", shape[i]);
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/**
 * tl_io_swap_bytes:
 * @data: elements, in any alignment
 * @n_elements: their number
 * @element_size: 1, 2, 4 or 8
 *
 * Turns big-endian elements into little-endian ones and back, in place.
 */
void
tl_io_swap_bytes (gpointer data,
                  gsize    n_elements,
                  gsize    element_size)
{
  guint8 *bytes = data;

  /* memcpy keeps this right in any alignment; compilers make one byte-swapping move of it. */
#define SWAP_LOOP(TYPE, swap)                                \
  for (gsize i = 0; i < n_elements; i++) {                   \
    TYPE value;                                              \
    memcpy (&value, bytes + i * sizeof value, sizeof value); \
    value = swap (value);                                    \
    memcpy (bytes + i * sizeof value, &value, sizeof value); \
  }

  switch (element_size) {
  case 2:
    SWAP_LOOP (guint16, GUINT16_SWAP_LE_BE)
    break;
  case 4:
    SWAP_LOOP (guint32, GUINT32_SWAP_LE_BE)
    break;
  case 8:
    SWAP_LOOP (guint64, GUINT64_SWAP_LE_BE)
    break;
  default:
    g_return_if_fail (element_size == 1);
  }
#undef SWAP_LOOP
}
