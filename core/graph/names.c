/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/graph/attr.h"

// clang-format off
static const TlOtherName rows[] = {
#define TL_OTHER_NAMES(module, name, others, how) { #module, #name, others, how },
#include "core/graph/other-names.def"
#undef TL_OTHER_NAMES
};
// clang-format on

/**
 * tl_other_name_get_n_rows:
 *
 * Returns: number of rows
 */
guint
tl_other_name_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_other_name_get_row:
 * @row: a number below tl_other_name_get_n_rows()
 *
 * Returns: (transfer none): the row
 */
const TlOtherName *
tl_other_name_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);

  return &rows[row];
}

/**
 * tl_name_find_prefix:
 * @prefix: (array length=n_prefix): the beginning of a name, in any case
 * @n_prefix: its length
 * @words: words separated by blanks
 * @n_bytes: (out): length of what is returned
 *
 * Returns: (transfer none) (nullable): the first word that begins so, which no zero byte ends
 */
const char *
tl_name_find_prefix (const char *prefix,
                     gsize       n_prefix,
                     const char *words,
                     gsize      *n_bytes)
{
  for (; *words != '\0'; words += *words == ' ') {
    *n_bytes = strcspn (words, " ");
    if (*n_bytes >= n_prefix && g_ascii_strncasecmp (words, prefix, n_prefix) == 0)
      return words;
    words += *n_bytes;
  }
  return NULL;
}

/**
 * tl_name_is_among:
 * @name: a name
 * @words: words separated by blanks
 *
 * Returns: whether it is one of them, in any case
 */
gboolean
tl_name_is_among (const char *name,
                  const char *words)
{
  gsize n = strlen (name);

  for (; *words != '\0'; words += *words == ' ') {
    gsize n_word = strcspn (words, " ");

    if (n_word == n && g_ascii_strncasecmp (words, name, n) == 0)
      return TRUE;
    words += n_word;
  }
  return FALSE;
}

static int
compare_names (const void *a,
               const void *b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* The nearest names, each once, as "A, B or C"; of those that are equally near, the first of the alphabet. */
static char *
list_near (const char        *name,
           const char *const *names,
           guint              n_names,
           guint              max)
{
  g_autofree const char **open = g_new0 (const char *, n_names + 1);
  g_autoptr (GPtrArray)   near = g_ptr_array_new ();
  GString                *text = g_string_new (NULL);
  const char             *nearest;

  for (guint i = 0; i < n_names; i++)
    open[i] = names[i];
  qsort (open, n_names, sizeof *open, compare_names);
  while (near->len < max && (nearest = tl_attr_nearest (name, open, n_names)) != NULL) {
    g_ptr_array_add (near, (gpointer)nearest);
    for (guint i = 0; i < n_names; i++)
      if (open[i] != NULL && strcmp (open[i], nearest) == 0)
        open[i] = NULL;
  }
  for (guint i = 0; i < near->len; i++)
    g_string_append_printf (text, "%s%s", i == 0 ? "" : i + 1 < near->len ? ", "
                                                                          : " or ",
                            (const char *)near->pdata[i]);
  return g_string_free (text, FALSE);
}

static gboolean
contains (const char *const *names,
          guint              n_names,
          const char        *name)
{
  for (guint i = 0; i < n_names; i++)
    if (g_strcmp0 (names[i], name) == 0)
      return TRUE;
  return FALSE;
}

/**
 * tl_name_hint:
 * @module: (nullable): where @name was looked for, or %NULL where the tables have no modules
 * @name: a name that there is not
 * @names: (array length=n_names): names that there are; %NULL elements are skipped
 * @n_names: their number
 * @max: how many of them are told at most
 *
 * What an error adds that says that there is no @name: which of @names others call so, or which are near.
 *
 * Returns: (transfer full): "; here it is Linear", "; did you mean Conv1d or Conv2d?", or ""
 */
char *
tl_name_hint (const char        *module,
              const char        *name,
              const char *const *names,
              guint              n_names,
              guint              max)
{
  g_autofree char *near = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if ((module == NULL || strcmp (module, rows[i].module) == 0) && tl_name_is_among (name, rows[i].others) && contains (names, n_names, rows[i].name))
      return g_strdup_printf ("; here it is %s%s%s", rows[i].name, rows[i].how != NULL ? ", " : "", rows[i].how != NULL ? rows[i].how : "");
  near = list_near (name, names, n_names, max);
  return *near != '\0' ? g_strdup_printf ("; did you mean %s?", near) : g_steal_pointer (&near);
}
