/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/expr-private.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

#define MAX_NODES 100000
#define UNARY_LEVEL 12

static TlLuaExpr *parse_level (TlLuaExprParser *self,
                               int              limit);

void
tl_lua_expr_parser_fail (TlLuaExprParser *self,
                         const char      *format,
                         ...)
{
  va_list args;

  if (self->message != NULL)
    return;
  va_start (args, format);
  self->message = g_strdup_vprintf (format, args);
  va_end (args);
}

void
tl_lua_expr_parser_next (TlLuaExprParser *self)
{
  self->last = self->token;
  if (tl_lua_lexer_next (&self->lexer, &self->token) == TL_LUA_ERROR)
    tl_lua_expr_parser_fail (self, "%s", self->lexer.message);
  if (self->max_line != 0 && self->token.line > self->max_line)
    self->token.type = TL_LUA_END;
}

static void
fail_expected (TlLuaExprParser *self,
               const char      *what)
{
  g_autofree char *token = tl_lua_token_describe (self->lexer.text, &self->token);

  tl_lua_expr_parser_fail (self, "%s expected near %s", what, token);
}

static TlLuaExpr *
new_node (TlLuaExprParser *self,
          TlLuaExprKind    kind)
{
  TlLuaExpr *expr;

  if (++self->n_nodes > MAX_NODES)
    tl_lua_expr_parser_fail (self, "a value of more than %d parts", MAX_NODES);
  expr = g_new0 (TlLuaExpr, 1);
  expr->kind = kind;
  expr->ref_count = 1;
  expr->depth = 1;
  expr->n_parts = 1;
  expr->is_open = kind == TL_LUA_EXPR_NAME || kind == TL_LUA_EXPR_UNARY || kind == TL_LUA_EXPR_BINARY;
  expr->start = self->token.start;
  expr->end = self->token.end;
  return expr;
}

static void
add_item (TlLuaExprParser *self,
          TlLuaExpr       *expr,
          char            *key,
          TlLuaExpr       *value)
{
  /* The array grows by doubling: its capacity is the next power of two of its length. */
  if ((expr->n_items & (expr->n_items - 1)) == 0)
    expr->items = g_renew (TlLuaExprItem, expr->items, MAX (1, expr->n_items * 2));
  expr->items[expr->n_items++] = (TlLuaExprItem){ key, value };
  expr->depth = MAX (expr->depth, value->depth + 1);
  expr->n_parts += value->n_parts;
  expr->is_open |= value->is_open;
  if (expr->depth > 3 * TL_LUA_EXPR_MAX_DEPTH)
    tl_lua_expr_parser_fail (self, "an expression of more than %d levels", 3 * TL_LUA_EXPR_MAX_DEPTH);
}

static char *
token_text (TlLuaExprParser *self)
{
  return g_strndup (self->lexer.text + self->token.start, self->token.end - self->token.start);
}

static gboolean
is_char (TlLuaExprParser *self,
         char             c)
{
  return self->token.type == TL_LUA_CHAR + c;
}

/* `name =`, `["text"] =`, or nothing: the key of the next item. */
static char *
parse_key (TlLuaExprParser *self)
{
  g_autofree char *key = NULL;

  if (self->token.type == TL_LUA_NAME) {
    TlLuaLexer lexer = self->lexer;
    TlLuaToken token;

    if (tl_lua_lexer_next (&lexer, &token) != TL_LUA_CHAR + '=')
      return NULL;
    key = token_text (self);
    tl_lua_expr_parser_next (self);
    tl_lua_expr_parser_next (self);
    return g_steal_pointer (&key);
  }
  if (!is_char (self, '['))
    return NULL;
  tl_lua_expr_parser_next (self);
  if (self->token.type != TL_LUA_STRING)
    return fail_expected (self, "a name in quotes"), NULL;
  key = tl_lua_unescape (self->lexer.text + self->token.start, self->token.end - self->token.start, NULL);
  tl_lua_expr_parser_next (self);
  if (!is_char (self, ']'))
    return fail_expected (self, "']'"), NULL;
  tl_lua_expr_parser_next (self);
  if (!is_char (self, '='))
    return fail_expected (self, "'='"), NULL;
  tl_lua_expr_parser_next (self);
  return g_steal_pointer (&key);
}

