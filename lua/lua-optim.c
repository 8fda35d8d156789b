/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Optimizers in Lua: optim.ROW (model or list, { options }), optim.ROW ({ { params = list, options }, ... }, { options }) where some parameters want
 * others, or optim.ROW { options } where fit shall make it.
 */
#include <string.h>

#include "lua/lua-private.h"

static void
optimizer_free (gpointer object)
{
  TlLuaOptimizer *self = object;

  g_clear_pointer (&self->optimizer, tl_optimizer_unref);
  g_free (self);
}

const TlLuaType tl_lua_type_optimizer = { "optimizer", optimizer_free };

/*
 * Returns: (nullable): the row of that name, whatever the case
 */
const TlOptimizerClass *
tl_lua_find_optimizer (const char *name)
{
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++)
    if (g_ascii_strcasecmp (tl_optimizer_get_row (i)->name, name) == 0)
      return tl_optimizer_get_row (i);
  return NULL;
}

static TlLuaOptimizer *
check_bound (lua_State *L)
{
  TlLuaOptimizer *self = tl_lua_check (L, 1, &tl_lua_type_optimizer);

  if (self->optimizer == NULL)
    tl_lua_error (L, TL_ERROR_VALUE, "%s was given no parameters: optim.%s (model, { ... })", self->klass->name, self->klass->name);
  return self;
}

/* Whether the value at @index is a list of groups: { { params = ..., lr = ... }, ... } */
static gboolean
is_groups (lua_State *L,
           int        index)
{
  gboolean is = FALSE;

  if (lua_type (L, index) != LUA_TTABLE || lua_rawgeti (L, index, 1) != LUA_TTABLE)
    is = FALSE;
  else {
    lua_pushliteral (L, "params");
    is = lua_rawget (L, -2) != LUA_TNIL;
    lua_pop (L, 1);
  }
  if (lua_type (L, index) == LUA_TTABLE)
    lua_pop (L, 1);
  return is;
}

/* The group on top of the stack: its options go into @attrs, which hold those of the optimizer. */
static TlVariable **
read_group (lua_State              *L,
            const TlOptimizerClass *klass,
            lua_Integer             number,
            TlAttrValue            *attrs,
            guint                  *n)
{
  int          group = lua_gettop (L);
  TlVariable **variables;
  guint32      given = 0;

  if (!lua_istable (L, group))
    tl_lua_error (L, TL_ERROR_VALUE, "%s: group %d is a %s, not { params = ... }", klass->name, (int)number, luaL_typename (L, group));
  lua_pushnil (L);
  while (lua_next (L, group) != 0) {
    const char *name = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL;

    if (name == NULL)
      tl_lua_error (L, TL_ERROR_NAME, "%s: group %d: options have names", klass->name, (int)number);
    else if (strcmp (name, "params") != 0)
      tl_lua_set_attr (L, -1, klass->name, klass->attrs, attrs, &given, name);
    lua_pop (L, 1);
  }
  lua_getfield (L, group, "params");
  if (lua_isnil (L, -1))
    tl_lua_error (L, TL_ERROR_VALUE, "%s: group %d has no params", klass->name, (int)number);
  variables = tl_lua_take_variables (L, -1, TRUE, n);
  if (*n == 0)
    tl_lua_error (L, TL_ERROR_VALUE, "%s: group %d has nothing to train", klass->name, (int)number);
  return variables;
}

/* The first group makes the optimizer, and its learning rate is the one that schedules change. */
static void
bind_groups (lua_State      *L,
             TlLuaOptimizer *self,
             int             index)
{
  lua_Integer n_groups = (lua_Integer)lua_rawlen (L, index);

  for (lua_Integer i = 1; i <= n_groups; i++) {
    TlAttrValue  attrs[TL_OP_MAX_ATTRS];
    TlVariable **variables;
    GError      *error = NULL;
    guint        n;
    int          top = lua_gettop (L);

    memcpy (attrs, self->attrs, sizeof attrs);
    lua_rawgeti (L, index, i);
    variables = read_group (L, self->klass, i, attrs, &n);
    if (i == 1)
      self->optimizer = tl_optimizer_new (self->klass, variables, n, attrs, &error);
    else
      tl_optimizer_add_group (self->optimizer, variables, n, attrs, &error);
    if (error != NULL)
      tl_lua_raise (L, error);
    lua_settop (L, top);
  }
}

