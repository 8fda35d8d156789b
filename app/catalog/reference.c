/* SPDX-License-Identifier: Apache-2.0 */
#include "app/catalog/reference.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/nn/layer.h"

static char *
type_text (const TlAttrSpec *spec)
{
  g_autofree char *count = spec->n > 1 ? g_strdup_printf ("%u ", spec->n) : g_strdup ("");

  switch (spec->type) {
  case TL_ATTR_INT:
    return g_strdup ("whole number");
  case TL_ATTR_FLOAT:
    return g_strdup ("number");
  case TL_ATTR_BOOL:
    return g_strdup ("true or false");
  case TL_ATTR_ENUM: {
    g_autofree char *names = g_strjoinv ("\", \"", (char **)spec->names);

    return g_strdup_printf ("one of \"%s\"", names);
  }
  case TL_ATTR_DTYPE:
    return g_strdup ("dtype");
  case TL_ATTR_INTS: {
    g_autofree char *words = spec->words != NULL ? g_strdup_printf (", \"%s\" or \"%s\"", spec->words[0], spec->words[1]) : g_strdup ("");

    return spec->n == 1 ? g_strdup_printf ("whole number or size%s", words) : g_strdup_printf ("%swhole numbers or sizes%s", count, words);
  }
  case TL_ATTR_FLOATS:
    return g_strdup_printf ("%snumbers", count);
  case TL_ATTR_NUMBERS:
    return g_strdup ("list of numbers");
  case TL_ATTR_STRING:
    return g_strdup ("text");
  }
  return g_strdup ("");
}

static gboolean
is_limit (double value)
{
  return value > -G_MAXINT32 && value < G_MAXINT32;
}

static void
append_range (GString          *text,
              const TlAttrSpec *spec)
{
  if (!spec->has_range)
    return;
  if (is_limit (spec->min) && is_limit (spec->max))
    g_string_append_printf (text, ", %g to %g", spec->min, spec->max);
  else if (is_limit (spec->min))
    g_string_append_printf (text, ", at least %g", spec->min);
  else if (is_limit (spec->max))
    g_string_append_printf (text, ", at most %g", spec->max);
}

static void
append_attrs (GString              *text,
              const TlCatalogEntry *entry)
{
  if (entry->attrs == NULL || entry->attrs[0].name == NULL)
    return;
  g_string_append (text, "\nAttributes:\n\n");
  for (const TlAttrSpec *spec = entry->attrs; spec->name != NULL; spec++) {
    g_autofree char *type = type_text (spec);
    g_autofree char *value = tl_catalog_default_text (spec);

    g_string_append_printf (text, "* `%s`", spec->name);
    if (spec->alias != NULL)
      g_string_append_printf (text, " (also `%s`)", spec->alias);
    g_string_append_printf (text, ": %s. %c%s", spec->doc, g_ascii_toupper (type[0]), type + 1);
    append_range (text, spec);
    if (spec->required)
      g_string_append (text, "; must be given.\n");
    else
      g_string_append_printf (text, "; `%s` if not given.\n", value);
  }
}

static void
append_ports (GString             *text,
              const char          *title,
              const TlCatalogPort *ports,
              guint                n)
{
  if (n == 0)
    return;
  g_string_append_printf (text, "\n%s:\n\n", title);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "* `%s`%s: %s%s\n", ports[i].name, ports[i].is_variadic ? "..." : "",
                            ports[i].doc != NULL ? ports[i].doc : tl_link_type_name (ports[i].type), ports[i].is_optional ? " (may be left out)" : "");
}

/* " { out = ..., kernel = ... }" after @opening " { ": what must be given. */
static void
append_options (GString              *text,
                const TlCatalogEntry *entry,
                const char           *opening)
{
  const char *between = opening;

  for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++)
    if (spec->required) {
      g_string_append_printf (text, "%s%s = ...", between, spec->name);
      between = ", ";
    }
  if (between != opening)
    g_string_append (text, " }");
}

static void
append_inputs (GString              *text,
               const TlCatalogEntry *entry)
{
  const char *between = "";

  for (guint i = 0; i < entry->n_in; i++) {
    if (entry->in[i].is_optional)
      continue;
    g_string_append_printf (text, "%s%s%s", between, entry->in[i].name, entry->in[i].is_variadic ? "..." : "");
    between = ", ";
  }
}

