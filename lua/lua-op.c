/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every row of the table of operations as a function: tl.NAME (inputs..., attributes..., { options }).
 */
#include <string.h>

#include "core/op/ops.h"
#include "core/op/random-common.h"
#include "lua/help-private.h"
#include "lua/lua-private.h"

#define MAX_IN 64

/* Set by the engine: the key of random numbers, and what plans do with results. */
static const char hidden_names[] = "epilogue\0seed\0stream\0unused\0";

gboolean
tl_lua_is_hidden_attr (const TlOpClass *op,
                       const char      *name)
{
  for (const char *hidden = hidden_names; *hidden != '\0'; hidden += strlen (hidden) + 1)
    if (strcmp (hidden, name) == 0)
      return TRUE;
  return FALSE;
}

typedef struct {
  const TlOpClass *op;
  guint            n_in;
  TlTensor        *in[MAX_IN];
  TlAttrValue      attrs[TL_OP_MAX_ATTRS];
  guint32          given;
  guint            n_out;
  TlTensor       **out;   /* both in a block that Lua owns */
  gpointer       **slots; /* boxes for the results */
} Call;

/* Numbers in the place of tensors: boxed, so that the collector owns them. */
static TlTensor *
take_operand (lua_State *L,
              int        arg)
{
  gpointer *slot;

  if (lua_type (L, arg) != LUA_TNUMBER && lua_type (L, arg) != LUA_TBOOLEAN)
    return tl_lua_check_tensor (L, arg);
  slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (lua_isboolean (L, arg)) {
    guint8 value = (guint8)lua_toboolean (L, arg);

    *slot = tl_tensor_new_from_data (TL_DTYPE_BOOL, 0, NULL, &value, NULL);
  } else {
    *slot = tl_tensor_new_number (lua_tonumber (L, arg), lua_isinteger (L, arg));
  }
  lua_replace (L, arg);
  if (*slot == NULL)
    tl_lua_error (L, TL_ERROR_MEMORY, "out of memory");
  return *slot;
}

/* All tensors of a variadic port: as arguments, or in one list. */
static int
take_variadic (lua_State *L,
               Call      *call,
               int        arg)
{
  int top = lua_gettop (L);

  if (lua_type (L, arg) == LUA_TTABLE && !tl_lua_is_options (L, arg)) {
    lua_Unsigned n = lua_rawlen (L, arg);

    for (lua_Unsigned i = 1; i <= n; i++) {
      if (call->n_in >= MAX_IN)
        tl_lua_error (L, TL_ERROR_VALUE, "%s: more than %d inputs", call->op->name, MAX_IN);
      lua_rawgeti (L, arg, (lua_Integer)i);
      call->in[call->n_in++] = take_operand (L, lua_gettop (L));
      lua_rawseti (L, arg, (lua_Integer)i); /* the list keeps it alive */
    }
    return arg + 1;
  }
  for (; arg <= top && tl_lua_test_tensor (L, arg) != NULL; arg++) {
    if (call->n_in >= MAX_IN)
      tl_lua_error (L, TL_ERROR_VALUE, "%s: more than %d inputs", call->op->name, MAX_IN);
    call->in[call->n_in++] = tl_lua_check_tensor (L, arg);
  }
  return arg;
}

static gboolean
is_random_call (const TlOpClass *op,
                guint            port)
{
  return strcmp (op->in[port].name, "call") == 0;
}

/* Whether a call is counted: a row that may drop elements counts those that do. */
static gboolean
wants_call (const Call *call)
{
  gint p = tl_attr_find (call->op->attrs, "dropout_p");

  return (call->op->flags & TL_OP_RANDOM) != 0 || (p >= 0 && call->attrs[p].d > 0);
}

/* Returns: the first argument that is no input */
static int
take_inputs (lua_State *L,
             Call      *call)
{
  const TlOpClass *op = call->op;
  guint            n_ports = tl_op_get_n_ports (op->in);
  int              arg = 1;

  for (guint port = 0; port < n_ports; port++) {
    if (is_random_call (op, port))
      break;
    if ((op->in[port].flags & TL_PORT_VARIADIC) != 0)
      return take_variadic (L, call, arg);
    if ((op->in[port].flags & TL_PORT_OPTIONAL) != 0) {
      if (lua_isnil (L, arg) && arg < lua_gettop (L))
        call->in[call->n_in++] = NULL;
      else if (tl_lua_test_tensor (L, arg) != NULL)
        call->in[call->n_in++] = tl_lua_check_tensor (L, arg);
      else
        break;
      arg++;
      continue;
    }
    if (lua_isnone (L, arg))
      tl_lua_error (L, TL_ERROR_VALUE, "%s: input %s is missing", op->name, op->in[port].name);
    call->in[call->n_in++] = take_operand (L, arg++);
  }
  return arg;
}

