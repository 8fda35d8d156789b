/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The description of a model: edits of nodes and links.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/names.h"
#include "core/nn/model-private.h"

/* What cannot be done is an error now, and a problem at every build until the node goes: callers may look at either. */
static gboolean
refuse (TlModel    *self,
        const char *node,
        int         code,
        GError    **error,
        const char *format,
        ...) G_GNUC_PRINTF (5, 6);

static gboolean
refuse (TlModel    *self,
        const char *node,
        int         code,
        GError    **error,
        const char *format,
        ...)
{
  g_autofree char *message = NULL;
  va_list          args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  tl_model_add_problem (self->refused, node, NULL, code, message);
  g_set_error_literal (error, TL_ERROR, code, message);
  return FALSE;
}

static gboolean
fail_no_node (TlModel    *self,
              const char *name,
              GError    **error)
{
  g_autofree const char **names = g_new0 (const char *, self->nodes->len + 1);
  const char             *nearest;

  for (guint i = 0; i < self->nodes->len; i++)
    names[i] = ((TlModelNode *)self->nodes->pdata[i])->name;
  nearest = tl_attr_nearest (name, names, self->nodes->len);
  g_set_error (error, TL_ERROR, TL_ERROR_NAME, "there is no node %s%s%s%s", name, nearest != NULL ? "; did you mean " : "",
               nearest != NULL ? nearest : "", nearest != NULL ? "?" : "");
  return FALSE;
}

/* A word, or the number of a place in a sequence; "." separates names in paths. */
static gboolean
name_is_valid (const char *name)
{
  for (const char *p = name; *p != '\0'; p++)
    if (!g_ascii_isalnum (*p) && *p != '_')
      return FALSE;
  return *name != '\0';
}

static TlModelNode *
add_node (TlModel    *self,
          const char *name,
          const char *row,
          GError    **error)
{
  TlModelNode *node;

  if (!name_is_valid (name)) {
    refuse (self, name, TL_ERROR_NAME, error, "\"%s\" is no name for a node: letters, digits and _ only", name);
    return NULL;
  }
  if (tl_model_find_node (self, name) >= 0) {
    refuse (self, name, TL_ERROR_NAME, error, "there are two nodes of the name %s", name);
    return NULL;
  }
  node = g_new0 (TlModelNode, 1);
  node->name = g_strdup (name);
  node->row = g_strdup (row);
  node->times = 1;
  node->links = tl_model_links_new ();
  node->problems = tl_model_problems_new ();
  g_ptr_array_add (self->nodes, node);
  return node;
}

static char *
hint_at_row (const char *row)
{
  guint                   n_layers = tl_layer_get_n_rows (), n_ops = tl_op_get_n_rows ();
  g_autofree const char **names = g_new0 (const char *, n_layers + n_ops + 1);

  for (guint i = 0; i < n_layers; i++)
    names[i] = tl_layer_get_row (i)->name;
  for (guint i = 0; i < n_ops; i++)
    if ((tl_op_get_row (i)->flags & TL_OP_INTERNAL) == 0)
      names[n_layers + i] = tl_op_get_row (i)->name;
  return tl_name_hint (NULL, row, names, n_layers + n_ops, 1);
}

/**
 * tl_model_add:
 * @self: a model
 * @name: name of the node: letters, digits and _; unique
 * @row: name of a row of core/nn or core/op
 * @error: return location for an error
 *
 * Adds a node.  If the row is unknown the node is there all the same, and every build tells that it is.
 *
 * Errors: %TL_ERROR_NAME
 *
 * Returns: whether there is such a row, and the name is free
 */
gboolean
tl_model_add (TlModel    *self,
              const char *name,
              const char *row,
              GError    **error)
{
  TlModelNode     *node = add_node (self, name, row, error);
  g_autofree char *hint = NULL, *message = NULL;

  if (node == NULL)
    return FALSE;
  node->layer = tl_layer_find (row);
  node->op = node->layer == NULL ? tl_op_find (row) : NULL;
  if (node->op != NULL && (node->op->flags & TL_OP_INTERNAL) != 0)
    node->op = NULL;
  if (node->layer != NULL || node->op != NULL) {
    tl_attr_init_defaults (tl_model_node_specs (node), node->attrs);
    return TRUE;
  }
  hint = hint_at_row (row);
  message = g_strdup_printf ("there is no layer or operation %s%s", row, hint);
  tl_model_add_problem (node->problems, name, NULL, TL_ERROR_NAME, message);
  g_set_error_literal (error, TL_ERROR, TL_ERROR_NAME, message);
  return FALSE;
}

