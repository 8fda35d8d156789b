/* SPDX-License-Identifier: Apache-2.0 */
#include "app/cli/progress.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define BAR_WIDTH 24
#define MIN_BAR_WIDTH 4

struct _TlProgress {
  char    *path;
  gboolean quiet;
  gboolean is_terminal;
  gboolean line_open; /* a progress line stands on the terminal */
  gint64   epochs;
  GString *train; /* line of the epoch whose validation is to come */
};

/**
 * tl_progress_new:
 * @path: the document, as errors name it
 * @quiet: show errors only
 *
 * Returns: (transfer full): who shows events
 */
TlProgress *
tl_progress_new (const char *path,
                 gboolean    quiet)
{
  TlProgress *self = g_new0 (TlProgress, 1);

  self->path = g_strdup (path);
  self->quiet = quiet;
  self->is_terminal = isatty (STDOUT_FILENO);
  self->train = g_string_new (NULL);
  return self;
}

/**
 * tl_progress_free:
 * @self: (transfer full): who shows events
 */
void
tl_progress_free (TlProgress *self)
{
  g_string_free (self->train, TRUE);
  g_free (self->path);
  g_free (self);
}

static void
clear_line (TlProgress *self)
{
  if (self->line_open)
    fputs ("\r\033[K", stdout);
  self->line_open = FALSE;
}

static double
number (JsonObject *event,
        const char *name)
{
  return json_object_get_double_member_with_default (event, name, 0);
}

static const char *
string (JsonObject *event,
        const char *name)
{
  return json_object_get_string_member_with_default (event, name, "");
}

