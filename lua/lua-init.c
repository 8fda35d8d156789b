/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nn.init: the initialisers, for parameters that stand already and for tensors.
 */
#include "core/nn/initializer.h"
#include "lua/lua-private.h"

// clang-format off
const TlLuaFunction tl_lua_init_functions[] = {
#define TL_INITIALIZER(name, kind, function, number, what, source) { #name, NULL, "nn.init." #name " (parameter, number)", what },
  TL_INITIALIZERS (TL_INITIALIZER)
#undef TL_INITIALIZER
  { NULL },
};
// clang-format on

static gboolean
initialize (TlVariable   *parameter,
            TlTensor     *like,
            const TlInit *init,
            guint64       seed,
            gpointer     *slot,
            GError      **error)
{
  const TlMeta          *meta = parameter == NULL ? tl_tensor_get_meta (like) : NULL;
  g_autoptr (TlTensor)   value = NULL;
  g_autoptr (TlVariable) made = NULL;

  if (parameter != NULL)
    return tl_initialize (parameter, init, seed, error);
  value = tl_tensor_new (meta->dtype, meta->rank, meta->shape, error);
  made = value != NULL ? tl_variable_new ("init", TL_VARIABLE_BUFFER, value, error) : NULL;
  if (made == NULL || !tl_initialize (made, init, seed, error))
    return FALSE;
  *slot = tl_tensor_ref (tl_variable_get_value (made));
  return TRUE;
}

/* nn.init.NAME (parameter, number) gives the parameter its values; of a tensor, which is a value, it gives another of its shape. */
static int
init_call (lua_State *L)
{
  TlLua      *lua = tl_lua_get (L);
  TlInit      init = { lua_touserdata (L, lua_upvalueindex (1)) };
  TlVariable *parameter = tl_lua_test (L, 1, &tl_lua_type_variable);
  TlTensor   *like = parameter == NULL ? tl_lua_check_tensor (L, 1) : NULL;
  guint64     seed = tl_context_get_seed (lua->context) + ++lua->n_layers * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  GError     *error = NULL;
  gpointer   *slot = NULL;

  if (!lua_isnoneornil (L, 2) && lua_type (L, 2) != LUA_TNUMBER)
    return tl_lua_error (L, TL_ERROR_VALUE, "%s: a number is wanted behind the parameter, not a %s: nn.init.%s (parameter, number)", init.row->name,
                         luaL_typename (L, 2), init.row->name);
  init.a = luaL_optnumber (L, 2, init.row->default_a);
  if (tl_trace_is_active (lua->context))
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "init.%s: parameters get their first values before a step is traced", init.row->name);
  if (parameter != NULL)
    lua_pushvalue (L, 1);
  else
    slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (!initialize (parameter, like, &init, seed, slot, &error))
    return tl_lua_raise (L, error);
  return 1;
}

/* Adds the table init to that on top of the stack. */
void
tl_lua_open_init (lua_State *L)
{
  lua_newtable (L);
  for (guint i = 0; i < tl_initializer_get_n_rows (); i++) {
    lua_pushlightuserdata (L, (gpointer)tl_initializer_get_row (i));
    lua_pushcclosure (L, init_call, 1);
    lua_setfield (L, -2, tl_initializer_get_row (i)->name);
  }
  tl_lua_guard_module (L, "nn.init");
  lua_setfield (L, -2, "init");
}
