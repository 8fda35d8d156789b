/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a window shows without a document: examples that train in two clicks, and the documents opened last.
 *
 * Thread rule: main thread only.
 */

#include <adwaita.h>

G_BEGIN_DECLS

#define TL_TYPE_START_PAGE (tl_start_page_get_type ())
G_DECLARE_FINAL_TYPE (TlStartPage, tl_start_page, TL, START_PAGE, AdwBin)

/**
 * tl_start_page_refresh:
 *
 * Reads the lists again.
 */
void tl_start_page_refresh (TlStartPage *self);

G_END_DECLS
