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
#include "core/train/trainer.h"
#include "lua/lua-private.h"

#define MAX_FIELDS TL_DATASET_MAX_FIELDS

enum { EPOCHS,
       BATCH_SIZE,
       ACCUMULATE,
       SHUFFLE,
       DROP_LAST,
       CLIP_NORM,
       PATIENCE,
       MIN_DELTA,
       MONITOR,
       CHECKPOINT_EVERY,
       KEEP_BEST,
       LOG_EVERY,
       SEED,
       RESUME,
       N_OPTIONS };

#define COUNT .has_range = TRUE, .min = 1, .max = 1e15

// clang-format off
const TlAttrSpec tl_lua_fit_options[] = {
  { "epochs", "how often the training set is gone through", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "batch_size", "items in a batch", TL_ATTR_INT, .def = { .i = 64 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "accumulate", "batches of one optimizer step", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "shuffle", "another order in each epoch", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "drop_last", "leave out the last batch of an epoch if it is smaller", TL_ATTR_BOOL },
  { "clip_norm", "largest norm of the gradients, 0 for no limit", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "patience", "epochs without improvement after which it stops, 0 for never", TL_ATTR_INT, .has_range = TRUE, .max = 1e15 },
  { "min_delta", "what counts as improvement", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "monitor", "the metric that tells the best epoch", TL_ATTR_STRING },
  { "checkpoint_every", "epochs between checkpoints", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "keep_best", "also keep the model of the best epoch", TL_ATTR_BOOL },
  { "log_every", "steps between reports", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "seed", "of order and transforms", TL_ATTR_INT },
  { "resume", "checkpoint to go on from", TL_ATTR_STRING },
  { NULL },
};
// clang-format on

/* Those whose values are no plain attributes. */
const char *const tl_lua_fit_tables[] = { "model", "data", "validate", "optimizer", "loss", "metrics", "transform", "schedule", "on_epoch", "on_step", NULL };

typedef struct {
  TlLua      *lua;
  lua_State  *L;
  int         model; /* stack indices */
  int         result;
  int         on_epoch, on_step, loss;
  TlTrainer  *trainer;
  const char *folder;
  GError     *error; /* owned by the box of the training: of a callback */
  gboolean    failed;
} Fit;

static void
fit_free (gpointer object)
{
  Fit *self = object;

  g_clear_error (&self->error);
  g_clear_pointer (&self->trainer, tl_trainer_free);
  g_free ((char *)self->folder);
  g_free (self);
}

static const TlLuaType type_fit = { "training", fit_free };

/* Keeps the first error of a callback and ends the training. */
static void
keep_error (Fit *self)
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
  Fit             *fit;
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
  Fit       *self = args->fit;
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
  Fit     *self = user_data;
  CallArgs args = { self, self->model, inputs, n_inputs, NULL, 0, outputs, n_outputs };

  return call_function (&args, error);
}

static TlTensor *
loss_cb (TlTensor *const *outputs,
         guint            n_outputs,
         TlTensor *const *targets,
         guint            n_targets,
         gpointer         user_data,
         GError         **error)
{
  Fit      *self = user_data;
  TlTensor *loss = NULL;
  CallArgs  args = { self, self->loss, outputs, n_outputs, targets, n_targets, &loss, 1 };

  return call_function (&args, error) ? loss : NULL;
}

/* What the trainer tells: to the host, to the result, to the cell's functions. */

typedef struct {
  Fit               *fit;
  const TlRunResult *result;
  const TlRunStep   *step;
  gboolean           validation;
} EventArgs;

/* history[epoch + 1].name = value; those of the validation set as "val_name" */
static int
add_result (lua_State *L)
{
  EventArgs         *args = lua_touserdata (L, 1);
  const TlRunResult *event = args->result;

  lua_getfield (L, 2, "history");
  lua_rawgeti (L, -1, (lua_Integer)lua_rawlen (L, -1));
  if (!args->validation || lua_isnil (L, -1)) {
    lua_pop (L, 1);
    lua_newtable (L);
    lua_pushinteger (L, (lua_Integer)event->epoch + 1);
    lua_setfield (L, -2, "epoch");
    lua_pushvalue (L, -1);
    lua_rawseti (L, -3, (lua_Integer)lua_rawlen (L, -3) + 1);
  }
  for (guint i = 0; i < event->n_values; i++) {
    lua_pushfstring (L, "%s%s", args->validation ? "val_" : "", event->names[i]);
    lua_pushnumber (L, event->values[i]);
    lua_rawset (L, -3);
  }
  return 1;
}

