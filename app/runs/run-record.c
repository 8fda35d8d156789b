/* SPDX-License-Identifier: Apache-2.0 */
#include "app/runs/run-record.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/document/document-file.h"
#include "app/runs/curves.h"
#include "core/base/error.h"

struct _TlRunRecord {
  char      *folder;
  FILE      *metrics;
  FILE      *events;
  GPtrArray *curves;
  gboolean   failed;
};

static FILE *
open_file (const char *folder,
           const char *name,
           GError    **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  FILE            *file = fopen (path, "ae");

  if (file == NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: %s", path, g_strerror (errno));
  return file;
}

/**
 * tl_run_record_new:
 * @folder: the run's folder, which exists
 * @document: (nullable): the document as it runs
 * @overrides: (nullable): what --set changed, one a line
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: (transfer full): the record, or %NULL
 */
TlRunRecord *
tl_run_record_new (const char *folder,
                   GBytes     *document,
                   const char *overrides,
                   GError    **error)
{
  g_autoptr (TlRunRecord) self = g_new0 (TlRunRecord, 1);
  g_autofree char        *copy = g_build_filename (folder, "document.trellis", NULL);
  g_autofree char        *changed = g_build_filename (folder, "overrides.txt", NULL);

  self->folder = g_strdup (folder);
  self->curves = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_curve_free);
  if (document != NULL &&
      !tl_file_replace (copy, g_bytes_get_data (document, NULL), g_bytes_get_size (document), error))
    return NULL;
  if (overrides != NULL && *overrides != '\0' && !tl_file_replace (changed, overrides, strlen (overrides), error))
    return NULL;
  self->metrics = open_file (folder, "metrics.jsonl", error);
  if (self->metrics != NULL)
    self->events = open_file (folder, "events.jsonl", error);
  return self->events != NULL ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_run_record_free:
 * @self: (transfer full) (nullable): a record
 */
void
tl_run_record_free (TlRunRecord *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->metrics, fclose);
  g_clear_pointer (&self->events, fclose);
  g_clear_pointer (&self->curves, g_ptr_array_unref);
  g_free (self->folder);
  g_free (self);
}

/**
 * tl_run_record_get_folder:
 * @self: a record
 *
 * Returns: (transfer none): the run's folder
 */
const char *
tl_run_record_get_folder (TlRunRecord *self)
{
  return self->folder;
}

static gboolean
add_line (TlRunRecord *self,
          FILE        *file,
          const char  *name,
          const char  *line,
          GError     **error)
{
  if (self->failed)
    return TRUE;
  if (fputs (line, file) >= 0 && fputc ('\n', file) != EOF && fflush (file) == 0)
    return TRUE;
  self->failed = TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s/%s: %s; the run goes on without being recorded", self->folder, name,
               g_strerror (errno));
  return FALSE;
}

/**
 * tl_run_record_add_event:
 * @self: a record
 * @json: an event, one line
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, once
 *
 * Returns: whether it was written
 */
gboolean
tl_run_record_add_event (TlRunRecord *self,
                         const char  *json,
                         GError     **error)
{
  return add_line (self, self->events, "events.jsonl", json, error);
}

static TlCurve *
find_curve (TlRunRecord *self,
            const char  *name,
            gboolean     is_score,
            gboolean     is_dashed)
{
  TlCurve *curve;

  for (guint i = 0; i < self->curves->len; i++) {
    curve = self->curves->pdata[i];
    if (strcmp (curve->name, name) == 0)
      return curve;
  }
  curve = tl_curve_new (name, is_score, is_dashed);
  g_ptr_array_add (self->curves, curve);
  return curve;
}

static void
append_number (GString    *line,
               const char *name,
               double      value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (line, ", \"%s\": %s", name,
                          isfinite (value) ? g_ascii_formatd (buffer, sizeof buffer, "%.9g", value) : "null");
}

