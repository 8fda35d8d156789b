/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fit: the trainer, with models, losses and callbacks that may be written in Lua.
 *
 * The trainer's C frames lie between Lua and its callbacks, so callbacks run protected: an error is kept, ends the training, and is
 * raised when the trainer has returned.
 */
#include <math.h>
#include <string.h>

#include "core/nn/model.h"
#include "lua/lua-fit-private.h"

static void
fit_free (gpointer object)
{
  TlLuaFit *self = object;

  g_clear_error (&self->error);
  g_clear_pointer (&self->trainer, tl_trainer_free);
  g_free (self);
}

static const TlLuaType type_fit = { "training", fit_free };

/* Keeps the first error of a callback and ends the training. */
void
tl_lua_fit_keep_error (TlLuaFit *self)
{
  GError *error = NULL;

  tl_lua_take_error (self->L, &error);
  if (self->failed)
    g_error_free (error);
  else
    self->error = error;
  self->failed = TRUE;
  if (self->trainer != NULL)
    tl_trainer_stop (self->trainer);
}

/* Models and losses in Lua, called while a step is traced. */

typedef struct {
  TlLuaFit        *fit;
  int              function;
  TlTensor *const *first;
  guint            n_first;
  TlTensor *const *second;
  guint            n_second;
  TlTensor       **outputs;
  guint            n_outputs;
} CallArgs;

static void
push_tensors (lua_State       *L,
              TlTensor *const *tensors,
              guint            n)
{
  luaL_checkstack (L, (int)n + 8, NULL);
  for (guint i = 0; i < n; i++)
    *tl_lua_new_box (L, &tl_lua_type_tensor) = tl_tensor_ref (tensors[i]);
}

static int
call_protected (lua_State *L)
{
  CallArgs *args = lua_touserdata (L, 2);
  TlTensor *results[TL_OP_MAX_OUT];

  lua_remove (L, 2);
  push_tensors (L, args->first, args->n_first);
  push_tensors (L, args->second, args->n_second);
  lua_call (L, (int)(args->n_first + args->n_second), (int)args->n_outputs);
  for (guint i = 0; i < args->n_outputs; i++) {
    results[i] = tl_lua_test_tensor (L, (int)i + 1);
    if (results[i] == NULL)
      return tl_lua_error (L, TL_ERROR_VALUE, "fit: the function gave a %s where a tensor is wanted", luaL_typename (L, (int)i + 1));
  }
  for (guint i = 0; i < args->n_outputs; i++)
    args->outputs[i] = tl_tensor_ref (results[i]);
  return 0;
}

static gboolean
call_function (CallArgs *args,
               GError  **error)
{
  TlLuaFit  *self = args->fit;
  lua_State *L = self->L;
  gboolean   ok;

  if (!lua_checkstack (L, 8)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return FALSE;
  }
  lua_pushcfunction (L, call_protected);
  lua_pushvalue (L, args->function);
  lua_pushlightuserdata (L, args);
  self->lua->in_step++;
  ok = lua_pcall (L, 2, 0, 0) == LUA_OK;
  self->lua->in_step--;
  return ok || tl_lua_take_error (L, error);
}

static gboolean
forward_cb (TlTensor *const *inputs,
            guint            n_inputs,
            TlTensor       **outputs,
            guint            n_outputs,
            gpointer         user_data,
            GError         **error)
{
  TlLuaFit *self = user_data;
  CallArgs  args = { self, self->model, inputs, n_inputs, NULL, 0, outputs, n_outputs };

  return call_function (&args, error);
}

TlTensor *
tl_lua_fit_loss_cb (TlTensor *const *outputs,
                    guint            n_outputs,
                    TlTensor *const *targets,
                    guint            n_targets,
                    gpointer         user_data,
                    GError         **error)
{
  TlLuaFit *self = user_data;
  TlTensor *loss = NULL;
  CallArgs  args = { self, self->loss, outputs, n_outputs, targets, n_targets, &loss, 1 };

  return call_function (&args, error) ? loss : NULL;
}

typedef struct {
  const TlSchedulePosition *position;
  double                    base_lr;
  double                   *lr;
} ScheduleArgs;

/* schedule (step, epoch, lr): the rate of the next step */
static int
schedule_protected (lua_State *L)
{
  ScheduleArgs *args = lua_touserdata (L, 2);

  lua_settop (L, 1);
  lua_pushinteger (L, args->position->step);
  lua_pushinteger (L, args->position->step / args->position->steps_per_epoch);
  lua_pushnumber (L, args->base_lr);
  lua_call (L, 3, 1);
  if (lua_type (L, -1) != LUA_TNUMBER || !(lua_tonumber (L, -1) >= 0 && lua_tonumber (L, -1) <= G_MAXDOUBLE))
    return tl_lua_error (L, TL_ERROR_VALUE, "fit: schedule gave %s where a learning rate of at least 0 is wanted", luaL_tolstring (L, -1, NULL));
  *args->lr = lua_tonumber (L, -1);
  return 0;
}