/* on_epoch (epoch, result): false stops */
static int
tell_epoch (lua_State *L)
{
  EventArgs *args = lua_touserdata (L, 1);

  lua_getfield (L, 2, "history");
  lua_rawgeti (L, -1, (lua_Integer)lua_rawlen (L, -1));
  lua_pushvalue (L, 3);
  lua_insert (L, -2);
  lua_pushvalue (L, 2);
  lua_call (L, 2, 1);
  if (lua_isboolean (L, -1) && !lua_toboolean (L, -1))
    tl_trainer_stop (args->fit->trainer);
  return 0;
}

static int
tell_step (lua_State *L)
{
  EventArgs *args = lua_touserdata (L, 1);

  lua_pushinteger (L, (lua_Integer)args->step->step);
  lua_pushnumber (L, args->step->loss);
  lua_call (L, 2, 1);
  if (lua_isboolean (L, -1) && !lua_toboolean (L, -1))
    tl_trainer_stop (args->fit->trainer);
  return 0;
}

static void
run_event (Fit          *self,
           lua_CFunction func,
           EventArgs    *args,
           int           first,
           int           second)
{
  lua_State *L = self->L;

  if (self->failed || !lua_checkstack (L, 8))
    return;
  lua_pushcfunction (L, func);
  lua_pushlightuserdata (L, args);
  lua_pushvalue (L, first);
  if (second != 0)
    lua_pushvalue (L, second);
  if (lua_pcall (L, second != 0 ? 3 : 2, 0, 0) != LUA_OK)
    keep_error (self);
}

#define FORWARD(field, event)                                              \
  if (self->lua->host.sink != NULL && self->lua->host.sink->field != NULL) \
  self->lua->host.sink->field (self->lua->host.sink_data, event)

static void
started_cb (gpointer            user_data,
            const TlRunStarted *event)
{
  Fit *self = user_data;

  FORWARD (started, event);
}

static void
step_cb (gpointer         user_data,
         const TlRunStep *event)
{
  Fit      *self = user_data;
  EventArgs args = { .fit = self, .step = event };

  FORWARD (step, event);
  if (self->on_step != 0)
    run_event (self, tell_step, &args, self->on_step, 0);
}

static void
epoch_cb (gpointer           user_data,
          const TlRunResult *event)
{
  Fit      *self = user_data;
  EventArgs args = { .fit = self, .result = event };

  FORWARD (epoch, event);
  run_event (self, add_result, &args, self->result, 0);
  if (self->on_epoch != 0)
    run_event (self, tell_epoch, &args, self->result, self->on_epoch);
}

static void
validation_cb (gpointer           user_data,
               const TlRunResult *event)
{
  Fit      *self = user_data;
  EventArgs args = { .fit = self, .result = event, .validation = TRUE };

  FORWARD (validation, event);
  run_event (self, add_result, &args, self->result, 0);
}

static void
change_cb (gpointer           user_data,
           const TlRunChange *event)
{
  Fit *self = user_data;

  FORWARD (change, event);
}

static void
message_cb (gpointer    user_data,
            const char *event)
{
  Fit *self = user_data;

  FORWARD (message, event);
}

static void
checkpoint_cb (gpointer    user_data,
               guint64     step,
               const char *path)
{
  Fit *self = user_data;

  if (self->lua->host.sink != NULL && self->lua->host.sink->checkpoint != NULL)
    self->lua->host.sink->checkpoint (self->lua->host.sink_data, step, path);
}