TlLuaExpr *
tl_lua_expr_parser_table (TlLuaExprParser *self)
{
  g_autoptr (TlLuaExpr) table = new_node (self, TL_LUA_EXPR_TABLE);

  tl_lua_expr_parser_next (self);
  while (self->message == NULL && !is_char (self, '}')) {
    char      *key = parse_key (self);
    TlLuaExpr *value = self->message ? NULL : tl_lua_expr_parser_expr (self);

    if (value == NULL) {
      g_free (key);
      return NULL;
    }
    add_item (self, table, key, value);
    if (is_char (self, ',') || is_char (self, ';'))
      tl_lua_expr_parser_next (self);
    else if (!is_char (self, '}'))
      fail_expected (self, "',' or '}'");
  }
  if (self->message != NULL)
    return NULL;
  table->end = self->token.end;
  tl_lua_expr_parser_next (self);
  return g_steal_pointer (&table);
}

static void
read_literal (TlLuaExprParser *self,
              TlLuaExpr       *expr)
{
  const char *text = self->lexer.text + self->token.start;
  gsize       length = self->token.end - self->token.start;
  gboolean    is_integer;

  if (expr->kind == TL_LUA_EXPR_STRING)
    expr->string = tl_lua_unescape (text, length, &expr->n_bytes);
  else if (expr->kind == TL_LUA_EXPR_NAME) {
    expr->string = g_strndup (text, length);
    expr->n_bytes = length;
  } else if (expr->kind == TL_LUA_EXPR_BOOL)
    expr->integer = self->token.type == TL_LUA_TRUE;
  else if (expr->kind != TL_LUA_EXPR_NIL)
    tl_lua_parse_number (text, length, &is_integer, &expr->integer, &expr->number);
}

static TlLuaExpr *
parse_simple (TlLuaExprParser *self)
{
  TlLuaExpr    *expr;
  TlLuaExprKind kind;
  gsize         start = self->token.start;

  switch (self->token.type) {
  case TL_LUA_NIL:
    kind = TL_LUA_EXPR_NIL;
    break;
  case TL_LUA_TRUE:
  case TL_LUA_FALSE:
    kind = TL_LUA_EXPR_BOOL;
    break;
  case TL_LUA_INTEGER:
    kind = TL_LUA_EXPR_INTEGER;
    break;
  case TL_LUA_NUMBER:
    kind = TL_LUA_EXPR_NUMBER;
    break;
  case TL_LUA_STRING:
    kind = TL_LUA_EXPR_STRING;
    break;
  case TL_LUA_NAME:
    kind = TL_LUA_EXPR_NAME;
    break;
  case TL_LUA_CHAR + '{':
    return tl_lua_expr_parser_table (self);
  case TL_LUA_CHAR + '(':
    tl_lua_expr_parser_next (self);
    if ((expr = tl_lua_expr_parser_expr (self)) == NULL)
      return NULL;
    if (!is_char (self, ')')) {
      fail_expected (self, "')'");
      tl_lua_expr_unref (expr);
      return NULL;
    }
    /* A name keeps its own range, so that it can be renamed. */
    if (expr->kind != TL_LUA_EXPR_NAME) {
      expr->start = start;
      expr->end = self->token.end;
    }
    tl_lua_expr_parser_next (self);
    return expr;
  default:
    return fail_expected (self, "a value"), NULL;
  }
  expr = new_node (self, kind);
  read_literal (self, expr);
  tl_lua_expr_parser_next (self);
  return expr;
}

