/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/plot/plot-view.h"

#include <glib/gi18n.h>

#include "ui/plot/plot-draw.h"

#define MAX_SHOWN 6

struct _TlPlotView {
  GtkWidget parent_instance;

  char             *title;
  char             *empty;
  gboolean          is_loss;
  const TlTraining *training;
};

G_DEFINE_FINAL_TYPE (TlPlotView, tl_plot_view, GTK_TYPE_WIDGET)

static TlPlotColor
look_up (TlPlotView *self,
         const char *name)
{
  GdkRGBA color = { 0.5f, 0.5f, 0.5f, 1 };

  gtk_style_context_lookup_color (gtk_widget_get_style_context (GTK_WIDGET (self)), name, &color);
  return (TlPlotColor){ color.red, color.green, color.blue };
}

static gboolean
is_shown (TlPlotView    *self,
          const TlCurve *curve)
{
  return g_str_equal (curve->name, "loss") == self->is_loss;
}

static void
tl_plot_view_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  TlPlotView             *self = TL_PLOT_VIEW (widget);
  int                     width = gtk_widget_get_width (widget);
  int                     height = gtk_widget_get_height (widget);
  TlPlotCurve             curves[MAX_SHOWN];
  char                   *labels[MAX_SHOWN] = { NULL };
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (widget, NULL);
  TlPlot                  plot = { .title = self->title, .empty = self->empty, .curves = curves, .layout = layout };
  cairo_t                *cr;

  if (width <= 0 || height <= 0)
    return;
  plot.ink = look_up (self, "tl_ink_2");
  plot.faint = look_up (self, "tl_line");
  for (guint i = 0; self->training != NULL && i < self->training->curves->len && plot.n_curves < MAX_SHOWN; i++) {
    const TlCurve *curve = self->training->curves->pdata[i];
    char           color[] = "tl_curve_0";

    if (!is_shown (self, curve))
      continue;
    color[9] = (char)('1' + plot.n_curves);
    labels[plot.n_curves] = curve->is_validation ? g_strdup_printf (_ ("%s, validation"), curve->name)
                                                 : g_strdup (curve->name);
    curves[plot.n_curves] = (TlPlotCurve){ curve->series, labels[plot.n_curves], look_up (self, color), curve->is_validation };
    plot.n_curves++;
  }
  if (self->training != NULL && tl_training_is_live (self->training))
    plot.x_end = tl_plot_end ((double)self->training->step, (double)(self->training->epochs * self->training->steps_per_epoch));
  cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (0, 0, (float)width, (float)height));
  tl_plot_draw (&plot, cr, width, height);
  cairo_destroy (cr);
  for (guint i = 0; i < MAX_SHOWN; i++)
    g_free (labels[i]);
}

/* A chart says nothing to who cannot see it; its label is the summary. */
static void
update_accessible (TlPlotView *self)
{
  g_autoptr (GString) text = g_string_new (self->title);

  for (guint i = 0; self->training != NULL && i < self->training->curves->len; i++) {
    const TlCurve *curve = self->training->curves->pdata[i];

    if (is_shown (self, curve))
      g_string_append_printf (text, ", %s %s %.4g", curve->name, curve->is_validation ? _ ("validation") : "", curve->last);
  }
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text->str, -1);
}

void
tl_plot_view_update (TlPlotView       *self,
                     const TlTraining *training)
{
  g_return_if_fail (TL_IS_PLOT_VIEW (self));

  self->training = training;
  update_accessible (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
tl_plot_view_finalize (GObject *object)
{
  g_free (TL_PLOT_VIEW (object)->title);
  g_free (TL_PLOT_VIEW (object)->empty);
  G_OBJECT_CLASS (tl_plot_view_parent_class)->finalize (object);
}

static void
tl_plot_view_class_init (TlPlotViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = tl_plot_view_finalize;
  widget_class->snapshot = tl_plot_view_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
  gtk_widget_class_set_css_name (widget_class, "plot");
}

static void
tl_plot_view_init (TlPlotView *self)
{
  gtk_widget_set_hexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_size_request (GTK_WIDGET (self), 60, 110);
}

GtkWidget *
tl_plot_view_new (const char *title,
                  const char *empty,
                  gboolean    is_loss)
{
  TlPlotView *self = g_object_new (TL_TYPE_PLOT_VIEW, NULL);

  self->title = g_strdup (title);
  self->empty = g_strdup (empty);
  self->is_loss = is_loss;
  return GTK_WIDGET (self);
}
