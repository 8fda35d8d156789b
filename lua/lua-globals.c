/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The snapshot of what cells have defined: name, type, a line about the value, bytes.
 *
 * Nothing here allocates in Lua or calls what a cell has written, so nothing raises.
 */
#include <string.h>

#include "core/data/dataset.h"
#include "lua/help.h"
#include "lua/lua-private.h"

#define MAX_GLOBALS 2000
#define MAX_STRING 40

/* How deep and how far a table is looked through for tensors and parameters. */
#define MAX_DEPTH 8
#define MAX_VALUES 10000

typedef struct {
  const char *type;
  char       *summary;
  gsize       n_bytes;
} Description;

/* What lies in a table, its inner tables and their modules */
typedef struct {
  guint       n_seen;
  guint       n_layers;
  guint64     n_parameters;
  gsize       n_bytes;
  GHashTable *tables;
} Sum;

static gsize
tensor_bytes (TlTensor *tensor)
{
  return tl_tensor_get_n_elements (tensor) * tl_dtype_size (tl_tensor_get_dtype (tensor));
}

static char *
group_digits (guint64 value)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "%" G_GUINT64_FORMAT, value);
  for (gssize at = (gssize)text->len - 3; at > 0; at -= 3)
    g_string_insert_c (text, at, ',');
  return g_string_free (text, FALSE);
}

static void
add_variable (Sum        *sum,
              TlVariable *variable)
{
  TlTensor *value = variable != NULL ? tl_variable_get_value (variable) : NULL;

  if (value == NULL)
    return;
  sum->n_bytes += tensor_bytes (value);
  if (tl_variable_get_kind (variable) == TL_VARIABLE_PARAMETER)
    sum->n_parameters += tl_tensor_get_n_elements (value);
}

static void
add_layer (Sum     *sum,
           TlLayer *layer)
{
  sum->n_layers++;
  for (guint i = 0; i < tl_layer_get_n_variables (layer); i++)
    add_variable (sum, tl_layer_get_variable (layer, i));
}

static void
add_model (Sum     *sum,
           TlModel *model)
{
  g_autoptr (GPtrArray) parameters = tl_model_get_parameters (model);

  sum->n_layers += tl_model_get_n_nodes (model);
  for (guint i = 0; i < parameters->len; i++)
    add_variable (sum, parameters->pdata[i]);
}

static gsize
dataset_bytes (TlDataset *dataset)
{
  gsize n = 0;

  for (guint i = 0; i < tl_dataset_get_n_fields (dataset); i++)
    n += tl_item_type_get_n_bytes (tl_dataset_get_item_type (dataset, i)) * tl_dataset_get_n_items (dataset);
  return n;
}

static void
add_value (lua_State *L,
           Sum       *sum,
           guint      depth)
{
  TlTensor *tensor;
  TlLayer  *layer;
  TlModel  *model;

  if (sum->n_seen++ >= MAX_VALUES)
    return;
  if (lua_type (L, -1) == LUA_TUSERDATA) {
    if ((tensor = tl_lua_test (L, -1, &tl_lua_type_tensor)) != NULL)
      sum->n_bytes += tensor_bytes (tensor);
    else if ((layer = tl_lua_test_layer (L, -1)) != NULL)
      add_layer (sum, layer);
    else if ((model = tl_lua_test_model (L, -1)) != NULL)
      add_model (sum, model);
    else
      add_variable (sum, tl_lua_test (L, -1, &tl_lua_type_variable));
    return;
  }
  if (lua_type (L, -1) != LUA_TTABLE || depth == MAX_DEPTH || !lua_checkstack (L, 4) ||
      !g_hash_table_add (sum->tables, (gpointer)lua_topointer (L, -1)))
    return;
  lua_pushnil (L);
  while (lua_next (L, -2) != 0) {
    add_value (L, sum, depth + 1);
    lua_pop (L, 1);
  }
}

/* The __name of the metatable of the value on top: "module", "run" */
static const char *
metatable_name (lua_State *L)
{
  const char *name = NULL;

  if (!lua_checkstack (L, 4) || !lua_getmetatable (L, -1))
    return NULL;
  lua_pushnil (L);
  while (lua_next (L, -2) != 0) {
    if (lua_type (L, -2) == LUA_TSTRING && lua_type (L, -1) == LUA_TSTRING && strcmp (lua_tostring (L, -2), "__name") == 0)
      name = g_intern_string (lua_tostring (L, -1));
    lua_pop (L, 1);
  }
  lua_pop (L, 1);
  return name;
}

