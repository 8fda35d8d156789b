/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/chunk-private.h"

#include <string.h>

#include "lua/syntax/text-edit.h"

#define MAX_BYTES (8u << 20)
#define MAX_RECORDS 200000
#define MAX_LEFT_SIDES 64 /* names on a left side for which literals are looked for */

static void statement_list (Parser *p);

void
tl_lua_fail (Parser     *p,
             const char *message)
{
  TlLuaChunk *chunk = p->chunk;
  guint       line, column;

  if (chunk->error != NULL)
    return;
  chunk->error = g_utf8_make_valid (message, -1);
  chunk->error_start = p->token.start;
  chunk->error_end = p->token.end;
  tl_text_position (p->lexer.text, p->lexer.length, p->token.start, &line, &column);
  chunk->error_line = line + 1;
  chunk->error_column = column + 1;
  /* From here on every loop sees the end. */
  p->token.type = TL_LUA_END;
  p->has_ahead = FALSE;
  p->lexer.offset = p->lexer.length;
}

void
tl_lua_fail_near (Parser     *p,
                  const char *message)
{
  g_autofree char *token = tl_lua_token_describe (p->lexer.text, &p->token);
  g_autofree char *whole = g_strdup_printf ("%s near %s", message, token);

  tl_lua_fail (p, whole);
}

void
tl_lua_next (Parser *p)
{
  p->last_end = p->token.end;
  p->last_line = p->token.end_line;
  if (p->has_ahead) {
    p->token = p->ahead;
    p->has_ahead = FALSE;
  } else
    tl_lua_lexer_next (&p->lexer, &p->token);
  if (p->token.type == TL_LUA_ERROR)
    tl_lua_fail_near (p, p->lexer.message);
}

int
tl_lua_look_ahead (Parser *p)
{
  if (!p->has_ahead)
    tl_lua_lexer_next (&p->lexer, &p->ahead);
  p->has_ahead = TRUE;
  return p->ahead.type;
}

gboolean
tl_lua_accept (Parser *p,
               int     type)
{
  if (p->token.type != type)
    return FALSE;
  tl_lua_next (p);
  return TRUE;
}

gboolean
tl_lua_expect (Parser     *p,
               int         type,
               const char *what)
{
  g_autofree char *message = NULL;

  if (p->chunk->error == NULL && tl_lua_accept (p, type))
    return TRUE;
  message = g_strdup_printf ("%s expected", what);
  tl_lua_fail_near (p, message);
  return FALSE;
}

gboolean
tl_lua_enter (Parser *p)
{
  if (p->chunk->error != NULL)
    return FALSE;
  if (++p->depth <= TL_LUA_MAX_DEPTH)
    return TRUE;
  tl_lua_fail_near (p, "more than 200 levels of nesting");
  return FALSE;
}

static gboolean
is_char (Parser *p,
         char    c)
{
  return p->token.type == TL_LUA_CHAR + c;
}

static void
expect_end (Parser     *p,
            int         type,
            const char *what,
            const char *opened,
            guint       line)
{
  g_autofree char *message = NULL;

  if (tl_lua_accept (p, type))
    return;
  if (p->token.line == line)
    message = g_strdup_printf ("'%s' expected", what);
  else
    message = g_strdup_printf ("'%s' expected (to close '%s' at line %u)", what, opened, line);
  tl_lua_fail_near (p, message);
}

static void
block (Parser  *p,
       gboolean is_loop)
{
  Block scope;

  tl_lua_open_block (p, &scope, is_loop);
  statement_list (p);
  tl_lua_close_block (p);
}

