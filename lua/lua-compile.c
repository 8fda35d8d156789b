/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tl.compile (f): a function that is traced once for each kind of arguments, and then replayed.
 *
 * The key is everything that the trace could depend on: dtypes and shapes of tensors, the values of all other arguments, and whether
 * gradients are wanted.  What f reads besides its arguments and variables is fixed when it is traced.
 */
#include <string.h>

#include "core/graph/plan.h"
#include "lua/lua-private.h"

#define MAX_ARGS 16
#define MAX_RESULTS 8
#define MAX_PLANS 8

typedef struct {
  int         type; /* LUA_T..., LUA_TUSERDATA for a tensor */
  TlMeta      meta;
  double      number;
  gint64      integer; /* and booleans */
  const char *text;    /* interned */
} Arg;

typedef struct {
  guint    n_args;
  Arg      args[MAX_ARGS];
  gboolean grad_enabled;
  gboolean checks_finite;
  TlDType  autocast;
  TlPlan  *plan;
  guint    n_results;
  guint64  last_run;
} Entry;

/* What may differ between the arguments of two calls. */
enum { DIFFERS_KIND = 1 << 0,
       DIFFERS_DTYPE = 1 << 1,
       DIFFERS_RANK = 1 << 2,
       DIFFERS_VALUE = 1 << 3,
       DIFFERS_AXIS = 1 << 4 }; /* of axis 0; the others follow */

typedef struct {
  Entry   entries[MAX_PLANS];
  guint   n_entries;
  guint   n_misses;
  guint   differs[MAX_ARGS]; /* between calls that were traced and the one before */
  guint   n_modes;           /* how often it was something else: the number of arguments, gradients, autocast */
  guint64 n_runs;
} Compiled;

static void
compiled_free (gpointer object)
{
  Compiled *self = object;

  for (guint i = 0; i < self->n_entries; i++)
    g_clear_pointer (&self->entries[i].plan, tl_plan_unref);
  g_free (self);
}

const TlLuaType tl_lua_type_compiled = { "compiled function", compiled_free };

static void
read_key (lua_State *L,
          int        n_args,
          Entry     *key)
{
  if (n_args > MAX_ARGS)
    tl_lua_error (L, TL_ERROR_VALUE, "compile: more than %d arguments", MAX_ARGS);
  memset (key, 0, sizeof *key);
  key->n_args = (guint)n_args;
  key->grad_enabled = tl_context_get_grad_enabled (tl_lua_get (L)->context);
  key->checks_finite = tl_context_get_checks_finite (tl_lua_get (L)->context);
  key->autocast = tl_context_get_autocast (tl_lua_get (L)->context);
  for (int i = 0; i < n_args; i++) {
    Arg *arg = &key->args[i];

    arg->type = lua_type (L, i + 1);
    switch (arg->type) {
    case LUA_TNIL:
      break;
    case LUA_TBOOLEAN:
      arg->integer = lua_toboolean (L, i + 1);
      break;
    case LUA_TNUMBER:
      if (lua_isinteger (L, i + 1))
        arg->integer = lua_tointeger (L, i + 1);
      else
        arg->number = lua_tonumber (L, i + 1);
      break;
    case LUA_TSTRING:
      arg->text = g_intern_string (lua_tostring (L, i + 1));
      break;
    default:
      if (tl_lua_test_tensor (L, i + 1) == NULL)
        tl_lua_error (L, TL_ERROR_VALUE, "compile: argument %d is a %s; tensors, numbers, texts and truth values are possible", i + 1,
                      luaL_typename (L, i + 1));
      arg->type = LUA_TUSERDATA;
      tl_meta_init (&arg->meta, tl_tensor_get_dtype (tl_lua_check_tensor (L, i + 1)), tl_tensor_get_rank (tl_lua_check_tensor (L, i + 1)),
                    tl_tensor_get_shape (tl_lua_check_tensor (L, i + 1)));
    }
  }
}

static gboolean
same_key (const Entry *a,
          const Entry *b)
{
  if (a->n_args != b->n_args || a->grad_enabled != b->grad_enabled || a->checks_finite != b->checks_finite ||
      a->autocast != b->autocast)
    return FALSE;
  for (guint i = 0; i < a->n_args; i++) {
    const Arg *x = &a->args[i], *y = &b->args[i];

    if (x->type != y->type || x->integer != y->integer || x->text != y->text ||
        memcmp (&x->number, &y->number, sizeof x->number) != 0)
      return FALSE;
    if (x->type == LUA_TUSERDATA && (x->meta.dtype != y->meta.dtype || !tl_meta_same_shape (&x->meta, &y->meta)))
      return FALSE;
  }
  return TRUE;
}

