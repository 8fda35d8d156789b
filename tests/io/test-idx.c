/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/io/idx.h"

#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

static GBytes *
bytes_of (const char *hex)
{
  GByteArray *bytes = g_byte_array_new ();

  for (; *hex != '\0'; hex++) {
    guint8 byte;

    if (*hex == ' ')
      continue;
    byte = g_ascii_xdigit_value (hex[0]) * 16 + g_ascii_xdigit_value (hex[1]);
    g_byte_array_append (bytes, &byte, 1);
    hex++;
  }
  return g_byte_array_free_to_bytes (bytes);
}

static GBytes *
gzip (GBytes *bytes)
{
  z_stream stream = { 0 };
  gsize    n_bytes;
  guint8  *data = (guint8 *)g_bytes_get_data (bytes, &n_bytes);
  gsize    n_packed;
  guint8  *packed;

  g_assert_cmpint (deflateInit2 (&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY), ==, Z_OK);
  n_packed = deflateBound (&stream, n_bytes);
  packed = g_malloc (n_packed);
  stream.next_in = data;
  stream.avail_in = n_bytes;
  stream.next_out = packed;
  stream.avail_out = n_packed;
  g_assert_cmpint (deflate (&stream, Z_FINISH), ==, Z_STREAM_END);
  n_packed = stream.total_out;
  deflateEnd (&stream);
  return g_bytes_new_take (packed, n_packed);
}

static gboolean
read_bytes (GBytes  *bytes,
            gsize    max_bytes,
            TlArray *array,
            GError **error)
{
  g_autoptr (TlInput) input = tl_input_new_for_bytes (bytes, "digits.idx");

  return tl_idx_read_input (input, max_bytes, array, error);
}

static void
assert_fails (GBytes     *bytes,
              gsize       max_bytes,
              TlError     code,
              const char *part)
{
  g_autoptr (GError) error = NULL;
  TlArray            array;

  g_assert_false (read_bytes (bytes, max_bytes, &array, &error));
  g_assert_error (error, TL_ERROR, (int)code);
  g_assert_true (g_str_has_prefix (error->message, "digits.idx: "));
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, error->message);
  g_assert_null (array.bytes);
}

static void
assert_hex_fails (const char *hex,
                  TlError     code,
                  const char *part)
{
  g_autoptr (GBytes) bytes = bytes_of (hex);

  assert_fails (bytes, 0, code, part);
}

typedef struct {
  const char *hex;
  TlDType     dtype;
  double      values[2];
} TypeCase;

static const TypeCase type_cases[] = {
  { "0000 0801 00000002 00 ff", TL_DTYPE_U8, { 0, 255 } },
  { "0000 0901 00000002 80 7f", TL_DTYPE_I8, { -128, 127 } },
  { "0000 0b01 00000002 8000 0102", TL_DTYPE_I32, { -32768, 258 } },
  { "0000 0c01 00000002 80000000 00010203", TL_DTYPE_I32, { -2147483648.0, 66051 } },
  { "0000 0d01 00000002 3fc00000 c0200000", TL_DTYPE_F32, { 1.5, -2.5 } },
  { "0000 0e01 00000002 3ff8000000000000 c004000000000000", TL_DTYPE_F64, { 1.5, -2.5 } },
};

static double
element (const TlArray *array,
         gsize          i)
{
  gconstpointer data = g_bytes_get_data (array->bytes, NULL);

  switch (array->dtype) {
  case TL_DTYPE_U8:
    return ((const guint8 *)data)[i];
  case TL_DTYPE_I8:
    return ((const gint8 *)data)[i];
  case TL_DTYPE_I32:
    return ((const gint32 *)data)[i];
  case TL_DTYPE_F32:
    return ((const float *)data)[i];
  case TL_DTYPE_F64:
    return ((const double *)data)[i];
  default:
    g_assert_not_reached ();
  }
}

static void
test_types (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (type_cases); i++) {
    g_autoptr (GBytes) plain = bytes_of (type_cases[i].hex);
    g_autoptr (GBytes) packed = gzip (plain);
    GBytes            *both[2] = { plain, packed };

    for (int k = 0; k < 2; k++) {
      g_autoptr (GError) error = NULL;
      g_auto (TlArray)   array = { 0 };

      g_assert_true (read_bytes (both[k], 0, &array, &error));
      g_assert_no_error (error);
      g_assert_cmpint (array.dtype, ==, type_cases[i].dtype);
      g_assert_cmpuint (array.rank, ==, 1);
      g_assert_cmpint (array.shape[0], ==, 2);
      g_assert_cmpuint (g_bytes_get_size (array.bytes), ==, 2 * tl_dtype_size (array.dtype));
      g_assert_cmpfloat (element (&array, 0), ==, type_cases[i].values[0]);
      g_assert_cmpfloat (element (&array, 1), ==, type_cases[i].values[1]);
    }
  }
}

