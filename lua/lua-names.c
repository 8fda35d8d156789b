/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are not there: an error that says which were perhaps meant.
 */
#include <string.h>

#include "core/graph/names.h"
#include "core/optim/schedule.h"
#include "core/train/metrics.h"
#include "lua/help-private.h"
#include "lua/lua-private.h"

#define MAX_NAMES 1024
#define MAX_NEAR 3

typedef struct {
  const char  *module;
  const char  *name;
  const char **names; /* in memory of Lua's */
  guint        n;
  char         text[256];
} Hint;

static gboolean
find_elsewhere_cb (const TlHelpEntry *entry,
                   gpointer           user_data)
{
  Hint *self = user_data;

  if (entry->module == NULL || strcmp (entry->module, "x") == 0 || strcmp (entry->module, self->module) == 0 ||
      g_ascii_strcasecmp (entry->name, self->name) != 0)
    return TRUE;
  g_snprintf (self->text, sizeof self->text, "; there is %s.%s", entry->module, entry->name);
  return FALSE;
}

/* What others call so in this module; what is called so in another one; what others call so there; what is near. */
static void
make_hint (Hint *self)
{
  g_autofree char *hint = tl_name_hint (self->module, self->name, self->names, self->n, 0);

  g_strlcpy (self->text, hint, sizeof self->text);
  if (*hint == '\0')
    tl_help_foreach (find_elsewhere_cb, self);
  for (guint i = 0; i < tl_other_name_get_n_rows () && self->text[0] == '\0'; i++) {
    const TlOtherName *row = tl_other_name_get_row (i);

    if (tl_lua_is_module (row->module) && tl_name_is_among (self->name, row->others))
      g_snprintf (self->text, sizeof self->text, "; here it is %s.%s", row->module, row->name);
  }
  if (self->text[0] == '\0') {
    g_free (hint);
    hint = tl_name_hint (self->module, self->name, self->names, self->n, MAX_NEAR);
    g_strlcpy (self->text, hint, sizeof self->text);
  }
}

static void
add_name (Hint       *self,
          const char *name)
{
  if (name != NULL && self->n < MAX_NAMES)
    self->names[self->n++] = name;
}

/* Of a value or of fit; a method of a tensor is what the operation of that name is called by others, too. */
static void
make_field_hint (Hint *self)
{
  g_autofree char *hint = tl_name_hint (self->module, self->name, self->names, self->n, 0);

  if (*hint == '\0') {
    g_free (hint);
    hint = tl_name_hint ("tl", self->name, self->names, self->n, MAX_NEAR);
  }
  g_strlcpy (self->text, hint, sizeof self->text);
}

/*
 * Raises "OWNER has no NAME" with what was perhaps meant: string keys of the table at @table, or its items if it is a list, and @more.
 */
int
tl_lua_no_name (lua_State         *L,
                int                table,
                const char *const *more,
                const char        *module,
                const char        *owner,
                const char        *name)
{
  Hint hint = { .module = module, .name = name };

  table = lua_absindex (L, table);
  hint.names = lua_newuserdatauv (L, MAX_NAMES * sizeof *hint.names, 0);
  for (lua_Integer i = 1; lua_rawgeti (L, table, i) == LUA_TSTRING; i++) {
    add_name (&hint, lua_tostring (L, -1));
    lua_pop (L, 1);
  }
  lua_pop (L, 1);
  lua_pushnil (L);
  while (lua_next (L, table) != 0) {
    add_name (&hint, lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL);
    lua_pop (L, 1);
  }
  for (; more != NULL && *more != NULL; more++)
    add_name (&hint, *more);
  if (tl_lua_is_module (module))
    make_hint (&hint);
  else
    make_field_hint (&hint);
  return tl_lua_error (L, TL_ERROR_NAME, "%s has no %s%s%s", owner, strcmp (module, "fit") == 0 ? "option " : "", name, hint.text);
}

/* Tables whose rows are named by strings */
typedef struct {
  const char *kind;
  const char *module;
  guint (*get_n_rows) (void);
  const char *(*get_name) (guint row);
  const char *(*get_title) (guint row); /* in Lua's module, if that is another */
} RowTable;

