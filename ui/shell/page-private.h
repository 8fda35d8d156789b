/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of a page share: page.c (widgets, selection, canvas) and page-commands.c (finding, help, names, copies). */

#include "ui/notebook/find-bar.h"
#include "ui/panels/inspector.h"
#include "ui/panels/outline.h"
#include "ui/panels/try-panel.h"
#include "ui/shell/page.h"

G_BEGIN_DECLS

/* Bars above the notebook: one line about file or kernel, and what can be done about it. */
typedef enum {
  BAR_KERNEL,
  BAR_FILE,
  N_BARS
} BarKind;

struct _TlPage {
  AdwBin parent_instance;

  /* children */
  GtkRevealer *bars[N_BARS];
  GtkLabel    *bar_labels[N_BARS];
  GtkWidget   *bar_buttons[N_BARS];
  GtkStack    *stack; /* the notebook, or one canvas */
  TlFindBar   *find_bar;
  TlNotebook  *notebook;
  AdwBin      *canvas_bin;
  GtkLabel    *canvas_title;
  TlCanvas    *canvas; /* the one that fills the page */
  TlOutline   *outline;
  TlInspector *inspector;
  TlTryPanel  *try_panel;
  GtkStack    *right; /* inspector, or Try the Model */

  /* owned */
  TlSession *session;
  TlCell    *canvas_cell;
  guint      inspect_id;

  char *asked; /* owned: the name that help was asked for */

  /* of the match that was shown last */
  gsize found_start;
  gsize found_bytes;

  /* of the training that was told last */
  int    training_status;
  gint64 training_epoch;
};

/* page.c */
TlCanvas *tl_page_get_canvas (TlPage *self);
void      tl_page_inspect_now (TlPage *self);

/* page-commands.c */
void tl_page_found_cb (TlPage *self,
                       TlCell *cell,
                       guint64 start,
                       guint64 n_bytes);
void tl_page_find_closed_cb (TlPage *self);
void tl_page_asked_cb (TlOutline  *outline,
                       const char *name,
                       TlPage     *self);

G_END_DECLS
