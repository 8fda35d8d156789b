/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Runs a fuzz target without libFuzzer: the files of its corpus, then N changed versions of them.
 *
 *     fuzz-NAME CORPUS [ITERATIONS [SEED]]
 *
 * Prints TAP.  A crash, a failed assertion or a sanitizer's report is the failure.  With TL_FUZZ_KEEP set each input is
 * written to "fuzz-crash.bin" in the working folder before it is tried, so that it is there afterwards.
 */

#include <glib.h>
#include <glib/gstdio.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BYTES (64 << 10)

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static GPtrArray *
read_corpus (const char *folder)
{
  GPtrArray            *inputs = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  g_autoptr (GDir)      dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char           *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_strdup (name));
  /* The order of a folder is not the same everywhere; that of the names is. */
  g_ptr_array_sort (names, (GCompareFunc)(void (*) (void))g_strcmp0);
  for (guint i = 0; i < names->len; i++) {
    g_autofree char *path = g_build_filename (folder, names->pdata[i], NULL);
    char            *data;
    gsize            length;

    if (g_file_get_contents (path, &data, &length, NULL))
      g_ptr_array_add (inputs, g_bytes_new_take (data, length));
  }
  return inputs;
}

/* One random change: bits, bytes, numbers, pieces of this input or of another one. */
static void
mutate (GByteArray *bytes,
        GPtrArray  *inputs,
        GRand      *random)
{
  static const uint8_t values[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '\r', '"', '\'', '{', '}', '(', ',', '=', '`', '-', '[', '0', '9', 'e' };
  guint                at = bytes->len ? (guint)g_rand_int_range (random, 0, bytes->len) : 0;
  guint                n = 1 + g_rand_int_range (random, 0, 16);
  GBytes              *other;
  gsize                size;
  const uint8_t       *data;

  switch (bytes->len ? g_rand_int_range (random, 0, 7) : 6) {
  case 0:
    bytes->data[at] ^= 1u << g_rand_int_range (random, 0, 8);
    break;
  case 1:
    bytes->data[at] = values[g_rand_int_range (random, 0, G_N_ELEMENTS (values))];
    break;
  case 2:
    g_byte_array_remove_range (bytes, at, MIN (n, bytes->len - at));
    break;
  case 3:
    g_byte_array_set_size (bytes, at);
    break;
  case 4: {
    g_autofree uint8_t *copy = g_memdup2 (bytes->data + at, MIN (n * 4, bytes->len - at));
    guint               times = 1 + g_rand_int_range (random, 0, 20);
    guint               length = MIN (n * 4, bytes->len - at);

    while (times-- > 0)
      g_byte_array_append (bytes, copy, length);
    break;
  }
  default:
    other = inputs->pdata[g_rand_int_range (random, 0, inputs->len)];
    data = g_bytes_get_data (other, &size);
    if (size > 0) {
      guint               from = g_rand_int_range (random, 0, size);
      guint               length = MIN (size - from, n * 8);
      g_autofree uint8_t *tail = g_memdup2 (bytes->data + at, bytes->len - at);
      guint               n_tail = bytes->len - at;

      g_byte_array_set_size (bytes, at);
      g_byte_array_append (bytes, data + from, length);
      if (n_tail > 0)
        g_byte_array_append (bytes, tail, n_tail);
    }
  }
  if (bytes->len > MAX_BYTES)
    g_byte_array_set_size (bytes, MAX_BYTES);
}

/* A copy of exactly the size, so that a byte read behind the end is noticed. */
static void
try_input (const uint8_t *data,
           gsize          size)
{
  uint8_t *copy = malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
  free (copy);
}

int
main (int    argc,
      char **argv)
{
  guint                  n = argc > 2 ? (guint)g_ascii_strtoull (argv[2], NULL, 10) : 2000;
  g_autoptr (GRand)      random = g_rand_new_with_seed (argc > 3 ? (guint32)g_ascii_strtoull (argv[3], NULL, 10) : 1);
  g_autoptr (GPtrArray)  inputs = argc > 1 ? read_corpus (argv[1]) : NULL;
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  gboolean               keep = g_getenv ("TL_FUZZ_KEEP") != NULL;

  printf ("1..2\n");
  if (inputs == NULL || inputs->len == 0) {
    printf ("Bail out! no corpus\n");
    return 1;
  }
  for (guint i = 0; i < inputs->len; i++) {
    gsize          size;
    const uint8_t *data = g_bytes_get_data (inputs->pdata[i], &size);

    try_input (data, size);
  }
  printf ("ok 1 %u corpus files\n", inputs->len);
  fflush (stdout);
  for (guint i = 0; i < n; i++) {
    gsize          size;
    const uint8_t *data = g_bytes_get_data (inputs->pdata[i % inputs->len], &size);
    guint          n_changes = 1 + g_rand_int_range (random, 0, 8);

    g_byte_array_set_size (bytes, 0);
    if (size > 0)
      g_byte_array_append (bytes, data, MIN (size, MAX_BYTES));
    while (n_changes-- > 0)
      mutate (bytes, inputs, random);
    if (keep)
      g_file_set_contents ("fuzz-crash.bin", (const char *)bytes->data, bytes->len, NULL);
    try_input (bytes->data, bytes->len);
  }
  if (keep)
    g_remove ("fuzz-crash.bin");
  printf ("ok 2 %u changed inputs\n", n);
  return 0;
}
