/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/io/safetensors.h"

#include <glib/gstdio.h>
#include <string.h>

/* A file of this header and as many bytes of elements. */
static TlSafetensors *
open_text (const char *header,
           gsize       n_data,
           GError    **error)
{
  GByteArray        *file = g_byte_array_new ();
  guint64            n_header = GUINT64_TO_LE (strlen (header));
  g_autoptr (GBytes) bytes = NULL;

  g_byte_array_append (file, (const guint8 *)&n_header, 8);
  g_byte_array_append (file, (const guint8 *)header, strlen (header));
  for (gsize i = 0; i < n_data; i++) {
    guint8 byte = i;

    g_byte_array_append (file, &byte, 1);
  }
  bytes = g_byte_array_free_to_bytes (file);
  return tl_safetensors_open_bytes (bytes, "m.safetensors", error);
}

static void
assert_fails (const char *header,
              gsize       n_data,
              TlError     code,
              const char *part)
{
  g_autoptr (GError)        error = NULL;
  g_autoptr (TlSafetensors) file = open_text (header, n_data, &error);

  g_assert_null (file);
  g_assert_error (error, TL_ERROR, (int)code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, error->message);
}

static void
test_read (void)
{
  g_autoptr (GError)        error = NULL;
  g_autoptr (TlSafetensors) file =
    open_text (" {\"b\":{\"data_offsets\":[4,10],\"shape\":[3,2],\"dtype\":\"U8\"},"
               "\"__metadata__\":{\"format\":\"pt\",\"caf\\u00e9 \\ud83d\\ude00\":\"a\\n\\\"b\\\"\"},"
               "\"a\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[0,4]},"
               "\"none\":{\"dtype\":\"F64\",\"shape\":[0,7],\"data_offsets\":[4,4]}}  ",
               10, &error);
  g_auto (TlArray) array = { 0 };
  const gint64    *shape;
  gint32           value;

  g_assert_no_error (error);
  g_assert_cmpuint (tl_safetensors_get_n_arrays (file), ==, 3);
  g_assert_cmpstr (tl_safetensors_get_name (file, 0), ==, "a");
  g_assert_cmpint (tl_safetensors_find (file, "none"), ==, 1);
  g_assert_cmpint (tl_safetensors_find (file, "b"), ==, 2);
  g_assert_cmpint (tl_safetensors_find (file, "c"), ==, -1);
  g_assert_cmpstr (tl_safetensors_get_dtype_name (file, 2), ==, "U8");
  g_assert_cmpuint (tl_safetensors_get_n_bytes (file, 2), ==, 6);
  g_assert_cmpuint (tl_safetensors_get_shape (file, 2, &shape), ==, 2);
  g_assert_cmpint (shape[0], ==, 3);
  g_assert_cmpuint (tl_safetensors_get_n_metadata (file), ==, 2);
  g_assert_cmpstr (tl_safetensors_get_metadata_key (file, 0), ==, "format");
  g_assert_cmpstr (tl_safetensors_get_metadata (file, "café 😀"), ==, "a\n\"b\"");
  g_assert_null (tl_safetensors_get_metadata (file, "x"));

  g_assert_true (tl_safetensors_read (file, 0, &array, &error));
  memcpy (&value, g_bytes_get_data (array.bytes, NULL), 4);
  g_assert_cmpint (value, ==, 0x03020100);
  tl_array_clear (&array);
  g_assert_true (tl_safetensors_read (file, 2, &array, &error));
  g_assert_cmpint (array.shape[1], ==, 2);
  g_assert_cmpmem (g_bytes_get_data (array.bytes, NULL), 6, "\4\5\6\7\10\11", 6);
  tl_array_clear (&array);
  g_assert_true (tl_safetensors_read (file, 1, &array, &error));
  g_assert_cmpuint (g_bytes_get_size (array.bytes), ==, 0);
}