static void
add_step_point (TlRunRecord *self,
                double       step,
                double       loss)
{
  tl_curve_add (find_curve (self, "training loss", FALSE, FALSE), step, loss);
}

/* The loss of the training set is drawn step by step. */
static void
add_result_point (TlRunRecord *self,
                  const char  *name,
                  gboolean     is_validation,
                  double       step,
                  double       value)
{
  gboolean         is_loss = strcmp (name, "loss") == 0;
  g_autofree char *title = g_strdup_printf ("%s %s", is_validation ? "validation" : "training", name);

  if (!is_loss || is_validation)
    tl_curve_add (find_curve (self, title, !is_loss, is_validation), step, value);
}

/**
 * tl_run_record_add_step:
 * @self: a record
 * @step: a step of the training
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, once
 *
 * Returns: whether it was written
 */
gboolean
tl_run_record_add_step (TlRunRecord     *self,
                        const TlRunStep *step,
                        GError         **error)
{
  g_autoptr (GString) line = g_string_new (NULL);

  add_step_point (self, (double)step->step, step->loss);
  g_string_append_printf (line, "{\"step\": %" G_GUINT64_FORMAT ", \"epoch\": %" G_GUINT64_FORMAT, step->step,
                          step->epoch);
  append_number (line, "loss", step->loss);
  append_number (line, "lr", step->lr);
  g_string_append_c (line, '}');
  return add_line (self, self->metrics, "metrics.jsonl", line->str, error);
}

/**
 * tl_run_record_add_result:
 * @self: a record
 * @result: what an epoch came to
 * @is_validation: whether it is of the validation set
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO, once
 *
 * Returns: whether it was written
 */
gboolean
tl_run_record_add_result (TlRunRecord       *self,
                          const TlRunResult *result,
                          gboolean           is_validation,
                          GError           **error)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line,
                          "{\"step\": %" G_GUINT64_FORMAT ", \"epoch\": %" G_GUINT64_FORMAT ", \"set\": \"%s\"",
                          result->step, result->epoch, is_validation ? "validate" : "train");
  for (guint i = 0; i < result->n_values; i++) {
    append_number (line, result->names[i], result->values[i]);
    add_result_point (self, result->names[i], is_validation, (double)result->step, result->values[i]);
  }
  g_string_append_c (line, '}');
  return add_line (self, self->metrics, "metrics.jsonl", line->str, error);
}

static double
member (JsonObject *object,
        const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node != NULL && json_node_get_value_type (node) != G_TYPE_INVALID ? json_node_get_double (node) : NAN;
}

/* A line of another run's metrics that belongs to this one's past. */
static void
add_past (TlRunRecord *self,
          JsonObject  *line)
{
  const char *set = json_object_get_string_member_with_default (line, "set", NULL);
  double      step = member (line, "step");
  GList      *names = json_object_get_members (line);

  if (set == NULL)
    add_step_point (self, step, member (line, "loss"));
  for (GList *i = names; set != NULL && i != NULL; i = i->next)
    if (strcmp (i->data, "step") != 0 && strcmp (i->data, "epoch") != 0 && strcmp (i->data, "set") != 0)
      add_result_point (self, i->data, strcmp (set, "validate") == 0, step, member (line, i->data));
  g_list_free (names);
}

/**
 * tl_run_record_add_history:
 * @self: a record of a run that goes on with another
 * @folder: folder of that other run
 * @last_step: the step from which it goes on
 * @error: return location for an error
 *
 * Takes over what was measured up to @last_step, so that metrics and curves are those of the whole training.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether it was taken over
 */
gboolean
tl_run_record_add_history (TlRunRecord *self,
                           const char  *folder,
                           guint64      last_step,
                           GError     **error)
{
  g_autofree char       *path = g_build_filename (folder, "metrics.jsonl", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autofree char       *text = NULL;
  g_auto (GStrv)         lines = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return TRUE;
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    JsonNode   *root = json_parser_load_from_data (parser, lines[i], -1, NULL) ? json_parser_get_root (parser) : NULL;
    JsonObject *line = root != NULL && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;

    /* The last line of a run that was killed may be half a line. */
    if (line == NULL || !(member (line, "step") <= (double)last_step))
      continue;
    add_past (self, line);
    if (!add_line (self, self->metrics, "metrics.jsonl", lines[i], error))
      return FALSE;
  }
  return TRUE;
}