void
tl_lua_body (Parser  *p,
             gboolean is_method,
             guint    line)
{
  Function   function;
  Block      scope;
  TlLuaToken self = { 0 };

  tl_lua_open_function (p, &function, &scope, FALSE);
  if (is_method) {
    /* "self" stands nowhere in the text: its name comes from a lexer of its own. */
    const char *text = p->lexer.text;

    p->lexer.text = "self";
    self.end = 4;
    tl_lua_declare (p, tl_lua_intern (p, &self), FALSE);
    p->lexer.text = text;
  }
  tl_lua_expect (p, TL_LUA_CHAR + '(', "'('");
  while (!p->chunk->error && !is_char (p, ')')) {
    if (tl_lua_accept (p, TL_LUA_DOTS)) {
      function.is_vararg = TRUE;
      break;
    }
    if (p->token.type == TL_LUA_NAME) {
      guint name = tl_lua_intern (p, &p->token);

      tl_lua_next (p);
      tl_lua_declare (p, name, FALSE);
    } else
      tl_lua_fail_near (p, "name expected");
    if (!is_char (p, ',') || p->chunk->error)
      break;
    tl_lua_next (p);
    if (is_char (p, ')'))
      tl_lua_fail_near (p, "name expected");
  }
  tl_lua_expect (p, TL_LUA_CHAR + ')', "')'");
  statement_list (p);
  expect_end (p, TL_LUA_END_WORD, "end", "function", line);
  tl_lua_close_function (p);
}

static gboolean
at_top (Parser *p)
{
  return p->function->outer == NULL && p->block->outer == NULL;
}

static void
record_assignment (Parser           *p,
                   const TlLuaToken *name,
                   gboolean          is_local,
                   gsize             start,
                   gsize             end)
{
  TlLuaAssignment assignment = { .is_local = is_local, .start = start, .end = end, .line = name->line };
  guint           id;

  if (!at_top (p) || p->chunk->error || p->chunk->assignments->len >= MAX_RECORDS)
    return;
  id = tl_lua_intern (p, name);
  assignment.name = g_ptr_array_index (p->chunk->names, id);
  assignment.value = tl_lua_expr_parse (p->lexer.text + start, end - start, NULL);
  if (assignment.value != NULL && !tl_lua_expr_is_literal (assignment.value))
    g_clear_pointer (&assignment.value, tl_lua_expr_unref);
  if (assignment.value != NULL) {
    assignment.value->start += start;
    assignment.value->end += start;
  }
  for (gsize i = name->end; i < start; i++)
    assignment.line += p->lexer.text[i] == '\n';
  g_array_append_val (p->chunk->assignments, assignment);
}

static void
local_statement (Parser *p)
{
  TlLuaToken names[MAX_LEFT_SIDES];
  gsize      starts[MAX_LEFT_SIDES], ends[MAX_LEFT_SIDES];
  guint      ids[200];
  gboolean   is_const[200];
  guint      n = 0, n_values = 0;
  gboolean   has_close = FALSE;

  do {
    if (n >= 200)
      return tl_lua_fail_near (p, "too many local variables (limit is 200) in one function");
    if (p->token.type != TL_LUA_NAME)
      return tl_lua_fail_near (p, "name expected");
    if (n < MAX_LEFT_SIDES)
      names[n] = p->token;
    ids[n] = tl_lua_intern (p, &p->token);
    is_const[n] = FALSE;
    tl_lua_next (p);
    if (tl_lua_accept (p, TL_LUA_CHAR + '<')) {
      const char *attribute = p->lexer.text + p->token.start;
      gsize       length = p->token.end - p->token.start;
      gboolean    is_close = length == 5 && memcmp (attribute, "close", 5) == 0;

      if (p->token.type != TL_LUA_NAME)
        return tl_lua_fail_near (p, "name expected");
      if (!is_close && !(length == 5 && memcmp (attribute, "const", 5) == 0))
        return tl_lua_fail_near (p, "unknown attribute");
      if (is_close && has_close)
        return tl_lua_fail_near (p, "multiple to-be-closed variables in local list");
      has_close |= is_close;
      is_const[n] = TRUE;
      tl_lua_next (p);
      tl_lua_expect (p, TL_LUA_CHAR + '>', "'>'");
    }
    n++;
  } while (!p->chunk->error && tl_lua_accept (p, TL_LUA_CHAR + ','));
  if (!p->chunk->error && tl_lua_accept (p, TL_LUA_CHAR + '='))
    n_values = tl_lua_expr_list (p, starts, ends, MAX_LEFT_SIDES);
  for (guint i = 0; i < n && !p->chunk->error; i++) {
    if (i < n_values && i < MAX_LEFT_SIDES)
      record_assignment (p, &names[i], TRUE, starts[i], ends[i]);
    tl_lua_declare (p, ids[i], is_const[i]);
  }
}

