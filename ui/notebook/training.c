/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/notebook/training.h"

#include <math.h>
#include <string.h>

#define MAX_CURVES 32
#define MAX_EVENTS_BYTES (256 << 20)

static void
curve_free (gpointer data)
{
  TlCurve *curve = data;

  g_free (curve->name);
  tl_series_free (curve->series);
  g_free (curve);
}

TlTraining *
tl_training_new (void)
{
  TlTraining *self = g_new0 (TlTraining, 1);

  self->curves = g_ptr_array_new_with_free_func (curve_free);
  self->seconds_left = -1;
  return self;
}

void
tl_training_free (TlTraining *self)
{
  if (self == NULL)
    return;
  g_free (self->run);
  g_free (self->cell);
  g_free (self->folder);
  g_free (self->model);
  g_free (self->device);
  g_ptr_array_unref (self->curves);
  g_free (self);
}

const TlCurve *
tl_training_find_curve (const TlTraining *self,
                        const char       *name,
                        gboolean          is_validation)
{
  for (guint i = 0; i < self->curves->len; i++) {
    const TlCurve *curve = self->curves->pdata[i];

    if (curve->is_validation == is_validation && g_str_equal (curve->name, name))
      return curve;
  }
  return NULL;
}

static void
add_point (TlTraining *self,
           const char *name,
           gboolean    is_validation,
           double      x,
           double      y)
{
  TlCurve *curve = (TlCurve *)tl_training_find_curve (self, name, is_validation);

  if (curve == NULL) {
    if (self->curves->len == MAX_CURVES)
      return;
    curve = g_new0 (TlCurve, 1);
    curve->name = g_strdup (name);
    curve->is_validation = is_validation;
    curve->series = tl_series_new ();
    g_ptr_array_insert (self->curves, g_str_equal (name, "loss") && !is_validation ? 0 : -1, curve);
  }
  curve->last = y;
  tl_series_append (curve->series, x, y);
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

static void
set_string (char      **field,
            JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING) {
    g_free (*field);
    *field = g_strdup (json_node_get_string (node));
  }
}

static JsonObject *
get_object (JsonObject *object,
            const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static void
add_members (TlTraining *self,
             JsonObject *values,
             gboolean    is_validation,
             double      x)
{
  JsonObjectIter iter;
  const char    *name;
  JsonNode      *node;

  if (values == NULL)
    return;
  json_object_iter_init_ordered (&iter, values);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING)
      add_point (self, name, is_validation, x, json_node_get_double (node));
}

static void
take_started (TlTraining *self,
              JsonObject *event)
{
  g_ptr_array_set_size (self->curves, 0);
  g_clear_pointer (&self->model, g_free);
  set_string (&self->run, event, "run");
  set_string (&self->cell, event, "cell");
  set_string (&self->folder, event, "folder");
  set_string (&self->device, event, "device");
  self->status = TL_TRAINING_RUNNING;
  self->epochs = (gint64)get_number (event, "epochs", 0);
  self->steps_per_epoch = (gint64)get_number (event, "steps_per_epoch", 0);
  self->batch_size = (gint64)get_number (event, "batch_size", 0);
  self->parameters = (gint64)get_number (event, "parameters", 0);
  self->step = (gint64)get_number (event, "resumed_step", 0);
  self->epoch = 0;
  self->loss = NAN;
  self->lr = NAN;
  self->samples_per_s = 0;
  self->seconds_left = -1;
  self->seconds = 0;
  self->progress = 0;
}

static void
take_step (TlTraining *self,
           JsonObject *event)
{
  self->step = (gint64)get_number (event, "step", (double)self->step);
  self->epoch = (gint64)get_number (event, "epoch", (double)self->epoch);
  self->loss = get_number (event, "loss", NAN);
  self->lr = get_number (event, "lr", self->lr);
  self->samples_per_s = get_number (event, "samples_per_s", self->samples_per_s);
  self->seconds_left = get_number (event, "seconds_left", -1);
  self->progress = CLAMP (get_number (event, "progress", self->progress), 0, 1);
  if (json_object_has_member (event, "loss"))
    add_point (self, "loss", FALSE, (double)self->step, self->loss);
  add_members (self, get_object (event, "metrics"), FALSE, (double)self->step);
}

static void
take_finished (TlTraining *self,
               JsonObject *event)
{
  g_autofree char *status = NULL;

  set_string (&status, event, "status");
  set_string (&self->model, event, "model");
  self->seconds = get_number (event, "seconds", self->seconds);
  self->seconds_left = 0;
  if (g_strcmp0 (status, "done") == 0) {
    self->status = TL_TRAINING_DONE;
    self->progress = 1;
  } else {
    self->status = g_strcmp0 (status, "interrupted") == 0 ? TL_TRAINING_INTERRUPTED : TL_TRAINING_FAILED;
  }
}

gboolean
tl_training_take_event (TlTraining *self,
                        const char *type,
                        JsonObject *event)
{
  if (g_str_equal (type, "run_started"))
    take_started (self, event);
  else if (g_str_equal (type, "step"))
    take_step (self, event);
  else if (g_str_equal (type, "epoch"))
    add_members (self, get_object (event, "validate"), TRUE, get_number (event, "step", (double)self->step));
  else if (g_str_equal (type, "run_finished"))
    take_finished (self, event);
  else
    return g_str_equal (type, "checkpoint");
  return TRUE;
}

TlTraining *
tl_training_load (const char *folder)
{
  g_autofree char        *path = g_build_filename (folder, "events.jsonl", NULL);
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (TlTraining)  self = NULL;
  g_autoptr (JsonParser)  parser = json_parser_new ();
  const char             *text;
  const char             *end;

  if (file == NULL || g_mapped_file_get_length (file) == 0 || g_mapped_file_get_length (file) > MAX_EVENTS_BYTES)
    return NULL;
  self = tl_training_new ();
  text = g_mapped_file_get_contents (file);
  end = text + g_mapped_file_get_length (file);
  while (text < end) {
    const char *stop = memchr (text, '\n', (gsize)(end - text));
    JsonNode   *root;

    stop = stop != NULL ? stop : end;
    if (json_parser_load_from_data (parser, text, stop - text, NULL) && (root = json_parser_get_root (parser)) != NULL && JSON_NODE_HOLDS_OBJECT (root)) {
      JsonObject *event = json_node_get_object (root);
      JsonNode   *type = json_object_get_member (event, "type");

      if (type != NULL && JSON_NODE_HOLDS_VALUE (type) && json_node_get_value_type (type) == G_TYPE_STRING)
        tl_training_take_event (self, json_node_get_string (type), event);
    }
    text = stop + 1;
  }
  if (self->run == NULL)
    return NULL;
  /* Nobody works on it any more; a live one is told again by its kernel. */
  if (tl_training_is_live (self))
    self->status = TL_TRAINING_INTERRUPTED;
  return g_steal_pointer (&self);
}

gboolean
tl_training_is_live (const TlTraining *self)
{
  return self->status == TL_TRAINING_RUNNING || self->status == TL_TRAINING_PAUSED;
}
