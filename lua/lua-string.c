/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The functions of Lua's string library that can take long, in versions that can be interrupted.
 */
#include <string.h>

#include "core/base/memory.h"
#include "lua/lua-pattern.h"
#include "lua/lua-private.h"

#define CHUNK ((gsize)8 << 20)

static gsize
start_position (lua_Integer position,
                gsize       n)
{
  if (position > 0)
    return (gsize)position;
  if (position == 0 || position < -(lua_Integer)n)
    return 1;
  return n + (gsize)(position + 1);
}

/* Searches for plain text, in pieces between which interrupts are seen. */
static const char *
find_plain (lua_State  *L,
            const char *text,
            gsize       n_text,
            const char *wanted,
            gsize       n_wanted)
{
  while (n_text >= n_wanted) {
    gsize       n = MIN (n_text, MAX (CHUNK, 2 * n_wanted));
    const char *found = n_wanted == 0 ? text : memmem (text, n, wanted, n_wanted);

    if (found != NULL)
      return found;
    if (n == n_text)
      return NULL;
    text += n - n_wanted + 1;
    n_text -= n - n_wanted + 1;
    tl_lua_poll (L);
  }
  return NULL;
}

static int
find_or_match (lua_State *L,
               gboolean   is_find)
{
  size_t      n_text, n_pattern;
  const char *text = luaL_checklstring (L, 1, &n_text);
  const char *pattern = luaL_checklstring (L, 2, &n_pattern);
  gsize       start = start_position (luaL_optinteger (L, 3, 1), n_text) - 1;
  gboolean    anchored;
  const char *at;
  TlMatcher   matcher;

  if (start > n_text) {
    luaL_pushfail (L);
    return 1;
  }
  at = text + start;
  if (is_find && (lua_toboolean (L, 4) || memchr (pattern, '\0', n_pattern) != NULL
                    ? lua_toboolean (L, 4)
                    : strpbrk (pattern, "^$*+?.([%-") == NULL)) {
    const char *found = find_plain (L, at, n_text - start, pattern, n_pattern);

    if (found == NULL) {
      luaL_pushfail (L);
      return 1;
    }
    lua_pushinteger (L, found - text + 1);
    lua_pushinteger (L, found - text + (lua_Integer)n_pattern);
    return 2;
  }
  anchored = n_pattern > 0 && *pattern == '^';
  pattern += anchored;
  tl_matcher_init (&matcher, L, text, n_text, pattern, n_pattern - anchored);
  do {
    const char *end;

    matcher.n_captures = 0;
    matcher.depth = 0;
    end = tl_matcher_match (&matcher, at, pattern);
    if (end != NULL && is_find) {
      lua_pushinteger (L, at - text + 1);
      lua_pushinteger (L, end - text);
      return tl_matcher_push_captures (&matcher, NULL, NULL) + 2;
    }
    if (end != NULL)
      return tl_matcher_push_captures (&matcher, at, end);
  } while (at++ < matcher.subject_end && !anchored);
  luaL_pushfail (L);
  return 1;
}

static int
string_find (lua_State *L)
{
  return find_or_match (L, TRUE);
}

static int
string_match (lua_State *L)
{
  return find_or_match (L, FALSE);
}

/* What gmatch carries from match to match; the strings are held by the function. */
typedef struct {
  const char *at;
  const char *pattern;
  const char *last_end;
  TlMatcher   matcher;
} Gmatch;

static int
gmatch_next (lua_State *L)
{
  Gmatch *self = lua_touserdata (L, lua_upvalueindex (3));

  self->matcher.L = L;
  for (; self->at <= self->matcher.subject_end; self->at++) {
    const char *end;

    self->matcher.n_captures = 0;
    self->matcher.depth = 0;
    end = tl_matcher_match (&self->matcher, self->at, self->pattern);
    if (end != NULL && end != self->last_end) {
      const char *start = self->at;

      self->at = self->last_end = end;
      return tl_matcher_push_captures (&self->matcher, start, end);
    }
  }
  return 0;
}

static int
string_gmatch (lua_State *L)
{
  size_t      n_text, n_pattern;
  const char *text = luaL_checklstring (L, 1, &n_text);
  const char *pattern = luaL_checklstring (L, 2, &n_pattern);
  gsize       start = start_position (luaL_optinteger (L, 3, 1), n_text) - 1;
  Gmatch     *self;

  lua_settop (L, 2);
  self = lua_newuserdatauv (L, sizeof *self, 0);
  self->at = text + MIN (start, n_text + 1);
  self->pattern = pattern;
  self->last_end = NULL;
  tl_matcher_init (&self->matcher, L, text, n_text, pattern, n_pattern);
  lua_pushcclosure (L, gmatch_next, 3);
  return 1;
}

/* Text with %0 to %9 in it. */
static void
add_template (TlMatcher   *matcher,
              luaL_Buffer *buffer,
              const char  *start,
              const char  *end)
{
  lua_State  *L = matcher->L;
  size_t      n;
  const char *text = lua_tolstring (L, 3, &n);
  const char *stop = text + n, *percent;

  while ((percent = memchr (text, '%', (size_t)(stop - text))) != NULL) {
    char c = percent + 1 < stop ? percent[1] : '\0';

    luaL_addlstring (buffer, text, (size_t)(percent - text));
    if (c == '%') {
      luaL_addchar (buffer, '%');
    } else if (c == '0') {
      luaL_addlstring (buffer, start, (size_t)(end - start));
    } else if (g_ascii_isdigit (c)) {
      tl_matcher_push_capture (matcher, (guint)(c - '1'), start, end);
      luaL_tolstring (L, -1, NULL);
      lua_remove (L, -2);
      luaL_addvalue (buffer);
    } else {
      luaL_error (L, "invalid use of '%%' in replacement string");
    }
    text = percent + 2;
  }
  luaL_addlstring (buffer, text, (size_t)(stop - text));
}

