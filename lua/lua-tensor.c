/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors in Lua: handles, operators, properties; and the parameters that are used like them.
 */
#include <string.h>

#include "core/base/memory.h"
#include "core/graph/autodiff.h"
#include "core/op/ops.h"
#include "core/tensor/variable.h"
#include "lua/lua-private.h"

static void
unref_tensor (gpointer object)
{
  tl_tensor_unref (object);
}

static void
unref_variable (gpointer object)
{
  tl_variable_unref (object);
}

const TlLuaType tl_lua_type_tensor = { "tensor", unref_tensor };
const TlLuaType tl_lua_type_variable = { "parameter", unref_variable };

/*
 * Returns: (nullable): the tensor at @index; that of a parameter takes its place
 */
TlTensor *
tl_lua_test_tensor (lua_State *L,
                    int        index)
{
  TlTensor   *tensor = tl_lua_test (L, index, &tl_lua_type_tensor);
  TlVariable *variable = tensor == NULL ? tl_lua_test (L, index, &tl_lua_type_variable) : NULL;
  gpointer   *slot;

  if (variable == NULL)
    return tensor;
  index = lua_absindex (L, index);
  slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  *slot = tl_read (variable);
  lua_replace (L, index);
  return *slot;
}

TlTensor *
tl_lua_check_tensor (lua_State *L,
                     int        index)
{
  TlTensor *tensor = tl_lua_test_tensor (L, index);

  if (tensor == NULL)
    tl_lua_type_error (L, index, "tensor");
  return tensor;
}

static void
push_shape (lua_State *L,
            TlTensor  *tensor)
{
  const TlMeta *meta = tl_tensor_get_meta (tensor);
  char          text[128];

  lua_createtable (L, meta->rank, 0);
  for (guint i = 0; i < meta->rank; i++) {
    if (tl_dim_is_symbolic (meta->shape[i])) {
      char *name = tl_dim_to_string (meta->shape[i]);

      g_strlcpy (text, name, sizeof text);
      g_free (name);
      lua_pushstring (L, text);
    } else {
      lua_pushinteger (L, meta->shape[i]);
    }
    lua_rawseti (L, -2, (lua_Integer)i + 1);
  }
  lua_rawgetp (L, LUA_REGISTRYINDEX, push_shape); /* a shape is a list that may also be called: x.shape and x:shape () */
  lua_setmetatable (L, -2);
}

static int
shape_call (lua_State *L)
{
  lua_settop (L, 1);
  return 1;
}

static int
shape_tostring (lua_State *L)
{
  lua_Unsigned n = lua_rawlen (L, 1);

  lua_pushliteral (L, "[");
  for (lua_Unsigned i = 1; i <= n; i++) {
    lua_rawgeti (L, 1, (lua_Integer)i);
    luaL_tolstring (L, -1, NULL);
    lua_remove (L, -2);
    lua_pushstring (L, i < n ? ", " : "");
    lua_concat (L, 3);
  }
  lua_pushliteral (L, "]");
  lua_concat (L, 2);
  return 1;
}

static int
tensor_item (lua_State *L)
{
  TlTensor *tensor = tl_lua_check_tensor (L, 1);

  if (!tl_tensor_has_data (tensor))
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "item: values are not known while a step is traced");
  if (tl_tensor_get_n_elements (tensor) != 1)
    return tl_lua_error (L, TL_ERROR_SHAPE, "item: a tensor of %" G_GSIZE_FORMAT " elements has no single value",
                         tl_tensor_get_n_elements (tensor));
  tl_lua_push_element (L, tensor, 0);
  return 1;
}

/* x[i]: the i-th part along the first axis, from 1; from the end if negative. */
static TlTensor *
select_first (TlTensor *tensor,
              gint64    index,
              GError  **error)
{
  const TlMeta        *meta = tl_tensor_get_meta (tensor);
  const TlDim         *shape = meta->shape;
  g_autoptr (TlTensor) part = NULL;

  if (meta->rank == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "[%" G_GINT64_FORMAT "]: a tensor without axes has no parts", index);
    return NULL;
  }
  if (tl_dim_is_symbolic (shape[0]) || index == 0 || index > shape[0] || -index > shape[0]) {
    g_autofree char *text = tl_shape_to_string (shape, meta->rank);

    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "[%" G_GINT64_FORMAT "] is not in the first axis of %s, counted from 1",
                 index, text);
    return NULL;
  }
  index += index < 0 ? shape[0] : -1;
  part = tl_narrow (tensor, 0, index, 1, error);
  return part != NULL ? tl_reshape (part, meta->rank - 1u, shape + 1, error) : NULL;
}

static int
push_part (lua_State *L,
           TlTensor  *tensor,
           gint64     index)
{
  GError   *error = NULL;
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_tensor);

  *slot = select_first (tensor, index, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  return 1;
}

