/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/graph-cell.h"

#include <string.h>

#include "core/base/error.h"

struct _TlGraphCell {
  char         *id;
  TlGraphText  *text;
  TlModel      *model;
  GArray       *problems; /* TlGraphProblem; the messages are in @strings */
  GStringChunk *strings;
  TlGraphLookup lookup;
  gpointer      user_data;
};

static void
add_problem (TlGraphCell *self,
             const char  *node,
             const char  *attr,
             guint        line,
             int          code,
             const char  *message)
{
  TlGraphProblem problem = { node != NULL ? g_string_chunk_insert_const (self->strings, node) : NULL,
                             attr != NULL ? g_string_chunk_insert_const (self->strings, attr) : NULL, line, code,
                             g_string_chunk_insert_const (self->strings, message) };

  g_array_append_val (self->problems, problem);
}

static void
add_error (TlGraphCell       *self,
           const TlGraphNode *node,
           const TlGraphAttr *attr,
           GError            *error)
{
  add_problem (self, node->name, attr != NULL ? attr->name : NULL, attr != NULL ? attr->line : node->line, error->code,
               error->message);
  g_error_free (error);
}

/* An evaluated value as the tables take it; names that are left are symbolic sizes. */
static gboolean
to_input (const TlLuaExpr *value,
          TlAttrInput     *input,
          TlAttrInput     *items,
          guint            max_items)
{
  switch (value->kind) {
  case TL_LUA_EXPR_NIL:
    *input = TL_INPUT_NIL;
    return TRUE;
  case TL_LUA_EXPR_BOOL:
    *input = TL_INPUT_BOOL (value->integer != 0);
    return TRUE;
  case TL_LUA_EXPR_INTEGER:
    *input = TL_INPUT_INT (value->integer);
    return TRUE;
  case TL_LUA_EXPR_NUMBER:
    *input = TL_INPUT_NUMBER (value->number);
    return TRUE;
  case TL_LUA_EXPR_STRING:
    *input = TL_INPUT_STRING (value->string);
    return TRUE;
  case TL_LUA_EXPR_NAME:
    *input = TL_INPUT_DIM (tl_dim_symbol (value->string));
    return TRUE;
  case TL_LUA_EXPR_TABLE:
    if (value->n_items > max_items)
      return FALSE;
    for (guint i = 0; i < value->n_items; i++)
      if (value->items[i].key != NULL || !to_input (value->items[i].value, &items[i], NULL, 0))
        return FALSE;
    *input = TL_INPUT_LIST (items, value->n_items);
    return TRUE;
  case TL_LUA_EXPR_UNARY:
  case TL_LUA_EXPR_BINARY:
    break;
  }
  return FALSE;
}

static void
set_attr (TlGraphCell       *self,
          const TlGraphNode *node,
          const TlGraphAttr *attr)
{
  GError     *error = NULL;
  TlLuaExpr  *value = tl_graph_text_eval (self->text, attr->value, NULL, NULL, &error);
  TlAttrInput input, items[TL_ATTR_MAX_INTS];

  if (value != NULL && !to_input (value, &input, items, G_N_ELEMENTS (items)))
    g_set_error (&error, TL_ERROR, TL_ERROR_VALUE, "%s: %s = %s: not a value this attribute can have", node->row,
                 attr->name, attr->text);
  if (error == NULL)
    tl_model_set_attr (self->model, node->name, attr->name, &input, &error);
  if (value != NULL)
    tl_lua_expr_unref (value);
  if (error != NULL)
    add_error (self, node, attr, error);
}

static guint
get_times (TlGraphCell       *self,
           const TlGraphNode *node)
{
  const TlGraphAttr *attr = tl_graph_node_find_attr (node, "times");
  GError            *error = NULL;
  TlLuaExpr         *value;
  gint64             times = 1;

  if (attr == NULL)
    return 1;
  value = tl_graph_text_eval (self->text, attr->value, NULL, NULL, &error);
  if (value != NULL)
    times = value->kind == TL_LUA_EXPR_INTEGER ? value->integer : 0;
  if (error == NULL && (times < 1 || times > 1000))
    g_set_error (&error, TL_ERROR, TL_ERROR_VALUE, "%s: times = %s: a whole number from 1 to 1000 is wanted", node->row,
                 attr->text);
  if (value != NULL)
    tl_lua_expr_unref (value);
  if (error != NULL)
    add_error (self, node, attr, error);
  return (guint)CLAMP (times, 1, 1000);
}

static void
add_node (TlGraphCell       *self,
          const TlGraphNode *node)
{
  g_autoptr (TlModel) other = NULL;
  GError             *error = NULL;

  if (self->lookup != NULL && strcmp (node->row, self->id) != 0)
    other = self->lookup (node->row, self->user_data);
  if (other != NULL)
    tl_model_add_model (self->model, node->name, other, get_times (self, node), &error);
  else
    tl_model_add (self->model, node->name, node->row, &error);
  if (error != NULL) {
    add_error (self, node, NULL, error);
    return;
  }
  for (guint i = 0; i < node->n_attrs; i++)
    if (other == NULL || strcmp (node->attrs[i].name, "times") != 0)
      set_attr (self, node, &node->attrs[i]);
}

