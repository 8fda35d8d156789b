/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of attributes as graph cells write them.
 */
#include <math.h>
#include <string.h>

#include "core/graph/attr-private.h"

void
tl_attr_append_number (GString *text,
                       double   number)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  /* The shortest text that reads back as the same number. */
  for (int digits = 6; digits <= 17; digits++) {
    char format[8];

    g_snprintf (format, sizeof format, "%%.%dg", digits);
    g_ascii_formatd (buffer, sizeof buffer, format, number);
    if (g_ascii_strtod (buffer, NULL) == number)
      break;
  }
  g_string_append (text, buffer);
}

void
tl_attr_append_input (GString           *text,
                      const TlAttrInput *input)
{
  switch (input->type) {
  case TL_ATTR_INPUT_NIL:
    g_string_append (text, "nil");
    break;
  case TL_ATTR_INPUT_BOOL:
    g_string_append (text, input->b ? "true" : "false");
    break;
  case TL_ATTR_INPUT_INT:
    g_string_append_printf (text, "%" G_GINT64_FORMAT, input->i);
    break;
  case TL_ATTR_INPUT_NUMBER:
    tl_attr_append_number (text, input->d);
    break;
  case TL_ATTR_INPUT_STRING:
    g_string_append_printf (text, "\"%s\"", input->s);
    break;
  case TL_ATTR_INPUT_DIM:
    tl_dim_append (input->dim, text);
    break;
  case TL_ATTR_INPUT_LIST:
    g_string_append_c (text, '{');
    for (guint i = 0; i < input->n; i++) {
      g_string_append (text, i > 0 ? ", " : "");
      tl_attr_append_input (text, &input->list[i]);
    }
    g_string_append_c (text, '}');
    break;
  }
}

/* Literals: nil, true, 3, 0.5, "text", {3, N}; a bare word is a text, or a symbol in a list. */

static void
parse_item (char        *text,
            gboolean     in_list,
            TlAttrInput *input)
{
  char  *end;
  gint64 integer;
  double number;
  gsize  length;

  g_strstrip (text);
  length = strlen (text);
  integer = g_ascii_strtoll (text, &end, 10);
  if (end != text && *end == '\0') {
    *input = TL_INPUT_INT (integer);
    return;
  }
  number = g_ascii_strtod (text, &end);
  if (end != text && *end == '\0' && !isnan (number)) {
    *input = TL_INPUT_NUMBER (number);
    return;
  }
  if (strcmp (text, "true") == 0 || strcmp (text, "false") == 0) {
    *input = TL_INPUT_BOOL (text[0] == 't');
    return;
  }
  if (strcmp (text, "nil") == 0) {
    *input = TL_INPUT_NIL;
    return;
  }
  if (length >= 2 && (text[0] == '"' || text[0] == '\'') && text[length - 1] == text[0]) {
    text[length - 1] = '\0';
    *input = TL_INPUT_STRING (text + 1);
    return;
  }
  if (in_list && (g_ascii_isalpha (text[0]) || text[0] == '_'))
    *input = TL_INPUT_DIM (tl_dim_symbol (text));
  else
    *input = TL_INPUT_STRING (text);
}

/**
 * tl_attr_set_text:
 * @owner: name of the row, for errors
 * @specs: (nullable): its attributes
 * @values: (array): their values
 * @name: name or alias of one
 * @text: its new value as graph cells write it: `3`, `1e-3`, `true`, `"mean"`, `{3, 3}`, `{N, 28}`; a bare word is a text
 * @error: return location for an error
 *
 * Errors: as tl_attr_set()
 *
 * Returns: whether it was set
 */
