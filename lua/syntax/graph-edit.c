/* SPDX-License-Identifier: Apache-2.0 */
#include "lua/syntax/graph-edit.h"

#include <string.h>

#include "core/base/error.h"
#include "lua/syntax/graph-edit-private.h"
#include "lua/syntax/lexer.h"

gsize
tl_graph_line_start (const TlGraphSource *source,
                     gsize                offset)
{
  while (offset > 0 && source->text[offset - 1] != '\n')
    offset--;
  return offset;
}

gsize
tl_graph_line_end (const TlGraphSource *source,
                   gsize                offset)
{
  const char *newline = memchr (source->text + offset, '\n', source->length - offset);

  return newline ? newline - source->text : source->length;
}

/* The end of the line on which the comments behind a statement end; @shared when more than comments stands there. */
gsize
tl_graph_behind (const TlGraphSource *source,
                 gsize                end,
                 gboolean            *shared)
{
  TlLuaLexer lexer;
  TlLuaToken token = { 0 };
  guint      line = 1;

  tl_lua_lexer_init (&lexer, source->text, source->length);
  lexer.keep_comments = TRUE;
  lexer.offset = end;
  while (tl_lua_lexer_next (&lexer, &token) == TL_LUA_COMMENT && token.line == line) {
    end = token.end;
    line = token.end_line;
  }
  *shared = token.type != TL_LUA_END && token.line == line;
  return tl_graph_line_end (source, end);
}

/*
 * The lines of a statement, with the comments behind it and the line end.  Where a long comment joins its line to another
 * statement, only the statement is meant.
 */
void
tl_graph_extent (const TlGraphSource *source,
                 gsize                start,
                 gsize                end,
                 gsize               *from,
                 gsize               *to)
{
  gboolean shared;

  *from = tl_graph_line_start (source, start);
  for (gsize i = *from; i < start; i++)
    if (source->text[i] != ' ' && source->text[i] != '\t')
      *from = start;
  *to = tl_graph_behind (source, end, &shared);
  if (shared)
    *to = end;
  else if (*to < source->length && *from == tl_graph_line_start (source, start))
    *to += 1;
}

/* Adds @line as a line of its own before offset @at, which is the start of a line or the end of the text. */
void
tl_graph_insert_line (TlTextEdits         *edits,
                      const TlGraphSource *source,
                      gsize                at,
                      const char          *line)
{
  g_autofree char *text = NULL;

  if (at < source->length)
    text = g_strconcat (line, "\n", NULL);
  else if (at > 0 && source->text[at - 1] != '\n')
    text = g_strconcat ("\n", line, NULL);
  else
    text = g_strdup (line);
  tl_text_edits_add (edits, at, at, text);
}

static int
compare_ranges (gconstpointer a,
                gconstpointer b)
{
  const TlTextEdit *x = a, *y = b;

  return x->start < y->start ? -1 : x->start > y->start;
}

/* Adds the removal of ranges, which may touch or overlap; with the last line goes the line end before it. */
void
tl_graph_remove_ranges (TlTextEdits         *edits,
                        const TlGraphSource *source,
                        GArray              *ranges)
{
  guint n = 0;

  g_array_sort (ranges, compare_ranges);
  for (guint i = 0; i < ranges->len; i++) {
    TlTextEdit *range = &g_array_index (ranges, TlTextEdit, i);
    TlTextEdit *last = n > 0 ? &g_array_index (ranges, TlTextEdit, n - 1) : NULL;

    if (last != NULL && range->start <= last->end)
      last->end = MAX (last->end, range->end);
    else
      g_array_index (ranges, TlTextEdit, n++) = *range;
  }
  for (guint i = 0; i < n; i++) {
    TlTextEdit range = g_array_index (ranges, TlTextEdit, i);

    if (range.end == source->length && range.start > 0 && source->text[range.start - 1] == '\n' &&
        source->text[range.end - 1] != '\n')
      range.start--;
    tl_text_edits_add (edits, range.start, range.end, "");
  }
}

/* --- finding and refusing ------------------------------------------------------------------------------------------ */