static void
connect_node (TlGraphCell       *self,
              const TlGraphNode *node)
{
  for (guint i = 0; i < node->n_inputs; i++) {
    const TlGraphInput *input = &node->inputs[i];
    GError             *error = NULL;

    if (input->name == NULL || input->node < 0 || tl_model_find_node (self->model, node->name) < 0)
      continue;
    if (!tl_model_connect (self->model, self->text->nodes[input->node].name, input->output, node->name, i, &error))
      add_error (self, node, NULL, error);
  }
}

static guint
line_of (TlGraphCell *self,
         const char  *path,
         const char  *attr)
{
  g_auto (GStrv)     parts = g_strsplit (path, ".", 2);
  const TlGraphNode *node = parts[0] != NULL ? tl_graph_text_find_node (self->text, parts[0], NULL) : NULL;
  const TlGraphAttr *given = node != NULL && attr != NULL ? tl_graph_node_find_attr (node, attr) : NULL;

  return given != NULL ? given->line : node != NULL ? node->line
                                                    : 0;
}

static int
compare_lines (gconstpointer a,
               gconstpointer b)
{
  return (int)((const TlGraphProblem *)a)->line - (int)((const TlGraphProblem *)b)->line;
}

/**
 * tl_graph_cell_new:
 * @id: the cell's id
 * @text: its text
 * @lookup: (nullable): finds the models of other cells
 * @user_data: for @lookup
 *
 * Reads a graph cell and builds its model as far as that is possible.
 *
 * Returns: (transfer full): the cell; what is wrong is in its problems
 */
TlGraphCell *
tl_graph_cell_new (const char   *id,
                   const char   *text,
                   TlGraphLookup lookup,
                   gpointer      user_data)
{
  TlGraphCell *self = g_new0 (TlGraphCell, 1);

  self->id = g_strdup (id);
  self->text = tl_graph_text_parse (text, -1);
  self->model = tl_model_new (id);
  self->problems = g_array_new (FALSE, FALSE, sizeof (TlGraphProblem));
  self->strings = g_string_chunk_new (256);
  self->lookup = lookup;
  self->user_data = user_data;
  tl_model_set_cell (self->model, id);
  for (guint i = 0; i < self->text->n_errors; i++)
    add_problem (self, NULL, NULL, self->text->errors[i].line, TL_ERROR_CODE, self->text->errors[i].message);
  for (guint i = 0; i < self->text->n_nodes; i++)
    add_node (self, &self->text->nodes[i]);
  for (guint i = 0; i < self->text->n_nodes; i++)
    connect_node (self, &self->text->nodes[i]);
  tl_model_build (self->model, NULL);
  for (guint i = 0; i < tl_model_get_n_problems (self->model); i++) {
    const TlModelProblem *problem = tl_model_get_problem (self->model, i);

    add_problem (self, problem->node, problem->attr, line_of (self, problem->node, problem->attr), problem->code,
                 problem->message);
  }
  g_array_sort (self->problems, compare_lines);
  return self;
}

/**
 * tl_graph_cell_free:
 * @self: (transfer full) (nullable): a graph cell
 */
void
tl_graph_cell_free (TlGraphCell *self)
{
  if (self == NULL)
    return;
  tl_graph_text_unref (self->text);
  tl_model_unref (self->model);
  g_array_unref (self->problems);
  g_string_chunk_free (self->strings);
  g_free (self->id);
  g_free (self);
}

/**
 * tl_graph_cell_get_text:
 * @self: a graph cell
 *
 * Returns: (transfer none): its text, parsed
 */
const TlGraphText *
tl_graph_cell_get_text (TlGraphCell *self)
{
  return self->text;
}

/**
 * tl_graph_cell_get_model:
 * @self: a graph cell
 *
 * Returns: (transfer none): the model it defines; built only if there are no problems
 */
TlModel *
tl_graph_cell_get_model (TlGraphCell *self)
{
  return self->model;
}

/**
 * tl_graph_cell_get_n_problems:
 * @self: a graph cell
 *
 * Returns: how many things are wrong with it
 */
guint
tl_graph_cell_get_n_problems (TlGraphCell *self)
{
  return self->problems->len;
}

/**
 * tl_graph_cell_get_problem:
 * @self: a graph cell
 * @problem: a number below tl_graph_cell_get_n_problems()
 *
 * Returns: (transfer none): what is wrong; in the order of lines
 */
const TlGraphProblem *
tl_graph_cell_get_problem (TlGraphCell *self,
                           guint        problem)
{
  return &g_array_index (self->problems, TlGraphProblem, problem);
}

/**
 * tl_graph_cell_get_shape_text:
 * @self: a graph cell
 * @node: name of a node
 * @output: which of its outputs
 *
 * Returns: (transfer full) (nullable): its shape, such as "[N, 32, 28, 28]", or %NULL where it is not known
 */
char *
tl_graph_cell_get_shape_text (TlGraphCell *self,
                              const char  *node,
                              guint        output)
{
  const TlMeta *meta = tl_model_get_node_output (self->model, node, output);

  return meta != NULL ? tl_shape_to_string (meta->shape, meta->rank) : NULL;
}
