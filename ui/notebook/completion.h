/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Completion in Lua cells: candidates come from the kernel, which knows names, rows and attributes; where none runs, from
 * the words of the cell.
 *
 * Thread rule: main thread only.
 */

#include <gtksourceview/gtksource.h>

#include "ui/notebook/session.h"

G_BEGIN_DECLS

/**
 * tl_completion_attach:
 * @view: the editor of @cell
 * @session: a session
 * @cell: a Lua cell
 */
void tl_completion_attach (GtkSourceView *view,
                           TlSession     *session,
                           TlCell        *cell);

G_END_DECLS
