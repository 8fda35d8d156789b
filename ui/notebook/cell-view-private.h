/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of a cell's view share: cell-view.c (content, keys), cell-output.c (what running left), cell-actions.c (commands). */

#include "ui/notebook/cell-view.h"

G_BEGIN_DECLS

struct _TlCellView {
  GtkWidget parent_instance;

  /* template */
  GtkWidget        *gutter;
  GtkStack         *run_stack;
  GtkWidget        *run_button;
  GtkSpinner       *spinner;
  GtkWidget        *frame;
  GtkWidget        *caption;
  GtkLabel         *kind_label;
  GtkEditableLabel *id_label;
  GtkLabel         *summary_label;
  GtkLabel         *status_label;
  GtkWidget        *add_button;
  GtkWidget        *open_button;
  GtkWidget        *menu_button;
  AdwBin           *content;
  GtkBox           *output;

  /* borrowed, from the content */
  GtkTextView *source_view;
  TlCanvas    *canvas;

  /* owned */
  TlSession *session;
  TlCell    *cell;
  guint      clock_id;
  gboolean   is_editing; /* prose is shown as source */
};

/* cell-view.c */
void tl_cell_view_activate (TlCellView *self);
void tl_cell_view_open_canvas (TlCellView *self);

/* cell-output.c */
void tl_cell_view_show_outputs (TlCellView      *self,
                                const TlOutputs *outputs);
void tl_cell_view_update_status (TlCellView *self);

/* cell-actions.c */
void tl_cell_view_class_add_actions (GtkWidgetClass *widget_class);

G_END_DECLS
