/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The bar above a document that finds and replaces.
 *
 * Signals:
 *
 *     found (TlCell, guint64 start, guint64 n_bytes)    a match to be shown
 *     closed ()                                         the keyboard belongs to the document again
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_FIND_BAR (tl_find_bar_get_type ())
G_DECLARE_FINAL_TYPE (TlFindBar, tl_find_bar, TL, FIND_BAR, GtkWidget)

GtkWidget *tl_find_bar_new (TlSession *session);

/**
 * tl_find_bar_open:
 * @self: a bar
 * @text: (nullable): what to look for
 * @with_replace: also show what replaces it
 */
void tl_find_bar_open (TlFindBar  *self,
                       const char *text,
                       gboolean    with_replace);

/**
 * tl_find_bar_step:
 * @self: a bar
 * @forward: to the next match, or to the one before
 */
void tl_find_bar_step (TlFindBar *self,
                       gboolean   forward);

G_END_DECLS
