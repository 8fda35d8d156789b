/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Values and expressions as documents write them: `3`, `1e-3`, `"adam"`, `true`, `{N, 1, 28, 28}`, `width * 2`.
 *
 * An expression is an immutable tree, counted by references.  A *literal* holds no name and no operator.  Evaluating
 * replaces names by values and computes what can be computed; names without a value stay (they are symbolic sizes), so
 * the result of `{N, width * 2}` with width = 16 is `{N, 32}`.
 * Arithmetic is Lua's: integers wrap, `/` and `^` are floating, `//` and `%` round down.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/** TL_LUA_EXPR_MAX_DEPTH: how deep tables, parentheses and operators may nest */
#define TL_LUA_EXPR_MAX_DEPTH 64

typedef enum {
  TL_LUA_EXPR_NIL,
  TL_LUA_EXPR_BOOL,
  TL_LUA_EXPR_INTEGER,
  TL_LUA_EXPR_NUMBER,
  TL_LUA_EXPR_STRING,
  TL_LUA_EXPR_TABLE,
  TL_LUA_EXPR_NAME,   /* a parameter, a symbolic size, or a name of another cell */
  TL_LUA_EXPR_UNARY,  /* one argument */
  TL_LUA_EXPR_BINARY, /* two arguments */
} TlLuaExprKind;

typedef struct _TlExpr TlLuaExpr;

/**
 * TlLuaExprItem:
 * @key: (nullable): the name before `=`, or %NULL for a positional item
 * @value: the item
 */
typedef struct {
  char      *key;
  TlLuaExpr *value;
} TlLuaExprItem;

/**
 * TlLuaExpr:
 * @kind: what it is
 * @start: first byte in the text it was parsed from (0 when it was computed)
 * @end: end in that text
 * @integer: the value of %TL_LUA_EXPR_INTEGER and %TL_LUA_EXPR_BOOL
 * @number: the value of %TL_LUA_EXPR_NUMBER, and of %TL_LUA_EXPR_INTEGER as a double
 * @string: the bytes of %TL_LUA_EXPR_STRING, the name of %TL_LUA_EXPR_NAME, the operator of %TL_LUA_EXPR_UNARY and %TL_LUA_EXPR_BINARY
 * @n_bytes: length of @string
 * @items: items of a table, or arguments of an operator (keys %NULL)
 * @n_items: their number
 *
 * Read only.
 */
struct _TlExpr {
  TlLuaExprKind  kind;
  gsize          start;
  gsize          end;
  gint64         integer;
  double         number;
  char          *string;
  gsize          n_bytes;
  TlLuaExprItem *items;
  gsize          n_items;
  /*< private >*/
  int      ref_count;
  int      depth;   /* levels below and with this one */
  gsize    n_parts; /* nodes below and with this one, shared ones counted as often as they stand */
  gboolean is_open; /* whether a name or an operator is in it */
};

/**
 * TlLuaExprLookup:
 * @name: a name
 * @user_data: what was given with the function
 *
 * Returns: (nullable) (transfer none): the value of @name, or %NULL when it has none
 */
typedef const TlLuaExpr *(*TlLuaExprLookup) (const char *name,
                                             gpointer    user_data);

/**
 * tl_lua_expr_parse:
 * @text: the text of one expression
 * @length: its length in bytes, or -1
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_CODE
 *
 * Returns: (transfer full): the expression, or %NULL with @error set
 */
TlLuaExpr *tl_lua_expr_parse (const char *text,
                              gssize      length,
                              GError    **error);

TlLuaExpr *tl_lua_expr_new_integer (gint64 value);
TlLuaExpr *tl_lua_expr_new_number (double value);
TlLuaExpr *tl_lua_expr_new_bool (gboolean value);
TlLuaExpr *tl_lua_expr_new_string (const char *bytes,
                                   gssize      n_bytes);
TlLuaExpr *tl_lua_expr_new_name (const char *name);

TlLuaExpr *tl_lua_expr_ref (const TlLuaExpr *self);
void       tl_lua_expr_unref (TlLuaExpr *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLuaExpr, tl_lua_expr_unref)

/**
 * tl_lua_expr_is_literal:
 * @self: an expression
 *
 * Returns: whether it holds neither names nor operators
 */
gboolean tl_lua_expr_is_literal (const TlLuaExpr *self);

/**
 * tl_lua_expr_type_name:
 * @self: an expression
 *
 * Returns: "nil", "boolean", "number", "string", "table", or "expression"
 */
const char *tl_lua_expr_type_name (const TlLuaExpr *self);

/**
 * tl_lua_expr_get:
 * @self: a table
 * @key: a name
 *
 * Returns: (nullable) (transfer none): the last item of that name, or %NULL
 */
const TlLuaExpr *tl_lua_expr_get (const TlLuaExpr *self,
                                  const char      *key);

/**
 * tl_lua_expr_equal:
 *
 * Returns: whether two expressions are written with the same values, names and operators
 */
gboolean tl_lua_expr_equal (const TlLuaExpr *a,
                            const TlLuaExpr *b);

/**
 * tl_lua_expr_foreach_name:
 * @self: an expression
 * @func: called with each %TL_LUA_EXPR_NAME in it, in the order of the text
 * @user_data: for @func
 */
void tl_lua_expr_foreach_name (const TlLuaExpr *self,
                               void (*func) (const TlLuaExpr *name, gpointer user_data),
                               gpointer user_data);

/**
 * tl_lua_expr_eval:
 * @self: an expression
 * @lookup: (nullable): gives the values of names
 * @user_data: for @lookup
 * @error: return location for an error
 *
 * Replaces names by their values and computes; names without a value stay.
 *
 * Errors: %TL_ERROR_CODE (an operator on values it does not take, a division of integers by zero)
 *
 * Returns: (transfer full): the value, or %NULL with @error set
 */
TlLuaExpr *tl_lua_expr_eval (const TlLuaExpr *self,
                             TlLuaExprLookup  lookup,
                             gpointer         user_data,
                             GError         **error);

/**
 * tl_lua_expr_to_text:
 * @self: an expression
 *
 * Returns: (transfer full): Lua text that parses to the same expression
 */
char *tl_lua_expr_to_text (const TlLuaExpr *self);

G_END_DECLS
