/* SPDX-License-Identifier: Apache-2.0 */
#include "app/document/overrides.h"

#include <string.h>

#include "app/document/cell.h"
#include "core/base/error.h"
#include "lua/syntax/graph-edit.h"
#include "lua/syntax/lexer.h"

/* --- reading ----------------------------------------------------------------------------------------------------------- */

TlOverride *
tl_override_parse (const char *spec,
                   GError    **error)
{
  const char      *equals = strchr (spec, '=');
  g_autofree char *left = equals ? g_strstrip (g_strndup (spec, equals - spec)) : NULL;
  g_auto (GStrv)   parts = left ? g_strsplit (left, ".", -1) : NULL;
  guint            n = parts ? g_strv_length (parts) : 0;
  gboolean         valid = n == 2 || n == 3;
  TlOverride      *self;

  for (guint i = 0; i < n; i++)
    valid = valid && tl_name_is_valid (parts[i]);
  if (!valid) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "'%s': expected CELL.NAME=VALUE or CELL.NODE.ATTRIBUTE=VALUE", spec);
    return NULL;
  }
  self = g_new0 (TlOverride, 1);
  self->cell = g_strdup (parts[0]);
  self->node = n == 3 ? g_strdup (parts[1]) : NULL;
  self->name = g_strdup (parts[n - 1]);
  self->value = g_strstrip (g_strdup (equals + 1));
  return self;
}

char *
tl_override_to_string (const TlOverride *self)
{
  if (self->node != NULL)
    return g_strdup_printf ("%s.%s.%s=%s", self->cell, self->node, self->name, self->value);
  return g_strdup_printf ("%s.%s=%s", self->cell, self->name, self->value);
}

void
tl_override_free (TlOverride *self)
{
  g_free (self->cell);
  g_free (self->node);
  g_free (self->name);
  g_free (self->value);
  g_free (self);
}

GPtrArray *
tl_overrides_parse (const char *const *specs,
                    GError           **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_override_free);

  for (guint i = 0; specs != NULL && specs[i] != NULL; i++) {
    TlOverride *self = tl_override_parse (specs[i], error);

    if (self == NULL)
      return NULL;
    g_ptr_array_add (list, self);
  }
  return g_steal_pointer (&list);
}

/* --- values ------------------------------------------------------------------------------------------------------------ */

static char *
full_name (const TlOverride *self)
{
  return self->node ? g_strdup_printf ("%s.%s.%s", self->cell, self->node, self->name)
                    : g_strdup_printf ("%s.%s", self->cell, self->name);
}

/* Lua text of the value, when it has the type of @old (%NULL or an expression: any literal). */
static char *
value_text (const TlOverride *self,
            const TlLuaExpr  *old,
            GError          **error)
{
  g_autoptr (TlLuaExpr) value = tl_lua_expr_parse (self->value, -1, NULL);
  g_autofree char      *name = full_name (self);
  gboolean              is_open = old == NULL || !tl_lua_expr_is_literal (old) || old->kind == TL_LUA_EXPR_NIL;
  gboolean              is_literal = value != NULL && tl_lua_expr_is_literal (value);

  /* Without quotes it is still a string, where one is expected. */
  if (!is_open && old->kind == TL_LUA_EXPR_STRING && (!is_literal || value->kind != TL_LUA_EXPR_STRING))
    return tl_lua_quote (self->value, strlen (self->value));
  if (is_open && !is_literal && tl_name_is_valid (self->value))
    return tl_lua_quote (self->value, strlen (self->value));
  if (!is_literal) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: '%s' is no %s", name, self->value,
                 is_open ? "value" : tl_lua_expr_type_name (old));
    return NULL;
  }
  if (!is_open && strcmp (tl_lua_expr_type_name (old), tl_lua_expr_type_name (value)) != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: '%s' is a %s, but the document has a %s", name, self->value,
                 tl_lua_expr_type_name (value), tl_lua_expr_type_name (old));
    return NULL;
  }
  return tl_lua_expr_to_text (value);
}

