/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/memory.h"
#include "core/tensor/variable.h"
#include "lua/lua-private.h"

/* The collector is told of the engine's memory from here on. */
#define MIN_PACE ((gsize)32 << 20)

static int
box_gc (lua_State *L)
{
  gpointer        *slot = lua_touserdata (L, 1);
  const TlLuaType *type = lua_touserdata (L, lua_upvalueindex (1));
  gpointer         object = g_steal_pointer (slot);

  if (object != NULL)
    type->unref (object);
  return 0;
}

static int
box_tostring (lua_State *L)
{
  const TlLuaType *type = lua_touserdata (L, lua_upvalueindex (1));

  lua_pushfstring (L, "%s: %p", type->name, lua_topointer (L, 1));
  return 1;
}

/*
 * Pushes the metatable of @type, to be filled and popped by the caller.
 */
void
tl_lua_new_type (lua_State       *L,
                 const TlLuaType *type)
{
  lua_newtable (L);
  lua_pushlightuserdata (L, (gpointer)type);
  lua_pushcclosure (L, box_gc, 1);
  lua_setfield (L, -2, "__gc");
  lua_pushlightuserdata (L, (gpointer)type);
  lua_pushcclosure (L, box_tostring, 1);
  lua_setfield (L, -2, "__tostring");
  lua_pushstring (L, type->name);
  lua_setfield (L, -2, "__name");
  lua_pushstring (L, type->name);
  lua_setfield (L, -2, "__metatable");
  lua_pushvalue (L, -1);
  lua_rawsetp (L, LUA_REGISTRYINDEX, type);
}

/*
 * Pushes an empty box.  What is put into the slot belongs to the collector.
 */
gpointer *
tl_lua_new_box (lua_State       *L,
                const TlLuaType *type)
{
  gpointer *slot;

  tl_lua_poll (L); /* nearly every function comes by here */
  tl_lua_get (L)->running = L;
  luaL_checkstack (L, 4, NULL);
  slot = lua_newuserdatauv (L, sizeof *slot, 0);
  *slot = NULL;
  lua_rawgetp (L, LUA_REGISTRYINDEX, type);
  lua_setmetatable (L, -2);
  return slot;
}

gpointer
tl_lua_test (lua_State       *L,
             int              index,
             const TlLuaType *type)
{
  gpointer *slot = lua_touserdata (L, index);
  gboolean  is_type;

  if (slot == NULL || lua_islightuserdata (L, index) || !lua_getmetatable (L, index))
    return NULL;
  lua_rawgetp (L, LUA_REGISTRYINDEX, type);
  is_type = lua_rawequal (L, -1, -2);
  lua_pop (L, 2);
  return is_type ? *slot : NULL;
}

int
tl_lua_type_error (lua_State  *L,
                   int         index,
                   const char *wanted)
{
  lua_Debug   called = { 0 };
  const char *name = lua_getstack (L, 0, &called) && lua_getinfo (L, "n", &called) ? called.name : NULL;

  return tl_lua_error (L, TL_ERROR_CODE, "%s%sargument %d: a %s is wanted, not %s%s", name != NULL ? name : "", name != NULL ? ": " : "", index, wanted,
                       lua_type (L, index) == LUA_TNONE || lua_type (L, index) == LUA_TNIL ? "" : "a ",
                       lua_type (L, index) == LUA_TNONE ? "nothing" : luaL_typename (L, index));
}

gpointer
tl_lua_check (lua_State       *L,
              int              index,
              const TlLuaType *type)
{
  gpointer object = tl_lua_test (L, index, type);

  if (object == NULL)
    tl_lua_type_error (L, index, type->name);
  return object;
}

void
tl_lua_set_functions (lua_State           *L,
                      const TlLuaFunction *functions)
{
  for (; functions->name != NULL; functions++) {
    if (functions->func == NULL)
      continue;
    lua_pushcfunction (L, functions->func);
    lua_setfield (L, -2, functions->name);
  }
}

/*
 * Tensors are large and their boxes small, so Lua's collector would let them live far too long.  It is made to work as if its own heap
 * had grown in proportion: one whole cycle for each time the engine's memory grew by what is alive, but at least by MIN_PACE.
 */
