/* SPDX-License-Identifier: Apache-2.0 */
#include <glib.h>
#include <glib/gstdio.h>
#include <math.h>

#include "ui/notebook/outputs.h"
#include "ui/notebook/training.h"
#include "ui/plot/number.h"
#include "ui/plot/plot-draw.h"
#include "ui/plot/series.h"

static void
test_extremes (void)
{
  g_autoptr (TlSeries) series = tl_series_new ();
  g_autoptr (GRand)    random = g_rand_new_with_seed (3);
  const gsize          n = 5000;
  g_autofree double   *values = g_new (double, n);

  for (gsize i = 0; i < n; i++) {
    values[i] = i % 97 == 5 ? NAN : i % 501 == 7 ? INFINITY
                                                 : g_rand_double_range (random, -10, 10);
    tl_series_append (series, (double)i, values[i]);
  }
  for (guint round = 0; round < 400; round++) {
    gsize    first = (gsize)g_rand_int_range (random, 0, (gint32)n);
    gsize    end = first + (gsize)g_rand_int_range (random, 0, round % 4 == 0 ? (gint32)n : 100);
    double   low = INFINITY, high = -INFINITY, min = 0, max = 0;
    gboolean found = tl_series_extremes (series, first, end, &min, &max);

    for (gsize i = first; i < MIN (end, n); i++)
      if (isfinite (values[i])) {
        low = MIN (low, values[i]);
        high = MAX (high, values[i]);
      }
    g_assert_cmpint (found, ==, low <= high);
    if (found) {
      g_assert_cmpfloat (min, ==, low);
      g_assert_cmpfloat (max, ==, high);
    }
  }
  g_assert_cmpuint (tl_series_get_n_bad (series), ==, 52 + 10);
}

static void
test_append_order (void)
{
  g_autoptr (TlSeries) series = tl_series_new ();

  tl_series_append (series, 1, 10);
  tl_series_append (series, 3, 30);
  tl_series_append (series, 2, 20); /* backwards: ignored */
  tl_series_append (series, NAN, 20);
  g_assert_cmpuint (tl_series_get_length (series), ==, 2);
  g_assert_cmpuint (tl_series_find (series, 0), ==, 0);
  g_assert_cmpuint (tl_series_find (series, 1.5), ==, 1);
  g_assert_cmpuint (tl_series_find (series, 4), ==, 2);
}

static void
test_ticks (void)
{
  const double ranges[][2] = { { 0, 1 }, { 0.31, 0.37 }, { -5, 1200 }, { 1e-7, 3e-7 }, { 87, 93 } };

  for (guint i = 0; i < G_N_ELEMENTS (ranges); i++) {
    double ticks[TL_PLOT_MAX_TICKS];
    guint  n = tl_plot_ticks (ranges[i][0], ranges[i][1], 4, ticks);

    g_assert_cmpuint (n, >=, 2);
    g_assert_cmpuint (n, <=, 6);
    for (guint k = 0; k < n; k++) {
      g_assert_cmpfloat (ticks[k], >=, ranges[i][0] - 1e-12);
      g_assert_cmpfloat (ticks[k], <=, ranges[i][1] + 1e-12);
    }
    /* The step is 1, 2 or 5 times a power of ten. */
    {
      double step = ticks[1] - ticks[0];
      double digit = step / pow (10, floor (log10 (step) + 1e-9));

      g_assert_true (fabs (digit - 1) < 1e-6 || fabs (digit - 2) < 1e-6 || fabs (digit - 5) < 1e-6);
    }
  }
  g_assert_cmpuint (tl_plot_ticks (1, 1, 4, (double[TL_PLOT_MAX_TICKS]){ 0 }), ==, 0);
  g_assert_cmpuint (tl_plot_ticks (0, INFINITY, 4, (double[TL_PLOT_MAX_TICKS]){ 0 }), ==, 0);
}

/* A spike of one point among a million is on the picture. */
static void
test_spike_is_drawn (void)
{
  g_autoptr (TlSeries) series = tl_series_new ();
  TlPlotCurve          curve = { series, "loss", { 1, 0, 0 }, FALSE };
  TlPlot               plot = { .title = "loss", .curves = &curve, .n_curves = 1, .ink = { 0, 0, 0 }, .faint = { 0, 0, 0 } };
  cairo_surface_t     *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, 600, 300);
  cairo_t             *cr = cairo_create (surface);
  const guint8        *data;
  guint                n_red = 0;
  gint64               start;

  for (gsize i = 0; i < 1000000; i++)
    tl_series_append (series, (double)i, i == 654321 ? 10 : 1 + (double)(i % 7) * 0.001);
  start = g_get_monotonic_time ();
  tl_plot_draw (&plot, cr, 600, 300);
  g_test_message ("drawn in %.1f ms", (double)(g_get_monotonic_time () - start) / 1000);
  cairo_surface_flush (surface);
  data = cairo_image_surface_get_data (surface);
  /* Half way up there is nothing but the spike. */
  for (int x = 60; x < 590; x++) {
    const guint8 *pixel = data + 130 * cairo_image_surface_get_stride (surface) + x * 4;

    n_red += pixel[2] > 40 && pixel[1] < 20;
  }
  g_assert_cmpuint (n_red, >=, 1);
  g_assert_cmpuint (n_red, <, 12);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

