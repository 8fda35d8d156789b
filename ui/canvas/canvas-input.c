/* SPDX-License-Identifier: Apache-2.0 */
#include "ui/canvas/canvas-private.h"

#include <math.h>

#define PORT_REACH 11.0 /* pixels around a port that count as it */
#define LINK_REACH 6.0
#define THRESHOLD 4.0

static TlPoint
to_world (TlCanvas *self,
          double    x,
          double    y)
{
  return tl_camera_to_world (&self->camera, (TlPoint){ x, y });
}

static int
hit_node (TlCanvas *self,
          TlPoint   world)
{
  g_autofree TlRect *rects = g_new (TlRect, self->nodes->len + 1);

  for (guint i = 0; i < self->nodes->len; i++)
    rects[i] = tl_canvas_node (self, i)->rect;
  return tl_geometry_hit (rects, self->nodes->len, world);
}

/* The port at a place: its node, or -1. */
static int
hit_port (TlCanvas *self,
          TlPoint   world,
          gboolean *is_output,
          guint    *index)
{
  double reach = PORT_REACH / MAX (self->camera.zoom, 0.5);

  for (guint k = self->nodes->len; k > 0; k--) {
    CanvasNode *node = tl_canvas_node (self, k - 1);

    for (guint side = 0; side < 2; side++) {
      guint n_ports = side == 1 ? node->n_outputs : node->n_inputs;

      for (guint i = 0; i < n_ports; i++) {
        TlPoint port = tl_geometry_port (&node->rect, side == 1, i, n_ports);

        if (hypot (port.x - world.x, port.y - world.y) > reach)
          continue;
        *is_output = side == 1;
        *index = i;
        return (int)k - 1;
      }
    }
  }
  return -1;
}

static int
hit_link (TlCanvas *self,
          TlPoint   world)
{
  int    best = -1;
  double best_distance = LINK_REACH / self->camera.zoom;

  for (guint i = 0; i < self->links->len; i++) {
    double distance = tl_geometry_link_distance (&tl_canvas_link (self, i)->path, world);

    if (distance < best_distance) {
      best_distance = distance;
      best = (int)i;
    }
  }
  return best;
}

/* --- connecting ---------------------------------------------------------------------------------------------------------- */

static void
finish_link (TlCanvas *self,
             int       node,
             gboolean  has_port,
             guint     port)
{
  int from = self->drag_from_output ? self->drag_node : node;
  int to = self->drag_from_output ? node : self->drag_node;

  self->is_connecting = FALSE;
  if (node < 0 || node == self->drag_node) {
    tl_canvas_invalidate (self);
    return;
  }
  if (self->drag_from_output)
    tl_canvas_connect (self, from, self->drag_port, to, has_port ? (int)port : -1);
  else
    tl_canvas_connect (self, from, has_port ? port : 0, to, (int)self->drag_port);
}

static void
start_connecting (TlCanvas *self,
                  int       node,
                  gboolean  is_output,
                  guint     port)
{
  self->is_connecting = TRUE;
  self->drag_node = node;
  self->drag_port = port;
  self->drag_from_output = is_output;
  self->drag_now = tl_geometry_port (&tl_canvas_node (self, (guint)node)->rect, is_output, port,
                                     is_output ? tl_canvas_node (self, (guint)node)->n_outputs
                                               : tl_canvas_node (self, (guint)node)->n_inputs);
  tl_canvas_invalidate (self);
}

static void
port_clicked_cb (TlNodeView *view,
                 gboolean    is_output,
                 guint       index,
                 TlCanvas   *self)
{
  int node = -1;

  for (guint i = 0; i < self->nodes->len; i++)
    if (tl_canvas_node (self, i)->view == view)
      node = (int)i;
  if (node < 0)
    return;
  if (self->is_connecting && is_output != self->drag_from_output)
    finish_link (self, node, TRUE, index);
  else
    start_connecting (self, node, is_output, index);
}

static void
node_focus_cb (GtkEventControllerFocus *controller,
               TlCanvas                *self)
{
  GtkWidget *view = gtk_event_controller_get_widget (GTK_EVENT_CONTROLLER (controller));

  if (self->is_connecting) {
    tl_canvas_invalidate (self);
    return;
  }
  for (guint i = 0; i < self->nodes->len; i++)
    if (GTK_WIDGET (tl_canvas_node (self, i)->view) == view && !tl_canvas_node (self, i)->is_selected)
      tl_canvas_set_selection (self, (int)i, FALSE);
}

