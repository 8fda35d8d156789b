/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/base/error.h"
#include "core/train/checkpoint.h"

static TlVariable *
make (const char *path,
      TlDType     dtype,
      gint64      n,
      int         first)
{
  g_autoptr (TlTensor) value = tl_tensor_new (dtype, 1, &n, NULL);
  guint8              *bytes = tl_tensor_peek_data (value);

  for (gsize i = 0; i < (gsize)n * tl_dtype_size (dtype); i++)
    bytes[i] = (guint8)(first + (int)i);
  return tl_variable_new (path, TL_VARIABLE_BUFFER, value, NULL);
}

static char *
save (TlVariable *const *variables,
      guint              n)
{
  g_autoptr (TlCheckpoint) checkpoint = tl_checkpoint_new ();
  char                    *path = g_build_filename (g_get_tmp_dir (), "tl-checkpoint.safetensors", NULL);
  g_autoptr (GError)       error = NULL;

  tl_checkpoint_set (checkpoint, "trellis.checkpoint", TL_CHECKPOINT_FORMAT);
  tl_checkpoint_set_number (checkpoint, "step", G_MAXUINT64);
  tl_checkpoint_set_double (checkpoint, "loss", 0.1);
  tl_checkpoint_set_double (checkpoint, "best", NAN);
  tl_checkpoint_set (checkpoint, "text", "a \"b\"\n");
  g_assert_true (tl_checkpoint_save (checkpoint, path, variables, n, &error));
  g_assert_no_error (error);
  return path;
}

static void
test_round_trip (void)
{
  g_autoptr (TlVariable) a = make ("a.weight", TL_DTYPE_F32, 5, 1), b = make ("a.calls", TL_DTYPE_I64, 1, 9);
  g_autoptr (TlVariable) a2 = make ("a.weight", TL_DTYPE_F32, 5, 100), b2 = make ("a.calls", TL_DTYPE_I64, 1, 50);
  TlVariable *const from[] = { a, b }, *const to[] = { b2, a2 };
  g_autofree char         *path = save (from, 2);
  g_autoptr (GError)       error = NULL;
  g_autoptr (TlCheckpoint) checkpoint = tl_checkpoint_open (path, &error);
  g_autoptr (TlTensor)     held = tl_tensor_ref (tl_variable_get_value (a2));
  guint64                  step;
  double                   loss, best;

  g_assert_no_error (error);
  g_assert_true (tl_checkpoint_restore (checkpoint, to, 2, TRUE, &error));
  g_assert_cmpmem (tl_tensor_peek_data (tl_variable_get_value (a2)), 20, tl_tensor_peek_data (tl_variable_get_value (a)), 20);
  g_assert_cmpmem (tl_tensor_peek_data (tl_variable_get_value (b2)), 8, tl_tensor_peek_data (tl_variable_get_value (b)), 8);
  g_assert_true (tl_checkpoint_get_number (checkpoint, "step", &step, &error));
  g_assert_true (tl_checkpoint_get_double (checkpoint, "loss", &loss, &error));
  g_assert_true (tl_checkpoint_get_double (checkpoint, "best", &best, &error));
  g_assert_cmpuint (step, ==, G_MAXUINT64);
  g_assert_cmpfloat (loss, ==, 0.1);
  g_assert_true (isnan (best));
  g_assert_cmpstr (tl_checkpoint_get (checkpoint, "text"), ==, "a \"b\"\n");
  g_assert_false (tl_checkpoint_get_number (checkpoint, "text", &step, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_FORMAT);
  g_unlink (path);
}

static void
test_misfits (void)
{
  g_autoptr (TlVariable)   a = make ("a", TL_DTYPE_F32, 5, 1), b = make ("b", TL_DTYPE_F32, 2, 1);
  g_autoptr (TlVariable)   shape = make ("b", TL_DTYPE_F32, 3, 1), dtype = make ("b", TL_DTYPE_I32, 2, 1), name = make ("c", TL_DTYPE_F32, 2, 1);
  g_autoptr (TlVariable)   untouched = make ("a", TL_DTYPE_F32, 5, 77);
  TlVariable *const        from[] = { a, b };
  g_autofree char         *path = save (from, 2);
  g_autoptr (TlCheckpoint) checkpoint = tl_checkpoint_open (path, NULL);
  g_autoptr (GError)       error = NULL;
  const struct {
    TlVariable *second;
    guint       n;
    int         code;
  } cases[] = { { shape, 2, TL_ERROR_SHAPE }, { dtype, 2, TL_ERROR_DTYPE }, { name, 2, TL_ERROR_NAME }, { NULL, 1, TL_ERROR_NAME } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    TlVariable *const to[] = { untouched, cases[i].second };

    g_assert_false (tl_checkpoint_restore (checkpoint, to, cases[i].n, TRUE, &error));
    g_assert_error (error, TL_ERROR, cases[i].code);
    g_assert_nonnull (strstr (error->message, path));
    g_clear_error (&error);
    g_assert_cmpuint (*(guint8 *)tl_tensor_peek_data (tl_variable_get_value (untouched)), ==, 77);
  }
  {
    TlVariable *const to[] = { untouched };

    g_assert_true (tl_checkpoint_restore (checkpoint, to, 1, FALSE, &error));
    g_assert_cmpuint (*(guint8 *)tl_tensor_peek_data (tl_variable_get_value (untouched)), ==, 1);
  }
  g_unlink (path);
}

/* Every file cut short, and every byte of the header changed, is refused or read; never more. */
static void
test_hostile (void)
{
  g_autoptr (TlVariable) a = make ("a", TL_DTYPE_F32, 5, 1);
  TlVariable *const      variables[] = { a };
  g_autofree char       *path = save (variables, 1), *bytes = NULL;
  gsize                  n, n_refused = 0;

  g_assert_true (g_file_get_contents (path, &bytes, &n, NULL));
  for (gsize i = 0; i < 2 * n; i++) {
    gsize                    length = i < n ? i : n;
    g_autofree char         *copy = g_memdup2 (bytes, n);
    g_autoptr (TlCheckpoint) checkpoint = NULL;
    g_autoptr (GError)       error = NULL;
    FILE                    *file;

    if (i >= n)
      copy[i - n] ^= 0x15;
    file = fopen (path, "wb"); /* not flushed to disk each time */
    g_assert_cmpuint (fwrite (copy, 1, length, file), ==, length);
    fclose (file);
    checkpoint = tl_checkpoint_open (path, &error);
    if (checkpoint == NULL || !tl_checkpoint_restore (checkpoint, variables, 1, TRUE, &error)) {
      g_assert_nonnull (error);
      g_assert_true (error->domain == TL_ERROR);
      n_refused++;
    }
  }
  g_assert_cmpuint (n_refused, >, n); /* every cut file, and some of the others */
  g_unlink (path);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/checkpoint/round-trip", test_round_trip);
  g_test_add_func ("/train/checkpoint/misfits", test_misfits);
  g_test_add_func ("/train/checkpoint/hostile", test_hostile);
  return g_test_run ();
}