static int
push_gradient (lua_State  *L,
               TlVariable *variable)
{
  TlTensor *grad = variable == NULL                               ? NULL
                   : tl_trace_is_active (tl_lua_get (L)->context) ? tl_trace_get_grad (variable)
                                                                  : tl_variable_get_grad (variable);
  gpointer *slot;

  if (grad == NULL) {
    lua_pushnil (L);
    return 1;
  }
  slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  *slot = tl_tensor_ref (grad);
  return 1;
}

/* Properties; the methods are in the table of upvalue 1. */
static int
tensor_index (lua_State *L)
{
  static const char *const properties[] = { "dtype", "grad", "rank", "requires_grad", "shape", NULL };

  TlTensor   *tensor = tl_lua_check (L, 1, &tl_lua_type_tensor);
  const char *name;

  if (lua_isinteger (L, 2))
    return push_part (L, tensor, lua_tointeger (L, 2));
  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";
  if (strcmp (name, "shape") == 0)
    push_shape (L, tensor);
  else if (strcmp (name, "dtype") == 0)
    lua_pushstring (L, tl_dtype_name (tl_tensor_get_dtype (tensor)));
  else if (strcmp (name, "rank") == 0)
    lua_pushinteger (L, tl_tensor_get_rank (tensor));
  else if (strcmp (name, "requires_grad") == 0)
    lua_pushboolean (L, tl_tensor_requires_grad (tensor));
  else if (strcmp (name, "grad") == 0)
    return push_gradient (L, tl_tensor_get_variable (tensor));
  else
    return tl_lua_no_name (L, lua_upvalueindex (1), properties, "x", "a tensor", luaL_tolstring (L, 2, NULL));
  return 1;
}

static int
tensor_len (lua_State *L)
{
  const TlMeta *meta = tl_tensor_get_meta (tl_lua_check_tensor (L, 1));

  if (meta->rank == 0 || tl_dim_is_symbolic (meta->shape[0]))
    return tl_lua_error (L, TL_ERROR_SHAPE, "#: the size of the first axis is not known");
  lua_pushinteger (L, meta->shape[0]);
  return 1;
}

static int
tensor_tostring (lua_State *L)
{
  TlTensor *tensor = tl_lua_check_tensor (L, 1);
  gpointer *slot = lua_newuserdatauv (L, sizeof *slot, 0); /* owns the text while Lua copies it */

  *slot = NULL;
  lua_rawgetp (L, LUA_REGISTRYINDEX, tensor_tostring);
  lua_setmetatable (L, -2);
  *slot = tl_lua_tensor_to_text (tensor);
  lua_pushstring (L, *slot);
  return 1;
}

static int
text_gc (lua_State *L)
{
  g_clear_pointer ((char **)lua_touserdata (L, 1), g_free);
  return 0;
}

static int
tensor_numel (lua_State *L)
{
  TlDim n = tl_meta_get_n_elements (tl_tensor_get_meta (tl_lua_check_tensor (L, 1)));

  if (tl_dim_is_symbolic (n))
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "numel: sizes are not known while a step is traced");
  lua_pushinteger (L, n);
  return 1;
}

static int
tensor_size (lua_State *L)
{
  TlTensor     *tensor = tl_lua_check_tensor (L, 1);
  const TlMeta *meta = tl_tensor_get_meta (tensor);
  lua_Integer   axis;

  push_shape (L, tensor);
  if (lua_isnoneornil (L, 2))
    return 1;
  axis = luaL_checkinteger (L, 2);
  axis += axis < 0 ? meta->rank : 0;
  if (axis < 0 || axis >= meta->rank)
    return tl_lua_error (L, TL_ERROR_VALUE, "size: axis %d is out of range for %d axes", (int)luaL_checkinteger (L, 2), meta->rank);
  lua_rawgeti (L, -1, axis + 1);
  return 1;
}

static int
tensor_backward (lua_State *L)
{
  static const TlAttrSpec options[] = { { "retain", "keep what another backward needs", TL_ATTR_BOOL }, { NULL } };
  TlTensor               *y = tl_lua_check_tensor (L, 1);
  TlTensor               *dy = tl_lua_test_tensor (L, 2);
  TlAttrValue             values[1] = { 0 };
  guint32                 given = 0;
  GError                 *error = NULL;

  tl_lua_get (L)->running = L;
  tl_lua_read_attrs (L, dy != NULL ? 3 : 2, "backward", options, NULL, values, &given);
  if (!tl_backward (y, dy, values[0].i != 0, &error))
    return tl_lua_raise_again (L, error);
  tl_lua_note_memory (L);
  return 0;
}

static int
tl_manual_seed (lua_State *L)
{
  tl_context_set_seed (tl_lua_get (L)->context, (guint64)luaL_checkinteger (L, 1));
  return 0;
}

