/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/help.h"

#include <string.h>

#include "core/data/dataset.h"
#include "core/graph/names.h"
#include "lua/help-private.h"
#include "lua/lua-private.h"

#define MAX_COMPLETIONS 500
#define MIN_OTHER 3 /* letters that are enough to think of what others call it */

static const char *const keywords[] = { "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while", "tl", "nn", "optim", "metric", "data", "math", "string", "table", NULL };

void
tl_lua_completion_free (TlLuaCompletion *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->kind);
  g_free (self->detail);
  g_free (self->doc);
  g_free (self);
}

static gboolean
is_letter (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

/* What stands before the cursor: "nn.Con" is in module "nn", with prefix "Con". */
typedef struct {
  const char *prefix;
  gsize       n_prefix;
  char       *module;
  char       *owner; /* of the braces around the cursor: "fit", "nn.Conv2d" */
  GPtrArray  *found;
} Place;

/* The name that ends at @end. */
static char *
name_before (const char *text,
             gsize       end)
{
  gsize start;

  while (end > 0 && g_ascii_isspace (text[end - 1]))
    end--;
  start = end;
  while (start > 0 && (is_letter (text[start - 1]) || text[start - 1] == '.'))
    start--;
  return g_strndup (text + start, end - start);
}

/* What is called with the innermost braces or parentheses that are open at @offset. */
static char *
find_owner (const char *text,
            gsize       offset)
{
  guint depth = 0;

  for (gsize i = offset, n = 0; i > 0 && n < 4096; i--, n++) {
    char c = text[i - 1];

    if (c == '}' || c == ')') {
      depth++;
    } else if ((c == '{' || c == '(') && depth > 0) {
      depth--;
    } else if (c == '{') {
      char *name = name_before (text, i - 1);

      /* f (x, { is f's */
      if (*name != '\0')
        return name;
      g_free (name);
    } else if (c == '(') {
      return name_before (text, i - 1);
    }
  }
  return NULL;
}

static void
append (Place      *place,
        const char *name,
        const char *kind,
        const char *detail,
        const char *doc)
{
  TlLuaCompletion *made;

  if (place->found->len >= MAX_COMPLETIONS)
    return;
  for (guint i = 0; i < place->found->len; i++)
    if (strcmp (((TlLuaCompletion *)place->found->pdata[i])->name, name) == 0)
      return;
  made = g_new0 (TlLuaCompletion, 1);
  made->name = g_strdup (name);
  made->kind = g_strdup (kind);
  made->detail = g_strdup (detail);
  made->doc = g_strdup (doc);
  g_ptr_array_add (place->found, made);
}

static void
add (Place      *place,
     const char *name,
     const char *kind,
     const char *detail,
     const char *doc)
{
  if (strncmp (name, place->prefix, place->n_prefix) == 0)
    append (place, name, kind, detail, doc);
}

/* What others call by a name that begins so: "Dens" offers Linear. */
static void
add_other (Place             *place,
           const TlHelpEntry *entry)
{
  const char *module = entry->op != NULL ? "tl" : entry->module;

  for (guint i = 0; i < tl_other_name_get_n_rows () && place->n_prefix >= MIN_OTHER; i++) {
    const TlOtherName *row = tl_other_name_get_row (i);
    const char        *other;
    gsize              n;

    if (strcmp (row->name, entry->name) != 0 || g_strcmp0 (row->module, module) != 0)
      continue;
    other = tl_name_find_prefix (place->prefix, place->n_prefix, row->others, &n);
    if (other != NULL) {
      g_autofree char *doc = g_strdup_printf ("%.*s elsewhere: %s", (int)n, other, entry->doc);
      g_autofree char *signature = tl_help_signature (entry);

      append (place, entry->name, entry->kind, signature, doc);
    }
  }
}

static gboolean
is_owner (const char        *owner,
          const TlHelpEntry *entry)
{
  gsize n = entry->module != NULL ? strlen (entry->module) : 0;

  if (entry->module == NULL)
    return strcmp (owner, entry->name) == 0;
  return strncmp (owner, entry->module, n) == 0 && owner[n] == '.' && strcmp (owner + n + 1, entry->name) == 0;
}

static gboolean
complete_cb (const TlHelpEntry *entry,
             gpointer           user_data)
{
  Place *place = user_data;

  if (place->owner != NULL && place->module == NULL && is_owner (place->owner, entry))
    for (const TlAttrSpec *spec = entry->attrs; spec != NULL && spec->name != NULL; spec++)
      if (entry->op == NULL || !tl_lua_is_hidden_attr (entry->op, spec->name)) {
        g_autofree char *value = tl_attr_to_string (spec, &spec->def);

        add (place, spec->name, "option", spec->required ? NULL : value, spec->doc);
      }
  if (place->owner != NULL && place->module == NULL && is_owner (place->owner, entry))
    for (const TlAttrSpec *spec = entry->tables; spec != NULL && spec->name != NULL; spec++)
      add (place, spec->name, "option", NULL, spec->doc);
  if (g_strcmp0 (place->module, entry->module) == 0 && strncmp (entry->name, place->prefix, place->n_prefix) == 0) {
    g_autofree char *signature = tl_help_signature (entry);

    add (place, entry->name, entry->kind, signature, entry->doc);
  } else if (place->module != NULL && g_strcmp0 (place->module, entry->module) == 0) {
    add_other (place, entry);
  }
  return TRUE;
}

static void
add_globals (TlLua *self,
             Place *place)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->globals->len; i++) {
    const TlLuaVariable *variable = self->globals->pdata[i];
    g_autofree char     *detail = tl_lua_variable_to_string (variable);

    add (place, variable->name, "variable", detail, NULL);
  }
  g_mutex_unlock (&self->lock);
}

