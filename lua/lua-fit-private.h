/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A `fit` that runs, and what its files share: lua-fit.c runs it, lua-fit-options.c reads what was asked for, lua-fit-events.c passes on
 * what the trainer tells.
 */

#include "core/train/training.h"
#include "lua/lua-private.h"

G_BEGIN_DECLS

/**
 * TlLuaFit:
 * @lua: the state
 * @L: its thread
 * @model: place of the model on the stack
 * @result: place of what `fit` gives
 * @on_epoch: place of the function, or 0
 * @on_step: place of the function, or 0
 * @schedule: place of the function, or 0
 * @loss: place of a loss that is a function, or 0
 * @trainer: (nullable): while it runs
 * @error: (nullable): the first error of a callback
 * @failed: whether there was one
 */
typedef struct {
  TlLua     *lua;
  lua_State *L;
  int        model;
  int        result;
  int        on_epoch, on_step, schedule, loss;
  TlTrainer *trainer;
  GError    *error;
  gboolean   failed;
} TlLuaFit;

extern const TlRunSink tl_lua_fit_sink;

/* lua-fit.c */
void      tl_lua_fit_keep_error (TlLuaFit *self);
TlTensor *tl_lua_fit_loss_cb (TlTensor *const *outputs,
                              guint            n_outputs,
                              TlTensor *const *targets,
                              guint            n_targets,
                              gpointer         user_data,
                              GError         **error);

gboolean tl_lua_fit_schedule_cb (const TlSchedulePosition *position,
                                 double                    base_lr,
                                 gpointer                  user_data,
                                 double                   *lr,
                                 GError                  **error);

/* lua-fit-options.c; each may raise and leaves what it read on the stack */
void tl_lua_fit_read_loss (lua_State        *L,
                           TlLuaFit         *self,
                           TlTrainerOptions *options);
void tl_lua_fit_read_optimizer (lua_State        *L,
                                TlTrainerOptions *options,
                                TlVariable      **parameters,
                                guint             n_parameters);
void tl_lua_fit_read_metrics (lua_State        *L,
                              TlTrainerOptions *options);
void tl_lua_fit_read_schedule (lua_State        *L,
                               TlLuaFit         *self,
                               TlTrainerOptions *options);
void tl_lua_fit_read_numbers (lua_State   *L,
                              TlAttrValue *values,
                              guint32     *given);

G_END_DECLS
