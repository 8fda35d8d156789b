/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Which panes are shown: one state for all pages, kept in the settings where their schema is installed.
 *
 * Properties `sidebar-visible`, `inspector-visible`, `training-visible`.
 *
 * Thread rule: main thread only.
 */

#include <glib-object.h>

G_BEGIN_DECLS

#define TL_TYPE_PANES (tl_panes_get_type ())
G_DECLARE_FINAL_TYPE (TlPanes, tl_panes, TL, PANES, GObject)

/**
 * tl_panes_get_default:
 *
 * Returns: (transfer none): the one there is
 */
TlPanes *tl_panes_get_default (void);

G_END_DECLS
