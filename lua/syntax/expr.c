/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/expr.h"

#include <math.h>
#include <string.h>

#include "lua/syntax/lexer.h"
#include "lua/syntax/text-edit.h"

static TlLuaExpr *
expr_new (TlLuaExprKind kind)
{
  TlLuaExpr *self = g_new0 (TlLuaExpr, 1);

  self->kind = kind;
  self->ref_count = 1;
  self->depth = 1;
  self->n_parts = 1;
  return self;
}

TlLuaExpr *
tl_lua_expr_new_integer (gint64 value)
{
  TlLuaExpr *self = expr_new (TL_LUA_EXPR_INTEGER);

  self->integer = value;
  self->number = (double)value;
  return self;
}

TlLuaExpr *
tl_lua_expr_new_number (double value)
{
  TlLuaExpr *self = expr_new (TL_LUA_EXPR_NUMBER);

  self->number = value;
  return self;
}

TlLuaExpr *
tl_lua_expr_new_bool (gboolean value)
{
  TlLuaExpr *self = expr_new (TL_LUA_EXPR_BOOL);

  self->integer = value != FALSE;
  return self;
}

TlLuaExpr *
tl_lua_expr_new_string (const char *bytes,
                        gssize      n_bytes)
{
  TlLuaExpr *self = expr_new (TL_LUA_EXPR_STRING);

  self->n_bytes = n_bytes < 0 ? strlen (bytes) : (gsize)n_bytes;
  self->string = g_malloc (self->n_bytes + 1);
  memcpy (self->string, bytes, self->n_bytes);
  self->string[self->n_bytes] = 0;
  return self;
}

TlLuaExpr *
tl_lua_expr_new_name (const char *name)
{
  TlLuaExpr *self = expr_new (TL_LUA_EXPR_NAME);

  self->string = g_strdup (name);
  self->n_bytes = strlen (name);
  self->is_open = TRUE;
  return self;
}

TlLuaExpr *
tl_lua_expr_ref (const TlLuaExpr *self)
{
  TlLuaExpr *mutable_self = (TlLuaExpr *)self;

  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_int_inc (&mutable_self->ref_count);
  return mutable_self;
}

void
tl_lua_expr_unref (TlLuaExpr *self)
{
  if (self == NULL || !g_atomic_int_dec_and_test (&self->ref_count))
    return;
  for (gsize i = 0; i < self->n_items; i++) {
    g_free (self->items[i].key);
    tl_lua_expr_unref (self->items[i].value);
  }
  g_free (self->items);
  g_free (self->string);
  g_free (self);
}

gboolean
tl_lua_expr_is_literal (const TlLuaExpr *self)
{
  return !self->is_open;
}

const char *
tl_lua_expr_type_name (const TlLuaExpr *self)
{
  static const char *const names[] = { "nil", "boolean", "number", "number", "string",
                                       "table", "expression", "expression", "expression" };

  return names[self->kind];
}

const TlLuaExpr *
tl_lua_expr_get (const TlLuaExpr *self,
                 const char      *key)
{
  for (gsize i = self->n_items; i > 0; i--)
    if (g_strcmp0 (self->items[i - 1].key, key) == 0)
      return self->items[i - 1].value;
  return NULL;
}

gboolean
tl_lua_expr_equal (const TlLuaExpr *a,
                   const TlLuaExpr *b)
{
  if (a->kind != b->kind || a->n_items != b->n_items || a->integer != b->integer ||
      memcmp (&a->number, &b->number, sizeof a->number) != 0 || a->n_bytes != b->n_bytes ||
      (a->n_bytes > 0 && memcmp (a->string, b->string, a->n_bytes) != 0))
    return FALSE;
  for (gsize i = 0; i < a->n_items; i++)
    if (g_strcmp0 (a->items[i].key, b->items[i].key) != 0 || !tl_lua_expr_equal (a->items[i].value, b->items[i].value))
      return FALSE;
  return TRUE;
}

void
tl_lua_expr_foreach_name (const TlLuaExpr *self,
                          void (*func) (const TlLuaExpr *name, gpointer user_data),
                          gpointer user_data)
{
  if (self->kind == TL_LUA_EXPR_NAME)
    func (self, user_data);
  for (gsize i = 0; i < self->n_items; i++)
    tl_lua_expr_foreach_name (self->items[i].value, func, user_data);
}

static void
append_number (GString *out,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  if (isnan (value))
    g_string_append (out, "(0/0)");
  else if (isinf (value))
    g_string_append (out, value < 0 ? "-1e999" : "1e999");
  else {
    /* The fewest digits that read back as the same number. */
    for (int digits = 15; digits <= 17; digits++) {
      char format[8];

      g_snprintf (format, sizeof format, "%%.%dg", digits);
      g_ascii_formatd (buffer, sizeof buffer, format, value);
      if (g_ascii_strtod (buffer, NULL) == value)
        break;
    }
    g_string_append (out, buffer);
    if (strpbrk (buffer, ".e") == NULL)
      g_string_append (out, ".0");
  }
}

static void
append_expr (GString         *out,
             const TlLuaExpr *self)
{
  g_autofree char *quoted = NULL;

  switch (self->kind) {
  case TL_LUA_EXPR_NIL:
    g_string_append (out, "nil");
    break;
  case TL_LUA_EXPR_BOOL:
    g_string_append (out, self->integer ? "true" : "false");
    break;
  case TL_LUA_EXPR_INTEGER:
    if (self->integer == G_MININT64)
      g_string_append (out, "0x8000000000000000");
    else
      g_string_append_printf (out, "%" G_GINT64_FORMAT, self->integer);
    break;
  case TL_LUA_EXPR_NUMBER:
    append_number (out, self->number);
    break;
  case TL_LUA_EXPR_STRING:
    quoted = tl_lua_quote (self->string, self->n_bytes);
    g_string_append (out, quoted);
    break;
  case TL_LUA_EXPR_NAME:
    g_string_append (out, self->string);
    break;
  case TL_LUA_EXPR_TABLE:
    g_string_append_c (out, '{');
    for (gsize i = 0; i < self->n_items; i++) {
      const char *key = self->items[i].key;

      if (i > 0)
        g_string_append (out, ", ");
      if (key != NULL && tl_name_is_valid (key))
        g_string_append_printf (out, "%s = ", key);
      else if (key != NULL) {
        g_autofree char *quoted_key = tl_lua_quote (key, strlen (key));

        g_string_append_printf (out, "[%s] = ", quoted_key);
      }
      append_expr (out, self->items[i].value);
    }
    g_string_append_c (out, '}');
    break;
  case TL_LUA_EXPR_UNARY:
    g_string_append_printf (out, "(%s ", self->string);
    append_expr (out, self->items[0].value);
    g_string_append_c (out, ')');
    break;
  case TL_LUA_EXPR_BINARY:
    g_string_append_c (out, '(');
    append_expr (out, self->items[0].value);
    g_string_append_printf (out, " %s ", self->string);
    append_expr (out, self->items[1].value);
    g_string_append_c (out, ')');
    break;
  default:
    g_assert_not_reached ();
  }
}

char *
tl_lua_expr_to_text (const TlLuaExpr *self)
{
  GString *out = g_string_new (NULL);

  append_expr (out, self);
  /* The outermost parentheses of an operator say nothing. */
  if (self->kind >= TL_LUA_EXPR_UNARY) {
    g_string_truncate (out, out->len - 1);
    g_string_erase (out, 0, 1);
  }
  return g_string_free (out, FALSE);
}
