/* SPDX-License-Identifier: Apache-2.0 */
#include "app/catalog/catalog.h"

#include <string.h>

#include "app/catalog/catalog-private.h"
#include "core/graph/attr.h"
#include "core/graph/names.h"

typedef struct {
  GArray     *entries; /* TlCatalogEntry */
  GHashTable *by_name;
} Catalog;

/* Headings in the order in which a graph is thought of; operations come last, by the alphabet. */
// clang-format off
static const char *const groups[] = {
  "data", "transform", "structure", "linear", "convolution", "pooling", "activation", "normalisation", "regularisation", "loss",
  "optimizer", "schedule", "metric", "training",
};
// clang-format on

static guint
group_order (const TlCatalogEntry *entry)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups) && entry->kind != TL_CATALOG_OP; i++)
    if (strcmp (groups[i], entry->group) == 0)
      return i;
  return G_N_ELEMENTS (groups) + (entry->kind == TL_CATALOG_OP);
}

static int
compare_entries (gconstpointer a,
                 gconstpointer b)
{
  const TlCatalogEntry *x = a, *y = b;
  int                   by_group = (int)group_order (x) - (int)group_order (y);

  if (by_group == 0)
    by_group = strcmp (x->group, y->group);
  return by_group != 0 ? by_group : strcmp (x->name, y->name);
}

/* Whether a row of other names is about @entry: "nn.Linear" by what Lua calls it, a schedule or a metric by its title. */
static gboolean
is_named (const TlCatalogEntry *entry,
          const TlOtherName    *row)
{
  g_autofree char *full = g_strdup_printf ("%s.%s", row->module, row->name);

  if (entry->kind == TL_CATALOG_SCHEDULE || entry->kind == TL_CATALOG_METRIC)
    return strcmp (entry->name, row->name) == 0 && strcmp (row->module, entry->kind == TL_CATALOG_METRIC ? "metric" : "optim") == 0;
  return g_strcmp0 (full, entry->lua) == 0;
}

static const char *
other_names (const TlCatalogEntry *entry)
{
  for (guint i = 0; i < tl_other_name_get_n_rows (); i++)
    if (is_named (entry, tl_other_name_get_row (i)))
      return tl_other_name_get_row (i)->others;
  return NULL;
}

static gpointer
make_catalog (gpointer data)
{
  Catalog *self = g_new0 (Catalog, 1);

  self->entries = g_array_new (FALSE, FALSE, sizeof (TlCatalogEntry));
  self->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  tl_catalog_add_rows (self->entries);
  g_array_sort (self->entries, compare_entries);
  for (guint i = 0; i < self->entries->len; i++) {
    TlCatalogEntry *entry = &g_array_index (self->entries, TlCatalogEntry, i);

    entry->others = other_names (entry);
    g_hash_table_insert (self->by_name, (gpointer)entry->name, entry);
  }
  return self;
}

static const Catalog *
get_catalog (void)
{
  static GOnce once = G_ONCE_INIT;

  return g_once (&once, make_catalog, NULL);
}

/**
 * tl_catalog_get_n_entries:
 *
 * Returns: number of entries
 */
guint
tl_catalog_get_n_entries (void)
{
  return get_catalog ()->entries->len;
}

/**
 * tl_catalog_get_entry:
 * @entry: a number below tl_catalog_get_n_entries()
 *
 * Returns: (transfer none): the entry; they are ordered by group, then by name
 */
const TlCatalogEntry *
tl_catalog_get_entry (guint entry)
{
  const Catalog *self = get_catalog ();

  g_return_val_if_fail (entry < self->entries->len, NULL);

  return &g_array_index (self->entries, TlCatalogEntry, entry);
}

/**
 * tl_catalog_find:
 * @name: as a graph cell writes it
 *
 * Returns: (transfer none) (nullable): the entry
 */
const TlCatalogEntry *
tl_catalog_find (const char *name)
{
  return g_hash_table_lookup (get_catalog ()->by_name, name);
}

/**
 * tl_catalog_hint:
 * @name: a name that is no entry's
 *
 * Returns: (transfer full): what an error adds to say which entry was perhaps meant: "; here it is Linear", "; did you mean Conv2d?", or ""
 */
char *
tl_catalog_hint (const char *name)
{
  const Catalog          *self = get_catalog ();
  g_autofree const char **names = g_new0 (const char *, self->entries->len + 1);

  for (guint i = 0; i < self->entries->len; i++) {
    const TlCatalogEntry *entry = &g_array_index (self->entries, TlCatalogEntry, i);

    if (entry->others != NULL && tl_name_is_among (name, entry->others))
      return g_strdup_printf ("; here it is %s", entry->name);
    names[i] = entry->name;
  }
  return tl_name_hint (NULL, name, names, self->entries->len, 1);
}

/**
 * tl_catalog_kind_name:
 *
 * Returns: "layer", "loss", "operation", "data set"...
 */
const char *
tl_catalog_kind_name (TlCatalogKind kind)
{
  static const char *const names[] = { "layer", "loss", "operation", "data set", "transform", "batch", "optimizer", "schedule",
                                       "metric", "training" };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == TL_CATALOG_TRAIN + 1);
  return names[kind];
}

/**
 * tl_link_type_name:
 *
 * Returns: "tensor", "loss", "data"...
 */
const char *
tl_link_type_name (TlLinkType type)
{
  static const char *const names[] = { "tensor", "loss", "data", "optimizer", "metric", "run" };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == TL_LINK_RUN + 1);
  return names[type];
}

/**
 * tl_link_type_fits:
 * @have: what an output gives
 * @want: what an input takes
 *
 * Returns: whether they may be linked; a loss is a tensor, too
 */
gboolean
tl_link_type_fits (TlLinkType have,
                   TlLinkType want)
{
  return have == want || (have == TL_LINK_LOSS && want == TL_LINK_TENSOR);
}

/**
 * tl_catalog_entry_get_port:
 * @self: an entry
 * @is_input: whether an input is meant
 * @port: its number; behind the last one, a variadic port goes on
 *
 * Returns: (transfer none) (nullable): the port, or %NULL if there is none of that number
 */
const TlCatalogPort *
tl_catalog_entry_get_port (const TlCatalogEntry *self,
                           gboolean              is_input,
                           guint                 port)
{
  const TlCatalogPort *ports = is_input ? self->in : self->out;
  guint                n = is_input ? self->n_in : self->n_out;

  if (port < n)
    return &ports[port];
  return n > 0 && ports[n - 1].is_variadic ? &ports[n - 1] : NULL;
}

/**
 * tl_catalog_default_text:
 * @spec: an attribute
 *
 * Returns: (transfer full): what is shown of an attribute that is not set: its default as graph cells write it, or what that is called
 */
char *
tl_catalog_default_text (const TlAttrSpec *spec)
{
  if (spec->type != TL_ATTR_ENUM && spec->names != NULL)
    return g_strdup (spec->names[0]);
  return tl_attr_to_string (spec, &spec->def);
}
