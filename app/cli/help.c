/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `trellis --help NAME`: whatever the tables know under that name, as a graph cell or as Lua writes it.
 */
#include <string.h>

#include "app/catalog/reference.h"
#include "app/cli/cli.h"
#include "core/graph/attr.h"
#include "lua/help.h"

#define MAX_NEAR 3

static const TlCatalogEntry *
find_entry (const char *name)
{
  const TlCatalogEntry *found = tl_catalog_find (name);

  for (guint i = 0; i < tl_catalog_get_n_entries () && found == NULL; i++)
    if (g_strcmp0 (tl_catalog_get_entry (i)->lua, name) == 0)
      found = tl_catalog_get_entry (i);
  return found;
}

/* What there is under a name; the tables' pages say most. */
static char *
find_text (const char *name)
{
  const TlCatalogEntry *entry = find_entry (name);
  const char           *method = strchr (name, ':');
  char                 *text = entry != NULL ? tl_reference_page (entry) : NULL;

  /* What graph cells and Lua share a word for without being the same: Train and fit. */
  if (entry != NULL && (entry->kind == TL_CATALOG_TRAIN || entry->kind == TL_CATALOG_BATCH) && strcmp (entry->name, name) != 0)
    g_clear_pointer (&text, g_free);
  if (text == NULL)
    text = tl_lua_inspect (NULL, method != NULL ? method + 1 : name);
  if (text == NULL)
    text = tl_lua_inspect_option (name);
  if (text == NULL)
    text = tl_reference_list (name);
  if (text == NULL)
    text = tl_lua_list_module (name);
  return text;
}

/* Everything that has a name, once as it is and once without its module. */
static GPtrArray *
list_names (void)
{
  GPtrArray *names = tl_lua_list_names ();

  for (guint i = 0; i < tl_catalog_get_n_entries (); i++)
    g_ptr_array_add (names, g_strdup (tl_catalog_get_entry (i)->name));
  tl_reference_add_topics (names);
  return names;
}

static int
fail (const char *name)
{
  g_autoptr (GPtrArray)   names = list_names ();
  g_autofree const char **open = g_new0 (const char *, names->len + 1);
  GString                *near = g_string_new (NULL);
  const char             *nearest = NULL;

  for (guint i = 0; i < names->len; i++)
    open[i] = names->pdata[i];
  for (guint n = 0; n < MAX_NEAR && (nearest = tl_attr_nearest (name, open, names->len)) != NULL; n++) {
    g_string_append_printf (near, "%s%s", n > 0 ? ", " : "", nearest);
    for (guint i = 0; i < names->len; i++)
      if (open[i] != NULL && open[i] != nearest && strcmp (open[i], nearest) == 0)
        open[i] = NULL;
    for (guint i = 0; i < names->len; i++)
      if (open[i] == nearest)
        open[i] = NULL;
  }
  g_printerr ("trellis: there is nothing called %s%s%s%s\nTry \"trellis --help\".\n", name, near->len > 0 ? "; did you mean " : "", near->str,
              near->len > 0 ? "?" : "");
  g_string_free (near, TRUE);
  return TL_EXIT_USAGE;
}

/**
 * tl_cli_help:
 * @name: "Linear", "nn.Linear", "tl.sum", "fit", "fit.clip_norm", "layers", "recurrent", "optim"...
 *
 * Prints what is known of it, or which names are near.
 *
 * Returns: the exit status
 */
int
tl_cli_help (const char *name)
{
  g_autofree char *text = find_text (name);

  if (text == NULL)
    return fail (name);
  g_print ("%s", text);
  return TL_EXIT_OK;
}