gboolean
tl_attr_set_text (const char       *owner,
                  const TlAttrSpec *specs,
                  TlAttrValue      *values,
                  const char       *name,
                  const char       *text,
                  GError          **error)
{
  g_autofree char *copy = g_strstrip (g_strdup (text));
  gsize            length = strlen (copy);
  TlAttrInput      input;
  g_auto (GStrv)   parts = NULL;
  guint            n;

  g_autofree TlAttrInput *items = NULL;

  if (length < 2 || copy[0] != '{' || copy[length - 1] != '}') {
    parse_item (copy, FALSE, &input);
    return tl_attr_set (owner, specs, values, name, &input, error);
  }
  copy[length - 1] = '\0';
  g_strstrip (copy + 1);
  parts = g_strsplit (copy + 1, ",", TL_ATTR_MAX_NUMBERS + 1);
  n = g_strv_length (parts);
  items = g_new (TlAttrInput, n + 1);
  if (n > 0 && *g_strstrip (parts[n - 1]) == '\0')
    n--; /* a comma at the end is allowed */
  for (guint i = 0; i < n; i++)
    parse_item (parts[i], TRUE, &items[i]);
  input = TL_INPUT_LIST (items, n);
  return tl_attr_set (owner, specs, values, name, &input, error);
}

static gboolean
all_equal (const TlAttrSpec  *spec,
           const TlAttrValue *value)
{
  for (gint i = 1; i < value->n; i++)
    if (value->v[i] != value->v[0])
      return FALSE;
  return spec->n != 0 && (guint)value->n == spec->n;
}

static void
append_size (GString *text,
             TlDim    size,
             gboolean is_plain)
{
  if (is_plain)
    g_string_append_printf (text, "%" G_GINT64_FORMAT, size);
  else if (size == TL_DIM_INVALID)
    g_string_append (text, "-1");
  else
    tl_dim_append (size, text);
}

static void
append_list (GString           *text,
             const TlAttrSpec  *spec,
             const TlAttrValue *value)
{
  gboolean is_plain = spec->has_range && spec->min < 0;
  gboolean single = spec->type != TL_ATTR_NUMBERS && all_equal (spec, value);

  if (spec->words != NULL && value->n == 0) {
    g_string_append_printf (text, "\"%s\"", spec->words[1]);
    return;
  }
  g_string_append (text, single ? "" : "{");
  for (gint i = 0; i < (single ? 1 : value->n); i++) {
    g_string_append (text, i > 0 ? ", " : "");
    if (spec->type == TL_ATTR_FLOATS || spec->type == TL_ATTR_NUMBERS)
      tl_attr_append_number (text, spec->type == TL_ATTR_FLOATS ? value->f[i] : value->list[i]);
    else
      append_size (text, value->v[i], is_plain);
  }
  g_string_append (text, single ? "" : "}");
}

/**
 * tl_attr_to_string:
 * @spec: an attribute
 * @value: a value of it
 *
 * Returns: (transfer full): the value as graph cells write it; tl_attr_set_text() reads it back
 */
char *
tl_attr_to_string (const TlAttrSpec  *spec,
                   const TlAttrValue *value)
{
  GString *text = g_string_new (NULL);

  switch (spec->type) {
  case TL_ATTR_INT:
    g_string_append_printf (text, "%" G_GINT64_FORMAT, value->i);
    break;
  case TL_ATTR_FLOAT:
    tl_attr_append_number (text, value->d);
    break;
  case TL_ATTR_BOOL:
    g_string_append (text, value->i != 0 ? "true" : "false");
    break;
  case TL_ATTR_ENUM:
    g_string_append_printf (text, "\"%s\"", spec->names[value->i]);
    break;
  case TL_ATTR_DTYPE:
    g_string_append_printf (text, "\"%s\"", tl_dtype_name ((TlDType)value->i));
    break;
  case TL_ATTR_INTS:
  case TL_ATTR_FLOATS:
  case TL_ATTR_NUMBERS:
    append_list (text, spec, value);
    break;
  case TL_ATTR_STRING:
    if (value->s != NULL)
      g_string_append_printf (text, "\"%s\"", value->s);
    else
      g_string_append (text, "nil");
    break;
  }
  return g_string_free (text, FALSE);
}
