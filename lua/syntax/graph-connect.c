/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/graph-edit-private.h"

#include <string.h>

#include "core/base/error.h"

/* Makes @inputs (%NULL: left open) the inputs of a node, touching only those that differ.  Open ones at the end go. */
void
tl_graph_set_inputs (TlTextEdits       *edits,
                     const TlGraphNode *node,
                     const char *const *inputs,
                     guint              n_inputs)
{
  g_autoptr (GString) more = g_string_new (NULL);

  while (n_inputs > 0 && inputs[n_inputs - 1] == NULL)
    n_inputs--;
  for (guint i = 0; i < MIN (n_inputs, node->n_inputs); i++)
    if (g_strcmp0 (inputs[i], node->inputs[i].name) != 0)
      tl_text_edits_add (edits, node->inputs[i].start, node->inputs[i].end, inputs[i] ? inputs[i] : "nil");
  for (guint i = node->n_inputs; i < n_inputs; i++)
    g_string_append_printf (more, "%s%s", i ? ", " : "", inputs[i] ? inputs[i] : "nil");
  if (n_inputs < node->n_inputs)
    tl_text_edits_add (edits, n_inputs ? node->inputs[n_inputs - 1].end : node->paren_start + 1,
                       node->inputs[node->n_inputs - 1].end, "");
  else if (more->len > 0 && node->n_inputs > 0)
    tl_text_edits_add (edits, node->inputs[node->n_inputs - 1].end, node->inputs[node->n_inputs - 1].end, more->str);
  else if (more->len > 0 && node->paren_end > 0)
    tl_text_edits_add (edits, node->paren_start + 1, node->paren_start + 1, more->str);
  else if (more->len > 0) {
    g_string_prepend_c (more, '(');
    g_string_append_c (more, ')');
    tl_text_edits_add (edits, node->row_end, node->row_end, more->str);
  }
}

static gboolean
depends_on (const TlGraphNode *node,
            const gboolean    *set)
{
  for (guint i = 0; i < node->n_inputs; i++)
    if (node->inputs[i].node >= 0 && set[node->inputs[i].node])
      return TRUE;
  return FALSE;
}

/* Marks @first and every node that needs its outputs, however indirectly. */
static gboolean *
dependents (const TlGraphText *graph,
            guint              first)
{
  gboolean *set = g_new0 (gboolean, graph->n_nodes);
  gboolean  changed = TRUE;

  set[first] = TRUE;
  /* One pass does for a text in order; more are needed where outputs are used before they are defined. */
  for (guint pass = 0; changed && pass < graph->n_nodes; pass++) {
    changed = FALSE;
    for (guint i = 0; i < graph->n_nodes; i++)
      if (!set[i] && depends_on (&graph->nodes[i], set))
        set[i] = changed = TRUE;
  }
  return set;
}

/* Moves the lines of @node (with @inputs) and of the nodes that need it behind @target. */
static void
move_behind (TlTextEdits         *edits,
             const TlGraphSource *source,
             const TlGraphNode   *node,
             const TlTextEdits   *inputs,
             const TlGraphNode   *target,
             const gboolean      *moving)
{
  const TlGraphText  *graph = source->graph;
  g_autoptr (GString) lines = g_string_new (NULL);
  g_autoptr (GArray)  ranges = g_array_new (FALSE, TRUE, sizeof (TlTextEdit));
  gboolean            shared;
  gsize               at;

  for (const TlGraphNode *n = graph->nodes; n < target; n++) {
    g_autoptr (GPtrArray) local = tl_text_edits_new ();
    g_autofree char      *text = NULL;
    TlTextEdit            range = { 0 };

    if (!moving[n - graph->nodes])
      continue;
    tl_graph_extent (source, n->start, n->end, &range.start, &range.end);
    for (guint i = 0; n == node && i < inputs->len; i++) {
      const TlTextEdit *edit = inputs->pdata[i];

      tl_text_edits_add (local, edit->start - range.start, edit->end - range.start, edit->text);
    }
    text = tl_text_edits_apply (local, source->text + range.start, range.end - range.start);
    g_string_append (lines, text);
    if (lines->str[lines->len - 1] != '\n')
      g_string_append_c (lines, '\n');
    g_array_append_val (ranges, range);
  }
  g_string_truncate (lines, lines->len - 1);
  at = tl_graph_behind (source, target->end, &shared);
  at += at < source->length;
  tl_graph_remove_ranges (edits, source, ranges);
  tl_graph_insert_line (edits, source, at, lines->str);
}

TlTextEdits *
tl_graph_edit_connect (const TlGraphSource *source,
                       const char          *node,
                       guint                input,
                       const char          *output,
                       GError             **error)
{
  const TlGraphNode    *to = tl_graph_require_node (source, node, NULL, error);
  const TlGraphNode    *from = NULL;
  const char           *inputs[TL_GRAPH_MAX_INPUTS] = { NULL };
  g_autoptr (GPtrArray) local = tl_text_edits_new ();
  g_autoptr (GPtrArray) edits = NULL;
  g_autofree gboolean  *moving = NULL;
  gboolean              shared;

  if (to == NULL || (output != NULL && (from = tl_graph_require_node (source, output, NULL, error)) == NULL))
    return NULL;
  if (input >= TL_GRAPH_MAX_INPUTS) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: input %u is over the limit of %d", node, input,
                 TL_GRAPH_MAX_INPUTS);
    return NULL;
  }
  for (guint i = 0; i < to->n_inputs; i++)
    inputs[i] = to->inputs[i].name;
  inputs[input] = output;
  tl_graph_set_inputs (local, to, inputs, MAX (to->n_inputs, input + 1));
  if (from == NULL)
    return g_steal_pointer (&local);
  moving = dependents (source->graph, to - source->graph->nodes);
  if (moving[from - source->graph->nodes]) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "linking '%s' to '%s' would close a circle", output, node);
    return NULL;
  }
  if (from < to)
    return g_steal_pointer (&local);
  tl_graph_behind (source, from->end, &shared);
  if (shared) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "'%s' must move behind '%s', but a long comment joins that line to the next",
                 node, output);
    return NULL;
  }
  edits = tl_text_edits_new ();
  move_behind (edits, source, to, local, from, moving);
  return g_steal_pointer (&edits);
}
