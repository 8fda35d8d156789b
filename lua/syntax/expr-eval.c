/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/expr.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"

typedef struct {
  TlExprLookup lookup;
  gpointer     user_data;
} Eval;

/* Names may stand for large values that hold names again; this bounds what a few lines can unfold to. */
#define MAX_RESULT_PARTS 100000
#define MAX_RESULT_DEPTH (8 * TL_EXPR_MAX_DEPTH)
#define MAX_STRING_BYTES (1 << 20)

static TlExpr *eval (Eval         *self,
                     const TlExpr *expr,
                     GError      **error);

static gboolean
is_number (const TlExpr *expr)
{
  return expr->kind == TL_EXPR_INTEGER || expr->kind == TL_EXPR_NUMBER;
}

static gboolean
is_true (const TlExpr *expr)
{
  return expr->kind != TL_EXPR_NIL && !(expr->kind == TL_EXPR_BOOL && expr->integer == 0);
}

static gboolean
is_open (const TlExpr *expr)
{
  return !tl_expr_is_literal (expr);
}

static TlExpr *
fail_operands (const char   *name,
               const TlExpr *a,
               const TlExpr *b,
               GError      **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'%s' cannot take %s and %s", name, tl_expr_type_name (a),
               tl_expr_type_name (b));
  return NULL;
}

static TlExpr *
integer_operation (const char *name,
                   gint64      a,
                   gint64      b,
                   GError    **error)
{
  guint64 ua = (guint64)a, ub = (guint64)b;

  switch (name[0]) {
  case '+':
    return tl_expr_new_integer ((gint64)(ua + ub));
  case '-':
    return tl_expr_new_integer ((gint64)(ua - ub));
  case '*':
    return tl_expr_new_integer ((gint64)(ua * ub));
  default:
    break;
  }
  if (b == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "%" G_GINT64_FORMAT " %s 0: division by zero", a, name);
    return NULL;
  }
  if (name[0] == '%') {
    gint64 rest = b == -1 ? 0 : a % b;

    return tl_expr_new_integer (rest != 0 && (rest ^ b) < 0 ? rest + b : rest);
  }
  if (b == -1)
    return tl_expr_new_integer ((gint64)(0 - ua));
  return tl_expr_new_integer (a / b - (a % b != 0 && (a ^ b) < 0));
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

static TlExpr *
compare (const char   *name,
         const TlExpr *a,
         const TlExpr *b,
         GError      **error)
{
  gboolean equal = is_number (a) && is_number (b) ? a->number == b->number : tl_expr_equal (a, b);
  gboolean less;

  if (name[0] == '=' || name[0] == '~')
    return tl_expr_new_bool (equal == (name[0] == '='));
  if (name[0] == '>') {
    const TlExpr *swap = a;

    a = b;
    b = swap;
  }
  if (a->kind == TL_EXPR_INTEGER && b->kind == TL_EXPR_INTEGER)
    less = a->integer < b->integer;
  else if (is_number (a) && is_number (b))
    less = a->number < b->number;
  else if (a->kind == TL_EXPR_STRING && b->kind == TL_EXPR_STRING)
    less = strcmp (a->string, b->string) < 0;
  else
    return fail_operands (name, a, b, error);
  return tl_expr_new_bool (less || (name[1] == '=' && equal));
}

static TlExpr *
concat (const TlExpr *a,
        const TlExpr *b,
        GError      **error)
{
  g_autofree char *left = a->kind == TL_EXPR_STRING ? g_strdup (a->string) : NULL;
  g_autofree char *right = b->kind == TL_EXPR_STRING ? g_strdup (b->string) : NULL;
  g_autofree char *both = NULL;

  if (left == NULL && is_number (a))
    left = tl_expr_to_text (a);
  if (right == NULL && is_number (b))
    right = tl_expr_to_text (b);
  if (left == NULL || right == NULL)
    return fail_operands ("..", a, b, error);
  if (strlen (left) + strlen (right) > MAX_STRING_BYTES) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "a string of more than %d bytes", MAX_STRING_BYTES);
    return NULL;
  }
  both = g_strconcat (left, right, NULL);
  return tl_expr_new_string (both, -1);
}

