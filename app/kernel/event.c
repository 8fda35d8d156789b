/* SPDX-License-Identifier: Apache-2.0 */
#include "app/kernel/event.h"

#include <math.h>

static void
append_quoted (GString    *json,
               const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  for (const char *at = valid; *at != '\0'; at++) {
    switch (*at) {
    case '"':
      g_string_append (json, "\\\"");
      break;
    case '\\':
      g_string_append (json, "\\\\");
      break;
    case '\n':
      g_string_append (json, "\\n");
      break;
    case '\t':
      g_string_append (json, "\\t");
      break;
    default:
      if ((guchar)*at < 0x20)
        g_string_append_printf (json, "\\u%04x", (guint)*at);
      else
        g_string_append_c (json, *at);
    }
  }
  g_string_append_c (json, '"');
}

static void
append_number (GString *json,
               double   value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (json, isfinite (value) ? g_ascii_formatd (buffer, sizeof buffer, "%.9g", value) : "null");
}

static void
append_name (TlEvent    *self,
             const char *name)
{
  g_string_append (self->json, self->json->len > 1 ? ", " : "");
  append_quoted (self->json, name);
  g_string_append (self->json, ": ");
}

/**
 * tl_event_begin:
 * @self: (out): the event
 * @type: its type, static
 * @cell: (nullable): id of the cell it is about
 *
 * Starts an event with its members `type` and `cell`.
 */
void
tl_event_begin (TlEvent    *self,
                const char *type,
                const char *cell)
{
  self->type = type;
  self->cell = g_strdup (cell != NULL ? cell : "");
  self->json = g_string_new ("{");
  tl_event_add_string (self, "type", type);
  if (cell != NULL)
    tl_event_add_string (self, "cell", cell);
}

/**
 * tl_event_add_string:
 * @self: an event
 * @name: name of a member
 * @value: (nullable): its value; nothing is added for %NULL
 */
void
tl_event_add_string (TlEvent    *self,
                     const char *name,
                     const char *value)
{
  if (value == NULL)
    return;
  append_name (self, name);
  append_quoted (self->json, value);
}

/**
 * tl_event_add_number:
 * @self: an event
 * @name: name of a member
 * @value: its value
 */
void
tl_event_add_number (TlEvent    *self,
                     const char *name,
                     double      value)
{
  append_name (self, name);
  append_number (self->json, value);
}

/**
 * tl_event_add_int:
 * @self: an event
 * @name: name of a member
 * @value: its value
 */
void
tl_event_add_int (TlEvent    *self,
                  const char *name,
                  gint64      value)
{
  append_name (self, name);
  g_string_append_printf (self->json, "%" G_GINT64_FORMAT, value);
}

/**
 * tl_event_add_object:
 * @self: an event
 * @name: name of a member
 * @names: (array length=n_values): names of its numbers
 * @values: (array length=n_values): its numbers
 * @n_values: how many
 */
void
tl_event_add_object (TlEvent           *self,
                     const char        *name,
                     const char *const *names,
                     const double      *values,
                     guint              n_values)
{
  append_name (self, name);
  g_string_append_c (self->json, '{');
  for (guint i = 0; i < n_values; i++) {
    g_string_append (self->json, i > 0 ? ", " : "");
    append_quoted (self->json, names[i]);
    g_string_append (self->json, ": ");
    append_number (self->json, values[i]);
  }
  g_string_append_c (self->json, '}');
}

/**
 * tl_event_send:
 * @self: (transfer full): an event
 * @sink: who is told
 */
void
tl_event_send (TlEvent           *self,
               const TlEventSink *sink)
{
  g_string_append_c (self->json, '}');
  if (sink->func != NULL)
    sink->func (self->type, self->cell, self->json->str, sink->user_data);
  g_string_free (self->json, TRUE);
  g_free (self->cell);
}