static const char *
loss_name (guint row)
{
  const TlLayerClass *klass = tl_layer_get_row (row);

  return (klass->flags & TL_LAYER_LOSS) != 0 ? klass->name : NULL;
}

static const char *
metric_name (guint row)
{
  return tl_metric_class_get_row (row)->name;
}

static const char *
metric_title (guint row)
{
  return tl_metric_class_get_row (row)->title;
}

static const char *
optimizer_name (guint row)
{
  return tl_optimizer_get_row (row)->name;
}

static const char *
schedule_name (guint row)
{
  return tl_schedule_get_row (row)->name;
}

static const char *
schedule_title (guint row)
{
  return tl_schedule_get_row (row)->title;
}

static const char *
transform_name (guint row)
{
  return tl_transform_class_get_row (row)->name;
}

// clang-format off
static const RowTable row_tables[] = {
  { "loss", "nn", tl_layer_get_n_rows, loss_name },
  { "metric", "metric", tl_metric_class_get_n_rows, metric_name, metric_title },
  { "optimizer", "optim", tl_optimizer_get_n_rows, optimizer_name },
  { "schedule", "optim", tl_schedule_get_n_rows, schedule_name, schedule_title },
  { "transform", "data", tl_transform_class_get_n_rows, transform_name },
};
// clang-format on

/* Whether a row's title is @name, or what others call by it. */
static gboolean
is_title (const RowTable *table,
          guint           row,
          const char     *name)
{
  const char *title = table->get_title (row);

  for (guint i = 0; i < tl_other_name_get_n_rows (); i++) {
    const TlOtherName *other = tl_other_name_get_row (i);

    if (strcmp (other->module, table->module) == 0 && strcmp (other->name, title) == 0 && tl_name_is_among (name, other->others))
      return TRUE;
  }
  return g_ascii_strcasecmp (title, name) == 0;
}

static void
make_row_hint (const RowTable *table,
               const char     *name,
               char           *text,
               gsize           n_bytes)
{
  guint                   n = table->get_n_rows ();
  g_autofree const char **names = g_new0 (const char *, n + 1);
  g_autofree char        *hint = NULL;

  for (guint i = 0; i < n; i++) {
    names[i] = table->get_name (i);
    if (table->get_title != NULL && is_title (table, i, name)) {
      g_snprintf (text, n_bytes, "; here it is %s", names[i]);
      return;
    }
  }
  hint = tl_name_hint (table->module, name, names, n, 1);
  g_strlcpy (text, hint, n_bytes);
}

/*
 * Raises "there is no KIND NAME" with what was perhaps meant.
 */
int
tl_lua_no_row (lua_State  *L,
               const char *kind,
               const char *name)
{
  char hint[256] = "";

  for (guint i = 0; i < G_N_ELEMENTS (row_tables); i++)
    if (strcmp (row_tables[i].kind, kind) == 0)
      make_row_hint (&row_tables[i], name, hint, sizeof hint);
  return tl_lua_error (L, TL_ERROR_NAME, "there is no %s %s%s", kind, name, hint);
}

/*
 * Whether @name is one of the tables of functions that cells see.
 */
gboolean
tl_lua_is_module (const char *name)
{
  static const char *const modules[] = { "data", "metric", "nn", "nn.init", "optim", "tl", NULL };

  return g_strv_contains (modules, name);
}

static int
module_index (lua_State *L)
{
  const char *module = lua_tostring (L, lua_upvalueindex (1));

  if (lua_type (L, 2) != LUA_TSTRING)
    return 0;
  return tl_lua_no_name (L, 1, NULL, module, module, lua_tostring (L, 2));
}

/*
 * What is not in the table on top of the stack is an error from now on; rawget() still says whether something is.
 */
void
tl_lua_guard_module (lua_State  *L,
                     const char *module)
{
  lua_newtable (L);
  lua_pushstring (L, module);
  lua_pushcclosure (L, module_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushliteral (L, "module of functions");
  lua_setfield (L, -2, "__metatable");
  lua_setmetatable (L, -2);
}
