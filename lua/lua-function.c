/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions with a gradient of their own, and checkpoints.
 *
 * What a call needs later (functions, context, arguments that are no tensors) stands in a table of the registry.  The engine may let go of it
 * at any time, also while Lua collects, so the table is only marked then and removed at the next call.
 */
#include <string.h>

#include "core/graph/function.h"
#include "core/op/ops.h"
#include "lua/lua-private.h"

#define MAX_ARGS 32

struct _TlLuaRefs {
  guint   n_users;
  GArray *dead; /* int: references of the registry that nobody needs */
};

/* A call of the user's function. */
typedef struct {
  TlLua     *lua;
  TlLuaRefs *refs;
  int        ref;     /* of { forward, backward, ctx, n arguments, arguments... } */
  guint      n_in;    /* tensors among the arguments */
  guint      in_step; /* the mode of modules when it was called */
} Function;

enum { AT_FORWARD = 1,
       AT_BACKWARD,
       AT_CTX,
       AT_N_ARGS,
       AT_ARGS };

TlLuaRefs *
tl_lua_refs_new (void)
{
  TlLuaRefs *self = g_new0 (TlLuaRefs, 1);

  self->n_users = 1;
  self->dead = g_array_new (FALSE, FALSE, sizeof (int));
  return self;
}

void
tl_lua_refs_unref (TlLuaRefs *self)
{
  if (--self->n_users > 0)
    return;
  g_array_unref (self->dead);
  g_free (self);
}

static void
remove_dead (lua_State *L)
{
  GArray *dead = tl_lua_get (L)->refs->dead;

  for (guint i = 0; i < dead->len; i++)
    luaL_unref (L, LUA_REGISTRYINDEX, g_array_index (dead, int, i));
  g_array_set_size (dead, 0);
}

static void
function_free (gpointer data)
{
  Function *self = data;

  g_array_append_val (self->refs->dead, self->ref);
  tl_lua_refs_unref (self->refs);
  g_free (self);
}

typedef struct {
  Function        *function;
  TlTensor *const *in;
  guint            n_in;
  TlTensor       **out; /* of the forward pass: to be set; of the backward pass: given */
  guint            n_out;
  TlTensor *const *dy;
  TlTensor       **dx;
} CallArgs;

static void
push_tensor (lua_State *L,
             TlTensor  *tensor)
{
  *tl_lua_new_box (L, &tl_lua_type_tensor) = tl_tensor_ref (tensor);
}

/* Results that forward() kept in ctx are replaced by their numbers: a reference would keep the whole call alive for ever. */
static void
mark_results (lua_State *L,
              int        ctx,
              CallArgs  *args)
{
  lua_pushnil (L);
  while (lua_next (L, ctx) != 0) {
    TlTensor *tensor = tl_lua_test (L, -1, &tl_lua_type_tensor);

    lua_pop (L, 1);
    for (guint i = 0; i < args->n_out && tensor != NULL; i++)
      if (args->out[i] == tensor) {
        lua_pushvalue (L, -1);
        lua_pushlightuserdata (L, GUINT_TO_POINTER (i + 1));
        lua_rawset (L, ctx);
        break;
      }
  }
}

/* Gives the results back, as what gradients flow through, or takes them away again. */
static void
show_results (lua_State *L,
              int        ctx,
              int        shown, /* an empty table, or where the markers of the fields that were shown stand */
              CallArgs  *args,
              gboolean   show)
{
  int from = show ? ctx : shown;

  lua_pushnil (L);
  while (lua_next (L, from) != 0) {
    guint number = lua_islightuserdata (L, -1) ? GPOINTER_TO_UINT (lua_touserdata (L, -1)) : 0;

    if (number == 0 || number > args->n_out) {
      lua_pop (L, 1);
      continue;
    }
    lua_pushvalue (L, -2);
    lua_insert (L, -2);
    lua_rawset (L, show ? shown : ctx);
  }
  if (!show)
    return;
  lua_pushnil (L);
  while (lua_next (L, shown) != 0) {
    guint number = GPOINTER_TO_UINT (lua_touserdata (L, -1));

    lua_pop (L, 1);
    lua_pushvalue (L, -1);
    push_tensor (L, args->out[number - 1]);
    lua_rawset (L, ctx);
  }
}

