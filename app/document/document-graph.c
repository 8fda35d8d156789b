/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/document-private.h"

#include <string.h>

#include "core/base/error.h"
#include "lua/syntax/graph-edit.h"

static gboolean
get_source (TlDocument    *self,
            TlCell        *cell,
            TlGraphSource *source,
            GError       **error)
{
  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  source->graph = tl_cell_get_graph (cell);
  source->text = tl_cell_get_text (cell, &source->length);
  if (source->graph != NULL)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "cell '%s' is no graph", cell->frame.id ? cell->frame.id : "");
  return FALSE;
}

/* Applies @edits (taken) as one step; an error of theirs gets the cell's id. */
static gboolean
apply (TlDocument  *self,
       TlCell      *cell,
       TlTextEdits *edits,
       char        *description,
       GError     **error)
{
  gboolean done = FALSE;

  if (edits != NULL) {
    done = tl_document_apply_edits (self, cell, edits, description, error);
    g_ptr_array_unref (edits);
  } else
    g_prefix_error (error, "%s: ", cell->frame.id);
  g_free (description);
  return done;
}

char *
tl_document_add_node (TlDocument        *self,
                      TlCell            *cell,
                      const char *const *names,
                      const char        *row,
                      const char *const *inputs,
                      const char        *attributes,
                      gboolean           has_place,
                      double             x,
                      double             y,
                      GError           **error)
{
  TlGraphSource    source;
  g_autofree char *name = NULL;
  const char      *own[2] = { NULL, NULL };
  TlGraphPlace     place = { NULL, x, y };

  if (!get_source (self, cell, &source, error))
    return NULL;
  name = names != NULL ? g_strdup (names[0]) : tl_graph_text_unique_name (source.graph, row);
  own[0] = name;
  if (!apply (self, cell,
              tl_graph_edit_add_node (&source, names != NULL ? names : own, row, inputs, attributes, has_place ? &place : NULL, error),
              g_strdup_printf ("add %s", name), error))
    return NULL;
  return g_steal_pointer (&name);
}

gboolean
tl_document_remove_nodes (TlDocument        *self,
                          TlCell            *cell,
                          const char *const *names,
                          GError           **error)
{
  TlGraphSource source;
  guint         n = g_strv_length ((char **)names);

  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_remove_nodes (&source, names, error),
                n == 1 ? g_strdup_printf ("delete %s", names[0]) : g_strdup_printf ("delete %u nodes", n), error);
}

gboolean
tl_document_rename_node (TlDocument *self,
                         TlCell     *cell,
                         const char *name,
                         const char *new_name,
                         GError    **error)
{
  TlGraphSource source;

  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_rename (&source, name, new_name, error),
                g_strdup_printf ("rename %s to %s", name, new_name), error);
}

gboolean
tl_document_set_node_row (TlDocument *self,
                          TlCell     *cell,
                          const char *node,
                          const char *row,
                          GError    **error)
{
  TlGraphSource source;

  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_set_row (&source, node, row, error), g_strdup_printf ("make %s %s", node, row),
                error);
}

gboolean
tl_document_connect_nodes (TlDocument *self,
                           TlCell     *cell,
                           const char *node,
                           guint       input,
                           const char *output,
                           GError    **error)
{
  TlGraphSource source;

  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_connect (&source, node, input, output, error),
                output ? g_strdup_printf ("link %s to %s", output, node) : g_strdup_printf ("unlink %s", node), error);
}

gboolean
tl_document_set_attr (TlDocument *self,
                      TlCell     *cell,
                      const char *node,
                      const char *attr,
                      const char *value,
                      GError    **error)
{
  TlGraphSource source;

  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_set_attr (&source, node, attr, value, error),
                g_strdup_printf ("%s %s of %s", value ? "set" : "unset", attr, node), error);
}

static TlTextEdits *
edit_lua_param (TlCell     *cell,
                const char *name,
                const char *value,
                GError    **error)
{
  const TlLuaAssignment *assignment = tl_lua_chunk_find_literal (tl_cell_get_chunk (cell), name);
  g_autoptr (TlLuaExpr)  expr = NULL;
  TlTextEdits           *edits;

  if (assignment == NULL || value == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "no value of '%s' that can be %s", name, value ? "set" : "removed");
    return NULL;
  }
  expr = tl_lua_expr_parse (value, -1, error);
  if (expr == NULL) {
    g_prefix_error (error, "%s = %s: ", name, value);
    return NULL;
  }
  edits = tl_text_edits_new ();
  tl_text_edits_add (edits, assignment->start, assignment->end, value);
  return edits;
}

gboolean
tl_document_set_param (TlDocument *self,
                       TlCell     *cell,
                       const char *name,
                       const char *value,
                       GError    **error)
{
  TlGraphSource source;
  TlTextEdits  *edits;

  g_return_val_if_fail (TL_IS_DOCUMENT (self), FALSE);
  g_return_val_if_fail (TL_IS_CELL (cell) && cell->document == self, FALSE);

  if (cell->frame.kind == TL_CELL_LUA)
    edits = edit_lua_param (cell, name, value, error);
  else if (get_source (self, cell, &source, error))
    edits = tl_graph_edit_set_param (&source, name, value, error);
  else
    return FALSE;
  return apply (self, cell, edits, g_strdup_printf ("%s %s", value ? "set" : "remove", name), error);
}

gboolean
tl_document_move_nodes (TlDocument        *self,
                        TlCell            *cell,
                        guint              n_nodes,
                        const char *const *names,
                        const double      *x,
                        const double      *y,
                        GError           **error)
{
  TlGraphSource            source;
  g_autofree TlGraphPlace *places = g_new0 (TlGraphPlace, MAX (1, n_nodes));

  for (guint i = 0; i < n_nodes; i++)
    places[i] = (TlGraphPlace){ names[i], x[i], y[i] };
  return get_source (self, cell, &source, error) &&
         apply (self, cell, tl_graph_edit_move (&source, places, n_nodes, error),
                n_nodes == 1 ? g_strdup_printf ("move %s", names[0]) : g_strdup_printf ("move %u nodes", n_nodes), error);
}
