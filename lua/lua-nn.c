/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers and models in Lua.  Modules made of them (nn.Module, nn.Sequential) are written in Lua: library.lua.
 */
#include <string.h>

#include "core/nn/model.h"
#include "lua/lua-nn-private.h"

#define MAX_OUT 16

static void
layer_free (gpointer object)
{
  TlLuaLayer *self = object;

  g_clear_pointer (&self->layer, tl_layer_unref);
  g_free (self);
}

static void
model_free (gpointer object)
{
  TlLuaModel *self = object;

  g_clear_pointer (&self->model, tl_model_unref);
  g_free (self);
}

const TlLuaType tl_lua_type_layer = { "layer", layer_free };
const TlLuaType tl_lua_type_model = { "model", model_free };

TlLayer *
tl_lua_test_layer (lua_State *L,
                   int        index)
{
  TlLuaLayer *self = tl_lua_test (L, index, &tl_lua_type_layer);

  return self != NULL ? self->layer : NULL;
}

/* The values come once, from the seed and the number of the layer: two layers of one name do not start the same. */
gboolean
tl_lua_layer_set_up (TlLuaLayer          *self,
                     const TlMeta *const *in,
                     guint                n_in,
                     GError             **error)
{
  guint64 seed = tl_context_get_seed (tl_context_get ());

  if (!tl_layer_set_up (self->layer, in, n_in, error))
    return FALSE;
  if (!self->initialized && !tl_layer_initialize (self->layer, seed + self->serial * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15), error))
    return FALSE;
  self->initialized = TRUE;
  return TRUE;
}

static gboolean
layer_forward (TlLuaLayer      *self,
               TlTensor *const *in,
               guint            n_in,
               gpointer       **slots,
               guint            n_out,
               GError         **error)
{
  const TlMeta *metas[TL_LAYER_MAX_IN];
  TlTensor     *out[MAX_OUT];

  for (guint i = 0; i < n_in; i++)
    metas[i] = in[i] != NULL ? tl_tensor_get_meta (in[i]) : NULL;
  if ((!self->initialized && !tl_lua_layer_set_up (self, metas, n_in, error)) ||
      !tl_layer_forward (self->layer, in, n_in, out, n_out, error))
    return FALSE;
  for (guint i = 0; i < n_out; i++)
    *slots[i] = out[i];
  return TRUE;
}

/* nil stands for an optional input that is not given. */
static guint
take_inputs (lua_State *L,
             TlTensor **in)
{
  int n = lua_gettop (L) - 1;

  while (n > 0 && lua_isnil (L, n + 1))
    n--;

  if (n > TL_LAYER_MAX_IN)
    tl_lua_error (L, TL_ERROR_VALUE, "more than %d inputs", TL_LAYER_MAX_IN);
  for (int i = 0; i < n; i++)
    in[i] = lua_isnil (L, i + 2) ? NULL : tl_lua_check_tensor (L, i + 2);
  return (guint)n;
}

/* Inside fit the trainer says whether layers behave as in training; elsewhere the handle does. */
static int
layer_call (lua_State *L)
{
  TlLua      *lua = tl_lua_get (L);
  TlLuaLayer *self = tl_lua_check (L, 1, &tl_lua_type_layer);
  guint       n_out = tl_layer_get_n_out (self->layer), n_in;
  TlTensor   *in[TL_LAYER_MAX_IN];
  gpointer   *slots[MAX_OUT];
  GError     *error = NULL;
  gboolean    before = tl_context_get_training (lua->context), ok;

  n_in = take_inputs (L, in);
  luaL_checkstack (L, (int)n_out + 8, NULL);
  for (guint i = 0; i < n_out; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (lua->in_step == 0)
    tl_context_set_training (lua->context, self->training);
  tl_lua_tell_source (L, tl_layer_get_path (self->layer));
  ok = layer_forward (self, in, n_in, slots, n_out, &error);
  tl_context_set_training (lua->context, before);
  if (!ok)
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  return (int)n_out;
}

static gboolean
model_forward (TlModel         *model,
               TlTensor *const *in,
               guint            n_in,
               gpointer       **slots,
               guint            n_out,
               GError         **error)
{
  TlTensor *out[MAX_OUT];

  if (!tl_model_forward (model, in, n_in, out, n_out, error))
    return FALSE;
  for (guint i = 0; i < n_out; i++)
    *slots[i] = out[i];
  return TRUE;
}

static int
model_call (lua_State *L)
{
  TlLua      *lua = tl_lua_get (L);
  TlLuaModel *self = tl_lua_check (L, 1, &tl_lua_type_model);
  TlTensor   *in[TL_LAYER_MAX_IN];
  gpointer   *slots[MAX_OUT];
  GError     *error = NULL;
  gboolean    before = tl_context_get_training (lua->context), ok;
  guint       n_in, n_out;

  n_in = take_inputs (L, in);
  if (!tl_model_is_built (self->model) && !tl_model_build (self->model, &error))
    return tl_lua_raise (L, error);
  n_out = tl_model_get_n_outputs (self->model);
  if (n_in != tl_model_get_n_inputs (self->model))
    return tl_lua_error (L, TL_ERROR_VALUE, "%s: %u inputs given, %u wanted", tl_model_get_name (self->model), n_in,
                         tl_model_get_n_inputs (self->model));
  for (guint i = 0; i < n_in; i++)
    if (in[i] == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "%s: input %u is nil", tl_model_get_name (self->model), i + 1);
  if (n_out > MAX_OUT)
    return tl_lua_error (L, TL_ERROR_UNSUPPORTED, "%s has more than %d outputs", tl_model_get_name (self->model), MAX_OUT);
  luaL_checkstack (L, (int)n_out + 8, NULL);
  for (guint i = 0; i < n_out; i++)
    slots[i] = tl_lua_new_box (L, &tl_lua_type_tensor);
  if (lua->in_step == 0)
    tl_context_set_training (lua->context, self->training);
  ok = model_forward (self->model, in, n_in, slots, n_out, &error);
  tl_context_set_training (lua->context, before);
  if (!ok)
    return tl_lua_raise (L, error);
  tl_lua_note_memory (L);
  return (int)n_out;
}

gpointer *
tl_lua_push_variable (lua_State  *L,
                      TlVariable *variable)
{
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_variable);

  *slot = tl_variable_ref (variable);
  return slot;
}