void
tl_canvas_watch_node (TlCanvas   *self,
                      TlNodeView *view)
{
  GtkEventController *focus = gtk_event_controller_focus_new ();

  g_signal_connect (view, "port-clicked", G_CALLBACK (port_clicked_cb), self);
  g_signal_connect (focus, "enter", G_CALLBACK (node_focus_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (view), focus);
}

/* --- dragging ------------------------------------------------------------------------------------------------------------ */

static void
drag_begin_cb (GtkGestureDrag *gesture,
               double          x,
               double          y,
               TlCanvas       *self)
{
  TlPoint         world = to_world (self, x, y);
  GdkModifierType modifiers = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (gesture));
  gboolean        extend = (modifiers & (GDK_SHIFT_MASK | GDK_CONTROL_MASK)) != 0;
  int             port_node = hit_port (self, world, &self->drag_from_output, &self->drag_port);
  int             node = hit_node (self, world);

  self->drag_start = self->drag_now = world;
  self->drag_camera = self->camera;
  if (port_node >= 0) {
    /* Claimed only when it moves, so that a click still reaches the port's button. */
    self->drag_node = port_node;
    self->drag = DRAG_LINK;
    return;
  }
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  if (node >= 0) {
    if (self->is_connecting) {
      finish_link (self, node, FALSE, 0);
      return;
    }
    self->drag = DRAG_NODES;
    if (!tl_canvas_node (self, (guint)node)->is_selected || extend)
      tl_canvas_set_selection (self, node, extend);
    gtk_widget_grab_focus (GTK_WIDGET (tl_canvas_node (self, (guint)node)->view));
    return;
  }
  self->is_connecting = FALSE;
  self->selected_link = hit_link (self, world);
  tl_canvas_set_selection (self, -1, extend);
  gtk_widget_grab_focus (GTK_WIDGET (self));
  if (self->selected_link < 0)
    self->drag = DRAG_BAND;
}