/* Entries of the table on top: all, and those of the list in it; of its field "history" */
static void
count_entries (lua_State *L,
               guint     *n,
               guint     *n_history)
{
  *n = 0;
  *n_history = 0;
  lua_pushnil (L);
  while (lua_next (L, -2) != 0) {
    (*n)++;
    if (lua_type (L, -2) == LUA_TSTRING && lua_type (L, -1) == LUA_TTABLE && strcmp (lua_tostring (L, -2), "history") == 0)
      *n_history = (guint)lua_rawlen (L, -1);
    lua_pop (L, 1);
  }
}

static char *
describe_parameters (const Sum *sum)
{
  g_autofree char *n = group_digits (sum->n_parameters);

  return g_strdup_printf ("%u layer%s, %s parameter%s", sum->n_layers, sum->n_layers == 1 ? "" : "s", n,
                          sum->n_parameters == 1 ? "" : "s");
}

static void
describe_table (lua_State   *L,
                Description *result)
{
  const char *name = metatable_name (L);
  Sum         sum = { .tables = g_hash_table_new (NULL, NULL) };
  guint       n, n_epochs;

  add_value (L, &sum, 0);
  count_entries (L, &n, &n_epochs);
  result->type = name != NULL ? name : "table";
  result->n_bytes = sum.n_bytes;
  if (g_strcmp0 (name, "module") == 0)
    result->summary = describe_parameters (&sum);
  else if (g_strcmp0 (name, "run") == 0)
    result->summary = g_strdup_printf ("%u epoch%s", n_epochs, n_epochs == 1 ? "" : "s");
  else
    result->summary = g_strdup_printf ("%u entr%s", n, n == 1 ? "y" : "ies");
  g_hash_table_unref (sum.tables);
}

static void
describe_string (lua_State   *L,
                 Description *result)
{
  size_t           n;
  const char      *text = lua_tolstring (L, -1, &n);
  g_autofree char *valid = g_utf8_make_valid (text, (gssize)MIN (n, 4 * MAX_STRING));
  gboolean         is_long = g_utf8_strlen (valid, -1) > MAX_STRING;
  g_autofree char *shown = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), MAX_STRING));

  result->type = "string";
  result->summary = g_strdup_printf ("\"%s%s\"", g_strdelimit (shown, "\n\r\t", ' '), is_long ? "…" : "");
  result->n_bytes = n;
}

static void
describe_tensor (TlTensor    *tensor,
                 const char  *type,
                 Description *result)
{
  g_autofree char *shape = tl_shape_to_string (tl_tensor_get_shape (tensor), tl_tensor_get_rank (tensor));

  result->type = type;
  result->summary = g_strdup_printf ("%s %s", tl_dtype_name (tl_tensor_get_dtype (tensor)), shape);
  result->n_bytes = tensor_bytes (tensor);
}

static void
describe_userdata (lua_State   *L,
                   Description *result)
{
  TlTensor       *tensor = tl_lua_test (L, -1, &tl_lua_type_tensor);
  TlVariable     *variable = tl_lua_test (L, -1, &tl_lua_type_variable);
  TlDataset      *dataset = tl_lua_test (L, -1, &tl_lua_type_dataset);
  TlLuaOptimizer *optimizer = tl_lua_test (L, -1, &tl_lua_type_optimizer);
  TlLayer        *layer = tl_lua_test_layer (L, -1);
  TlModel        *model = tl_lua_test_model (L, -1);
  Sum             sum = { 0 };

  if (variable != NULL || tensor != NULL) {
    describe_tensor (variable != NULL ? tl_variable_get_value (variable) : tensor, variable != NULL ? "parameter" : "tensor", result);
  } else if (dataset != NULL) {
    result->type = "data set";
    result->summary = tl_dataset_to_string (dataset);
    result->n_bytes = dataset_bytes (dataset);
  } else if (optimizer != NULL) {
    result->type = "optimizer";
    result->summary = g_strdup (optimizer->klass->name);
  } else if (layer != NULL) {
    add_layer (&sum, layer);
    result->type = "layer";
    result->summary = g_strdup (tl_layer_get_class (layer)->name);
    result->n_bytes = sum.n_bytes;
  } else if (model != NULL) {
    add_model (&sum, model);
    result->type = "model";
    result->summary = describe_parameters (&sum);
    result->n_bytes = sum.n_bytes;
  } else {
    result->type = tl_lua_test (L, -1, &tl_lua_type_loader) != NULL ? tl_lua_type_loader.name : "userdata";
    result->summary = g_strdup ("");
  }
}

