/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Derivatives: gradients, products with Jacobians and Hessians, and the modes in which operations compute.
 *
 * The engine calls the user's functions, which are Lua: they run protected, and their error is kept and raised when the engine has returned.
 */
#include <string.h>

#include "core/graph/autodiff.h"
#include "core/op/derivatives.h"
#include "lua/lua-private.h"

static const TlAttrSpec graph_option[] = { { "create_graph", "whether the results can be differentiated again", TL_ATTR_BOOL }, { NULL } };

/* A tensor, or a list of them; what was read stays on the stack. */
static guint
take_list (lua_State  *L,
           int         index,
           const char *name,
           guint       most,
           TlTensor  **tensors)
{
  lua_Unsigned n;

  if (lua_type (L, index) != LUA_TTABLE) {
    tensors[0] = tl_lua_check_tensor (L, index);
    return 1;
  }
  n = lua_rawlen (L, index);
  if (n > most)
    tl_lua_error (L, TL_ERROR_VALUE, "%s: more than %u tensors", name, most);
  luaL_checkstack (L, (int)n + 8, NULL);
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti (L, index, (lua_Integer)i + 1);
    tensors[i] = tl_lua_test_tensor (L, -1);
    if (tensors[i] == NULL)
      tl_lua_type_error (L, index, "list of tensors");
  }
  return (guint)n;
}

