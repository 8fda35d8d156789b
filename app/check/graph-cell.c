/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/graph-cell.h"

#include <string.h>

#include "app/check/graph-cell-private.h"
#include "core/base/error.h"
#include "core/train/training.h"
#include "core/graph/attr.h"

/* What is said already is not said again. */
void
tl_graph_cell_add_problem (TlGraphCell *self,
                           const char  *node,
                           const char  *attr,
                           guint        line,
                           int          code,
                           const char  *message)
{
  TlGraphProblem problem = { node != NULL ? g_string_chunk_insert_const (self->strings, node) : NULL,
                             attr != NULL ? g_string_chunk_insert_const (self->strings, attr) : NULL, line, code,
                             g_string_chunk_insert_const (self->strings, message) };

  /* Equal strings of a chunk are one. */
  for (guint i = 0; i < self->problems->len; i++) {
    const TlGraphProblem *other = &g_array_index (self->problems, TlGraphProblem, i);

    if (other->node == problem.node && other->message == problem.message)
      return;
  }
  g_array_append_val (self->problems, problem);
}

void
tl_graph_cell_fail (TlGraphCell *self,
                    TlCellNode  *node,
                    int          code,
                    const char  *format,
                    ...)
{
  g_autofree char *message = NULL;
  va_list          args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  node->is_wrong = TRUE;
  tl_graph_cell_add_problem (self, node->text->name, NULL, node->text->line, code, message);
}

/*
 * Returns: (nullable): the node that an input is linked to
 */
TlCellNode *
tl_graph_cell_get_source (TlGraphCell      *self,
                          const TlCellNode *node,
                          guint             input,
                          guint            *output)
{
  const TlGraphInput *link = input < node->text->n_inputs ? &node->text->inputs[input] : NULL;

  if (link == NULL || link->name == NULL || link->node < 0)
    return NULL;
  if (output != NULL)
    *output = link->output;
  return &self->nodes[link->node];
}

static gboolean
set_value_cb (gpointer           user_data,
              const char        *name,
              const char        *attr,
              const TlAttrInput *input,
              GError           **error)
{
  TlPipelineNode *parts = user_data;

  if (!tl_attr_set (parts->entry->name, parts->entry->attrs, parts->values, attr, input, error))
    return FALSE;
  parts->given |= 1u << tl_attr_find (parts->entry->attrs, attr);
  return TRUE;
}

/* Attributes of a node that is no part of the model. */
static void
read_parts (TlGraphCell *self,
            TlCellNode  *node)
{
  TlPipelineNode *parts = g_new0 (TlPipelineNode, 1);
  GError         *error = NULL;

  G_STATIC_ASSERT (TL_OP_MAX_ATTRS <= TL_TRAINING_MAX_ATTRS);
  node->parts = parts;
  parts->node = node->text;
  parts->entry = node->entry;
  tl_attr_init_defaults (parts->entry->attrs, parts->values);
  for (guint i = 0; i < node->text->n_attrs; i++) {
    const TlGraphAttr *attr = &node->text->attrs[i];

    if (!tl_graph_cell_set_attr (self, node->text, attr, set_value_cb, parts, &error)) {
      tl_graph_cell_add_problem (self, node->text->name, attr->name, attr->line, error->code, error->message);
      g_clear_error (&error);
    }
  }
  if (!tl_attr_check_required (parts->entry->name, parts->entry->attrs, parts->given, &error)) {
    tl_graph_cell_fail (self, node, error->code, "%s", error->message);
    g_clear_error (&error);
  }
}

