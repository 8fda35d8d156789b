/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/graph/names.h"
#include "core/nn/layer.h"
#include "core/optim/optimizer.h"
#include "lua/help.h"
#include "tests/lua/cells.h"

static gboolean
offers (TlLua      *lua,
        const char *text,
        const char *name,
        gsize       wanted_start)
{
  gsize                 start = G_MAXSIZE;
  g_autoptr (GPtrArray) found = tl_lua_complete (lua, text, strlen (text), &start);

  g_assert_cmpuint (start, ==, wanted_start);
  for (guint i = 0; i < found->len; i++)
    if (strcmp (((TlLuaCompletion *)found->pdata[i])->name, name) == 0)
      return TRUE;
  return FALSE;
}

static void
test_complete (void)
{
  g_autoptr (Cells) cells = cells_new ();

  g_assert_true (offers (NULL, "x = tl.rel", "relu", 7));
  g_assert_true (offers (NULL, "x = tl.", "tensor", 7));
  g_assert_false (offers (NULL, "x = tl.rel", "sum", 7));
  g_assert_true (offers (NULL, "c = nn.Conv", "Conv2d", 7));
  g_assert_true (offers (NULL, "nn.", "Sequential", 3));
  g_assert_true (offers (NULL, "optim.A", "Adam", 6));
  g_assert_true (offers (NULL, "data.fash", "fashion_mnist", 5));
  g_assert_true (offers (NULL, "y = x:mat", "matmul", 6));
  g_assert_true (offers (NULL, "fit { m, data = train, ep", "epochs", 23));
  g_assert_true (offers (NULL, "fit { m, val", "validate", 9));
  g_assert_true (offers (NULL, "nn.Conv2d (1, 32, 3, { pad", "padding", 23));
  g_assert_true (offers (NULL, "optim.Adam { l", "lr", 13));
  g_assert_false (offers (NULL, "fit { m }\nep", "epochs", 10));
  g_assert_true (offers (NULL, "fi", "fit", 0));
  g_assert_true (offers (NULL, "x = nn.Dens", "Linear", 7));
  g_assert_true (offers (NULL, "x = tl.swapa", "transpose", 7));
  g_assert_true (offers (NULL, "y = x:ndi", "rank", 6));
  g_assert_false (offers (NULL, "x = nn.De", "Linear", 7));
  g_assert_true (offers (NULL, "whi", "while", 0));
  g_assert_false (offers (cells->lua, "tra", "train", 0));
  cells_run (cells, "train = 3\nw = nn.Linear (2, 3)");
  g_assert_true (offers (cells->lua, "tra", "train", 0));
  g_assert_false (offers (cells->lua, "tostr", "train", 0));
}

static void
test_inspect (void)
{
  g_autoptr (Cells) cells = cells_new ();
  g_autofree char  *conv = tl_lua_inspect (NULL, "nn.Conv2d");
  g_autofree char  *nothing = tl_lua_inspect (NULL, "nn.Conv9d");
  g_autofree char  *variable = NULL;

  g_assert_nonnull (strstr (conv, "padding"));
  g_assert_null (nothing);
  cells_run (cells, "w = tl.zeros (2, 3)\nhelp ('optim.Adam')");
  g_assert_nonnull (strstr (cells->printed->str, "lr = 0.001"));
  variable = tl_lua_inspect (cells->lua, "w");
  g_assert_cmpstr (variable, ==, "w: tensor f32 [2, 3]\n");
  cells_fail (cells, "help ('nothing')", TL_ERROR_NAME, 1, "no help on nothing");
  cells_run (cells, "help ('nn.init')");
  g_assert_nonnull (strstr (cells->printed->str, "nn.init.orthogonal"));
  cells_run (cells, "help ('tf.keras.layers.Dense')");
  g_assert_nonnull (strstr (cells->printed->str, "here it is nn.Linear"));
  g_assert_nonnull (strstr (cells->printed->str, "in_features"));
  cells_run (cells, "help ()");
  g_assert_nonnull (strstr (cells->printed->str, "data.fashion_mnist"));
}

/* All rows have help, and hide what only the engine sets. */
static void
test_rows (void)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    g_autofree char *name = g_strdup_printf ("nn.%s", tl_layer_get_row (i)->name);
    g_autofree char *help = tl_lua_inspect (NULL, name);

    g_assert_true ((help != NULL) == ((tl_layer_get_row (i)->flags & TL_LAYER_INPUT) == 0));
  }
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    g_autofree char *help = tl_lua_inspect (NULL, tl_op_get_row (i)->name);

    if ((tl_op_get_row (i)->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) == 0)
      g_assert_null (strstr (help, "epilogue"));
  }
}

static gboolean
exists (const char *module,
        const char *name)
{
  static const char *const globals[] = { "nn", "tl", NULL };
  g_autofree char         *full = g_strdup_printf ("%s.%s", module, name), *help = NULL;

  if (strcmp (module, "globals") == 0)
    return g_strv_contains (globals, name);
  if (strcmp (module, "nn") == 0 && tl_layer_find (name) != NULL)
    return TRUE;
  help = strcmp (module, "fit") == 0 ? tl_lua_inspect_option (full) : tl_lua_inspect (NULL, full);
  return help != NULL;
}

/* What others say is nothing that exists, leads to what does, and to one thing only. */
static void
test_other_names (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < tl_other_name_get_n_rows (); i++) {
    const TlOtherName *row = tl_other_name_get_row (i);
    g_auto (GStrv)     words = g_strsplit (row->others, " ", -1);

    if (!exists (row->module, row->name))
      g_error ("there is no %s.%s", row->module, row->name);
    for (guint k = 0; words[k] != NULL; k++) {
      g_autofree char *lower = g_ascii_strdown (words[k], -1), *key = g_strdup_printf ("%s.%s", row->module, lower);

      g_assert_cmpstr (words[k], !=, "");
      if (exists (row->module, words[k]))
        g_error ("there is %s.%s, and it shall be called %s", row->module, words[k], row->name);
      if (!g_hash_table_add (seen, g_steal_pointer (&key)))
        g_error ("%s of %s stands there twice", words[k], row->module);
    }
  }
  g_assert_cmpuint (g_hash_table_size (seen), >, 200);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/help/complete", test_complete);
  g_test_add_func ("/lua/help/inspect", test_inspect);
  g_test_add_func ("/lua/help/rows", test_rows);
  g_test_add_func ("/lua/help/other-names", test_other_names);
  return g_test_run ();
}