static void
new_boxes (lua_State *L,
           gpointer **slots,
           guint      n)
{
  luaL_checkstack (L, (int)n + 8, NULL);
  for (guint i = 0; i < n; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
}

static void
fill_boxes (gpointer **slots,
            TlTensor **tensors,
            guint      n)
{
  for (guint i = 0; i < n; i++)
    *slots[i] = tensors[i];
}

/* tl.grad (y, x or { x... }, { create_graph }) */
static int
grad (lua_State *L)
{
  TlTensor   *y[1], *x[TL_LUA_MAX_LIST], *dx[TL_LUA_MAX_LIST];
  gpointer   *slots[TL_LUA_MAX_LIST];
  TlAttrValue values[1] = { 0 };
  guint32     given = 0;
  GError     *error = NULL;
  guint       n;
  int         first;

  y[0] = tl_lua_check_tensor (L, 1);
  tl_lua_read_attrs (L, 3, "grad", graph_option, NULL, values, &given);
  n = take_list (L, 2, "grad", TL_LUA_MAX_LIST, x);
  first = lua_gettop (L) + 1;
  new_boxes (L, slots, n);
  if (!tl_grad (y, NULL, 1, x, n, values[0].i != 0, dx, &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, dx, n);
  for (guint i = 0; i < n; i++)
    if (dx[i] == NULL) {
      lua_pushnil (L);
      lua_replace (L, first + (int)i);
    }
  tl_lua_note_memory (L);
  return (int)n;
}

/* A function of the user's and where it is differentiated. */
typedef struct {
  lua_State   *L;
  TlDerivative of;
  TlTensor    *x[TL_DERIVATIVES_MAX_IN];
  TlTensor    *v[TL_DERIVATIVES_MAX_IN];
  guint        n_v;
} Derivative;

typedef struct {
  TlTensor *const *x;
  guint            n_x;
  TlTensor        *y;
} CallArgs;

static int
call_protected (lua_State *L)
{
  CallArgs *args = lua_touserdata (L, 2);
  TlTensor *y;

  lua_remove (L, 2);
  luaL_checkstack (L, (int)args->n_x + 8, NULL);
  for (guint i = 0; i < args->n_x; i++)
    *tl_lua_new_box (L, &tl_lua_type_tensor) = tl_tensor_ref (args->x[i]);
  lua_call (L, (int)args->n_x, 1);
  y = tl_lua_test_tensor (L, 1);
  if (y == NULL)
    return tl_lua_error (L, TL_ERROR_VALUE, "the function gave a %s where a tensor is wanted", luaL_typename (L, 1));
  args->y = tl_tensor_ref (y);
  return 0;
}

/* The function is argument 1. */
static TlTensor *
call_cb (TlTensor *const *x,
         guint            n_x,
         gpointer         user_data,
         GError         **error)
{
  Derivative *self = user_data;
  CallArgs    args = { x, n_x, NULL };

  if (!lua_checkstack (self->L, 8)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return NULL;
  }
  lua_pushcfunction (self->L, call_protected);
  lua_pushvalue (self->L, 1);
  lua_pushlightuserdata (self->L, &args);
  if (lua_pcall (self->L, 2, 0, 0) != LUA_OK)
    tl_lua_take_error (self->L, error);
  return args.y;
}

/* (f, x or { x... }, [v or { v... }], { create_graph }) */
static void
take_derivative (lua_State  *L,
                 const char *name,
                 gboolean    has_vectors,
                 Derivative *self)
{
  TlAttrValue values[1] = { 0 };
  guint32     given = 0;
  int         options = has_vectors ? 4 : 3;

  luaL_checkany (L, 2);
  if (has_vectors && (lua_isnoneornil (L, 3) || tl_lua_is_options (L, 3)))
    options = 3;
  tl_lua_read_attrs (L, options, name, graph_option, NULL, values, &given);
  *self = (Derivative){ .L = L };
  self->of = (TlDerivative){ call_cb, self, self->x, 0, values[0].i != 0 };
  self->of.n_x = take_list (L, 2, name, TL_DERIVATIVES_MAX_IN, self->x);
  if (options == 4)
    self->n_v = take_list (L, 3, name, TL_DERIVATIVES_MAX_IN, self->v);
}

static void
need_vectors (lua_State        *L,
              const char       *name,
              const Derivative *self)
{
  if (self->n_v != self->of.n_x)
    tl_lua_error (L, TL_ERROR_VALUE, "%s: %u inputs and %u vectors", name, self->of.n_x, self->n_v);
}

/* tl.vjp (f, x, v): f's value, then v times the Jacobian for each x */
static int
vjp (lua_State *L)
{
  Derivative self;
  TlTensor  *out[TL_DERIVATIVES_MAX_IN + 1] = { NULL };
  gpointer  *slots[TL_DERIVATIVES_MAX_IN + 1];
  GError    *error = NULL;

  take_derivative (L, "vjp", TRUE, &self);
  if (self.n_v > 1)
    return tl_lua_error (L, TL_ERROR_VALUE, "vjp: one vector is wanted: the function has one result");
  new_boxes (L, slots, self.of.n_x + 1);
  if (!tl_vjp (&self.of, self.n_v > 0 ? self.v[0] : NULL, &out[0], out + 1, &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, out, self.of.n_x + 1);
  tl_lua_note_memory (L);
  return (int)self.of.n_x + 1;
}

/* tl.jvp (f, x, v): f's value, and its derivative along v */
static int
jvp (lua_State *L)
{
  Derivative self;
  TlTensor  *out[2] = { NULL };
  gpointer  *slots[2];
  GError    *error = NULL;

  take_derivative (L, "jvp", TRUE, &self);
  need_vectors (L, "jvp", &self);
  new_boxes (L, slots, 2);
  if (!tl_jvp (&self.of, self.v, &out[0], &out[1], &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, out, 2);
  tl_lua_note_memory (L);
  return 2;
}

/* tl.hvp (f, x, v): f's value, then the Hessian times v for each x */
static int
hvp (lua_State *L)
{
  Derivative self;
  TlTensor  *out[TL_DERIVATIVES_MAX_IN + 1] = { NULL };
  gpointer  *slots[TL_DERIVATIVES_MAX_IN + 1];
  GError    *error = NULL;

  take_derivative (L, "hvp", TRUE, &self);
  need_vectors (L, "hvp", &self);
  new_boxes (L, slots, self.of.n_x + 1);
  if (!tl_hvp (&self.of, self.v, &out[0], out + 1, &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, out, self.of.n_x + 1);
  tl_lua_note_memory (L);
  return (int)self.of.n_x + 1;
}

/* tl.jacobian (f, x): one for each x */
static int
jacobian (lua_State *L)
{
  Derivative self;
  TlTensor  *out[TL_DERIVATIVES_MAX_IN];
  gpointer  *slots[TL_DERIVATIVES_MAX_IN];
  GError    *error = NULL;

  take_derivative (L, "jacobian", FALSE, &self);
  new_boxes (L, slots, self.of.n_x);
  if (!tl_jacobian (&self.of, out, &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, out, self.of.n_x);
  tl_lua_note_memory (L);
  return (int)self.of.n_x;
}

/* tl.hessian (f, x): of several x a list of lists */
static int
hessian (lua_State *L)
{
  Derivative self;
  TlTensor  *out[TL_DERIVATIVES_MAX_IN * TL_DERIVATIVES_MAX_IN];
  gpointer  *slots[TL_DERIVATIVES_MAX_IN * TL_DERIVATIVES_MAX_IN];
  GError    *error = NULL;
  guint      n;
  int        first;

  take_derivative (L, "hessian", FALSE, &self);
  n = self.of.n_x;
  first = lua_gettop (L) + 1;
  new_boxes (L, slots, n * n);
  if (!tl_hessian (&self.of, out, &error))
    return tl_lua_raise_again (L, error);
  fill_boxes (slots, out, n * n);
  tl_lua_note_memory (L);
  if (!lua_istable (L, 2))
    return 1;
  lua_createtable (L, (int)n, 0);
  for (guint i = 0; i < n; i++) {
    lua_createtable (L, (int)n, 0);
    for (guint j = 0; j < n; j++) {
      lua_pushvalue (L, first + (int)(i * n + j));
      lua_rawseti (L, -2, (lua_Integer)j + 1);
    }
    lua_rawseti (L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* tl.watch (x): the same value, of which gradients can be asked for */
static int
watch (lua_State *L)
{
  TlTensor *tensor = tl_lua_check_tensor (L, 1);
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  GError   *error = NULL;

  *slot = tl_watch (tensor, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  return 1;
}

/* tl.no_grad (f, ...): what f gives */
static int
no_grad (lua_State *L)
{
  TlContext *context = tl_lua_get (L)->context;
  gboolean   before;
  int        status;

  luaL_checkany (L, 1);
  before = tl_context_set_grad_enabled (context, FALSE);
  status = lua_pcall (L, lua_gettop (L) - 1, LUA_MULTRET, 0);
  tl_context_set_grad_enabled (context, before);
  if (status != LUA_OK)
    return lua_error (L);
  return lua_gettop (L);
}

/* tl.autocast (dtype, f, ...): what f gives */
static int
autocast (lua_State *L)
{
  TlContext  *context = tl_lua_get (L)->context;
  TlDType     before = tl_context_get_autocast (context), dtype;
  const char *name = luaL_checkstring (L, 1);
  int         status;

  if (!tl_dtype_from_name (name, &dtype) || (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F16 && dtype != TL_DTYPE_BF16))
    return tl_lua_error (L, TL_ERROR_VALUE, "autocast: \"bf16\", \"f16\" or \"f32\" is wanted, not \"%s\"", name);
  luaL_checkany (L, 2);
  lua_remove (L, 1);
  tl_context_set_autocast (context, dtype);
  status = lua_pcall (L, lua_gettop (L) - 1, LUA_MULTRET, 0);
  tl_context_set_autocast (context, before);
  if (status != LUA_OK)
    return lua_error (L);
  return lua_gettop (L);
}

static int
detect_anomaly (lua_State *L)
{
  TlContext *context = tl_lua_get (L)->context;
  gboolean   before;

  luaL_checkany (L, 1);
  before = tl_context_set_checks_finite (context, lua_toboolean (L, 1));
  lua_pushboolean (L, before);
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_autodiff_functions[] = {
  { "grad", grad, "tl.grad (y, x or { x... }, { create_graph })", "The gradient of a value for each x, without adding it to parameters." },
  { "watch", watch, "tl.watch (x)", "The same value, with respect to which gradients can be asked for though it is no parameter." },
  { "vjp", vjp, "tl.vjp (f, x or { x... }, v, { create_graph })", "The value of f, then for each x the vector v times the Jacobian; v is 1 if f gives one number." },
  { "jvp", jvp, "tl.jvp (f, x or { x... }, v or { v... }, { create_graph })", "The value of f and its derivative along v: the Jacobian times v." },
  { "hvp", hvp, "tl.hvp (f, x or { x... }, v or { v... }, { create_graph })", "The value of f, which is one number, then for each x the Hessian times v." },
  { "jacobian", jacobian, "tl.jacobian (f, x or { x... }, { create_graph })", "For each x the Jacobian: the axes of the value of f, then those of x." },
  { "hessian", hessian, "tl.hessian (f, x or { x... }, { create_graph })", "The Hessian of f, which gives one number; of several x a list of lists of blocks." },
  { "custom", tl_lua_custom, "tl.custom { forward = function (ctx, ...) ... end, backward = function (ctx, dy...) ... end }", "A function with a gradient of its own: backward gives one for each tensor that forward takes, or nil; ctx keeps what it needs." },
  { "checkpoint", tl_lua_checkpoint, "tl.checkpoint (f, ...)", "Calls f without keeping what its gradients need; they come from calling it again, with the same random numbers." },
  { "no_grad", no_grad, "tl.no_grad (f, ...)", "Calls a function without remembering how values are computed." },
  { "autocast", autocast, "tl.autocast (\"bf16\" or \"f16\", f, ...)", "Calls a function in which products compute in 16 bits; reductions, softmax, losses and norms stay in f32." },
  { "detect_anomaly", detect_anomaly, "tl.detect_anomaly (true or false)", "Whether an operation that makes a NaN or Inf is an error that names it, also in the backward pass; gives what it was before." },
  { NULL },
};
// clang-format on