/* run.steps, run.epochs, run.model_path ... */
static int
add_end (lua_State *L)
{
  const TlRunEnd *event = lua_touserdata (L, 1);

  lua_pushinteger (L, (lua_Integer)event->step);
  lua_setfield (L, 2, "steps");
  lua_pushinteger (L, (lua_Integer)event->epoch);
  lua_setfield (L, 2, "epochs");
  lua_pushnumber (L, event->elapsed_s);
  lua_setfield (L, 2, "seconds");
  lua_pushstring (L, event->model_path);
  lua_setfield (L, 2, "model_path");
  lua_pushstring (L, event->checkpoint_path);
  lua_setfield (L, 2, "checkpoint_path");
  lua_pushstring (L, event->reason);
  lua_setfield (L, 2, "reason");
  return 0;
}

static void
end_cb (Fit            *self,
        const TlRunEnd *event)
{
  lua_State *L = self->L;

  if (!lua_checkstack (L, 4))
    return;
  lua_pushcfunction (L, add_end);
  lua_pushlightuserdata (L, (gpointer)event);
  lua_pushvalue (L, self->result);
  if (lua_pcall (L, 2, 0, 0) != LUA_OK)
    keep_error (self);
}

static void
finished_cb (gpointer        user_data,
             const TlRunEnd *event)
{
  Fit *self = user_data;

  end_cb (self, event);
  FORWARD (finished, event);
}

static void
interrupted_cb (gpointer        user_data,
                const TlRunEnd *event)
{
  Fit *self = user_data;

  FORWARD (interrupted, event);
}

static void
failed_cb (gpointer        user_data,
           const TlRunEnd *event)
{
  Fit *self = user_data;

  FORWARD (failed, event);
}

static const TlRunSink sink = {
  .started = started_cb,
  .step = step_cb,
  .epoch = epoch_cb,
  .validation = validation_cb,
  .change = change_cb,
  .message = message_cb,
  .checkpoint = checkpoint_cb,
  .finished = finished_cb,
  .interrupted = interrupted_cb,
  .failed = failed_cb,
};

/* Options that name rows of tables. */

/* "CrossEntropyLoss" for "cross_entropy", "crossentropyloss", "CrossEntropyLoss" */
static gboolean
is_loss_name (const char *row,
              const char *name)
{
  for (;; name++) {
    if (*name == '_')
      continue;
    if (*name == '\0')
      return *row == '\0' || g_ascii_strcasecmp (row, "loss") == 0;
    if (g_ascii_tolower (*name) != g_ascii_tolower (*row++))
      return FALSE;
  }
}

static const TlLayerClass *
find_loss (lua_State  *L,
           const char *name)
{
  const char *names[TL_LUA_MAX_LIST];
  guint       n = 0;

  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);

    if ((klass->flags & TL_LAYER_LOSS) == 0)
      continue;
    if (is_loss_name (klass->name, name))
      return klass;
    if (n < TL_LUA_MAX_LIST)
      names[n++] = klass->name;
  }
  tl_lua_error (L, TL_ERROR_NAME, "there is no loss %s%s", name, tl_lua_nearest_hint (L, name, names, n));
  return NULL;
}

static void
read_loss (lua_State        *L,
           Fit              *self,
           TlTrainerOptions *options)
{
  TlDataset        *train = options->train;
  const TlItemType *target = tl_dataset_get_item_type (train, tl_dataset_get_n_fields (train) - 1);

  lua_getfield (L, 1, "loss");
  options->loss_layer = tl_lua_test_layer (L, -1);
  if (options->loss_layer != NULL)
    options->loss = tl_layer_get_class (options->loss_layer);
  else if (lua_type (L, -1) == LUA_TSTRING)
    options->loss = find_loss (L, lua_tostring (L, -1));
  else if (lua_isnil (L, -1))
    options->loss = find_loss (L, tl_dtype_is_float (target->dtype) ? "MSELoss" : "CrossEntropyLoss");
  else if (lua_isfunction (L, -1) || lua_istable (L, -1)) {
    self->loss = lua_gettop (L);
    options->loss_func = loss_cb;
    options->loss_data = self;
  } else {
    tl_lua_error (L, TL_ERROR_VALUE, "fit: loss = must be a name, a layer or a function, not a %s", luaL_typename (L, -1));
  }
}