static int
new_optimizer (lua_State *L)
{
  const TlOptimizerClass *klass = lua_touserdata (L, lua_upvalueindex (1));
  gboolean                bound = !lua_isnone (L, 1) && !tl_lua_is_options (L, 1);
  guint32                 given = 0;
  guint                   n = 0;
  gpointer               *slot;
  TlLuaOptimizer         *self;
  TlVariable            **variables;
  GError                 *error = NULL;

  lua_settop (L, bound ? 2 : 1);
  if (lua_isnil (L, -1))
    lua_pop (L, 1);
  slot = tl_lua_new_box (L, &tl_lua_type_optimizer);
  lua_insert (L, 1);
  *slot = self = g_new0 (TlLuaOptimizer, 1);
  self->klass = klass;
  tl_attr_init_defaults (klass->attrs, self->attrs);
  tl_lua_read_attrs (L, bound ? 3 : 2, klass->name, klass->attrs, NULL, self->attrs, &given);
  if (bound && is_groups (L, 2)) {
    bind_groups (L, self, 2);
  } else if (bound) {
    variables = tl_lua_take_variables (L, 2, TRUE, &n);
    if (n == 0)
      return tl_lua_error (L, TL_ERROR_VALUE, "%s: there is nothing to train", klass->name);
    self->optimizer = tl_optimizer_new (klass, variables, n, self->attrs, &error);
    if (self->optimizer == NULL)
      return tl_lua_raise (L, error);
  }
  lua_settop (L, 1);
  return 1;
}

/* A function that computes the loss, on the stack at @function. */
typedef struct {
  lua_State *L;
  int        function;
} LossCall;

static int
compute_protected (lua_State *L)
{
  double   *loss = lua_touserdata (L, 2);
  TlTensor *tensor;

  lua_settop (L, 1);
  lua_call (L, 0, 1);
  tensor = tl_lua_test_tensor (L, -1);
  if (tensor != NULL && tl_tensor_get_n_elements (tensor) == 1 && !tl_tensor_is_described (tensor))
    *loss = tl_tensor_peek_element (tensor, 0);
  else if (lua_type (L, -1) == LUA_TNUMBER)
    *loss = lua_tonumber (L, -1);
  else
    return tl_lua_error (L, TL_ERROR_VALUE, "step: the function gave %s where the loss is wanted", tensor != NULL ? "several numbers" : luaL_typename (L, -1));
  return 0;
}

static gboolean
compute_cb (gpointer user_data,
            double  *loss,
            GError **error)
{
  LossCall *call = user_data;

  if (!lua_checkstack (call->L, 8)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return FALSE;
  }
  lua_pushcfunction (call->L, compute_protected);
  lua_pushvalue (call->L, call->function);
  lua_pushlightuserdata (call->L, loss);
  return lua_pcall (call->L, 2, 0, 0) == LUA_OK || tl_lua_take_error (call->L, error);
}

static int
optimizer_step (lua_State *L)
{
  TlLuaOptimizer *self = check_bound (L);
  gboolean        has_function = !lua_isnoneornil (L, 2);
  LossCall        call = { L, 2 };
  GError         *error = NULL;
  double          loss = 0;

  if (has_function)
    luaL_checktype (L, 2, LUA_TFUNCTION);
  if (!(has_function ? tl_optimizer_minimize (self->optimizer, compute_cb, &call, &loss, &error) : tl_optimizer_step (self->optimizer, &error)))
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  if (has_function)
    lua_pushnumber (L, loss);
  return has_function;
}

static int
optimizer_zero_grad (lua_State *L)
{
  tl_optimizer_zero_grad (check_bound (L)->optimizer);
  return 0;
}

