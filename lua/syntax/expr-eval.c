/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/expr.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

typedef struct {
  TlLuaExprLookup lookup;
  gpointer        user_data;
} Eval;

/* Names may stand for large values that hold names again; this bounds what a few lines can unfold to. */
#define MAX_RESULT_PARTS 100000
#define MAX_RESULT_DEPTH (8 * TL_LUA_EXPR_MAX_DEPTH)
#define MAX_STRING_BYTES (1 << 20)

static TlLuaExpr *eval (Eval            *self,
                        const TlLuaExpr *expr,
                        GError         **error);

static gboolean
is_number (const TlLuaExpr *expr)
{
  return expr->kind == TL_LUA_EXPR_INTEGER || expr->kind == TL_LUA_EXPR_NUMBER;
}

static gboolean
is_true (const TlLuaExpr *expr)
{
  return expr->kind != TL_LUA_EXPR_NIL && !(expr->kind == TL_LUA_EXPR_BOOL && expr->integer == 0);
}

static gboolean
is_open (const TlLuaExpr *expr)
{
  return !tl_lua_expr_is_literal (expr);
}

static TlLuaExpr *
fail_operands (const char      *name,
               const TlLuaExpr *a,
               const TlLuaExpr *b,
               GError         **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'%s' cannot take %s and %s", name, tl_lua_expr_type_name (a),
               tl_lua_expr_type_name (b));
  return NULL;
}

static TlLuaExpr *
integer_operation (const char *name,
                   gint64      a,
                   gint64      b,
                   GError    **error)
{
  guint64 ua = (guint64)a, ub = (guint64)b;

  switch (name[0]) {
  case '+':
    return tl_lua_expr_new_integer ((gint64)(ua + ub));
  case '-':
    return tl_lua_expr_new_integer ((gint64)(ua - ub));
  case '*':
    return tl_lua_expr_new_integer ((gint64)(ua * ub));
  default:
    break;
  }
  if (b == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "%" G_GINT64_FORMAT " %s 0: division by zero", a, name);
    return NULL;
  }
  if (name[0] == '%') {
    gint64 rest = b == -1 ? 0 : a % b;

    return tl_lua_expr_new_integer (rest != 0 && (rest ^ b) < 0 ? rest + b : rest);
  }
  if (b == -1)
    return tl_lua_expr_new_integer ((gint64)(0 - ua));
  return tl_lua_expr_new_integer (a / b - (a % b != 0 && (a ^ b) < 0));
}

static double
float_operation (const char *name,
                 double      a,
                 double      b)
{
  double rest;

  switch (name[0]) {
  case '+':
    return a + b;
  case '-':
    return a - b;
  case '*':
    return a * b;
  case '/':
    return name[1] == '/' ? floor (a / b) : a / b;
  case '^':
    return pow (a, b);
  default:
    rest = fmod (a, b);
    return rest * b < 0 ? rest + b : rest;
  }
}

static TlLuaExpr *
compare (const char      *name,
         const TlLuaExpr *a,
         const TlLuaExpr *b,
         GError         **error)
{
  gboolean equal = is_number (a) && is_number (b) ? a->number == b->number : tl_lua_expr_equal (a, b);
  gboolean less;

  if (name[0] == '=' || name[0] == '~')
    return tl_lua_expr_new_bool (equal == (name[0] == '='));
  if (name[0] == '>') {
    const TlLuaExpr *swap = a;

    a = b;
    b = swap;
  }
  if (a->kind == TL_LUA_EXPR_INTEGER && b->kind == TL_LUA_EXPR_INTEGER)
    less = a->integer < b->integer;
  else if (is_number (a) && is_number (b))
    less = a->number < b->number;
  else if (a->kind == TL_LUA_EXPR_STRING && b->kind == TL_LUA_EXPR_STRING)
    less = strcmp (a->string, b->string) < 0;
  else
    return fail_operands (name, a, b, error);
  return tl_lua_expr_new_bool (less || (name[1] == '=' && equal));
}

static TlLuaExpr *
concat (const TlLuaExpr *a,
        const TlLuaExpr *b,
        GError         **error)
{
  g_autofree char *left = a->kind == TL_LUA_EXPR_STRING ? g_strdup (a->string) : NULL;
  g_autofree char *right = b->kind == TL_LUA_EXPR_STRING ? g_strdup (b->string) : NULL;
  g_autofree char *both = NULL;

  if (left == NULL && is_number (a))
    left = tl_lua_expr_to_text (a);
  if (right == NULL && is_number (b))
    right = tl_lua_expr_to_text (b);
  if (left == NULL || right == NULL)
    return fail_operands ("..", a, b, error);
  if (strlen (left) + strlen (right) > MAX_STRING_BYTES) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "a string of more than %d bytes", MAX_STRING_BYTES);
    return NULL;
  }
  both = g_strconcat (left, right, NULL);
  return tl_lua_expr_new_string (both, -1);
}

