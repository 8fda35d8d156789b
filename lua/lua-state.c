/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/lua-state.h"

#include <stdlib.h>
#include <string.h>

#include "core/base/memory.h"
#include "lua/lua-private.h"
#include "lua/syntax/chunk.h"

/* Lua's heap is charged to the common limit in steps of this size. */
#define CHARGE_STEP ((gsize)256 << 10)
#define MAX_TRACEBACK 20

static gboolean
charge (TlLua *self,
        gsize  n_used)
{
  gsize wanted;

  if (n_used > self->n_charged) {
    wanted = n_used - self->n_charged;
    if (tl_memory_charge ((gssize)(wanted + CHARGE_STEP)))
      self->n_charged += wanted + CHARGE_STEP;
    else if (tl_memory_charge ((gssize)wanted))
      self->n_charged += wanted;
    else
      return FALSE;
  } else if (self->n_charged - n_used > 4 * CHARGE_STEP) {
    wanted = self->n_charged - n_used - CHARGE_STEP;
    tl_memory_charge (-(gssize)wanted);
    self->n_charged -= wanted;
  }
  self->n_used = n_used;
  return TRUE;
}

/*
 * Lua collects everything before it gives up, which takes long when there is much.  What that frees must be worth it: otherwise a cell near
 * the limit would collect again for every few bytes.
 */
static gboolean
is_full (TlLua *self)
{
  TlMemoryStats stats;

  if (self->full_at == 0)
    return FALSE;
  tl_memory_get_stats (&stats);
  if (stats.n_live > self->full_at / 16 * 15)
    return TRUE;
  self->full_at = 0;
  return FALSE;
}

static void *
note_full (TlLua *self)
{
  TlMemoryStats stats;

  tl_memory_get_stats (&stats);
  self->full_at = MAX (stats.n_live, 1);
  return NULL;
}

static void *
lua_alloc (void  *user_data,
           void  *block,
           size_t old_size,
           size_t new_size)
{
  TlLua   *self = user_data;
  gsize    n_old = block != NULL ? old_size : 0;
  gpointer moved;

  if (new_size == 0) {
    free (block);
    charge (self, self->n_used - n_old);
    return NULL;
  }
  if (new_size > n_old && is_full (self))
    return NULL;
  if (!charge (self, self->n_used - n_old + new_size))
    return note_full (self);
  moved = realloc (block, new_size);
  if (moved != NULL)
    return moved;
  charge (self, self->n_used + n_old - new_size);
  return note_full (self);
}

/* The engine has no memory left: handles that nobody can reach may hold a lot of it. */
static void
reclaim_cb (gpointer user_data)
{
  TlLua *self = user_data;

  lua_gc (self->L, LUA_GCCOLLECT);
}

TlLua *
tl_lua_get (lua_State *L)
{
  return *(TlLua **)lua_getextraspace (L);
}

static int
raise_interrupted (lua_State *L)
{
  tl_lua_where (L);
  lua_pushliteral (L, "interrupted");
  lua_concat (L, 2);
  return lua_error (L);
}

/*
 * Looks whether the cell shall stop.  A pcall in the cell catches the error, so from the first one on the hook comes at every
 * instruction: whoever catches it meets the next.
 */
static void
hook_cb (lua_State *L,
         lua_Debug *ar)
{
  TlLua *self = tl_lua_get (L);

  if (G_UNLIKELY (tl_context_is_cancelled (self->context))) {
    lua_sethook (L, hook_cb, LUA_MASKCOUNT, 1);
    if (L != self->L)
      lua_sethook (self->L, hook_cb, LUA_MASKCOUNT, 1);
    raise_interrupted (L);
  }
  if (G_UNLIKELY (self->stress))
    lua_gc (L, LUA_GCCOLLECT);
  else if (lua_gethookcount (L) != TL_LUA_HOOK_COUNT)
    lua_sethook (L, hook_cb, LUA_MASKCOUNT, TL_LUA_HOOK_COUNT);
}

/*
 * To be called by C code that runs long: raises when the cell shall stop.
 */
void
tl_lua_poll (lua_State *L)
{
  TlLua *self = tl_lua_get (L);

  if (!tl_context_is_cancelled (self->context))
    return;
  lua_sethook (L, hook_cb, LUA_MASKCOUNT, 1);
  raise_interrupted (L);
}

