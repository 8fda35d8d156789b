/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/node-view.h"

#include <glib/gi18n.h>

#include "ui/canvas/geometry.h"

#define PORT_SIZE 18
#define MAX_PORTS 64
#define LONG_ROW 13 /* letters that fit beside the ports */

struct _TlNodeView {
  GtkWidget parent_instance;

  /* children */
  GtkWidget *box;
  GtkWidget *row_label;
  GtkWidget *count_label;
  GtkWidget *line;
  GtkWidget *name_label;
  GtkWidget *attr_label;
  GPtrArray *ports[2]; /* of GtkWidget; inputs, outputs */

  char *group_class;
};

G_DEFINE_FINAL_TYPE (TlNodeView, tl_node_view, GTK_TYPE_WIDGET)

enum {
  SIGNAL_PORT_CLICKED,
  N_SIGNALS
};
static guint signals[N_SIGNALS];

static void
port_clicked_cb (GtkWidget  *port,
                 TlNodeView *self)
{
  for (guint side = 0; side < 2; side++)
    for (guint i = 0; i < self->ports[side]->len; i++)
      if (self->ports[side]->pdata[i] == port) {
        g_signal_emit (self, signals[SIGNAL_PORT_CLICKED], 0, side == 1, i);
        return;
      }
}

static void
set_ports (TlNodeView       *self,
           guint             side,
           guint             n_ports,
           const TlNodeLook *look)
{
  GPtrArray *ports = self->ports[side];

  n_ports = MIN (n_ports, MAX_PORTS);
  while (ports->len > n_ports)
    gtk_widget_unparent (g_ptr_array_steal_index (ports, ports->len - 1));
  while (ports->len < n_ports) {
    GtkWidget *port = gtk_button_new ();

    gtk_widget_add_css_class (port, "tl-port");
    gtk_widget_set_focusable (port, FALSE);
    g_signal_connect (port, "clicked", G_CALLBACK (port_clicked_cb), self);
    gtk_widget_set_parent (port, GTK_WIDGET (self));
    g_ptr_array_add (ports, port);
  }
  for (guint i = 0; i < ports->len; i++) {
    /* Translators: %s is a node of a graph, %u the number of a port. */
    g_autofree char *label = g_strdup_printf (side == 0 ? _ ("%s, input %u") : _ ("%s, output %u"), look->name, i + 1);

    gtk_accessible_update_property (GTK_ACCESSIBLE (ports->pdata[i]), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
  }
}

static void
update_accessible (TlNodeView       *self,
                   const TlNodeLook *look)
{
  g_autoptr (GString) text = g_string_new (NULL);

  g_string_append_printf (text, "%s %s", look->row, look->name);
  if (look->shape != NULL && *look->shape != '\0')
    /* Translators: %s is the shape of an output, such as [N, 32, 28, 28]. */
    g_string_append_printf (text, _ (", output %s"), look->shape);
  if (look->error != NULL)
    g_string_append_printf (text, _ (", error: %s"), look->error);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text->str, -1);
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_INVALID,
                               look->error != NULL ? GTK_ACCESSIBLE_INVALID_TRUE : GTK_ACCESSIBLE_INVALID_FALSE, -1);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self), look->error != NULL ? look->error : look->attrs);
}

void
tl_node_view_set_look (TlNodeView       *self,
                       const TlNodeLook *look)
{
  g_autofree char *group = NULL;

  g_return_if_fail (TL_IS_NODE_VIEW (self));

  gtk_label_set_text (GTK_LABEL (self->row_label), look->row);
  if (g_utf8_strlen (look->row, -1) > LONG_ROW)
    gtk_widget_add_css_class (self->row_label, "long");
  else
    gtk_widget_remove_css_class (self->row_label, "long");
  gtk_label_set_text (GTK_LABEL (self->name_label), look->name);
  gtk_label_set_text (GTK_LABEL (self->attr_label), look->attrs != NULL ? look->attrs : "");
  gtk_label_set_text (GTK_LABEL (self->count_label), look->count != NULL ? look->count : "");
  set_ports (self, 0, look->n_inputs, look);
  set_ports (self, 1, look->n_outputs, look);
  if (look->group != NULL) {
    g_autofree char *lower = g_ascii_strdown (look->group, -1);

    group = g_strconcat ("group-", g_strcanon (lower, "abcdefghijklmnopqrstuvwxyz", '-'), NULL);
  }
  if (g_strcmp0 (group, self->group_class) != 0) {
    if (self->group_class != NULL)
      gtk_widget_remove_css_class (GTK_WIDGET (self), self->group_class);
    if (group != NULL)
      gtk_widget_add_css_class (GTK_WIDGET (self), group);
    g_free (self->group_class);
    self->group_class = g_steal_pointer (&group);
  }
  if (look->error != NULL)
    gtk_widget_add_css_class (GTK_WIDGET (self), "error");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "error");
  update_accessible (self, look);
  gtk_widget_queue_resize (GTK_WIDGET (self));
}

void
tl_node_view_set_selected (TlNodeView *self,
                           gboolean    selected)
{
  g_return_if_fail (TL_IS_NODE_VIEW (self));

  if (selected)
    gtk_widget_add_css_class (GTK_WIDGET (self), "selected");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "selected");
}

const char *const tl_node_edges[TL_NODE_N_EDGES] = { "tl_group_shape", "tl_group_data", "tl_group_layer", "tl_group_act",
                                                     "tl_group_train" };

