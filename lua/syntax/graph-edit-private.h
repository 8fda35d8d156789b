/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What graph-edit.c (nodes, attributes, parameters) and graph-connect.c (links) share. */

#include "lua/syntax/graph-edit.h"

G_BEGIN_DECLS

gsize              tl_graph_line_start (const TlGraphSource *source,
                                        gsize                offset);
gsize              tl_graph_line_end (const TlGraphSource *source,
                                      gsize                offset);
gsize              tl_graph_behind (const TlGraphSource *source,
                                    gsize                end,
                                    gboolean            *shared);
void               tl_graph_extent (const TlGraphSource *source,
                                    gsize                start,
                                    gsize                end,
                                    gsize               *from,
                                    gsize               *to);
void               tl_graph_insert_line (TlTextEdits         *edits,
                                         const TlGraphSource *source,
                                         gsize                at,
                                         const char          *line);
void               tl_graph_remove_ranges (TlTextEdits         *edits,
                                           const TlGraphSource *source,
                                           GArray              *ranges);
const TlGraphNode *tl_graph_require_node (const TlGraphSource *source,
                                          const char          *name,
                                          guint               *output,
                                          GError             **error);
void               tl_graph_set_inputs (TlTextEdits       *edits,
                                        const TlGraphNode *node,
                                        const char *const *inputs,
                                        guint              n_inputs);

G_END_DECLS