const TlGraphNode *
tl_graph_require_node (const TlGraphSource *source,
                       const char          *name,
                       guint               *output,
                       GError             **error)
{
  const TlGraphNode    *node = tl_graph_text_find_node (source->graph, name, output);
  g_autoptr (GPtrArray) names = NULL;
  const char           *near;

  if (node != NULL)
    return node;
  names = g_ptr_array_new ();
  for (guint i = 0; i < source->graph->n_nodes; i++)
    for (guint k = 0; k < source->graph->nodes[i].n_outputs; k++)
      g_ptr_array_add (names, source->graph->nodes[i].outputs[k].name);
  near = tl_name_suggest (name, (const char *const *)names->pdata, names->len);
  if (near != NULL)
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "no node '%s'; did you mean '%s'?", name, near);
  else
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "no node '%s'", name);
  return NULL;
}

static gboolean
require_free_name (const TlGraphSource *source,
                   const char          *name,
                   GError             **error)
{
  const TlGraphText *graph = source->graph;

  if (!tl_name_is_valid (name)) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME,
                 "'%s' is no name: letters, digits and '_' are, not starting with a digit, and no word of Lua", name);
    return FALSE;
  }
  if (g_hash_table_contains (graph->names, name) || g_strv_contains ((const char *const *)graph->symbols, name)) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "the name '%s' is taken", name);
    return FALSE;
  }
  return TRUE;
}

static gboolean
require_row (const char *row,
             GError    **error)
{
  if (tl_name_is_valid (row))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_NAME, "'%s' is no name of a row", row);
  return FALSE;
}

/* The value without blanks, when it is one expression on one line and holds no comment. */
static char *
require_value (const char *value,
               GError    **error)
{
  g_autofree char        *stripped = g_strstrip (g_strdup (value));
  g_autofree char        *line = g_strdup_printf ("a = R { a = %s }", stripped);
  g_autoptr (TlLuaExpr)   expr = tl_lua_expr_parse (stripped, -1, error);
  g_autoptr (TlGraphText) graph = NULL;

  if (expr == NULL) {
    g_prefix_error (error, "'%s': ", stripped);
    return NULL;
  }
  graph = tl_graph_text_parse (line, -1);
  if (graph->n_nodes == 1 && graph->nodes[0].n_attrs == 1 && g_str_equal (graph->nodes[0].attrs[0].text, stripped) &&
      graph->nodes[0].end == strlen (line) && strchr (stripped, '\n') == NULL)
    return g_steal_pointer (&stripped);
  g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'%s' is no value on one line", stripped);
  return NULL;
}

/* --- positions ----------------------------------------------------------------------------------------------------- */

static void
append_coordinates (GString *out,
                    double   x,
                    double   y)
{
  char buffer[2][G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (buffer[0], sizeof buffer[0], "%.7g", x + 0.0);
  g_ascii_formatd (buffer[1], sizeof buffer[1], "%.7g", y + 0.0);
  g_string_append_printf (out, " %s,%s", buffer[0], buffer[1]);
}

static const TlGraphPosition *
find_position (const TlGraphSource *source,
               const TlGraphNode   *node)
{
  for (guint i = 0; i < source->graph->n_positions; i++)
    if (tl_graph_text_find_node (source->graph, source->graph->positions[i].name, NULL) == node)
      return &source->graph->positions[i];
  return NULL;
}

/* Where a new `--@` line goes: behind the last one, or at the end. */
static gsize
positions_end (const TlGraphSource *source)
{
  const TlGraphText *graph = source->graph;
  gsize              at = source->length;

  if (graph->n_positions > 0) {
    at = tl_graph_line_end (source, graph->positions[graph->n_positions - 1].end);
    at += at < source->length;
  }
  return at;
}

static gboolean
require_place (double   x,
               double   y,
               GError **error)
{
  if (ABS (x) <= 1e6 && ABS (y) <= 1e6)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "a node's place %g,%g is outside of -1e6 to 1e6", x, y);
  return FALSE;
}

TlTextEdits *
tl_graph_edit_move (const TlGraphSource *source,
                    const TlGraphPlace  *places,
                    gsize                n_places,
                    GError             **error)
{
  g_autoptr (GPtrArray)  edits = tl_text_edits_new ();
  g_autoptr (GString)    added = g_string_new (NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < n_places; i++) {
    const TlGraphNode     *node = tl_graph_require_node (source, places[i].name, NULL, error);
    const TlGraphPosition *position;
    g_autoptr (GString)    text = g_string_new (NULL);

    if (node == NULL || !require_place (places[i].x, places[i].y, error))
      return NULL;
    if (!g_hash_table_add (seen, (gpointer)node))
      continue;
    append_coordinates (text, places[i].x, places[i].y);
    position = find_position (source, node);
    if (position != NULL)
      tl_text_edits_add (edits, position->end, tl_graph_line_end (source, position->end), text->str);
    else
      g_string_append_printf (added, "%s--@ %s%s", added->len ? "\n" : "", node->name, text->str);
  }
  if (added->len > 0)
    tl_graph_insert_line (edits, source, positions_end (source), added->str);
  return g_steal_pointer (&edits);
}