static gboolean
contains (TlModel *self,
          TlModel *other)
{
  if (self == other)
    return TRUE;
  for (guint i = 0; i < self->nodes->len; i++) {
    TlModelNode *node = self->nodes->pdata[i];

    if (node->model != NULL && contains (node->model, other))
      return TRUE;
  }
  return FALSE;
}

/**
 * tl_model_add_model:
 * @self: a model
 * @name: name of the node
 * @model: another model; its inputs and outputs become the node's
 * @times: how often it is repeated: the outputs of each repeat are the inputs of the next, and each has variables of its own
 * @error: return location for an error
 *
 * Adds a model as a node.  Later edits of @model take part at the next build.
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_VALUE if @model contains @self
 *
 * Returns: whether it was added
 */
gboolean
tl_model_add_model (TlModel    *self,
                    const char *name,
                    TlModel    *model,
                    guint       times,
                    GError    **error)
{
  TlModelNode *node;

  if (contains (model, self))
    return refuse (self, name, TL_ERROR_VALUE, error, "the model %s contains itself", model->name);
  node = add_node (self, name, model->name, error);
  if (node == NULL)
    return FALSE;
  node->model = tl_model_ref (model);
  node->times = MAX (times, 1);
  return TRUE;
}

static void
drop_links (GArray     *links,
            const char *name)
{
  for (guint i = 0; i < links->len; i++) {
    TlModelLink *link = &g_array_index (links, TlModelLink, i);

    if (g_strcmp0 (link->from, name) == 0)
      g_clear_pointer (&link->from, g_free);
  }
}

/**
 * tl_model_remove:
 * @self: a model
 * @name: a node
 * @error: return location for an error
 *
 * Removes a node and its links.
 *
 * Errors: %TL_ERROR_NAME
 *
 * Returns: whether there was such a node
 */
gboolean
tl_model_remove (TlModel    *self,
                 const char *name,
                 GError    **error)
{
  gint             i = tl_model_find_node (self, name);
  g_autofree char *gone = g_strdup (name); /* it may be the node's own */

  if (i < 0)
    return fail_no_node (self, name, error);
  g_ptr_array_remove_index (self->nodes, (guint)i);
  for (guint j = 0; j < self->nodes->len; j++)
    drop_links (((TlModelNode *)self->nodes->pdata[j])->links, gone);
  for (guint j = self->outputs->len; j-- > 0;)
    if (strcmp (g_array_index (self->outputs, TlModelLink, j).from, gone) == 0)
      g_array_remove_index (self->outputs, j);
  for (guint j = self->refused->len; j-- > 0;)
    if (strcmp (((TlModelProblem *)self->refused->pdata[j])->node, gone) == 0)
      g_ptr_array_remove_index (self->refused, j);
  return TRUE;
}

static void
rename_links (GArray     *links,
              const char *name,
              const char *new_name)
{
  for (guint i = 0; i < links->len; i++) {
    TlModelLink *link = &g_array_index (links, TlModelLink, i);

    if (g_strcmp0 (link->from, name) == 0) {
      g_free (link->from);
      link->from = g_strdup (new_name);
    }
  }
}

/* A renamed node keeps what it has learnt. */
static void
rename_variables (TlModel    *self,
                  const char *name,
                  const char *new_name)
{
  gsize length = strlen (name);

  for (guint i = 0; i < self->variables->len; i++) {
    TlVariable      *variable = self->variables->pdata[i];
    const char      *path = tl_variable_get_path (variable);
    g_autofree char *renamed = NULL;

    if (strncmp (path, name, length) != 0 || path[length] != '.')
      continue;
    renamed = g_strconcat (new_name, path + length, NULL);
    g_hash_table_remove (self->by_path, path);
    tl_variable_set_path (variable, renamed);
    g_hash_table_insert (self->by_path, g_steal_pointer (&renamed), variable);
  }
}