/* An expression like @expr with other items; takes them. */
static TlLuaExpr *
rebuild (const TlLuaExpr *expr,
         TlLuaExprItem   *items,
         gsize            n_items,
         GError         **error)
{
  TlLuaExpr *result = g_new0 (TlLuaExpr, 1);

  result->kind = expr->kind;
  result->ref_count = 1;
  result->start = expr->start;
  result->end = expr->end;
  result->string = g_strdup (expr->string);
  result->n_bytes = expr->n_bytes;
  result->items = items;
  result->n_items = n_items;
  result->depth = 1;
  result->n_parts = 1;
  result->is_open = expr->kind != TL_LUA_EXPR_TABLE;
  for (gsize i = 0; i < n_items; i++) {
    result->depth = MAX (result->depth, items[i].value->depth + 1);
    result->n_parts += items[i].value->n_parts;
    result->is_open |= items[i].value->is_open;
  }
  if (result->depth > MAX_RESULT_DEPTH || result->n_parts > MAX_RESULT_PARTS) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "a value of more than %d levels or %d parts", MAX_RESULT_DEPTH,
                 MAX_RESULT_PARTS);
    g_clear_pointer (&result, tl_lua_expr_unref);
  }
  return result;
}

/* An operator whose operands are not all known: the same operator over what is known. */
static TlLuaExpr *
keep (const TlLuaExpr *expr,
      TlLuaExpr       *a,
      TlLuaExpr       *b,
      GError         **error)
{
  TlLuaExprItem *items = g_new0 (TlLuaExprItem, 2);

  items[0].value = tl_lua_expr_ref (a);
  if (b != NULL)
    items[1].value = tl_lua_expr_ref (b);
  return rebuild (expr, items, b ? 2 : 1, error);
}

static TlLuaExpr *
eval_binary (Eval            *self,
             const TlLuaExpr *expr,
             GError         **error)
{
  const char           *name = expr->string;
  g_autoptr (TlLuaExpr) a = eval (self, expr->items[0].value, error);
  g_autoptr (TlLuaExpr) b = NULL;

  if (a == NULL)
    return NULL;
  if ((name[0] == 'a' || name[0] == 'o') && !is_open (a))
    return is_true (a) == (name[0] == 'a') ? eval (self, expr->items[1].value, error) : g_steal_pointer (&a);
  b = eval (self, expr->items[1].value, error);
  if (b == NULL)
    return NULL;
  if (is_open (a) || is_open (b))
    return keep (expr, a, b, error);
  if (strchr ("<>=~", name[0]))
    return compare (name, a, b, error);
  if (name[0] == '.')
    return concat (a, b, error);
  if (!is_number (a) || !is_number (b))
    return fail_operands (name, a, b, error);
  if (a->kind == TL_LUA_EXPR_INTEGER && b->kind == TL_LUA_EXPR_INTEGER && strcmp (name, "/") != 0 && name[0] != '^')
    return integer_operation (name, a->integer, b->integer, error);
  return tl_lua_expr_new_number (float_operation (name, a->number, b->number));
}

static TlLuaExpr *
eval_unary (Eval            *self,
            const TlLuaExpr *expr,
            GError         **error)
{
  g_autoptr (TlLuaExpr) a = eval (self, expr->items[0].value, error);

  if (a == NULL)
    return NULL;
  if (is_open (a))
    return keep (expr, a, NULL, error);
  if (expr->string[0] == 'n')
    return tl_lua_expr_new_bool (!is_true (a));
  if (a->kind == TL_LUA_EXPR_INTEGER)
    return tl_lua_expr_new_integer ((gint64)(0 - (guint64)a->integer));
  if (a->kind == TL_LUA_EXPR_NUMBER)
    return tl_lua_expr_new_number (-a->number);
  g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'-' cannot take %s", tl_lua_expr_type_name (a));
  return NULL;
}

static TlLuaExpr *
eval_table (Eval            *self,
            const TlLuaExpr *expr,
            GError         **error)
{
  TlLuaExprItem *items = g_new0 (TlLuaExprItem, expr->n_items);

  for (gsize i = 0; i < expr->n_items; i++) {
    TlLuaExpr *value = eval (self, expr->items[i].value, error);

    if (value == NULL) {
      while (i-- > 0) {
        g_free (items[i].key);
        tl_lua_expr_unref (items[i].value);
      }
      g_free (items);
      return NULL;
    }
    items[i] = (TlLuaExprItem){ g_strdup (expr->items[i].key), value };
  }
  return rebuild (expr, items, expr->n_items, error);
}

static TlLuaExpr *
eval (Eval            *self,
      const TlLuaExpr *expr,
      GError         **error)
{
  const TlLuaExpr *value;

  switch (expr->kind) {
  case TL_LUA_EXPR_NAME:
    value = self->lookup ? self->lookup (expr->string, self->user_data) : NULL;
    return tl_lua_expr_ref (value ? value : expr);
  case TL_LUA_EXPR_TABLE:
    return expr->is_open ? eval_table (self, expr, error) : tl_lua_expr_ref (expr);
  case TL_LUA_EXPR_UNARY:
    return eval_unary (self, expr, error);
  case TL_LUA_EXPR_BINARY:
    return eval_binary (self, expr, error);
  default:
    return tl_lua_expr_ref (expr);
  }
}

TlLuaExpr *
tl_lua_expr_eval (const TlLuaExpr *self,
                  TlLuaExprLookup  lookup,
                  gpointer         user_data,
                  GError         **error)
{
  Eval state = { .lookup = lookup, .user_data = user_data };

  g_return_val_if_fail (self != NULL, NULL);

  return eval (&state, self, error);
}