static void
read_node (TlGraphCell       *self,
           TlCellNode        *node,
           const TlGraphNode *text)
{
  GError *error = NULL;

  node->text = text;
  if (strcmp (text->row, self->id) == 0)
    g_set_error (&error, TL_ERROR, TL_ERROR_VALUE, "%s contains itself", self->id);
  else if (self->lookup != NULL)
    node->sub = self->lookup (text->row, self->user_data, &error);
  if (node->sub == NULL)
    node->entry = tl_catalog_find (text->row);
  if (error != NULL) {
    node->entry = NULL;
    tl_graph_cell_fail (self, node, error->code, "%s", error->message);
    g_error_free (error);
  } else if (node->sub == NULL && node->entry == NULL) {
    g_autofree char *hint = tl_catalog_hint (text->row);

    tl_graph_cell_fail (self, node, TL_ERROR_NAME, "there is no layer or other node %s%s", text->row, hint);
  }
  if (!tl_cell_node_computes (node))
    read_parts (self, node);
}

/* What an output carries; of a node that is not known, what is wanted there. */
static TlLinkType
get_type (const TlCellNode *node,
          guint             output,
          TlLinkType        wanted)
{
  const TlCatalogPort *port = node->entry != NULL ? tl_catalog_entry_get_port (node->entry, FALSE, output) : NULL;

  if (port != NULL)
    return port->type;
  return node->sub != NULL ? TL_LINK_TENSOR : wanted;
}

static void
check_link (TlGraphCell *self,
            TlCellNode  *node,
            guint        input)
{
  const TlGraphInput  *link = &node->text->inputs[input];
  const TlCatalogPort *port = node->entry != NULL ? tl_catalog_entry_get_port (node->entry, TRUE, input) : NULL;
  TlLinkType           wanted = port != NULL ? port->type : TL_LINK_TENSOR, have;

  if (link->name == NULL)
    return;
  if (link->node < 0) {
    tl_graph_cell_fail (self, node, TL_ERROR_NAME, "%s: nothing in this cell is named %s", node->text->row, link->name);
    return;
  }
  if (node->entry != NULL && port == NULL) {
    /* Models tell it of their nodes. */
    if (!tl_cell_node_computes (node))
      tl_graph_cell_fail (self, node, TL_ERROR_VALUE, "%s: %u inputs are connected, it has %u", node->text->row,
                          node->text->n_inputs, node->entry->n_in);
    return;
  }
  have = get_type (&self->nodes[link->node], link->output, wanted);
  if (!tl_link_type_fits (have, wanted))
    tl_graph_cell_fail (self, node, TL_ERROR_VALUE, "%s: %s takes a link of %s, but %s gives %s", node->text->row,
                        port != NULL ? port->name : "the input", tl_link_type_name (wanted), link->name, tl_link_type_name (have));
}

