/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/lexer.h"

#include <string.h>

/* KEEP IN STEP: TlLuaTokenType */
static const char *const words[] = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"
};

G_STATIC_ASSERT (G_N_ELEMENTS (words) == TL_LUA_WHILE - TL_LUA_AND + 1);

void
tl_lua_lexer_init (TlLuaLexer *self,
                   const char *text,
                   gsize       length)
{
  *self = (TlLuaLexer){ .text = text, .length = length, .line = 1 };
  for (guint i = 0; i < TL_LUA_LONG_LEVELS; i++)
    self->unclosed_from[i] = G_MAXSIZE;
}

/* The byte @ahead bytes further, or -1 behind the end. */
static inline int
peek (const TlLuaLexer *self,
      gsize             ahead)
{
  return ahead < self->length - self->offset ? (guchar)self->text[self->offset + ahead] : -1;
}

static inline gboolean
is_name_char (int c)
{
  return c != -1 && (g_ascii_isalnum (c) || c == '_');
}

static int
fail (TlLuaLexer *self,
      const char *message)
{
  self->message = message;
  return TL_LUA_ERROR;
}

/* At "[": the number of "=" up to a second "[", or -1 when this opens nothing. */
static int
long_level (const TlLuaLexer *self)
{
  gsize level = 0;

  while (peek (self, level + 1) == '=')
    level++;
  return peek (self, level + 1) == '[' && level < G_MAXINT ? (int)level : -1;
}

/* At the opening bracket of @level: skips to behind the closing one. */
static gboolean
skip_long (TlLuaLexer *self,
           int         level)
{
  guint       slot = MIN (level, TL_LUA_LONG_LEVELS - 1);
  const char *at = self->text + self->offset + level + 2;
  const char *end = self->text + self->length;

  if (self->offset >= self->unclosed_from[slot])
    return FALSE;
  while ((at = memchr (at, ']', end - at)) != NULL) {
    const char *p = at + 1;

    while (p < end && *p == '=' && p - at - 1 < level)
      p++;
    if (p - at - 1 == level && p < end && *p == ']') {
      for (const char *q = self->text + self->offset; q < p; q++)
        self->line += *q == '\n';
      self->offset = p + 1 - self->text;
      return TRUE;
    }
    at = p > at + 1 ? p : at + 1;
  }
  self->unclosed_from[slot] = self->offset;
  return FALSE;
}

static void
skip_comment (TlLuaLexer *self,
              gboolean   *unfinished)
{
  int level;

  *unfinished = FALSE;
  self->offset += 2;
  if (peek (self, 0) == '[' && (level = long_level (self)) >= 0) {
    *unfinished = !skip_long (self, level);
    if (*unfinished)
      self->offset += level + 2;
    return;
  }
  while (peek (self, 0) != -1 && peek (self, 0) != '\n' && peek (self, 0) != '\r')
    self->offset++;
}

/* Length of the escape sequence at the backslash, or 0 with a message. */
static gsize
escape_length (TlLuaLexer *self)
{
  int   c = peek (self, 1);
  gsize n = 1;
  guint value = 0;

  if (c == 'x') {
    if (peek (self, 2) == -1 || !g_ascii_isxdigit (peek (self, 2)) || peek (self, 3) == -1 ||
        !g_ascii_isxdigit (peek (self, 3)))
      return fail (self, "hexadecimal digit expected"), 0;
    return 4;
  }
  if (c == 'u') {
    guint64 code = 0;

    if (peek (self, 2) != '{')
      return fail (self, "missing '{' in \\u{xxxx}"), 0;
    for (n = 3; peek (self, n) != -1 && g_ascii_isxdigit (peek (self, n)); n++)
      if ((code = code * 16 + g_ascii_xdigit_value (peek (self, n))) > 0x7fffffff)
        return fail (self, "UTF-8 value too large"), 0;
    if (n == 3)
      return fail (self, "hexadecimal digit expected"), 0;
    if (peek (self, n) != '}')
      return fail (self, "missing '}' in \\u{xxxx}"), 0;
    return n + 1;
  }
  if (c != -1 && g_ascii_isdigit (c)) {
    for (; n <= 3 && peek (self, n) != -1 && g_ascii_isdigit (peek (self, n)); n++)
      value = value * 10 + (peek (self, n) - '0');
    if (value > 255)
      return fail (self, "decimal escape too large"), 0;
    return n;
  }
  if (c == '\r' || c == '\n')
    return peek (self, 2) != c && (peek (self, 2) == '\r' || peek (self, 2) == '\n') ? 3 : 2;
  if (c == 'z') {
    for (n = 2; peek (self, n) != -1 && strchr (" \t\v\f\r\n", peek (self, n)) && peek (self, n); n++)
      ;
    return n;
  }
  if (c > 0 && strchr ("abfnrtv\\\"'", c))
    return 2;
  if (c == -1)
    return fail (self, "unfinished string"), 0;
  return fail (self, "invalid escape sequence"), 0;
}