/**
 * tl_model_rename:
 * @self: a model
 * @name: a node
 * @new_name: its new name
 * @error: return location for an error
 *
 * Renames a node, its links and its variables.
 *
 * Errors: %TL_ERROR_NAME
 *
 * Returns: whether it was renamed
 */
gboolean
tl_model_rename (TlModel    *self,
                 const char *name,
                 const char *new_name,
                 GError    **error)
{
  TlModelNode     *node = tl_model_peek_node (self, name);
  g_autofree char *old = g_strdup (name);

  if (node == NULL)
    return fail_no_node (self, name, error);
  if (!name_is_valid (new_name) || tl_model_find_node (self, new_name) >= 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_NAME, "%s cannot be named \"%s\": %s", name, new_name,
                 name_is_valid (new_name) ? "there is such a node" : "letters, digits and _ only");
    return FALSE;
  }
  g_free (node->name);
  node->name = g_strdup (new_name);
  for (guint i = 0; i < node->problems->len; i++) {
    TlModelProblem *problem = node->problems->pdata[i];

    g_free ((char *)problem->node);
    problem->node = g_strdup (new_name);
  }
  for (guint i = 0; i < self->nodes->len; i++)
    rename_links (((TlModelNode *)self->nodes->pdata[i])->links, old, new_name);
  rename_links (self->outputs, old, new_name);
  rename_variables (self, old, new_name);
  return TRUE;
}

static void
clear_attr_problem (TlModelNode *node,
                    const char  *attr)
{
  for (guint i = node->problems->len; i-- > 0;)
    if (g_strcmp0 (((TlModelProblem *)node->problems->pdata[i])->attr, attr) == 0)
      g_ptr_array_remove_index (node->problems, i);
}

/* A value, or its text. */
typedef struct {
  const TlAttrInput *input;
  const char        *text;
} Given;

static gboolean
set_value (const char       *owner,
           const TlAttrSpec *specs,
           TlAttrValue      *values,
           const char       *attr,
           const Given      *given,
           GError          **error)
{
  return given->input != NULL ? tl_attr_set (owner, specs, values, attr, given->input, error)
                              : tl_attr_set_text (owner, specs, values, attr, given->text, error);
}

/* What every sub-model has. */
static gboolean
set_sub_attr (TlModelNode *node,
              const char  *attr,
              const Given *given,
              GError     **error)
{
  static const TlAttrSpec specs[] = {
    { "times", "how often the model is repeated", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 10000 },
    { "residual", "whether the first input is added to the first output: a skip connection", TL_ATTR_BOOL },
    { "checkpoint", "whether what it computes is computed again for its gradients instead of kept", TL_ATTR_BOOL },
    { NULL },
  };
  TlAttrValue values[] = { { .i = node->times }, { .i = node->residual }, { .i = node->checkpoint } };

  if (!set_value (node->row, specs, values, attr, given, error))
    return FALSE;
  node->times = (guint)values[0].i;
  node->residual = values[1].i != 0;
  node->checkpoint = values[2].i != 0;
  return TRUE;
}

