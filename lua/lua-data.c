/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data sets, transforms and loaders in Lua.
 */
#include <string.h>

#include "core/data/datasets.h"
#include "core/data/loader.h"
#include "lua/lua-private.h"

static void
unref_dataset (gpointer object)
{
  tl_dataset_unref (object);
}

static void
free_loader (gpointer object)
{
  tl_loader_free (object);
}

static void
unref_transforms (gpointer object)
{
  tl_transforms_unref (object);
}

const TlLuaType tl_lua_type_dataset = { "data set", unref_dataset };
const TlLuaType tl_lua_type_loader = { "loader", free_loader };
const TlLuaType tl_lua_type_transforms = { "transforms", unref_transforms };

/* data.ROW { attributes }: its parts */
static int
load_dataset (lua_State *L)
{
  const TlDatasetClass *row = lua_touserdata (L, lua_upvalueindex (1));
  TlAttrValue           values[TL_OP_MAX_ATTRS];
  guint32               given = 0;
  TlDataset            *parts[TL_DATASET_MAX_PARTS] = { NULL };
  gpointer             *slots[TL_DATASET_MAX_PARTS];
  GError               *error = NULL;
  guint                 n = 0;
  int                   first;

  tl_attr_init_defaults (row->attrs, values);
  tl_lua_read_attrs (L, 1, row->name, row->attrs, NULL, values, &given);
  if (!tl_attr_check_required (row->name, row->attrs, given, &error))
    return tl_lua_raise (L, error);
  first = lua_gettop (L) + 1;
  for (n = 0; n < TL_DATASET_MAX_PARTS && row->parts[n] != NULL; n++)
    slots[n] = tl_lua_new_box (L, &tl_lua_type_dataset);
  if (!tl_dataset_class_load (row, values, parts, &error))
    return tl_lua_raise (L, error);
  for (guint i = 0; i < n; i++)
    *slots[i] = parts[i];
  for (guint i = 0; i < n; i++)
    if (parts[i] == NULL) {
      lua_pushnil (L);
      lua_replace (L, first + (int)i);
    }
  tl_lua_note_memory (L);
  return (int)n;
}

/* data.TRANSFORM { attributes }: a list that says which, for transform = */
static int
say_transform (lua_State *L)
{
  const TlTransformClass *row = lua_touserdata (L, lua_upvalueindex (1));

  if (lua_isnone (L, 1))
    lua_newtable (L);
  luaL_checktype (L, 1, LUA_TTABLE);
  lua_settop (L, 1);
  lua_pushstring (L, row->name);
  lua_rawseti (L, 1, 1);
  return 1;
}

/* The table on top: { "normalize", mean = 0.3, field = "image" }, or its name. */
static void
add_transform (lua_State    *L,
               TlTransforms *transforms)
{
  int                     index = lua_gettop (L);
  const TlTransformClass *row;
  const char             *name, *field = NULL;
  TlAttrValue             values[TL_OP_MAX_ATTRS];
  guint32                 given = 0;

  if (lua_type (L, index) == LUA_TTABLE)
    lua_rawgeti (L, index, 1);
  else
    lua_pushvalue (L, index);
  name = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : "?";
  row = tl_transform_class_find (name);
  if (row == NULL) {
    tl_lua_no_row (L, "transform", name);
    return;
  }
  tl_attr_init_defaults (row->attrs, values);
  if (lua_type (L, index) == LUA_TTABLE) {
    lua_pushnil (L);
    while (lua_next (L, index) != 0) {
      const char *key = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL;

      if (key != NULL && strcmp (key, "field") == 0)
        field = g_intern_string (luaL_checkstring (L, -1));
      else if (key != NULL)
        tl_lua_set_attr (L, -1, row->name, row->attrs, values, &given, key);
      lua_pop (L, 1);
    }
  }
  tl_transforms_add (transforms, row, values, field);
  lua_settop (L, index);
}

/*
 * Pushes a pipeline from the list at @index; nil where there is none.
 */
