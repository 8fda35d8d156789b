/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/expr.h"

#include <string.h>

#include "core/base/error.h"

static const TlLuaExpr *
lookup (const char *name,
        gpointer    user_data)
{
  return g_hash_table_lookup (user_data, name);
}

static void
test_eval (void)
{
  static const struct {
    const char *text, *result;
  } cases[] = {
    { "1 + 2 * 3", "7" },
    { "2 ^ 3 ^ 2", "512.0" },
    { "-2 ^ 2", "-4.0" },
    { "7 // 2", "3" },
    { "-7 // 2", "-4" },
    { "-7 % 3", "2" },
    { "7 % -3", "-2" },
    { "7 / 2", "3.5" },
    { "7.5 // 2", "3.0" },
    { "width * 2", "64" },
    { "{N, width * 2, 1}", "{N, 64, 1}" },
    { "N * (width + 1)", "N * 33" },
    { "\"a\" .. 'b' .. 1", "\"ab1\"" },
    { "1 < 2 and 'yes' or 'no'", "\"yes\"" },
    { "not nil", "true" },
    { "1 == 1.0", "true" },
    { "0x10", "16" },
    { "9223372036854775807 + 1", "0x8000000000000000" },
    { "{a = 1, ['b c'] = {true}}", "{a = 1, [\"b c\"] = {true}}" },
    { "1e-3", "0.001" },
    { "-(3)", "-3" },
    { "[[x\ny]]", "\"x\\ny\"" },
    { "'\\65\\x42\\u{43}\\z  D'", "\"ABCD\"" },
  };
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (TlLuaExpr)  width = tl_lua_expr_new_integer (32);

  g_hash_table_insert (values, (char *)"width", width);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError               *error = NULL;
    g_autoptr (TlLuaExpr) expr = tl_lua_expr_parse (cases[i].text, -1, &error);
    g_autoptr (TlLuaExpr) value = NULL;
    g_autofree char      *text = NULL;

    g_assert_no_error (error);
    value = tl_lua_expr_eval (expr, lookup, values, &error);
    g_assert_no_error (error);
    text = tl_lua_expr_to_text (value);
    g_assert_cmpstr (text, ==, cases[i].result);
  }
}

static void
test_round_trip (void)
{
  static const char *const texts[] = { "1", "1.5", "1e300", "0x8000000000000000", "\"a\\\"\\\\\\n\"", "{1, {2, x = 3}, -4}",
                                       "a + b * (c - -d) .. \"x\"", "not (a and b)", "2 ^ -x", "nil", "0.1", "1e999" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (TlLuaExpr) expr = tl_lua_expr_parse (texts[i], -1, NULL);
    g_autoptr (TlLuaExpr) again = NULL;
    g_autofree char      *text = tl_lua_expr_to_text (expr);

    again = tl_lua_expr_parse (text, -1, NULL);
    g_assert_nonnull (again);
    g_assert_true (tl_lua_expr_equal (expr, again));
  }
}

static void
test_errors (void)
{
  static const char *const bad[] = { "", "1 +", "(1", "{1, 2", "{1 2}", "f(x)", "a.b", "function () end", "1 2", "'x", "0x", "3..2",
                                     "a = 1", "#t", "{[1] = 2}", "\"\\q\"" };
  static const char *const bad_values[] = { "1 // 0", "1 % 0", "{} + 1", "-'x'", "1 < 'a'", "nil .. 'a'" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (tl_lua_expr_parse (bad[i], -1, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_CODE);
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad_values); i++) {
    g_autoptr (GError)    error = NULL;
    g_autoptr (TlLuaExpr) expr = tl_lua_expr_parse (bad_values[i], -1, NULL);

    g_assert_nonnull (expr);
    g_assert_null (tl_lua_expr_eval (expr, NULL, NULL, &error));
    g_assert_error (error, TL_ERROR, TL_ERROR_CODE);
  }
}

/* Deep and wide texts end in an error, not in a crash or in gigabytes. */
static void
test_bounds (void)
{
  static const char *const units[] = { "(", "{", "-", "not ", "1+", "1^", "{1,", "a..", "[=", "{a=" };
  g_autoptr (TlLuaExpr)    value = NULL;
  g_autoptr (TlLuaExpr)    doubled = tl_lua_expr_parse ("{x, x}", -1, NULL);
  guint                    steps = 0;

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    for (guint k = 0; k < 100000; k++)
      g_string_append (text, units[i]);
    g_assert_null (tl_lua_expr_parse (text->str, -1, NULL));
  }
  /* x = {x, x} again and again: a value of 2^n parts. */
  for (value = tl_lua_expr_new_integer (1); value != NULL; steps++) {
    g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
    TlLuaExpr             *next;

    g_hash_table_insert (values, (char *)"x", value);
    next = tl_lua_expr_eval (doubled, lookup, values, NULL);
    tl_lua_expr_unref (value);
    value = next;
  }
  g_assert_cmpuint (steps, <, 30);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/syntax/expr/eval", test_eval);
  g_test_add_func ("/syntax/expr/round-trip", test_round_trip);
  g_test_add_func ("/syntax/expr/errors", test_errors);
  g_test_add_func ("/syntax/expr/bounds", test_bounds);
  return g_test_run ();
}