static void
push_attr (lua_State         *L,
           const TlAttrSpec  *spec,
           const TlAttrValue *value)
{
  char  text[256];
  char *made;

  switch (spec->type) {
  case TL_ATTR_INT:
    lua_pushinteger (L, value->i);
    return;
  case TL_ATTR_FLOAT:
    lua_pushnumber (L, value->d);
    return;
  case TL_ATTR_BOOL:
    lua_pushboolean (L, value->i != 0);
    return;
  default:
    made = tl_attr_to_string (spec, value);
    g_strlcpy (text, made, sizeof text);
    g_free (made);
    lua_pushstring (L, text);
  }
}

static void
push_layer (lua_State *L,
            TlLayer   *layer,
            gboolean   training)
{
  gpointer   *slot = tl_lua_new_box (L, &tl_lua_type_layer);
  TlLuaLayer *self = g_new0 (TlLuaLayer, 1);

  self->layer = tl_layer_ref (layer);
  self->training = training;
  self->initialized = self->named = TRUE;
  *slot = self;
}

/* layer.self_attn: a part; layer.layers: the parts "layers.0", "layers.1"... in a table from 0, as PyTorch counts them. */
static gboolean
push_part (lua_State  *L,
           TlLuaLayer *self,
           const char *name)
{
  gsize    n = strlen (name);
  gboolean found = FALSE;

  for (guint i = 0; i < tl_layer_get_n_parts (self->layer); i++) {
    TlLayer    *part = tl_layer_get_part (self->layer, i);
    const char *own = part != NULL ? tl_layer_get_part_name (self->layer, i) : "";

    if (part != NULL && strcmp (own, name) == 0) {
      push_layer (L, part, self->training);
      return TRUE;
    }
    if (strncmp (own, name, n) != 0 || own[n] != '.' || !g_ascii_isdigit (own[n + 1]))
      continue;
    if (!found)
      lua_newtable (L);
    found = TRUE;
    push_layer (L, part, self->training);
    lua_rawseti (L, -2, (lua_Integer)g_ascii_strtoull (own + n + 1, NULL, 10));
  }
  return found;
}

/* What layer_index() does not find; names are the layer's, and outlive the error's text. */
static int
no_field (lua_State  *L,
          TlLayer    *layer,
          const char *name)
{
  const TlLayerClass *klass = tl_layer_get_class (layer);
  guint               n_variables = tl_layer_get_n_variables (layer), n_parts = tl_layer_get_n_parts (layer), n = 0;
  const char        **names = lua_newuserdatauv (L, (n_variables + n_parts + tl_attr_count (klass->attrs) + 2) * sizeof *names, 0);

  for (guint i = 0; i < n_variables; i++) {
    TlVariable *variable = tl_layer_get_variable (layer, i);
    const char *dot = variable != NULL ? strrchr (tl_variable_get_path (variable), '.') : NULL;

    if (dot != NULL)
      names[n++] = dot + 1;
  }
  for (guint i = 0; i < n_parts; i++)
    names[n++] = tl_layer_get_part_name (layer, i);
  for (guint i = 0; i < tl_attr_count (klass->attrs); i++)
    names[n++] = klass->attrs[i].name;
  names[n++] = "training";
  names[n] = NULL;
  return tl_lua_no_name (L, lua_upvalueindex (1), names, "x", klass->name, name);
}

