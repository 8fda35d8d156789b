/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The window: a header bar, one tab for each document, and the start page while there is none.
 *
 * Every command is an action of the window, listed once in window-actions.c with its accelerators, its title and what it
 * needs to be possible; menus, buttons, accelerators and the shortcuts window follow from that table.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/shell/page.h"

G_BEGIN_DECLS

#define TL_TYPE_WINDOW (tl_window_get_type ())
G_DECLARE_FINAL_TYPE (TlWindow, tl_window, TL, WINDOW, AdwApplicationWindow)

/**
 * tl_window_new:
 *
 * Returns: (transfer none): a window that shows the start page
 */
TlWindow *tl_window_new (GtkApplication *application);

/**
 * tl_window_open:
 * @self: a window
 * @path: a document; when it is open already, its tab is shown
 */
void tl_window_open (TlWindow   *self,
                     const char *path);

/**
 * tl_window_open_new:
 *
 * Adds a tab with a new document.
 */
void tl_window_open_new (TlWindow *self);

/**
 * tl_window_recover:
 *
 * Opens the documents that a killed process left in journals.
 */
void tl_window_recover (TlWindow *self);

/**
 * tl_window_get_page:
 *
 * Returns: (nullable) (transfer none): the page of the tab that is shown, or %NULL on the start page
 */
TlPage *tl_window_get_page (TlWindow *self);

/**
 * tl_window_toast:
 * @self: a window
 * @message: one line for the person
 */
void tl_window_toast (TlWindow   *self,
                      const char *message);

G_END_DECLS