static TlLuaStatementKind
expression_statement (Parser *p)
{
  TlLuaToken         names[MAX_LEFT_SIDES];
  gsize              starts[MAX_LEFT_SIDES], ends[MAX_LEFT_SIDES];
  g_autoptr (GArray) plain = g_array_new (FALSE, FALSE, sizeof (TlLuaToken));
  guint              n = 0, n_values;
  TlLuaToken         name;
  Suffix             suffix = tl_lua_suffixed (p, &name);

  if (p->chunk->error)
    return TL_LUA_STATEMENT_OTHER;
  if (!is_char (p, '=') && !is_char (p, ',')) {
    if (suffix != SUFFIX_CALL)
      tl_lua_fail_near (p, "syntax error");
    return TL_LUA_STATEMENT_CALL;
  }
  for (;; suffix = tl_lua_suffixed (p, &name)) {
    if (!p->chunk->error && suffix != SUFFIX_NAME && suffix != SUFFIX_INDEX)
      tl_lua_fail_near (p, "syntax error");
    if (p->chunk->error)
      return TL_LUA_STATEMENT_ASSIGN;
    if (n > TL_LUA_MAX_DEPTH - 20) {
      tl_lua_fail_near (p, "too many names on the left of one assignment");
      return TL_LUA_STATEMENT_ASSIGN;
    }
    if (suffix == SUFFIX_NAME)
      g_array_append_val (plain, name);
    if (n < MAX_LEFT_SIDES) {
      names[n] = name;
      names[n].type = suffix == SUFFIX_NAME ? TL_LUA_NAME : TL_LUA_ERROR;
    }
    n++;
    if (!tl_lua_accept (p, TL_LUA_CHAR + ','))
      break;
  }
  if (!tl_lua_expect (p, TL_LUA_CHAR + '=', "'='"))
    return TL_LUA_STATEMENT_ASSIGN;
  n_values = tl_lua_expr_list (p, starts, ends, MAX_LEFT_SIDES);
  for (guint i = 0; i < MIN (MIN (n, n_values), MAX_LEFT_SIDES); i++)
    if (names[i].type == TL_LUA_NAME)
      record_assignment (p, &names[i], FALSE, starts[i], ends[i]);
  for (guint i = 0; i < plain->len && !p->chunk->error; i++)
    tl_lua_write_name (p, &g_array_index (plain, TlLuaToken, i));
  return TL_LUA_STATEMENT_ASSIGN;
}

static void
function_statement (Parser *p,
                    guint   line)
{
  TlLuaToken name = p->token;
  gboolean   is_method = FALSE, is_plain = TRUE;

  if (!tl_lua_expect (p, TL_LUA_NAME, "name"))
    return;
  while (!is_method && (is_char (p, '.') || is_char (p, ':'))) {
    is_method = is_char (p, ':');
    is_plain = FALSE;
    tl_lua_next (p);
    if (!tl_lua_expect (p, TL_LUA_NAME, "name"))
      return;
  }
  if (!is_plain)
    tl_lua_read_name (p, &name);
  tl_lua_body (p, is_method, line);
  if (is_plain && !p->chunk->error)
    tl_lua_write_name (p, &name);
}

