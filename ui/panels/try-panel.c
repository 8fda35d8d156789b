/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/panels/try-panel.h"

#include <glib/gi18n.h>
#include <string.h>

#include "ui/plot/number.h"

#define MAX_BARS 12
#define PICTURE_WIDTH 224

struct _TlTryPanel {
  GtkWidget parent_instance;

  /* template */
  GtkWidget  *scroller;
  GtkPicture *picture;
  GtkWidget  *buttons;
  GtkLabel   *place;
  GtkLabel   *caption;
  GtkGrid    *bars;

  /* owned */
  TlSession    *session;
  GCancellable *cancellable;
  guint64       index;
  guint64       n_items; /* 0 until an answer told */
};

G_DEFINE_FINAL_TYPE (TlTryPanel, tl_try_panel, GTK_TYPE_WIDGET)

GBytes *
tl_try_enlarge (const guint8 *pixels,
                gsize         n_bytes,
                guint         width,
                guint         height,
                guint         channels,
                guint         factor)
{
  guint8 *result;
  gsize   row_bytes;

  if (width == 0 || height == 0 || width > 4096 || height > 4096 || (channels != 1 && channels != 3) || factor == 0 || factor > 64 || n_bytes < (gsize)width * height * channels)
    return NULL;
  row_bytes = (gsize)width * factor * 3;
  result = g_malloc (row_bytes * height * factor);
  for (guint y = 0; y < height * factor; y++)
    for (guint x = 0; x < width * factor; x++) {
      const guint8 *from = pixels + ((gsize)(y / factor) * width + x / factor) * channels;
      guint8       *to = result + y * row_bytes + (gsize)x * 3;

      to[0] = from[0];
      to[1] = from[channels == 3 ? 1 : 0];
      to[2] = from[channels == 3 ? 2 : 0];
    }
  return g_bytes_new_take (result, row_bytes * height * factor);
}

static void
show_picture (TlTryPanel *self,
              GVariant   *pixels,
              guint       width,
              guint       height,
              guint       channels)
{
  gsize                  n_bytes = 0;
  const guint8          *data = g_variant_get_fixed_array (pixels, &n_bytes, 1);
  guint                  factor = width > 0 ? MAX (1, PICTURE_WIDTH / width) : 1;
  g_autoptr (GBytes)     enlarged = tl_try_enlarge (data, n_bytes, width, height, channels, factor);
  g_autoptr (GdkTexture) texture = NULL;

  if (enlarged == NULL) {
    gtk_picture_set_paintable (self->picture, NULL);
    return;
  }
  texture = gdk_memory_texture_new ((int)(width * factor), (int)(height * factor), GDK_MEMORY_R8G8B8, enlarged,
                                    (gsize)width * factor * 3);
  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (texture));
}

static void
clear_bars (TlTryPanel *self)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (GTK_WIDGET (self->bars))) != NULL)
    gtk_grid_remove (self->bars, child);
}

static void
add_bar (TlTryPanel *self,
         int         row,
         const char *name,
         double      probability,
         gboolean    is_best,
         gboolean    is_true)
{
  GtkWidget       *label = gtk_label_new (name);
  GtkWidget       *bar = gtk_level_bar_new ();
  g_autofree char *text = g_strdup_printf ("%.1f %%", probability * 100);
  GtkWidget       *value = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 12);
  gtk_label_set_xalign (GTK_LABEL (value), 1);
  gtk_label_set_width_chars (GTK_LABEL (value), 6);
  gtk_level_bar_add_offset_value (GTK_LEVEL_BAR (bar), GTK_LEVEL_BAR_OFFSET_LOW, 0);
  gtk_level_bar_set_value (GTK_LEVEL_BAR (bar), CLAMP (probability, 0, 1));
  gtk_widget_set_hexpand (bar, TRUE);
  gtk_widget_set_valign (bar, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (bar, "tl-bar");
  gtk_widget_add_css_class (label, "tl-bar-name");
  gtk_widget_add_css_class (value, "tl-bar-value");
  if (is_best)
    gtk_widget_add_css_class (bar, is_true ? "right" : "best");
  if (is_best || is_true)
    gtk_widget_add_css_class (label, "strong");
  gtk_accessible_update_property (GTK_ACCESSIBLE (bar), GTK_ACCESSIBLE_PROPERTY_LABEL, name, -1);
  gtk_grid_attach (self->bars, label, 0, row, 1, 1);
  gtk_grid_attach (self->bars, bar, 1, row, 1, 1);
  gtk_grid_attach (self->bars, value, 2, row, 1, 1);
}

/* @verdict: "right", "wrong", "empty" where the caption is a message, or NULL */
static void
set_verdict (TlTryPanel *self,
             const char *verdict)
{
  static const char *const all[] = { "right", "wrong", "empty" };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    gtk_widget_remove_css_class (GTK_WIDGET (self->caption), all[i]);
  if (verdict != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self->caption), verdict);
}