typedef struct {
  const Entry *key;
  TlTrace     *trace;
  TlTensor    *results[MAX_RESULTS]; /* held by boxes on the stack of whoever called */
  guint        n_results;
} TraceArgs;

/* Calls the function with traced tensors; leaves its results on the stack. */
static int
trace_protected (lua_State *L)
{
  TraceArgs *args = lua_touserdata (L, 1);

  lua_remove (L, 1);
  luaL_checkstack (L, (int)args->key->n_args + 8, NULL);
  for (guint i = 0; i < args->key->n_args; i++) {
    gpointer *slot;

    if (args->key->args[i].type != LUA_TUSERDATA)
      continue;
    slot = tl_lua_new_box (L, &tl_lua_type_tensor);
    *slot = tl_trace_add_input (args->trace, &args->key->args[i].meta);
    lua_replace (L, (int)i + 2);
  }
  lua_call (L, (int)args->key->n_args, LUA_MULTRET);
  if (lua_gettop (L) > MAX_RESULTS)
    return tl_lua_error (L, TL_ERROR_VALUE, "compile: more than %d results", MAX_RESULTS);
  for (int i = 1; i <= lua_gettop (L); i++) {
    args->results[args->n_results] = tl_lua_test_tensor (L, i);
    if (args->results[args->n_results++] == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "compile: result %d is a %s; only tensors can be repeated", i, luaL_typename (L, i));
  }
  return lua_gettop (L);
}

/* Pushes nothing; raises what the function raises. */
static TlPlan *
make_plan (lua_State   *L,
           const Entry *key,
           guint       *n_results)
{
  TlContext *context = tl_lua_get (L)->context;
  TraceArgs  args = { .key = key };
  TlPlan    *plan;
  GError    *error = NULL;
  int        top = lua_gettop (L), status;

  luaL_checkstack (L, (int)key->n_args + 8, NULL);
  lua_pushcfunction (L, trace_protected);
  lua_pushlightuserdata (L, &args);
  lua_pushvalue (L, lua_upvalueindex (1));
  for (guint i = 0; i < key->n_args; i++)
    lua_pushvalue (L, (int)i + 1);
  args.trace = tl_trace_begin (context);
  status = lua_pcall (L, (int)key->n_args + 2, LUA_MULTRET, 0);
  if (status != LUA_OK) {
    tl_trace_abandon (args.trace);
    lua_error (L);
  }
  plan = tl_plan_new (args.trace, args.results, args.n_results, key->checks_finite ? TL_PLAN_CHECKED | TL_PLAN_CHECKED_OUTPUTS : 0, &error);
  if (plan == NULL)
    tl_lua_raise (L, error);
  *n_results = args.n_results;
  lua_settop (L, top);
  return plan;
}

static guint
compare_args (const Arg *a,
              const Arg *b)
{
  guint differs = 0;

  if (a->type != b->type)
    return DIFFERS_KIND;
  if (a->type != LUA_TUSERDATA)
    return a->integer != b->integer || a->text != b->text || memcmp (&a->number, &b->number, sizeof a->number) != 0 ? DIFFERS_VALUE : 0;
  if (a->meta.dtype != b->meta.dtype)
    differs |= DIFFERS_DTYPE;
  if (a->meta.rank != b->meta.rank)
    return differs | DIFFERS_RANK;
  for (guint axis = 0; axis < a->meta.rank; axis++)
    if (a->meta.shape[axis] != b->meta.shape[axis])
      differs |= DIFFERS_AXIS << axis;
  return differs;
}

/* Notes in what @key differs from the call before it. */
static void
note_difference (Compiled    *self,
                 const Entry *key)
{
  const Entry *before = NULL;
  guint        any = 0;

  for (guint i = 0; i < self->n_entries; i++)
    if (before == NULL || self->entries[i].last_run > before->last_run)
      before = &self->entries[i];
  for (guint i = 0; before != NULL && i < MIN (key->n_args, before->n_args); i++) {
    guint differs = compare_args (&key->args[i], &before->args[i]);

    self->differs[i] |= differs;
    any |= differs;
  }
  self->n_modes += before != NULL && any == 0;
}