/* Methods (upvalue 1), then variables, then parts, then attributes. */
static int
layer_index (lua_State *L)
{
  TlLuaLayer         *self = tl_lua_check (L, 1, &tl_lua_type_layer);
  const char         *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";
  const TlLayerClass *klass = tl_layer_get_class (self->layer);
  TlVariable         *variable;
  gint                attr;

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (!self->initialized)
    tl_lua_layer_set_up (self, NULL, 0, NULL);
  variable = tl_layer_find_variable (self->layer, name);
  if (variable != NULL) {
    tl_lua_push_variable (L, variable);
    return 1;
  }
  if (push_part (L, self, name))
    return 1;
  attr = tl_attr_find (klass->attrs, name);
  if (attr >= 0) {
    push_attr (L, &klass->attrs[attr], &tl_layer_get_attrs (self->layer)[attr]);
    return 1;
  }
  if (strcmp (name, "training") == 0)
    lua_pushboolean (L, self->training);
  else
    return no_field (L, self->layer, name);
  return 1;
}

static int
layer_tostring (lua_State *L)
{
  TlLuaLayer         *self = tl_lua_check (L, 1, &tl_lua_type_layer);
  const TlLayerClass *klass = tl_layer_get_class (self->layer);
  const TlAttrValue  *values = tl_layer_get_attrs (self->layer);
  TlAttrValue         defaults[TL_OP_MAX_ATTRS];
  guint               n = tl_attr_count (klass->attrs), shown = 0;

  tl_attr_init_defaults (klass->attrs, defaults);
  lua_pushfstring (L, "%s (", klass->name);
  for (guint i = 0; i < n; i++) {
    if (tl_attr_equal (&klass->attrs[i], &values[i], &defaults[i]))
      continue;
    lua_pushfstring (L, "%s%s = ", shown++ > 0 ? ", " : "", klass->attrs[i].name);
    push_attr (L, &klass->attrs[i], &values[i]);
    luaL_tolstring (L, -1, NULL);
    lua_remove (L, -2);
    lua_concat (L, 3);
  }
  lua_pushliteral (L, ")");
  lua_concat (L, 2);
  return 1;
}

/* nn.ROW (attributes...) */
static int
new_layer (lua_State *L)
{
  const TlLayerClass *klass = lua_touserdata (L, lua_upvalueindex (1));
  TlLua              *lua = tl_lua_get (L);
  TlAttrValue         values[TL_OP_MAX_ATTRS];
  TlAttrInput         items[TL_LUA_MAX_ITEMS], input;
  guint32             given = 0;
  GError             *error = NULL;
  char                path[80];
  gpointer           *slot;
  TlLuaLayer         *self;
  guint               attr = 0, n = tl_attr_count (klass->attrs);
  int                 top = lua_gettop (L), options = top > 0 && tl_lua_is_options (L, top) ? top : 0;

  /* Everything is checked once here, so that what is wrong is said before a layer is made. */
  tl_attr_init_defaults (klass->attrs, values);
  tl_lua_read_attrs (L, 1, klass->name, klass->attrs, NULL, values, &given);
  if (!tl_attr_check_required (klass->name, klass->attrs, given, &error))
    return tl_lua_raise (L, error);
  slot = tl_lua_new_box (L, &tl_lua_type_layer);
  *slot = self = g_new0 (TlLuaLayer, 1);
  self->training = TRUE;
  self->serial = ++lua->n_layers;
  g_snprintf (path, sizeof path, "%s%u", klass->name, self->serial);
  path[0] = g_ascii_tolower (path[0]);
  self->layer = tl_layer_new (klass, path, TL_DTYPE_F32);
  for (int arg = 1; arg <= (options != 0 ? top - 1 : top) && attr < n; attr++) {
    tl_lua_read_input (L, arg++, &input, items);
    if (input.type != TL_ATTR_INPUT_NIL && !tl_layer_set_attr (self->layer, klass->attrs[attr].name, &input, &error))
      return tl_lua_raise (L, error);
  }
  if (options == 0)
    return 1;
  lua_pushnil (L);
  while (lua_next (L, options) != 0) {
    tl_lua_read_input (L, -1, &input, items);
    if (!tl_layer_set_attr (self->layer, lua_tostring (L, -2), &input, &error))
      return tl_lua_raise (L, error);
    lua_pop (L, 1);
  }
  return 1;
}

void
tl_lua_push_model (lua_State *L,
                   TlModel   *model)
{
  gpointer   *slot = tl_lua_new_box (L, &tl_lua_type_model);
  TlLuaModel *self = g_new0 (TlLuaModel, 1);

  self->model = tl_model_ref (model);
  self->training = TRUE;
  *slot = self;
}