static void
take (TlTraining *training,
      const char *type,
      const char *json)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError)     error = NULL;

  json_parser_load_from_data (parser, json, -1, &error);
  g_assert_no_error (error);
  g_assert_true (tl_training_take_event (training, type, json_node_get_object (json_parser_get_root (parser))));
}

static void
test_training_events (void)
{
  g_autoptr (TlTraining) training = tl_training_new ();
  const TlCurve         *curve;

  take (training, "run_started", "{\"run\":\"r\",\"cell\":\"fit\",\"epochs\":2,\"steps_per_epoch\":10,\"parameters\":99}");
  take (training, "step", "{\"step\":1,\"epoch\":1,\"metrics\":{\"accuracy\":0.5},\"loss\":2.5,\"progress\":7}");
  take (training, "step", "{\"step\":2,\"epoch\":1,\"loss\":\"bad\",\"seconds_left\":null}");
  take (training, "epoch", "{\"step\":10,\"validate\":{\"loss\":0.4,\"accuracy\":0.9}}");
  g_assert_cmpint (training->parameters, ==, 99);
  g_assert_cmpfloat (training->progress, ==, 1); /* clamped */
  g_assert_true (tl_training_is_live (training));
  curve = training->curves->pdata[0];
  g_assert_cmpstr (curve->name, ==, "loss");
  g_assert_cmpuint (tl_series_get_length (curve->series), ==, 2);
  curve = tl_training_find_curve (training, "accuracy", TRUE);
  g_assert_nonnull (curve);
  g_assert_cmpfloat (curve->last, ==, 0.9);
  take (training, "run_finished", "{\"status\":\"done\",\"seconds\":3}");
  g_assert_cmpint (training->status, ==, TL_TRAINING_DONE);
}

static void
test_outputs_round_trip (void)
{
  g_autoptr (TlOutputs) outputs = tl_outputs_new ("a");
  g_autoptr (TlOutputs) back = NULL;
  g_autofree char      *json = NULL;

  outputs->status = TL_CELL_ERROR;
  outputs->seconds = 1.25;
  outputs->text_hash = 4000000000u;
  tl_outputs_add_text (outputs, "print", "one\n");
  tl_outputs_add_text (outputs, "print", "two \xff\n");
  tl_outputs_add_text (outputs, "stderr", "three");
  tl_outputs_add_error (outputs, 3, "conv1", "sizes differ");
  g_assert_cmpuint (outputs->pieces->len, ==, 2);
  json = tl_outputs_to_json (outputs);
  back = tl_outputs_new_from_json ("a", json);
  g_assert_nonnull (back);
  g_assert_cmpint (back->status, ==, TL_CELL_ERROR);
  g_assert_cmpfloat (back->seconds, ==, 1.25);
  g_assert_cmpuint (back->text_hash, ==, 4000000000u);
  g_assert_cmpstr (((TlOutputPiece *)back->pieces->pdata[1])->text->str, ==, "three");
  g_assert_cmpstr (((TlOutputError *)back->errors->pdata[0])->node, ==, "conv1");
  g_assert_cmpuint (((TlOutputError *)back->errors->pdata[0])->line, ==, 3);
}

static void
test_outputs_hostile (void)
{
  // clang-format off
  static const char *const bad[] = {
    "", "[]", "{", "{\"output\":3,\"errors\":[1,{\"line\":\"x\"},{\"message\":5}],\"status\":7}",
    "{\"output\":[{\"text\":3},[],null],\"seconds\":[]}",
  };
  // clang-format on

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (TlOutputs) outputs = tl_outputs_new_from_json ("a", bad[i]);

    if (outputs != NULL) {
      g_assert_cmpuint (outputs->pieces->len, ==, 0);
      g_assert_cmpuint (outputs->errors->len, ==, 0);
    }
  }
}