static int
compare_completions (gconstpointer a,
                     gconstpointer b)
{
  const TlLuaCompletion *x = *(TlLuaCompletion *const *)a, *y = *(TlLuaCompletion *const *)b;
  gboolean               x_option = strcmp (x->kind, "option") == 0, y_option = strcmp (y->kind, "option") == 0;

  return x_option != y_option ? y_option - x_option : strcmp (x->name, y->name);
}

GPtrArray *
tl_lua_complete (TlLua      *self,
                 const char *text,
                 gsize       offset,
                 gsize      *start)
{
  Place place = { .found = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_lua_completion_free) };
  gsize n = strlen (text), begin;

  offset = MIN (offset, n);
  for (begin = offset; begin > 0 && is_letter (text[begin - 1]);)
    begin--;
  if (start != NULL)
    *start = begin;
  place.prefix = text + begin;
  place.n_prefix = offset - begin;
  if (begin > 0 && text[begin - 1] == ':')
    place.module = g_strdup ("x");
  else if (begin > 0 && text[begin - 1] == '.')
    place.module = name_before (text, begin - 1);
  if (place.module == NULL)
    place.owner = find_owner (text, begin);
  if (place.module != NULL && *place.module != '\0' && strchr ("tnodx", *place.module) != NULL && strcmp (place.module, "tl") != 0 &&
      strcmp (place.module, "nn") != 0 && strcmp (place.module, "nn.init") != 0 && strcmp (place.module, "optim") != 0 && strcmp (place.module, "data") != 0) {
    g_free (place.module); /* a field of some value: properties and methods */
    place.module = g_strdup ("x");
  }
  tl_help_foreach (complete_cb, &place);
  if (place.module == NULL) {
    if (self != NULL)
      add_globals (self, &place);
    for (guint i = 0; keywords[i] != NULL; i++)
      add (&place, keywords[i], "keyword", NULL, NULL);
  }
  g_ptr_array_sort (place.found, compare_completions);
  g_free (place.module);
  g_free (place.owner);
  return place.found;
}

typedef struct {
  const char *name;
  char       *text;
} Inspect;

static gboolean
inspect_cb (const TlHelpEntry *entry,
            gpointer           user_data)
{
  Inspect *inspect = user_data;

  if (!is_owner (inspect->name, entry) && strcmp (inspect->name, entry->name) != 0)
    return TRUE;
  inspect->text = tl_help_text (entry);
  return FALSE;
}

char *
tl_lua_inspect (TlLua      *self,
                const char *name)
{
  Inspect inspect = { name, NULL };

  if (self != NULL) {
    g_mutex_lock (&self->lock);
    for (guint i = 0; i < self->globals->len && inspect.text == NULL; i++) {
      const TlLuaVariable *variable = self->globals->pdata[i];

      if (strcmp (variable->name, name) == 0) {
        g_autofree char *detail = tl_lua_variable_to_string (variable);

        inspect.text = g_strdup_printf ("%s: %s\n", name, detail);
      }
    }
    g_mutex_unlock (&self->lock);
  }
  if (inspect.text == NULL)
    tl_help_foreach (inspect_cb, &inspect);
  return inspect.text;
}

