/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "app/check/graph-cell.h"
#include "core/base/memory.h"

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

/* Another cell of the document. */
static TlModel *
lookup_cb (const char *name,
           gpointer    user_data,
           GError    **error)
{
  TlGraphCell *other = user_data;

  return g_str_equal (name, "block") ? tl_model_ref (tl_graph_cell_get_model (other)) : NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char        *text = g_strndup ((const char *)data, size);
  g_autoptr (TlGraphCell) other = tl_graph_cell_new ("block", "x = Input { shape = {N, 8} }\ny = Linear(x) { out = 8 }\n", NULL, NULL);
  g_autoptr (TlGraphCell) cell = NULL;
  const TlGraphText      *graph;
  const TlPipeline       *pipeline;

  tl_memory_set_limit (256 * 1024 * 1024);
  cell = tl_graph_cell_new ("cell", text, lookup_cb, other);
  graph = tl_graph_cell_get_text (cell);
  pipeline = tl_graph_cell_get_pipeline (cell);
  g_assert_nonnull (tl_graph_cell_get_model (cell));
  for (guint i = 0; i < graph->n_nodes; i++)
    for (guint k = 0; k < graph->nodes[i].n_outputs; k++)
      g_free (tl_graph_cell_get_shape_text (cell, graph->nodes[i].name, k));
  for (guint i = 0; i < tl_graph_cell_get_n_problems (cell); i++)
    g_assert_nonnull (tl_graph_cell_get_problem (cell, i)->message);
  /* A training without a problem can be run. */
  if (pipeline != NULL)
    g_assert_true (pipeline->dataset != NULL && pipeline->batch != NULL && pipeline->train != NULL && pipeline->loss != NULL);
  return 0;
}