guint
tl_node_view_get_edge (TlNodeView *self)
{
  static const struct {
    const char *group;
    guint       edge;
  } groups[] = {
    { "group-structure", 1 },
    { "group-linear", 2 },
    { "group-convolution", 2 },
    { "group-activation", 3 },
    { "group-loss", 4 },
    { "group-training", 4 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    if (g_strcmp0 (self->group_class, groups[i].group) == 0)
      return groups[i].edge;
  return 0;
}

gboolean
tl_node_view_has_error (TlNodeView *self)
{
  return gtk_widget_has_css_class (GTK_WIDGET (self), "error");
}

void
tl_node_view_set_detail (TlNodeView *self,
                         int         detail)
{
  g_return_if_fail (TL_IS_NODE_VIEW (self));

  gtk_widget_set_child_visible (self->box, detail > 0);
  gtk_widget_set_visible (self->line, detail > 1);
}

/* --- layout -------------------------------------------------------------------------------------------------------------- */

static void
tl_node_view_measure (GtkWidget     *widget,
                      GtkOrientation orientation,
                      int            for_size,
                      int           *minimum,
                      int           *natural,
                      int           *minimum_baseline,
                      int           *natural_baseline)
{
  TlNodeView *self = TL_NODE_VIEW (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    *minimum = *natural = (int)TL_NODE_WIDTH;
  else
    *minimum = *natural = (int)tl_geometry_node_height (self->ports[0]->len, self->ports[1]->len);
}

static void
tl_node_view_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  TlNodeView   *self = TL_NODE_VIEW (widget);
  TlRect        rect = { 0, 0, width, height };
  GtkAllocation inner = { 0, 0, width, height };

  /* The size is the canvas's to give; what does not fit is cut off. */
  gtk_widget_measure (self->box, GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
  gtk_widget_measure (self->box, GTK_ORIENTATION_VERTICAL, width, NULL, NULL, NULL, NULL);
  gtk_widget_size_allocate (self->box, &inner, -1);
  for (guint side = 0; side < 2; side++)
    for (guint i = 0; i < self->ports[side]->len; i++) {
      TlPoint       middle = tl_geometry_port (&rect, side == 1, i, self->ports[side]->len);
      GtkAllocation place = { (int)middle.x - PORT_SIZE / 2, (int)middle.y - PORT_SIZE / 2, PORT_SIZE, PORT_SIZE };

      gtk_widget_measure (self->ports[side]->pdata[i], GTK_ORIENTATION_HORIZONTAL, -1, NULL, NULL, NULL, NULL);
      gtk_widget_size_allocate (self->ports[side]->pdata[i], &place, -1);
    }
}

static void
tl_node_view_dispose (GObject *object)
{
  TlNodeView *self = TL_NODE_VIEW (object);

  g_clear_pointer (&self->box, gtk_widget_unparent);
  for (guint side = 0; side < 2; side++)
    while (self->ports[side]->len > 0)
      gtk_widget_unparent (g_ptr_array_steal_index (self->ports[side], self->ports[side]->len - 1));
  G_OBJECT_CLASS (tl_node_view_parent_class)->dispose (object);
}

static void
tl_node_view_finalize (GObject *object)
{
  TlNodeView *self = TL_NODE_VIEW (object);

  g_ptr_array_unref (self->ports[0]);
  g_ptr_array_unref (self->ports[1]);
  g_free (self->group_class);
  G_OBJECT_CLASS (tl_node_view_parent_class)->finalize (object);
}

static void
tl_node_view_class_init (TlNodeViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = tl_node_view_dispose;
  G_OBJECT_CLASS (klass)->finalize = tl_node_view_finalize;
  widget_class->measure = tl_node_view_measure;
  widget_class->size_allocate = tl_node_view_size_allocate;
  gtk_widget_class_set_css_name (widget_class, "node");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  signals[SIGNAL_PORT_CLICKED] = g_signal_new ("port-clicked", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                               NULL, G_TYPE_NONE, 2, G_TYPE_BOOLEAN, G_TYPE_UINT);
}

static GtkWidget *
make_label (const char *style,
            gboolean    expand)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), expand ? 0 : 1);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  gtk_widget_set_hexpand (label, expand);
  gtk_widget_add_css_class (label, style);
  return label;
}

static void
tl_node_view_init (TlNodeView *self)
{
  GtkWidget *top = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 4);

  self->ports[0] = g_ptr_array_new ();
  self->ports[1] = g_ptr_array_new ();
  self->box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 1);
  self->line = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 5);
  self->row_label = make_label ("tl-node-row", TRUE);
  self->count_label = make_label ("tl-node-count", FALSE);
  self->name_label = make_label ("tl-node-name", FALSE);
  self->attr_label = make_label ("tl-node-attr", TRUE);
  gtk_label_set_ellipsize (GTK_LABEL (self->count_label), PANGO_ELLIPSIZE_NONE);
  gtk_label_set_max_width_chars (GTK_LABEL (self->name_label), 12);
  gtk_box_append (GTK_BOX (top), self->row_label);
  gtk_box_append (GTK_BOX (top), self->count_label);
  gtk_box_append (GTK_BOX (self->line), self->name_label);
  gtk_box_append (GTK_BOX (self->line), self->attr_label);
  gtk_box_append (GTK_BOX (self->box), top);
  gtk_box_append (GTK_BOX (self->box), self->line);
  gtk_widget_set_vexpand (top, TRUE);
  gtk_widget_set_valign (top, GTK_ALIGN_END);
  gtk_widget_set_vexpand (self->line, TRUE);
  gtk_widget_set_valign (self->line, GTK_ALIGN_START);
  gtk_widget_add_css_class (self->box, "tl-node-box");
  gtk_widget_set_parent (self->box, GTK_WIDGET (self));
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
}

GtkWidget *
tl_node_view_new (void)
{
  return g_object_new (TL_TYPE_NODE_VIEW, NULL);
}