static int
read_string (TlLuaLexer *self)
{
  int quote = peek (self, 0);

  self->offset++;
  for (;;) {
    int   c = peek (self, 0);
    gsize n = 1;

    if (c == -1 || c == '\n' || c == '\r')
      return fail (self, "unfinished string");
    if (c == '\\' && (n = escape_length (self)) == 0) {
      self->offset++;
      return TL_LUA_ERROR;
    }
    for (gsize i = 0; i < n; i++)
      self->line += self->text[self->offset + i] == '\n';
    self->offset += n;
    if (c == quote)
      return TL_LUA_STRING;
  }
}

gboolean
tl_lua_parse_number (const char *text,
                     gsize       length,
                     gboolean   *is_integer,
                     gint64     *integer,
                     double     *number)
{
  char             buffer[128];
  g_autofree char *copy = NULL;
  char            *s = buffer, *end;
  gboolean         hex = length > 2 && text[0] == '0' && (text[1] | 32) == 'x';
  guint64          value = 0;
  gsize            i = hex ? 2 : 0;

  *integer = 0;
  for (*is_integer = TRUE; i < length; i++) {
    int digit = hex ? g_ascii_xdigit_value (text[i]) : g_ascii_digit_value (text[i]);

    /* Hexadecimal integers wrap around; decimal ones that are too large are floating. */
    if (digit < 0 || (!hex && value > ((guint64)G_MAXINT64 - digit) / 10)) {
      *is_integer = FALSE;
      break;
    }
    value = value * (hex ? 16 : 10) + digit;
  }
  if (*is_integer && length > 0) {
    *integer = (gint64)value;
    *number = (double)*integer;
    return TRUE;
  }
  if (length >= sizeof buffer)
    s = copy = g_strndup (text, length);
  else {
    memcpy (buffer, text, length);
    buffer[length] = 0;
  }
  *number = g_ascii_strtod (s, &end);
  return length > 0 && *end == 0 && strlen (s) == length && strpbrk (s, "nN") == NULL;
}

static int
read_number (TlLuaLexer *self)
{
  gsize    start = self->offset;
  gboolean hex = peek (self, 0) == '0' && (peek (self, 1) | 32) == 'x' && peek (self, 1) != -1;
  gboolean is_integer;
  gint64   integer;
  double   number;

  self->offset += hex ? 2 : 1;
  for (;;) {
    int c = peek (self, 0);

    if (c == -1)
      break;
    if ((c | 32) == (hex ? 'p' : 'e'))
      self->offset += 1 + (peek (self, 1) == '-' || peek (self, 1) == '+');
    else if (g_ascii_isxdigit (c) || c == '.')
      self->offset++;
    else
      break;
  }
  if (is_name_char (peek (self, 0)))
    self->offset++;
  else if (tl_lua_parse_number (self->text + start, self->offset - start, &is_integer, &integer, &number))
    return is_integer ? TL_LUA_INTEGER : TL_LUA_NUMBER;
  return fail (self, "malformed number");
}

static int
read_name (TlLuaLexer *self)
{
  const char *name = self->text + self->offset;
  gsize       n = 0;

  while (is_name_char (peek (self, n)))
    n++;
  self->offset += n;
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (words[i][0] == name[0] && strlen (words[i]) == n && memcmp (words[i], name, n) == 0)
      return TL_LUA_AND + i;
  return TL_LUA_NAME;
}

static int
read_operator (TlLuaLexer *self)
{
  static const struct {
    char text[3];
    int  type;
  } pairs[] = {
    { "..", TL_LUA_CONCAT },
    { "==", TL_LUA_EQ },
    { ">=", TL_LUA_GE },
    { "<=", TL_LUA_LE },
    { "~=", TL_LUA_NE },
    { "<<", TL_LUA_SHL },
    { ">>", TL_LUA_SHR },
    { "//", TL_LUA_IDIV },
    { "::", TL_LUA_LABEL },
  };
  int c = peek (self, 0), next = peek (self, 1);

  if (c == '.' && next == '.' && peek (self, 2) == '.') {
    self->offset += 3;
    return TL_LUA_DOTS;
  }
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (c == pairs[i].text[0] && next == pairs[i].text[1]) {
      self->offset += 2;
      return pairs[i].type;
    }
  self->offset++;
  return TL_LUA_CHAR + c;
}

static int
read_token (TlLuaLexer *self)
{
  int c = peek (self, 0);
  int level;

  if (c == -1)
    return TL_LUA_END;
  if (c == '"' || c == '\'')
    return read_string (self);
  if (g_ascii_isdigit (c) || (c == '.' && peek (self, 1) != -1 && g_ascii_isdigit (peek (self, 1))))
    return read_number (self);
  if (is_name_char (c))
    return read_name (self);
  if (c == '[' && (level = long_level (self)) >= 0) {
    if (skip_long (self, level))
      return TL_LUA_STRING;
    self->offset += level + 2;
    return fail (self, "unfinished long string");
  }
  if (c == '[' && peek (self, 1) == '=') {
    self->offset += 2;
    return fail (self, "invalid long string delimiter");
  }
  return read_operator (self);
}