gboolean
tl_lua_fit_schedule_cb (const TlSchedulePosition *position,
                        double                    base_lr,
                        gpointer                  user_data,
                        double                   *lr,
                        GError                  **error)
{
  TlLuaFit    *self = user_data;
  ScheduleArgs args = { position, base_lr, lr };

  if (!lua_checkstack (self->L, 8)) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory");
    return FALSE;
  }
  lua_pushcfunction (self->L, schedule_protected);
  lua_pushvalue (self->L, self->schedule);
  lua_pushlightuserdata (self->L, &args);
  return lua_pcall (self->L, 2, 0, 0) == LUA_OK || tl_lua_take_error (self->L, error);
}

typedef struct {
  TlLuaFit     *fit;
  TlTrace      *trace;
  guint         n_inputs;
  const TlMeta *metas;
} DryArgs;

static int
dry_protected (lua_State *L)
{
  DryArgs *args = lua_touserdata (L, 2);

  lua_remove (L, 2);
  for (guint i = 0; i < args->n_inputs; i++)
    *tl_lua_new_box (L, &tl_lua_type_tensor) = tl_trace_add_input (args->trace, &args->metas[i]);
  lua_call (L, (int)args->n_inputs, 0);
  return 0;
}

/* Layers that take sizes from their input have no variables before they have seen one. */
static void
dry_run (lua_State        *L,
         TlLuaFit         *self,
         TlTrainerOptions *options)
{
  TlMeta  metas[TL_DATASET_MAX_FIELDS];
  DryArgs args = { .fit = self, .n_inputs = options->n_forward_inputs, .metas = metas };
  int     status;

  for (guint i = 0; i < args.n_inputs; i++) {
    TlItemType type = *tl_dataset_get_item_type (options->train, i);
    TlDim      shape[TL_TENSOR_MAX_RANK] = { tl_dim_symbol ("N") };

    if (options->transforms != NULL)
      type = *tl_transforms_get_out_type (options->transforms, i);
    for (guint axis = 0; axis < type.rank && axis + 1 < TL_TENSOR_MAX_RANK; axis++)
      shape[axis + 1] = type.shape[axis];
    tl_meta_init (&metas[i], type.dtype, MIN (type.rank + 1, TL_TENSOR_MAX_RANK), shape);
  }
  lua_pushcfunction (L, dry_protected);
  lua_pushvalue (L, self->model);
  lua_pushlightuserdata (L, &args);
  args.trace = tl_trace_begin (self->lua->context);
  self->lua->in_step++;
  status = lua_pcall (L, 2, 0, 0);
  self->lua->in_step--;
  tl_trace_abandon (args.trace);
  if (status != LUA_OK)
    lua_error (L);
}

static void
add_state (lua_State *L,
           TlLuaFit  *self)
{
  TlTrainerState state;

  tl_trainer_get_state (self->trainer, &state);
  if (!isnan (state.best)) {
    lua_pushnumber (L, state.best);
    lua_setfield (L, self->result, "best");
    lua_pushinteger (L, (lua_Integer)state.best_epoch + 1);
    lua_setfield (L, self->result, "best_epoch");
  }
  lua_pushnumber (L, state.loss);
  lua_setfield (L, self->result, "loss");
  lua_pushstring (L, tl_trainer_get_folder (self->trainer));
  lua_setfield (L, self->result, "folder");
}

/* The model, its data and what is called on the way. */
static void
read_model (lua_State        *L,
            TlLuaFit         *self,
            TlTrainerOptions *options)
{
  GError *error = NULL;

  lua_getfield (L, 1, "data");
  options->train = tl_lua_check (L, -1, &tl_lua_type_dataset);
  lua_getfield (L, 1, "validate");
  options->validation = tl_lua_test (L, -1, &tl_lua_type_dataset);
  lua_getfield (L, 1, "transform");
  options->transforms = tl_lua_push_transforms (L, -1);
  if (options->transforms != NULL &&
      !tl_transforms_fit (options->transforms, options->train,
                          options->seed != 0 ? options->seed : tl_context_get_seed (self->lua->context), &error))
    tl_lua_raise (L, error);
  lua_getfield (L, 1, "on_epoch");
  self->on_epoch = lua_isfunction (L, -1) ? lua_gettop (L) : 0;
  lua_getfield (L, 1, "on_step");
  self->on_step = lua_isfunction (L, -1) ? lua_gettop (L) : 0;

  options->model = tl_lua_test_model (L, 2);
  if (options->model != NULL && !tl_model_is_built (options->model) && !tl_model_build (options->model, &error))
    tl_lua_raise (L, error);
}

