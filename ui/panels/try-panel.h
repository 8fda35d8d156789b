/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * "Try the model": one picture of the validation data, and what the newest trained model makes of it.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

#include "ui/notebook/session.h"

G_BEGIN_DECLS

#define TL_TYPE_TRY_PANEL (tl_try_panel_get_type ())
G_DECLARE_FINAL_TYPE (TlTryPanel, tl_try_panel, TL, TRY_PANEL, GtkWidget)

GtkWidget *tl_try_panel_new (TlSession *session);

/**
 * tl_try_panel_refresh:
 *
 * Asks the kernel again about the picture that is shown.
 */
void tl_try_panel_refresh (TlTryPanel *self);

/**
 * tl_try_enlarge:
 * @pixels: 8-bit pixels, row by row
 * @n_bytes: their number
 * @width: pixels in a row
 * @height: rows
 * @channels: 1 grey or 3 RGB
 * @factor: how many times
 *
 * Returns: (transfer full) (nullable): RGB pixels of the enlarged picture, each pixel a square; %NULL where the sizes
 * do not fit
 */
GBytes *tl_try_enlarge (const guint8 *pixels,
                        gsize         n_bytes,
                        guint         width,
                        guint         height,
                        guint         channels,
                        guint         factor);

G_END_DECLS