int
tl_lua_lexer_next (TlLuaLexer *self,
                   TlLuaToken *token)
{
  for (;;) {
    int      c = peek (self, 0);
    gboolean unfinished;

    if (c == '\n')
      self->line++;
    if (c == ' ' || (c >= '\t' && c <= '\r')) {
      self->offset++;
      continue;
    }
    token->start = self->offset;
    token->line = self->line;
    if (c != '-' || peek (self, 1) != '-') {
      token->type = read_token (self);
      break;
    }
    skip_comment (self, &unfinished);
    token->type = unfinished ? fail (self, "unfinished long comment") : TL_LUA_COMMENT;
    if (unfinished || self->keep_comments)
      break;
  }
  token->end = self->offset;
  token->end_line = self->line;
  return token->type;
}

char *
tl_lua_token_describe (const char       *text,
                       const TlLuaToken *token)
{
  gsize            n = token->end - token->start;
  g_autofree char *valid = NULL;

  if (token->type == TL_LUA_END)
    return g_strdup ("the end");
  valid = g_utf8_make_valid (text + token->start, MIN (n, 40));
  for (char *p = valid; *p; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  return g_strdup_printf ("'%s%s'", valid, n > 40 ? "…" : "");
}

static void
append_utf8 (GString *out,
             guint32  code)
{
  char    buffer[8];
  int     n = 0;
  guint32 first_limit = 0x3f;

  if (code < 0x80) {
    g_string_append_c (out, (char)code);
    return;
  }
  /* Lua goes on to six bytes, which g_unichar_to_utf8() writes too but declares undefined. */
  do {
    buffer[n++] = (char)(0x80 | (code & 0x3f));
    code >>= 6;
    first_limit >>= 1;
  } while (code > first_limit);
  buffer[n++] = (char)((~first_limit << 1) | code);
  while (n > 0)
    g_string_append_c (out, buffer[--n]);
}

static void
append_escape (GString    *out,
               const char *text,
               gsize       n)
{
  static const char from[] = "abfnrtv", to[] = "\a\b\f\n\r\t\v";
  char              c = text[1];

  if (c == 'x')
    g_string_append_c (out, (char)(g_ascii_xdigit_value (text[2]) * 16 + g_ascii_xdigit_value (text[3])));
  else if (c == 'u')
    append_utf8 (out, (guint32)g_ascii_strtoull (text + 3, NULL, 16));
  else if (g_ascii_isdigit (c)) {
    guint value = 0;

    for (gsize i = 1; i < n; i++)
      value = value * 10 + (text[i] - '0');
    g_string_append_c (out, (char)value);
  } else if (c == '\n' || c == '\r')
    g_string_append_c (out, '\n');
  else if (strchr (from, c))
    g_string_append_c (out, to[strchr (from, c) - from]);
  else if (c != 'z')
    g_string_append_c (out, c);
}

char *
tl_lua_unescape (const char *text,
                 gsize       length,
                 gsize      *n_bytes)
{
  GString   *out = g_string_new (NULL);
  TlLuaLexer lexer;

  if (length >= 2 && text[0] != '[') {
    tl_lua_lexer_init (&lexer, text, length);
    lexer.offset = 1;
    while (lexer.offset + 1 < length) {
      gsize n = text[lexer.offset] == '\\' ? escape_length (&lexer) : 1;

      if (n > 1)
        append_escape (out, text + lexer.offset, n);
      else
        g_string_append_c (out, text[lexer.offset]);
      lexer.offset += MAX (n, 1);
    }
  } else if (length >= 4) {
    gsize n = 2;

    while (n < length && text[n - 1] == '=')
      n++;
    if (n + n <= length) {
      const char *body = text + n, *end = text + length - n;

      if (body < end && (*body == '\n' || *body == '\r'))
        body += 1 + (body + 1 < end && body[1] != body[0] && (body[1] == '\n' || body[1] == '\r'));
      g_string_append_len (out, body, end - body);
    }
  }
  if (n_bytes != NULL)
    *n_bytes = out->len;
  return g_string_free (out, FALSE);
}

char *
tl_lua_quote (const char *bytes,
              gsize       n_bytes)
{
  GString *out = g_string_new ("\"");

  for (gsize i = 0; i < n_bytes; i++) {
    guchar c = bytes[i];

    if (c == '"' || c == '\\')
      g_string_append_printf (out, "\\%c", c);
    else if (c == '\n')
      g_string_append (out, "\\n");
    else if (c == '\t')
      g_string_append (out, "\\t");
    else if (c < 32 || c == 127)
      g_string_append_printf (out, "\\%03u", c);
    else
      g_string_append_c (out, (char)c);
  }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}