static int
tl_context_info (lua_State *L)
{
  TlLua        *self = tl_lua_get (L);
  TlMemoryStats stats;

  tl_memory_get_stats (&stats);
  lua_newtable (L);
  lua_pushstring (L, self->host.device != NULL ? self->host.device : "cpu");
  lua_setfield (L, -2, "device");
  lua_pushinteger (L, tl_context_get_n_threads (self->context));
  lua_setfield (L, -2, "threads");
  lua_pushinteger (L, (lua_Integer)tl_context_get_seed (self->context));
  lua_setfield (L, -2, "seed");
  lua_pushinteger (L, (lua_Integer)stats.n_live);
  lua_setfield (L, -2, "memory");
  lua_pushinteger (L, (lua_Integer)stats.n_limit);
  lua_setfield (L, -2, "memory_limit");
  return 1;
}

static int
tl_is_tensor (lua_State *L)
{
  lua_pushboolean (L, tl_lua_test (L, 1, &tl_lua_type_tensor) != NULL || tl_lua_test (L, 1, &tl_lua_type_variable) != NULL);
  return 1;
}

/* nn.Parameter (tensor) */
static int
new_parameter (lua_State *L)
{
  TlLua    *self = tl_lua_get (L);
  TlTensor *value = tl_lua_check_tensor (L, 1);
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_variable);
  gpointer *copy = tl_lua_new_box (L, &tl_lua_type_tensor);
  GError   *error = NULL;
  char      path[32];

  if (!tl_tensor_has_data (value))
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "Parameter: values are not known while a step is traced");
  if (!tl_dtype_is_float (tl_tensor_get_dtype (value)))
    return tl_lua_error (L, TL_ERROR_DTYPE, "Parameter: %s has no gradients; give dtype = \"f32\"", tl_dtype_name (tl_tensor_get_dtype (value)));
  *copy = tl_contiguous (value, &error);
  if (*copy == NULL)
    return tl_lua_raise (L, error);
  g_snprintf (path, sizeof path, "parameter%u", ++self->n_layers);
  *slot = tl_variable_new (path, TL_VARIABLE_PARAMETER, *copy, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  lua_pop (L, 1);
  return 1;
}

static int
parameter_set (lua_State *L)
{
  TlVariable *variable = tl_lua_check (L, 1, &tl_lua_type_variable);
  TlTensor   *value = tl_lua_check_tensor (L, 2);
  GError     *error = NULL;

  if (!tl_assign (variable, value, &error))
    return tl_lua_raise (L, error);
  return 0;
}

int
tl_lua_parameter_zero_grad (lua_State *L)
{
  TlVariable *variable = tl_lua_check (L, 1, &tl_lua_type_variable);

  if (tl_trace_is_active (tl_lua_get (L)->context))
    tl_trace_clear_grad (variable);
  else
    tl_variable_set_grad (variable, NULL);
  return 0;
}

static int
parameter_index (lua_State *L)
{
  TlVariable *variable = tl_lua_check (L, 1, &tl_lua_type_variable);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";

  if (strcmp (name, "grad") == 0)
    return push_gradient (L, variable);
  if (strcmp (name, "path") == 0)
    lua_pushstring (L, tl_variable_get_path (variable));
  else if (strcmp (name, "set") == 0)
    lua_pushcfunction (L, parameter_set);
  else if (strcmp (name, "zero_grad") == 0)
    lua_pushcfunction (L, tl_lua_parameter_zero_grad);
  else if (strcmp (name, "requires_grad") == 0)
    lua_pushboolean (L, tl_variable_get_trainable (variable));
  else {
    tl_lua_check_tensor (L, 1);
    return tensor_index (L);
  }
  return 1;
}

static int
parameter_newindex (lua_State *L)
{
  TlVariable *variable = tl_lua_check (L, 1, &tl_lua_type_variable);
  const char *name = luaL_checkstring (L, 2);

  if (strcmp (name, "requires_grad") == 0)
    tl_variable_set_trainable (variable, lua_toboolean (L, 3));
  else if (strcmp (name, "grad") == 0 && lua_isnil (L, 3))
    tl_variable_set_grad (variable, NULL);
  else
    return tl_lua_error (L, TL_ERROR_NAME, "%s of a parameter cannot be set", name);
  return 0;
}