/* A run's folder has all steps, events are some of them, and more come in while the folder is read. */
static void
test_training_files (void)
{
  g_autofree char       *folder = g_dir_make_tmp ("trellis-run-XXXXXX", NULL);
  g_autofree char       *events = g_build_filename (folder, "events.jsonl", NULL);
  g_autofree char       *metrics = g_build_filename (folder, "metrics.jsonl", NULL);
  g_autoptr (GString)    text = g_string_new (NULL);
  g_autoptr (TlTraining) training = NULL;
  g_autoptr (TlTraining) late = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  const TlCurve         *loss;

  g_assert_true (g_file_set_contents (events,
                                      "{\"type\":\"run_started\",\"run\":\"r1\",\"folder\":\"f\",\"epochs\":2,\"steps_per_epoch\":100}\n"
                                      "{\"type\":\"step\",\"run\":\"r1\",\"step\":1,\"epoch\":0,\"loss\":2}\n"
                                      "{\"type\":\"change\",\"run\":\"r1\",\"step\":1,\"name\":\"pause\",\"value\":0}\n"
                                      "{\"type\":\"step\",\"run\":\"r1\",\"st",
                                      -1, NULL));
  for (guint i = 1; i <= 150; i++) {
    g_string_append_printf (text, "{\"step\": %u, \"epoch\": %u, \"loss\": %g, \"lr\": 0.001}\n", i, (i - 1) / 100, 2.0 / i);
    if (i == 100)
      g_string_append (text, "{\"step\": 100, \"epoch\": 0, \"set\": \"train\", \"loss\": 0.5, \"accuracy\": 0.8}\n"
                             "{\"step\": 100, \"epoch\": 0, \"set\": \"validate\", \"loss\": 0.6, \"accuracy\": 0.7}\n");
  }
  g_assert_true (g_file_set_contents (metrics, text->str, -1, NULL));

  training = tl_training_load (folder);
  g_assert_nonnull (training);
  g_assert_cmpint (training->status, ==, TL_TRAINING_INTERRUPTED);
  g_assert_cmpuint (tl_series_get_length (tl_training_find_curve (training, "loss", FALSE)->series), ==, 150);
  g_assert_cmpuint (tl_series_get_length (tl_training_find_curve (training, "loss", TRUE)->series), ==, 1);
  g_assert_cmpfloat (tl_training_find_curve (training, "accuracy", FALSE)->last, ==, 0.8);

  /* It goes on after all; a step of another run is none of it. */
  g_assert_true (json_parser_load_from_data (parser, "{\"run\":\"r2\",\"step\":151,\"loss\":1}", -1, NULL));
  tl_training_take_event (training, "step", json_node_get_object (json_parser_get_root (parser)));
  g_assert_cmpint (training->status, ==, TL_TRAINING_INTERRUPTED);
  for (guint i = 151; i <= 160; i++) {
    g_autofree char *step = g_strdup_printf ("{\"run\":\"r1\",\"step\":%u,\"epoch\":1,\"loss\":0.01,\"lr\":0.001}", i);

    g_assert_true (json_parser_load_from_data (parser, step, -1, NULL));
    tl_training_take_event (training, "step", json_node_get_object (json_parser_get_root (parser)));
  }
  g_assert_cmpint (training->status, ==, TL_TRAINING_RUNNING);
  late = tl_training_load_metrics (folder);
  tl_training_adopt (training, late);
  loss = tl_training_find_curve (training, "loss", FALSE);
  g_assert_cmpuint (tl_series_get_length (loss->series), ==, 160);
  for (guint i = 0; i < 160; i++)
    g_assert_cmpfloat (tl_series_get_points (loss->series)[i].x, ==, i + 1);
  g_unlink (events);
  g_unlink (metrics);
  g_rmdir (folder);
}

static void
test_plot_end (void)
{
  g_assert_cmpfloat (tl_plot_end (0, 100), ==, 20);
  g_assert_cmpfloat (tl_plot_end (30, 100), ==, 100);
  g_assert_cmpfloat (tl_plot_end (205, 2814), ==, 500);
  g_assert_cmpfloat (tl_plot_end (6371, 2.3e6), ==, 20000);
  g_assert_cmpfloat (tl_plot_end (5, 0), ==, 0);
  for (double now = 1, before = 0; now < 1e6; now *= 1.1) {
    double end = tl_plot_end (now, 1e6);

    g_assert_cmpfloat (end, >=, before);
    g_assert_cmpfloat (end, >=, now);
    g_assert_cmpfloat (end, <=, 1e6);
    before = end;
  }
}

static void
test_number_group (void)
{
  static const struct {
    gint64      value;
    const char *text;
  } cases[] = { { 0, "0" }, { 999, "999" }, { 1000, "1,000" }, { 421642, "421,642" }, { -1234567, "-1,234,567" }, { -100, "-100" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = tl_number_group (cases[i].value);

    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ui/series/extremes", test_extremes);
  g_test_add_func ("/ui/series/append-order", test_append_order);
  g_test_add_func ("/ui/plot/ticks", test_ticks);
  g_test_add_func ("/ui/plot/spike-is-drawn", test_spike_is_drawn);
  g_test_add_func ("/ui/training/events", test_training_events);
  g_test_add_func ("/ui/training/files", test_training_files);
  g_test_add_func ("/ui/plot/end", test_plot_end);
  g_test_add_func ("/ui/number/group", test_number_group);
  g_test_add_func ("/ui/outputs/round-trip", test_outputs_round_trip);
  g_test_add_func ("/ui/outputs/hostile", test_outputs_hostile);
  return g_test_run ();
}
