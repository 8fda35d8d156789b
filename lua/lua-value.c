/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lua/lua-private.h"

/* Whether a table is meant as named options: it has a key that is no position, or nothing at all. */
gboolean
tl_lua_is_options (lua_State *L,
                   int        index)
{
  if (lua_type (L, index) != LUA_TTABLE)
    return FALSE;
  if (luaL_getmetafield (L, index, "__name") != LUA_TNIL) {
    lua_pop (L, 1);
    return FALSE;
  }
  index = lua_absindex (L, index);
  lua_pushnil (L);
  while (lua_next (L, index) != 0) {
    lua_pop (L, 1);
    if (lua_type (L, -1) == LUA_TSTRING) {
      lua_pop (L, 1);
      return TRUE;
    }
  }
  return lua_rawlen (L, index) == 0;
}

static void
read_scalar (lua_State   *L,
             int          index,
             TlAttrInput *input)
{
  switch (lua_type (L, index)) {
  case LUA_TNIL:
  case LUA_TNONE:
    *input = TL_INPUT_NIL;
    break;
  case LUA_TBOOLEAN:
    *input = TL_INPUT_BOOL (lua_toboolean (L, index));
    break;
  case LUA_TNUMBER:
    if (lua_isinteger (L, index))
      *input = TL_INPUT_INT (lua_tointeger (L, index));
    else
      *input = TL_INPUT_NUMBER (lua_tonumber (L, index));
    break;
  case LUA_TSTRING:
    *input = TL_INPUT_STRING (lua_tostring (L, index));
    break;
  default:
    tl_lua_error (L, TL_ERROR_VALUE, "a %s cannot be the value of an attribute", luaL_typename (L, index));
  }
}

/* The elements of a tensor as a list: the weights of classes. */
static void
read_tensor (lua_State   *L,
             TlTensor    *tensor,
             TlAttrInput *input,
             TlAttrInput *items)
{
  gsize n = tl_tensor_has_data (tensor) ? tl_tensor_get_n_elements (tensor) : 0;

  if (!tl_tensor_has_data (tensor) || tl_tensor_get_rank (tensor) != 1 || n > TL_LUA_MAX_ITEMS)
    tl_lua_error (L, TL_ERROR_VALUE, "a tensor can be the value of an attribute if it has one axis of at most %d known elements", TL_LUA_MAX_ITEMS);
  for (gsize i = 0; i < n; i++)
    items[i] = TL_INPUT_NUMBER (tl_tensor_peek_element (tensor, i));
  *input = TL_INPUT_LIST (items, (guint)n);
}

/*
 * Reads the value at @index.  Strings stay Lua's, so the value must stay where it is while @input is used; @items has
 * TL_LUA_MAX_ITEMS elements and holds those of a list.
 */
void
tl_lua_read_input (lua_State   *L,
                   int          index,
                   TlAttrInput *input,
                   TlAttrInput *items)
{
  lua_Unsigned n;

  if (tl_lua_test_tensor (L, index) != NULL) {
    read_tensor (L, tl_lua_test_tensor (L, index), input, items);
    return;
  }
  if (lua_type (L, index) != LUA_TTABLE) {
    read_scalar (L, index, input);
    return;
  }
  index = lua_absindex (L, index);
  n = lua_rawlen (L, index);
  if (n > TL_LUA_MAX_ITEMS)
    tl_lua_error (L, TL_ERROR_VALUE, "a list of %u values is too long for an attribute", (guint)MIN (n, G_MAXUINT));
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti (L, index, (lua_Integer)i + 1);
    read_scalar (L, -1, &items[i]);
    if (items[i].type == TL_ATTR_INPUT_STRING) /* the name of a size */
      items[i] = TL_INPUT_DIM (tl_dim_symbol (items[i].s));
    lua_pop (L, 1);
  }
  *input = TL_INPUT_LIST (items, (guint)n);
}

/*
 * Sets attribute @name to the value at @index, or raises.
 */
void
tl_lua_set_attr (lua_State        *L,
                 int               index,
                 const char       *owner,
                 const TlAttrSpec *specs,
                 TlAttrValue      *values,
                 guint32          *given,
                 const char       *name)
{
  TlAttrInput items[TL_LUA_MAX_ITEMS];
  TlAttrInput input;
  GError     *error = NULL;

  tl_lua_read_input (L, index, &input, items);
  if (input.type == TL_ATTR_INPUT_NIL)
    return;
  if (!tl_attr_set (owner, specs, values, name, &input, &error))
    tl_lua_raise (L, error);
  *given |= 1u << tl_attr_find (specs, name);
}

static gboolean
is_hidden (const char *hidden,
           const char *name)
{
  for (; hidden != NULL && *hidden != '\0'; hidden += strlen (hidden) + 1)
    if (strcmp (hidden, name) == 0)
      return TRUE;
  return FALSE;
}

