/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The list of rows from which a node is added: type to search, Enter to take.
 *
 * Signal `chosen (name)`.
 *
 * Thread rule: main thread only.
 */

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TL_TYPE_PALETTE (tl_palette_get_type ())
G_DECLARE_FINAL_TYPE (TlPalette, tl_palette, TL, PALETTE, GtkPopover)

GtkWidget *tl_palette_new (void);

/**
 * tl_palette_open:
 * @self: a palette
 * @extra: (array zero-terminated=1): names beside those of the tables: other graph cells
 */
void tl_palette_open (TlPalette         *self,
                      const char *const *extra);

G_END_DECLS