static int
open_all (lua_State *L)
{
  tl_lua_open_sandbox (L);
  tl_lua_open_strings (L);
  tl_lua_open_tensor (L);
  tl_lua_open_nn (L);
  tl_lua_open_optim (L);
  tl_lua_open_metric (L);
  tl_lua_open_data (L);
  tl_lua_open_fit (L);
  if (luaL_loadbufferx (L, tl_lua_library, tl_lua_library_n_bytes, "=[trellis]", "t") != LUA_OK)
    return lua_error (L);
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_call (L, 1, 1);
  lua_setfield (L, LUA_REGISTRYINDEX, "trellis.text");
  lua_newtable (L); /* what was there before the first cell */
  lua_pushglobaltable (L);
  lua_pushnil (L);
  while (lua_next (L, -2) != 0) {
    lua_pushvalue (L, -2);
    lua_insert (L, -2);
    lua_rawset (L, -5);
  }
  lua_pop (L, 1);
  lua_rawsetp (L, LUA_REGISTRYINDEX, &tl_lua_library);
  return 0;
}

/**
 * tl_lua_new:
 * @host: (nullable): what cells need from the program; copied, but what it points to must live as long as the state
 * @user_data: for the functions of @host
 *
 * Makes a state for the cells of one document.  It works with the context of this thread, and collects when the engine runs out of
 * memory on this thread.
 *
 * Returns: (transfer full) (nullable): the state, or %NULL if there is no memory for it
 */
TlLua *
tl_lua_new (const TlLuaHost *host,
            gpointer         user_data)
{
  TlLua *self = g_new0 (TlLua, 1);

  if (host != NULL)
    self->host = *host;
  self->host_data = user_data;
  self->context = tl_context_get ();
  self->refs = tl_lua_refs_new ();
  g_mutex_init (&self->lock);
  self->globals = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_lua_variable_free);
  self->L = lua_newstate (lua_alloc, self);
  if (self->L == NULL) {
    tl_lua_free (self);
    return NULL;
  }
  *(TlLua **)lua_getextraspace (self->L) = self;
  lua_pushcfunction (self->L, open_all);
  if (lua_pcall (self->L, 0, 0, 0) != LUA_OK) {
    g_warning ("Lua cannot start: %s", lua_tostring (self->L, -1));
    tl_lua_free (self);
    return NULL;
  }
  lua_sethook (self->L, hook_cb, LUA_MASKCOUNT, TL_LUA_HOOK_COUNT);
  tl_memory_set_reclaim (reclaim_cb, self);
  return self;
}

/**
 * tl_lua_free:
 * @self: (nullable) (transfer full): a state
 */
void
tl_lua_free (TlLua *self)
{
  if (self == NULL)
    return;
  if (self->L != NULL) {
    tl_memory_set_reclaim (NULL, NULL);
    lua_close (self->L);
  }
  tl_memory_charge (-(gssize)self->n_charged);
  g_clear_error (&self->raised);
  tl_lua_refs_unref (self->refs);
  g_clear_pointer (&self->globals, g_ptr_array_unref);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* The message with what led to it, in the places a user can open: lines of cells. */
static int
traceback_cb (lua_State *L)
{
  lua_Debug   ar;
  guint       n = 0;
  const char *text = lua_type (L, 1) == LUA_TSTRING ? lua_tostring (L, 1) : NULL;
  const char *rest = text != NULL && g_str_has_prefix (text, "[trellis]:") ? strstr (text, ": ") : NULL;

  if (rest != NULL) { /* a place in the library: the cell's line says more */
    tl_lua_where (L);
    lua_pushstring (L, rest + 2);
    lua_concat (L, 2);
  } else if (text == NULL && lua_type (L, 1) != LUA_TNIL) {
    luaL_tolstring (L, 1, NULL);
  } else {
    lua_pushvalue (L, 1);
  }
  lua_newtable (L);
  lua_pushvalue (L, -2);
  lua_setfield (L, -2, "message");
  for (int level = 0; n < MAX_TRACEBACK && lua_getstack (L, level, &ar); level++) {
    lua_getinfo (L, "Sln", &ar);
    if (ar.currentline <= 0 || ar.source[0] != '=' || ar.source[1] == '[')
      continue;
    lua_pushfstring (L, "%s:%d: in %s", ar.source + 1, ar.currentline,
                     ar.name != NULL ? ar.name : strcmp (ar.what, "main") == 0 ? "the cell"
                                                                               : "a function");
    lua_rawseti (L, -2, ++n);
  }
  return 1;
}

/* "cell:line: ..." */
static void
find_place (const char  *message,
            TlLuaResult *result)
{
  const char *colon = strchr (message, ':');
  char       *end;
  guint64     line;

  if (colon == NULL || memchr (message, ' ', (size_t)(colon - message)) != NULL)
    return;
  line = g_ascii_strtoull (colon + 1, &end, 10);
  if (end == colon + 1 || *end != ':' || line == 0 || line > G_MAXINT)
    return;
  result->error_cell = g_strndup (message, (gsize)(colon - message));
  result->error_line = (guint)line;
}

/* What may be an expression at the end of a cell: where "return" is tried. */
typedef struct {
  const char *cell;
  const char *text;
  gsize       tries[2];
  guint       n_tries;
  guint       line; /* of the last one */
} RunArgs;

/* A call that ends the text, and what stands behind the last statement that could be read. */
static void
find_last_expression (RunArgs *args)
{
  g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (args->text, -1);
  gsize                  n, n_text = strlen (args->text);
  const TlLuaStatement  *statements = tl_lua_chunk_get_statements (chunk, &n);
  const TlLuaStatement  *last = n > 0 ? &statements[n - 1] : NULL;
  gboolean               failed = tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL) != NULL;

  args->line = 1;
  if (last != NULL && (failed || last->kind == TL_LUA_STATEMENT_CALL) && last->start <= n_text)
    args->tries[args->n_tries++] = last->start;
  if (failed)
    args->tries[args->n_tries++] = last != NULL ? MIN (last->end, n_text) : 0;
  for (gsize i = 0; last != NULL && i < last->start && i < n_text; i++)
    args->line += args->text[i] == '\n';
}