/* Whole numbers from @arg on become one list: x:reshape (2, 3). */
static int
read_integers (lua_State        *L,
               int               arg,
               int               top,
               const char       *owner,
               const TlAttrSpec *specs,
               TlAttrValue      *values,
               guint32          *given,
               guint             attr)
{
  TlAttrInput items[TL_LUA_MAX_ITEMS];
  TlAttrInput input;
  GError     *error = NULL;
  int         n = 0;

  while (arg + n <= top && lua_isinteger (L, arg + n) && n < TL_LUA_MAX_ITEMS) {
    items[n] = TL_INPUT_INT (lua_tointeger (L, arg + n));
    n++;
  }
  input = TL_INPUT_LIST (items, (guint)n);
  if (!tl_attr_set (owner, specs, values, specs[attr].name, &input, &error))
    tl_lua_raise (L, error);
  *given |= 1u << attr;
  return n;
}

/*
 * Reads attributes from the arguments from @first on: by position, and by name from a table that comes last.  @hidden are names that
 * users do not see, each ended by a zero byte.  @values must hold the defaults.  Raises what tl_attr_set() says.
 */
void
tl_lua_read_attrs (lua_State        *L,
                   int               first,
                   const char       *owner,
                   const TlAttrSpec *specs,
                   const char       *hidden,
                   TlAttrValue      *values,
                   guint32          *given)
{
  int   top = lua_gettop (L), arg = first;
  guint attr = 0, n_attrs = tl_attr_count (specs);
  int   options = top >= first && tl_lua_is_options (L, top) ? top : 0;

  /* An empty list of sizes, for a tensor without axes. */
  if (options == first && n_attrs > 0 && specs[0].required && specs[0].type == TL_ATTR_INTS && (lua_pushnil (L), lua_next (L, top) == 0))
    options = 0;
  lua_settop (L, top);
  if (options != 0)
    top--;
  for (; arg <= top; attr++) {
    while (attr < n_attrs && is_hidden (hidden, specs[attr].name))
      attr++;
    if (attr >= n_attrs) {
      tl_lua_error (L, TL_ERROR_VALUE, "%s: too many arguments", owner);
      return;
    }
    if (specs[attr].type == TL_ATTR_INTS && specs[attr].n == 0 && lua_isinteger (L, arg))
      arg += read_integers (L, arg, top, owner, specs, values, given, attr);
    else
      tl_lua_set_attr (L, arg++, owner, specs, values, given, specs[attr].name);
  }
  if (options == 0)
    return;
  lua_pushnil (L);
  while (lua_next (L, options) != 0) {
    const char *name = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL;

    if (name == NULL)
      tl_lua_error (L, TL_ERROR_NAME, "%s: options have names", owner);
    else if (is_hidden (hidden, name))
      tl_lua_error (L, TL_ERROR_NAME, "%s has no attribute %s", owner, name);
    else
      tl_lua_set_attr (L, -1, owner, specs, values, given, name);
    lua_pop (L, 1);
  }
}

/*
 * The name of the row that stands on top of the stack: "cosine" or { "cosine", eta_min = 1e-5 }.
 */
const char *
tl_lua_get_row_name (lua_State  *L,
                     const char *what)
{
  const char *name;

  if (lua_istable (L, -1))
    lua_rawgeti (L, -1, 1);
  else
    lua_pushvalue (L, -1);
  name = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : NULL;
  if (name == NULL)
    tl_lua_error (L, TL_ERROR_VALUE, "fit: a %s is a name, or a list of a name and its options, not a %s", what, luaL_typename (L, -1));
  lua_pop (L, 1); /* what is on top keeps it */
  return name;
}

/*
 * The options of the row that stands on top of the stack; what is not given has its default.
 */
void
tl_lua_read_row_attrs (lua_State        *L,
                       const char       *owner,
                       const TlAttrSpec *specs,
                       TlAttrValue      *values)
{
  int     row = lua_gettop (L);
  guint32 given = 0;
  GError *error = NULL;

  tl_attr_init_defaults (specs, values);
  lua_pushnil (L);
  while (lua_istable (L, row) && lua_next (L, row) != 0) {
    if (lua_type (L, -2) == LUA_TSTRING)
      tl_lua_set_attr (L, -1, owner, specs, values, &given, lua_tostring (L, -2));
    else if (!lua_isinteger (L, -2) || lua_tointeger (L, -2) != 1)
      tl_lua_error (L, TL_ERROR_NAME, "%s: options have names", owner);
    lua_pop (L, 1);
  }
  lua_settop (L, row);
  if (!tl_attr_check_required (owner, specs, given, &error))
    tl_lua_raise (L, error);
}