static gboolean
inspect_option_cb (const TlHelpEntry *entry,
                   gpointer           user_data)
{
  Inspect    *inspect = user_data;
  const char *option = strrchr (inspect->name, '.');
  gsize       n = (gsize)(option - inspect->name);
  char       *owner = g_strndup (inspect->name, n);
  gboolean    is_it = is_owner (owner, entry) || strcmp (owner, entry->name) == 0;
  gint        i = is_it ? tl_attr_find (entry->attrs, option + 1) : -1, table = is_it ? tl_attr_find (entry->tables, option + 1) : -1;

  if (i >= 0 && (entry->op == NULL || !tl_lua_is_hidden_attr (entry->op, entry->attrs[i].name))) {
    g_autofree char *value = tl_attr_to_string (&entry->attrs[i], &entry->attrs[i].def);

    if (entry->attrs[i].required)
      inspect->text = g_strdup_printf ("%s: %s\n", inspect->name, entry->attrs[i].doc);
    else
      inspect->text = g_strdup_printf ("%s = %s\n%s\n", inspect->name, value, entry->attrs[i].doc);
  }
  if (table >= 0)
    inspect->text = g_strdup_printf ("%s: %s\n", inspect->name, entry->tables[table].doc);
  g_free (owner);
  return inspect->text == NULL;
}

char *
tl_lua_inspect_option (const char *name)
{
  Inspect inspect = { name, NULL };

  if (strchr (name, '.') != NULL)
    tl_help_foreach (inspect_option_cb, &inspect);
  return inspect.text;
}

typedef struct {
  const char *module;
  GString    *text;
} ModuleList;

static gboolean
list_module_cb (const TlHelpEntry *entry,
                gpointer           user_data)
{
  ModuleList      *list = user_data;
  g_autofree char *name = NULL;

  if (g_strcmp0 (entry->module, list->module) != 0)
    return TRUE;
  name = g_strdup_printf ("%s%s%s", entry->module, strcmp (entry->module, "x") == 0 ? ":" : ".", entry->name);
  g_string_append_printf (list->text, "%-28s %s\n", name, entry->doc != NULL ? entry->doc : "");
  return TRUE;
}

char *
tl_lua_list_module (const char *module)
{
  ModuleList list = { module, g_string_new (NULL) };

  tl_help_foreach (list_module_cb, &list);
  return g_string_free (list.text, list.text->len == 0);
}

static gboolean
list_name_cb (const TlHelpEntry *entry,
              gpointer           user_data)
{
  g_ptr_array_add (user_data, g_strdup (entry->name));
  if (entry->module != NULL && strcmp (entry->module, "x") != 0)
    g_ptr_array_add (user_data, g_strdup_printf ("%s.%s", entry->module, entry->name));
  return TRUE;
}

GPtrArray *
tl_lua_list_names (void)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  tl_help_foreach (list_name_cb, names);
  return names;
}

static gboolean
list_cb (const TlHelpEntry *entry,
         gpointer           user_data)
{
  GString *text = user_data;

  if (g_strcmp0 (entry->module, "x") != 0)
    g_string_append_printf (text, "%s%s%s  %s\n", entry->module != NULL ? entry->module : "", entry->module != NULL ? "." : "", entry->name,
                            entry->doc != NULL ? entry->doc : "");
  return TRUE;
}

/* What others call so, with its module or without. */
static char *
inspect_other (const char *name)
{
  const char *dot = strrchr (name, '.');

  for (guint i = 0; i < tl_other_name_get_n_rows (); i++) {
    const TlOtherName *row = tl_other_name_get_row (i);
    g_autofree char   *full = NULL, *text = NULL;

    if (!tl_name_is_among (dot != NULL ? dot + 1 : name, row->others))
      continue;
    full = g_strdup_printf ("%s.%s", row->module, row->name);
    text = tl_lua_inspect (NULL, full);
    if (text != NULL)
      return g_strdup_printf ("%s: here it is %s\n\n%s", name, full, text);
  }
  return NULL;
}

/* help (name): what belongs to Lua is a copy, so that nothing is lost when it runs out of memory. */
int
tl_lua_help (lua_State *L)
{
  TlLua      *self = tl_lua_get (L);
  const char *name = luaL_optstring (L, 1, NULL);
  GString    *list;
  char       *text;

  tl_lua_poll (L);
  if (name == NULL) {
    list = g_string_new (NULL);
    tl_help_foreach (list_cb, list);
    text = g_string_free (list, FALSE);
  } else {
    text = tl_lua_inspect (NULL, name);
    text = text != NULL ? text : tl_lua_list_module (name);
    text = text != NULL ? text : inspect_other (name);
  }
  if (text == NULL)
    return tl_lua_error (L, TL_ERROR_NAME, "there is no help on %s", name);
  if (self->host.print != NULL)
    self->host.print (self->host_data, text, strlen (text), TL_LUA_STREAM_OUT);
  g_free (text);
  return 0;
}
