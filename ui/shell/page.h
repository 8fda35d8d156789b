/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The page of one document: the notebook between sidebar and inspector, the training panel below, and bars that say what
 * happened to file or kernel.
 *
 * Properties `sidebar-visible`, `inspector-visible`, `training-visible`, bound to the settings.
 * Signal `state-changed ()`: selection, kernel or what commands are possible.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/notebook/notebook.h"
#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_PAGE (tl_page_get_type ())
G_DECLARE_FINAL_TYPE (TlPage, tl_page, TL, PAGE, AdwBin)

TlPage     *tl_page_new (TlSession *session);
TlSession  *tl_page_get_session (TlPage *self);
TlNotebook *tl_page_get_notebook (TlPage *self);

/**
 * tl_page_dup_title:
 *
 * Returns: (transfer full): the document's name as tabs show it
 */
char *tl_page_dup_title (TlPage *self);

/**
 * tl_page_get_runnable:
 *
 * Returns: (nullable) (transfer none): the selected cell if it can run
 */
TlCell *tl_page_get_runnable (TlPage *self);

/**
 * tl_page_close_canvas:
 *
 * Goes back from a canvas that fills the page.
 *
 * Returns: whether there was one
 */
gboolean tl_page_close_canvas (TlPage *self);

/**
 * tl_page_show_try:
 *
 * Shows "Try the Model" in the right pane.
 */
void tl_page_show_try (TlPage *self);

/**
 * tl_page_add_node:
 *
 * Opens the palette of the selected graph cell.
 */
void tl_page_add_node (TlPage *self);

/**
 * tl_page_find:
 * @self: a page
 * @with_replace: also offer to replace
 *
 * Opens the bar that finds text in all cells.
 */
void tl_page_find (TlPage  *self,
                   gboolean with_replace);
void tl_page_find_next (TlPage  *self,
                        gboolean forward);

/**
 * tl_page_help:
 *
 * Shows in the inspector what the kernel says of the name at the cursor.
 */
void tl_page_help (TlPage *self);

/**
 * tl_page_rename:
 *
 * Lets the person type another name for the selected node, else for the selected cell.
 */
void tl_page_rename (TlPage *self);

/**
 * tl_page_duplicate:
 *
 * Copies the selected nodes, else the selected cell.
 */
void tl_page_duplicate (TlPage *self);

G_END_DECLS