/* A function or module gives as many predictions as the loss takes; its inputs are the fields that the loss does not take. */
static void
read_forward (lua_State        *L,
              TlLuaFit         *self,
              TlTrainerOptions *options)
{
  gint  from[TL_LAYER_MAX_IN];
  guint n_fields = tl_dataset_get_n_fields (options->train), n_predictions = 1, n_targets = 1;

  if (options->model != NULL)
    return;
  if (options->loss != NULL)
    tl_training_find_loss_inputs (options->loss, G_MAXUINT, from, &n_predictions, &n_targets);
  options->forward = forward_cb;
  options->forward_data = self;
  options->n_forward_inputs = MAX (n_fields, n_targets + 1) - n_targets;
  options->n_forward_outputs = MAX (n_predictions, 1);
  dry_run (L, self, options);
}

/* train (options, model, result): the library has checked names and kinds. */
static int
internal_train (lua_State *L)
{
  TlLua           *lua = tl_lua_get (L);
  TlTrainerOptions options = { .sink = &tl_lua_fit_sink };
  TlAttrValue      values[TL_TRAINING_MAX_ATTRS];
  guint32          given = 0;
  guint            n = 0, n_all = 0;
  TlVariable     **parameters;
  GError          *error = NULL;
  gpointer        *slot;
  TlLuaFit        *self;
  const char      *resume;

  lua_settop (L, 3);
  luaL_checkstack (L, 40, NULL);
  slot = tl_lua_new_box (L, &type_fit);
  *slot = options.sink_data = self = g_new0 (TlLuaFit, 1);
  *self = (TlLuaFit){ .lua = lua, .L = L, .model = 2, .result = 3 };
  tl_lua_fit_read_numbers (L, values, &given);
  resume = tl_training_set_options (&options, values, given);
  read_model (L, self, &options);
  tl_lua_fit_read_loss (L, self, &options);
  read_forward (L, self, &options);
  if (options.model == NULL) {
    options.variables = tl_lua_take_variables (L, 2, FALSE, &n_all);
    options.n_variables = n_all;
  }
  parameters = tl_lua_take_variables (L, 2, TRUE, &n);
  if (n == 0 && lua_isfunction (L, 2))
    return tl_lua_error (L, TL_ERROR_VALUE, "fit: a function has no parameters; put it into a module: nn.Module { ... }");
  if (n == 0)
    return tl_lua_error (L, TL_ERROR_VALUE, "fit: the model has nothing to train");
  tl_lua_fit_read_optimizer (L, &options, parameters, n);
  tl_lua_fit_read_metrics (L, &options);
  tl_lua_fit_read_schedule (L, self, &options);

  if (!tl_training_run (&lua->host.training, lua->cell, resume, &options, &self->trainer, &error) || self->failed) {
    if (self->failed) {
      g_clear_error (&error);
      error = g_steal_pointer (&self->error);
    }
    return tl_lua_raise_again (L, error);
  }
  add_state (L, self);
  g_clear_pointer (&self->trainer, tl_trainer_free);
  tl_lua_note_memory (L);
  return 0;
}

void
tl_lua_open_fit (lua_State *L)
{
  lua_Integer n = 0;

  tl_lua_new_type (L, &type_fit);
  lua_pop (L, 1);
  lua_pushcfunction (L, internal_train);
  tl_lua_set_internal (L, "train");
  lua_newtable (L);
  for (const TlAttrSpec *spec = tl_training_attrs; spec->name != NULL; spec++) {
    lua_pushstring (L, spec->name);
    lua_rawseti (L, -2, ++n);
  }
  for (guint i = 0; tl_lua_fit_tables[i].name != NULL; i++) {
    lua_pushstring (L, tl_lua_fit_tables[i].name);
    lua_rawseti (L, -2, ++n);
  }
  tl_lua_set_internal (L, "fit_options");
  lua_newtable (L);
  lua_pushinteger (L, TL_ERROR_NAME);
  lua_setfield (L, -2, "name");
  lua_pushinteger (L, TL_ERROR_VALUE);
  lua_setfield (L, -2, "value");
  tl_lua_set_internal (L, "codes");
}
