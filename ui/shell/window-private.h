/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of the window share: window.c (widgets, tabs), window-actions.c (the table), window-files.c, window-watch.c. */

#include "ui/shell/start-page.h"
#include "ui/shell/window.h"

G_BEGIN_DECLS

struct _TlWindow {
  AdwApplicationWindow parent_instance;

  /* template */
  AdwWindowTitle  *title;
  GtkStack        *stack;
  AdwTabView      *tab_view;
  AdwTabBar       *tab_bar;
  AdwToastOverlay *toasts;
  TlStartPage     *start_page;
  GtkWidget       *run_group;
  GtkWidget       *stop_button;
  GtkWidget       *pane_buttons;
  GtkWidget       *sidebar_button;
  GtkMenuButton   *menu_button;
  GtkMenuButton   *narrow_menu_button;
  GtkWidget       *undo_group;

  /* owned */
  GSignalGroup *page_signals;
  GSignalGroup *session_signals;
  GPtrArray    *waiting;    /* paths to be opened when recovery is done; NULL when none is under way */
  GHashTable   *watched;    /* sessions whose training runs */
  guint         inhibit_id; /* keeps the machine awake */
  gboolean      close_next; /* the window, when the tab that was asked about has closed */
  gboolean      is_closing; /* the person has decided about every unsaved document */
};

typedef enum {
  TL_NEEDS_NOTHING,
  TL_NEEDS_PAGE, /* a document is shown */
  TL_NEEDS_EDIT, /* one that can be changed */
  TL_NEEDS_UNDO,
  TL_NEEDS_REDO,
  TL_NEEDS_CELL,     /* a cell that can run is selected */
  TL_NEEDS_BUSY,     /* the kernel is at work */
  TL_NEEDS_TRAINING, /* a training runs or pauses */
} TlActionNeeds;

/**
 * TlActionRow:
 * @name: detailed name, "win.save"
 * @accels: accelerators separated by blanks
 * @section: section of the shortcuts window
 * @title: what it does
 * @activate: (nullable): what does it; %NULL for a state of the window
 * @needs: when it is possible
 *
 * Rows without @activate are keys that a widget handles itself, for the shortcuts window only.
 */
typedef struct {
  const char *name;
  const char *accels;
  const char *section;
  const char *title;
  void (*activate) (TlWindow *self);
  TlActionNeeds needs;
} TlActionRow;

extern const TlActionRow tl_window_action_rows[];
extern const gsize       tl_n_window_action_rows;

void tl_window_install_actions (TlWindow *self);
void tl_window_update_actions (TlWindow *self);
void tl_window_show_shortcuts (TlWindow *self);

void        tl_window_save (TlWindow *self);
void        tl_window_save_as (TlWindow *self);
void        tl_window_choose (TlWindow *self);
AdwTabPage *tl_window_add_page (TlWindow *self,
                                TlPage   *page);
void        tl_window_save_and_close (TlWindow *self,
                                      TlPage   *page);

/* window-close.c */
void     tl_window_close_page (TlWindow *self,
                               TlPage   *page);
void     tl_window_keep_page (TlWindow *self,
                              TlPage   *page);
void     tl_window_ask_close (TlWindow   *self,
                              AdwTabPage *tab);
void     tl_window_leave (TlWindow *self);
gboolean tl_window_ask_close_all (TlWindow *self);
void     tl_window_update_title (TlWindow *self);

/* window-watch.c */
void tl_window_watch (TlWindow *self,
                      TlPage   *page);
void tl_window_forget (TlWindow *self,
                       TlPage   *page);
void tl_window_unwatch (TlWindow *self);

G_END_DECLS
