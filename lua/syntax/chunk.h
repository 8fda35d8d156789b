/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A Lua cell, read without running it.
 *
 * Parsing accepts what Lua 5.4 accepts (labels, attributes and constant variables included) and keeps
 *
 *   statements   the statements at top level with their byte ranges and lines, for the outline and for errors
 *   assignments  `name = value` and `local name = value` at top level; @value is set where the right side is a literal,
 *                with its byte range, for `--set` and for the inspector
 *   globals      the global names a chunk defines and uses, for dependencies between cells and for completion
 *   error        the first syntax error, with its place; what stood before it is kept
 *
 * Text of any kind is safe: nesting is bounded as in Lua (200), time and memory are linear in the text.
 *
 * Thread rule: a chunk is immutable; any thread.
 */

#include "lua/syntax/expr.h"

G_BEGIN_DECLS

/** TL_LUA_MAX_DEPTH: how deep blocks, functions and expressions may nest, as in Lua itself */
#define TL_LUA_MAX_DEPTH 200

typedef enum {
  TL_LUA_STATEMENT_ASSIGN,
  TL_LUA_STATEMENT_CALL,
  TL_LUA_STATEMENT_LOCAL,
  TL_LUA_STATEMENT_FUNCTION,
  TL_LUA_STATEMENT_LOCAL_FUNCTION,
  TL_LUA_STATEMENT_BLOCK, /* if, while, for, repeat, do */
  TL_LUA_STATEMENT_RETURN,
  TL_LUA_STATEMENT_OTHER, /* goto, labels, break */
} TlLuaStatementKind;

/**
 * TlLuaStatement:
 * @kind: what it is
 * @start: first byte
 * @end: end
 * @line: first line, from 1
 * @end_line: last line, from 1
 * @name: (nullable): what it assigns first, declares or calls ("train", "nn.foo", "fit"), for an outline
 */
typedef struct {
  TlLuaStatementKind kind;
  gsize              start;
  gsize              end;
  guint              line;
  guint              end_line;
  char              *name;
} TlLuaStatement;

/**
 * TlLuaAssignment:
 * @name: the variable
 * @is_local: whether it is declared `local`
 * @line: line of the value, from 1
 * @start: first byte of the value
 * @end: end of the value
 * @value: (nullable): the value where it is a literal
 */
typedef struct {
  char      *name;
  gboolean   is_local;
  guint      line;
  gsize      start;
  gsize      end;
  TlLuaExpr *value;
} TlLuaAssignment;

/**
 * TlLuaUse:
 * @name: a global name
 * @start: where it first stands
 * @end: end of that place
 * @line: line of that place, from 1
 */
typedef struct {
  char *name;
  gsize start;
  gsize end;
  guint line;
} TlLuaUse;

typedef struct _TlLuaChunk TlLuaChunk;

/**
 * tl_lua_chunk_parse:
 * @text: Lua text
 * @length: its length in bytes, or -1
 *
 * Returns: (transfer full): what was understood; never %NULL
 */
TlLuaChunk *tl_lua_chunk_parse (const char *text,
                                gssize      length);

TlLuaChunk *tl_lua_chunk_ref (TlLuaChunk *self);
void        tl_lua_chunk_unref (TlLuaChunk *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLuaChunk, tl_lua_chunk_unref)

/**
 * tl_lua_chunk_get_error:
 * @self: a chunk
 * @line: (out) (optional): its line, from 1
 * @column: (out) (optional): its column in characters, from 1
 * @start: (out) (optional): first byte of the token it was noticed at
 * @end: (out) (optional): end of that token
 *
 * Returns: (nullable): the syntax error without its place, or %NULL when there is none
 */
const char *tl_lua_chunk_get_error (TlLuaChunk *self,
                                    guint      *line,
                                    guint      *column,
                                    gsize      *start,
                                    gsize      *end);

/**
 * tl_lua_chunk_get_statements:
 * @self: a chunk
 * @n_statements: (out): their number
 *
 * Returns: (array length=n_statements) (transfer none): the statements at top level
 */
const TlLuaStatement *tl_lua_chunk_get_statements (TlLuaChunk *self,
                                                   gsize      *n_statements);

/**
 * tl_lua_chunk_get_assignments:
 * @self: a chunk
 * @n_assignments: (out): their number
 *
 * Returns: (array length=n_assignments) (transfer none): the assignments at top level, one for each name on a left side
 */
const TlLuaAssignment *tl_lua_chunk_get_assignments (TlLuaChunk *self,
                                                     gsize      *n_assignments);

/**
 * tl_lua_chunk_find_literal:
 * @self: a chunk
 * @name: a variable
 *
 * Returns: (nullable) (transfer none): the first assignment of a literal to @name at top level
 */
const TlLuaAssignment *tl_lua_chunk_find_literal (TlLuaChunk *self,
                                                  const char *name);

/**
 * tl_lua_chunk_get_defined:
 * @self: a chunk
 * @n_names: (out): their number
 *
 * Returns: (array length=n_names) (transfer none): global names it assigns, anywhere, each once
 */
const TlLuaUse *tl_lua_chunk_get_defined (TlLuaChunk *self,
                                          gsize      *n_names);

/**
 * tl_lua_chunk_get_used:
 * @self: a chunk
 * @n_names: (out): their number
 *
 * Returns: (array length=n_names) (transfer none): global names it reads that no statement before has assigned, each once
 */
const TlLuaUse *tl_lua_chunk_get_used (TlLuaChunk *self,
                                       gsize      *n_names);

/**
 * tl_lua_chunk_get_locals:
 * @self: a chunk
 * @offset: a byte offset
 *
 * Returns: (transfer container): names of the local variables that are visible at @offset, innermost first; borrowed
 */
GPtrArray *tl_lua_chunk_get_locals (TlLuaChunk *self,
                                    gsize       offset);

G_END_DECLS
