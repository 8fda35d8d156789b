/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reference pages, made from the catalog: Markdown that also reads well on a terminal.
 *
 * Ownership: results are the caller's.  Thread rule: any thread.
 */

#include "app/catalog/catalog.h"

G_BEGIN_DECLS

char    *tl_reference_page (const TlCatalogEntry *entry);
char    *tl_reference_group (TlCatalogKind kind);
char    *tl_reference_list (const char *topic);
void     tl_reference_add_topics (GPtrArray *names);
char    *tl_reference_index (void);
gboolean tl_reference_write (const char *folder,
                             GError    **error);

G_END_DECLS