void
tl_lua_note_memory (lua_State *L)
{
  TlLua        *self = tl_lua_get (L);
  TlMemoryStats stats;
  gsize         engine, pace;

  tl_memory_get_stats (&stats);
  engine = stats.n_live - MIN (self->n_charged, stats.n_live);
  if (engine <= self->n_seen) {
    self->n_seen = engine;
    return;
  }
  pace = MAX (MIN_PACE, engine / 2);
  if (stats.n_limit != 0)
    pace = MIN (pace, MAX (stats.n_limit / 8, 65536));
  self->n_debt += (gsize)((double)(engine - self->n_seen) / (double)pace * (double)self->n_used) + 1;
  self->n_seen = engine;
  if (self->n_debt < 16384)
    return;
  lua_gc (L, LUA_GCSTEP, (int)MIN (self->n_debt >> 10, 1 << 20));
  self->n_debt = 0;
}

/*
 * Pushes "cell:line: " of the innermost Lua function that the user wrote.
 */
void
tl_lua_where (lua_State *L)
{
  lua_Debug ar;

  for (int level = 1; lua_getstack (L, level, &ar); level++) {
    lua_getinfo (L, "Sl", &ar);
    if (ar.currentline <= 0 || ar.source[0] != '=' || ar.source[1] == '[')
      continue;
    lua_pushfstring (L, "%s:%d: ", ar.source + 1, ar.currentline);
    return;
  }
  lua_pushliteral (L, "");
}

/*
 * Raises @error, which it takes.
 */
int
tl_lua_raise (lua_State *L,
              GError    *error)
{
  TlLua *self = tl_lua_get (L);

  if (error == NULL)
    return luaL_error (L, "an operation failed without a reason");
  g_clear_error (&self->raised);
  self->raised = error;
  tl_lua_where (L);
  lua_pushstring (L, self->raised->message);
  lua_concat (L, 2);
  return lua_error (L);
}

/*
 * Raises @error, which it takes, where the message may already say its place.
 */
int
tl_lua_raise_again (lua_State *L,
                    GError    *error)
{
  TlLua      *self = tl_lua_get (L);
  const char *colon = error != NULL ? strchr (error->message, ':') : NULL;

  if (colon == NULL || !g_ascii_isdigit (colon[1]) || memchr (error->message, ' ', (size_t)(colon - error->message)) != NULL)
    return tl_lua_raise (L, error);
  g_clear_error (&self->raised);
  self->raised = error;
  lua_pushstring (L, error->message);
  return lua_error (L);
}

/* The message is made in Lua's memory first: lua_pushvfstring may raise, g_error_new may not. */
int
tl_lua_error (lua_State  *L,
              int         code,
              const char *format,
              ...)
{
  char    message[512];
  va_list args;

  va_start (args, format);
  g_vsnprintf (message, sizeof message, format, args);
  va_end (args);
  return tl_lua_raise (L, g_error_new_literal (TL_ERROR, code, message));
}

/*
 * Turns the Lua error on top of the stack into @error, and pops it.  An engine error keeps its code.
 *
 * Returns: %FALSE, for callers that return it
 */
gboolean
tl_lua_take_error (lua_State *L,
                   GError   **error)
{
  TlLua      *self = tl_lua_get (L);
  const char *text = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : NULL;
  int         code = TL_ERROR_CODE;

  if (text == NULL)
    text = lua_type (L, -1) == LUA_TNIL ? "an error without a message" : "an error that is not a text";
  if (tl_context_is_cancelled (self->context))
    code = TL_ERROR_CANCELLED;
  else if (self->raised != NULL && self->raised->domain == TL_ERROR && g_str_has_suffix (text, self->raised->message))
    code = self->raised->code;
  else if (strcmp (text, "not enough memory") == 0)
    code = TL_ERROR_MEMORY;
  g_clear_error (&self->raised);
  g_set_error_literal (error, TL_ERROR, code, text);
  lua_pop (L, 1);
  return FALSE;
}
