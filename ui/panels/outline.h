/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The sidebar: what the document consists of, and the variables the kernel holds.
 *
 * Signals `chosen (TlCell)`: the person wants to go there; `asked (name)`: he wants to know what a variable is.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_OUTLINE (tl_outline_get_type ())
G_DECLARE_FINAL_TYPE (TlOutline, tl_outline, TL, OUTLINE, GtkWidget)

GtkWidget *tl_outline_new (TlSession *session);

/**
 * tl_outline_select:
 * @self: the sidebar
 * @cell: (nullable): the cell that is selected in the notebook
 */
void tl_outline_select (TlOutline *self,
                        TlCell    *cell);

G_END_DECLS
