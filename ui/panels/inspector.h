/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The right pane: attributes of the selected node, or parameters of the selected cell.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/canvas/graph-info.h"
#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_INSPECTOR (tl_inspector_get_type ())
G_DECLARE_FINAL_TYPE (TlInspector, tl_inspector, TL, INSPECTOR, GtkWidget)

GtkWidget *tl_inspector_new (TlSession *session);

/**
 * tl_inspector_show:
 * @self: an inspector
 * @cell: (nullable): the selected cell
 * @node: (nullable): the selected node of it
 * @report: (nullable): what is known of its graph; read at once
 */
void tl_inspector_show (TlInspector         *self,
                        TlCell              *cell,
                        const char          *node,
                        const TlGraphReport *report);

/**
 * tl_inspector_show_help:
 * @self: an inspector
 * @name: what was asked for
 * @text: what the kernel says of it
 *
 * Shows a text until something else is selected.
 */
void tl_inspector_show_help (TlInspector *self,
                             const char  *name,
                             const char  *text);

/**
 * tl_inspector_edit_name:
 *
 * Gives the keyboard to the name of the node that is shown.
 *
 * Returns: whether a node is shown
 */
gboolean tl_inspector_edit_name (TlInspector *self);

G_END_DECLS