/* The value on top of the stack. */
static void
describe (lua_State   *L,
          Description *result)
{
  switch (lua_type (L, -1)) {
  case LUA_TUSERDATA:
    describe_userdata (L, result);
    break;
  case LUA_TTABLE:
    describe_table (L, result);
    break;
  case LUA_TSTRING:
    describe_string (L, result);
    break;
  case LUA_TNUMBER:
    result->type = lua_isinteger (L, -1) ? "integer" : "number";
    result->summary = lua_isinteger (L, -1) ? g_strdup_printf ("%" G_GINT64_FORMAT, (gint64)lua_tointeger (L, -1))
                                            : g_strdup_printf ("%g", lua_tonumber (L, -1));
    break;
  case LUA_TBOOLEAN:
    result->type = "boolean";
    result->summary = g_strdup (lua_toboolean (L, -1) ? "true" : "false");
    break;
  default:
    result->type = luaL_typename (L, -1);
    result->summary = g_strdup ("");
    break;
  }
}

/* Whether a global is what it was before the first cell; key and value are on top of the stack. */
static gboolean
is_builtin (lua_State *L)
{
  gboolean same;

  lua_rawgetp (L, LUA_REGISTRYINDEX, &tl_lua_library);
  lua_pushvalue (L, -3);
  lua_rawget (L, -2);
  same = lua_rawequal (L, -1, -3);
  lua_pop (L, 2);
  return same;
}

void
tl_lua_variable_free (TlLuaVariable *self)
{
  if (self == NULL)
    return;
  g_free (self->name);
  g_free (self->type);
  g_free (self->summary);
  g_free (self);
}

/* "tensor f32 [3, 4]"; values and names of rows speak for themselves. */
char *
tl_lua_variable_to_string (const TlLuaVariable *self)
{
  static const char *const plain[] = { "integer", "number", "boolean", "string", "data set", "layer", NULL };

  if (*self->summary == '\0')
    return g_strdup (self->type);
  return g_strv_contains (plain, self->type) ? g_strdup (self->summary) : g_strdup_printf ("%s %s", self->type, self->summary);
}

/* Publishes the globals that cells made. */
void
tl_lua_publish_globals (TlLua *self)
{
  lua_State *L = self->L;

  if (!lua_checkstack (L, 8))
    return;
  g_mutex_lock (&self->lock);
  g_ptr_array_set_size (self->globals, 0);
  lua_pushglobaltable (L);
  lua_pushnil (L);
  while (self->globals->len < MAX_GLOBALS && lua_next (L, -2) != 0) {
    if (lua_type (L, -2) == LUA_TSTRING && !is_builtin (L)) {
      TlLuaVariable *made = g_new0 (TlLuaVariable, 1);
      Description    found = { 0 };

      describe (L, &found);
      made->name = g_utf8_make_valid (lua_tostring (L, -2), -1);
      made->type = g_strdup (found.type);
      made->summary = found.summary;
      made->n_bytes = found.n_bytes;
      g_ptr_array_add (self->globals, made);
    }
    lua_pop (L, 1);
  }
  g_mutex_unlock (&self->lock);
  lua_settop (L, 0);
}

static int
compare_variables (gconstpointer a,
                   gconstpointer b)
{
  return strcmp ((*(TlLuaVariable *const *)a)->name, (*(TlLuaVariable *const *)b)->name);
}

GPtrArray *
tl_lua_list_variables (TlLua *self)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_lua_variable_free);

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->globals->len; i++) {
    const TlLuaVariable *variable = self->globals->pdata[i];
    TlLuaVariable       *copy = g_new0 (TlLuaVariable, 1);

    *copy = (TlLuaVariable){ g_strdup (variable->name), g_strdup (variable->type), g_strdup (variable->summary), variable->n_bytes };
    g_ptr_array_add (list, copy);
  }
  g_mutex_unlock (&self->lock);
  g_ptr_array_sort (list, compare_variables);
  return list;
}
