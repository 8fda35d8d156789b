/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns mean what they mean in Lua: its own library is the judge.
 */
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <string.h>

#include "tests/lua/cells.h"

static const char checker[] =
  "function outcome (f, ...)\n"
  "  local r = table.pack (pcall (f, ...))\n"
  "  for i = 1, r.n do r[i] = tostring (r[i]) end\n"
  "  if r[1] == 'false' then return 'error' end\n"
  "  return table.concat (r, '|', 1, r.n)\n"
  "end\n"
  "function all (s, p, r, init)\n"
  "  local list = {}\n"
  "  local ok = pcall (function () for a, b in s:gmatch (p) do list[#list + 1] = tostring (a) .. ',' .. tostring (b) end end)\n"
  "  return table.concat ({ outcome (string.find, s, p, init), outcome (string.match, s, p, init), outcome (string.gsub, s, p, r),\n"
  "    outcome (string.gsub, s, p, r, 2), outcome (string.gsub, s, p, function (a, b) return b or a end),\n"
  "    outcome (string.gsub, s, p, { a = 'X', b = false }), outcome (string.find, s, p, init, true), tostring (ok), table.concat (list, ';') }, '\\n')\n"
  "end\n";

static char *
judge (lua_State  *L,
       const char *call)
{
  g_assert_cmpint (luaL_dostring (L, call), ==, LUA_OK);
  return g_strdup (lua_tostring (L, -1));
}

static char *
quote (const char *text,
       gsize       n)
{
  GString *quoted = g_string_new ("\"");

  for (gsize i = 0; i < n; i++)
    g_string_append_printf (quoted, "\\%03u", (guchar)text[i]);
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

static void
compare (Cells      *cells,
         lua_State  *L,
         const char *text,
         gsize       n_text,
         const char *pattern,
         gsize       n_pattern,
         const char *replacement,
         int         init)
{
  g_autofree char *s = quote (text, n_text);
  g_autofree char *p = quote (pattern, n_pattern);
  g_autofree char *r = quote (replacement, strlen (replacement));
  g_autofree char *call = g_strdup_printf ("return all (%s, %s, %s, %d)", s, p, r, init);
  g_autofree char *wanted = judge (L, call);

  lua_settop (L, 0);
  cells_run (cells, call);
  if (g_strcmp0 (cells->result.value, wanted) != 0)
    g_error ("%.*s with %.*s from %d:\n%s\ninstead of\n%s", (int)n_text, text, (int)n_pattern, pattern, init, cells->result.value, wanted);
}

static void
test_known (void)
{
  static const char *const patterns[] = {
    "",
    "a",
    "^a",
    "a$",
    "^a$",
    "$",
    "^",
    ".",
    ".*",
    ".-",
    ".+",
    ".?",
    "%a+",
    "%A+",
    "[abc]",
    "[^abc]",
    "[a-c]+",
    "[%a_][%w_]*",
    "[]]",
    "[^]]",
    "[-a]",
    "[a-]",
    "[%]]",
    "%",
    "[",
    "[a",
    "[%",
    "(a)",
    "(a)(b)",
    "((a)b)",
    "()",
    "()a()",
    "(",
    ")",
    "(a",
    "a)",
    "%1",
    "(a)%1",
    "(.)%1",
    "(.-)%1",
    "%b()",
    "%b",
    "%b(",
    "%f[%w]%w+",
    "%f",
    "%f[",
    "%%",
    "%.",
    "a*",
    "a-b",
    "a?b",
    "a+b",
    "(a*(.)%w(%s*))",
    "^(%s*)(.-)(%s*)$",
    "[%z]",
    "%g",
    "\\",
    "[a-%a]",
    "[%d-z]",
    "a**",
    "a+?",
    "%0",
    "(%2)",
    "[^%s]+",
    "x*",
    "%u%l*",
  };
  static const char *const texts[] = { "", "a", "ab", "aab", "hello world", "  trim me  ", "THE (quick) fox", "(a(b)c)d)", "x=1, y=2", "aaa", "]-[%", "a.b.c", "ThIs iS" };
  g_autoptr (Cells)        cells = cells_new ();
  lua_State               *L = luaL_newstate ();

  luaL_openlibs (L);
  g_assert_cmpint (luaL_dostring (L, checker), ==, LUA_OK);
  cells_run (cells, checker);
  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++)
    for (guint k = 0; k < G_N_ELEMENTS (texts); k++) {
      compare (cells, L, texts[k], strlen (texts[k]), patterns[i], strlen (patterns[i]), "<%0>", 1);
      compare (cells, L, texts[k], strlen (texts[k]), patterns[i], strlen (patterns[i]), "%1", -2);
    }
  compare (cells, L, "a\0b", 3, "%z", 2, "%%", 1);
  compare (cells, L, "a\0b", 3, "a\0", 2, "x", 1);
  compare (cells, L, "a\0b.", 4, "\0.", 2, "x", 1);
  lua_close (L);
}

static void
test_random (void)
{
  static const char letters[] = "ab()[]^$%.*+-?1bf w";
  static const char plain[] = "aabb (a) ]";
  g_autoptr (Cells) cells = cells_new ();
  g_autoptr (GRand) random = g_rand_new_with_seed (11);
  lua_State        *L = luaL_newstate ();

  luaL_openlibs (L);
  g_assert_cmpint (luaL_dostring (L, checker), ==, LUA_OK);
  cells_run (cells, checker);
  for (guint i = 0; i < 3000; i++) {
    char  text[12], pattern[10];
    guint n_text = (guint)g_rand_int_range (random, 0, sizeof text), n_pattern = (guint)g_rand_int_range (random, 0, sizeof pattern);

    for (guint k = 0; k < n_text; k++)
      text[k] = plain[g_rand_int_range (random, 0, sizeof plain - 1)];
    for (guint k = 0; k < n_pattern; k++)
      pattern[k] = letters[g_rand_int_range (random, 0, sizeof letters - 1)];
    compare (cells, L, text, n_text, pattern, n_pattern, i % 3 == 0 ? "%1" : "%0-", g_rand_int_range (random, -3, 5));
  }
  lua_close (L);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lua/pattern/known", test_known);
  g_test_add_func ("/lua/pattern/random", test_random);
  return g_test_run ();
}
