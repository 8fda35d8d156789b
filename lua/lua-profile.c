/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tl.profile (f, ...): where the time of what a function computes goes.
 */
#include "core/graph/profile.h"
#include "lua/lua-private.h"

#define MAX_LINES 20

static void
profile_free (gpointer object)
{
  tl_profile_free (object);
}

static const TlLuaType profile_type = { "profile", profile_free };

static void
push_row (lua_State          *L,
          const TlProfileRow *row)
{
  lua_createtable (L, 0, 7);
  lua_pushstring (L, row->op);
  lua_setfield (L, -2, "op");
  lua_pushstring (L, row->source.cell);
  lua_setfield (L, -2, "cell");
  lua_pushstring (L, row->source.node);
  lua_setfield (L, -2, "node");
  lua_pushinteger (L, row->source.line);
  lua_setfield (L, -2, "line");
  lua_pushinteger (L, (lua_Integer)row->n_calls);
  lua_setfield (L, -2, "calls");
  lua_pushnumber (L, row->seconds);
  lua_setfield (L, -2, "seconds");
  lua_pushnumber (L, row->flops);
  lua_setfield (L, -2, "flops");
  lua_pushnumber (L, row->bytes);
  lua_setfield (L, -2, "bytes");
}

/* tl.profile (f, ...): a table as text, and its rows */
int
tl_lua_profile (lua_State *L)
{
  TlContext *context = tl_lua_get (L)->context;
  TlProfile *profile, *before;
  gpointer  *slot;
  char      *text;
  int        status;

  luaL_checkany (L, 1);
  slot = tl_lua_new_box (L, &profile_type);
  lua_insert (L, 1);
  *slot = profile = tl_profile_new ();
  before = tl_context_set_profile (context, profile);
  status = lua_pcall (L, lua_gettop (L) - 2, 0, 0);
  tl_context_set_profile (context, before);
  if (status != LUA_OK)
    return lua_error (L);
  text = tl_profile_to_string (profile, MAX_LINES);
  lua_pushstring (L, text);
  g_free (text);
  lua_createtable (L, (int)MIN (tl_profile_get_n_rows (profile), G_MAXINT32), 0);
  for (guint i = 0; i < tl_profile_get_n_rows (profile); i++) {
    push_row (L, tl_profile_get_row (profile, i));
    lua_rawseti (L, -2, (lua_Integer)i + 1);
  }
  return 2;
}