static int
optimizer_clip_norm (lua_State *L)
{
  tl_optimizer_set_clip_norm (check_bound (L)->optimizer, luaL_checknumber (L, 2));
  return 0;
}

static int
optimizer_clip_value (lua_State *L)
{
  tl_optimizer_set_clip_value (check_bound (L)->optimizer, luaL_checknumber (L, 2));
  return 0;
}

static int
optimizer_index (lua_State *L)
{
  static const char *const properties[] = { "lr", "steps", NULL };

  TlLuaOptimizer *self = tl_lua_check (L, 1, &tl_lua_type_optimizer);
  const char     *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (strcmp (name, "lr") == 0)
    lua_pushnumber (L, self->optimizer != NULL ? tl_optimizer_get_lr (self->optimizer) : self->attrs[0].d);
  else if (strcmp (name, "steps") == 0)
    lua_pushinteger (L, self->optimizer != NULL ? tl_optimizer_get_n_steps (self->optimizer) : 0);
  else
    return tl_lua_no_name (L, lua_upvalueindex (1), properties, "optimizer", self->klass->name, name);
  return 1;
}

static int
optimizer_newindex (lua_State *L)
{
  TlLuaOptimizer *self = tl_lua_check (L, 1, &tl_lua_type_optimizer);
  const char     *name = luaL_checkstring (L, 2);
  guint32         given = 0;
  GError         *error = NULL;

  if (strcmp (name, "lr") != 0)
    return tl_lua_error (L, TL_ERROR_NAME, "%s of an optimizer cannot be set", name);
  tl_lua_set_attr (L, 3, self->klass->name, self->klass->attrs, self->attrs, &given, "lr");
  if (self->optimizer != NULL && !tl_optimizer_set_lr (self->optimizer, self->attrs[0].d, &error))
    return tl_lua_raise (L, error);
  return 0;
}

static int
optimizer_tostring (lua_State *L)
{
  TlLuaOptimizer *self = tl_lua_check (L, 1, &tl_lua_type_optimizer);

  lua_pushfstring (L, "%s (lr = %f)", self->klass->name,
                   (lua_Number)(self->optimizer != NULL ? tl_optimizer_get_lr (self->optimizer) : self->attrs[0].d));
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_optimizer_methods[] = {
  { "step", optimizer_step, "optimizer:step ()", "Changes the parameters by their gradients; with a function that computes the loss and its gradients, by that, and returns its first loss (LBFGS needs one)." },
  { "zero_grad", optimizer_zero_grad, "optimizer:zero_grad ()", "Forgets the gradients." },
  { "clip_norm", optimizer_clip_norm, "optimizer:clip_norm (max)", "Limits the norm of all gradients from the next step on; 0 for no limit." },
  { "clip_value", optimizer_clip_value, "optimizer:clip_value (max)", "Limits the size of every element of the gradients from the next step on; 0 for no limit." },
  { "lr", NULL, "optimizer.lr", "The learning rate; may be set." },
  { "steps", NULL, "optimizer.steps", "How many steps were taken." },
  { NULL },
};
// clang-format on

void
tl_lua_open_optim (lua_State *L)
{
  lua_newtable (L);
  tl_lua_set_functions (L, tl_lua_optimizer_methods);
  tl_lua_new_type (L, &tl_lua_type_optimizer);
  lua_insert (L, -2);
  lua_pushcclosure (L, optimizer_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, optimizer_newindex);
  lua_setfield (L, -2, "__newindex");
  lua_pushcfunction (L, optimizer_tostring);
  lua_setfield (L, -2, "__tostring");
  lua_pop (L, 1);

  lua_newtable (L);
  for (guint i = 0; i < tl_optimizer_get_n_rows (); i++) {
    const TlOptimizerClass *klass = tl_optimizer_get_row (i);

    lua_pushlightuserdata (L, (gpointer)klass);
    lua_pushcclosure (L, new_optimizer, 1);
    lua_setfield (L, -2, klass->name);
  }
  tl_lua_open_schedule (L);
  tl_lua_guard_module (L, "optim");
  lua_setglobal (L, "optim");
}
