/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/chunk-private.h"

static gboolean
is_char (Parser *p,
         char    c)
{
  return p->token.type == TL_LUA_CHAR + c;
}

static void
parse_table (Parser *p)
{
  guint line = p->token.line;

  tl_lua_next (p);
  while (!p->chunk->error && !is_char (p, '}')) {
    if (is_char (p, '[')) {
      tl_lua_next (p);
      tl_lua_expr (p);
      if (tl_lua_expect (p, TL_LUA_CHAR + ']', "']'") && tl_lua_expect (p, TL_LUA_CHAR + '=', "'='"))
        tl_lua_expr (p);
    } else if (p->token.type == TL_LUA_NAME && tl_lua_look_ahead (p) == TL_LUA_CHAR + '=') {
      tl_lua_next (p);
      tl_lua_next (p);
      tl_lua_expr (p);
    } else
      tl_lua_expr (p);
    if (!tl_lua_accept (p, TL_LUA_CHAR + ',') && !tl_lua_accept (p, TL_LUA_CHAR + ';'))
      break;
  }
  if (is_char (p, '}'))
    tl_lua_next (p);
  else if (!p->chunk->error) {
    g_autofree char *message = line == p->token.line
                                 ? g_strdup ("'}' expected")
                                 : g_strdup_printf ("'}' expected (to close '{' at line %u)", line);

    tl_lua_fail_near (p, message);
  }
}

static void
parse_arguments (Parser *p)
{
  guint line = p->token.line;

  if (p->token.type == TL_LUA_STRING)
    tl_lua_next (p);
  else if (is_char (p, '{'))
    parse_table (p);
  else if (!tl_lua_accept (p, TL_LUA_CHAR + '('))
    tl_lua_fail_near (p, "function arguments expected");
  else if (!tl_lua_accept (p, TL_LUA_CHAR + ')')) {
    tl_lua_expr_list (p, NULL, NULL, 0);
    if (!p->chunk->error && !tl_lua_accept (p, TL_LUA_CHAR + ')')) {
      g_autofree char *message = line == p->token.line
                                   ? g_strdup ("')' expected")
                                   : g_strdup_printf ("')' expected (to close '(' at line %u)", line);

      tl_lua_fail_near (p, message);
    }
  }
}

/* A name, or an expression in parentheses, and what follows it.  A plain name is left to the caller to record. */
Suffix
tl_lua_suffixed (Parser     *p,
                 TlLuaToken *name)
{
  Suffix suffix = SUFFIX_OTHER;

  *name = p->token;
  if (p->token.type == TL_LUA_NAME) {
    suffix = SUFFIX_NAME;
    tl_lua_next (p);
  } else if (tl_lua_accept (p, TL_LUA_CHAR + '(')) {
    tl_lua_expr (p);
    tl_lua_expect (p, TL_LUA_CHAR + ')', "')'");
  } else
    tl_lua_fail_near (p, "unexpected symbol");
  while (!p->chunk->error) {
    Suffix before = suffix;

    if (is_char (p, '.') || is_char (p, ':'))
      suffix = is_char (p, '.') ? SUFFIX_INDEX : SUFFIX_CALL;
    else if (is_char (p, '['))
      suffix = SUFFIX_INDEX;
    else if (is_char (p, '(') || is_char (p, '{') || p->token.type == TL_LUA_STRING)
      suffix = SUFFIX_CALL;
    else
      break;
    if (before == SUFFIX_NAME)
      tl_lua_read_name (p, name);
    if (is_char (p, '.') || is_char (p, ':')) {
      tl_lua_next (p);
      tl_lua_expect (p, TL_LUA_NAME, "name");
      if (suffix == SUFFIX_CALL)
        parse_arguments (p);
    } else if (is_char (p, '[')) {
      tl_lua_next (p);
      tl_lua_expr (p);
      tl_lua_expect (p, TL_LUA_CHAR + ']', "']'");
    } else
      parse_arguments (p);
  }
  return suffix;
}

static void
parse_simple (Parser *p)
{
  TlLuaToken name;

  switch (p->token.type) {
  case TL_LUA_DOTS:
    if (!p->function->is_vararg)
      tl_lua_fail_near (p, "cannot use '...' outside a vararg function");
    tl_lua_next (p);
    break;
  case TL_LUA_INTEGER:
  case TL_LUA_NUMBER:
  case TL_LUA_STRING:
  case TL_LUA_NIL:
  case TL_LUA_TRUE:
  case TL_LUA_FALSE:
    tl_lua_next (p);
    break;
  case TL_LUA_CHAR + '{':
    parse_table (p);
    break;
  case TL_LUA_FUNCTION:
    tl_lua_next (p);
    tl_lua_body (p, FALSE, p->last_line);
    break;
  default:
    if (tl_lua_suffixed (p, &name) == SUFFIX_NAME)
      tl_lua_read_name (p, &name);
  }
}

/* Left and right priorities, as in the reference manual of Lua 5.4, §3.4.8; 0 when it is no binary operator. */
static int
priority (int  type,
          int *right)
{
  static const struct {
    int type, left, right;
  } table[] = {
    { TL_LUA_OR, 1, 1 },
    { TL_LUA_AND, 2, 2 },
    { TL_LUA_CHAR + '<', 3, 3 },
    { TL_LUA_CHAR + '>', 3, 3 },
    { TL_LUA_LE, 3, 3 },
    { TL_LUA_GE, 3, 3 },
    { TL_LUA_NE, 3, 3 },
    { TL_LUA_EQ, 3, 3 },
    { TL_LUA_CHAR + '|', 4, 4 },
    { TL_LUA_CHAR + '~', 5, 5 },
    { TL_LUA_CHAR + '&', 6, 6 },
    { TL_LUA_SHL, 7, 7 },
    { TL_LUA_SHR, 7, 7 },
    { TL_LUA_CONCAT, 9, 8 },
    { TL_LUA_CHAR + '+', 10, 10 },
    { TL_LUA_CHAR + '-', 10, 10 },
    { TL_LUA_CHAR + '*', 11, 11 },
    { TL_LUA_CHAR + '/', 11, 11 },
    { TL_LUA_IDIV, 11, 11 },
    { TL_LUA_CHAR + '%', 11, 11 },
    { TL_LUA_CHAR + '^', 14, 13 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    if (table[i].type == type) {
      *right = table[i].right;
      return table[i].left;
    }
  return 0;
}

static void
parse_level (Parser *p,
             int     limit)
{
  int right = 0, left;

  if (!tl_lua_enter (p))
    return;
  if (p->token.type == TL_LUA_NOT || is_char (p, '-') || is_char (p, '#') || is_char (p, '~')) {
    tl_lua_next (p);
    parse_level (p, 12);
  } else
    parse_simple (p);
  while (!p->chunk->error && (left = priority (p->token.type, &right)) > limit) {
    tl_lua_next (p);
    parse_level (p, right);
  }
  p->depth--;
}

void
tl_lua_expr (Parser *p)
{
  if (!p->chunk->error)
    parse_level (p, 0);
}

/* Reads expressions between commas; the byte ranges of the first @n_max go to @starts and @ends. */
guint
tl_lua_expr_list (Parser *p,
                  gsize  *starts,
                  gsize  *ends,
                  guint   n_max)
{
  guint n = 0;

  do {
    gsize start = p->token.start;

    tl_lua_expr (p);
    if (n < n_max) {
      starts[n] = start;
      ends[n] = p->last_end;
    }
    n++;
  } while (!p->chunk->error && tl_lua_accept (p, TL_LUA_CHAR + ','));
  return n;
}