/* How it is written: in a graph cell, and in Lua. */
static void
append_usage (GString              *text,
              const TlCatalogEntry *entry)
{
  g_string_append (text, "\n    ");
  for (guint i = 0; i < entry->n_out; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? ", " : "", entry->out[i].name);
  g_string_append_printf (text, " = %s", entry->name);
  if (entry->n_in > 0) {
    g_string_append_c (text, '(');
    append_inputs (text, entry);
    g_string_append_c (text, ')');
  }
  append_options (text, entry, " { ");
  g_string_append (text, "\n");
  if (entry->lua == NULL || strcmp (entry->lua, entry->name) == 0)
    return;
  g_string_append (text, "\nIn Lua:\n\n    ");
  switch (entry->kind) {
  case TL_CATALOG_OP:
    g_string_append_printf (text, "%s(", entry->lua);
    append_inputs (text, entry);
    append_options (text, entry, entry->n_in > 0 ? ", { " : "{ ");
    g_string_append (text, ")\n");
    break;
  case TL_CATALOG_SCHEDULE:
    g_string_append_printf (text, "fit { ..., schedule = { \"%s\"", entry->lua);
    append_options (text, entry, ", ");
    g_string_append_printf (text, "%s }\n    optim.%s (optimizer", text->str[text->len - 1] == '}' ? "" : " }", entry->name);
    append_options (text, entry, ", { ");
    g_string_append (text, ")\n");
    break;
  case TL_CATALOG_METRIC:
    g_string_append_printf (text, "fit { ..., metrics = { \"%s\" } }\n    metric.%s", entry->lua, entry->name);
    append_options (text, entry, " { ");
    g_string_append_c (text, '\n');
    break;
  case TL_CATALOG_TRANSFORM:
    g_string_append_printf (text, "fit { ..., transform = { \"%s\" } }\n", entry->lua);
    break;
  default:
    g_string_append (text, entry->lua);
    append_options (text, entry, " { ");
    g_string_append_c (text, '\n');
    break;
  }
}

static const char *
torch_text (const TlCatalogEntry *entry)
{
  switch (entry->kind) {
  case TL_CATALOG_LAYER:
  case TL_CATALOG_LOSS:
    return ((const TlLayerClass *)entry->row)->torch;
  case TL_CATALOG_OP:
    return ((const TlOpClass *)entry->row)->torch;
  default:
    return NULL;
  }
}

/**
 * tl_reference_page:
 * @entry: an entry of the catalog
 *
 * Returns: (transfer full): what there is to say of it, as Markdown with a heading of the second level
 */
char *
tl_reference_page (const TlCatalogEntry *entry)
{
  GString    *text = g_string_new (NULL);
  const char *torch = torch_text (entry);

  g_string_append_printf (text, "## %s\n\n%s\n", entry->name, entry->doc);
  append_usage (text, entry);
  if (entry->formula != NULL)
    g_string_append_printf (text, "\nFormula: `%s`\n", entry->formula);
  append_ports (text, "Inputs", entry->in, entry->n_in);
  append_ports (text, "Results", entry->out, entry->n_out);
  append_attrs (text, entry);
  if (torch != NULL)
    g_string_append_printf (text, "\nPyTorch: `%s`\n", torch);
  if (entry->others != NULL)
    g_string_append_printf (text, "\nElsewhere: %s\n", entry->others);
  if (entry->source != NULL && strcmp (entry->source, "elementary") != 0)
    g_string_append_printf (text, "\nSource: %s\n", entry->source);
  return g_string_free (text, FALSE);
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const TlCatalogEntry *x = *(const TlCatalogEntry *const *)a, *y = *(const TlCatalogEntry *const *)b;
  int                   group = g_strcmp0 (x->group, y->group);

  return group != 0 ? group : strcmp (x->name, y->name);
}

static GPtrArray *
entries_of (TlCatalogKind kind)
{
  GPtrArray *entries = g_ptr_array_new ();

  for (guint i = 0; i < tl_catalog_get_n_entries (); i++)
    if (tl_catalog_get_entry (i)->kind == kind)
      g_ptr_array_add (entries, (gpointer)tl_catalog_get_entry (i));
  g_ptr_array_sort (entries, compare_entries);
  return entries;
}

/* One page for each; the two that are alone share one. */
// clang-format off
static const struct {
  TlCatalogKind kind;
  const char   *file;
  const char   *title;
} pages[] = {
  { TL_CATALOG_OP,        "operations",  "Operations" },
  { TL_CATALOG_LAYER,     "layers",      "Layers" },
  { TL_CATALOG_LOSS,      "losses",      "Losses" },
  { TL_CATALOG_OPTIMIZER, "optimizers",  "Optimizers" },
  { TL_CATALOG_SCHEDULE,  "schedules",   "Schedules of the learning rate" },
  { TL_CATALOG_METRIC,    "metrics",     "Metrics" },
  { TL_CATALOG_DATASET,   "data-sets",   "Data sets" },
  { TL_CATALOG_TRANSFORM, "transforms",  "Transforms" },
  { TL_CATALOG_BATCH,     "batches",     "Batches" },
  { TL_CATALOG_TRAIN,     "training",    "Training" },
};
// clang-format on

