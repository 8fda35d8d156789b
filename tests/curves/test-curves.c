/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Losses of 20 steps against PyTorch's, from the same weights and data: models written as users write them, in Lua.
 */
#include <math.h>
#include <string.h>

#include "tests/lua/cells.h"

#define N_STEPS 20
#define TOLERANCE 1e-4

static char *
read_file (const char *name)
{
  g_autofree char   *path = g_test_build_filename (G_TEST_DIST, name, NULL);
  g_autoptr (GError) error = NULL;
  char              *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

static void
test_model (gconstpointer data)
{
  const char *const *golden = data; /* name, then the losses */
  Cells             *cells = cells_new ();
  g_autofree char   *prelude = read_file ("prelude.lua");
  g_autofree char   *file = g_strconcat (golden[0], ".lua", NULL);
  g_autofree char   *model = read_file (file);
  g_auto (GStrv)     lines = NULL;
  double             worst = 0;

  cells_run (cells, prelude);
  cells_run (cells, model);
  lines = g_strsplit (g_strchomp (cells->printed->str), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, N_STEPS);
  g_assert_cmpuint (g_strv_length ((char **)golden), ==, N_STEPS + 1);
  for (guint i = 0; i < N_STEPS; i++) {
    double is = g_ascii_strtod (lines[i], NULL), was = g_ascii_strtod (golden[i + 1], NULL);

    worst = fmax (worst, fabs (is - was) / fabs (was));
    if (!(fabs (is - was) <= TOLERANCE * fabs (was)))
      g_error ("%s: loss %u is %.9g, PyTorch's is %.9g", golden[0], i + 1, is, was);
  }
  g_test_message ("%s: largest relative difference %.2g", golden[0], worst);
  cells_free (cells);
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *text = NULL;
  g_auto (GStrv)   lines = NULL;
  GPtrArray       *goldens = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);
  int              status;

  g_test_init (&argc, &argv, NULL);
  text = read_file ("curves.golden");
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autofree char *path = NULL;
    char           **words;

    if (*lines[i] == '\0' || *lines[i] == '#')
      continue;
    words = g_strsplit (lines[i], " ", -1);
    path = g_strconcat ("/curves/", words[0], NULL);
    g_ptr_array_add (goldens, words);
    g_test_add_data_func (path, words, test_model);
  }
  status = g_test_run ();
  g_ptr_array_unref (goldens);
  return status;
}