static gboolean
set_attr (TlModel     *self,
          const char  *name,
          const char  *attr,
          const Given *given,
          GError     **error)
{
  TlModelNode       *node = tl_model_peek_node (self, name);
  g_autoptr (GError) reason = NULL;
  gint               i;
  gboolean           ok;

  if (node == NULL)
    return fail_no_node (self, name, error);
  if (node->layer == NULL && node->op == NULL && node->model == NULL)
    return TRUE; /* of an unknown row nothing is known, and that was told */
  clear_attr_problem (node, attr);
  if (node->model != NULL)
    ok = set_sub_attr (node, attr, given, &reason);
  else
    ok = set_value (node->row, tl_model_node_specs (node), node->attrs, attr, given, &reason);
  if (!ok) {
    tl_model_add_problem (node->problems, name, attr, reason->code, reason->message);
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  i = tl_attr_find (tl_model_node_specs (node), attr);
  if (i >= 0 && (given->input == NULL || given->input->type != TL_ATTR_INPUT_NIL))
    node->given |= 1u << i;
  else if (i >= 0)
    node->given &= ~(1u << i);
  return TRUE;
}

/**
 * tl_model_set_attr:
 * @self: a model
 * @node: name of a node
 * @attr: name or alias of one of its attributes; "times", "residual" and "checkpoint" of a sub-model
 * @input: its new value; nil for the default
 * @error: return location for an error
 *
 * What is wrong is told now and by every build until the attribute is set again.
 *
 * Errors: as tl_attr_set()
 *
 * Returns: whether it was set
 */
gboolean
tl_model_set_attr (TlModel           *self,
                   const char        *node,
                   const char        *attr,
                   const TlAttrInput *input,
                   GError           **error)
{
  return set_attr (self, node, attr, &(Given){ .input = input }, error);
}

/**
 * tl_model_set_attr_text:
 * @self: a model
 * @node: name of a node
 * @attr: name or alias of one of its attributes; "times", "residual" and "checkpoint" of a sub-model
 * @text: its new value as graph cells write it, see tl_attr_set_text()
 * @error: return location for an error
 *
 * As tl_model_set_attr().
 *
 * Errors: as tl_attr_set()
 *
 * Returns: whether it was set
 */
gboolean
tl_model_set_attr_text (TlModel    *self,
                        const char *node,
                        const char *attr,
                        const char *text,
                        GError    **error)
{
  return set_attr (self, node, attr, &(Given){ .text = text }, error);
}

/**
 * tl_model_connect:
 * @self: a model
 * @from: name of a node; it may be added later
 * @from_output: number of one of its outputs
 * @to: name of a node
 * @input: number of one of its inputs
 * @error: return location for an error
 *
 * Connects an input, instead of what it was connected to before.  Whether the link makes sense is told by the next build.
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_VALUE
 *
 * Returns: whether there is a node @to
 */
gboolean
tl_model_connect (TlModel    *self,
                  const char *from,
                  guint       from_output,
                  const char *to,
                  guint       input,
                  GError    **error)
{
  TlModelNode *node = tl_model_peek_node (self, to);
  TlModelLink *link;

  if (node == NULL)
    return fail_no_node (self, to, error);
  if (input >= TL_LAYER_MAX_IN)
    return refuse (self, to, TL_ERROR_VALUE, error, "%s: a node has at most %d inputs", to, TL_LAYER_MAX_IN);
  if (input >= node->links->len)
    g_array_set_size (node->links, input + 1);
  link = &g_array_index (node->links, TlModelLink, input);
  g_free (link->from);
  *link = (TlModelLink){ g_strdup (from), from_output };
  return TRUE;
}

/**
 * tl_model_disconnect:
 * @self: a model
 * @to: name of a node
 * @input: number of one of its inputs
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME
 *
 * Returns: whether it was connected
 */
gboolean
tl_model_disconnect (TlModel    *self,
                     const char *to,
                     guint       input,
                     GError    **error)
{
  TlModelNode *node = tl_model_peek_node (self, to);

  if (node == NULL)
    return fail_no_node (self, to, error);
  if (input >= node->links->len || g_array_index (node->links, TlModelLink, input).from == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "input %u of %s is not connected", input + 1, to);
    return FALSE;
  }
  g_clear_pointer (&g_array_index (node->links, TlModelLink, input).from, g_free);
  while (node->links->len > 0 && g_array_index (node->links, TlModelLink, node->links->len - 1).from == NULL)
    g_array_set_size (node->links, node->links->len - 1);
  return TRUE;
}

/**
 * tl_model_add_output:
 * @self: a model
 * @node: name of a node
 * @output: number of one of its outputs
 * @error: return location for an error
 *
 * Adds an output of the model.  Without any, the results that no node uses are the outputs.
 *
 * Errors: %TL_ERROR_NAME
 *
 * Returns: whether there is such a node
 */
gboolean
tl_model_add_output (TlModel    *self,
                     const char *node,
                     guint       output,
                     GError    **error)
{
  TlModelLink link = { NULL, output };

  if (tl_model_find_node (self, node) < 0)
    return fail_no_node (self, node, error);
  link.from = g_strdup (node);
  g_array_append_val (self->outputs, link);
  return TRUE;
}

/**
 * tl_model_clear_outputs:
 * @self: a model
 *
 * Forgets the outputs that were added.
 */
void
tl_model_clear_outputs (TlModel *self)
{
  g_array_set_size (self->outputs, 0);
}
