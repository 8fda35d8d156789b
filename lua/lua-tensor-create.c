/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tensors from Lua values, and back.
 */
#include <math.h>
#include <string.h>

#include "core/tensor/tensor.h"
#include "lua/lua-private.h"

/* A nested list as it is walked: sizes are those of the first lists, and all others must agree. */
typedef struct {
  guint    rank;
  TlDim    shape[TL_TENSOR_MAX_RANK];
  gboolean any_float;
  gboolean any_integer;
  gboolean any_bool;
} ListType;

static void
measure_list (lua_State *L,
              ListType  *type,
              guint      depth)
{
  lua_Unsigned n = lua_rawlen (L, -1);

  if (depth >= TL_TENSOR_MAX_RANK)
    tl_lua_error (L, TL_ERROR_SHAPE, "tensor: lists are nested deeper than %d", TL_TENSOR_MAX_RANK);
  luaL_checkstack (L, 3, NULL);
  type->shape[depth] = (TlDim)n;
  type->rank = depth + 1;
  if (n > 0 && lua_rawgeti (L, -1, 1) == LUA_TTABLE)
    measure_list (L, type, depth + 1);
  if (n > 0)
    lua_pop (L, 1);
}

static void
check_list (lua_State *L,
            ListType  *type,
            guint      depth)
{
  lua_Integer n = (lua_Integer)lua_rawlen (L, -1);

  if (n != type->shape[depth])
    tl_lua_error (L, TL_ERROR_SHAPE, "tensor: a list of %d values where %d are wanted: all lists of one depth must be of one length",
                  (int)n, (int)type->shape[depth]);
  for (lua_Integer i = 1; i <= n; i++) {
    int got = lua_rawgeti (L, -1, i);

    if (i % 4096 == 0)
      tl_lua_poll (L);
    if (depth + 1 < type->rank) {
      if (got != LUA_TTABLE)
        tl_lua_error (L, TL_ERROR_SHAPE, "tensor: a list is wanted where a %s stands", luaL_typename (L, -1));
      check_list (L, type, depth + 1);
    } else if (got == LUA_TNUMBER) {
      type->any_integer = type->any_integer || lua_isinteger (L, -1);
      type->any_float = type->any_float || !lua_isinteger (L, -1);
    } else if (got == LUA_TBOOLEAN) {
      type->any_bool = TRUE;
    } else {
      tl_lua_error (L, TL_ERROR_VALUE, "tensor: a number is wanted where a %s stands", luaL_typename (L, -1));
    }
    lua_pop (L, 1);
  }
}

#define STORE(T) (((T *)data)[index] = lua_isinteger (L, -1) ? (T)lua_tointeger (L, -1) : (T)lua_tonumber (L, -1))

static void
store (lua_State *L,
       gpointer   data,
       TlDType    dtype,
       gsize      index)
{
  if (lua_isboolean (L, -1))
    lua_pushinteger (L, lua_toboolean (L, -1));
  else
    lua_pushvalue (L, -1);
  if (!tl_dtype_is_float (dtype) && !lua_isinteger (L, -1) && !(fabs (lua_tonumber (L, -1)) < 9.2e18))
    tl_lua_error (L, TL_ERROR_VALUE, "tensor: %g does not fit %s", lua_tonumber (L, -1), tl_dtype_name (dtype));
  switch (dtype) {
  case TL_DTYPE_F32:
    STORE (float);
    break;
  case TL_DTYPE_F64:
    STORE (double);
    break;
  case TL_DTYPE_I8:
    STORE (gint8);
    break;
  case TL_DTYPE_U8:
    STORE (guint8);
    break;
  case TL_DTYPE_I32:
    STORE (gint32);
    break;
  case TL_DTYPE_BOOL:
    ((guint8 *)data)[index] = lua_tonumber (L, -1) != 0;
    break;
  default:
    STORE (gint64);
  }
  lua_pop (L, 1);
}

/* Returns: the index behind what was stored */
static gsize
store_list (lua_State      *L,
            gpointer        data,
            TlDType         dtype,
            const ListType *type,
            guint           depth,
            gsize           index)
{
  for (lua_Integer i = 1; i <= type->shape[depth]; i++) {
    lua_rawgeti (L, -1, i);
    if (depth + 1 < type->rank)
      index = store_list (L, data, dtype, type, depth + 1, index);
    else
      store (L, data, dtype, index++);
    lua_pop (L, 1);
  }
  return index;
}

// clang-format off
static const TlAttrSpec tensor_options[] = {
  { "dtype", "element type; without it f32, or i64 or bool if all values are whole numbers or truth values", TL_ATTR_DTYPE },
  { NULL },
};
// clang-format on

