/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The answers of this program about graphs and rows, through app/check.
 *
 * Thread rule: main thread only.
 */

#include "ui/canvas/graph-info.h"

G_BEGIN_DECLS

/**
 * tl_graph_info_use_app:
 *
 * Makes them the default.
 */
void tl_graph_info_use_app (void);

G_END_DECLS
