/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the trainer tells: to the host, to the result, to the cell's functions.
 */
#include "lua/lua-fit-private.h"

typedef struct {
  TlLuaFit          *fit;
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
run_event (TlLuaFit     *self,
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
    tl_lua_fit_keep_error (self);
}

#define FORWARD(field, event)                                                                \
  if (self->lua->host.training.sink != NULL && self->lua->host.training.sink->field != NULL) \
  self->lua->host.training.sink->field (self->lua->host.training.user_data, event)

static void
started_cb (gpointer            user_data,
            const TlRunStarted *event)
{
  TlLuaFit *self = user_data;

  FORWARD (started, event);
}

static void
step_cb (gpointer         user_data,
         const TlRunStep *event)
{
  TlLuaFit *self = user_data;
  EventArgs args = { .fit = self, .step = event };

  FORWARD (step, event);
  if (self->on_step != 0)
    run_event (self, tell_step, &args, self->on_step, 0);
}

static void
epoch_cb (gpointer           user_data,
          const TlRunResult *event)
{
  TlLuaFit *self = user_data;
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
  TlLuaFit *self = user_data;
  EventArgs args = { .fit = self, .result = event, .validation = TRUE };

  FORWARD (validation, event);
  run_event (self, add_result, &args, self->result, 0);
}

static void
change_cb (gpointer           user_data,
           const TlRunChange *event)
{
  TlLuaFit *self = user_data;

  FORWARD (change, event);
}

static void
message_cb (gpointer    user_data,
            const char *event)
{
  TlLuaFit *self = user_data;

  FORWARD (message, event);
}

static void
checkpoint_cb (gpointer    user_data,
               guint64     step,
               const char *path)
{
  TlLuaFit *self = user_data;

  const TlTrainingHost *host = &self->lua->host.training;

  if (host->sink != NULL && host->sink->checkpoint != NULL)
    host->sink->checkpoint (host->user_data, step, path);
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
end_cb (TlLuaFit       *self,
        const TlRunEnd *event)
{
  lua_State *L = self->L;

  if (!lua_checkstack (L, 4))
    return;
  lua_pushcfunction (L, add_end);
  lua_pushlightuserdata (L, (gpointer)event);
  lua_pushvalue (L, self->result);
  if (lua_pcall (L, 2, 0, 0) != LUA_OK)
    tl_lua_fit_keep_error (self);
}

static void
finished_cb (gpointer        user_data,
             const TlRunEnd *event)
{
  TlLuaFit *self = user_data;

  end_cb (self, event);
  FORWARD (finished, event);
}

static void
interrupted_cb (gpointer        user_data,
                const TlRunEnd *event)
{
  TlLuaFit *self = user_data;

  FORWARD (interrupted, event);
}

static void
failed_cb (gpointer        user_data,
           const TlRunEnd *event)
{
  TlLuaFit *self = user_data;

  FORWARD (failed, event);
}

const TlRunSink tl_lua_fit_sink = {
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
