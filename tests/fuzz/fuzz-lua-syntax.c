/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "lua/syntax/chunk.h"
#include "lua/syntax/lexer.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static void
check_range (gsize  start,
             gsize  end,
             size_t size)
{
  g_assert_true (start <= end && end <= size);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char            *text = (const char *)data;
  g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (text, size);
  gsize                  n, start, end;
  const TlLuaStatement  *statements = tl_lua_chunk_get_statements (chunk, &n);
  const TlLuaAssignment *assignments;
  TlLuaLexer             lexer;
  TlLuaToken             token;
  gsize                  last = 0;

  for (gsize i = 0; i < n; i++)
    check_range (statements[i].start, statements[i].end, size);
  assignments = tl_lua_chunk_get_assignments (chunk, &n);
  for (gsize i = 0; i < n; i++) {
    check_range (assignments[i].start, assignments[i].end, size);
    if (assignments[i].value != NULL) {
      /* What is written as text must read back as the same value. */
      g_autofree char      *written = tl_lua_expr_to_text (assignments[i].value);
      g_autoptr (TlLuaExpr) again = tl_lua_expr_parse (written, -1, NULL);

      g_assert_nonnull (again);
      g_assert_true (tl_lua_expr_equal (assignments[i].value, again));
    }
  }
  if (tl_lua_chunk_get_error (chunk, NULL, NULL, &start, &end) != NULL) {
    check_range (start, end, size);
    g_assert_true (g_utf8_validate (tl_lua_chunk_get_error (chunk, NULL, NULL, NULL, NULL), -1, NULL));
  }
  g_ptr_array_unref (tl_lua_chunk_get_locals (chunk, size / 2));

  tl_lua_lexer_init (&lexer, text, size);
  lexer.keep_comments = TRUE;
  while (tl_lua_lexer_next (&lexer, &token) != TL_LUA_END) {
    check_range (token.start, token.end, size);
    g_assert_true (token.start >= last && token.end > token.start);
    last = token.end;
    if (token.type == TL_LUA_STRING)
      g_free (tl_lua_unescape (text + token.start, token.end - token.start, NULL));
  }
  return 0;
}
