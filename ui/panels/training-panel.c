/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/panels/training-panel.h"

#include <glib/gi18n.h>
#include <math.h>

#include "ui/plot/number.h"
#include "ui/plot/plot-view.h"

#define SPACING 14
#define NUMBERS_WIDTH 258   /* where there is room */
#define MIN_PLOTS_WIDTH 170 /* one plot that can be read */

typedef enum {
  NUMBER_EPOCH,
  NUMBER_STEP,
  NUMBER_LOSS,
  NUMBER_METRIC,
  NUMBER_LR,
  NUMBER_SPEED,
  NUMBER_TIME,
  N_NUMBERS
} Number;

struct _TlTrainingPanel {
  GtkWidget parent_instance;

  /* template */
  GtkWidget      *numbers;
  GtkLabel       *title;
  GtkWidget      *pause_button;
  GtkWidget      *stop_button;
  GtkProgressBar *progress;
  GtkGrid        *grid;
  GtkWidget      *try_button;
  GtkStack       *stack;
  GtkBox         *plots;

  GtkLabel   *names[N_NUMBERS];
  GtkLabel   *values[N_NUMBERS];
  GtkEntry   *lr_entry; /* instead of the value, while it can be changed */
  TlPlotView *loss;
  TlPlotView *metrics;

  /* owned */
  TlSession *session;
};

G_DEFINE_FINAL_TYPE (TlTrainingPanel, tl_training_panel, GTK_TYPE_WIDGET)

static char *
format_time (double seconds)
{
  int whole = (int)lround (seconds);

  if (whole < 60)
    return g_strdup_printf (_ ("%d s"), whole);
  if (whole < 3600)
    return g_strdup_printf (_ ("%d min %02d s"), whole / 60, whole % 60);
  return g_strdup_printf (_ ("%d h %02d min"), whole / 3600, whole / 60 % 60);
}

static void
set_number (TlTrainingPanel *self,
            Number           number,
            const char      *name,
            char            *value)
{
  if (name != NULL)
    gtk_label_set_text (self->names[number], name);
  gtk_label_set_text (self->values[number], value != NULL ? value : "–");
  g_free (value);
}

/* The metric that says most: the newest validation result, else the first metric of the training. */
static void
set_metric (TlTrainingPanel  *self,
            const TlTraining *training)
{
  const TlCurve *best = NULL;

  for (guint i = 0; i < training->curves->len; i++) {
    const TlCurve *curve = training->curves->pdata[i];

    if (!g_str_equal (curve->name, "loss") && (best == NULL || curve->is_validation))
      best = curve;
  }
  gtk_widget_set_visible (GTK_WIDGET (self->names[NUMBER_METRIC]), best != NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->values[NUMBER_METRIC]), best != NULL);
  if (best != NULL) {
    g_autofree char *name = best->is_validation ? g_strdup_printf (_ ("%s, validation"), best->name) : g_strdup (best->name);

    set_number (self, NUMBER_METRIC, name, g_strdup_printf ("%.4f", best->last));
  }
}

static const char *
describe_status (const TlTraining *training)
{
  switch (training->status) {
  case TL_TRAINING_RUNNING:
    return _ ("training");
  case TL_TRAINING_PAUSED:
    return _ ("paused");
  case TL_TRAINING_DONE:
    return _ ("done");
  case TL_TRAINING_INTERRUPTED:
    return _ ("interrupted");
  default:
    return _ ("failed");
  }
}

static void
update_numbers (TlTrainingPanel  *self,
                const TlTraining *training)
{
  gint64           steps = training->epochs * training->steps_per_epoch;
  g_autofree char *step = tl_number_group (training->step);
  g_autofree char *all_steps = tl_number_group (steps);
  g_autofree char *speed = tl_number_group ((gint64)CLAMP (training->samples_per_s, 0, 1e15));
  gint64           epoch = training->epochs > 0 ? MIN (training->epoch + 1, training->epochs) : training->epoch + 1;

  set_number (self, NUMBER_EPOCH, NULL,
              training->epochs > 0 ? g_strdup_printf ("%" G_GINT64_FORMAT " / %" G_GINT64_FORMAT, epoch, training->epochs)
                                   : g_strdup_printf ("%" G_GINT64_FORMAT, epoch));
  set_number (self, NUMBER_STEP, NULL, steps > 0 ? g_strdup_printf ("%s / %s", step, all_steps) : g_strdup (step));
  set_number (self, NUMBER_LOSS, NULL, isfinite (training->loss) ? g_strdup_printf ("%.4f", training->loss) : NULL);
  set_number (self, NUMBER_SPEED, NULL,
              training->samples_per_s > 0 ? g_strdup_printf (_ ("%s samples/s"), speed) : NULL);
  if (tl_training_is_live (training))
    set_number (self, NUMBER_TIME, _ ("time left"), training->seconds_left >= 0 ? format_time (training->seconds_left) : NULL);
  else
    set_number (self, NUMBER_TIME, _ ("time"), training->seconds > 0 ? format_time (training->seconds) : NULL);
  set_metric (self, training);
}

