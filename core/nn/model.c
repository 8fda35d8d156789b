/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of a model: what it holds.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/model-private.h"

static void
link_clear (gpointer link)
{
  g_free (((TlModelLink *)link)->from);
}

static void
problem_free (gpointer data)
{
  TlModelProblem *self = data;

  g_free ((char *)self->node);
  g_free ((char *)self->attr);
  g_free ((char *)self->message);
  g_free (self);
}

GPtrArray *
tl_model_problems_new (void)
{
  return g_ptr_array_new_with_free_func (problem_free);
}

void
tl_model_add_problem (GPtrArray  *problems,
                      const char *node,
                      const char *attr,
                      int         code,
                      const char *message)
{
  TlModelProblem *problem = g_new0 (TlModelProblem, 1);

  *problem = (TlModelProblem){ g_strdup (node), g_strdup (attr), code, g_strdup (message) };
  g_ptr_array_add (problems, problem);
}

GArray *
tl_model_links_new (void)
{
  GArray *links = g_array_new (FALSE, TRUE, sizeof (TlModelLink));

  g_array_set_clear_func (links, link_clear);
  return links;
}

static void
node_free (gpointer data)
{
  TlModelNode *self = data;

  g_free (self->name);
  g_free (self->row);
  g_clear_pointer (&self->model, tl_model_unref);
  g_array_unref (self->links);
  g_ptr_array_unref (self->problems);
  g_free (self);
}

/**
 * tl_model_new:
 * @name: its name
 *
 * Returns: (transfer full): a model without nodes, with f32 parameters
 */
TlModel *
tl_model_new (const char *name)
{
  TlModel *self = g_new0 (TlModel, 1);

  atomic_init (&self->ref_count, 1);
  self->name = g_strdup (name);
  self->dtype = TL_DTYPE_F32;
  self->nodes = g_ptr_array_new_with_free_func (node_free);
  self->outputs = tl_model_links_new ();
  self->refused = tl_model_problems_new ();
  self->problems = tl_model_problems_new ();
  self->layers = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_layer_unref);
  self->variables = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  self->by_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

/**
 * tl_model_ref:
 * @self: a model
 *
 * Returns: (transfer full): @self
 */
TlModel *
tl_model_ref (TlModel *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_model_unref:
 * @self: (transfer full) (nullable): a model
 */
void
tl_model_unref (TlModel *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_clear_pointer (&self->built, tl_instance_unref);
  g_hash_table_unref (self->by_path);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->layers);
  g_ptr_array_unref (self->problems);
  g_ptr_array_unref (self->refused);
  g_array_unref (self->outputs);
  g_ptr_array_unref (self->nodes);
  g_free (self->name);
  g_free (self);
}

/**
 * tl_model_get_name:
 * @self: a model
 *
 * Returns: (transfer none): its name
 */
const char *
tl_model_get_name (TlModel *self)
{
  return self->name;
}

/**
 * tl_model_set_name:
 * @self: a model
 * @name: its name
 */
void
tl_model_set_name (TlModel    *self,
                   const char *name)
{
  g_free (self->name);
  self->name = g_strdup (name);
}

/**
 * tl_model_set_cell:
 * @self: a model
 * @cell: (nullable): id of the graph cell that describes it
 *
 * Errors of its operations then carry this cell and the node, whoever calls.
 */
void
tl_model_set_cell (TlModel    *self,
                   const char *cell)
{
  self->cell = g_intern_string (cell);
}

/**
 * tl_model_get_dtype:
 * @self: a model
 *
 * Returns: the dtype of its parameters
 */
TlDType
tl_model_get_dtype (TlModel *self)
{
  return self->dtype;
}

/**
 * tl_model_set_dtype:
 * @self: a model
 * @dtype: f32 or f64: the dtype of its parameters from the next build on
 */
void
tl_model_set_dtype (TlModel *self,
                    TlDType  dtype)
{
  g_return_if_fail (dtype == TL_DTYPE_F32 || dtype == TL_DTYPE_F64);
  self->dtype = dtype;
}

/**
 * tl_model_get_n_nodes:
 * @self: a model
 *
 * Returns: the number of its nodes
 */
guint
tl_model_get_n_nodes (TlModel *self)
{
  return self->nodes->len;
}

/**
 * tl_model_find_node:
 * @self: a model
 * @name: a name
 *
 * Returns: the number of the node of that name, or -1
 */
gint
tl_model_find_node (TlModel    *self,
                    const char *name)
{
  for (guint i = 0; i < self->nodes->len; i++)
    if (strcmp (((TlModelNode *)self->nodes->pdata[i])->name, name) == 0)
      return (gint)i;
  return -1;
}

TlModelNode *
tl_model_peek_node (TlModel    *self,
                    const char *name)
{
  gint i = tl_model_find_node (self, name);

  return i >= 0 ? self->nodes->pdata[i] : NULL;
}

const TlAttrSpec *
tl_model_node_specs (const TlModelNode *node)
{
  return node->layer != NULL ? node->layer->attrs : node->op != NULL ? node->op->attrs
                                                                     : NULL;
}

/**
 * tl_model_get_node:
 * @self: a model
 * @node: a number below tl_model_get_n_nodes()
 * @info: (out): what the node is; valid until the model is edited
 */