/* An expression like @expr with other items; takes them. */
static TlExpr *
rebuild (const TlExpr *expr,
         TlExprItem   *items,
         gsize         n_items,
         GError      **error)
{
  TlExpr *result = g_new0 (TlExpr, 1);

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
  result->is_open = expr->kind != TL_EXPR_TABLE;
  for (gsize i = 0; i < n_items; i++) {
    result->depth = MAX (result->depth, items[i].value->depth + 1);
    result->n_parts += items[i].value->n_parts;
    result->is_open |= items[i].value->is_open;
  }
  if (result->depth > MAX_RESULT_DEPTH || result->n_parts > MAX_RESULT_PARTS) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "a value of more than %d levels or %d parts", MAX_RESULT_DEPTH,
                 MAX_RESULT_PARTS);
    g_clear_pointer (&result, tl_expr_unref);
  }
  return result;
}

/* An operator whose operands are not all known: the same operator over what is known. */
static TlExpr *
keep (const TlExpr *expr,
      TlExpr       *a,
      TlExpr       *b,
      GError      **error)
{
  TlExprItem *items = g_new0 (TlExprItem, 2);

  items[0].value = tl_expr_ref (a);
  if (b != NULL)
    items[1].value = tl_expr_ref (b);
  return rebuild (expr, items, b ? 2 : 1, error);
}

static TlExpr *
eval_binary (Eval         *self,
             const TlExpr *expr,
             GError      **error)
{
  const char        *name = expr->string;
  g_autoptr (TlExpr) a = eval (self, expr->items[0].value, error);
  g_autoptr (TlExpr) b = NULL;

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
  if (a->kind == TL_EXPR_INTEGER && b->kind == TL_EXPR_INTEGER && strcmp (name, "/") != 0 && name[0] != '^')
    return integer_operation (name, a->integer, b->integer, error);
  return tl_expr_new_number (float_operation (name, a->number, b->number));
}

static TlExpr *
eval_unary (Eval         *self,
            const TlExpr *expr,
            GError      **error)
{
  g_autoptr (TlExpr) a = eval (self, expr->items[0].value, error);

  if (a == NULL)
    return NULL;
  if (is_open (a))
    return keep (expr, a, NULL, error);
  if (expr->string[0] == 'n')
    return tl_expr_new_bool (!is_true (a));
  if (a->kind == TL_EXPR_INTEGER)
    return tl_expr_new_integer ((gint64)(0 - (guint64)a->integer));
  if (a->kind == TL_EXPR_NUMBER)
    return tl_expr_new_number (-a->number);
  g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'-' cannot take %s", tl_expr_type_name (a));
  return NULL;
}

static TlExpr *
eval_table (Eval         *self,
            const TlExpr *expr,
            GError      **error)
{
  TlExprItem *items = g_new0 (TlExprItem, expr->n_items);

  for (gsize i = 0; i < expr->n_items; i++) {
    TlExpr *value = eval (self, expr->items[i].value, error);

    if (value == NULL) {
      while (i-- > 0) {
        g_free (items[i].key);
        tl_expr_unref (items[i].value);
      }
      g_free (items);
      return NULL;
    }
    items[i] = (TlExprItem){ g_strdup (expr->items[i].key), value };
  }
  return rebuild (expr, items, expr->n_items, error);
}

static TlExpr *
eval (Eval         *self,
      const TlExpr *expr,
      GError      **error)
{
  const TlExpr *value;

  switch (expr->kind) {
  case TL_EXPR_NAME:
    value = self->lookup ? self->lookup (expr->string, self->user_data) : NULL;
    return tl_expr_ref (value ? value : expr);
  case TL_EXPR_TABLE:
    return expr->is_open ? eval_table (self, expr, error) : tl_expr_ref (expr);
  case TL_EXPR_UNARY:
    return eval_unary (self, expr, error);
  case TL_EXPR_BINARY:
    return eval_binary (self, expr, error);
  default:
    return tl_expr_ref (expr);
  }
}

TlExpr *
tl_expr_eval (const TlExpr *self,
              TlExprLookup  lookup,
              gpointer      user_data,
              GError      **error)
{
  Eval state = { .lookup = lookup, .user_data = user_data };

  g_return_val_if_fail (self != NULL, NULL);

  return eval (&state, self, error);
}
