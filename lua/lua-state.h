/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Lua cells: a Lua 5.4 state with the engine in it, inside limits.
 *
 *     lua = tl_lua_new (&host, host_data);
 *     tl_lua_run_cell (lua, "load", "train, test = data.fashion_mnist()", &result, &error);
 *     tl_lua_run_cell (lua, "fit", "fit { lenet, data = train, epochs = 3 }", &result, &error);
 *
 * Globals persist from cell to cell.  The value of an expression that ends a cell is shown, as at a prompt.  Cells reach neither files nor
 * programs nor native code; they share the engine's memory limit, and tl_context_cancel() ends whatever they do: loops, also inside
 * pcall and coroutines, patterns, operations.
 *
 * What the cells need from the program that runs them is TlLuaHost.
 *
 * Ownership: one owner, tl_lua_free().
 * Thread rule: one thread, the one that made it; tl_lua_complete() and tl_lua_inspect() (help.h) from any.
 */

#include "core/graph/context.h"
#include "core/nn/model.h"
#include "core/train/training.h"

G_BEGIN_DECLS

typedef struct _TlLua TlLua;

typedef enum {
  TL_LUA_STREAM_OUT,   /* print */
  TL_LUA_STREAM_VALUE, /* show, and the value of a cell */
  TL_LUA_STREAM_NOTE,  /* what Trellis has to say: a plan that is made again and again */
} TlLuaStream;

/**
 * TlLuaHost:
 * @print: takes text that a cell prints; lines end with "\n"
 * @find_model: (nullable): the model of the graph cell @name, (transfer full); %NULL without an error if there is no such cell
 * @training: what it gives to trainings
 * @device: (nullable): where cells compute; %NULL is "cpu"
 *
 * What a program gives to cells.  All functions are called on the thread of the cells and must not raise.
 */
typedef struct {
  void (*print) (gpointer    user_data,
                 const char *text,
                 gsize       n_bytes,
                 TlLuaStream stream);
  TlModel *(*find_model) (gpointer    user_data,
                          const char *name,
                          GError    **error);
  TlTrainingHost training;
  const char    *device;
} TlLuaHost;

/**
 * TlLuaResult:
 * @value: (nullable): text of the cell's value, if it ended with an expression
 * @error_cell: (nullable): cell of the error
 * @error_line: line of the error in that cell, from 1; 0 if unknown
 * @traceback: (nullable): calls that led to the error, one "cell:line: in …" per line
 *
 * What came of a cell; free with tl_lua_result_clear().
 */
typedef struct {
  char *value;
  char *error_cell;
  guint error_line;
  char *traceback;
} TlLuaResult;

TlLua *tl_lua_new (const TlLuaHost *host,
                   gpointer         user_data);
void   tl_lua_free (TlLua *self);

gboolean tl_lua_run_cell (TlLua       *self,
                          const char  *cell,
                          const char  *text,
                          TlLuaResult *result,
                          GError     **error);
void     tl_lua_result_clear (TlLuaResult *self);
void     tl_lua_collect (TlLua *self);
void     tl_lua_set_gc_stress (TlLua   *self,
                               gboolean stress);
gsize    tl_lua_get_n_bytes (TlLua *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLua, tl_lua_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TlLuaResult, tl_lua_result_clear)

G_END_DECLS