/* While it runs, the learning rate is an entry; who is typing is not disturbed. */
static void
update_lr (TlTrainingPanel  *self,
           const TlTraining *training)
{
  gboolean         is_live = tl_training_is_live (training);
  GtkWidget       *entry = GTK_WIDGET (self->lr_entry);
  g_autofree char *text = isfinite (training->lr) ? g_strdup_printf ("%.4g", training->lr) : g_strdup ("");

  gtk_widget_set_visible (entry, is_live);
  gtk_widget_set_visible (GTK_WIDGET (self->values[NUMBER_LR]), !is_live);
  set_number (self, NUMBER_LR, NULL, *text != '\0' ? g_strdup (text) : NULL);
  if ((gtk_widget_get_state_flags (entry) & GTK_STATE_FLAG_FOCUS_WITHIN) == 0 &&
      g_strcmp0 (gtk_editable_get_text (GTK_EDITABLE (entry)), text) != 0)
    gtk_editable_set_text (GTK_EDITABLE (entry), text);
}

static void
lr_activate_cb (GtkEntry        *entry,
                TlTrainingPanel *self)
{
  const char *text = gtk_editable_get_text (GTK_EDITABLE (entry));
  char       *end;
  double      lr = g_ascii_strtod (text, &end);

  if (end == text || *end != '\0' || !(lr >= 0) || !isfinite (lr)) {
    g_autofree char *message = g_strdup_printf (_ ("“%s” is no learning rate"), text);

    gtk_widget_activate_action (GTK_WIDGET (self), "win.toast", "s", message);
    return;
  }
  tl_session_set_lr (self->session, lr);
  gtk_widget_child_focus (gtk_widget_get_parent (GTK_WIDGET (self)), GTK_DIR_TAB_BACKWARD);
}

static void
update (TlTrainingPanel *self)
{
  const TlTraining *training = tl_session_get_training (self->session);
  gboolean          is_live = training != NULL && tl_training_is_live (training);
  gboolean          is_paused = training != NULL && training->status == TL_TRAINING_PAUSED;

  gtk_widget_set_visible (self->numbers, training != NULL);
  if (training != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self), "used");
  gtk_stack_set_visible_child_name (self->stack, training != NULL ? "plots" : "empty");
  tl_plot_view_update (self->loss, training);
  tl_plot_view_update (self->metrics, training);
  gtk_widget_set_visible (self->pause_button, is_live);
  gtk_widget_set_visible (self->stop_button, is_live);
  gtk_widget_set_visible (self->try_button, training != NULL && !is_live);
  gtk_button_set_icon_name (GTK_BUTTON (self->pause_button),
                            is_paused ? "media-playback-start-symbolic" : "media-playback-pause-symbolic");
  gtk_widget_set_tooltip_text (self->pause_button, is_paused ? _ ("Go On") : _ ("Pause the Training"));
  if (training != NULL) {
    /* Translators: the first %s is the name of a cell, the second says "training", "paused", "done"… */
    g_autofree char *title = g_strdup_printf (_ ("%s · %s"), training->cell != NULL ? training->cell : training->run,
                                              describe_status (training));

    gtk_label_set_text (self->title, title);
    gtk_widget_set_tooltip_text (GTK_WIDGET (self->title), training->folder);
    gtk_progress_bar_set_fraction (self->progress, training->progress);
    update_numbers (self, training);
    update_lr (self, training);
  }
}

/* --- layout ------------------------------------------------------------------------------------------------------------- */

/* Numbers on the left, plots on the right; where there is little room only the loss is drawn, where there is none, nothing. */
static void
tl_training_panel_measure (GtkWidget     *widget,
                           GtkOrientation orientation,
                           int            for_size,
                           int           *minimum,
                           int           *natural,
                           int           *minimum_baseline,
                           int           *natural_baseline)
{
  TlTrainingPanel *self = TL_TRAINING_PANEL (widget);
  int              numbers = 0, numbers_natural = 0, plots = 0, plots_natural = 0;

  if (gtk_widget_get_visible (self->numbers))
    gtk_widget_measure (self->numbers, orientation, -1, &numbers, &numbers_natural, NULL, NULL);
  gtk_widget_measure (GTK_WIDGET (self->stack), orientation, -1, &plots, &plots_natural, NULL, NULL);
  if (orientation == GTK_ORIENTATION_HORIZONTAL) {
    *minimum = numbers;
    *natural = MAX (numbers_natural, NUMBERS_WIDTH) + SPACING + plots_natural;
  } else {
    *minimum = *natural = MAX (numbers, plots);
  }
}