static int
forward_protected (lua_State *L)
{
  CallArgs *args = lua_touserdata (L, 1);
  Function *self = args->function;
  int       n_args, table = 2, ctx, first, n_results;
  guint     k = 0;

  lua_settop (L, 1);
  lua_rawgeti (L, LUA_REGISTRYINDEX, self->ref);
  lua_rawgeti (L, table, AT_CTX);
  ctx = lua_gettop (L);
  lua_rawgeti (L, table, AT_N_ARGS);
  n_args = (int)lua_tointeger (L, -1);
  lua_pop (L, 1);
  luaL_checkstack (L, n_args + 8, NULL);
  first = lua_gettop (L) + 1;
  lua_rawgeti (L, table, AT_FORWARD);
  if (lua_istable (L, ctx))
    lua_pushvalue (L, ctx);
  for (int i = 0; i < n_args; i++) {
    lua_rawgeti (L, table, AT_ARGS + i);
    if (lua_islightuserdata (L, -1)) {
      lua_pop (L, 1);
      push_tensor (L, args->in[k++]);
    }
  }
  lua_call (L, lua_gettop (L) - first, LUA_MULTRET);
  n_results = lua_gettop (L) - first + 1;
  if (n_results > TL_FUNCTION_MAX_OUT || n_results == 0)
    return tl_lua_error (L, TL_ERROR_VALUE, "the function gave %d results; 1 to %d tensors are wanted", n_results, TL_FUNCTION_MAX_OUT);
  for (int i = 0; i < n_results; i++)
    if (tl_lua_test_tensor (L, first + i) == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "result %d of the function is a %s; tensors are wanted", i + 1, luaL_typename (L, first + i));
  for (int i = 0; i < n_results; i++)
    args->out[args->n_out++] = tl_lua_test_tensor (L, first + i);
  if (lua_istable (L, ctx))
    mark_results (L, ctx, args);
  /* From here on nothing is raised. */
  for (guint i = 0; i < args->n_out; i++)
    tl_tensor_ref (args->out[i]);
  return 0;
}

static gboolean
call_protected (CallArgs     *args,
                lua_CFunction function,
                GError      **error)
{
  TlLua     *lua = args->function->lua;
  lua_State *L = lua->running;
  guint      in_step = lua->in_step;
  gboolean   ok;

  if (!lua_checkstack (L, 8)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return FALSE;
  }
  lua->in_step = args->function->in_step;
  lua_pushcfunction (L, function);
  lua_pushlightuserdata (L, args);
  ok = lua_pcall (L, 1, 0, 0) == LUA_OK || tl_lua_take_error (L, error);
  lua->running = L;
  lua->in_step = in_step;
  return ok;
}

static gboolean
forward_cb (gpointer         data,
            TlTensor *const *in,
            guint            n_in,
            TlTensor       **out,
            guint           *n_out,
            GError         **error)
{
  CallArgs args = { .function = data, .in = in, .n_in = n_in, .out = out };

  if (!call_protected (&args, forward_protected, error))
    return FALSE;
  *n_out = args.n_out;
  return TRUE;
}

/* A gradient that did not arrive is zero. */
static void
push_gradients (lua_State *L,
                CallArgs  *args)
{
  for (guint i = 0; i < args->n_out; i++) {
    const TlMeta *meta = tl_tensor_get_meta (args->out[i]);
    gpointer     *slot = tl_lua_new_box (L, &tl_lua_type_tensor);
    GError       *error = NULL;

    if (args->dy[i] != NULL)
      *slot = tl_tensor_ref (args->dy[i]);
    else
      *slot = tl_zeros (meta->rank, meta->shape, meta->dtype, &error);
    if (*slot == NULL)
      tl_lua_raise (L, error);
  }
}

static int
backward_protected (lua_State *L)
{
  CallArgs *args = lua_touserdata (L, 1);
  Function *self = args->function;
  int       first, n_results;

  lua_settop (L, 1);
  luaL_checkstack (L, (int)args->n_out + 16, NULL);
  lua_rawgeti (L, LUA_REGISTRYINDEX, self->ref); /* 2 */
  lua_rawgeti (L, 2, AT_CTX);                    /* 3 */
  lua_newtable (L);                              /* 4 */
  show_results (L, 3, 4, args, TRUE);
  first = lua_gettop (L) + 1;
  lua_rawgeti (L, 2, AT_BACKWARD);
  lua_pushvalue (L, 3);
  push_gradients (L, args);
  lua_call (L, (int)args->n_out + 1, LUA_MULTRET);
  show_results (L, 3, 4, args, FALSE);
  n_results = lua_gettop (L) - first + 1;
  if (n_results != (int)args->n_in)
    return tl_lua_error (L, TL_ERROR_VALUE, "custom: backward gave %d gradients for %u tensors; nil stands for none", n_results,
                         args->n_in);
  for (int i = 0; i < n_results; i++)
    if (!lua_isnil (L, first + i) && tl_lua_test_tensor (L, first + i) == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "custom: gradient %d of backward is a %s; a tensor or nil is wanted", i + 1,
                           luaL_typename (L, first + i));
  for (int i = 0; i < n_results; i++)
    if (!lua_isnil (L, first + i))
      args->dx[i] = tl_tensor_ref (tl_lua_test_tensor (L, first + i));
  return 0;
}