// clang-format off
const TlLuaFunction tl_lua_tl_functions[] = {
  { "tensor", tl_lua_tensor_create, "tl.tensor (values, { dtype })", "A tensor of a number, or of lists in lists." },
  { "zeros", tl_lua_tensor_zeros, "tl.zeros (shape, { dtype })", "Zeros." },
  { "ones", tl_lua_tensor_ones, "tl.ones (shape, { dtype })", "Ones." },
  { "compile", tl_lua_compile, "tl.compile (f)", "A function that is traced once for each kind of arguments and then replayed as a plan." },
  { "profile", tl_lua_profile, "tl.profile (f, ...)", "Calls a function; gives a table of the operations that took most time, as text, and its rows." },
  { "manual_seed", tl_manual_seed, "tl.manual_seed (seed)", "Starts all random numbers anew." },
  { "context", tl_context_info, "tl.context ()", "Device, threads, seed and memory." },
  { "is_tensor", tl_is_tensor, "tl.is_tensor (value)", "Whether a value is a tensor or parameter." },
  { "parameter", new_parameter, "tl.parameter (tensor)", "A variable with this value, to which gradients flow." },
  { NULL },
};

const TlLuaFunction tl_lua_tensor_methods[] = {
  { "item", tensor_item, "x:item ()", "The value of a tensor of one element." },
  { "totable", tl_lua_tensor_table, "x:totable ()", "The values as lists in lists." },
  { "size", tensor_size, "x:size (axis)", "The size of an axis, from 0; without one all sizes." },
  { "numel", tensor_numel, "x:numel ()", "The number of elements." },
  { "backward", tensor_backward, "x:backward (dy, { retain })", "Adds the gradients of a value to those of parameters." },
  { "shape", NULL, "x.shape", "The sizes, a list." },
  { "dtype", NULL, "x.dtype", "The element type." },
  { "rank", NULL, "x.rank", "The number of axes." },
  { "grad", NULL, "x.grad", "The gradient of a parameter." },
  { "requires_grad", NULL, "x.requires_grad", "Whether gradients flow to it." },
  { NULL },
};
// clang-format on

typedef struct {
  const char *event;
  const char *op;
} Operator;

static const Operator operators[] = {
  { "__add", "add" },
  { "__sub", "sub" },
  { "__mul", "mul" },
  { "__div", "div" },
  { "__pow", "pow" },
  { "__unm", "neg" },
  { "__mod", "remainder" },
  { NULL },
};

/* Lua gives a unary operator its operand twice. */
static int
negate (lua_State *L)
{
  lua_settop (L, 1);
  lua_pushvalue (L, lua_upvalueindex (1));
  lua_insert (L, 1);
  lua_call (L, 1, 1);
  return 1;
}

static void
set_operators (lua_State *L)
{
  for (const Operator *operator= operators; operator->event != NULL; operator++) {
    const TlOpClass *op = tl_op_find (operator->op);

    if (op == NULL)
      continue;
    tl_lua_push_op (L, op);
    if (strcmp (operator->event, "__unm") == 0)
      lua_pushcclosure (L, negate, 1);
    lua_setfield (L, -2, operator->event);
  }
  lua_pushcfunction (L, tensor_len);
  lua_setfield (L, -2, "__len");
  lua_pushcfunction (L, tensor_tostring);
  lua_setfield (L, -2, "__tostring");
}

/* What only makes tensors is no method of one. */
static void
set_method_ops (lua_State *L)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);

    if ((op->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0 || tl_op_get_n_ports (op->in) == 0 ||
        strcmp (op->in[0].name, "call") == 0)
      continue;
    tl_lua_push_op (L, op);
    lua_setfield (L, -2, op->name);
  }
}

void
tl_lua_open_tensor (lua_State *L)
{
  lua_newtable (L);
  lua_pushcfunction (L, text_gc);
  lua_setfield (L, -2, "__gc");
  lua_rawsetp (L, LUA_REGISTRYINDEX, tensor_tostring);

  lua_newtable (L);
  lua_pushcfunction (L, shape_call);
  lua_setfield (L, -2, "__call");
  lua_pushcfunction (L, shape_tostring);
  lua_setfield (L, -2, "__tostring");
  lua_rawsetp (L, LUA_REGISTRYINDEX, push_shape);

  lua_newtable (L); /* methods */
  set_method_ops (L);
  tl_lua_set_functions (L, tl_lua_tensor_methods);

  tl_lua_new_type (L, &tl_lua_type_tensor);
  set_operators (L);
  lua_pushvalue (L, -2);
  lua_pushcclosure (L, tensor_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pop (L, 1);

  tl_lua_new_type (L, &tl_lua_type_variable);
  set_operators (L);
  lua_pushvalue (L, -2);
  lua_pushcclosure (L, parameter_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, parameter_newindex);
  lua_setfield (L, -2, "__newindex");
  lua_pop (L, 2);

  lua_newtable (L);
  tl_lua_set_ops (L);
  tl_lua_set_functions (L, tl_lua_tl_functions);
  tl_lua_set_functions (L, tl_lua_autodiff_functions);
  tl_lua_guard_module (L, "tl");
  lua_setglobal (L, "tl");
}