static void
if_statement (Parser *p,
              guint   line)
{
  tl_lua_expr (p);
  tl_lua_expect (p, TL_LUA_THEN, "'then'");
  block (p, FALSE);
  while (tl_lua_accept (p, TL_LUA_ELSEIF)) {
    tl_lua_expr (p);
    tl_lua_expect (p, TL_LUA_THEN, "'then'");
    block (p, FALSE);
  }
  if (tl_lua_accept (p, TL_LUA_ELSE))
    block (p, FALSE);
  expect_end (p, TL_LUA_END_WORD, "end", "if", line);
}

static void
for_statement (Parser *p,
               guint   line)
{
  guint ids[200];
  guint n = 0;
  Block loop, scope;
  guint n_values;

  tl_lua_open_block (p, &loop, TRUE);
  do {
    if (p->token.type != TL_LUA_NAME || n >= 196) {
      tl_lua_fail_near (p, n >= 196 ? "too many local variables (limit is 200) in one function" : "name expected");
      break;
    }
    ids[n++] = tl_lua_intern (p, &p->token);
    tl_lua_next (p);
  } while (tl_lua_accept (p, TL_LUA_CHAR + ','));
  if (n == 1 && tl_lua_accept (p, TL_LUA_CHAR + '=')) {
    n_values = tl_lua_expr_list (p, NULL, NULL, 0);
    if (!p->chunk->error && n_values != 2 && n_values != 3)
      tl_lua_fail_near (p, n_values < 2 ? "',' expected" : "'do' expected");
  } else if (tl_lua_expect (p, TL_LUA_IN, n == 1 ? "'=' or 'in'" : "'in'"))
    tl_lua_expr_list (p, NULL, NULL, 0);
  tl_lua_expect (p, TL_LUA_DO, "'do'");
  tl_lua_open_block (p, &scope, FALSE);
  for (guint i = 0; i < n && !p->chunk->error; i++)
    tl_lua_declare (p, ids[i], FALSE);
  statement_list (p);
  tl_lua_close_block (p);
  expect_end (p, TL_LUA_END_WORD, "end", "for", line);
  tl_lua_close_block (p);
}

static void
repeat_statement (Parser *p,
                  guint   line)
{
  Block loop, scope;

  /* The condition sees the locals of the body. */
  tl_lua_open_block (p, &loop, TRUE);
  tl_lua_open_block (p, &scope, FALSE);
  statement_list (p);
  expect_end (p, TL_LUA_UNTIL, "until", "repeat", line);
  tl_lua_expr (p);
  tl_lua_close_block (p);
  tl_lua_close_block (p);
}

static void
break_statement (Parser *p)
{
  for (Block *b = p->block; b != NULL && !b->is_function; b = b->outer)
    if (b->is_loop)
      return;
  tl_lua_fail_near (p, "break outside a loop");
}

static gboolean
ends_block (Parser *p)
{
  int type = p->token.type;

  return type == TL_LUA_END || type == TL_LUA_END_WORD || type == TL_LUA_ELSE || type == TL_LUA_ELSEIF ||
         type == TL_LUA_UNTIL || type == TL_LUA_ERROR;
}

static void
label_statement (Parser *p)
{
  TlLuaToken name = p->token;

  if (!tl_lua_expect (p, TL_LUA_NAME, "name") || !tl_lua_expect (p, TL_LUA_LABEL, "'::'"))
    return;
  /* Empty statements and labels may stand between this one and the end of the block. */
  while (is_char (p, ';'))
    tl_lua_next (p);
  if (p->token.type == TL_LUA_LABEL) {
    gboolean   is_last = FALSE;
    TlLuaLexer lexer = p->lexer;
    TlLuaToken token;
    int        state = 1;

    if (p->has_ahead)
      lexer.offset = p->ahead.start;
    /* `name :: ; :: name ::` … up to what is no label any more. */
    for (;;) {
      int type = tl_lua_lexer_next (&lexer, &token);

      if (state == 1 && type == TL_LUA_NAME)
        state = 2;
      else if (state == 2 && type == TL_LUA_LABEL)
        state = 3;
      else if (state == 3 && type == TL_LUA_CHAR + ';')
        continue;
      else if (state == 3 && type == TL_LUA_LABEL)
        state = 1;
      else {
        is_last = state == 3 && (type == TL_LUA_END || type == TL_LUA_END_WORD || type == TL_LUA_ELSE ||
                                 type == TL_LUA_ELSEIF || type == TL_LUA_UNTIL);
        is_last = is_last && type != TL_LUA_UNTIL;
        break;
      }
    }
    tl_lua_label (p, &name, is_last);
  } else
    tl_lua_label (p, &name, ends_block (p) && p->token.type != TL_LUA_UNTIL);
}