static gboolean
backward_cb (gpointer         data,
             TlTensor *const *in,
             guint            n_in,
             TlTensor *const *out,
             TlTensor *const *dy,
             guint            n_out,
             TlTensor       **dx,
             GError         **error)
{
  CallArgs args = { data, in, n_in, (TlTensor **)out, n_out, dy, dx };

  return call_protected (&args, backward_protected, error);
}

static const TlFunctionClass custom_class = { "custom", forward_cb, backward_cb, function_free };
static const TlFunctionClass checkpoint_class = { "checkpoint", forward_cb, NULL, function_free };

/*
 * Pushes the table of a call: forward stands at @forward, backward behind it or nil, arguments from @first on.
 *
 * Returns: its reference
 */
static int
keep_call (lua_State *L,
           int        forward,
           int        first,
           int        n_args,
           gboolean   has_ctx,
           TlTensor **in,
           guint     *n_in)
{
  int table;

  lua_createtable (L, AT_ARGS + n_args, 0);
  table = lua_gettop (L);
  lua_pushvalue (L, forward);
  lua_rawseti (L, table, AT_FORWARD);
  if (has_ctx) {
    lua_pushvalue (L, forward + 1);
    lua_rawseti (L, table, AT_BACKWARD);
    lua_newtable (L);
    lua_rawseti (L, table, AT_CTX);
  } else {
    lua_pushboolean (L, FALSE);
    lua_rawseti (L, table, AT_CTX);
  }
  lua_pushinteger (L, n_args);
  lua_rawseti (L, table, AT_N_ARGS);
  *n_in = 0;
  for (int i = 0; i < n_args; i++) {
    TlTensor *tensor = tl_lua_test_tensor (L, first + i);

    if (tensor != NULL) {
      in[(*n_in)++] = tensor;
      lua_pushlightuserdata (L, L); /* the tensor itself stays with the engine */
    } else {
      lua_pushvalue (L, first + i);
    }
    lua_rawseti (L, table, AT_ARGS + i);
  }
  return luaL_ref (L, LUA_REGISTRYINDEX);
}

static int
apply (lua_State             *L,
       const TlFunctionClass *klass,
       int                    forward,
       int                    first)
{
  TlLua    *lua = tl_lua_get (L);
  TlTensor *in[MAX_ARGS], *out[TL_FUNCTION_MAX_OUT];
  gpointer *slots[TL_FUNCTION_MAX_OUT];
  guint     n_in, n_out = 0;
  GError   *error = NULL;
  Function *self;
  int       n_args = lua_gettop (L) - first + 1, top, ref;

  remove_dead (L);
  if (n_args > MAX_ARGS)
    return tl_lua_error (L, TL_ERROR_VALUE, "%s: more than %d arguments", klass->name, MAX_ARGS);
  luaL_checkstack (L, TL_FUNCTION_MAX_OUT + 16, NULL);
  for (guint i = 0; i < TL_FUNCTION_MAX_OUT; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  top = lua_gettop (L);
  ref = keep_call (L, forward, first, n_args, klass->backward != NULL, in, &n_in);
  self = g_new0 (Function, 1);
  *self = (Function){ lua, lua->refs, ref, n_in, lua->in_step };
  self->refs->n_users++;
  if (!tl_function_apply (klass, self, in, n_in, out, &n_out, &error))
    return tl_lua_raise_again (L, error);
  for (guint i = 0; i < n_out; i++)
    *slots[i] = out[i];
  tl_lua_note_memory (L);
  lua_settop (L, top - TL_FUNCTION_MAX_OUT + (int)n_out);
  return (int)n_out;
}

/* Upvalues: forward, backward */
static int
custom_call (lua_State *L)
{
  lua_pushvalue (L, lua_upvalueindex (1));
  lua_insert (L, 1);
  lua_pushvalue (L, lua_upvalueindex (2));
  lua_insert (L, 2);
  return apply (L, &custom_class, 1, 3);
}

int
tl_lua_custom (lua_State *L)
{
  luaL_checktype (L, 1, LUA_TTABLE);
  lua_settop (L, 1);
  for (guint i = 0; i < 2; i++) {
    const char *name = i == 0 ? "forward" : "backward";

    lua_getfield (L, 1, name);
    if (!lua_isfunction (L, -1))
      return tl_lua_error (L, TL_ERROR_VALUE, "custom: %s must be a function, not a %s", name, luaL_typename (L, -1));
  }
  lua_pushcclosure (L, custom_call, 2);
  return 1;
}

int
tl_lua_checkpoint (lua_State *L)
{
  luaL_checkany (L, 1);
  return apply (L, &checkpoint_class, 1, 2);
}
