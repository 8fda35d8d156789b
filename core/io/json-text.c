/* SPDX-License-Identifier: Apache-2.0 */
#include "core/io/json-text-private.h"

#include "core/base/error.h"

#include <string.h>

static void
skip_blanks (TlJsonText *self)
{
  while (self->at < self->end && strchr (" \t\r\n", *self->at) != NULL && *self->at != '\0')
    self->at++;
}

/* Always FALSE, so that callers can return it. */
gboolean
tl_json_text_fail (TlJsonText *self,
                   const char *what,
                   GError    **error)
{
  g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: header, byte %" G_GSIZE_FORMAT ": %s",
               self->source, (gsize)(self->at - self->start), what);
  return FALSE;
}

/* Takes @byte if it comes next. */
gboolean
tl_json_text_accept (TlJsonText *self,
                     char        byte)
{
  skip_blanks (self);
  if (self->at == self->end || *self->at != byte)
    return FALSE;
  self->at++;
  return TRUE;
}

/* Takes @byte, which must come next. */
gboolean
tl_json_text_expect (TlJsonText *self,
                     char        byte,
                     GError    **error)
{
  char what[] = "'?' expected";

  if (tl_json_text_accept (self, byte))
    return TRUE;
  what[1] = byte;
  return tl_json_text_fail (self, what, error);
}

gboolean
tl_json_text_expect_end (TlJsonText *self,
                         GError    **error)
{
  skip_blanks (self);
  return self->at == self->end || tl_json_text_fail (self, "something follows the closing brace", error);
}

static gboolean
read_four_digits (TlJsonText *self,
                  gunichar   *value)
{
  *value = 0;
  if (self->end - self->at < 4)
    return FALSE;
  for (int i = 0; i < 4; i++) {
    int digit = g_ascii_xdigit_value (self->at[i]);

    if (digit < 0)
      return FALSE;
    *value = *value * 16 + digit;
  }
  self->at += 4;
  return TRUE;
}

/* What follows \u: one unit of UTF-16, or two that make a pair. */
static gboolean
read_escaped_character (TlJsonText *self,
                        GString    *text,
                        GError    **error)
{
  gunichar value;
  gunichar low;

  if (!read_four_digits (self, &value))
    return tl_json_text_fail (self, "four hexadecimal digits expected", error);
  if (value >= 0xd800 && value < 0xdc00) {
    if (self->end - self->at < 2 || self->at[0] != '\\' || self->at[1] != 'u')
      return tl_json_text_fail (self, "half of a surrogate pair", error);
    self->at += 2;
    if (!read_four_digits (self, &low) || low < 0xdc00 || low > 0xdfff)
      return tl_json_text_fail (self, "half of a surrogate pair", error);
    value = 0x10000 + ((value - 0xd800) << 10) + (low - 0xdc00);
  } else if (value >= 0xdc00 && value <= 0xdfff) {
    return tl_json_text_fail (self, "half of a surrogate pair", error);
  }
  if (value == 0)
    return tl_json_text_fail (self, "a NUL in a string", error);
  g_string_append_unichar (text, value);
  return TRUE;
}

static gboolean
read_escape (TlJsonText *self,
             GString    *text,
             GError    **error)
{
  static const char written[] = "\"\\/bfnrt";
  static const char meant[] = "\"\\/\b\f\n\r\t";
  const char       *found;

  if (self->at == self->end)
    return tl_json_text_fail (self, "a string is never closed", error);
  if (*self->at == 'u') {
    self->at++;
    return read_escaped_character (self, text, error);
  }
  found = *self->at != '\0' ? strchr (written, *self->at) : NULL;
  if (found == NULL)
    return tl_json_text_fail (self, "unknown escape", error);
  g_string_append_c (text, meant[found - written]);
  self->at++;
  return TRUE;
}

/* A string, decoded: (transfer full), or NULL with @error set. */
char *
tl_json_text_read_string (TlJsonText *self,
                          GError    **error)
{
  g_autoptr (GString) text = NULL;

  if (!tl_json_text_expect (self, '"', error))
    return NULL;
  text = g_string_new (NULL);
  for (;;) {
    const char *start = self->at;

    while (self->at < self->end && *self->at != '"' && *self->at != '\\' && (guchar)*self->at >= 0x20)
      self->at++;
    if (self->at == self->end) {
      tl_json_text_fail (self, "a string is never closed", error);
      return NULL;
    }
    g_string_append_len (text, start, self->at - start);
    if ((guchar)*self->at < 0x20) {
      tl_json_text_fail (self, "a control character in a string", error);
      return NULL;
    }
    if (*self->at++ == '"')
      break;
    if (!read_escape (self, text, error))
      return NULL;
  }
  if (!g_utf8_validate (text->str, text->len, NULL)) {
    tl_json_text_fail (self, "a string is not UTF-8", error);
    return NULL;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A whole number without sign, fraction, exponent or leading zeros. */
gboolean
tl_json_text_read_size (TlJsonText *self,
                        guint64    *value,
                        GError    **error)
{
  const char *start;

  skip_blanks (self);
  start = self->at;
  *value = 0;
  for (; self->at < self->end && g_ascii_isdigit (*self->at); self->at++) {
    if (__builtin_mul_overflow (*value, 10, value) || __builtin_add_overflow (*value, *self->at - '0', value))
      return tl_json_text_fail (self, "a number is too large", error);
  }
  if (self->at == start)
    return tl_json_text_fail (self, "a whole number expected", error);
  if (*start == '0' && self->at > start + 1)
    return tl_json_text_fail (self, "a number begins with 0", error);
  return TRUE;
}

/* Appends @value, valid UTF-8, in quotes. */
void
tl_json_text_append_string (GString    *text,
                            const char *value)
{
  g_string_append_c (text, '"');
  for (; *value != '\0'; value++) {
    if (*value == '"' || *value == '\\')
      g_string_append_printf (text, "\\%c", *value);
    else if ((guchar)*value < 0x20)
      g_string_append_printf (text, "\\u%04x", (guchar)*value);
    else
      g_string_append_c (text, *value);
  }
  g_string_append_c (text, '"');
}