/* Returns: whether the text changed */
static gboolean
add_replacement (TlMatcher   *matcher,
                 luaL_Buffer *buffer,
                 const char  *start,
                 const char  *end,
                 int          type)
{
  lua_State *L = matcher->L;

  if (type == LUA_TFUNCTION) {
    lua_pushvalue (L, 3);
    lua_call (L, tl_matcher_push_captures (matcher, start, end), 1);
  } else if (type == LUA_TTABLE) {
    tl_matcher_push_capture (matcher, 0, start, end);
    lua_gettable (L, 3);
  } else {
    add_template (matcher, buffer, start, end);
    return TRUE;
  }
  if (!lua_toboolean (L, -1)) {
    lua_pop (L, 1);
    luaL_addlstring (buffer, start, (size_t)(end - start));
    return FALSE;
  }
  if (!lua_isstring (L, -1))
    luaL_error (L, "invalid replacement value (a %s)", luaL_typename (L, -1));
  luaL_addvalue (buffer);
  return TRUE;
}

static int
string_gsub (lua_State *L)
{
  size_t      n_text, n_pattern;
  const char *text = luaL_checklstring (L, 1, &n_text);
  const char *pattern = luaL_checklstring (L, 2, &n_pattern);
  const char *at = text, *last_end = NULL;
  int         type = lua_type (L, 3);
  lua_Integer max_n = luaL_optinteger (L, 4, (lua_Integer)n_text + 1), n = 0;
  gboolean    anchored = n_pattern > 0 && *pattern == '^', changed = FALSE;
  TlMatcher   matcher;
  luaL_Buffer buffer;

  luaL_argexpected (L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                    "string/function/table");
  pattern += anchored;
  tl_matcher_init (&matcher, L, text, n_text, pattern, n_pattern - anchored);
  luaL_buffinit (L, &buffer);
  while (n < max_n) {
    const char *end;

    matcher.n_captures = 0;
    matcher.depth = 0;
    end = tl_matcher_match (&matcher, at, pattern);
    if (end != NULL && end != last_end) {
      n++;
      changed = add_replacement (&matcher, &buffer, at, end, type) || changed;
      at = last_end = end;
    } else if (at < matcher.subject_end) {
      luaL_addchar (&buffer, *at++);
    } else {
      break;
    }
    if (anchored)
      break;
  }
  if (changed) {
    luaL_addlstring (&buffer, at, (size_t)(matcher.subject_end - at));
    luaL_pushresult (&buffer);
  } else {
    lua_pushvalue (L, 1);
  }
  lua_pushinteger (L, n);
  return 2;
}

/* Room that dead tensors take is made free before a text is called too long. */
static void
make_room (lua_State *L,
           gsize      n_bytes)
{
  TlMemoryStats stats;

  tl_memory_get_stats (&stats);
  if (stats.n_limit != 0 && stats.n_live + n_bytes > stats.n_limit)
    lua_gc (L, LUA_GCCOLLECT);
}

static int
string_rep (lua_State *L)
{
  size_t      n_text, n_between;
  const char *text = luaL_checklstring (L, 1, &n_text);
  lua_Integer n = luaL_checkinteger (L, 2);
  const char *between = luaL_optlstring (L, 3, "", &n_between);
  gsize       total, unit = n_text + n_between;
  luaL_Buffer buffer;
  char       *to;

  if (n <= 0 || unit == 0) {
    lua_pushliteral (L, "");
    return 1;
  }
  if (unit < n_text || unit > (gsize)G_MAXSSIZE / (gsize)n)
    return luaL_error (L, "resulting string too large");
  total = (gsize)n * unit - n_between;
  make_room (L, total);
  to = luaL_buffinitsize (L, &buffer, total);
  memcpy (to, text, n_text);
  if (n > 1)
    memcpy (to + n_text, between, n_between);
  /* What is there already is doubled; pieces are whole units, so the pattern goes on. */
  for (gsize n_done = MIN (unit, total); n_done < total;) {
    gsize n_piece = MIN (n_done, MAX (CHUNK / unit * unit, unit));

    n_piece = MIN (n_piece, total - n_done);
    memcpy (to + n_done, to, n_piece);
    n_done += n_piece;
    tl_lua_poll (L);
  }
  luaL_pushresultsize (&buffer, total);
  return 1;
}

void
tl_lua_open_strings (lua_State *L)
{
  // clang-format off
  static const TlLuaFunction functions[] = {
    { "find", string_find },
    { "gmatch", string_gmatch },
    { "gsub", string_gsub },
    { "match", string_match },
    { "rep", string_rep },
    { NULL },
  };
  // clang-format on

  lua_getglobal (L, LUA_STRLIBNAME);
  tl_lua_set_functions (L, functions);
  lua_pushnil (L);
  lua_setfield (L, -2, "dump");
  lua_pop (L, 1);
  /* Cells share the metatable of strings: it is no place to put things. */
  lua_pushliteral (L, "");
  lua_getmetatable (L, -1);
  lua_pushliteral (L, "string");
  lua_setfield (L, -2, "__metatable");
  lua_pop (L, 2);
}