static int
give_all (lua_State *L)
{
  return lua_gettop (L);
}

/*
 * What stands around the expression that may end a cell; lines stay as they are.  If possible the values go through a function, the
 * chunk's only argument, so that a call at the end is no tail call and its line is still known when it fails.  Lua counts an index
 * to the line of what follows it, so the bracket goes on a line of its own only behind a comment.
 */
static const char *const frames[][2] = { { " return (...)(", ")" }, { " return (...)(", "\n)" }, { " return ", "" } };

/* Loads the text, the expression that begins at @start in a frame. */
static gboolean
load_framed (lua_State     *L,
             const RunArgs *args,
             gsize          start,
             guint          frame,
             const char    *name)
{
  gsize n = strlen (args->text);

  while (n > start && g_ascii_isspace (args->text[n - 1]))
    n--;
  lua_settop (L, 2);
  lua_pushlstring (L, args->text, start);
  lua_pushstring (L, frames[frame][0]);
  lua_pushlstring (L, args->text + start, n - start);
  lua_pushstring (L, frames[frame][1]);
  lua_concat (L, 4);
  return luaL_loadbufferx (L, lua_tostring (L, -1), lua_rawlen (L, -1), name, "t") == LUA_OK;
}

static gboolean
load_plain (lua_State     *L,
            const RunArgs *args,
            const char    *name)
{
  lua_settop (L, 2);
  lua_pushstring (L, args->text);
  return luaL_loadbufferx (L, lua_tostring (L, -1), lua_rawlen (L, -1), name, "t") == LUA_OK;
}

/* Pushes the text of the values from @first on. */
static void
push_values (lua_State *L,
             int        first)
{
  lua_getfield (L, LUA_REGISTRYINDEX, "trellis.text");
  lua_insert (L, first);
  lua_call (L, lua_gettop (L) - first, 1);
}

/* Runs protected, with everything on Lua's stack. */
static int
run_protected (lua_State *L)
{
  RunArgs    *args = lua_touserdata (L, 1);
  const char *name = lua_pushfstring (L, "=%s", args->cell);
  gboolean    loaded = FALSE;

  for (guint i = 0; i < args->n_tries && !loaded; i++)
    for (guint frame = 0; frame < G_N_ELEMENTS (frames) && !loaded; frame++)
      loaded = load_framed (L, args, args->tries[i], frame, name);
  if (!loaded && !load_plain (L, args, name))
    return lua_error (L);
  lua_replace (L, 1);
  lua_settop (L, 1);
  lua_pushcfunction (L, give_all);
  lua_call (L, 1, LUA_MULTRET);
  if (lua_gettop (L) == 0)
    return 0;
  push_values (L, 1);
  return 1;
}

