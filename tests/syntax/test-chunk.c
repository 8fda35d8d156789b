/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/chunk.h"

#include <string.h>

#ifdef TL_TEST_LUA
#  include <lauxlib.h>
#endif

static const char *const samples[] = {
  "",
  "a = 1",
  "local a <const>, b <close> = 1, nil",
  "for i = 1, 10, 2 do if i % 2 == 0 then goto continue end print (i) ::continue:: end",
  "for k, v in pairs (t) do t[k] = v .. 'x' end",
  "repeat local x = f () until x > 3",
  "while true do break end",
  "function m.a.b:c (x, ...) local function f (...) return ... end return f, self end",
  "local t = { 1, 2; x = 3, ['y'] = 4, f (), function () end, [1 + 2] = -#t }",
  "run = fit { lenet, data = train, epochs = 3 }",
  "x = a.b[c]:d 'str' [[long]] { 1 } .y",
  "return function (a, b, ...) return a + b * 2 ^ 3 .. 'x', not a == b, ~1 << 2 | 3 & 4 ~ 5 // 6 end",
  "do local a = 1; goto done; local b ::done:: end",
  "a, b.c, d[1] = 1, 2, 3; (f or g) ();",
  "-- comment\n--[[ long\n]] x = [==[ ]] ]==] y = 0x.8p1 z = 3e-2",
  "::top:: if x then goto top end",
  "if a then elseif b then else end return",
  "local function f (a) a = 1 end",
  "x = '\\x41\\065\\u{7FFFFFFF}\\z \n  y\\\n'",
  "goto l1; do ::l1:: end ::l1::",
};

static void
test_outline (void)
{
  const char            *text = "epochs = 3\nlocal lr, name = 1e-3, \"adam\"\nt = { 1, { 2 } }\nw = epochs * 2\n"
                                "function nn.foo (x) hidden = x end\nrun = fit { data = train }\nrun:show ()\nepochs = 5\n";
  g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (text, -1);
  gsize                  n;
  const TlLuaStatement  *statements = tl_lua_chunk_get_statements (chunk, &n);
  const TlLuaAssignment *literal;
  const TlLuaUse        *uses;
  g_autoptr (GString)    names = g_string_new (NULL);

  g_assert_null (tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL));
  g_assert_cmpuint (n, ==, 8);
  g_assert_cmpstr (statements[0].name, ==, "epochs");
  g_assert_cmpstr (statements[1].name, ==, "lr");
  g_assert_cmpstr (statements[4].name, ==, "nn.foo");
  g_assert_cmpint (statements[4].kind, ==, TL_LUA_STATEMENT_FUNCTION);
  g_assert_cmpstr (statements[6].name, ==, "run:show");
  g_assert_cmpuint (statements[6].line, ==, 7);
  g_assert_cmpint (strncmp (text + statements[3].start, "w = epochs * 2", statements[3].end - statements[3].start), ==, 0);

  literal = tl_lua_chunk_find_literal (chunk, "epochs");
  g_assert_cmpint (literal->value->integer, ==, 3);
  g_assert_cmpuint (literal->start, ==, 9);
  g_assert_cmpuint (literal->end, ==, 10);
  literal = tl_lua_chunk_find_literal (chunk, "name");
  g_assert_true (literal->is_local);
  g_assert_cmpstr (literal->value->string, ==, "adam");
  g_assert_cmpuint (literal->line, ==, 2);
  g_assert_cmpuint (tl_lua_chunk_find_literal (chunk, "t")->value->n_items, ==, 2);
  g_assert_null (tl_lua_chunk_find_literal (chunk, "w"));

  uses = tl_lua_chunk_get_used (chunk, &n);
  for (gsize i = 0; i < n; i++)
    g_string_append_printf (names, "%s ", uses[i].name);
  g_string_append (names, "| ");
  uses = tl_lua_chunk_get_defined (chunk, &n);
  for (gsize i = 0; i < n; i++)
    g_string_append_printf (names, "%s ", uses[i].name);
  g_assert_cmpstr (names->str, ==, "nn fit train | epochs t w hidden run ");
}

static void
test_scopes (void)
{
  const char            *text = "local a = 1 do local b = a; c = b end d = b function f (e) local a = e; return a end x = x";
  g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (text, -1);
  g_autoptr (GPtrArray)  inside = tl_lua_chunk_get_locals (chunk, strstr (text, "return") - text);
  gsize                  n;
  const TlLuaUse        *used = tl_lua_chunk_get_used (chunk, &n);

  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpstr (used[0].name, ==, "b");
  g_assert_cmpstr (used[1].name, ==, "x");
  g_assert_cmpuint (inside->len, ==, 2);
  g_assert_cmpstr (inside->pdata[0], ==, "a");
  g_assert_cmpstr (inside->pdata[1], ==, "e");
}