/* An optimizer of its own, or the one it was given; stays on the stack. */
static void
read_optimizer (lua_State        *L,
                TlTrainerOptions *options,
                TlVariable      **parameters,
                guint             n_parameters)
{
  const TlOptimizerClass *klass = NULL;
  TlLuaOptimizer         *given;
  TlAttrValue            *attrs = NULL;
  gpointer               *slot;
  TlLuaOptimizer         *made;
  GError                 *error = NULL;

  lua_getfield (L, 1, "optimizer");
  given = tl_lua_test (L, -1, &tl_lua_type_optimizer);
  if (given != NULL && given->optimizer != NULL) {
    options->optimizer = given->optimizer;
    return;
  }
  if (given != NULL) {
    klass = given->klass;
    attrs = given->attrs;
  } else if (lua_isnil (L, -1) || lua_type (L, -1) == LUA_TSTRING) {
    const char *name = luaL_optstring (L, -1, "Adam");

    klass = tl_lua_find_optimizer (name);
    if (klass == NULL) {
      const char *names[TL_LUA_MAX_LIST];
      guint       n = MIN (tl_optimizer_get_n_rows (), TL_LUA_MAX_LIST);

      for (guint i = 0; i < n; i++)
        names[i] = tl_optimizer_get_row (i)->name;
      tl_lua_error (L, TL_ERROR_NAME, "there is no optimizer %s%s", name, tl_lua_nearest_hint (L, name, names, n));
      return;
    }
  } else {
    tl_lua_error (L, TL_ERROR_VALUE, "fit: optimizer = must be optim.NAME { ... } or a name, not a %s", luaL_typename (L, -1));
    return;
  }
  slot = tl_lua_new_box (L, &tl_lua_type_optimizer);
  *slot = made = g_new0 (TlLuaOptimizer, 1);
  made->klass = klass;
  made->optimizer = tl_optimizer_new (klass, parameters, n_parameters, attrs, &error);
  if (made->optimizer == NULL)
    tl_lua_raise (L, error);
  options->optimizer = made->optimizer;
}

/* { "accuracy", { "top_k_accuracy", k = 3 } }; in memory of Lua's that stays on the stack */
static void
read_metrics (lua_State        *L,
              TlTrainerOptions *options)
{
  TlMetric    *metrics;
  lua_Unsigned n;

  lua_getfield (L, 1, "metrics");
  if (lua_isnil (L, -1))
    return;
  if (lua_type (L, -1) == LUA_TSTRING) {
    lua_newtable (L);
    lua_insert (L, -2);
    lua_rawseti (L, -2, 1);
  }
  luaL_argexpected (L, lua_istable (L, -1), 1, "metrics = list of names");
  n = lua_rawlen (L, -1);
  metrics = lua_newuserdatauv (L, (n + 1) * sizeof *metrics, 0);
  for (lua_Unsigned i = 0; i < n; i++) {
    const TlMetricClass *row;
    TlAttrValue          values[TL_OP_MAX_ATTRS];
    guint32              given = 0;
    const char          *name;
    gboolean             has_attrs;

    lua_rawgeti (L, -2, (lua_Integer)i + 1);
    has_attrs = lua_istable (L, -1);
    if (has_attrs)
      lua_rawgeti (L, -1, 1);
    else
      lua_pushvalue (L, -1);
    name = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : "?";
    row = tl_metric_class_find (name);
    if (row == NULL) {
      const char *names[TL_LUA_MAX_LIST];
      guint       n_rows = MIN (tl_metric_class_get_n_rows (), TL_LUA_MAX_LIST);

      for (guint k = 0; k < n_rows; k++)
        names[k] = tl_metric_class_get_row (k)->name;
      tl_lua_error (L, TL_ERROR_NAME, "there is no metric %s%s", name, tl_lua_nearest_hint (L, name, names, n_rows));
      return;
    }
    tl_attr_init_defaults (row->attrs, values);
    for (guint k = 0; has_attrs && row->attrs != NULL && row->attrs[k].name != NULL; k++) {
      lua_getfield (L, -2, row->attrs[k].name);
      tl_lua_set_attr (L, -1, row->name, row->attrs, values, &given, row->attrs[k].name);
      lua_pop (L, 1);
    }
    tl_metric_init (&metrics[i], row, values);
    lua_pop (L, 2);
  }
  options->metrics = metrics;
  options->n_metrics = (guint)n;
}

