/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a person prefers, and the window that asks.  Kept in the settings where their schema is installed, else for this session.
 *
 * Properties `theme` ("system", "light", "dark"), `code-font-size` (pixels), `threads` (0: one for each processor).
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

G_BEGIN_DECLS

#define TL_TYPE_PREFERENCES (tl_preferences_get_type ())
G_DECLARE_FINAL_TYPE (TlPreferences, tl_preferences, TL, PREFERENCES, GObject)

/**
 * tl_preferences_get_default:
 *
 * Returns: (transfer none): the ones there are
 */
TlPreferences *tl_preferences_get_default (void);

/**
 * tl_preferences_get_threads:
 *
 * Returns: threads of kernels that are started from now on; 0 for one for each processor
 */
int tl_preferences_get_threads (TlPreferences *self);

/**
 * tl_preferences_show:
 * @parent: the window it belongs to
 */
void tl_preferences_show (GtkWindow *parent);

G_END_DECLS