static TlLuaStatementKind
statement (Parser *p)
{
  guint line = p->token.line;

  switch (p->token.type) {
  case TL_LUA_IF:
    tl_lua_next (p);
    if_statement (p, line);
    return TL_LUA_STATEMENT_BLOCK;
  case TL_LUA_WHILE:
    tl_lua_next (p);
    tl_lua_expr (p);
    tl_lua_expect (p, TL_LUA_DO, "'do'");
    block (p, TRUE);
    expect_end (p, TL_LUA_END_WORD, "end", "while", line);
    return TL_LUA_STATEMENT_BLOCK;
  case TL_LUA_DO:
    tl_lua_next (p);
    block (p, FALSE);
    expect_end (p, TL_LUA_END_WORD, "end", "do", line);
    return TL_LUA_STATEMENT_BLOCK;
  case TL_LUA_FOR:
    tl_lua_next (p);
    for_statement (p, line);
    return TL_LUA_STATEMENT_BLOCK;
  case TL_LUA_REPEAT:
    tl_lua_next (p);
    repeat_statement (p, line);
    return TL_LUA_STATEMENT_BLOCK;
  case TL_LUA_FUNCTION:
    tl_lua_next (p);
    function_statement (p, line);
    return TL_LUA_STATEMENT_FUNCTION;
  case TL_LUA_LOCAL:
    tl_lua_next (p);
    if (tl_lua_accept (p, TL_LUA_FUNCTION)) {
      guint name = p->token.type == TL_LUA_NAME ? tl_lua_intern (p, &p->token) : 0;

      if (tl_lua_expect (p, TL_LUA_NAME, "name")) {
        tl_lua_declare (p, name, FALSE);
        tl_lua_body (p, FALSE, line);
      }
      return TL_LUA_STATEMENT_LOCAL_FUNCTION;
    }
    local_statement (p);
    return TL_LUA_STATEMENT_LOCAL;
  case TL_LUA_LABEL:
    tl_lua_next (p);
    label_statement (p);
    return TL_LUA_STATEMENT_OTHER;
  case TL_LUA_RETURN:
    tl_lua_next (p);
    if (!ends_block (p) && !is_char (p, ';'))
      tl_lua_expr_list (p, NULL, NULL, 0);
    tl_lua_accept (p, TL_LUA_CHAR + ';');
    return TL_LUA_STATEMENT_RETURN;
  case TL_LUA_BREAK:
    break_statement (p);
    tl_lua_next (p);
    return TL_LUA_STATEMENT_OTHER;
  case TL_LUA_GOTO:
    tl_lua_next (p);
    if (p->token.type == TL_LUA_NAME)
      tl_lua_goto (p, &p->token);
    tl_lua_expect (p, TL_LUA_NAME, "name");
    return TL_LUA_STATEMENT_OTHER;
  default:
    return expression_statement (p);
  }
}

/* The name an outline shows: the dotted name the statement starts with, behind `local` and `function`. */
static char *
outline_name (Parser *p,
              gsize   start,
              gsize   end)
{
  TlLuaLexer lexer;
  TlLuaToken token;
  gsize      from, to;

  tl_lua_lexer_init (&lexer, p->lexer.text, end);
  lexer.offset = start;
  do
    tl_lua_lexer_next (&lexer, &token);
  while (token.type == TL_LUA_LOCAL || token.type == TL_LUA_FUNCTION);
  if (token.type != TL_LUA_NAME)
    return NULL;
  from = token.start;
  do
    to = token.end;
  while (((tl_lua_lexer_next (&lexer, &token) == TL_LUA_CHAR + '.' || token.type == TL_LUA_CHAR + ':') &&
          tl_lua_lexer_next (&lexer, &token) == TL_LUA_NAME));
  return g_strndup (p->lexer.text + from, MIN (to - from, 200));
}