TlTransforms *
tl_lua_push_transforms (lua_State *L,
                        int        index)
{
  gpointer    *slot;
  lua_Unsigned n;

  index = lua_absindex (L, index);
  if (lua_isnoneornil (L, index)) {
    lua_pushnil (L);
    return NULL;
  }
  slot = tl_lua_new_box (L, &tl_lua_type_transforms);
  *slot = tl_transforms_new ();
  /* One transform, or a list of them. */
  if (lua_type (L, index) == LUA_TTABLE && lua_rawgeti (L, index, 1) == LUA_TTABLE) {
    lua_pop (L, 1);
  } else if (lua_type (L, index) != LUA_TTABLE || lua_rawlen (L, index) == 1) {
    lua_settop (L, lua_type (L, index) == LUA_TTABLE ? lua_gettop (L) - 1 : lua_gettop (L));
    lua_pushvalue (L, index);
    add_transform (L, *slot);
    lua_pop (L, 1);
    return *slot;
  } else {
    lua_pop (L, 1);
  }
  n = lua_rawlen (L, index);
  for (lua_Unsigned i = 1; i <= n; i++) {
    lua_rawgeti (L, index, (lua_Integer)i);
    add_transform (L, *slot);
    lua_pop (L, 1);
  }
  return *slot;
}

/* data.tensors { x = x, y = y, fields = { "x", "y" } }, or data.tensors (x, y) */
static int
new_tensors (lua_State *L)
{
  gpointer   *slot;
  GError     *error = NULL;
  lua_Integer n;

  if (tl_lua_test_tensor (L, 1) != NULL) {
    static const char *const names[] = { "x", "y" };

    n = MIN (lua_gettop (L), 2);
    slot = tl_lua_new_box (L, &tl_lua_type_dataset);
    *slot = tl_dataset_new ("tensors of a cell");
    for (int i = 0; i < n; i++)
      if (!tl_dataset_add_field (*slot, names[i], tl_lua_check_tensor (L, i + 1), &error))
        return tl_lua_raise (L, error);
    return 1;
  }
  luaL_checktype (L, 1, LUA_TTABLE);
  lua_getfield (L, 1, "fields");
  if (lua_isnil (L, -1)) {
    lua_pop (L, 1);
    lua_newtable (L);
    lua_pushliteral (L, "x");
    lua_rawseti (L, -2, 1);
    lua_pushliteral (L, "y");
    lua_rawseti (L, -2, 2);
  }
  luaL_checktype (L, 2, LUA_TTABLE);
  slot = tl_lua_new_box (L, &tl_lua_type_dataset);
  *slot = tl_dataset_new ("tensors of a cell");
  n = (lua_Integer)lua_rawlen (L, 2);
  for (lua_Integer i = 1; i <= n; i++) {
    const char *name;
    TlTensor   *tensor;

    lua_rawgeti (L, 2, i);
    name = luaL_checkstring (L, -1);
    lua_getfield (L, 1, name);
    tensor = tl_lua_test_tensor (L, -1);
    if (tensor == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "tensors: field %s must be a tensor", name);
    if (!tl_dataset_add_field (*slot, name, tensor, &error))
      return tl_lua_raise (L, error);
    lua_pop (L, 2);
  }
  return 1;
}

/* data.loader { dataset, batch_size = 64, ... } */

enum { BATCH_SIZE,
       SHUFFLE,
       DROP_LAST,
       SEED,
       TRAINING };