static void
check_links (TlGraphCell *self,
             TlCellNode  *node)
{
  const TlCatalogEntry *entry = node->entry;

  for (guint i = 0; i < node->text->n_inputs; i++)
    check_link (self, node, i);
  if (tl_cell_node_computes (node))
    return;
  for (guint i = 0; i < entry->n_in; i++)
    if (!entry->in[i].is_optional && !entry->in[i].is_variadic &&
        (i >= node->text->n_inputs || node->text->inputs[i].name == NULL))
      tl_graph_cell_fail (self, node, TL_ERROR_VALUE, "%s: input %s is not connected", entry->name, entry->in[i].name);
  if (tl_catalog_entry_get_port (entry, FALSE, node->text->n_outputs - 1) == NULL)
    tl_graph_cell_fail (self, node, TL_ERROR_VALUE, "%s: %u outputs are named, it has %u: %s", entry->name, node->text->n_outputs,
                        entry->n_out, entry->out[0].doc);
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
  TlGraphCell          *self = g_new0 (TlGraphCell, 1);
  g_autoptr (TlDataset) sample = NULL;

  self->id = g_strdup (id);
  self->text = tl_graph_text_parse (text, -1);
  self->nodes = g_new0 (TlCellNode, self->text->n_nodes + 1);
  self->problems = g_array_new (FALSE, FALSE, sizeof (TlGraphProblem));
  self->strings = g_string_chunk_new (256);
  self->lookup = lookup;
  self->user_data = user_data;
  self->pipeline.transforms = g_ptr_array_new ();
  self->pipeline.metrics = g_ptr_array_new ();
  for (guint i = 0; i < self->text->n_errors; i++)
    tl_graph_cell_add_problem (self, NULL, NULL, self->text->errors[i].line, TL_ERROR_CODE, self->text->errors[i].message);
  for (guint i = 0; i < self->text->n_nodes; i++)
    read_node (self, &self->nodes[i], &self->text->nodes[i]);
  for (guint i = 0; i < self->text->n_nodes; i++)
    check_links (self, &self->nodes[i]);
  tl_graph_cell_find_pipeline (self);
  self->n_text_problems = self->problems->len;
  sample = tl_pipeline_describe (self->pipeline.dataset);
  tl_graph_cell_build (self, sample, 0);
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
  for (guint i = 0; i < self->text->n_nodes; i++) {
    g_clear_pointer (&self->nodes[i].sub, tl_model_unref);
    g_free (self->nodes[i].parts);
    g_free (self->nodes[i].shape);
  }
  g_free (self->nodes);
  g_clear_pointer (&self->pipeline.loss_layer, tl_layer_unref);
  g_ptr_array_unref (self->pipeline.transforms);
  g_ptr_array_unref (self->pipeline.metrics);
  tl_graph_text_unref (self->text);
  tl_model_unref (self->model);
  tl_model_unref (self->whole);
  g_array_unref (self->problems);
  g_string_chunk_free (self->strings);
  g_free (self->id);
  g_free (self);
}

/**
 * tl_graph_cell_set_data:
 * @self: a graph cell without problems
 * @train: the training set that its data set node gave
 * @seed: of random transforms
 *
 * Builds the model again for the items of @train, which the text alone may not tell; then there may be problems.
 */
void
tl_graph_cell_set_data (TlGraphCell *self,
                        TlDataset   *train,
                        guint64      seed)
{
  g_autoptr (TlDataset) sample = tl_dataset_new_head (train, 1);

  g_array_set_size (self->problems, self->n_text_problems);
  tl_graph_cell_build (self, sample, seed);
  g_array_sort (self->problems, compare_lines);
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
 * Returns: (transfer none): the model it defines; built only if there are no problems.  That of a cell that trains ends with what its
 *   loss is of
 */
TlModel *
tl_graph_cell_get_model (TlGraphCell *self)
{
  return self->model;
}

/**
 * tl_graph_cell_get_pipeline:
 * @self: a graph cell
 *
 * Returns: (transfer none) (nullable): the training it holds; %NULL if it holds none, or if there are problems.  Its loss is there as soon
 *   as the data are known
 */
const TlPipeline *
tl_graph_cell_get_pipeline (TlGraphCell *self)
{
  return self->train != NULL && self->prediction != NULL && self->problems->len == 0 ? &self->pipeline : NULL;
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
 * Returns: (transfer full) (nullable): what a link there carries: the shape of a tensor, such as "[N, 32, 28, 28]", or the items of
 *   data, "u8 [1, 28, 28]"; %NULL where it is not known, or has no shape
 */
char *
tl_graph_cell_get_shape_text (TlGraphCell *self,
                              const char  *node,
                              guint        output)
{
  const TlGraphNode *text = tl_graph_text_find_node (self->text, node, NULL);
  const TlCellNode  *found = text != NULL ? &self->nodes[text - self->text->nodes] : NULL;
  const TlMeta      *meta;

  if (found == NULL || output >= text->n_outputs)
    return NULL;
  if (found->shape != NULL)
    return g_strdup (found->shape);
  meta = found == self->batch ? tl_model_get_node_output (self->whole, text->outputs[output].name, 0)
                              : tl_model_get_node_output (self->whole, node, output);
  return meta != NULL ? tl_shape_to_string (meta->shape, meta->rank) : NULL;
}
