/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What library.lua asks of layers, models and variables to make modules of them.
 */
#include <string.h>

#include "lua/lua-nn-private.h"

static int
internal_kind (lua_State *L)
{
  static const TlLuaType *const kinds[] = { &tl_lua_type_tensor, &tl_lua_type_variable, &tl_lua_type_layer, &tl_lua_type_model,
                                            &tl_lua_type_optimizer, &tl_lua_type_dataset, &tl_lua_type_loader };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (tl_lua_test (L, 1, kinds[i]) != NULL) {
      lua_pushstring (L, kinds[i]->name);
      return 1;
    }
  lua_pushnil (L);
  return 1;
}

/* Whether @path may take the place of @before: the first name that a module gives does, and then only a longer form of it. */
static gboolean
is_better_path (const char *path,
                const char *before,
                gboolean    named)
{
  gsize n = strlen (path), n_before = strlen (before);

  return !named || (n > n_before + 1 && path[n - n_before - 1] == '.' && g_str_has_suffix (path, before));
}

static int
internal_rename (lua_State *L)
{
  const char *path = luaL_checkstring (L, 2);
  TlLuaLayer *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  TlVariable *variable = tl_lua_test (L, 1, &tl_lua_type_variable);

  if (layer != NULL && is_better_path (path, tl_layer_get_path (layer->layer), layer->named)) {
    tl_layer_set_path (layer->layer, path);
    layer->named = TRUE;
  }
  if (variable != NULL && is_better_path (path, tl_variable_get_path (variable),
                                          !g_str_has_prefix (tl_variable_get_path (variable), "parameter")))
    tl_variable_set_path (variable, path);
  return 0;
}

static gboolean
push_variable_cb (TlVariable *variable,
                  gpointer    user_data)
{
  g_ptr_array_add (user_data, tl_variable_ref (variable));
  return TRUE;
}

static void
unref_array (gpointer object)
{
  g_ptr_array_unref (object);
}

static const TlLuaType type_array = { "list", unref_array };

/* variables (layer or model or parameter): a list of all */
static int
internal_variables (lua_State *L)
{
  TlLuaLayer *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  TlModel    *model = tl_lua_test_model (L, 1);
  gpointer   *slot;
  GError     *error = NULL;

  lua_settop (L, 1);
  lua_newtable (L);
  if (layer != NULL) {
    lua_Integer n = 0;

    if (!layer->initialized && !tl_lua_layer_set_up (layer, NULL, 0, &error))
      return tl_lua_raise (L, error);
    for (guint i = 0; i < tl_layer_get_n_variables (layer->layer); i++)
      if (tl_layer_get_variable (layer->layer, i) != NULL) {
        tl_lua_push_variable (L, tl_layer_get_variable (layer->layer, i));
        lua_rawseti (L, 2, ++n);
      }
  } else if (model != NULL) {
    if (!tl_model_is_built (model) && !tl_model_build (model, &error))
      return tl_lua_raise (L, error);
    slot = tl_lua_new_box (L, &type_array);
    *slot = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
    tl_model_foreach_variable (model, push_variable_cb, *slot);
    for (guint i = 0; i < ((GPtrArray *)*slot)->len; i++) {
      tl_lua_push_variable (L, ((GPtrArray *)*slot)->pdata[i]);
      lua_rawseti (L, 2, (lua_Integer)i + 1);
    }
  } else if (tl_lua_test (L, 1, &tl_lua_type_variable) != NULL) {
    lua_pushvalue (L, 1);
    lua_rawseti (L, 2, 1);
  }
  lua_settop (L, 2);
  return 1;
}

static int
internal_set_training (lua_State *L)
{
  TlLuaLayer *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  TlLuaModel *model = tl_lua_test (L, 1, &tl_lua_type_model);

  if (layer != NULL)
    layer->training = lua_toboolean (L, 2);
  if (model != NULL)
    model->training = lua_toboolean (L, 2);
  return 0;
}

static int
internal_kind_of_variable (lua_State *L)
{
  static const char *const names[] = { "parameter", "buffer", "state", "counter" };

  lua_pushstring (L, names[tl_variable_get_kind (tl_lua_check (L, 1, &tl_lua_type_variable))]);
  return 1;
}

static int
internal_fail (lua_State *L)
{
  return tl_lua_error (L, (int)luaL_checkinteger (L, 1), "%s", luaL_checkstring (L, 2));
}

/* no_option (name): fit has no such option */
static int
internal_no_option (lua_State *L)
{
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_getfield (L, -1, "fit_options");
  return tl_lua_no_name (L, -1, NULL, "fit", "fit", luaL_checkstring (L, 1));
}

/*
 * Stores the value on top of the stack among what the library sees, and pops it.
 */
void
tl_lua_set_internal (lua_State  *L,
                     const char *name)
{
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_insert (L, -2);
  lua_setfield (L, -2, name);
  lua_pop (L, 1);
}

/*
 * The variables of a model, layer, module or list at @index, in memory of Lua's that stays on the stack.
 */
TlVariable **
tl_lua_take_variables (lua_State *L,
                       int        index,
                       gboolean   only_trained,
                       guint     *n_variables)
{
  TlVariable **variables;
  lua_Unsigned n;
  guint        kept = 0;

  index = lua_absindex (L, index);
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_getfield (L, -1, "collect");
  lua_remove (L, -2);
  lua_pushvalue (L, index);
  lua_call (L, 1, 1);
  n = lua_rawlen (L, -1);
  variables = lua_newuserdatauv (L, (n + 1) * sizeof *variables, 0);
  for (lua_Unsigned i = 1; i <= n; i++) {
    TlVariable *variable;

    lua_rawgeti (L, -2, (lua_Integer)i);
    variable = tl_lua_check (L, -1, &tl_lua_type_variable);
    lua_pop (L, 1);
    if (!only_trained || tl_variable_get_trainable (variable))
      variables[kept++] = variable;
  }
  *n_variables = kept;
  return variables;
}

// clang-format off
const TlLuaFunction tl_lua_module_methods[] = {
  { "forward", NULL, "model:forward (x, ...)", "Applies it; the same as model (x, ...)." },
  { "parameters", NULL, "model:parameters ()", "The list of its trained variables." },
  { "state", NULL, "model:state ()", "All its variables by path." },
  { "train", NULL, "model:train ()", "Layers behave as in training." },
  { "eval", NULL, "model:eval ()", "Layers behave as in use." },
  { "zero_grad", NULL, "model:zero_grad ()", "Forgets all gradients." },
  { NULL },
};
// clang-format on

/* module (...): through C, so that the caller's frame stays and errors know its line. */
static int
internal_module_call (lua_State *L)
{
  int n = lua_gettop (L);

  lua_getfield (L, 1, "forward");
  lua_insert (L, 1);
  lua_call (L, n, LUA_MULTRET);
  return lua_gettop (L);
}

void
tl_lua_open_module (lua_State *L)
{
  // clang-format off
  static const luaL_Reg internals[] = {
    { "kind", internal_kind },
    { "rename", internal_rename },
    { "variables", internal_variables },
    { "set_training", internal_set_training },
    { "variable_kind", internal_kind_of_variable },
    { "clear_grad", tl_lua_parameter_zero_grad },
    { "fail", internal_fail },
    { "no_option", internal_no_option },
    { "module_call", internal_module_call },
    { NULL },
  };
  // clang-format on

  for (const luaL_Reg *reg = internals; reg->name != NULL; reg++) {
    lua_pushcfunction (L, reg->func);
    tl_lua_set_internal (L, reg->name);
  }
  tl_lua_new_type (L, &type_array);
  lua_pop (L, 1);
}