static void
move_nodes (TlCanvas *self,
            double    dx,
            double    dy)
{
  gboolean was_hot = FALSE;

  for (guint i = 0; i < self->nodes->len; i++)
    was_hot |= tl_canvas_node (self, i)->is_hot;
  for (guint i = 0; i < self->nodes->len; i++) {
    CanvasNode *node = tl_canvas_node (self, i);

    if (!node->is_selected)
      continue;
    node->is_hot = TRUE;
    node->rect.x += dx;
    node->rect.y += dy;
  }
  tl_canvas_update_links (self);
  /* The first movement takes the links of these nodes out of those that stand still. */
  if (!was_hot)
    g_clear_pointer (&self->static_links, gsk_render_node_unref);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static void
drag_update_cb (GtkGestureDrag *gesture,
                double          dx,
                double          dy,
                TlCanvas       *self)
{
  TlPoint now = { self->drag_start.x + dx / self->drag_camera.zoom, self->drag_start.y + dy / self->drag_camera.zoom };
  TlPoint step = { now.x - self->drag_now.x, now.y - self->drag_now.y };

  if (self->drag == DRAG_NONE)
    return;
  if (self->drag != DRAG_BAND && hypot (dx, dy) < THRESHOLD && self->drag_now.x == self->drag_start.x && self->drag_now.y == self->drag_start.y)
    return;
  self->drag_now = now;
  if (self->drag == DRAG_LINK) {
    gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
    gtk_widget_queue_draw (GTK_WIDGET (self));
  } else if (self->drag == DRAG_NODES) {
    /* A camera that follows the graph must not run away under the pointer. */
    self->has_own_camera = TRUE;
    move_nodes (self, step.x, step.y);
  } else {
    gtk_widget_queue_draw (GTK_WIDGET (self));
  }
}

static void
select_band (TlCanvas *self)
{
  TlRect band = tl_rect_from_corners (self->drag_start, self->drag_now);

  for (guint i = 0; i < self->nodes->len; i++)
    if (tl_rect_overlaps (&band, &tl_canvas_node (self, i)->rect) && !tl_canvas_node (self, i)->is_selected)
      tl_canvas_set_selection (self, (int)i, TRUE);
}

static void
drag_end_cb (GtkGestureDrag *gesture,
             double          dx,
             double          dy,
             TlCanvas       *self)
{
  DragKind drag = self->drag;
  gboolean moved = self->drag_now.x != self->drag_start.x || self->drag_now.y != self->drag_start.y;

  self->drag = DRAG_NONE;
  if (drag == DRAG_LINK && moved) {
    gboolean is_output = FALSE;
    guint    port = 0;
    int      node = hit_port (self, self->drag_now, &is_output, &port);

    if (node >= 0 && is_output != self->drag_from_output)
      finish_link (self, node, TRUE, port);
    else
      finish_link (self, hit_node (self, self->drag_now), FALSE, 0);
  } else if (drag == DRAG_NODES && moved) {
    if (!self->fills)
      self->has_own_camera = FALSE;
    tl_canvas_commit_places (self);
  } else if (drag == DRAG_BAND && moved) {
    select_band (self);
  }
  tl_canvas_invalidate (self);
}

static void
motion_cb (GtkEventControllerMotion *controller,
           double                    x,
           double                    y,
           TlCanvas                 *self)
{
  if (!self->is_connecting)
    return;
  self->drag_now = to_world (self, x, y);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* --- camera -------------------------------------------------------------------------------------------------------------- */

static void
camera_changed (TlCanvas *self)
{
  self->has_own_camera = TRUE;
  tl_canvas_invalidate (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
}

static gboolean
scroll_cb (GtkEventControllerScroll *controller,
           double                    dx,
           double                    dy,
           TlCanvas                 *self)
{
  GdkModifierType  modifiers = gtk_event_controller_get_current_event_state (GTK_EVENT_CONTROLLER (controller));
  GdkEvent        *event = gtk_event_controller_get_current_event (GTK_EVENT_CONTROLLER (controller));
  graphene_point_t point = GRAPHENE_POINT_INIT (0, 0);
  double           x, y;

  if ((modifiers & GDK_CONTROL_MASK) != 0) {
    GtkNative *native = gtk_widget_get_native (GTK_WIDGET (self));
    double     native_x, native_y;

    gdk_event_get_position (event, &x, &y);
    gtk_native_get_surface_transform (native, &native_x, &native_y);
    if (!gtk_widget_compute_point (GTK_WIDGET (native), GTK_WIDGET (self),
                                   &GRAPHENE_POINT_INIT ((float)(x - native_x), (float)(y - native_y)), &point))
      return GDK_EVENT_PROPAGATE;
    tl_camera_zoom_at (&self->camera, (TlPoint){ point.x, point.y }, self->camera.zoom * pow (1.12, -dy));
    camera_changed (self);
    return GDK_EVENT_STOP;
  }
  /* In the column of cells the wheel belongs to the column. */
  if (!self->fills)
    return GDK_EVENT_PROPAGATE;
  if ((modifiers & GDK_SHIFT_MASK) != 0) {
    dx = dy;
    dy = 0;
  }
  self->camera.x += dx * 48 / self->camera.zoom;
  self->camera.y += dy * 48 / self->camera.zoom;
  camera_changed (self);
  return GDK_EVENT_STOP;
}

static void
pan_update_cb (GtkGestureDrag *gesture,
               double          dx,
               double          dy,
               TlCanvas       *self)
{
  self->camera.x = self->drag_camera.x - dx / self->camera.zoom;
  self->camera.y = self->drag_camera.y - dy / self->camera.zoom;
  camera_changed (self);
}

static void
pan_begin_cb (GtkGestureDrag *gesture,
              double          x,
              double          y,
              TlCanvas       *self)
{
  self->drag_camera = self->camera;
}

static void
zoom_scale_cb (GtkGestureZoom *gesture,
               double          scale,
               TlCanvas       *self)
{
  double x, y;

  gtk_gesture_get_bounding_box_center (GTK_GESTURE (gesture), &x, &y);
  tl_camera_zoom_at (&self->camera, (TlPoint){ x, y }, self->drag_camera.zoom * scale);
  camera_changed (self);
}

static void
zoom_begin_cb (GtkGesture       *gesture,
               GdkEventSequence *sequence,
               TlCanvas         *self)
{
  self->drag_camera = self->camera;
}

/* --- keys ---------------------------------------------------------------------------------------------------------------- */

static gboolean
arrow_key (TlCanvas       *self,
           int             dx,
           int             dy,
           GdkModifierType modifiers)
{
  g_autofree TlRect *rects = g_new (TlRect, self->nodes->len + 1);
  int                next;

  if ((modifiers & GDK_CONTROL_MASK) != 0) {
    tl_canvas_move_selected (self, dx, dy);
    return GDK_EVENT_STOP;
  }
  if ((modifiers & GDK_ALT_MASK) != 0)
    return GDK_EVENT_PROPAGATE;
  for (guint i = 0; i < self->nodes->len; i++)
    rects[i] = tl_canvas_node (self, i)->rect;
  next = tl_geometry_neighbour (rects, self->nodes->len, tl_canvas_focus_node (self), dx, dy);
  if (next < 0)
    return GDK_EVENT_STOP;
  gtk_widget_grab_focus (GTK_WIDGET (tl_canvas_node (self, (guint)next)->view));
  return GDK_EVENT_STOP;
}

static void
zoom_key (TlCanvas *self,
          double    factor)
{
  TlPoint middle = { gtk_widget_get_width (GTK_WIDGET (self)) / 2.0, gtk_widget_get_height (GTK_WIDGET (self)) / 2.0 };

  if (factor == 0) {
    self->has_own_camera = FALSE;
    tl_canvas_invalidate (self);
    gtk_widget_queue_allocate (GTK_WIDGET (self));
    return;
  }
  tl_camera_zoom_at (&self->camera, middle, self->camera.zoom * factor);
  camera_changed (self);
}

static gboolean
enter_key (TlCanvas *self)
{
  if (!self->is_connecting)
    return GDK_EVENT_PROPAGATE;
  finish_link (self, tl_canvas_focus_node (self), FALSE, 0);
  return GDK_EVENT_STOP;
}

static gboolean
escape_key (TlCanvas *self)
{
  if (self->is_connecting) {
    self->is_connecting = FALSE;
    tl_canvas_invalidate (self);
    return GDK_EVENT_STOP;
  }
  if (tl_canvas_get_selected (self) == NULL && self->selected_link < 0)
    return GDK_EVENT_PROPAGATE;
  tl_canvas_set_selection (self, -1, FALSE);
  return GDK_EVENT_STOP;
}

static gboolean
key_cb (GtkEventControllerKey *controller,
        guint                  key,
        guint                  code,
        GdkModifierType        modifiers,
        TlCanvas              *self)
{
  int focus = tl_canvas_focus_node (self);

  switch (key) {
  case GDK_KEY_Left:
    return arrow_key (self, -1, 0, modifiers);
  case GDK_KEY_Right:
    return arrow_key (self, 1, 0, modifiers);
  case GDK_KEY_Up:
    return arrow_key (self, 0, -1, modifiers);
  case GDK_KEY_Down:
    return arrow_key (self, 0, 1, modifiers);
  case GDK_KEY_Return:
  case GDK_KEY_KP_Enter:
    return (modifiers & (GDK_CONTROL_MASK | GDK_SHIFT_MASK)) != 0 ? GDK_EVENT_PROPAGATE : enter_key (self);
  case GDK_KEY_Escape:
    return escape_key (self);
  default:
    break;
  }
  if ((modifiers & (GDK_CONTROL_MASK | GDK_ALT_MASK)) != 0)
    return GDK_EVENT_PROPAGATE;
  switch (key) {
  case GDK_KEY_Delete:
  case GDK_KEY_BackSpace:
    tl_canvas_delete_selected (self);
    return GDK_EVENT_STOP;
  case GDK_KEY_c:
    if (focus >= 0)
      start_connecting (self, focus, TRUE, 0);
    return GDK_EVENT_STOP;
  case GDK_KEY_a:
    tl_canvas_show_palette (self);
    return GDK_EVENT_STOP;
  case GDK_KEY_plus:
  case GDK_KEY_equal:
    zoom_key (self, 1.2);
    return GDK_EVENT_STOP;
  case GDK_KEY_minus:
    zoom_key (self, 1 / 1.2);
    return GDK_EVENT_STOP;
  case GDK_KEY_0:
    zoom_key (self, 0);
    return GDK_EVENT_STOP;
  default:
    return GDK_EVENT_PROPAGATE;
  }
}

void
tl_canvas_init_input (TlCanvas *self)
{
  GtkWidget          *widget = GTK_WIDGET (self);
  GtkGesture         *drag = gtk_gesture_drag_new ();
  GtkGesture         *pan = gtk_gesture_drag_new ();
  GtkGesture         *zoom = gtk_gesture_zoom_new ();
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *key = gtk_event_controller_key_new ();
  GtkEventController *scroll = gtk_event_controller_scroll_new (GTK_EVENT_CONTROLLER_SCROLL_BOTH_AXES);

  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (drag), GDK_BUTTON_PRIMARY);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (drag), GTK_PHASE_CAPTURE);
  g_signal_connect (drag, "drag-begin", G_CALLBACK (drag_begin_cb), self);
  g_signal_connect (drag, "drag-update", G_CALLBACK (drag_update_cb), self);
  g_signal_connect (drag, "drag-end", G_CALLBACK (drag_end_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (drag));
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (pan), GDK_BUTTON_MIDDLE);
  g_signal_connect (pan, "drag-begin", G_CALLBACK (pan_begin_cb), self);
  g_signal_connect (pan, "drag-update", G_CALLBACK (pan_update_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (pan));
  g_signal_connect (zoom, "begin", G_CALLBACK (zoom_begin_cb), self);
  g_signal_connect (zoom, "scale-changed", G_CALLBACK (zoom_scale_cb), self);
  gtk_widget_add_controller (widget, GTK_EVENT_CONTROLLER (zoom));
  g_signal_connect (motion, "motion", G_CALLBACK (motion_cb), self);
  gtk_widget_add_controller (widget, motion);
  g_signal_connect (key, "key-pressed", G_CALLBACK (key_cb), self);
  gtk_widget_add_controller (widget, key);
  g_signal_connect (scroll, "scroll", G_CALLBACK (scroll_cb), self);
  gtk_widget_add_controller (widget, scroll);
}