static void
show_bars (TlTryPanel  *self,
           const char **classes,
           GVariant    *probabilities,
           int          truth)
{
  gsize         n = 0;
  const double *values = g_variant_get_fixed_array (probabilities, &n, sizeof (double));
  guint         n_classes = g_strv_length ((char **)classes);
  guint         best = 0;
  double        limit = 0;

  clear_bars (self);
  n = MIN (n, n_classes);
  for (guint i = 1; i < n; i++)
    if (values[i] > values[best])
      best = i;
  /* Of many classes only the likely ones; of few all, always in the same order, so that pictures can be compared. */
  if (n > MAX_BARS) {
    g_autofree double *sorted = g_memdup2 (values, n * sizeof (double));

    for (guint i = 0; i < MAX_BARS; i++)
      for (guint k = i + 1; k < n; k++)
        if (sorted[k] > sorted[i]) {
          double kept = sorted[i];

          sorted[i] = sorted[k];
          sorted[k] = kept;
        }
    limit = sorted[MAX_BARS - 1];
  }
  for (guint i = 0, row = 0; i < n; i++)
    if (values[i] >= limit && row < MAX_BARS)
      add_bar (self, (int)row++, classes[i], values[i], i == best, (int)i == truth);
  if (n > 0) {
    g_autofree char *text = NULL;
    g_autofree char *index = tl_number_group ((gint64)self->index + 1);
    g_autofree char *n_items = tl_number_group ((gint64)self->n_items);
    g_autofree char *place = g_strdup_printf (_ ("%s of %s"), index, n_items);

    if (truth < 0 || (guint)truth >= n)
      text = g_strdup (classes[best]);
    else if ((guint)truth == best)
      /* Translators: %s is the name of a class, which the model has found out. */
      text = g_strdup_printf (_ ("%s ✓"), classes[best]);
    else
      /* Translators: the model said the first class, but the second is true. */
      text = g_strdup_printf (_ ("%s ✗ it is %s"), classes[best], classes[truth]);
    gtk_label_set_text (self->caption, text);
    gtk_label_set_text (self->place, place);
    set_verdict (self, truth < 0 ? NULL : (guint)truth == best ? "right"
                                                               : "wrong");
  }
}

/* Nothing to show: why, and what to do about it. */
static void
show_message (TlTryPanel   *self,
              const GError *error)
{
  const TlTraining *training = tl_session_get_training (self->session);
  g_autofree char  *text = NULL;

  if (training == NULL)
    text = g_strdup (_ ("Train a model. Then a picture of its validation data appears here, and what the model takes it for."));
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_CONNECTED) || strstr (error->message, "no model was trained") != NULL)
    text = g_strdup (_ ("The kernel that trained this model has ended. Run the training again to try the model."));
  else
    text = g_strdup (error->message);
  gtk_label_set_text (self->caption, text);
  set_verdict (self, "empty");
  gtk_picture_set_paintable (self->picture, NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), FALSE);
  gtk_widget_set_visible (self->buttons, FALSE);
  clear_bars (self);
}

static void
predicted_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (TlTryPanel)  self = user_data;
  g_autoptr (GError)      error = NULL;
  g_autoptr (GVariant)    answer = tl_kernel_client_call_finish (TL_KERNEL_CLIENT (source), result, &error);
  g_autoptr (GVariant)    pixels = NULL;
  g_autoptr (GVariant)    probabilities = NULL;
  g_autofree const char **classes = NULL;
  guint                   width, height, channels;
  int                     truth;

  if (self->session == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (answer == NULL) {
    show_message (self, error);
    return;
  }
  g_variant_get (answer, "(uuu@ay^a&s@adit)", &width, &height, &channels, &pixels, &classes, &probabilities, &truth, &self->n_items);
  gtk_widget_set_visible (self->buttons, TRUE);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), width > 0);
  show_picture (self, pixels, width, height, channels);
  show_bars (self, classes, probabilities, truth);
}

void
tl_try_panel_refresh (TlTryPanel *self)
{
  const TlTraining *training;

  g_return_if_fail (TL_IS_TRY_PANEL (self));

  training = tl_session_get_training (self->session);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->cancellable = g_cancellable_new ();
  tl_kernel_client_call_async (tl_session_get_kernel (self->session), "Predict",
                               g_variant_new ("(st)", training != NULL && training->run != NULL ? training->run : "", self->index),
                               self->cancellable, predicted_cb, g_object_ref (self));
}

static void
step_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  TlTryPanel *self = TL_TRY_PANEL (widget);

  if (g_str_equal (name, "try.next"))
    self->index = self->index + 1 < self->n_items ? self->index + 1 : 0;
  else if (g_str_equal (name, "try.previous"))
    self->index = self->index > 0 ? self->index - 1 : self->n_items - 1;
  else
    self->index = (guint64)(g_random_double () * (double)self->n_items);
  tl_try_panel_refresh (self);
}

static void
tl_try_panel_dispose (GObject *object)
{
  TlTryPanel *self = TL_TRY_PANEL (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->scroller, gtk_widget_unparent);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (tl_try_panel_parent_class)->dispose (object);
}

static void
tl_try_panel_class_init (TlTryPanelClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_try_panel_dispose;
  gtk_widget_class_install_action (widget_class, "try.previous", NULL, step_action);
  gtk_widget_class_install_action (widget_class, "try.next", NULL, step_action);
  gtk_widget_class_install_action (widget_class, "try.random", NULL, step_action);
  gtk_widget_class_set_template_from_resource (widget_class, "/org/trellisml/Trellis/ui/panels/try-panel.ui");
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, scroller);
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, picture);
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, buttons);
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, caption);
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, place);
  gtk_widget_class_bind_template_child (widget_class, TlTryPanel, bars);
}

static void
tl_try_panel_init (TlTryPanel *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
tl_try_panel_new (TlSession *session)
{
  TlTryPanel *self = g_object_new (TL_TYPE_TRY_PANEL, NULL);

  self->session = g_object_ref (session);
  return GTK_WIDGET (self);
}
