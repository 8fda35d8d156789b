/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/idx.h"

int LLVMFuzzerTestOneInput (const guint8 *data,
                            gsize         size);

/* IDX, plain or gzip: whatever is read has the bytes its shape says. */
int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize         size)
{
  g_autoptr (GBytes)  bytes = g_bytes_new (data, size);
  g_autoptr (TlInput) input = tl_input_new_for_bytes (bytes, "fuzz");
  g_autoptr (GError)  error = NULL;
  g_auto (TlArray)    array = { 0 };

  if (tl_idx_read_input (input, 16 << 20, &array, &error)) {
    gsize n_bytes;

    g_assert_null (error);
    g_assert_true (tl_io_size_of_shape (array.rank, array.shape, tl_dtype_size (array.dtype), NULL, &n_bytes));
    g_assert_cmpuint (n_bytes, ==, g_bytes_get_size (array.bytes));
  } else {
    g_assert_nonnull (error);
    g_assert_null (array.bytes);
  }
  return 0;
}