/* "cosine", or { "step", every = 2 }; in memory of Lua's that stays on the stack */
static void
read_schedule (lua_State        *L,
               TlTrainerOptions *options)
{
  TlAttrValue *values;
  guint32      given = 0;
  const char  *name;
  int          index;

  lua_getfield (L, 1, "schedule");
  if (lua_isnil (L, -1))
    return;
  index = lua_gettop (L);
  if (lua_istable (L, index))
    lua_rawgeti (L, index, 1);
  else
    lua_pushvalue (L, index);
  name = lua_type (L, -1) == LUA_TSTRING ? lua_tostring (L, -1) : "?";
  options->schedule = tl_schedule_find (name);
  if (options->schedule == NULL) {
    const char *names[TL_LUA_MAX_LIST];
    guint       n = MIN (tl_schedule_get_n_rows (), TL_LUA_MAX_LIST);

    for (guint i = 0; i < n; i++)
      names[i] = tl_schedule_get_row (i)->name;
    tl_lua_error (L, TL_ERROR_NAME, "there is no schedule %s%s", name, tl_lua_nearest_hint (L, name, names, n));
    return;
  }
  values = lua_newuserdatauv (L, TL_OP_MAX_ATTRS * sizeof *values, 0);
  tl_attr_init_defaults (options->schedule->attrs, values);
  lua_pushnil (L);
  while (lua_istable (L, index) && lua_next (L, index) != 0) {
    if (lua_type (L, -2) == LUA_TSTRING)
      tl_lua_set_attr (L, -1, name, options->schedule->attrs, values, &given, lua_tostring (L, -2));
    lua_pop (L, 1);
  }
  if (!lua_istable (L, index))
    lua_pop (L, 1);
  options->schedule_attrs = values;
}

static void
read_numbers (lua_State        *L,
              TlTrainerOptions *options,
              TlAttrValue      *values,
              guint32          *given)
{
  tl_attr_init_defaults (tl_lua_fit_options, values);
  for (guint i = 0; i < N_OPTIONS; i++) {
    lua_getfield (L, 1, tl_lua_fit_options[i].name);
    tl_lua_set_attr (L, -1, "fit", tl_lua_fit_options, values, given, tl_lua_fit_options[i].name);
    lua_pop (L, 1);
  }
  options->epochs = (guint64)values[EPOCHS].i;
  options->batch_size = (gsize)values[BATCH_SIZE].i;
  options->accumulate = (guint)values[ACCUMULATE].i;
  options->keep_order = values[SHUFFLE].i == 0;
  options->drop_last = values[DROP_LAST].i != 0;
  options->clip_norm = values[CLIP_NORM].d;
  options->patience = (guint64)values[PATIENCE].i;
  options->min_delta = values[MIN_DELTA].d;
  options->monitor = values[MONITOR].s;
  options->checkpoint_every = (guint64)values[CHECKPOINT_EVERY].i;
  options->keep_best = values[KEEP_BEST].i != 0;
  options->log_every = (guint64)values[LOG_EVERY].i;
  options->seed = (*given >> SEED & 1) != 0 ? (guint64)values[SEED].i : 0;
}

typedef struct {
  Fit          *fit;
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
         Fit              *self,
         TlTrainerOptions *options)
{
  TlMeta  metas[MAX_FIELDS];
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

static gboolean
run_training (Fit                    *self,
              const TlTrainerOptions *options,
              const char             *resume,
              GError                **error)
{
  const TlLuaHost *host = &self->lua->host;
  gboolean         ok;

  self->trainer = tl_trainer_new (options, error);
  if (self->trainer == NULL || (resume != NULL && !tl_trainer_resume (self->trainer, resume, error)))
    return FALSE;
  if (host->trainer != NULL)
    host->trainer (self->lua->host_data, self->trainer);
  ok = tl_trainer_run (self->trainer, error);
  if (host->trainer != NULL)
    host->trainer (self->lua->host_data, NULL);
  return ok;
}

static void
add_state (lua_State *L,
           Fit       *self)
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
  lua_pushstring (L, self->folder);
  lua_setfield (L, self->result, "folder");
}