/* --- nodes --------------------------------------------------------------------------------------------------------- */

/* Where a new node goes: behind the last statement, or before the first position. */
static gsize
statements_end (const TlGraphSource *source)
{
  const TlGraphText *graph = source->graph;
  gsize              last = 0, to;
  gboolean           shared;

  for (guint i = 0; i < graph->n_nodes; i++)
    last = MAX (last, graph->nodes[i].end);
  for (guint i = 0; i < graph->n_params; i++)
    last = MAX (last, graph->params[i].end);
  if (last == 0)
    return graph->n_positions > 0 ? tl_graph_line_start (source, graph->positions[0].start) : source->length;
  to = tl_graph_behind (source, last, &shared);
  return to + (to < source->length);
}

static gboolean
append_inputs (GString             *line,
               const TlGraphSource *source,
               const char *const   *inputs,
               GError             **error)
{
  g_string_append_c (line, '(');
  for (guint i = 0; inputs[i] != NULL; i++) {
    if (tl_graph_require_node (source, inputs[i], NULL, error) == NULL)
      return FALSE;
    g_string_append_printf (line, "%s%s", i ? ", " : "", inputs[i]);
  }
  g_string_append_c (line, ')');
  return TRUE;
}

TlTextEdits *
tl_graph_edit_add_node (const TlGraphSource *source,
                        const char *const   *names,
                        const char          *row,
                        const char *const   *inputs,
                        const char          *attributes,
                        const TlGraphPlace  *place,
                        GError             **error)
{
  g_autoptr (GPtrArray)   edits = tl_text_edits_new ();
  g_autoptr (GString)     line = g_string_new (NULL);
  g_autoptr (GString)     position = g_string_new (NULL);
  g_autoptr (TlGraphText) check = NULL;
  gboolean                has_inputs = inputs != NULL && inputs[0] != NULL;
  gsize                   at = statements_end (source), at_position = positions_end (source);

  g_return_val_if_fail (names != NULL && names[0] != NULL, NULL);

  for (guint i = 0; names[i] != NULL; i++) {
    if (!require_free_name (source, names[i], error))
      return NULL;
    g_string_append_printf (line, "%s%s", i ? ", " : "", names[i]);
  }
  if (!require_row (row, error) || (place != NULL && !require_place (place->x, place->y, error)))
    return NULL;
  g_string_append_printf (line, " = %s", row);
  if (has_inputs && !append_inputs (line, source, inputs, error))
    return NULL;
  if (attributes != NULL && *attributes)
    g_string_append_printf (line, " { %s }", attributes);
  else if (!has_inputs)
    g_string_append (line, " {}");
  check = tl_graph_text_parse (line->str, line->len);
  if (check->n_nodes != 1 || check->n_errors > has_inputs * TL_GRAPH_MAX_INPUTS || check->nodes[0].end != line->len ||
      strchr (line->str, '\n') != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_CODE, "'%s' is no node: %s", line->str,
                 check->n_errors ? check->errors[0].message : "it must stand on one line");
    return NULL;
  }
  if (place != NULL) {
    g_string_append_printf (position, "--@ %s", names[0]);
    append_coordinates (position, place->x, place->y);
  }
  if (place != NULL && at == at_position)
    g_string_append_printf (line, "\n%s", position->str);
  tl_graph_insert_line (edits, source, at, line->str);
  if (place != NULL && at != at_position)
    tl_graph_insert_line (edits, source, at_position, position->str);
  return g_steal_pointer (&edits);
}