static void
test_shapes (void)
{
  g_autoptr (GBytes) bytes = bytes_of ("0000 0803 00000002 00000001 00000003 010203 040506");
  g_autoptr (GBytes) scalar = bytes_of ("0000 0800 07");
  g_autoptr (GBytes) empty = bytes_of ("0000 0d02 00000000 ffffffff");
  g_autoptr (GError) error = NULL;
  g_auto (TlArray)   array = { 0 };

  g_assert_true (read_bytes (bytes, 6, &array, &error));
  g_assert_cmpuint (array.rank, ==, 3);
  g_assert_cmpint (array.shape[0], ==, 2);
  g_assert_cmpint (array.shape[1], ==, 1);
  g_assert_cmpint (array.shape[2], ==, 3);
  g_assert_cmpfloat (element (&array, 5), ==, 6);
  tl_array_clear (&array);

  g_assert_true (read_bytes (scalar, 0, &array, &error));
  g_assert_cmpuint (array.rank, ==, 0);
  g_assert_cmpfloat (element (&array, 0), ==, 7);
  tl_array_clear (&array);

  g_assert_true (read_bytes (empty, 0, &array, &error));
  g_assert_cmpuint (g_bytes_get_size (array.bytes), ==, 0);
}

static void
test_damaged (void)
{
  assert_hex_fails ("", TL_ERROR_FORMAT, "truncated");
  assert_hex_fails ("0000 08", TL_ERROR_FORMAT, "truncated");
  assert_hex_fails ("0100 0801 00000001 00", TL_ERROR_FORMAT, "begins with 01 00");
  assert_hex_fails ("0000 0701 00000001 00", TL_ERROR_FORMAT, "element type 07");
  assert_hex_fails ("0000 0809 00000001 00", TL_ERROR_UNSUPPORTED, "9 axes");
  assert_hex_fails ("0000 0802 00000001 00", TL_ERROR_FORMAT, "truncated");
  assert_hex_fails ("0000 0801 00000003 0102", TL_ERROR_FORMAT, "claims [3], 3 bytes; the file holds at most 2");
  assert_hex_fails ("0000 0801 00000001 0102", TL_ERROR_FORMAT, "goes on after");
  assert_hex_fails ("0000 0e03 ffffffff ffffffff ffffffff 00", TL_ERROR_FORMAT, "more than any file holds");
}

static void
test_limit (void)
{
  g_autoptr (GBytes) bytes = bytes_of ("0000 0b01 00000002 8000 0102");

  /* Two i16 become two i32. */
  assert_fails (bytes, 7, TL_ERROR_MEMORY, "takes 8 bytes, the limit is 7");
}

/* A small file that claims 4 GiB, and could not hold them however it is packed. */
static void
test_bomb (void)
{
  g_autoptr (GBytes) lie = bytes_of ("0000 0801 ffffffff 0000000000000000");
  g_autoptr (GBytes) packed = gzip (lie);

  assert_fails (packed, 0, TL_ERROR_FORMAT, "the file holds at most");
}

static void
test_gzip_damaged (void)
{
  g_autoptr (GBytes) plain = bytes_of ("0000 0801 00000008 0102030405060708");
  g_autoptr (GBytes) packed = gzip (plain);
  gsize              n_bytes;
  const guint8      *data = g_bytes_get_data (packed, &n_bytes);

  for (gsize n = 2; n < n_bytes; n++) {
    g_autoptr (GBytes) cut = g_bytes_new (data, n);

    assert_fails (cut, 0, TL_ERROR_FORMAT, "");
  }
  {
    g_autofree guint8 *copy = g_memdup2 (data, n_bytes);
    g_autoptr (GBytes) flipped = NULL;

    copy[n_bytes - 6] ^= 1;
    flipped = g_bytes_new (copy, n_bytes);
    assert_fails (flipped, 0, TL_ERROR_FORMAT, "incorrect data check");
  }
  {
    GByteArray        *longer = g_byte_array_new ();
    g_autoptr (GBytes) bytes = NULL;

    g_byte_array_append (longer, data, n_bytes);
    g_byte_array_append (longer, (const guint8 *)"x", 1);
    bytes = g_byte_array_free_to_bytes (longer);
    assert_fails (bytes, 0, TL_ERROR_FORMAT, "not gzip");
  }
}