static void
test_errors (void)
{
  static const struct {
    const char *text;
    guint       line, column;
    const char *message;
  } cases[] = {
    { "x = ", 1, 5, "unexpected symbol near the end" },
    { "x = 1\ny = = 2", 2, 5, "unexpected symbol near '='" },
    { "for i = 1, 2 do\n  x = 1\n", 3, 1, "'end' expected (to close 'for' at line 1) near the end" },
    { "é = 1", 1, 1, "unexpected symbol near" },
    { "s = 'é' s = 'abc", 1, 13, "unfinished string near ''abc'" },
    { "f (1,\n2", 2, 2, "')' expected (to close '(' at line 1) near the end" },
    { "break", 1, 1, "break outside a loop near 'break'" },
    { "local x <const> = 1; x = 2", 1, 27, "attempt to assign to const variable 'x'" },
    { "goto nowhere", 1, 13, "no visible label 'nowhere' for goto at line 1" },
    { "x", 1, 2, "syntax error near the end" },
    { "return 1 x = 2", 1, 10, "'<eof>' expected near 'x'" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (cases[i].text, -1);
    guint                  line, column;
    const char            *message = tl_lua_chunk_get_error (chunk, &line, &column, NULL, NULL);

    g_assert_nonnull (message);
    g_test_message ("%s -> %u:%u %s", cases[i].text, line, column, message);
    g_assert_true (g_str_has_prefix (message, cases[i].message));
    g_assert_cmpuint (line, ==, cases[i].line);
    g_assert_cmpuint (column, ==, cases[i].column);
  }
}

static void
test_bounds (void)
{
  static const char *const units[] = { "(", "{", "do ", "f (", "function f () ", "if x then ", "a.", "- ", "not ", "x=1 ", "local x ",
                                       "a,", "[[", "--[[", "goto a ", "::a", "'\\", "x..", "repeat ", "a{" };

  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (GString)    text = g_string_new (NULL);
    g_autoptr (TlLuaChunk) chunk = NULL;

    while (text->len < 300000)
      g_string_append (text, units[i]);
    chunk = tl_lua_chunk_parse (text->str, text->len);
    g_assert_true ((tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL) == NULL) == g_str_equal (units[i], "x=1 "));
  }
}

#ifdef TL_TEST_LUA
static gboolean
lua_accepts (lua_State  *L,
             const char *text,
             gsize       length)
{
  gboolean accepted = luaL_loadbufferx (L, text, length, "=x", "t") == LUA_OK;

  lua_settop (L, 0);
  return accepted;
}

/* Changes a text as a careless person would: drops, doubles and swaps pieces, puts in others. */
static void
mutate (GRand   *random,
        GString *text)
{
  static const char *const pieces[] = { "end", " do ", "(", ")", "=", "'", "\\", "[[", "]]", ",", "local ", "goto x ", "::x::",
                                        "...", "<const>", "\n", "--", "1e", "0x", "nil", " x ", "return ", "break ", "function ", ":" };
  guint                    at = text->len ? g_rand_int_range (random, 0, text->len + 1) : 0;
  guint                    n = g_rand_int_range (random, 0, 6);

  n = MIN (n, text->len - at);
  switch (g_rand_int_range (random, 0, 3)) {
  case 0:
    g_string_erase (text, at, n);
    break;
  case 1: {
    g_autofree char *copy = g_strndup (text->str + at, n);

    g_string_insert (text, g_rand_int_range (random, 0, text->len + 1), copy);
    break;
  }
  default:
    g_string_insert (text, at, pieces[g_rand_int_range (random, 0, G_N_ELEMENTS (pieces))]);
  }
}

/* The judge is Lua itself: what it takes we take, what it refuses we refuse. */
static void
test_like_lua (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  lua_State        *L = luaL_newstate ();
  guint             n_good = 0, n = g_test_thorough () ? 2000000 : 60000;

  for (guint i = 0; i < n; i++) {
    g_autoptr (GString)    text = g_string_new (samples[i % G_N_ELEMENTS (samples)]);
    g_autoptr (TlLuaChunk) chunk = NULL;
    gboolean               ours, theirs;
    const char            *message;
    guint                  n_changes = g_rand_int_range (random, 0, 4);

    while (n_changes-- > 0)
      mutate (random, text);
    /* Only the loader of files skips a first line with "#"; bytecode starts with ESC. */
    chunk = tl_lua_chunk_parse (text->str, text->len);
    message = tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL);
    ours = message == NULL;
    theirs = lua_accepts (L, text->str, text->len);
    if (ours != theirs)
      g_test_message ("ours %d (%s), theirs %d:\n%s", ours, message ? message : "", theirs, text->str);
    g_assert_cmpint (ours, ==, theirs);
    n_good += ours;
  }
  g_assert_cmpuint (n_good, >, n / 10);
  lua_close (L);
}
#endif

static void
test_samples (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
    g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (samples[i], -1);

    g_assert_cmpstr (tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL), ==, NULL);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/syntax/chunk/samples", test_samples);
  g_test_add_func ("/syntax/chunk/outline", test_outline);
  g_test_add_func ("/syntax/chunk/scopes", test_scopes);
  g_test_add_func ("/syntax/chunk/errors", test_errors);
  g_test_add_func ("/syntax/chunk/bounds", test_bounds);
#ifdef TL_TEST_LUA
  g_test_add_func ("/syntax/chunk/like-lua", test_like_lua);
#endif
  return g_test_run ();
}
