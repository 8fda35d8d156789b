/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What cells have of Lua's own libraries, and what takes the place of the rest.
 *
 * Kept: base, table, string, math, utf8, coroutine, and of os the clock and the calendar.  Missing: everything that reaches files,
 * programs, native code or bytecode.  Replaced: C functions that could run for ages without seeing an interrupt.
 */
#include <string.h>

#include "core/graph/names.h"
#include "lua/lua-private.h"

#define STEPS_PER_POLL 1024

static void
print_top (lua_State  *L,
           TlLuaStream stream)
{
  TlLua      *self = tl_lua_get (L);
  size_t      n;
  const char *text = lua_tolstring (L, -1, &n);

  tl_lua_poll (L);
  if (self->host.print != NULL)
    self->host.print (self->host_data, text, n, stream);
}

static int
base_print (lua_State *L)
{
  int         n = lua_gettop (L);
  luaL_Buffer buffer;

  luaL_buffinit (L, &buffer);
  for (int i = 1; i <= n; i++) {
    if (i > 1)
      luaL_addchar (&buffer, '\t');
    luaL_tolstring (L, i, NULL);
    luaL_addvalue (&buffer);
  }
  luaL_addchar (&buffer, '\n');
  luaL_pushresult (&buffer);
  print_top (L, TL_LUA_STREAM_OUT);
  return 0;
}

/* show (...): upvalue 1 is the library's function that turns values into text. */
static int
base_show (lua_State *L)
{
  int n = lua_gettop (L);

  lua_getfield (L, LUA_REGISTRYINDEX, "trellis.text");
  lua_insert (L, 1);
  lua_call (L, n, 1);
  lua_pushliteral (L, "\n");
  lua_concat (L, 2);
  print_top (L, TL_LUA_STREAM_VALUE);
  return 0;
}

/* load (text or function, name, mode, environment): text only, never bytecode. */
static int
base_load (lua_State *L)
{
  lua_settop (L, 4);
  if (lua_isnil (L, 2) && lua_type (L, 1) == LUA_TSTRING) {
    lua_pushliteral (L, "=load");
    lua_replace (L, 2);
  }
  lua_pushliteral (L, "t");
  lua_replace (L, 3);
  lua_pushvalue (L, lua_upvalueindex (1));
  lua_insert (L, 1);
  if (lua_isnil (L, 5))
    lua_settop (L, 4); /* an environment that is given as nil would be one */
  lua_call (L, lua_gettop (L) - 1, LUA_MULTRET);
  return lua_gettop (L);
}

/* Finalizers run where no hook sees an interrupt. */
static int
base_setmetatable (lua_State *L)
{
  if (lua_type (L, 2) == LUA_TTABLE) {
    lua_pushliteral (L, "__gc");
    lua_rawget (L, 2);
    if (!lua_isnil (L, -1))
      return luaL_error (L, "finalizers (__gc) are not available in cells; use __close");
    lua_pop (L, 1);
  }
  lua_pushvalue (L, lua_upvalueindex (1));
  lua_insert (L, 1);
  lua_call (L, lua_gettop (L) - 1, 1);
  return 1;
}

static int
base_collectgarbage (lua_State *L)
{
  static const char *const names[] = { "collect", "count", "step", NULL };

  tl_lua_poll (L);
  switch (luaL_checkoption (L, 1, "collect", names)) {
  case 1:
    lua_pushnumber (L, lua_gc (L, LUA_GCCOUNT) + lua_gc (L, LUA_GCCOUNTB) / 1024.0);
    return 1;
  default:
    lua_gc (L, LUA_GCCOLLECT);
    lua_pushinteger (L, 0);
    return 1;
  }
}

/* An order that sees interrupts: what table.sort uses where none is given. */
static int
polled_less (lua_State *L)
{
  TlLua *self = tl_lua_get (L);

  if (++self->n_steps % STEPS_PER_POLL == 0)
    tl_lua_poll (L);
  lua_pushboolean (L, lua_compare (L, 1, 2, LUA_OPLT));
  return 1;
}

static int
table_sort (lua_State *L)
{
  luaL_checktype (L, 1, LUA_TTABLE);
  lua_settop (L, 2);
  if (lua_isnil (L, 2) && lua_rawlen (L, 1) > 10000) {
    lua_pushcfunction (L, polled_less);
    lua_replace (L, 2);
  }
  lua_pushvalue (L, lua_upvalueindex (1));
  lua_insert (L, 1);
  lua_call (L, 2, 0);
  return 0;
}

static int
table_move (lua_State *L)
{
  lua_Integer from = luaL_checkinteger (L, 2), end = luaL_checkinteger (L, 3), to = luaL_checkinteger (L, 4);
  int         target = lua_isnoneornil (L, 5) ? 1 : 5;
  gboolean    forward;

  luaL_checktype (L, 1, LUA_TTABLE);
  luaL_checktype (L, target, LUA_TTABLE);
  if (end >= from) {
    luaL_argcheck (L, from > 0 || end < LUA_MAXINTEGER + from, 3, "too many elements to move");
    luaL_argcheck (L, to <= LUA_MAXINTEGER - (end - from), 4, "destination wrap around");
    forward = to > end || to <= from || (target != 1 && !lua_compare (L, 1, target, LUA_OPEQ));
    for (lua_Integer i = 0; i <= end - from; i++) {
      lua_Integer offset = forward ? i : end - from - i;

      lua_geti (L, 1, from + offset);
      lua_seti (L, target, to + offset);
      if (i % STEPS_PER_POLL == STEPS_PER_POLL - 1)
        tl_lua_poll (L);
    }
  }
  lua_pushvalue (L, target);
  return 1;
}

