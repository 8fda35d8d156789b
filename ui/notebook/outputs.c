/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/outputs.h"

#include <json-glib/json-glib.h>
#include <string.h>

// clang-format off
static const char *const status_names[] = { "new", "queued", "running", "ok", "error", "interrupted" };
// clang-format on

static void
piece_free (gpointer data)
{
  TlOutputPiece *piece = data;

  g_free (piece->stream);
  g_string_free (piece->text, TRUE);
  g_free (piece);
}

static void
error_free (gpointer data)
{
  TlOutputError *error = data;

  g_free (error->node);
  g_free (error->message);
  g_free (error);
}

TlOutputs *
tl_outputs_new (const char *id)
{
  TlOutputs *self = g_new0 (TlOutputs, 1);

  self->id = g_strdup (id);
  self->seconds = -1;
  self->pieces = g_ptr_array_new_with_free_func (piece_free);
  self->errors = g_ptr_array_new_with_free_func (error_free);
  return self;
}

void
tl_outputs_free (TlOutputs *self)
{
  if (self == NULL)
    return;
  g_free (self->id);
  g_ptr_array_unref (self->pieces);
  g_ptr_array_unref (self->errors);
  g_free (self);
}

void
tl_outputs_clear (TlOutputs *self)
{
  g_ptr_array_set_size (self->pieces, 0);
  g_ptr_array_set_size (self->errors, 0);
  self->n_bytes = 0;
}

void
tl_outputs_add_text (TlOutputs  *self,
                     const char *stream,
                     const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  TlOutputPiece   *last = self->pieces->len > 0 ? self->pieces->pdata[self->pieces->len - 1] : NULL;

  if (self->n_bytes >= TL_OUTPUT_MAX_BYTES)
    return;
  if (last == NULL || !g_str_equal (last->stream, stream)) {
    last = g_new0 (TlOutputPiece, 1);
    last->stream = g_strdup (stream);
    last->text = g_string_new (NULL);
    g_ptr_array_add (self->pieces, last);
  }
  g_string_append (last->text, valid);
  self->n_bytes += strlen (valid);
}

void
tl_outputs_add_error (TlOutputs  *self,
                      guint       line,
                      const char *node,
                      const char *message)
{
  TlOutputError *error = g_new0 (TlOutputError, 1);

  error->line = line;
  error->node = g_strdup (node);
  error->message = g_utf8_make_valid (message, -1);
  g_ptr_array_add (self->errors, error);
}

static void
add_string (JsonBuilder *builder,
            const char  *name,
            const char  *value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

char *
tl_outputs_to_json (const TlOutputs *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode)    root = NULL;

  json_builder_begin_object (builder);
  add_string (builder, "status", status_names[self->status]);
  json_builder_set_member_name (builder, "seconds");
  json_builder_add_double_value (builder, self->seconds);
  json_builder_set_member_name (builder, "text_hash");
  json_builder_add_int_value (builder, self->text_hash);
  json_builder_set_member_name (builder, "output");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->pieces->len; i++) {
    const TlOutputPiece *piece = self->pieces->pdata[i];

    json_builder_begin_object (builder);
    add_string (builder, "stream", piece->stream);
    add_string (builder, "text", piece->text->str);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "errors");
  json_builder_begin_array (builder);
  for (guint i = 0; i < self->errors->len; i++) {
    const TlOutputError *error = self->errors->pdata[i];

    json_builder_begin_object (builder);
    json_builder_set_member_name (builder, "line");
    json_builder_add_int_value (builder, error->line);
    if (error->node != NULL)
      add_string (builder, "node", error->node);
    add_string (builder, "message", error->message);
    json_builder_end_object (builder);
  }
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

static JsonArray *
get_array (JsonObject *object,
           const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

static JsonObject *
get_element (JsonArray *array,
             guint      index)
{
  JsonNode *node = json_array_get_element (array, index);

  return JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

/* A member that is a string, or %NULL; json-glib complains about members of other types. */
static const char *
get_string (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static double
get_number (JsonObject *object,
            const char *name,
            double      otherwise)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) == G_TYPE_STRING)
    return otherwise;
  return json_node_get_double (node);
}

TlOutputs *
tl_outputs_new_from_json (const char *id,
                          const char *json)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  TlOutputs             *self;
  JsonObject            *root;
  JsonArray             *array;
  const char            *status;

  if (!json_parser_load_from_data (parser, json, -1, NULL) || json_parser_get_root (parser) == NULL || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return NULL;
  root = json_node_get_object (json_parser_get_root (parser));
  self = tl_outputs_new (id);
  status = get_string (root, "status");
  for (guint i = 0; i < G_N_ELEMENTS (status_names); i++)
    if (g_strcmp0 (status, status_names[i]) == 0)
      self->status = i;
  self->seconds = get_number (root, "seconds", -1);
  self->text_hash = (guint)(gint64)get_number (root, "text_hash", 0);
  array = get_array (root, "output");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonObject *piece = get_element (array, i);

    if (piece != NULL && get_string (piece, "text") != NULL)
      tl_outputs_add_text (self, get_string (piece, "stream") != NULL ? get_string (piece, "stream") : "print",
                           get_string (piece, "text"));
  }
  array = get_array (root, "errors");
  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++) {
    JsonObject *error = get_element (array, i);

    if (error != NULL && get_string (error, "message") != NULL)
      tl_outputs_add_error (self, (guint)CLAMP (get_number (error, "line", 0), 0, 1e9), get_string (error, "node"),
                            get_string (error, "message"));
  }
  return self;
}
