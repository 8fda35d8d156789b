/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of the canvas share: canvas.c (state, layout), canvas-report.c (what is known of the graph), canvas-draw.c (painting), canvas-input.c (pointer, keys). */

#include "ui/canvas/canvas.h"
#include "ui/canvas/geometry.h"
#include "ui/canvas/node-view.h"
#include "ui/canvas/palette.h"

G_BEGIN_DECLS

typedef struct {
  char       *name;
  TlNodeView *view;
  TlRect      rect; /* world */
  guint       n_inputs;
  guint       n_outputs;
  gboolean    is_selected;
  gboolean    is_hot; /* being dragged */
  gboolean    has_place;
  gboolean    is_allocated; /* at least once */
} CanvasNode;

typedef struct {
  guint      from;
  guint      output;
  guint      to;
  guint      input;
  char      *output_name;
  char      *label;
  TlLinkPath path; /* world */
} CanvasLink;

/* Below this zoom nodes are too small to be read and are drawn as blocks; their widgets are there for the keyboard and for pointers. */
#define TL_CANVAS_BLOCKS 0.3

typedef enum {
  DRAG_NONE,
  DRAG_NODES,
  DRAG_LINK,
  DRAG_BAND,
  DRAG_PAN,
} DragKind;

struct _TlCanvas {
  GtkWidget parent_instance;

  /* owned */
  TlDocument    *document;
  TlCell        *cell;
  GArray        *nodes; /* of CanvasNode, in the order of the text */
  GArray        *links; /* of CanvasLink */
  TlGraphReport *report;
  GHashTable    *run_errors; /* node -> message */
  char          *summary;
  GskRenderNode *static_links;
  GtkWidget     *palette;
  guint          check_id;
  GCancellable  *checking; /* (nullable): of the check that is under way */
  gboolean       checks_again;

  TlCamera camera;
  gboolean has_own_camera; /* the person has zoomed or panned */
  gboolean fills;
  gboolean is_placed;  /* every node has a place in the document */
  guint    max_layers; /* of the placement in use */
  int      selected_link;

  /* a gesture */
  DragKind drag;
  TlPoint  drag_start; /* world */
  TlPoint  drag_now;
  TlCamera drag_camera;
  int      drag_node;
  guint    drag_port;
  gboolean drag_from_output;
  gboolean is_connecting; /* by keys or clicks; from drag_node, drag_port */
};

static inline CanvasNode *
tl_canvas_node (TlCanvas *self,
                guint     index)
{
  return &g_array_index (self->nodes, CanvasNode, index);
}

static inline CanvasLink *
tl_canvas_link (TlCanvas *self,
                guint     index)
{
  return &g_array_index (self->links, CanvasLink, index);
}

/* canvas.c */
void   tl_canvas_update_links (TlCanvas *self);
void   tl_canvas_invalidate (TlCanvas *self);
void   tl_canvas_set_selection (TlCanvas *self,
                                int       node,
                                gboolean  extend);
int    tl_canvas_focus_node (TlCanvas *self);
TlRect tl_canvas_content (TlCanvas *self);
void   tl_canvas_report_error (TlCanvas *self,
                               GError   *error);

/* canvas-report.c */
void tl_canvas_update_looks (TlCanvas *self);
void tl_canvas_update_summary (TlCanvas *self);
void tl_canvas_check_soon (TlCanvas *self);

/* canvas-draw.c */
void tl_canvas_snapshot (GtkWidget   *widget,
                         GtkSnapshot *snapshot);

/* canvas-edit.c */
void tl_canvas_move_selected (TlCanvas *self,
                              double    dx,
                              double    dy);
void tl_canvas_commit_places (TlCanvas *self);
void tl_canvas_connect (TlCanvas *self,
                        int       from,
                        guint     output,
                        int       to,
                        int       input);
void tl_canvas_delete_selected (TlCanvas *self);
void tl_canvas_add_row (TlCanvas   *self,
                        const char *row);

/* canvas-input.c */
void tl_canvas_init_input (TlCanvas *self);
void tl_canvas_watch_node (TlCanvas   *self,
                           TlNodeView *view);

G_END_DECLS