/* tl.tensor (values, { dtype }) */
int
tl_lua_tensor_create (lua_State *L)
{
  ListType    type = { 0 };
  TlAttrValue values[1] = { 0 };
  guint32     given = 0;
  GError     *error = NULL;
  TlTensor   *made;
  gpointer   *slot;
  TlDType     dtype, stored;
  int         source = lua_type (L, 1);

  luaL_argexpected (L, source == LUA_TTABLE || source == LUA_TNUMBER || source == LUA_TBOOLEAN, 1, "list or number");
  tl_lua_read_attrs (L, 2, "tensor", tensor_options, NULL, values, &given);
  lua_pushvalue (L, 1);
  if (source == LUA_TTABLE) {
    measure_list (L, &type, 0);
    check_list (L, &type, 0);
  } else {
    type.any_bool = source == LUA_TBOOLEAN;
    type.any_integer = source == LUA_TNUMBER && lua_isinteger (L, 1);
    type.any_float = source == LUA_TNUMBER && !lua_isinteger (L, 1);
  }
  dtype = type.any_float     ? TL_DTYPE_F32
          : type.any_integer ? TL_DTYPE_I64
          : type.any_bool    ? TL_DTYPE_BOOL
                             : TL_DTYPE_F32;
  if (given != 0)
    dtype = (TlDType)values[0].i;
  stored = dtype == TL_DTYPE_F16 || dtype == TL_DTYPE_BF16 ? TL_DTYPE_F32 : dtype;
  slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  *slot = tl_tensor_new (stored, type.rank, type.shape, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  lua_pushvalue (L, -2);
  if (source == LUA_TTABLE)
    store_list (L, tl_tensor_peek_data (*slot), stored, &type, 0, 0);
  else
    store (L, tl_tensor_peek_data (*slot), stored, 0);
  lua_pop (L, 1);
  if (stored != dtype) {
    made = tl_cast (*slot, dtype, &error);
    if (made == NULL)
      return tl_lua_raise (L, error);
    tl_tensor_unref (*slot);
    *slot = made;
  }
  tl_lua_note_memory (L);
  return 1;
}

static int
fill (lua_State  *L,
      const char *name,
      double      value)
{
  // clang-format off
  static const TlAttrSpec options[] = {
    { "shape", "sizes", TL_ATTR_INTS, .required = TRUE },
    { "dtype", "element type", TL_ATTR_DTYPE, .def = { .i = TL_DTYPE_F32 } },
    { NULL },
  };
  // clang-format on
  const TlOpClass *op = tl_op_find ("full");
  TlAttrValue      values[2], attrs[3];
  guint32          given = 0;
  GError          *error = NULL;
  gpointer        *slot;

  tl_attr_init_defaults (options, values);
  tl_lua_read_attrs (L, 1, name, options, NULL, values, &given);
  if (!tl_attr_check_required (name, options, given, &error))
    return tl_lua_raise (L, error);
  attrs[0] = values[0];
  attrs[1] = TL_FLOAT (value);
  attrs[2] = values[1];
  slot = tl_lua_new_box (L, &tl_lua_type_tensor);
  *slot = tl_op_apply1 (op, NULL, 0, attrs, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  return 1;
}

int
tl_lua_tensor_zeros (lua_State *L)
{
  return fill (L, "zeros", 0);
}

int
tl_lua_tensor_ones (lua_State *L)
{
  return fill (L, "ones", 1);
}

/*
 * Pushes element @index, counted in row-major order, as the Lua value of its kind.
 */
void
tl_lua_push_element (lua_State *L,
                     TlTensor  *tensor,
                     gsize      index)
{
  const TlMeta *meta = tl_tensor_get_meta (tensor);
  gconstpointer data = tl_tensor_peek_data (tensor);
  gint64        offset = 0;

  if (tl_dtype_is_float (meta->dtype)) {
    lua_pushnumber (L, tl_tensor_peek_element (tensor, index));
    return;
  }
  for (guint axis = meta->rank; axis-- > 0;) {
    offset += (gint64)(index % (gsize)meta->shape[axis]) * meta->strides[axis];
    index /= (gsize)meta->shape[axis];
  }
  switch (meta->dtype) {
  case TL_DTYPE_BOOL:
    lua_pushboolean (L, ((const guint8 *)data)[offset]);
    break;
  case TL_DTYPE_I8:
    lua_pushinteger (L, ((const gint8 *)data)[offset]);
    break;
  case TL_DTYPE_U8:
    lua_pushinteger (L, ((const guint8 *)data)[offset]);
    break;
  case TL_DTYPE_I32:
    lua_pushinteger (L, ((const gint32 *)data)[offset]);
    break;
  default:
    lua_pushinteger (L, ((const gint64 *)data)[offset]);
  }
}

static gsize
push_list (lua_State *L,
           TlTensor  *tensor,
           guint      depth,
           gsize      index)
{
  const TlMeta *meta = tl_tensor_get_meta (tensor);

  if (depth == meta->rank) {
    tl_lua_push_element (L, tensor, index);
    return index + 1;
  }
  luaL_checkstack (L, 3, NULL);
  lua_createtable (L, (int)MIN (meta->shape[depth], G_MAXINT / 4), 0);
  for (TlDim i = 0; i < meta->shape[depth]; i++) {
    if (i % 4096 == 4095)
      tl_lua_poll (L);
    index = push_list (L, tensor, depth + 1, index);
    lua_rawseti (L, -2, i + 1);
  }
  return index;
}

/* x:totable () */
int
tl_lua_tensor_table (lua_State *L)
{
  TlTensor *tensor = tl_lua_check_tensor (L, 1);

  if (!tl_tensor_has_data (tensor))
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "totable: values are not known while a step is traced");
  push_list (L, tensor, 0, 0);
  return 1;
}