static void
test_foreign_types (void)
{
  g_autoptr (GError)        error = NULL;
  g_autoptr (TlSafetensors) file = open_text ("{\"q\":{\"dtype\":\"F8_E4M3\",\"shape\":[2],\"data_offsets\":[0,2]}}", 2, &error);
  TlArray                   array;

  g_assert_no_error (error);
  g_assert_false (tl_safetensors_read (file, 0, &array, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "\"q\""));
}

static void
test_damaged (void)
{
  static const struct {
    const char *header;
    gsize       n_data;
    TlError     code;
    const char *part;
  } cases[] = {
    { "", 0, TL_ERROR_FORMAT, "'{' expected" },
    { "[]", 0, TL_ERROR_FORMAT, "'{' expected" },
    { "{}x", 0, TL_ERROR_FORMAT, "follows the closing brace" },
    { "{}", 1, TL_ERROR_FORMAT, "describes 0 bytes, 1 follow" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 1, TL_ERROR_FORMAT, "truncated" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]}}", 3, TL_ERROR_FORMAT, "too long" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,2]}}", 2, TL_ERROR_FORMAT, "U8 [3] does not take bytes 0 to 2" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,0]}}", 2, TL_ERROR_FORMAT, "does not take bytes" },
    { "{\"a\":{\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "does not take" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, TL_ERROR_FORMAT, "begins at byte 1, the one before it ends at 0" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"b\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[1,3]}}", 3, TL_ERROR_FORMAT, "\"b\": begins" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "\"a\": stands twice" },
    { "{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "\"dtype\" stands twice" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[0]}}", 0, TL_ERROR_FORMAT, "is missing" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0],\"x\":1}}", 0, TL_ERROR_FORMAT, "unknown key \"x\"" },
    { "{\"a\":{\"dtype\":\"Q8\",\"shape\":[0],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "unknown dtype \"Q8\"" },
    { "{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, TL_ERROR_FORMAT, "does not take" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[-1],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "whole number" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1.5],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "']' expected" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[01],\"data_offsets\":[0,1]}}", 1, TL_ERROR_FORMAT, "begins with 0" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[99999999999999999999],\"data_offsets\":[0,0]}}", 0, TL_ERROR_FORMAT, "too large" },
    { "{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1, TL_ERROR_UNSUPPORTED, "more than 8 axes" },
    { "{\"a", 0, TL_ERROR_FORMAT, "never closed" },
    { "{\"\\ud800\":{}}", 0, TL_ERROR_FORMAT, "surrogate" },
    { "{\"\\u0000\":{}}", 0, TL_ERROR_FORMAT, "NUL" },
    { "{\"\\x\":{}}", 0, TL_ERROR_FORMAT, "unknown escape" },
    { "{\"\xff\":{}}", 0, TL_ERROR_FORMAT, "not UTF-8" },
    { "{\"__metadata__\":{\"a\":1}}", 0, TL_ERROR_FORMAT, "'\"' expected" },
    { "{\"__metadata__\":{\"a\":\"\",\"a\":\"\"}}", 0, TL_ERROR_FORMAT, "stands twice" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_fails (cases[i].header, cases[i].n_data, cases[i].code, cases[i].part);
}

static void
test_header_size (void)
{
  guint64 sizes[] = { 1, 100 * 1000 * 1000 + 1, G_MAXUINT64 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint64            n_header = GUINT64_TO_LE (sizes[i]);
    g_autoptr (GBytes) bytes = g_bytes_new (&n_header, 8);
    g_autoptr (GError) error = NULL;

    g_assert_null (tl_safetensors_open_bytes (bytes, "m", &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
  }
}

static char *
temporary_folder (void)
{
  char *folder = g_dir_make_tmp ("trellis-safetensors-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

/* Every dtype, an empty array, a scalar and a name that needs escapes, there and back. */
static void
test_round_trip (void)
{
  g_autofree char          *folder = temporary_folder ();
  g_autofree char          *path = g_build_filename (folder, "m.safetensors", NULL);
  const char *const         metadata[] = { "epoch", "3", "quote\"d", "tab\t", NULL };
  TlNamedView               views[TL_N_DTYPES + 2];
  guint8                    data[6 * 8];
  char                     *names[TL_N_DTYPES];
  g_autoptr (GError)        error = NULL;
  g_autoptr (TlSafetensors) file = NULL;

  for (gsize i = 0; i < sizeof data; i++)
    data[i] = i * 37;
  for (int i = 0; i < TL_N_DTYPES; i++) {
    names[i] = g_strdup_printf ("layer.%d\\\"\n", i);
    views[i] = (TlNamedView){ names[i], { i, 2, { 3, 2 }, data } };
  }
  views[TL_N_DTYPES] = (TlNamedView){ "empty", { TL_DTYPE_F32, 2, { 0, 5 }, NULL } };
  views[TL_N_DTYPES + 1] = (TlNamedView){ "scalar", { TL_DTYPE_F64, 0, { 0 }, data } };
  g_assert_true (tl_safetensors_save (path, views, G_N_ELEMENTS (views), metadata, &error));
  g_assert_no_error (error);

  file = tl_safetensors_open (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (tl_safetensors_get_n_arrays (file), ==, G_N_ELEMENTS (views));
  for (gsize i = 0; i < G_N_ELEMENTS (views); i++) {
    g_auto (TlArray) array = { 0 };
    gssize           index = tl_safetensors_find (file, views[i].name);
    gsize            n_bytes;

    g_assert_cmpint (index, >=, 0);
    g_assert_true (tl_safetensors_read (file, index, &array, &error));
    g_assert_cmpint (array.dtype, ==, views[i].view.dtype);
    g_assert_cmpuint (array.rank, ==, views[i].view.rank);
    g_assert_cmpmem (array.shape, array.rank * sizeof (gint64), views[i].view.shape, array.rank * sizeof (gint64));
    n_bytes = g_bytes_get_size (array.bytes);
    g_assert_cmpuint (n_bytes, ==, (i < TL_N_DTYPES ? 6 : i == TL_N_DTYPES ? 0
                                                                           : 1) *
                                     tl_dtype_size (array.dtype));
    g_assert_cmpmem (g_bytes_get_data (array.bytes, NULL), n_bytes, data, n_bytes);
  }
  g_assert_cmpstr (tl_safetensors_get_metadata (file, "quote\"d"), ==, "tab\t");
  for (int i = 0; i < TL_N_DTYPES; i++)
    g_free (names[i]);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_names (void)
{
  g_autofree char   *folder = temporary_folder ();
  g_autofree char   *path = g_build_filename (folder, "m.safetensors", NULL);
  float              one = 1;
  TlArrayView        view = { TL_DTYPE_F32, 0, { 0 }, &one };
  TlNamedView        twice[] = { { "a", view }, { "a", view } };
  TlNamedView        kept[] = { { "__metadata__", view } };
  g_autoptr (GError) error = NULL;

  g_assert_false (tl_safetensors_save (path, twice, 2, NULL, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NAME);
  g_clear_error (&error);
  g_assert_false (tl_safetensors_save (path, kept, 1, NULL, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NAME);
  g_clear_error (&error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));

  g_assert_true (tl_safetensors_save (path, NULL, 0, NULL, &error));
  {
    g_autoptr (TlSafetensors) file = tl_safetensors_open (path, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (tl_safetensors_get_n_arrays (file), ==, 0);
  }
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/io/safetensors/read", test_read);
  g_test_add_func ("/io/safetensors/foreign-types", test_foreign_types);
  g_test_add_func ("/io/safetensors/damaged", test_damaged);
  g_test_add_func ("/io/safetensors/header-size", test_header_size);
  g_test_add_func ("/io/safetensors/round-trip", test_round_trip);
  g_test_add_func ("/io/safetensors/names", test_names);
  return g_test_run ();
}