static void
tl_training_panel_size_allocate (GtkWidget *widget,
                                 int        width,
                                 int        height,
                                 int        baseline)
{
  TlTrainingPanel *self = TL_TRAINING_PANEL (widget);
  gboolean         has_numbers = gtk_widget_get_visible (self->numbers);
  int              left = 0, numbers = 0;

  if (has_numbers) {
    gtk_widget_measure (self->numbers, GTK_ORIENTATION_HORIZONTAL, -1, &numbers, NULL, NULL, NULL);
    left = width < MIN_PLOTS_WIDTH + numbers ? width : MAX (numbers, MIN (NUMBERS_WIDTH, width - MIN_PLOTS_WIDTH));
    gtk_widget_size_allocate (self->numbers, &(GtkAllocation){ 0, 0, left, height }, -1);
    left += SPACING;
  }
  gtk_widget_set_child_visible (GTK_WIDGET (self->stack), width > left);
  if (width <= left)
    return;
  gtk_widget_set_child_visible (GTK_WIDGET (self->metrics), width - left >= 2 * MIN_PLOTS_WIDTH);
  gtk_widget_size_allocate (GTK_WIDGET (self->stack), &(GtkAllocation){ left, 0, width - left, height }, -1);
}

static void
tl_training_panel_dispose (GObject *object)
{
  TlTrainingPanel *self = TL_TRAINING_PANEL (object);
  GtkWidget       *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self))) != NULL)
    gtk_widget_unparent (child);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (tl_training_panel_parent_class)->dispose (object);
}

static void
tl_training_panel_class_init (TlTrainingPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_training_panel_dispose;
  widget_class->measure = tl_training_panel_measure;
  widget_class->size_allocate = tl_training_panel_size_allocate;
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/panels/training-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, numbers);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, title);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, pause_button);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, stop_button);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, progress);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, grid);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, try_button);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, stack);
  gtk_widget_class_bind_template_child (widget_class, TlTrainingPanel, plots);
}

static void
tl_training_panel_init (TlTrainingPanel *self)
{
  static const char *const names[N_NUMBERS] = { N_ ("epoch"), N_ ("step"), N_ ("loss"), "", N_ ("learning rate"), N_ ("speed"), N_ ("time left") };

  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < N_NUMBERS; i++) {
    self->names[i] = GTK_LABEL (gtk_label_new (*names[i] != '\0' ? _ (names[i]) : ""));
    self->values[i] = GTK_LABEL (gtk_label_new (""));
    gtk_label_set_xalign (self->names[i], 0);
    gtk_label_set_xalign (self->values[i], 1);
    gtk_widget_set_hexpand (GTK_WIDGET (self->values[i]), TRUE);
    gtk_label_set_ellipsize (self->names[i], PANGO_ELLIPSIZE_END);
    gtk_label_set_width_chars (self->names[i], 8);
    gtk_widget_add_css_class (GTK_WIDGET (self->names[i]), "tl-number-name");
    gtk_widget_add_css_class (GTK_WIDGET (self->values[i]), "tl-number");
    gtk_grid_attach (self->grid, GTK_WIDGET (self->names[i]), 0, (int)i, 1, 1);
    gtk_grid_attach (self->grid, GTK_WIDGET (self->values[i]), 1, (int)i, 1, 1);
  }
  self->lr_entry = GTK_ENTRY (gtk_entry_new ());
  gtk_editable_set_width_chars (GTK_EDITABLE (self->lr_entry), 8);
  gtk_editable_set_max_width_chars (GTK_EDITABLE (self->lr_entry), 8);
  gtk_editable_set_alignment (GTK_EDITABLE (self->lr_entry), 1);
  gtk_widget_set_halign (GTK_WIDGET (self->lr_entry), GTK_ALIGN_END);
  gtk_widget_add_css_class (GTK_WIDGET (self->lr_entry), "tl-number-entry");
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->lr_entry), _ ("Type Another Learning Rate and Press Enter"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->lr_entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("learning rate"), -1);
  g_signal_connect (self->lr_entry, "activate", G_CALLBACK (lr_activate_cb), self);
  gtk_grid_attach (self->grid, GTK_WIDGET (self->lr_entry), 1, NUMBER_LR, 1, 1);
  self->loss = TL_PLOT_VIEW (tl_plot_view_new (_ ("loss"), _ ("after the first step"), TRUE));
  self->metrics = TL_PLOT_VIEW (tl_plot_view_new (_ ("metrics"), _ ("after the first epoch"), FALSE));
  gtk_box_append (self->plots, GTK_WIDGET (self->loss));
  gtk_box_append (self->plots, GTK_WIDGET (self->metrics));
}

GtkWidget *
tl_training_panel_new (TlSession *session)
{
  TlTrainingPanel *self = g_object_new (TL_TYPE_TRAINING_PANEL, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "training-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return GTK_WIDGET (self);
}