static void
statement_list (Parser *p)
{
  while (!p->chunk->error && !ends_block (p)) {
    TlLuaStatement record = { .start = p->token.start, .line = p->token.line };
    gboolean       top = at_top (p);

    if (is_char (p, ';')) {
      tl_lua_next (p);
      continue;
    }
    if (!tl_lua_enter (p))
      return;
    record.kind = statement (p);
    p->depth--;
    if (top && !p->chunk->error && p->chunk->statements->len < MAX_RECORDS) {
      record.end = p->last_end;
      record.end_line = p->last_line;
      if (record.kind != TL_LUA_STATEMENT_OTHER && record.kind != TL_LUA_STATEMENT_RETURN)
        record.name = outline_name (p, record.start, record.end);
      g_array_append_val (p->chunk->statements, record);
    }
    if (record.kind == TL_LUA_STATEMENT_RETURN)
      return;
  }
}

static void
clear_statement (gpointer data)
{
  g_free (((TlLuaStatement *)data)->name);
}

static void
clear_assignment (gpointer data)
{
  g_clear_pointer (&((TlLuaAssignment *)data)->value, tl_lua_expr_unref);
}

static TlLuaChunk *
chunk_new (void)
{
  TlLuaChunk *self = g_new0 (TlLuaChunk, 1);

  self->ref_count = 1;
  self->statements = g_array_new (FALSE, FALSE, sizeof (TlLuaStatement));
  g_array_set_clear_func (self->statements, clear_statement);
  self->assignments = g_array_new (FALSE, FALSE, sizeof (TlLuaAssignment));
  g_array_set_clear_func (self->assignments, clear_assignment);
  self->defined = g_array_new (FALSE, FALSE, sizeof (TlLuaUse));
  self->used = g_array_new (FALSE, FALSE, sizeof (TlLuaUse));
  self->locals = g_array_new (FALSE, FALSE, sizeof (TlLuaLocal));
  self->strings = g_string_chunk_new (1024);
  self->names = g_ptr_array_new ();
  return self;
}

TlLuaChunk *
tl_lua_chunk_parse (const char *text,
                    gssize      length)
{
  Parser   parser = { 0 };
  Parser  *p = &parser;
  Function function;
  Block    scope;

  g_return_val_if_fail (text != NULL, NULL);

  p->chunk = chunk_new ();
  p->ids = g_hash_table_new (g_str_hash, g_str_equal);
  p->states = g_array_new (FALSE, FALSE, sizeof (NameState));
  p->active = g_array_new (FALSE, FALSE, sizeof (ActiveLocal));
  p->labels = g_array_new (FALSE, FALSE, sizeof (Label));
  p->gotos = g_array_new (FALSE, FALSE, sizeof (Label));
  tl_lua_lexer_init (&p->lexer, text, length < 0 ? strlen (text) : (gsize)length);
  tl_lua_open_function (p, &function, &scope, TRUE);
  if (p->lexer.length > MAX_BYTES)
    tl_lua_fail (p, "the text is larger than 8 MiB");
  else {
    tl_lua_next (p);
    statement_list (p);
    if (!p->chunk->error && p->token.type != TL_LUA_END)
      tl_lua_fail_near (p, "'<eof>' expected");
  }
  p->last_end = p->lexer.length;
  tl_lua_close_function (p);
  g_hash_table_unref (p->ids);
  g_array_unref (p->states);
  g_array_unref (p->active);
  g_array_unref (p->labels);
  g_array_unref (p->gotos);
  return p->chunk;
}
