/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `trellis --help NAME`: whatever the tables know under that name, as a graph cell or as Lua writes it.
 */
#include <string.h>

#include "app/catalog/reference.h"
#include "app/cli/cli.h"
#include "core/graph/names.h"
#include "lua/help.h"

#define MAX_NEAR 3

/* "Linear" of "torch.nn.Linear" */
static const char *
last_part (const char *name)
{
  const char *dot = strrchr (name, '.'), *colon = strrchr (name, ':');

  return colon != NULL ? colon + 1 : dot != NULL ? dot + 1
                                                 : name;
}

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

/* As help is asked for it: a method has a colon. */
static char *
full_name (const TlOtherName *row)
{
  if (strcmp (row->module, "globals") == 0)
    return g_strdup (row->name);
  return g_strdup_printf ("%s%s%s", row->module, strcmp (row->module, "x") == 0 ? ":" : ".", row->name);
}

/* Of a name of others, with or without their module: a line for each thing here, and what there is to say of the first. */
static char *
find_other_text (const char *name)
{
  const char      *part = last_part (name);
  g_autofree char *page = part != name ? find_text (part) : NULL;
  GString         *text = g_string_new (NULL);

  if (page != NULL)
    g_string_append_printf (text, "%s: here it is %s\n", name, part);
  for (guint i = 0; i < tl_other_name_get_n_rows (); i++) {
    const TlOtherName *row = tl_other_name_get_row (i);
    g_autofree char   *full = full_name (row);

    if (!tl_name_is_among (part, row->others))
      continue;
    g_string_append_printf (text, "%s: here it is %s%s%s\n", name, full, row->how != NULL ? ", " : "", row->how != NULL ? row->how : "");
    if (page == NULL)
      page = find_text (full);
  }
  g_string_append_printf (text, "%s%s", text->len > 0 ? "\n" : "", page != NULL ? page : "");
  return g_string_free (text, text->len == 0);
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
  g_autoptr (GPtrArray) names = list_names ();
  g_autofree char      *hint = tl_name_hint ("", name, (const char *const *)names->pdata, names->len, MAX_NEAR);

  g_printerr ("trellis: there is nothing called %s%s\nTry \"trellis --help\".\n", name, hint);
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
    text = find_other_text (name);
  if (text == NULL)
    return fail (name);
  g_print ("%s", text);
  return TL_EXIT_OK;
}