/* Left and right priorities, as in the reference manual of Lua 5.4, §3.4.8. */
static const char *
binary_operator (int  type,
                 int *left,
                 int *right)
{
  static const struct {
    int         type;
    const char *name;
    int         left, right;
  } table[] = {
    { TL_LUA_OR, "or", 1, 1 },
    { TL_LUA_AND, "and", 2, 2 },
    { TL_LUA_CHAR + '<', "<", 3, 3 },
    { TL_LUA_CHAR + '>', ">", 3, 3 },
    { TL_LUA_LE, "<=", 3, 3 },
    { TL_LUA_GE, ">=", 3, 3 },
    { TL_LUA_NE, "~=", 3, 3 },
    { TL_LUA_EQ, "==", 3, 3 },
    { TL_LUA_CONCAT, "..", 9, 8 },
    { TL_LUA_CHAR + '+', "+", 10, 10 },
    { TL_LUA_CHAR + '-', "-", 10, 10 },
    { TL_LUA_CHAR + '*', "*", 11, 11 },
    { TL_LUA_CHAR + '/', "/", 11, 11 },
    { TL_LUA_IDIV, "//", 11, 11 },
    { TL_LUA_CHAR + '%', "%", 11, 11 },
    { TL_LUA_CHAR + '^', "^", 14, 13 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].type == type) {
      *left = table[i].left;
      *right = table[i].right;
      return table[i].name;
    }
  return NULL;
}

static TlLuaExpr *
parse_unary (TlLuaExprParser *self)
{
  TlLuaExpr  *expr, *operand;
  gsize       start = self->token.start;
  const char *name = is_char (self, '-') ? "-" : "not";

  tl_lua_expr_parser_next (self);
  operand = parse_level (self, UNARY_LEVEL);
  if (operand == NULL)
    return NULL;
  if (name[0] == '-' && (operand->kind == TL_LUA_EXPR_INTEGER || operand->kind == TL_LUA_EXPR_NUMBER)) {
    operand->integer = (gint64)(0 - (guint64)operand->integer);
    operand->number = operand->kind == TL_LUA_EXPR_INTEGER ? (double)operand->integer : -operand->number;
    operand->start = start;
    return operand;
  }
  expr = new_node (self, TL_LUA_EXPR_UNARY);
  expr->string = g_strdup (name);
  expr->n_bytes = strlen (name);
  expr->start = start;
  expr->end = operand->end;
  add_item (self, expr, NULL, operand);
  return expr;
}

static TlLuaExpr *
parse_level (TlLuaExprParser *self,
             int              limit)
{
  g_autoptr (TlLuaExpr) left = NULL;
  const char           *name;
  int                   left_level, right_level;

  if (self->message != NULL)
    return NULL;
  if (++self->depth > TL_LUA_EXPR_MAX_DEPTH)
    return tl_lua_expr_parser_fail (self, "nested deeper than %d", TL_LUA_EXPR_MAX_DEPTH), NULL;
  left = is_char (self, '-') || self->token.type == TL_LUA_NOT ? parse_unary (self) : parse_simple (self);
  while (left != NULL && self->message == NULL &&
         (name = binary_operator (self->token.type, &left_level, &right_level)) != NULL && left_level > limit) {
    TlLuaExpr *expr = new_node (self, TL_LUA_EXPR_BINARY);
    TlLuaExpr *right;

    expr->string = g_strdup (name);
    expr->n_bytes = strlen (name);
    expr->start = left->start;
    add_item (self, expr, NULL, g_steal_pointer (&left));
    left = expr;
    tl_lua_expr_parser_next (self);
    right = parse_level (self, right_level);
    if (right == NULL)
      return NULL;
    left->end = right->end;
    add_item (self, left, NULL, right);
  }
  self->depth--;
  return self->message ? NULL : g_steal_pointer (&left);
}

TlLuaExpr *
tl_lua_expr_parser_expr (TlLuaExprParser *self)
{
  return parse_level (self, 0);
}

TlLuaExpr *
tl_lua_expr_parse (const char *text,
                   gssize      length,
                   GError    **error)
{
  TlLuaExprParser       parser = { 0 };
  g_autoptr (TlLuaExpr) expr = NULL;
  g_autofree char      *message = NULL;

  g_return_val_if_fail (text != NULL, NULL);

  tl_lua_lexer_init (&parser.lexer, text, length < 0 ? strlen (text) : (gsize)length);
  tl_lua_expr_parser_next (&parser);
  expr = tl_lua_expr_parser_expr (&parser);
  if (expr != NULL && parser.token.type != TL_LUA_END)
    fail_expected (&parser, "the end");
  message = parser.message;
  if (message == NULL)
    return g_steal_pointer (&expr);
  g_set_error_literal (error, TL_ERROR, TL_ERROR_CODE, message);
  return NULL;
}