/* The number of this call, and the key it counts for. */
static gboolean
add_random_call (Call     *call,
                 gpointer *slot,
                 GError  **error)
{
  TlVariable *counter = tl_context_get_random_counter (tl_context_get ());
  gint        seed = tl_attr_find (call->op->attrs, "seed"), stream = tl_attr_find (call->op->attrs, "stream");
  TlAttrValue unused[2];

  if (counter == NULL) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return FALSE;
  }
  *slot = tl_random_begin (counter, seed >= 0 ? &call->attrs[seed] : &unused[0],
                           stream >= 0 ? &call->attrs[stream] : &unused[1], error);
  if (*slot == NULL)
    return FALSE;
  while (!is_random_call (call->op, call->n_in))
    call->in[call->n_in++] = NULL;
  call->in[call->n_in++] = *slot;
  return TRUE;
}

static gboolean
apply (Call     *call,
       gpointer *random_slot,
       GError  **error)
{
  if (random_slot != NULL && !add_random_call (call, random_slot, error))
    return FALSE;
  if (!tl_op_apply (call->op, call->in, call->n_in, call->attrs, call->out, call->n_out, error))
    return FALSE;
  for (guint i = 0; i < call->n_out; i++)
    *call->slots[i] = call->out[i];
  return TRUE;
}

/* A line is looked up only where it is kept: in a trace, or where it may be asked for.  @node: (nullable): path of a layer */
void
tl_lua_tell_source (lua_State  *L,
                    const char *node)
{
  TlLua    *self = tl_lua_get (L);
  TlSource  source;
  lua_Debug ar;

  if (!tl_trace_is_active (self->context) && !tl_context_get_checks_finite (self->context))
    return;
  tl_context_get_source (self->context, &source);
  source.node = node != NULL && *node != '\0' ? g_intern_string (node) : NULL;
  for (int level = 1; lua_getstack (L, level, &ar); level++) {
    lua_getinfo (L, "Sl", &ar);
    if (ar.currentline > 0 && ar.source[0] == '=' && ar.source[1] != '[') {
      source.line = (guint)ar.currentline;
      break;
    }
  }
  tl_context_set_source (self->context, &source);
}

/* "tl.scatter_add (x, index, src, { dim })" */
static const char *
push_signature (lua_State       *L,
                const TlOpClass *op)
{
  const TlHelpEntry entry = { .module = "tl", .name = op->name, .in = op->in, .attrs = op->attrs, .op = op };
  char             *text = tl_help_signature (&entry);

  lua_pushstring (L, text);
  g_free (text);
  return lua_tostring (L, -1);
}

/* Whether the attribute at a position, hidden ones not counted, is a list of numbers; a tensor of one axis can be one. */
static gboolean
takes_list (const TlOpClass *op,
            int              position)
{
  for (const TlAttrSpec *spec = op->attrs; spec != NULL && spec->name != NULL; spec++)
    if (!tl_lua_is_hidden_attr (op, spec->name) && position-- == 0)
      return spec->type == TL_ATTR_INTS || spec->type == TL_ATTR_FLOATS;
  return FALSE;
}

/* Whoever knows torch.gather (x, dim, index) writes the axis first. */
static void
check_order (lua_State       *L,
             const TlOpClass *op,
             int              first)
{
  int top = lua_gettop (L);

  for (int arg = first; arg <= top; arg++)
    if (tl_lua_test_tensor (L, arg) != NULL && !takes_list (op, arg - first))
      tl_lua_error (L, TL_ERROR_VALUE, "%s: tensors come first: %s", op->name, push_signature (L, op));
}

static int
call_op (lua_State       *L,
         const TlOpClass *op)
{
  Call      call = { .op = op };
  gpointer *random_slot = NULL;
  GError   *error = NULL;
  int       arg;

  arg = take_inputs (L, &call);
  check_order (L, op, arg);
  tl_attr_init_defaults (op->attrs, call.attrs);
  tl_lua_read_attrs (L, arg, op->name, op->attrs, hidden_names, call.attrs, &call.given);
  if (!tl_attr_check_required (op->name, op->attrs, call.given, &error))
    return tl_lua_raise (L, error);
  if (wants_call (&call))
    random_slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (!tl_op_count_out (op, call.in, call.n_in, call.attrs, &call.n_out, &error))
    return tl_lua_raise (L, error);
  luaL_checkstack (L, (int)call.n_out + 8, NULL);
  call.slots = lua_newuserdatauv (L, call.n_out * (sizeof *call.slots + sizeof *call.out) + 1, 0);
  call.out = (TlTensor **)(call.slots + call.n_out);
  for (guint i = 0; i < call.n_out; i++)
    call.slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  tl_lua_tell_source (L, NULL);
  if (!apply (&call, random_slot, &error))
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  return (int)call.n_out;
}

static int
op_function (lua_State *L)
{
  return call_op (L, lua_touserdata (L, lua_upvalueindex (1)));
}

void
tl_lua_push_op (lua_State       *L,
                const TlOpClass *op)
{
  lua_pushlightuserdata (L, (gpointer)op);
  lua_pushcclosure (L, op_function, 1);
}

/* Fills the table on top with a function for each row. */
void
tl_lua_set_ops (lua_State *L)
{
  for (guint i = 0; i < tl_op_get_n_rows (); i++) {
    const TlOpClass *op = tl_op_get_row (i);

    if ((op->flags & (TL_OP_INTERNAL | TL_OP_UPDATE)) != 0)
      continue;
    tl_lua_push_op (L, op);
    lua_setfield (L, -2, op->name);
  }
}
