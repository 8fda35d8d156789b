/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/io/safetensors.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* Safetensors: every array of a file that opens can be read, unless Trellis has no type for it. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr (GBytes)        bytes = g_bytes_new (data, size);
  g_autoptr (GError)        error = NULL;
  g_autoptr (TlSafetensors) file = tl_safetensors_open_bytes (bytes, "fuzz", &error);

  g_assert_true ((file == NULL) == (error != NULL));
  for (gsize i = 0; file != NULL && i < tl_safetensors_get_n_arrays (file); i++) {
    g_auto (TlArray)   array = { 0 };
    g_autoptr (GError) failure = NULL;

    g_assert_cmpint (tl_safetensors_find (file, tl_safetensors_get_name (file, i)), ==, i);
    if (tl_safetensors_read (file, i, &array, &failure))
      g_assert_cmpuint (g_bytes_get_size (array.bytes), ==, tl_safetensors_get_n_bytes (file, i));
    else
      g_assert_error (failure, TL_ERROR, TL_ERROR_UNSUPPORTED);
  }
  return 0;
}