TlTextEdits *
tl_graph_edit_remove_nodes (const TlGraphSource *source,
                            const char *const   *names,
                            GError             **error)
{
  g_autoptr (GPtrArray)  edits = tl_text_edits_new ();
  g_autoptr (GArray)     ranges = g_array_new (FALSE, TRUE, sizeof (TlTextEdit));
  g_autoptr (GHashTable) removed = g_hash_table_new (NULL, NULL);
  const TlGraphText     *graph = source->graph;
  TlTextEdit             range = { 0 };

  for (guint i = 0; names[i] != NULL; i++) {
    const TlGraphNode *node = tl_graph_require_node (source, names[i], NULL, error);

    if (node == NULL)
      return NULL;
    if (!g_hash_table_add (removed, (gpointer)node))
      continue;
    tl_graph_extent (source, node->start, node->end, &range.start, &range.end);
    g_array_append_val (ranges, range);
  }
  for (guint i = 0; i < graph->n_positions; i++) {
    const TlGraphNode *node = tl_graph_text_find_node (graph, graph->positions[i].name, NULL);

    if (node == NULL || !g_hash_table_contains (removed, node))
      continue;
    range.start = tl_graph_line_start (source, graph->positions[i].start);
    range.end = tl_graph_line_end (source, graph->positions[i].end);
    range.end += range.end < source->length;
    g_array_append_val (ranges, range);
  }
  for (guint i = 0; i < graph->n_nodes; i++) {
    const TlGraphNode *node = &graph->nodes[i];
    const char        *inputs[TL_GRAPH_MAX_INPUTS];
    gboolean           changed = FALSE;

    for (guint k = 0; k < node->n_inputs; k++) {
      gboolean gone = node->inputs[k].node >= 0 && g_hash_table_contains (removed, &graph->nodes[node->inputs[k].node]);

      inputs[k] = gone ? NULL : node->inputs[k].name;
      changed |= gone;
    }
    if (changed && !g_hash_table_contains (removed, node))
      tl_graph_set_inputs (edits, node, inputs, node->n_inputs);
  }
  tl_graph_remove_ranges (edits, source, ranges);
  return g_steal_pointer (&edits);
}

TlTextEdits *
tl_graph_edit_set_row (const TlGraphSource *source,
                       const char          *node,
                       const char          *row,
                       GError             **error)
{
  const TlGraphNode *found = tl_graph_require_node (source, node, NULL, error);
  TlTextEdits       *edits;

  if (found == NULL || !require_row (row, error))
    return NULL;
  edits = tl_text_edits_new ();
  tl_text_edits_add (edits, found->row_start, found->row_end, row);
  return edits;
}

typedef struct {
  TlTextEdits *edits;
  const char  *name;
  const char  *new_name;
} Rename;

static void
rename_name (const TlLuaExpr *expr,
             gpointer         user_data)
{
  Rename *rename = user_data;

  if (g_str_equal (expr->string, rename->name))
    tl_text_edits_add (rename->edits, expr->start, expr->end, rename->new_name);
}

static void
rename_range (Rename     *rename,
              const char *name,
              gsize       start,
              gsize       end)
{
  if (g_strcmp0 (name, rename->name) == 0)
    tl_text_edits_add (rename->edits, start, end, rename->new_name);
}

TlTextEdits *
tl_graph_edit_rename (const TlGraphSource *source,
                      const char          *name,
                      const char          *new_name,
                      GError             **error)
{
  g_autoptr (GPtrArray) edits = tl_text_edits_new ();
  Rename                rename = { edits, name, new_name };
  const TlGraphText    *graph = source->graph;

  if (g_str_equal (name, new_name))
    return g_steal_pointer (&edits);
  if (!require_free_name (source, new_name, error))
    return NULL;
  for (guint i = 0; i < graph->n_params; i++) {
    rename_range (&rename, graph->params[i].name, graph->params[i].name_start,
                  graph->params[i].name_start + strlen (graph->params[i].name));
    tl_lua_expr_foreach_name (graph->params[i].value, rename_name, &rename);
  }
  for (guint i = 0; i < graph->n_nodes; i++) {
    const TlGraphNode *node = &graph->nodes[i];

    for (guint k = 0; k < node->n_outputs; k++)
      rename_range (&rename, node->outputs[k].name, node->outputs[k].start, node->outputs[k].end);
    for (guint k = 0; k < node->n_inputs; k++)
      rename_range (&rename, node->inputs[k].name, node->inputs[k].start, node->inputs[k].end);
    for (guint k = 0; k < node->n_attrs; k++)
      tl_lua_expr_foreach_name (node->attrs[k].value, rename_name, &rename);
  }
  if (edits->len == 0) {
    tl_graph_require_node (source, name, NULL, error);
    return NULL;
  }
  for (guint i = 0; i < graph->n_positions; i++)
    rename_range (&rename, graph->positions[i].name, graph->positions[i].start, graph->positions[i].end);
  return g_steal_pointer (&edits);
}

/* --- attributes and parameters --------------------------------------------------------------------------------------- */