void
tl_model_get_node (TlModel         *self,
                   guint            node,
                   TlModelNodeInfo *info)
{
  TlModelNode *from = self->nodes->pdata[node];

  *info = (TlModelNodeInfo){ from->name, from->row, from->layer, from->op, from->model, from->times, tl_model_node_specs (from), from->attrs, from->given, from->links->len, 1 };
  if (from->layer != NULL) {
    info->n_out = tl_layer_class_get_n_out (from->layer, from->attrs);
  } else if (from->op != NULL) {
    info->n_out = from->op->count != NULL ? tl_model_count_used (self, from) : tl_op_get_n_out (from->op, from->links->len);
  } else if (from->model != NULL) {
    g_autoptr (GArray) outputs = tl_model_list_outputs (from->model);

    info->n_out = outputs->len;
  }
}

/**
 * tl_model_get_link:
 * @self: a model
 * @node: number of a node
 * @input: number of one of its inputs
 * @from: (out): the node that it comes from
 * @from_output: (out): number of that node's output
 *
 * Returns: whether the input is connected
 */
gboolean
tl_model_get_link (TlModel     *self,
                   guint        node,
                   guint        input,
                   const char **from,
                   guint       *from_output)
{
  TlModelNode       *to = self->nodes->pdata[node];
  const TlModelLink *link;

  if (input >= to->links->len)
    return FALSE;
  link = &g_array_index (to->links, TlModelLink, input);
  *from = link->from;
  *from_output = link->output;
  return link->from != NULL;
}

static gboolean
is_used (TlModel    *self,
         const char *name)
{
  for (guint i = 0; i < self->nodes->len; i++) {
    GArray *links = ((TlModelNode *)self->nodes->pdata[i])->links;

    for (guint j = 0; j < links->len; j++)
      if (g_strcmp0 (g_array_index (links, TlModelLink, j).from, name) == 0)
        return TRUE;
  }
  return FALSE;
}

/* The outputs, named or found. */
GArray *
tl_model_list_outputs (TlModel *self)
{
  GArray *outputs = tl_model_links_new ();

  for (guint i = 0; i < self->outputs->len; i++) {
    TlModelLink link = g_array_index (self->outputs, TlModelLink, i);

    link.from = g_strdup (link.from);
    g_array_append_val (outputs, link);
  }
  for (guint i = 0; i < self->nodes->len && self->outputs->len == 0; i++) {
    TlModelNode *node = self->nodes->pdata[i];
    TlModelLink  link = { NULL, 0 };

    if (is_used (self, node->name) || (node->layer != NULL && (node->layer->flags & TL_LAYER_INPUT) != 0))
      continue;
    link.from = g_strdup (node->name);
    g_array_append_val (outputs, link);
  }
  return outputs;
}

static TlModelNode *
copy_node (const TlModelNode *node)
{
  TlModelNode *copy = g_new0 (TlModelNode, 1);

  *copy = *node;
  copy->name = g_strdup (node->name);
  copy->row = g_strdup (node->row);
  copy->model = node->model != NULL ? tl_model_ref (node->model) : NULL;
  copy->links = tl_model_links_new ();
  for (guint i = 0; i < node->links->len; i++) {
    TlModelLink link = g_array_index (node->links, TlModelLink, i);

    link.from = g_strdup (link.from);
    g_array_append_val (copy->links, link);
  }
  copy->problems = tl_model_problems_new ();
  for (guint i = 0; i < node->problems->len; i++) {
    const TlModelProblem *problem = node->problems->pdata[i];

    tl_model_add_problem (copy->problems, problem->node, problem->attr, problem->code, problem->message);
  }
  return copy;
}

/**
 * tl_model_clone:
 * @self: a model
 * @error: return location for an error
 *
 * Copies a model.  If it is built, so is the copy, with variables of its own that have the same values; sub-models are shared as
 * descriptions.
 *
 * Errors: as tl_model_build()
 *
 * Returns: (transfer full): the copy, or %NULL
 */
TlModel *
tl_model_clone (TlModel *self,
                GError **error)
{
  g_autoptr (TlModel) copy = tl_model_new (self->name);

  copy->cell = self->cell;
  copy->dtype = self->dtype;
  for (guint i = 0; i < self->nodes->len; i++)
    g_ptr_array_add (copy->nodes, copy_node (self->nodes->pdata[i]));
  for (guint i = 0; i < self->outputs->len; i++) {
    TlModelLink link = g_array_index (self->outputs, TlModelLink, i);

    link.from = g_strdup (link.from);
    g_array_append_val (copy->outputs, link);
  }
  if (self->built == NULL)
    return g_steal_pointer (&copy);
  if (!(self->is_complete ? tl_model_build_for (copy, self->built->inputs, self->built->n_inputs, error)
                          : tl_model_build (copy, error)))
    return NULL;
  for (guint i = 0; i < self->variables->len; i++) {
    TlVariable *from = self->variables->pdata[i];
    TlVariable *to = tl_model_find_variable (copy, tl_variable_get_path (from));

    if (to == NULL)
      continue; /* the description was edited since */
    if (!tl_variable_set_value (to, tl_variable_get_value (from), error))
      return NULL;
    tl_variable_set_trainable (to, tl_variable_get_trainable (from));
  }
  return g_steal_pointer (&copy);
}
