/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers and models in Lua.  Modules made of them (nn.Module, nn.Sequential) are written in Lua: library.lua.
 */
#include <string.h>

#include "core/nn/model.h"
#include "lua/lua-private.h"

#define MAX_OUT 16

typedef struct {
  TlLayer *layer;
  gboolean training;
  gboolean initialized;
  gboolean named; /* by a module; before, by its number */
  guint    serial;
} Layer;

typedef struct {
  TlModel *model;
  gboolean training;
} Model;

static void
layer_free (gpointer object)
{
  Layer *self = object;

  g_clear_pointer (&self->layer, tl_layer_unref);
  g_free (self);
}

static void
model_free (gpointer object)
{
  Model *self = object;

  g_clear_pointer (&self->model, tl_model_unref);
  g_free (self);
}

const TlLuaType tl_lua_type_layer = { "layer", layer_free };
const TlLuaType tl_lua_type_model = { "model", model_free };

TlLayer *
tl_lua_test_layer (lua_State *L,
                   int        index)
{
  Layer *self = tl_lua_test (L, index, &tl_lua_type_layer);

  return self != NULL ? self->layer : NULL;
}

/* The values come once, from the seed and the number of the layer: two layers of one name do not start the same. */
static gboolean
set_up (Layer               *self,
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
layer_forward (Layer           *self,
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
  if ((!self->initialized && !set_up (self, metas, n_in, error)) ||
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
  TlLua    *lua = tl_lua_get (L);
  Layer    *self = tl_lua_check (L, 1, &tl_lua_type_layer);
  guint     n_out = tl_layer_get_n_out (self->layer), n_in;
  TlTensor *in[TL_LAYER_MAX_IN];
  gpointer *slots[MAX_OUT];
  GError   *error = NULL;
  gboolean  before = tl_context_get_training (lua->context), ok;

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
  TlLua    *lua = tl_lua_get (L);
  Model    *self = tl_lua_check (L, 1, &tl_lua_type_model);
  TlTensor *in[TL_LAYER_MAX_IN];
  gpointer *slots[MAX_OUT];
  GError   *error = NULL;
  gboolean  before = tl_context_get_training (lua->context), ok;
  guint     n_in, n_out;

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

static gpointer *
push_variable (lua_State  *L,
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
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_layer);
  Layer    *self = g_new0 (Layer, 1);

  self->layer = tl_layer_ref (layer);
  self->training = training;
  self->initialized = self->named = TRUE;
  *slot = self;
}

/* layer.self_attn: a part; layer.layers: the parts "layers.0", "layers.1"... in a table from 0, as PyTorch counts them. */
static gboolean
push_part (lua_State  *L,
           Layer      *self,
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

/* Methods (upvalue 1), then variables, then parts, then attributes. */
static int
layer_index (lua_State *L)
{
  Layer              *self = tl_lua_check (L, 1, &tl_lua_type_layer);
  const char         *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";
  const TlLayerClass *klass = tl_layer_get_class (self->layer);
  TlVariable         *variable;
  gint                attr;

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (!self->initialized)
    set_up (self, NULL, 0, NULL);
  variable = tl_layer_find_variable (self->layer, name);
  if (variable != NULL) {
    push_variable (L, variable);
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
    return tl_lua_error (L, TL_ERROR_NAME, "%s has no %s", klass->name, name);
  return 1;
}

static int
layer_tostring (lua_State *L)
{
  Layer              *self = tl_lua_check (L, 1, &tl_lua_type_layer);
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
  Layer              *self;
  guint               attr = 0, n = tl_attr_count (klass->attrs);
  int                 top = lua_gettop (L), options = top > 0 && tl_lua_is_options (L, top) ? top : 0;

  /* Everything is checked once here, so that what is wrong is said before a layer is made. */
  tl_attr_init_defaults (klass->attrs, values);
  tl_lua_read_attrs (L, 1, klass->name, klass->attrs, NULL, values, &given);
  if (!tl_attr_check_required (klass->name, klass->attrs, given, &error))
    return tl_lua_raise (L, error);
  slot = tl_lua_new_box (L, &tl_lua_type_layer);
  *slot = self = g_new0 (Layer, 1);
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
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_model);
  Model    *self = g_new0 (Model, 1);

  self->model = tl_model_ref (model);
  self->training = TRUE;
  *slot = self;
}

TlModel *
tl_lua_test_model (lua_State *L,
                   int        index)
{
  Model *self = tl_lua_test (L, index, &tl_lua_type_model);

  return self != NULL ? self->model : NULL;
}

static int
model_index (lua_State *L)
{
  Model      *self = tl_lua_check (L, 1, &tl_lua_type_model);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (strcmp (name, "training") == 0)
    lua_pushboolean (L, self->training);
  else if (strcmp (name, "name") == 0)
    lua_pushstring (L, tl_model_get_name (self->model));
  else
    return tl_lua_error (L, TL_ERROR_NAME, "a model has no %s", name);
  return 1;
}

static int
model_tostring (lua_State *L)
{
  Model      *self = tl_lua_check (L, 1, &tl_lua_type_model);
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

/* What the library asks. */

static int
internal_kind (lua_State *L)
{
  static const TlLuaType *const kinds[] = { &tl_lua_type_tensor, &tl_lua_type_variable, &tl_lua_type_layer, &tl_lua_type_model,
                                            &tl_lua_type_optimizer, &tl_lua_type_dataset, &tl_lua_type_loader };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (tl_lua_test (L, 1, kinds[i]) != NULL) {
      lua_pushstring (L, kinds[i]->name);
      return 1;
    }
  lua_pushnil (L);
  return 1;
}

/* Whether @path may take the place of @before: the first name that a module gives does, and then only a longer form of it. */
static gboolean
is_better_path (const char *path,
                const char *before,
                gboolean    named)
{
  gsize n = strlen (path), n_before = strlen (before);

  return !named || (n > n_before + 1 && path[n - n_before - 1] == '.' && g_str_has_suffix (path, before));
}

static int
internal_rename (lua_State *L)
{
  const char *path = luaL_checkstring (L, 2);
  Layer      *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  TlVariable *variable = tl_lua_test (L, 1, &tl_lua_type_variable);

  if (layer != NULL && is_better_path (path, tl_layer_get_path (layer->layer), layer->named)) {
    tl_layer_set_path (layer->layer, path);
    layer->named = TRUE;
  }
  if (variable != NULL && is_better_path (path, tl_variable_get_path (variable),
                                          !g_str_has_prefix (tl_variable_get_path (variable), "parameter")))
    tl_variable_set_path (variable, path);
  return 0;
}

static gboolean
push_variable_cb (TlVariable *variable,
                  gpointer    user_data)
{
  g_ptr_array_add (user_data, tl_variable_ref (variable));
  return TRUE;
}

static void
unref_array (gpointer object)
{
  g_ptr_array_unref (object);
}

static const TlLuaType type_array = { "list", unref_array };

/* variables (layer or model or parameter): a list of all */
static int
internal_variables (lua_State *L)
{
  Layer    *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  TlModel  *model = tl_lua_test_model (L, 1);
  gpointer *slot;
  GError   *error = NULL;

  lua_settop (L, 1);
  lua_newtable (L);
  if (layer != NULL) {
    lua_Integer n = 0;

    if (!layer->initialized && !set_up (layer, NULL, 0, &error))
      return tl_lua_raise (L, error);
    for (guint i = 0; i < tl_layer_get_n_variables (layer->layer); i++)
      if (tl_layer_get_variable (layer->layer, i) != NULL) {
        push_variable (L, tl_layer_get_variable (layer->layer, i));
        lua_rawseti (L, 2, ++n);
      }
  } else if (model != NULL) {
    if (!tl_model_is_built (model) && !tl_model_build (model, &error))
      return tl_lua_raise (L, error);
    slot = tl_lua_new_box (L, &type_array);
    *slot = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
    tl_model_foreach_variable (model, push_variable_cb, *slot);
    for (guint i = 0; i < ((GPtrArray *)*slot)->len; i++) {
      push_variable (L, ((GPtrArray *)*slot)->pdata[i]);
      lua_rawseti (L, 2, (lua_Integer)i + 1);
    }
  } else if (tl_lua_test (L, 1, &tl_lua_type_variable) != NULL) {
    lua_pushvalue (L, 1);
    lua_rawseti (L, 2, 1);
  }
  lua_settop (L, 2);
  return 1;
}

static int
internal_set_training (lua_State *L)
{
  Layer *layer = tl_lua_test (L, 1, &tl_lua_type_layer);
  Model *model = tl_lua_test (L, 1, &tl_lua_type_model);

  if (layer != NULL)
    layer->training = lua_toboolean (L, 2);
  if (model != NULL)
    model->training = lua_toboolean (L, 2);
  return 0;
}

static int
internal_kind_of_variable (lua_State *L)
{
  static const char *const names[] = { "parameter", "buffer", "state", "counter" };

  lua_pushstring (L, names[tl_variable_get_kind (tl_lua_check (L, 1, &tl_lua_type_variable))]);
  return 1;
}

static int
internal_clear_grad (lua_State *L)
{
  TlVariable *variable = tl_lua_check (L, 1, &tl_lua_type_variable);

  if (tl_trace_is_active (tl_lua_get (L)->context))
    tl_trace_clear_grad (variable);
  else
    tl_variable_set_grad (variable, NULL);
  return 0;
}

static int
internal_fail (lua_State *L)
{
  return tl_lua_error (L, (int)luaL_checkinteger (L, 1), "%s", luaL_checkstring (L, 2));
}

/* nearest (name, list): "; did you mean X?" */
static int
internal_nearest (lua_State *L)
{
  const char  *names[TL_LUA_MAX_LIST];
  const char  *name = luaL_checkstring (L, 1);
  lua_Unsigned n = MIN (lua_rawlen (L, 2), TL_LUA_MAX_LIST);

  luaL_checkstack (L, (int)n + 4, NULL);
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti (L, 2, (lua_Integer)i + 1);
    names[i] = luaL_checkstring (L, -1);
  }
  tl_lua_nearest_hint (L, name, names, (guint)n);
  return 1;
}

/*
 * Stores the value on top of the stack among what the library sees, and pops it.
 */
void
tl_lua_set_internal (lua_State  *L,
                     const char *name)
{
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_insert (L, -2);
  lua_setfield (L, -2, name);
  lua_pop (L, 1);
}

/*
 * The variables of a model, layer, module or list at @index, in memory of Lua's that stays on the stack.
 */
TlVariable **
tl_lua_take_variables (lua_State *L,
                       int        index,
                       gboolean   only_trained,
                       guint     *n_variables)
{
  TlVariable **variables;
  lua_Unsigned n;
  guint        kept = 0;

  index = lua_absindex (L, index);
  luaL_getsubtable (L, LUA_REGISTRYINDEX, "trellis.internal");
  lua_getfield (L, -1, "collect");
  lua_remove (L, -2);
  lua_pushvalue (L, index);
  lua_call (L, 1, 1);
  n = lua_rawlen (L, -1);
  variables = lua_newuserdatauv (L, (n + 1) * sizeof *variables, 0);
  for (lua_Unsigned i = 1; i <= n; i++) {
    TlVariable *variable;

    lua_rawgeti (L, -2, (lua_Integer)i);
    variable = tl_lua_check (L, -1, &tl_lua_type_variable);
    lua_pop (L, 1);
    if (!only_trained || tl_variable_get_trainable (variable))
      variables[kept++] = variable;
  }
  *n_variables = kept;
  return variables;
}

// clang-format off
const TlLuaFunction tl_lua_nn_functions[] = {
  { "Module", NULL, "nn.Module { name = layer... }", "A module: a table whose fields that are layers, parameters and modules belong to it; define function module:forward (x)." },
  { "ModuleList", NULL, "nn.ModuleList { layer, ... }", "A list of layers and modules that belong to the module it is in; a loop over it runs them." },
  { "Residual", NULL, "nn.Residual (layer, shortcut)", "A skip connection: y = layer (x) + x, or + shortcut (x). In a graph cell: residual = true of a sub-model, or Add." },
  { "Sequential", NULL, "nn.Sequential (layer, ...)", "Layers and functions, one after another." },
  { "Parameter", NULL, "nn.Parameter (tensor)", "A variable with this value, to which gradients flow." },
  { NULL },
};

const TlLuaFunction tl_lua_module_methods[] = {
  { "forward", NULL, "model:forward (x, ...)", "Applies it; the same as model (x, ...)." },
  { "parameters", NULL, "model:parameters ()", "The list of its trained variables." },
  { "state", NULL, "model:state ()", "All its variables by path." },
  { "train", NULL, "model:train ()", "Layers behave as in training." },
  { "eval", NULL, "model:eval ()", "Layers behave as in use." },
  { "zero_grad", NULL, "model:zero_grad ()", "Forgets all gradients." },
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

/* module (...): through C, so that the caller's frame stays and errors know its line. */
static int
internal_module_call (lua_State *L)
{
  int n = lua_gettop (L);

  lua_getfield (L, 1, "forward");
  lua_insert (L, 1);
  lua_call (L, n, LUA_MULTRET);
  return lua_gettop (L);
}

void
tl_lua_open_nn (lua_State *L)
{
  // clang-format off
  static const luaL_Reg internals[] = {
    { "kind", internal_kind },
    { "rename", internal_rename },
    { "variables", internal_variables },
    { "set_training", internal_set_training },
    { "variable_kind", internal_kind_of_variable },
    { "clear_grad", internal_clear_grad },
    { "fail", internal_fail },
    { "nearest", internal_nearest },
    { "module_call", internal_module_call },
    { NULL },
  };
  // clang-format on

  for (const luaL_Reg *reg = internals; reg->name != NULL; reg++) {
    lua_pushcfunction (L, reg->func);
    tl_lua_set_internal (L, reg->name);
  }
  tl_lua_new_type (L, &type_array);
  lua_pop (L, 1);
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
  lua_setglobal (L, "nn");
}