static void
take_result (TlLua       *self,
             int          status,
             TlLuaResult *result,
             GError     **error)
{
  lua_State *L = self->L;
  GString   *lines;

  if (status == LUA_OK) {
    if (result != NULL && lua_type (L, -1) == LUA_TSTRING)
      result->value = g_strdup (lua_tostring (L, -1));
    return;
  }
  if (lua_type (L, -1) != LUA_TTABLE) { /* no memory for the handler, or an error in it */
    tl_lua_take_error (L, error);
    return;
  }
  lines = g_string_new (NULL);
  for (lua_Integer i = 1; lua_rawgeti (L, -1, i) == LUA_TSTRING; i++) {
    g_string_append (lines, lua_tostring (L, -1));
    g_string_append_c (lines, '\n');
    lua_pop (L, 1);
  }
  lua_pop (L, 1);
  lua_pushliteral (L, "message"); /* short and held by the library: nothing is allocated */
  lua_rawget (L, -2);
  if (result != NULL && lua_type (L, -1) == LUA_TSTRING) {
    find_place (lua_tostring (L, -1), result);
    if (result->error_cell == NULL && lines->len > 0)
      find_place (lines->str, result);
    result->traceback = g_strdup (lines->str);
  }
  g_string_free (lines, TRUE);
  tl_lua_take_error (L, error);
}

/**
 * tl_lua_run_cell:
 * @self: a state
 * @cell: id of the cell, for errors
 * @text: its Lua text, UTF-8
 * @result: (nullable) (out): what came of it, to be cleared in any case
 * @error: return location for an error
 *
 * Runs a cell.  Its globals stay for the next; so do those of a cell that failed, up to the error.
 *
 * Errors: %TL_ERROR_CODE for errors of Lua, %TL_ERROR_CANCELLED, %TL_ERROR_MEMORY, and whatever the engine said
 *
 * Returns: whether it ran to its end
 */
gboolean
tl_lua_run_cell (TlLua       *self,
                 const char  *cell,
                 const char  *text,
                 TlLuaResult *result,
                 GError     **error)
{
  RunArgs  args = { .cell = cell, .text = text };
  TlSource source = { .cell = g_intern_string (cell) };
  int      status;

  g_return_val_if_fail (self != NULL && cell != NULL && text != NULL, FALSE);

  if (result != NULL)
    *result = (TlLuaResult){ 0 };
  find_last_expression (&args);
  if (self->full_at != 0) {
    /* The cell before ended for want of memory; this one may be there to make room. */
    self->full_at = 0;
    lua_gc (self->L, LUA_GCCOLLECT);
  }
  self->cell = source.cell;
  self->running = self->L;
  tl_context_set_source (self->context, &source);
  lua_settop (self->L, 0);
  lua_pushcfunction (self->L, traceback_cb);
  lua_pushcfunction (self->L, run_protected);
  lua_pushlightuserdata (self->L, &args);
  status = lua_pcall (self->L, 1, LUA_MULTRET, 1);
  take_result (self, status, result, error);
  if (status != LUA_OK && result != NULL && result->error_cell == NULL) { /* a call at the end leaves no frame behind */
    result->error_cell = g_strdup (cell);
    result->error_line = args.line;
  }
  lua_settop (self->L, 0);
  lua_sethook (self->L, hook_cb, LUA_MASKCOUNT, self->stress ? 1 : TL_LUA_HOOK_COUNT);
  tl_context_set_source (self->context, NULL);
  tl_context_set_grad_enabled (self->context, TRUE);
  tl_context_set_autocast (self->context, TL_DTYPE_F32);
  tl_lua_publish_globals (self);
  return status == LUA_OK;
}

/**
 * tl_lua_result_clear:
 * @self: a result
 */
void
tl_lua_result_clear (TlLuaResult *self)
{
  g_clear_pointer (&self->value, g_free);
  g_clear_pointer (&self->error_cell, g_free);
  g_clear_pointer (&self->traceback, g_free);
}

/**
 * tl_lua_collect:
 * @self: a state
 *
 * Frees all that cells can no longer reach.
 */
void
tl_lua_collect (TlLua *self)
{
  lua_gc (self->L, LUA_GCCOLLECT);
  lua_gc (self->L, LUA_GCCOLLECT);
}

/**
 * tl_lua_set_gc_stress:
 * @self: a state
 * @stress: whether to collect after every step of Lua's machine, to find handles that die too soon
 */
void
tl_lua_set_gc_stress (TlLua   *self,
                      gboolean stress)
{
  self->stress = stress;
  lua_sethook (self->L, hook_cb, LUA_MASKCOUNT, stress ? 1 : TL_LUA_HOOK_COUNT);
}

/**
 * tl_lua_get_n_bytes:
 * @self: a state
 *
 * Returns: bytes of Lua's own heap, without tensors
 */
gsize
tl_lua_get_n_bytes (TlLua *self)
{
  return self->n_used;
}
