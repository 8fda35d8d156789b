/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Parsing expressions out of a stream of tokens; shared by expr.c and graph-text.c. */

#include "lua/syntax/expr.h"
#include "lua/syntax/lexer.h"

G_BEGIN_DECLS

/*
 * A stream with one token of lookahead.  On an error @message is set (owned) and @token is where it was noticed.
 * @n_nodes counts expression nodes, so that a hostile text cannot take unbounded memory.
 */
typedef struct {
  TlLuaLexer lexer;
  TlLuaToken token;
  TlLuaToken last;
  char      *message;
  guint      depth;
  guint      n_nodes;
  guint      max_line;
} TlLuaExprParser;

/* Moves to the next token; behind @max_line (when not 0) everything is the end. */
void       tl_lua_expr_parser_next (TlLuaExprParser *self);
void       tl_lua_expr_parser_fail (TlLuaExprParser *self,
                                    const char      *format,
                                    ...) G_GNUC_PRINTF (2, 3);
TlLuaExpr *tl_lua_expr_parser_expr (TlLuaExprParser *self);
TlLuaExpr *tl_lua_expr_parser_table (TlLuaExprParser *self);

G_END_DECLS