static void
unset_attr (TlTextEdits       *edits,
            const TlGraphNode *node,
            guint              index)
{
  const TlGraphAttr *attrs = node->attrs;

  if (node->n_attrs > 1 && index == 0)
    tl_text_edits_add (edits, attrs[0].name_start, attrs[1].name_start, "");
  else if (node->n_attrs > 1)
    tl_text_edits_add (edits, attrs[index - 1].end, attrs[index].end, "");
  else if (node->paren_end > 0)
    tl_text_edits_add (edits, node->paren_end, node->brace_end, "");
  else
    tl_text_edits_add (edits, node->brace_start, node->brace_end, "{}");
}

TlTextEdits *
tl_graph_edit_set_attr (const TlGraphSource *source,
                        const char          *node,
                        const char          *attr,
                        const char          *value,
                        GError             **error)
{
  const TlGraphNode    *found = tl_graph_require_node (source, node, NULL, error);
  const TlGraphAttr    *old = found ? tl_graph_node_find_attr (found, attr) : NULL;
  g_autofree char      *text = NULL;
  g_autofree char      *item = NULL;
  g_autoptr (GPtrArray) edits = tl_text_edits_new ();

  if (found == NULL || (value != NULL && (text = require_value (value, error)) == NULL))
    return NULL;
  if (!tl_name_is_valid (attr)) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "'%s' is no name of an attribute", attr);
    return NULL;
  }
  if (value == NULL) {
    if (old != NULL)
      unset_attr (edits, found, old - found->attrs);
    return g_steal_pointer (&edits);
  }
  if (old != NULL)
    tl_text_edits_add (edits, old->start, old->end, text);
  else if (found->n_attrs > 0) {
    item = g_strdup_printf (", %s = %s", attr, text);
    tl_text_edits_add (edits, found->attrs[found->n_attrs - 1].end, found->attrs[found->n_attrs - 1].end, item);
  } else if (found->brace_end > 0) {
    item = g_strdup_printf ("{ %s = %s }", attr, text);
    tl_text_edits_add (edits, found->brace_start, found->brace_end, item);
  } else {
    item = g_strdup_printf (" { %s = %s }", attr, text);
    tl_text_edits_add (edits, found->end, found->end, item);
  }
  return g_steal_pointer (&edits);
}

/* Where a new parameter goes: behind the last one before the first node, or before the first node. */
static gsize
params_end (const TlGraphSource *source)
{
  const TlGraphText *graph = source->graph;
  gsize              first_node = graph->n_nodes ? graph->nodes[0].start : source->length;
  gsize              from, to = 0;
  gboolean           found = FALSE;

  for (guint i = 0; i < graph->n_params && graph->params[i].start < first_node; i++) {
    tl_graph_extent (source, graph->params[i].name_start, graph->params[i].end, &from, &to);
    found = to == source->length || (to > 0 && source->text[to - 1] == '\n');
  }
  if (found)
    return to;
  if (graph->n_nodes > 0) {
    tl_graph_extent (source, graph->nodes[0].start, graph->nodes[0].end, &from, &to);
    return from;
  }
  return statements_end (source);
}

TlTextEdits *
tl_graph_edit_set_param (const TlGraphSource *source,
                         const char          *name,
                         const char          *value,
                         GError             **error)
{
  const TlGraphParam   *old = tl_graph_text_find_param (source->graph, name);
  g_autofree char      *text = NULL;
  g_autofree char      *line = NULL;
  g_autoptr (GPtrArray) edits = tl_text_edits_new ();
  g_autoptr (GArray)    ranges = g_array_new (FALSE, TRUE, sizeof (TlTextEdit));
  TlTextEdit            range = { 0 };

  if (value != NULL && (text = require_value (value, error)) == NULL)
    return NULL;
  if (value == NULL && old == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "no parameter '%s'", name);
    return NULL;
  }
  if (value == NULL) {
    tl_graph_extent (source, old->name_start, old->end, &range.start, &range.end);
    g_array_append_val (ranges, range);
    tl_graph_remove_ranges (edits, source, ranges);
  } else if (old != NULL)
    tl_text_edits_add (edits, old->start, old->end, text);
  else {
    if (!tl_name_is_valid (name) || tl_graph_text_find_node (source->graph, name, NULL) != NULL) {
      require_free_name (source, name, error);
      return NULL;
    }
    line = g_strdup_printf ("%s = %s", name, text);
    tl_graph_insert_line (edits, source, params_end (source), line);
  }
  return g_steal_pointer (&edits);
}