/**
 * tl_reference_group:
 * @kind: a table
 *
 * Returns: (transfer full): the pages of all its rows, by group and name
 */
char *
tl_reference_group (TlCatalogKind kind)
{
  g_autoptr (GPtrArray) entries = entries_of (kind);
  GString              *text = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    if (pages[i].kind == kind)
      g_string_append_printf (text, "# %s\n", pages[i].title);
  for (guint i = 0; i < entries->len; i++) {
    g_autofree char *page = tl_reference_page (entries->pdata[i]);

    g_string_append_printf (text, "\n%s", page);
  }
  return g_string_free (text, FALSE);
}

static gboolean
is_about (const TlCatalogEntry *entry,
          const char           *topic)
{
  if (g_strcmp0 (entry->group, topic) == 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    if (pages[i].kind == entry->kind && strcmp (pages[i].file, topic) == 0)
      return TRUE;
  return FALSE;
}

/**
 * tl_reference_list:
 * @topic: a table, as its page is called: "layers", "metrics"; or a heading in it: "recurrent"
 *
 * Returns: (transfer full) (nullable): a line for each row that belongs to it; %NULL if there is none
 */
char *
tl_reference_list (const char *topic)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < tl_catalog_get_n_entries (); i++) {
    const TlCatalogEntry *entry = tl_catalog_get_entry (i);

    if (is_about (entry, topic))
      g_string_append_printf (text, "%-24s %s\n", entry->name, entry->doc);
  }
  return g_string_free (text, text->len == 0);
}

static void
add_once (GPtrArray  *names,
          const char *name)
{
  if (name != NULL && !g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

/**
 * tl_reference_add_topics:
 * @names: (element-type utf8): to which is added what tl_reference_list() knows
 */
void
tl_reference_add_topics (GPtrArray *names)
{
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++)
    add_once (names, pages[i].file);
  for (guint i = 0; i < tl_catalog_get_n_entries (); i++)
    add_once (names, tl_catalog_get_entry (i)->group);
}

static void
append_names (GString    *text,
              const char *file,
              GPtrArray  *entries)
{
  const char *group = NULL;

  for (guint i = 0; i < entries->len; i++) {
    const TlCatalogEntry *entry = entries->pdata[i];
    g_autofree char      *anchor = g_ascii_strdown (entry->name, -1);

    if (g_strcmp0 (group, entry->group) != 0)
      g_string_append_printf (text, "%s* %s: ", i > 0 ? "\n" : "", entry->group != NULL ? entry->group : entry->name);
    else
      g_string_append (text, ", ");
    g_string_append_printf (text, "[%s](%s.md#%s)", entry->name, file, anchor);
    group = entry->group;
  }
  g_string_append_c (text, '\n');
}

/**
 * tl_reference_index:
 *
 * Returns: (transfer full): the names of all rows, with links to the files of tl_reference_write()
 */
char *
tl_reference_index (void)
{
  GString *text = g_string_new ("# Trellis: reference\n\n"
                                "Made from the tables by `trellis --reference FOLDER`; `trellis --help NAME` prints one page.\n");

  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autoptr (GPtrArray) entries = entries_of (pages[i].kind);

    g_string_append_printf (text, "\n## %s\n\n", pages[i].title);
    append_names (text, pages[i].file, entries);
  }
  return g_string_free (text, FALSE);
}

static gboolean
write_page (const char *folder,
            const char *name,
            const char *text,
            GError    **error)
{
  g_autofree char   *file = g_strconcat (name, ".md", NULL);
  g_autofree char   *path = g_build_filename (folder, file, NULL);
  g_autoptr (GError) local = NULL;

  if (g_file_set_contents (path, text, -1, &local))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, local->message);
  return FALSE;
}

/**
 * tl_reference_write:
 * @folder: where the pages go; made if it is not there
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether README.md and a page for each table were written
 */
gboolean
tl_reference_write (const char *folder,
                    GError    **error)
{
  g_autofree char *index = tl_reference_index ();

  if (g_mkdir_with_parents (folder, 0777) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", folder, g_strerror (errno));
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autofree char *text = tl_reference_group (pages[i].kind);

    if (!write_page (folder, pages[i].file, text, error))
      return FALSE;
  }
  return write_page (folder, "README", index, error);
}