static void
append_duration (GString *text,
                 double   seconds)
{
  gint64 s = (gint64)(seconds + 0.5);

  if (seconds < 0)
    g_string_append (text, "--");
  else if (s >= 3600)
    g_string_append_printf (text, "%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
  else
    g_string_append_printf (text, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

static guint
get_n_columns (void)
{
  struct winsize size;

  return ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

/* One line, whatever the width: the bar gets what the words leave. */
static void
show_step (TlProgress *self,
           JsonObject *event)
{
  g_autoptr (GString) words = g_string_new (NULL);
  g_autoptr (GString) line = g_string_new ("\r\033[K");
  JsonObject         *metrics = json_object_get_object_member (event, "metrics");
  GList              *names = metrics != NULL ? json_object_get_members (metrics) : NULL;
  guint               n_columns, bar;

  if (self->is_terminal) {
    g_string_append_printf (words, "epoch %d/%d  step %d  loss %.4f", (int)number (event, "epoch") + 1, (int)self->epochs,
                            (int)number (event, "step"), number (event, "loss"));
    for (GList *i = names; i != NULL; i = i->next)
      if (strcmp (i->data, "loss") != 0 && !json_object_get_null_member (metrics, i->data))
        g_string_append_printf (words, "  %s %.4f", (const char *)i->data, number (metrics, i->data));
    g_string_append_printf (words, "  %.0f samples/s  ", number (event, "samples_per_s"));
    append_duration (words, number (event, "seconds_left"));
    g_string_append (words, " left");
    n_columns = get_n_columns ();
    bar = words->len + 3 + MIN_BAR_WIDTH > n_columns ? 0 : MIN (n_columns - words->len - 3, BAR_WIDTH);
    for (guint i = 0; i < bar; i++)
      g_string_append (line, i < (guint)(number (event, "progress") * bar) ? "█" : "░");
    g_string_append_printf (line, "%s%.*s", bar > 0 ? "  " : "", (int)MAX (n_columns, 2) - 1, words->str);
    fputs (line->str, stdout);
    fflush (stdout);
    self->line_open = TRUE;
  }
  g_list_free (names);
}

static void
append_values (GString    *text,
               JsonObject *event,
               const char *name)
{
  JsonObject *values = json_object_get_object_member (event, name);
  GList      *names = json_object_get_members (values);

  for (GList *i = names; i != NULL; i = i->next)
    g_string_append_printf (text, "  %s %.4f", (const char *)i->data, number (values, i->data));
  g_list_free (names);
}

/* The training's values wait for those of the validation set, so that an epoch is one line. */
static void
show_epoch (TlProgress *self,
            JsonObject *event)
{
  gboolean is_validation = json_object_has_member (event, "validate");

  clear_line (self);
  if (!is_validation) {
    if (self->train->len > 0)
      g_print ("%s\n", self->train->str);
    g_string_printf (self->train, "epoch %d/%d", (int)number (event, "epoch") + 1, (int)self->epochs);
    append_values (self->train, event, "train");
    g_string_append_printf (self->train, "  %.1f s", number (event, "seconds"));
    return;
  }
  g_string_append (self->train, "  validation:");
  append_values (self->train, event, "validate");
  g_print ("%s\n", self->train->str);
  g_string_truncate (self->train, 0);
}

static void
show_error (TlProgress *self,
            const char *cell,
            JsonObject *event)
{
  g_autoptr (GString) where = g_string_new (self->path);

  clear_line (self);
  if (*cell != '\0')
    g_string_append_printf (where, ": %s", cell);
  if (json_object_has_member (event, "line"))
    g_string_append_printf (where, ":%d", (int)number (event, "line"));
  if (json_object_has_member (event, "node"))
    g_string_append_printf (where, ": %s", string (event, "node"));
  g_printerr ("%s: %s\n", where->str, string (event, "message"));
}

static void
show_end (TlProgress *self,
          JsonObject *event)
{
  clear_line (self);
  if (self->train->len > 0)
    g_print ("%s\n", self->train->str);
  g_string_truncate (self->train, 0);
  if (strcmp (string (event, "status"), "done") != 0)
    g_print ("%s after step %d\n", string (event, "status"), (int)number (event, "step"));
  if (json_object_has_member (event, "model"))
    g_print ("model: %s\n", string (event, "model"));
  else if (json_object_has_member (event, "checkpoint"))
    g_print ("checkpoint: %s; go on with --resume %s\n", string (event, "checkpoint"), string (event, "folder"));
  if (json_object_has_member (event, "folder"))
    g_print ("run: %s\n", string (event, "folder"));
}

/**
 * tl_progress_show:
 * @self: who shows events
 * @type: type of an event
 * @cell: its cell, or ""
 * @json: the event
 *
 * Shows an event.
 */
void
tl_progress_show (TlProgress *self,
                  const char *type,
                  const char *cell,
                  const char *json)
{
  g_autoptr (JsonParser) parser = NULL;
  JsonObject            *event;

  if (self->quiet && strcmp (type, "error") != 0)
    return;
  parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, json, -1, NULL))
    return;
  event = json_node_get_object (json_parser_get_root (parser));
  if (strcmp (type, "output") == 0) {
    clear_line (self);
    fputs (string (event, "text"), stdout);
    fflush (stdout);
  } else if (strcmp (type, "run_started") == 0) {
    self->epochs = (gint64)number (event, "epochs");
    g_print ("%s: %d parameters, %d items, batch %d, %d threads\n", cell, (int)number (event, "parameters"),
             (int)number (event, "items"), (int)number (event, "batch_size"), (int)number (event, "threads"));
  } else if (strcmp (type, "step") == 0) {
    show_step (self, event);
  } else if (strcmp (type, "epoch") == 0) {
    show_epoch (self, event);
  } else if (strcmp (type, "run_finished") == 0) {
    show_end (self, event);
  } else if (strcmp (type, "cell_finished") == 0 && strcmp (string (event, "status"), "interrupted") == 0) {
    clear_line (self);
    g_print ("%s: interrupted\n", cell);
  } else if (strcmp (type, "error") == 0) {
    show_error (self, cell, event);
  }
}
