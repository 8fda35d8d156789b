/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The tokens of Lua 5.4, without Lua.
 *
 * A lexer is a small value on the stack that walks over a text it does not own.  Every token carries its byte range and
 * line; comments are tokens too when asked for (@keep_comments), so that graph cells can read their `--@` lines.
 * It accepts and refuses what Lua 5.4's own lexer does, except that a first line starting with "#" is no special case.
 * The work is linear in the text, whatever it holds, also when a caller starts again behind an error.
 *
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

// clang-format off
typedef enum {
  TL_LUA_END,          /* the end of the text */
  TL_LUA_ERROR,        /* not a token; the lexer's @message says why */
  TL_LUA_COMMENT,
  TL_LUA_NAME,
  TL_LUA_STRING,
  TL_LUA_INTEGER,
  TL_LUA_NUMBER,
  /* Reserved words, in the order of lexer.c's table. */
  TL_LUA_AND, TL_LUA_BREAK, TL_LUA_DO, TL_LUA_ELSE, TL_LUA_ELSEIF, TL_LUA_END_WORD, TL_LUA_FALSE, TL_LUA_FOR,
  TL_LUA_FUNCTION, TL_LUA_GOTO, TL_LUA_IF, TL_LUA_IN, TL_LUA_LOCAL, TL_LUA_NIL, TL_LUA_NOT, TL_LUA_OR,
  TL_LUA_REPEAT, TL_LUA_RETURN, TL_LUA_THEN, TL_LUA_TRUE, TL_LUA_UNTIL, TL_LUA_WHILE,
  /* Operators of more than one character; those of one character have their own code (33 to 126) plus TL_LUA_CHAR. */
  TL_LUA_CONCAT, TL_LUA_DOTS, TL_LUA_EQ, TL_LUA_GE, TL_LUA_LE, TL_LUA_NE, TL_LUA_SHL, TL_LUA_SHR, TL_LUA_IDIV,
  TL_LUA_LABEL,
  TL_LUA_CHAR = 256,
} TlLuaTokenType;
// clang-format on

/**
 * TlLuaToken:
 * @type: the kind; an operator of one character is `TL_LUA_CHAR + character`
 * @start: first byte
 * @end: end
 * @line: the line of its first byte, from 1
 * @end_line: the line of its last byte, from 1
 */
typedef struct {
  int   type;
  gsize start;
  gsize end;
  guint line;
  guint end_line;
} TlLuaToken;

/** TL_LUA_LONG_LEVELS: levels of long brackets that are told apart when none closes */
#define TL_LUA_LONG_LEVELS 16

/**
 * TlLuaLexer:
 * @text: (not owned): the text
 * @length: its length
 * @offset: where the next token is looked for
 * @line: the line of @offset, from 1
 * @keep_comments: whether comments are returned as tokens
 * @message: what is wrong, after an error token
 * @unclosed_from: by level of long brackets, from where on none closes (keeps a start further on linear)
 *
 * To start anywhere else, set @offset and @line.
 */
typedef struct {
  const char *text;
  gsize       length;
  gsize       offset;
  guint       line;
  gboolean    keep_comments;
  const char *message;
  gsize       unclosed_from[TL_LUA_LONG_LEVELS];
} TlLuaLexer;

/**
 * tl_lua_lexer_init:
 * @self: a lexer
 * @text: the text; must outlive the lexer
 * @length: its length in bytes
 */
void tl_lua_lexer_init (TlLuaLexer *self,
                        const char *text,
                        gsize       length);

/**
 * tl_lua_lexer_next:
 * @self: a lexer
 * @token: (out): the next token
 *
 * Reads one token.  After %TL_LUA_ERROR the lexer stands behind the bad bytes and can go on.
 *
 * Returns: the token's type
 */
int tl_lua_lexer_next (TlLuaLexer *self,
                       TlLuaToken *token);

/**
 * tl_lua_parse_number:
 * @text: the source of a numeral
 * @length: its length
 * @is_integer: (out): whether it is an integer
 * @integer: (out): its value then
 * @number: (out): its value as a double
 *
 * Returns: whether it is a numeral of Lua
 */
gboolean tl_lua_parse_number (const char *text,
                              gsize       length,
                              gboolean   *is_integer,
                              gint64     *integer,
                              double     *number);

/**
 * tl_lua_token_describe:
 * @text: the text
 * @token: a token of it
 *
 * Returns: (transfer full): the token as messages quote it, shortened, valid UTF-8
 */
char *tl_lua_token_describe (const char       *text,
                             const TlLuaToken *token);

/**
 * tl_lua_unescape:
 * @text: the source of a string token, with its quotes or long brackets
 * @length: its length
 * @n_bytes: (out) (optional): the length of the result
 *
 * Returns: (transfer full): the bytes the string stands for, with a NUL behind
 */
char *tl_lua_unescape (const char *text,
                       gsize       length,
                       gsize      *n_bytes);

/**
 * tl_lua_quote:
 * @bytes: any bytes
 * @n_bytes: their number
 *
 * Returns: (transfer full): a Lua string literal in double quotes that stands for @bytes
 */
char *tl_lua_quote (const char *bytes,
                    gsize       n_bytes);

G_END_DECLS