/* Several gzip members one after the other are one stream. */
static void
test_gzip_members (void)
{
  g_autoptr (GBytes) head = bytes_of ("0000 0801 00000004 01");
  g_autoptr (GBytes) tail = bytes_of ("020304");
  g_autoptr (GBytes) packed_head = gzip (head);
  g_autoptr (GBytes) packed_tail = gzip (tail);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (TlArray)   array = { 0 };
  GByteArray        *joined = g_byte_array_new ();

  g_byte_array_append (joined, g_bytes_get_data (packed_head, NULL), g_bytes_get_size (packed_head));
  g_byte_array_append (joined, g_bytes_get_data (packed_tail, NULL), g_bytes_get_size (packed_tail));
  bytes = g_byte_array_free_to_bytes (joined);
  g_assert_true (read_bytes (bytes, 0, &array, &error));
  g_assert_cmpfloat (element (&array, 0), ==, 1);
  g_assert_cmpfloat (element (&array, 3), ==, 4);
}

/* Long enough for several windows of input and of conversion. */
static void
test_large (void)
{
  gsize              n = 300001;
  GByteArray        *bytes = g_byte_array_new ();
  g_autoptr (GBytes) plain = NULL;
  g_autoptr (GBytes) packed = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (TlArray)   array = { 0 };
  guint32            size = GUINT32_TO_BE (n);

  g_byte_array_append (bytes, (const guint8 *)"\0\0\x0b\x01", 4);
  g_byte_array_append (bytes, (const guint8 *)&size, 4);
  for (gsize i = 0; i < n; i++) {
    gint16 value = GINT16_TO_BE ((gint16)(i * 7919));

    g_byte_array_append (bytes, (const guint8 *)&value, 2);
  }
  plain = g_byte_array_free_to_bytes (bytes);
  packed = gzip (plain);
  g_assert_true (read_bytes (packed, 0, &array, &error));
  for (gsize i = 0; i < n; i++)
    g_assert_cmpfloat (element (&array, i), ==, (gint16)(i * 7919));
}

static void
test_files (void)
{
  g_autofree char   *folder = g_dir_make_tmp ("trellis-idx-XXXXXX", NULL);
  g_autofree char   *path = g_build_filename (folder, "two.idx", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (TlArray)   array = { 0 };

  g_assert_true (g_file_set_contents (path, "\0\0\x08\x01\0\0\0\x02\x05\x06", 10, NULL));
  g_assert_true (tl_idx_read (path, 0, &array, &error));
  g_assert_cmpfloat (element (&array, 1), ==, 6);
  tl_array_clear (&array);
  g_assert_cmpint (g_unlink (path), ==, 0);

  g_assert_false (tl_idx_read (path, 0, &array, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, path));
  g_clear_error (&error);

  g_assert_false (tl_idx_read (folder, 0, &array, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_fashion_mnist (void)
{
  const char        *path = "/usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz";
  g_autoptr (GError) error = NULL;
  g_auto (TlArray)   array = { 0 };
  guint64            sum = 0;
  const guint8      *pixels;

  if (!g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the package dataset-fashion-mnist is not installed");
    return;
  }
  g_assert_true (tl_idx_read (path, 16 << 20, &array, &error));
  g_assert_cmpint (array.shape[0], ==, 10000);
  g_assert_cmpint (array.shape[1], ==, 28);
  g_assert_cmpint (array.shape[2], ==, 28);
  pixels = g_bytes_get_data (array.bytes, NULL);
  for (gsize i = 0; i < g_bytes_get_size (array.bytes); i++)
    sum += pixels[i];
  /* The mean of the test pictures. */
  g_assert_cmpfloat_with_epsilon (sum / 7840000.0 / 255, 0.2868, 0.0001);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io/idx/types", test_types);
  g_test_add_func ("/io/idx/shapes", test_shapes);
  g_test_add_func ("/io/idx/damaged", test_damaged);
  g_test_add_func ("/io/idx/limit", test_limit);
  g_test_add_func ("/io/idx/bomb", test_bomb);
  g_test_add_func ("/io/idx/gzip-damaged", test_gzip_damaged);
  g_test_add_func ("/io/idx/gzip-members", test_gzip_members);
  g_test_add_func ("/io/idx/large", test_large);
  g_test_add_func ("/io/idx/files", test_files);
  g_test_add_func ("/io/idx/fashion-mnist", test_fashion_mnist);
  return g_test_run ();
}
