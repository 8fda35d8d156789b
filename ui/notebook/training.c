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

/* The loss of a training is a curve of its steps; what it was on average over an epoch is no point of it. */
static void
add_members (TlTraining *self,
             JsonObject *values,
             gboolean    is_validation,
             gboolean    with_loss,
             double      x)
{
  JsonObjectIter iter;
  const char    *name;
  JsonNode      *node;

  if (values == NULL)
    return;
  json_object_iter_init_ordered (&iter, values);
  while (json_object_iter_next_ordered (&iter, &name, &node))
    if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING &&
        (with_loss || !g_str_equal (name, "loss")))
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

/* Metrics of a step are means over the epoch so far, and those of its first steps are noise. */
static gboolean
is_telling (const TlTraining *self)
{
  gint64 in_epoch = self->steps_per_epoch > 0 ? (self->step - 1) % self->steps_per_epoch + 1 : self->step;

  return in_epoch >= MAX (5, self->steps_per_epoch / 20);
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
  if (is_telling (self))
    add_members (self, get_object (event, "metrics"), FALSE, FALSE, (double)self->step);
  /* Its beginning was read from a file, which could not know that it goes on. */
  if (self->status == TL_TRAINING_INTERRUPTED)
    self->status = TL_TRAINING_RUNNING;
}

static void
take_epoch (TlTraining *self,
            JsonObject *event)
{
  double step = get_number (event, "step", (double)self->step);

  add_members (self, get_object (event, "train"), FALSE, FALSE, step);
  add_members (self, get_object (event, "validate"), TRUE, TRUE, step);
}

static void
take_change (TlTraining *self,
             JsonObject *event)
{
  g_autofree char *name = NULL;

  set_string (&name, event, "name");
  if (g_strcmp0 (name, "lr") == 0)
    self->lr = get_number (event, "value", self->lr);
  else if (g_strcmp0 (name, "pause") == 0 && tl_training_is_live (self))
    self->status = TL_TRAINING_PAUSED;
  else if (g_strcmp0 (name, "continue") == 0 && tl_training_is_live (self))
    self->status = TL_TRAINING_RUNNING;
}

/* Events of another run than the one that is shown */
static gboolean
is_foreign (TlTraining *self,
            JsonObject *event)
{
  g_autofree char *run = NULL;

  set_string (&run, event, "run");
  return run != NULL && self->run != NULL && !g_str_equal (run, self->run);
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
  static const struct {
    const char *type;
    void (*take) (TlTraining *self,
                  JsonObject *event);
  } takers[] = {
    { "step", take_step },
    { "epoch", take_epoch },
    { "change", take_change },
    { "run_finished", take_finished },
    { "checkpoint", NULL },
  };

  if (g_str_equal (type, "run_started")) {
    take_started (self, event);
    return TRUE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (takers); i++)
    if (g_str_equal (type, takers[i].type)) {
      if (takers[i].take != NULL && !is_foreign (self, event))
        takers[i].take (self, event);
      return TRUE;
    }
  return FALSE;
}

typedef void (*LineFunc) (TlTraining *self,
                          JsonObject *line);

/* Hands every line that is an object to @func; a last line that was not written to its end is none. */
static gboolean
read_lines (TlTraining *self,
            const char *folder,
            const char *name,
            LineFunc    func)
{
  g_autofree char        *path = g_build_filename (folder, name, NULL);
  g_autoptr (GMappedFile) file = g_mapped_file_new (path, FALSE, NULL);
  g_autoptr (JsonParser)  parser = json_parser_new ();
  const char             *text;
  const char             *end;

  if (file == NULL || g_mapped_file_get_length (file) == 0 || g_mapped_file_get_length (file) > MAX_EVENTS_BYTES)
    return FALSE;
  text = g_mapped_file_get_contents (file);
  end = text + g_mapped_file_get_length (file);
  while (text < end) {
    const char *stop = memchr (text, '\n', (gsize)(end - text));
    JsonNode   *root;

    stop = stop != NULL ? stop : end;
    if (json_parser_load_from_data (parser, text, stop - text, NULL) && (root = json_parser_get_root (parser)) != NULL && JSON_NODE_HOLDS_OBJECT (root))
      func (self, json_node_get_object (root));
    text = stop + 1;
  }
  return TRUE;
}

static void
take_line (TlTraining *self,
           JsonObject *event)
{
  g_autofree char *type = NULL;

  set_string (&type, event, "type");
  if (type != NULL)
    tl_training_take_event (self, type, event);
}

/* metrics.jsonl: a line a step, and a line for each result of an epoch */
static void
take_metrics (TlTraining *self,
              JsonObject *line)
{
  g_autofree char *set = NULL;
  double           step = get_number (line, "step", -1);
  gboolean         is_validation;
  JsonObjectIter   iter;
  const char      *name;
  JsonNode        *node;

  set_string (&set, line, "set");
  if (set == NULL) {
    add_point (self, "loss", FALSE, step, get_number (line, "loss", NAN));
    return;
  }
  is_validation = g_str_equal (set, "validate");
  json_object_iter_init_ordered (&iter, line);
  while (json_object_iter_next_ordered (&iter, &name, &node)) {
    static const char *const others[] = { "step", "epoch", "set", "seconds", NULL };

    if (!g_strv_contains (others, name) && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) != G_TYPE_STRING &&
        (is_validation || !g_str_equal (name, "loss")))
      add_point (self, name, is_validation, step, json_node_get_double (node));
  }
}

TlTraining *
tl_training_load_metrics (const char *folder)
{
  g_autoptr (TlTraining) self = tl_training_new ();

  return read_lines (self, folder, "metrics.jsonl", take_metrics) ? g_steal_pointer (&self) : NULL;
}

void
tl_training_adopt (TlTraining *self,
                   TlTraining *from)
{
  for (guint i = 0; i < from->curves->len; i++) {
    TlCurve             *found = from->curves->pdata[i];
    TlCurve             *curve = (TlCurve *)tl_training_find_curve (self, found->name, found->is_validation);
    TlSeries            *series = found->series;
    const TlSeriesPoint *points;
    gsize                n, first;

    if (curve == NULL) {
      add_point (self, found->name, found->is_validation, -1, found->last);
      curve = (TlCurve *)tl_training_find_curve (self, found->name, found->is_validation);
      if (curve == NULL)
        continue;
      tl_series_clear (curve->series);
    }
    /* The file has the steps' losses, but other metrics of epochs only, which may have been told of steps. */
    if (tl_series_get_length (curve->series) >= tl_series_get_length (series) && tl_series_get_length (series) > 0 &&
        tl_series_get_points (curve->series)->x <= tl_series_get_points (series)->x)
      continue;
    /* What came after the file was read goes behind what it had. */
    n = tl_series_get_length (series);
    first = n > 0 ? tl_series_find (curve->series, tl_series_get_points (series)[n - 1].x + 0.5) : 0;
    points = tl_series_get_points (curve->series);
    for (gsize k = first; k < tl_series_get_length (curve->series); k++)
      tl_series_append (series, points[k].x, points[k].y);
    found->series = curve->series;
    curve->series = series;
  }
}

TlTraining *
tl_training_load (const char *folder)
{
  g_autoptr (TlTraining) self = tl_training_new ();
  g_autoptr (TlTraining) metrics = NULL;

  if (!read_lines (self, folder, "events.jsonl", take_line) || self->run == NULL)
    return NULL;
  metrics = tl_training_load_metrics (folder);
  if (metrics != NULL)
    tl_training_adopt (self, metrics);
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