TlModel *
tl_lua_test_model (lua_State *L,
                   int        index)
{
  TlLuaModel *self = tl_lua_test (L, index, &tl_lua_type_model);

  return self != NULL ? self->model : NULL;
}

static int
model_index (lua_State *L)
{
  static const char *const properties[] = { "name", "training", NULL };

  TlLuaModel *self = tl_lua_check (L, 1, &tl_lua_type_model);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (strcmp (name, "training") == 0)
    lua_pushboolean (L, self->training);
  else if (strcmp (name, "name") == 0)
    lua_pushstring (L, tl_model_get_name (self->model));
  else
    return tl_lua_no_name (L, lua_upvalueindex (1), properties, "x", "a model", name);
  return 1;
}

static int
model_tostring (lua_State *L)
{
  TlLuaModel *self = tl_lua_check (L, 1, &tl_lua_type_model);
  luaL_Buffer buffer;
  char        shape[160];

  luaL_buffinit (L, &buffer);
  luaL_addstring (&buffer, "model ");
  luaL_addstring (&buffer, tl_model_get_name (self->model));
  for (guint i = 0; i < tl_model_get_n_nodes (self->model); i++) {
    TlModelNodeInfo info;
    const TlMeta   *meta;

    tl_model_get_node (self->model, i, &info);
    meta = tl_model_is_built (self->model) ? tl_model_get_node_output (self->model, info.name, 0) : NULL;
    if (meta != NULL) {
      char *text = tl_shape_to_string (meta->shape, meta->rank);

      g_strlcpy (shape, text, sizeof shape);
      g_free (text);
    } else {
      shape[0] = '\0';
    }
    luaL_addstring (&buffer, "\n  ");
    luaL_addstring (&buffer, info.name);
    luaL_addstring (&buffer, " = ");
    luaL_addstring (&buffer, info.row);
    luaL_addstring (&buffer, "  ");
    luaL_addstring (&buffer, shape);
  }
  luaL_pushresult (&buffer);
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_nn_functions[] = {
  { "Module", NULL, "nn.Module { name = layer... }", "A module: a table whose fields that are layers, parameters and modules belong to it; define function module:forward (x)." },
  { "ModuleList", NULL, "nn.ModuleList { layer, ... }", "A list of layers and modules that belong to the module it is in; a loop over it runs them." },
  { "Residual", NULL, "nn.Residual (layer, shortcut)", "A skip connection: y = layer (x) + x, or + shortcut (x). In a graph cell: residual = true of a sub-model, or Add." },
  { "Sequential", NULL, "nn.Sequential (layer, ...)", "Layers and functions, one after another." },
  { "TimeDistributed", NULL, "nn.TimeDistributed (layer)", "Applies a layer to every step of [n, steps, ...]; Linear and what works on the last axis needs none." },
  { "Parameter", NULL, "nn.Parameter (tensor)", "A variable with this value, to which gradients flow." },
  { NULL },
};
// clang-format on

static void
open_handle (lua_State       *L,
             const TlLuaType *type,
             lua_CFunction    call,
             lua_CFunction    index,
             lua_CFunction    tostring,
             const char      *internal_name)
{
  lua_newtable (L); /* methods; the library adds those of all modules */
  lua_pushcfunction (L, call);
  lua_setfield (L, -2, "forward");
  tl_lua_new_type (L, type);
  lua_pushcfunction (L, call);
  lua_setfield (L, -2, "__call");
  lua_pushcfunction (L, tostring);
  lua_setfield (L, -2, "__tostring");
  lua_pushvalue (L, -2);
  lua_pushcclosure (L, index, 1);
  lua_setfield (L, -2, "__index");
  lua_pop (L, 1);
  tl_lua_set_internal (L, internal_name);
}

void
tl_lua_open_nn (lua_State *L)
{
  tl_lua_open_module (L);
  tl_lua_new_type (L, &tl_lua_type_compiled);
  lua_pop (L, 1);
  open_handle (L, &tl_lua_type_layer, layer_call, layer_index, layer_tostring, "layer_methods");
  open_handle (L, &tl_lua_type_model, model_call, model_index, model_tostring, "model_methods");

  lua_newtable (L);
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);

    if ((klass->flags & TL_LAYER_INPUT) != 0)
      continue;
    lua_pushlightuserdata (L, (gpointer)klass);
    lua_pushcclosure (L, new_layer, 1);
    lua_setfield (L, -2, klass->name);
  }
  lua_getglobal (L, "tl");
  lua_getfield (L, -1, "parameter");
  lua_setfield (L, -3, "Parameter");
  lua_pop (L, 1);
  tl_lua_open_init (L);
  tl_lua_guard_module (L, "nn");
  lua_setglobal (L, "nn");
}
