/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lua/syntax/graph-edit.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static void
try_edits (TlTextEdits *edits,
           const char  *text,
           gsize        length,
           guint        n_errors)
{
  g_autofree char        *changed = NULL;
  g_autoptr (TlGraphText) graph = NULL;

  if (edits == NULL)
    return;
  changed = tl_text_edits_apply (edits, text, length);
  graph = tl_graph_text_parse (changed, -1);
  /* A change of a graph without an error leaves one without an error. */
  if (n_errors == 0 && memchr (text, 0, length) == NULL)
    g_assert_cmpuint (graph->n_errors, ==, 0);
  g_ptr_array_unref (edits);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  const char             *text = (const char *)data;
  g_autoptr (TlGraphText) graph = tl_graph_text_parse (text, size);
  TlGraphSource           source = { graph, text, size };
  TlGraphPlace            place = { NULL, 3, 4 };
  guint                   n_errors = graph->n_errors;
  g_autofree char        *name = tl_graph_text_unique_name (graph, "Row");

  for (guint i = 0; i < graph->n_nodes; i++)
    for (guint k = 0; k < graph->nodes[i].n_attrs; k++) {
      TlLuaExpr *value = tl_graph_text_eval (graph, graph->nodes[i].attrs[k].value, NULL, NULL, NULL);

      g_clear_pointer (&value, tl_lua_expr_unref);
    }
  try_edits (tl_graph_edit_add_node (&source, (const char *const[]){ name, NULL }, "Row", NULL, "k = 1", &place, NULL), text, size, n_errors);
  try_edits (tl_graph_edit_set_param (&source, name, "1", NULL), text, size, n_errors);
  if (graph->n_params > 0)
    try_edits (tl_graph_edit_set_param (&source, graph->params[0].name, "{N, 2}", NULL), text, size, 1);
  if (graph->n_nodes > 0) {
    const char *first = graph->nodes[0].name, *last = graph->nodes[graph->n_nodes - 1].name;

    place.name = last;
    try_edits (tl_graph_edit_remove_nodes (&source, (const char *const[]){ first, NULL }, NULL), text, size, n_errors);
    try_edits (tl_graph_edit_rename (&source, first, name, NULL), text, size, n_errors);
    try_edits (tl_graph_edit_connect (&source, first, 1, last, NULL), text, size, n_errors);
    try_edits (tl_graph_edit_connect (&source, last, 0, NULL, NULL), text, size, n_errors);
    try_edits (tl_graph_edit_set_attr (&source, last, "k", "2", NULL), text, size, n_errors);
    try_edits (tl_graph_edit_move (&source, &place, 1, NULL), text, size, n_errors);
    if (graph->nodes[0].n_attrs > 0)
      try_edits (tl_graph_edit_set_attr (&source, first, graph->nodes[0].attrs[0].name, NULL, NULL), text, size, n_errors);
  }
  return 0;
}