static void
unref_model (gpointer object)
{
  tl_model_unref (object);
}

static const TlLuaType type_found = { "found model", unref_model };

/* What others call a module of ours is an error rather than nil: it is not asked whether there is a torch. */
static int
other_global (lua_State  *L,
              const char *name)
{
  for (guint i = 0; i < tl_other_name_get_n_rows (); i++) {
    const TlOtherName *row = tl_other_name_get_row (i);

    if (strcmp (row->module, "globals") == 0 && tl_name_is_among (name, row->others))
      return tl_lua_error (L, TL_ERROR_NAME, "there is no %s; here it is %s, %s", name, row->name, row->how);
  }
  return 0;
}

/* A global that is not set is asked from the host: graph cells are models by their names. */
static int
global_index (lua_State *L)
{
  TlLua      *self = tl_lua_get (L);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : NULL;
  GError     *error = NULL;
  gpointer   *slot;

  if (name == NULL)
    return 0;
  if (self->host.find_model == NULL)
    return other_global (L, name);
  slot = tl_lua_new_box (L, &type_found);
  *slot = self->host.find_model (self->host_data, name, &error);
  if (error != NULL)
    return tl_lua_raise (L, error);
  if (*slot == NULL)
    return other_global (L, name);
  /* The handle of the cell's model stays the same as long as the model does: it carries the mode. */
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.models");
  lua_getfield (L, -1, name);
  if (tl_lua_test_model (L, -1) == *slot)
    return 1;
  lua_pop (L, 1);
  tl_lua_push_model (L, *slot);
  lua_pushvalue (L, -1);
  lua_setfield (L, -3, name);
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_base_functions[] = {
  { "print", base_print, "print (...)", "Prints values." },
  { "show", base_show, "show (...)", "Shows values as the end of a cell does." },
  { "help", tl_lua_help, "help (name)", "Prints what there is to know about a function, layer, optimizer or data set, or what a module such as nn has; without a name, everything there is." },
  { "rawget", NULL, "rawget (table, name)", "What a table has under a name, or nil: whether nn, tl, optim or data know it, where asking for a name that is not there is an error." },
  { "collectgarbage", base_collectgarbage, "collectgarbage (\"collect\" | \"count\")", "Frees what is no longer used, or tells Lua's size in KiB." },
  { "fit", NULL, "fit { model, data = train, validate = test, epochs = 3, ... }", "Trains a model." },
  { NULL },
};
// clang-format on

static void
wrap_global (lua_State    *L,
             const char   *table,
             const char   *name,
             lua_CFunction func)
{
  if (table != NULL)
    lua_getglobal (L, table);
  else
    lua_pushglobaltable (L);
  lua_getfield (L, -1, name);
  lua_pushcclosure (L, func, 1);
  lua_setfield (L, -2, name);
  lua_pop (L, 1);
}

static void
open_os (lua_State *L)
{
  static const char *const kept[] = { "clock", "date", "difftime", "time", NULL };

  luaL_requiref (L, LUA_OSLIBNAME, luaopen_os, 0);
  lua_newtable (L);
  for (guint i = 0; kept[i] != NULL; i++) {
    lua_getfield (L, -2, kept[i]);
    lua_setfield (L, -2, kept[i]);
  }
  lua_setglobal (L, LUA_OSLIBNAME);
  lua_pop (L, 1);
}

void
tl_lua_open_sandbox (lua_State *L)
{
  static const luaL_Reg libraries[] = {
    { LUA_GNAME, luaopen_base },
    { LUA_TABLIBNAME, luaopen_table },
    { LUA_STRLIBNAME, luaopen_string },
    { LUA_MATHLIBNAME, luaopen_math },
    { LUA_UTF8LIBNAME, luaopen_utf8 },
    { LUA_COLIBNAME, luaopen_coroutine },
    { NULL },
  };
  static const char *const gone[] = { "dofile", "loadfile", "require", "warn", NULL };

  for (guint i = 0; libraries[i].name != NULL; i++) {
    luaL_requiref (L, libraries[i].name, libraries[i].func, 1);
    lua_pop (L, 1);
  }
  open_os (L);
  for (guint i = 0; gone[i] != NULL; i++) {
    lua_pushnil (L);
    lua_setglobal (L, gone[i]);
  }
  wrap_global (L, NULL, "load", base_load);
  wrap_global (L, NULL, "setmetatable", base_setmetatable);
  wrap_global (L, LUA_TABLIBNAME, "sort", table_sort);
  wrap_global (L, LUA_TABLIBNAME, "move", table_move);
  /* luaL_requiref() keeps modules where require() would look; nobody does. */
  lua_pushnil (L);
  lua_setfield (L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);

  tl_lua_new_type (L, &type_found);
  lua_pop (L, 1);
  lua_pushglobaltable (L);
  tl_lua_set_functions (L, tl_lua_base_functions);
  lua_newtable (L);
  lua_pushcfunction (L, global_index);
  lua_setfield (L, -2, "__index");
  lua_pushliteral (L, "globals");
  lua_setfield (L, -2, "__metatable");
  lua_setmetatable (L, -2);
  lua_pop (L, 1);
}
