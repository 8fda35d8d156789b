/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Help and completion for Lua cells, from the rows of the tables and a snapshot of the globals.
 *
 * Everything here answers from constant tables and from a snapshot that tl_lua_run_cell() publishes when a cell has ended, so it
 * never waits for Lua.
 *
 * Ownership: results are the caller's.  Thread rule: any thread.
 */

#include "lua/lua-state.h"

G_BEGIN_DECLS

/**
 * TlLuaCompletion:
 * @name: the whole name
 * @kind: "function", "layer", "optimizer", "dataset", "option", "variable", "keyword"
 * @detail: (nullable): signature or type
 * @doc: (nullable): one sentence
 */
typedef struct {
  char *name;
  char *kind;
  char *detail;
  char *doc;
} TlLuaCompletion;

/**
 * TlLuaVariable:
 * @name: of a global that a cell has set
 * @type: "tensor", "data set", "module", "integer", …
 * @summary: its value, shape or size in a few words; may be empty
 * @n_bytes: what its tensors and parameters hold
 */
typedef struct {
  char *name;
  char *type;
  char *summary;
  gsize n_bytes;
} TlLuaVariable;

void tl_lua_variable_free (TlLuaVariable *self);

/**
 * tl_lua_list_variables:
 * @self: whose globals
 *
 * Returns: (transfer full) (element-type TlLuaVariable): what cells have set, by name
 */
GPtrArray *tl_lua_list_variables (TlLua *self);

void tl_lua_completion_free (TlLuaCompletion *self);

/**
 * tl_lua_complete:
 * @self: (nullable): whose globals are offered too
 * @text: a cell's text
 * @offset: byte offset of the cursor
 * @start: (out): byte offset of the first letter that a completion replaces
 *
 * Returns: (transfer full) (element-type TlLuaCompletion): what may stand there, sorted
 */
GPtrArray *tl_lua_complete (TlLua      *self,
                            const char *text,
                            gsize       offset,
                            gsize      *start);

/**
 * tl_lua_inspect:
 * @self: (nullable): whose globals are looked at too
 * @name: "tl.relu", "nn.Conv2d", "optim.Adam", "relu" or a global name
 *
 * Returns: (transfer full) (nullable): signature, documentation and formula as plain text, or %NULL if nothing is known
 */
char *tl_lua_inspect (TlLua      *self,
                      const char *name);

/**
 * tl_lua_inspect_option:
 * @name: "fit.clip_norm", "nn.Linear.bias"
 *
 * Returns: (transfer full) (nullable): the option's default and documentation, or %NULL
 */
char *tl_lua_inspect_option (const char *name);

/**
 * tl_lua_list_module:
 * @module: "tl", "nn", "nn.init", "optim", "metric", "data"; "x" for what tensors, modules and others can do
 *
 * Returns: (transfer full) (nullable): a line for each name in it; %NULL if there is no such module
 */
char *tl_lua_list_module (const char *module);

/**
 * tl_lua_list_names:
 *
 * Returns: (transfer full) (element-type utf8): all names that cells may write, with their modules
 */
GPtrArray *tl_lua_list_names (void);

G_END_DECLS
