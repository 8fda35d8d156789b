/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every schedule against what make-schedules.py wrote down.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/optim/schedule.h"

#define N_STEPS 20

static const double seen_values[N_STEPS] = { 5, 4, 4, 4, 3.5, 3.6, 3.6, 3.6, 3.49999, 3.6, 3.7, 3, 3, 3, 3, 3, 3, 3, 3, 3 };

static void
check (const char *name,
       const char *text,
       const char *rates)
{
  const TlScheduleClass *row = tl_schedule_find (name);
  g_auto (GStrv)         want = g_strsplit (rates, " ", -1);
  g_auto (GStrv)         words = g_strsplit (text, " ", -1);
  TlAttrValue            attrs[TL_OP_MAX_ATTRS] = { 0 };
  TlScheduleState        state = { 0 };

  g_assert_nonnull (row);
  g_assert_cmpuint (g_strv_length (want), ==, N_STEPS);
  if (row->attrs != NULL)
    tl_attr_init_defaults (row->attrs, attrs);
  for (guint i = 0; words[i] != NULL; i++) {
    char              *equals = strchr (words[i], '=');
    g_autoptr (GError) error = NULL;

    if (equals == NULL)
      continue;
    *equals = '\0';
    tl_attr_set_text (name, row->attrs, attrs, words[i], equals + 1, &error);
    g_assert_no_error (error);
  }
  for (gint64 step = 0; step < N_STEPS; step++) {
    const TlSchedulePosition position = { step, N_STEPS, 1, &state };
    double                   got = tl_schedule_get_lr (row, attrs, 0.1, &position);

    if (fabs (got - g_ascii_strtod (want[step], NULL)) > 1e-12)
      g_error ("%s %s: step %d is %.17g, not %s", name, text, (int)step, got, want[step]);
    if (row->observe != NULL)
      row->observe (attrs, &state, seen_values[step], FALSE);
  }
}

static void
test_rows (void)
{
  g_autofree char       *path = g_test_build_filename (G_TEST_DIST, "schedules.golden", NULL);
  g_autofree char       *text = NULL;
  g_auto (GStrv)         lines = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError)     error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) sides = g_strsplit (lines[i], "; ", 2);
    g_auto (GStrv) words = g_strsplit (sides[0] != NULL ? sides[0] : "", " ", 2);

    if (lines[i][0] == '#' || g_strv_length (sides) != 2)
      continue;
    check (words[0], words[1] != NULL ? words[1] : "", sides[1]);
    g_hash_table_add (seen, g_strdup (words[0]));
  }
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++)
    if (!g_hash_table_contains (seen, tl_schedule_get_row (i)->name))
      g_error ("schedules.golden has no line for %s", tl_schedule_get_row (i)->name);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/optim/schedules/rows", test_rows);
  return g_test_run ();
}