/**
 * tl_run_record_draw_curves:
 * @self: a record
 * @title: what stands above the curves
 * @error: return location for an error
 *
 * Writes curves.png and curves.svg.
 *
 * Errors: %TL_ERROR_IO
 *
 * Returns: whether they were written
 */
gboolean
tl_run_record_draw_curves (TlRunRecord *self,
                           const char  *title,
                           GError     **error)
{
  g_autofree char *png = g_build_filename (self->folder, "curves.png", NULL);
  g_autofree char *svg = g_build_filename (self->folder, "curves.svg", NULL);

  return self->curves->len == 0 ||
         (tl_curves_write (self->curves, title, png, error) && tl_curves_write (self->curves, title, svg, error));
}

/* What the event that began the run says. */
static void
read_beginning (TlRunPast  *self,
                const char *folder)
{
  g_autofree char       *path = g_build_filename (folder, "events.jsonl", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  FILE                  *file = fopen (path, "re");
  char                   line[4096];

  while (file != NULL && fgets (line, sizeof line, file) != NULL) {
    JsonObject *event;

    if (strstr (line, "\"run_started\"") == NULL || !json_parser_load_from_data (parser, line, -1, NULL) ||
        !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
      continue;
    event = json_node_get_object (json_parser_get_root (parser));
    self->number = (guint)CLAMP (json_object_get_int_member_with_default (event, "number", 0), 0, G_MAXINT32);
    self->has_seed = json_object_has_member (event, "context_seed");
    self->seed = (guint64)json_object_get_int_member_with_default (event, "context_seed", 0);
    break;
  }
  g_clear_pointer (&file, fclose);
}

/**
 * tl_run_past_read:
 * @self: (out caller-allocates): what is needed to go on
 * @folder: a run's folder
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_IO if there is no such folder, or nothing in it to go on from
 *
 * Returns: whether it was read
 */
gboolean
tl_run_past_read (TlRunPast  *self,
                  const char *folder,
                  GError    **error)
{
  g_autofree char *checkpoint = g_build_filename (folder, "checkpoint.safetensors", NULL);
  g_autofree char *changed = g_build_filename (folder, "overrides.txt", NULL);
  g_autofree char *document = g_build_filename (folder, "document.trellis", NULL);
  g_autofree char *text = NULL;
  char            *bytes;
  gsize            n_bytes;

  *self = (TlRunPast){ 0 };
  if (!g_file_test (folder, G_FILE_TEST_IS_DIR)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: there is no such folder", folder);
    return FALSE;
  }
  if (!g_file_test (checkpoint, G_FILE_TEST_EXISTS)) {
    g_set_error (error, TL_ERROR, TL_ERROR_IO, "%s: there is no checkpoint to go on from; it ended before its first one", folder);
    return FALSE;
  }
  if (g_file_test (changed, G_FILE_TEST_EXISTS) && !g_file_get_contents (changed, &text, NULL, error)) {
    g_prefix_error (error, "%s: ", folder);
    return FALSE;
  }
  if (g_file_get_contents (document, &bytes, &n_bytes, NULL))
    self->document = g_bytes_new_take (bytes, n_bytes);
  self->overrides = g_strsplit (text != NULL ? g_strchomp (text) : "", "\n", -1);
  read_beginning (self, folder);
  return TRUE;
}

/**
 * tl_run_past_clear:
 * @self: what tl_run_past_read() read
 */
void
tl_run_past_clear (TlRunPast *self)
{
  g_clear_pointer (&self->overrides, g_strfreev);
  g_clear_pointer (&self->document, g_bytes_unref);
}