// clang-format off
const TlAttrSpec tl_lua_loader_options[] = {
  { "batch_size", "items in a batch", TL_ATTR_INT, .def = { .i = 64 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "shuffle", "another order in each epoch", TL_ATTR_BOOL },
  { "drop_last", "leave out the last batch if it is smaller", TL_ATTR_BOOL },
  { "seed", "of the order; without it the document's", TL_ATTR_INT },
  { "training", "whether random transforms are applied", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};
// clang-format on

static int
new_loader (lua_State *L)
{
  TlLoaderOptions options = { 0 };
  TlAttrValue     values[5];
  guint32         given = 0;
  GError         *error = NULL;
  gpointer       *slot;

  luaL_checktype (L, 1, LUA_TTABLE);
  lua_settop (L, 1);
  tl_attr_init_defaults (tl_lua_loader_options, values);
  lua_rawgeti (L, 1, 1);
  options.dataset = tl_lua_test (L, 2, &tl_lua_type_dataset);
  if (options.dataset == NULL)
    return tl_lua_error (L, TL_ERROR_VALUE, "loader: the first item must be a data set: data.loader { train, batch_size = 64 }");
  lua_pushnil (L);
  while (lua_next (L, 1) != 0) {
    const char *key = lua_type (L, -2) == LUA_TSTRING ? lua_tostring (L, -2) : NULL;

    if (key != NULL && strcmp (key, "transform") != 0)
      tl_lua_set_attr (L, -1, "loader", tl_lua_loader_options, values, &given, key);
    lua_pop (L, 1);
  }
  options.batch_size = (gsize)values[BATCH_SIZE].i;
  options.shuffle = values[SHUFFLE].i != 0;
  options.drop_last = values[DROP_LAST].i != 0;
  options.training = values[TRAINING].i != 0;
  options.seed = (given >> SEED & 1) != 0 ? (guint64)values[SEED].i : tl_context_get_seed (tl_lua_get (L)->context);
  lua_getfield (L, 1, "transform");
  options.transforms = tl_lua_push_transforms (L, -1);
  if (options.transforms != NULL && !tl_transforms_fit (options.transforms, options.dataset, options.seed, &error))
    return tl_lua_raise (L, error);
  slot = tl_lua_new_box (L, &tl_lua_type_loader);
  *slot = tl_loader_new (&options, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  return 1;
}

static gboolean
next_batch (TlLoader  *loader,
            gpointer **slots,
            guint      n_fields,
            gsize     *n_items,
            GError   **error)
{
  TlTensor *fields[TL_DATASET_MAX_FIELDS];

  if (!tl_loader_next (loader, fields, n_items, error))
    return FALSE;
  for (guint i = 0; i<n_fields && * n_items> 0; i++)
    *slots[i] = tl_tensor_ref (fields[i]);
  return TRUE;
}

/*
 * for x, y in loader do: Lua calls it with the control value last, which is nil at the start of a loop; a loop that was left early
 * does not go on in the next.
 */
static int
loader_call (lua_State *L)
{
  TlLoader        *loader = tl_lua_check (L, 1, &tl_lua_type_loader);
  guint            n_fields = tl_loader_get_n_fields (loader);
  TlLoaderPosition position;
  gpointer        *slots[TL_DATASET_MAX_FIELDS];
  gsize            n_items = 0;
  GError          *error = NULL;

  if (lua_gettop (L) >= 3 && lua_isnil (L, 3)) {
    tl_loader_get_position (loader, &position);
    if (position.batch != 0) {
      position = (TlLoaderPosition){ position.epoch + 1, 0 };
      tl_loader_set_position (loader, &position);
    }
  }
  luaL_checkstack (L, (int)n_fields + 8, NULL);
  for (guint i = 0; i < n_fields; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (!next_batch (loader, slots, n_fields, &n_items, &error))
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  if (n_items == 0) {
    lua_pushnil (L);
    return 1;
  }
  return (int)n_fields;
}

static int
loader_len (lua_State *L)
{
  lua_pushinteger (L, (lua_Integer)tl_loader_get_n_batches (tl_lua_check (L, 1, &tl_lua_type_loader)));
  return 1;
}

/* Data sets in use. */

static int
dataset_len (lua_State *L)
{
  lua_pushinteger (L, (lua_Integer)tl_dataset_get_n_items (tl_lua_check (L, 1, &tl_lua_type_dataset)));
  return 1;
}

static int
dataset_head (lua_State *L)
{
  TlDataset  *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  lua_Integer n = luaL_checkinteger (L, 2);
  gpointer   *slot = tl_lua_new_box (L, &tl_lua_type_dataset);

  *slot = tl_dataset_new_head (self, (gsize)MAX (n, 0));
  return 1;
}

static int
dataset_subset (lua_State *L)
{
  TlDataset   *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  GError      *error = NULL;
  lua_Unsigned n;
  gsize       *items;
  gpointer    *slot;

  luaL_checktype (L, 2, LUA_TTABLE);
  n = lua_rawlen (L, 2);
  items = lua_newuserdatauv (L, (n + 1) * sizeof *items, 0);
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_Integer item;

    lua_rawgeti (L, 2, (lua_Integer)i + 1);
    item = luaL_checkinteger (L, -1);
    if (item < 1 || (gsize)item > tl_dataset_get_n_items (self))
      return tl_lua_error (L, TL_ERROR_VALUE, "subset: there is no item %" G_GINT64_FORMAT " among %" G_GSIZE_FORMAT, (gint64)item,
                           tl_dataset_get_n_items (self));
    items[i] = (gsize)item - 1;
    lua_pop (L, 1);
  }
  slot = tl_lua_new_box (L, &tl_lua_type_dataset);
  *slot = tl_dataset_new_subset (self, items, n, &error);
  if (*slot == NULL)
    return tl_lua_raise (L, error);
  return 1;
}

static int
dataset_split (lua_State *L)
{
  static const TlAttrSpec specs[] = { { "seed", "which items", TL_ATTR_INT }, { NULL } };
  TlDataset              *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  TlDataset              *first, *second;
  TlAttrValue             values[1] = { 0 };
  guint32                 given = 0;
  GError                 *error = NULL;
  double                  fraction = luaL_checknumber (L, 2);
  gpointer               *slots[2];

  tl_lua_read_attrs (L, 3, "split", specs, NULL, values, &given);
  slots[0] = tl_lua_new_box (L, &tl_lua_type_dataset);
  slots[1] = tl_lua_new_box (L, &tl_lua_type_dataset);
  if (!tl_dataset_split (self, fraction, given != 0 ? (guint64)values[0].i : tl_context_get_seed (tl_lua_get (L)->context), &first,
                         &second, &error))
    return tl_lua_raise (L, error);
  *slots[0] = first;
  *slots[1] = second;
  return 2;
}

/* dataset:item (i): the value of each field */
static int
dataset_item (lua_State *L)
{
  TlDataset  *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  lua_Integer item = luaL_checkinteger (L, 2);
  guint       n = tl_dataset_get_n_fields (self);
  GError     *error = NULL;

  if (item < 1 || (gsize)item > tl_dataset_get_n_items (self))
    return tl_lua_error (L, TL_ERROR_VALUE, "there is no item %" G_GINT64_FORMAT " among %" G_GSIZE_FORMAT, (gint64)item,
                         tl_dataset_get_n_items (self));
  luaL_checkstack (L, (int)n + 8, NULL);
  for (guint i = 0; i < n; i++) {
    gpointer *slot = tl_lua_new_box (L, &tl_lua_type_tensor);

    *slot = tl_dataset_dup_item (self, i, (gsize)item - 1, &error);
    if (*slot == NULL)
      return tl_lua_raise (L, error);
  }
  return (int)n;
}

/* dataset[i]: its fields by name, since an index gives one value only */
static int
dataset_at (lua_State *L)
{
  TlDataset *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  int        n;

  lua_settop (L, 2);
  n = dataset_item (L);
  lua_newtable (L);
  lua_insert (L, 3);
  while (n-- > 0)
    lua_setfield (L, 3, tl_dataset_get_field_name (self, (guint)n));
  return 1;
}

static int
push_strings (lua_State         *L,
              const char *const *strings)
{
  lua_newtable (L);
  for (guint i = 0; strings != NULL && strings[i] != NULL; i++) {
    lua_pushstring (L, strings[i]);
    lua_rawseti (L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int
dataset_index (lua_State *L)
{
  TlDataset  *self = tl_lua_check (L, 1, &tl_lua_type_dataset);
  const char *name;
  gssize      field;
  GError     *error = NULL;
  gpointer   *slot;

  static const char *const properties[] = { "classes", "fields", "source", NULL };

  if (lua_isinteger (L, 2))
    return dataset_at (L);
  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";
  field = tl_dataset_find_field (self, name);
  if (field >= 0) {
    slot = tl_lua_new_box (L, &tl_lua_type_tensor);
    *slot = tl_dataset_dup_field (self, (guint)field, &error);
    if (*slot == NULL)
      return tl_lua_raise (L, error);
    tl_lua_note_memory (L);
    return 1;
  }
  if (strcmp (name, "classes") == 0)
    return push_strings (L, tl_dataset_get_class_names (self));
  if (strcmp (name, "source") == 0) {
    lua_pushstring (L, tl_dataset_get_source (self));
    return 1;
  }
  if (strcmp (name, "fields") == 0) {
    lua_newtable (L);
    for (guint i = 0; i < tl_dataset_get_n_fields (self); i++) {
      lua_pushstring (L, tl_dataset_get_field_name (self, i));
      lua_rawseti (L, -2, (lua_Integer)i + 1);
    }
    return 1;
  }
  return tl_lua_no_name (L, lua_upvalueindex (1), properties, "dataset", "the data set", name);
}

static int
dataset_tostring (lua_State *L)
{
  char  text[512];
  char *made = tl_dataset_to_string (tl_lua_check (L, 1, &tl_lua_type_dataset));

  g_strlcpy (text, made, sizeof text);
  g_free (made);
  lua_pushstring (L, text);
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_dataset_methods[] = {
  { "item", dataset_item, "dataset:item (i)", "The fields of an item, counted from 1." },
  { "head", dataset_head, "dataset:head (n)", "The first items." },
  { "subset", dataset_subset, "dataset:subset { i, ... }", "Some items, counted from 1." },
  { "split", dataset_split, "dataset:split (fraction, { seed })", "Two parts, at random." },
  { "size", dataset_len, "dataset:size ()", "The number of items; also #dataset." },
  { "classes", NULL, "dataset.classes", "The names of the classes." },
  { "fields", NULL, "dataset.fields", "The names of the fields." },
  { "source", NULL, "dataset.source", "Where it came from." },
  { NULL },
};

const TlLuaFunction tl_lua_data_functions[] = {
  { "tensors", new_tensors, "data.tensors (x, y)", "A data set of tensors whose first axis counts the items." },
  { "loader", new_loader, "data.loader { dataset, batch_size = 64, shuffle, transform }", "Batches for a loop: for x, y in loader do ... end." },
  { NULL },
};
// clang-format on

void
tl_lua_open_data (lua_State *L)
{
  lua_newtable (L);
  tl_lua_set_functions (L, tl_lua_dataset_methods);
  tl_lua_new_type (L, &tl_lua_type_dataset);
  lua_insert (L, -2);
  lua_pushcclosure (L, dataset_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, dataset_len);
  lua_setfield (L, -2, "__len");
  lua_pushcfunction (L, dataset_tostring);
  lua_setfield (L, -2, "__tostring");
  lua_pop (L, 1);

  tl_lua_new_type (L, &tl_lua_type_loader);
  lua_pushcfunction (L, loader_call);
  lua_setfield (L, -2, "__call");
  lua_pushcfunction (L, loader_len);
  lua_setfield (L, -2, "__len");
  lua_pop (L, 1);
  tl_lua_new_type (L, &tl_lua_type_transforms);
  lua_pop (L, 1);

  lua_newtable (L);
  for (guint i = 0; i < tl_transform_class_get_n_rows (); i++) {
    lua_pushlightuserdata (L, (gpointer)tl_transform_class_get_row (i));
    lua_pushcclosure (L, say_transform, 1);
    lua_setfield (L, -2, tl_transform_class_get_row (i)->name);
  }
  for (guint i = 0; i < tl_dataset_class_get_n_rows (); i++) {
    lua_pushlightuserdata (L, (gpointer)tl_dataset_class_get_row (i));
    lua_pushcclosure (L, load_dataset, 1);
    lua_setfield (L, -2, tl_dataset_class_get_row (i)->name);
  }
  tl_lua_set_functions (L, tl_lua_data_functions);
  tl_lua_guard_module (L, "data");
  lua_setglobal (L, "data");
}