/* train (options, model, result): the library has checked names and kinds. */
static int
internal_train (lua_State *L)
{
  TlLua           *lua = tl_lua_get (L);
  TlTrainerOptions options = { 0 };
  TlAttrValue      values[N_OPTIONS];
  guint32          given = 0;
  guint            n = 0, n_all = 0;
  TlVariable     **parameters, **variables;
  GError          *error = NULL;
  gpointer        *slot;
  Fit             *self;
  const char      *resume;

  lua_settop (L, 3);
  luaL_checkstack (L, 40, NULL);
  slot = tl_lua_new_box (L, &type_fit);
  *slot = self = g_new0 (Fit, 1);
  *self = (Fit){ .lua = lua, .L = L, .model = 2, .result = 3 };
  read_numbers (L, &options, values, &given);
  lua_getfield (L, 1, "data");
  options.train = tl_lua_check (L, -1, &tl_lua_type_dataset);
  lua_getfield (L, 1, "validate");
  options.validation = tl_lua_test (L, -1, &tl_lua_type_dataset);
  lua_getfield (L, 1, "transform");
  options.transforms = tl_lua_push_transforms (L, -1);
  if (options.transforms != NULL && !tl_transforms_fit (options.transforms, options.train, options.seed != 0 ? options.seed : tl_context_get_seed (lua->context), &error))
    return tl_lua_raise (L, error);
  lua_getfield (L, 1, "on_epoch");
  self->on_epoch = lua_isfunction (L, -1) ? lua_gettop (L) : 0;
  lua_getfield (L, 1, "on_step");
  self->on_step = lua_isfunction (L, -1) ? lua_gettop (L) : 0;

  options.model = tl_lua_test_model (L, 2);
  if (options.model != NULL && !tl_model_is_built (options.model) && !tl_model_build (options.model, &error))
    return tl_lua_raise (L, error);
  if (options.model == NULL) {
    options.forward = forward_cb;
    options.forward_data = self;
    options.n_forward_inputs = MAX (tl_dataset_get_n_fields (options.train), 2) - 1;
    options.n_forward_outputs = 1;
    dry_run (L, self, &options);
  }
  read_loss (L, self, &options);
  if (options.model == NULL) {
    variables = tl_lua_take_variables (L, 2, FALSE, &n_all);
    options.variables = variables;
    options.n_variables = n_all;
  }
  parameters = tl_lua_take_variables (L, 2, TRUE, &n);
  if (n == 0 && lua_isfunction (L, 2))
    return tl_lua_error (L, TL_ERROR_VALUE, "fit: a function has no parameters; put it into a module: nn.Module { ... }");
  if (n == 0)
    return tl_lua_error (L, TL_ERROR_VALUE, "fit: the model has nothing to train");
  read_optimizer (L, &options, parameters, n);
  read_metrics (L, &options);
  read_schedule (L, &options);
  options.sink = &sink;
  options.sink_data = self;

  if (lua->host.new_run != NULL) {
    self->folder = lua->host.new_run (lua->host_data, lua->cell, &error);
    if (error != NULL)
      return tl_lua_raise (L, error);
  }
  options.folder = self->folder;
  resume = values[RESUME].s;
  if (resume == NULL && lua->host.resume != NULL) {
    char *path = lua->host.resume (lua->host_data, lua->cell);

    resume = path != NULL ? g_intern_string (path) : NULL;
    g_free (path);
  }
  if (!run_training (self, &options, resume, &error) || self->failed) {
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
  for (guint i = 0; i < N_OPTIONS; i++) {
    lua_pushstring (L, tl_lua_fit_options[i].name);
    lua_rawseti (L, -2, ++n);
  }
  for (guint i = 0; tl_lua_fit_tables[i] != NULL; i++) {
    lua_pushstring (L, tl_lua_fit_tables[i]);
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
