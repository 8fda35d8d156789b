/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The tables, put into one list: catalog-rows.c.  Called once. */

#include "app/catalog/catalog.h"

G_BEGIN_DECLS

void tl_catalog_add_rows (GArray *entries);

G_END_DECLS