static void
add_difference (GString *text,
                guint    arg,
                guint    differs)
{
  const char *separator = "";

  g_string_append_printf (text, "%s argument %u in ", text->len > 0 ? ";" : "", arg + 1);
  for (guint axis = 0; axis < TL_TENSOR_MAX_RANK; axis++)
    if ((differs & DIFFERS_AXIS << axis) != 0) {
      g_string_append_printf (text, "%sthe size of axis %u", separator, axis);
      separator = ", ";
    }
  for (guint i = 0; i < 4; i++) {
    static const char *const names[] = { "kind", "dtype", "number of axes", "value" };

    if ((differs & 1u << i) != 0) {
      g_string_append_printf (text, "%sits %s", separator, names[i]);
      separator = ", ";
    }
  }
}

/* Repeated misses, with what differed. */
static void
tell_misses (TlLua    *lua,
             Compiled *self)
{
  GString *differences, *text;

  if (lua->host.print == NULL)
    return;
  differences = g_string_new (NULL);
  for (guint i = 0; i < MAX_ARGS; i++)
    if (self->differs[i] != 0)
      add_difference (differences, i, self->differs[i]);
  if (self->n_modes > 0)
    g_string_append_printf (differences, "%s their number, or the mode (gradients, autocast, anomalies)", differences->len > 0 ? ";" : "");
  text = g_string_new ("A compiled function was called with more than 8 kinds of arguments and is traced again and again. They differ:");
  g_string_append_printf (text, "%s. Each size and each number that is new costs a trace.\n", differences->str);
  lua->host.print (lua->host_data, text->str, text->len, TL_LUA_STREAM_NOTE);
  g_string_free (differences, TRUE);
  g_string_free (text, TRUE);
}

static Entry *
find_entry (lua_State   *L,
            Compiled    *self,
            const Entry *key)
{
  guint   oldest = 0, n_results = 0;
  TlPlan *plan;
  TlLua  *lua = tl_lua_get (L);
  Entry  *entry;

  for (guint i = 0; i < self->n_entries; i++) {
    if (same_key (&self->entries[i], key))
      return &self->entries[i];
    if (self->entries[i].last_run < self->entries[oldest].last_run)
      oldest = i;
  }
  plan = make_plan (L, key, &n_results);
  note_difference (self, key);
  if (++self->n_misses == MAX_PLANS + 1)
    tell_misses (lua, self);
  if (self->n_entries < MAX_PLANS)
    oldest = self->n_entries++;
  entry = &self->entries[oldest];
  g_clear_pointer (&entry->plan, tl_plan_unref);
  *entry = *key;
  entry->plan = plan;
  entry->n_results = n_results;
  return entry;
}

static gboolean
run_plan (TlPlan          *plan,
          TlTensor *const *inputs,
          guint            n_inputs,
          gpointer       **slots,
          guint            n_slots,
          GError         **error)
{
  if (!tl_plan_run (plan, inputs, n_inputs, error))
    return FALSE;
  for (guint i = 0; i < n_slots; i++) {
    *slots[i] = tl_plan_dup_output (plan, i, error);
    if (*slots[i] == NULL)
      return FALSE;
  }
  return TRUE;
}

/* Upvalues: the function, the box of its plans. */
static int
compiled_call (lua_State *L)
{
  Compiled *self = tl_lua_check (L, lua_upvalueindex (2), &tl_lua_type_compiled);
  int       n_args = lua_gettop (L);
  TlTensor *inputs[MAX_ARGS];
  gpointer *slots[MAX_RESULTS];
  guint     n_inputs = 0;
  GError   *error = NULL;
  Entry     key, *entry;

  if (tl_trace_is_active (tl_lua_get (L)->context)) { /* part of a larger step */
    lua_pushvalue (L, lua_upvalueindex (1));
    lua_insert (L, 1);
    lua_call (L, n_args, LUA_MULTRET);
    return lua_gettop (L);
  }
  read_key (L, n_args, &key);
  entry = find_entry (L, self, &key);
  entry->last_run = ++self->n_runs;
  for (int i = 0; i < n_args; i++)
    if (key.args[i].type == LUA_TUSERDATA)
      inputs[n_inputs++] = tl_lua_check_tensor (L, i + 1);
  for (guint i = 0; i < entry->n_results; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (!run_plan (entry->plan, inputs, n_inputs, slots, entry->n_results, &error))
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  return (int)entry->n_results;
}

int
tl_lua_compile (lua_State *L)
{
  gpointer *slot;

  luaL_checktype (L, 1, LUA_TFUNCTION);
  lua_settop (L, 1);
  slot = tl_lua_new_box (L, &tl_lua_type_compiled);
  *slot = g_new0 (Compiled, 1);
  lua_pushcclosure (L, compiled_call, 2);
  return 1;
}