static void
fail_name (GError    **error,
           const char *in,
           const char *what,
           const char *name,
           GPtrArray  *candidates)
{
  const char *near = tl_name_suggest (name, (const char *const *)candidates->pdata, candidates->len);

  if (near != NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no %s '%s'; did you mean '%s'?", in, what, name, near);
  else
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s has no %s '%s'", in, what, name);
}

/* --- applying ---------------------------------------------------------------------------------------------------------- */

static char *
apply_lua (const TlOverride     *self,
           const TlSnapshotCell *cell,
           GError              **error)
{
  g_autoptr (TlLuaChunk) chunk = tl_lua_chunk_parse (cell->text, cell->n_bytes);
  g_autofree char       *where = g_strdup_printf ("cell '%s'", self->cell);
  g_autofree char       *text = NULL;
  g_autoptr (GPtrArray)  edits = tl_text_edits_new ();
  const TlLuaAssignment *found = tl_lua_chunk_find_literal (chunk, self->name);

  if (self->node != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s is Lua; only graph cells have nodes ('%s')", where, self->node);
    return NULL;
  }
  if (found == NULL) {
    g_autoptr (GPtrArray)  names = g_ptr_array_new ();
    gsize                  n;
    const TlLuaAssignment *all = tl_lua_chunk_get_assignments (chunk, &n);

    for (gsize i = 0; i < n; i++)
      if (all[i].value != NULL)
        g_ptr_array_add (names, all[i].name);
    fail_name (error, where, "top-level value", self->name, names);
    return NULL;
  }
  text = value_text (self, found->value, error);
  if (text == NULL)
    return NULL;
  tl_text_edits_add (edits, found->start, found->end, text);
  return tl_text_edits_apply (edits, cell->text, cell->n_bytes);
}

static char *
apply_graph (const TlOverride     *self,
             const TlSnapshotCell *cell,
             GError              **error)
{
  g_autoptr (TlGraphText) graph = tl_graph_text_parse (cell->text, cell->n_bytes);
  g_autofree char        *where = g_strdup_printf ("cell '%s'", self->cell);
  g_autofree char        *text = NULL;
  g_autoptr (GPtrArray)   edits = NULL;
  g_autoptr (GPtrArray)   names = g_ptr_array_new ();
  TlGraphSource           source = { graph, cell->text, cell->n_bytes };
  const TlGraphNode      *node = self->node ? tl_graph_text_find_node (graph, self->node, NULL) : NULL;
  const TlGraphParam     *param = tl_graph_text_find_param (graph, self->name);
  const TlGraphAttr      *attr = node ? tl_graph_node_find_attr (node, self->name) : NULL;
  const TlLuaExpr        *old = attr ? attr->value : NULL;

  if (self->node != NULL && node == NULL) {
    for (guint i = 0; i < graph->n_nodes; i++)
      g_ptr_array_add (names, (gpointer)graph->nodes[i].name);
    fail_name (error, where, "node", self->node, names);
    return NULL;
  }
  if (self->node == NULL && param == NULL) {
    for (guint i = 0; i < graph->n_params; i++)
      g_ptr_array_add (names, graph->params[i].name);
    fail_name (error, where, "parameter", self->name, names);
    return NULL;
  }
  text = value_text (self, self->node ? old : param->value, error);
  if (text == NULL)
    return NULL;
  edits = self->node ? tl_graph_edit_set_attr (&source, self->node, self->name, text, error)
                     : tl_graph_edit_set_param (&source, self->name, text, error);
  if (edits == NULL) {
    g_prefix_error (error, "%s: ", where);
    return NULL;
  }
  return tl_text_edits_apply (edits, cell->text, cell->n_bytes);
}

TlSnapshot *
tl_overrides_apply (GPtrArray        *overrides,
                    const TlSnapshot *snapshot,
                    GError          **error)
{
  g_autoptr (TlSnapshot) result = tl_snapshot_ref ((TlSnapshot *)snapshot);

  for (guint i = 0; i < overrides->len; i++) {
    const TlOverride     *self = overrides->pdata[i];
    const TlSnapshotCell *cell = tl_snapshot_find (result, self->cell);
    g_autofree char      *text = NULL;
    TlSnapshot           *next;

    if (cell == NULL) {
      g_autoptr (GPtrArray) names = g_ptr_array_new ();

      for (guint k = 0; k < result->n_cells; k++)
        if (result->cells[k].id != NULL)
          g_ptr_array_add (names, result->cells[k].id);
      fail_name (error, "the document", "cell", self->cell, names);
      return NULL;
    }
    text = cell->kind == TL_CELL_GRAPH ? apply_graph (self, cell, error) : apply_lua (self, cell, error);
    if (text == NULL)
      return NULL;
    next = tl_snapshot_with_text (result, cell - result->cells, text);
    tl_snapshot_unref (result);
    result = next;
  }
  return g_steal_pointer (&result);
}
