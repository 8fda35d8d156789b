/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a build finds out before anything is computed: the order of nodes, the inputs, and where links come from.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/model-build-private.h"

void
tl_frame_add_problem (TlModelFrame *frame,
                      const char   *node,
                      const char   *attr,
                      int           code,
                      const char   *format,
                      ...)
{
  g_autofree char *message = NULL;
  g_autofree char *path = g_strconcat (frame->prefix, node, NULL);
  va_list          args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  tl_model_add_problem (frame->builder->problems, path, attr, code, message);
}

gboolean
tl_model_node_is_input (const TlModelNode *node)
{
  return node->layer != NULL && (node->layer->flags & TL_LAYER_INPUT) != 0;
}

guint
tl_model_count_inputs (TlModel *model)
{
  guint n = 0;

  for (guint i = 0; i < model->nodes->len; i++)
    n += tl_model_node_is_input (model->nodes->pdata[i]);
  return n;
}

/*
 * Order.  Nodes are taken as they stand unless something they need comes later, so a build is stable under edits.
 */

static gboolean
is_ready (TlModelFrame      *frame,
          const TlModelNode *node,
          GHashTable        *done)
{
  for (guint i = 0; i < node->links->len; i++) {
    const char  *from = g_array_index (node->links, TlModelLink, i).from;
    TlModelNode *other = from != NULL ? tl_model_peek_node (frame->model, from) : NULL;

    if (other != NULL && !g_hash_table_contains (done, other))
      return FALSE;
  }
  return TRUE;
}

static TlModelNode *
first_undone (TlModelFrame      *frame,
              const TlModelNode *node,
              GHashTable        *done)
{
  for (guint i = 0; i < node->links->len; i++) {
    const char  *from = g_array_index (node->links, TlModelLink, i).from;
    TlModelNode *other = from != NULL ? tl_model_peek_node (frame->model, from) : NULL;

    if (other != NULL && !g_hash_table_contains (done, other))
      return other;
  }
  return NULL;
}

/* From a node that is never ready, going back along what it waits for ends in a circle. */
static void
report_circle (TlModelFrame *frame,
               TlModelNode  *start,
               GHashTable   *done)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  GString               *text = g_string_new (NULL);
  TlModelNode           *node = start, *end;

  while (g_hash_table_add (seen, node))
    node = first_undone (frame, node, done);
  end = node;
  g_string_append (text, end->name);
  do {
    node = first_undone (frame, node, done);
    g_string_prepend (text, " -> ");
    g_string_prepend (text, node->name);
  } while (node != end);
  do {
    tl_frame_add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "the links form a circle: %s", text->str);
    node = first_undone (frame, node, done);
  } while (node != end);
  g_string_free (text, TRUE);
}

GPtrArray *
tl_frame_order_nodes (TlModelFrame *frame)
{
  GPtrArray             *order = g_ptr_array_new ();
  GPtrArray             *nodes = frame->model->nodes;
  g_autoptr (GHashTable) done = g_hash_table_new (NULL, NULL);
  gboolean               progress = TRUE;

  while (progress && order->len < nodes->len) {
    progress = FALSE;
    for (guint i = 0; i < nodes->len; i++) {
      TlModelNode *node = nodes->pdata[i];

      if (g_hash_table_contains (done, node) || !is_ready (frame, node, done))
        continue;
      g_hash_table_add (done, node);
      g_ptr_array_add (order, node);
      progress = TRUE;
    }
  }
  for (guint i = 0; i < nodes->len; i++)
    if (!g_hash_table_contains (done, nodes->pdata[i])) {
      report_circle (frame, nodes->pdata[i], done);
      break;
    }
  return order;
}

/* Inputs. */

static TlDim
bound_size (TlDim            symbol,
            const TlBinding *sizes,
            guint            n_sizes)
{
  for (guint i = 0; i < n_sizes; i++)
    if (sizes[i].symbol == symbol)
      return sizes[i].size;
  return TL_DIM_INVALID;
}

/* Symbols of @declared stand for whatever is given, the same everywhere. */
gboolean
tl_model_check_input (const char   *name,
                      const TlMeta *declared,
                      gboolean      any_dtype,
                      const TlMeta *given,
                      TlBinding    *sizes,
                      guint        *n_sizes,
                      GError      **error)
{
  gboolean fits = declared->rank == given->rank && (any_dtype || declared->dtype == given->dtype);

  for (guint axis = 0; axis < declared->rank && fits; axis++) {
    TlDim want = declared->shape[axis], bound;

    if (tl_dim_is_symbolic (want)) {
      bound = bound_size (want, sizes, *n_sizes);
      if (bound == TL_DIM_INVALID && *n_sizes < TL_MODEL_MAX_SIZES)
        sizes[(*n_sizes)++] = (TlBinding){ want, given->shape[axis] };
      want = bound != TL_DIM_INVALID ? bound : given->shape[axis];
    }
    fits = want == given->shape[axis];
  }
  if (!fits) {
    g_autofree char *want_text = tl_meta_to_string (declared);
    g_autofree char *given_text = tl_meta_to_string (given);

    g_set_error (error, TL_ERROR, declared->dtype != given->dtype && !any_dtype ? TL_ERROR_DTYPE : TL_ERROR_SHAPE,
                 "input %s is %s, %s was given", name, want_text, given_text);
  }
  return fits;
}

static gboolean
declared_meta (TlModelFrame      *frame,
               const TlModelNode *node,
               TlMeta            *meta)
{
  const TlAttrValue *shape = &node->attrs[TL_INPUT_ATTR_SHAPE];
  TlDType            dtype = (node->given >> TL_INPUT_ATTR_DTYPE & 1) != 0 ? (TlDType)node->attrs[TL_INPUT_ATTR_DTYPE].i
                                                                           : frame->builder->root->dtype;

  if (shape->n == 0)
    return FALSE;
  for (gint i = 0; i < shape->n; i++)
    if (shape->v[i] == TL_DIM_INVALID) {
      tl_frame_add_problem (frame, node->name, "shape", TL_ERROR_VALUE, "Input: shape: a size may be a number or a name, not -1");
      return FALSE;
    }
  tl_meta_init (meta, dtype, (guint)shape->n, shape->v);
  return TRUE;
}

/* @given are tensors of the outer model, or, for the root, what the caller said. */
void
tl_frame_add_inputs (TlModelFrame    *frame,
                     const TlMeta    *given_metas,
                     TlTensor *const *given)
{
  TlInstance *instance = frame->instance;
  TlBinding   sizes[TL_MODEL_MAX_SIZES];
  guint       n_sizes = 0, n = 0;

  for (guint i = 0; i < frame->model->nodes->len; i++) {
    TlModelNode       *node = frame->model->nodes->pdata[i];
    TlModelValue       value = { NULL, FALSE };
    const TlMeta      *meta;
    g_autoptr (GError) reason = NULL;

    if (!tl_model_node_is_input (node))
      continue;
    instance->input_names[n] = g_intern_string (node->name);
    instance->input_is_declared[n] = declared_meta (frame, node, &instance->inputs[n]);
    meta = given != NULL && given[n] != NULL ? tl_tensor_get_meta (given[n]) : given_metas != NULL ? &given_metas[n]
                                                                                                   : NULL;
    if (instance->input_is_declared[n] && meta != NULL &&
        !tl_model_check_input (node->name, &instance->inputs[n], (node->given >> TL_INPUT_ATTR_DTYPE & 1) == 0 && given != NULL,
                               meta, sizes, &n_sizes, &reason)) {
      tl_frame_add_problem (frame, node->name, NULL, reason->code, "%s", reason->message);
      value.failed = TRUE;
    } else if (given != NULL && given[n] != NULL) {
      value.tensor = tl_tensor_ref (given[n]);
    } else if (given == NULL && (instance->input_is_declared[n] || meta != NULL)) {
      if (!instance->input_is_declared[n])
        tl_meta_init (&instance->inputs[n], meta->dtype, meta->rank, meta->shape);
      value.tensor = tl_trace_add_input (frame->builder->trace, &instance->inputs[n]);
    }
    g_hash_table_insert (frame->first_out, node, GUINT_TO_POINTER (n + 1));
    g_array_append_val (frame->values, value);
    n++;
  }
}

/* Links. */

static const TlPort *
node_ports (const TlModelNode *node)
{
  return node->layer != NULL ? node->layer->in : node->op != NULL ? node->op->in
                                                                  : NULL;
}

static const char *
input_name (const TlModelNode *node,
            guint              input)
{
  const TlPort *ports = node_ports (node);
  guint         n = ports != NULL ? tl_op_get_n_ports (ports) : 0;

  if (n > 0)
    return ports[MIN (input, n - 1)].name;
  for (guint i = 0, k = 0; node->model != NULL && i < node->model->nodes->len; i++) {
    const TlModelNode *inner = node->model->nodes->pdata[i];

    if (tl_model_node_is_input (inner) && k++ == input)
      return inner->name;
  }
  return "x";
}

static gboolean
check_link_count (TlModelFrame      *frame,
                  const TlModelNode *node)
{
  const TlPort *ports = node_ports (node);
  guint         n = node->model != NULL ? tl_model_count_inputs (node->model) : tl_op_get_n_ports (ports), needed = n;
  gboolean      variadic = ports != NULL && n > 0 && (ports[n - 1].flags & TL_PORT_VARIADIC) != 0;
  gboolean      ok = TRUE;

  while (ports != NULL && needed > 0 && (ports[needed - 1].flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
    needed--;
  if (node->links->len > n && !variadic) {
    tl_frame_add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: %u inputs are connected, it has %u", node->row,
                          node->links->len, n);
    return FALSE;
  }
  for (guint i = 0; i < MAX (needed, node->links->len); i++) {
    gboolean optional = ports != NULL && i < n && (ports[i].flags & TL_PORT_OPTIONAL) != 0;

    if ((i < node->links->len && g_array_index (node->links, TlModelLink, i).from != NULL) || optional)
      continue;
    tl_frame_add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: input %s is not connected", node->row,
                          input_name (node, i));
    ok = FALSE;
  }
  return ok;
}

static void
report_no_source (TlModelFrame      *frame,
                  const TlModelNode *node,
                  guint              input,
                  const char        *from)
{
  g_autofree const char **names = g_new0 (const char *, frame->model->nodes->len + 1);
  const char             *nearest;

  for (guint i = 0; i < frame->model->nodes->len; i++)
    names[i] = ((TlModelNode *)frame->model->nodes->pdata[i])->name;
  nearest = tl_attr_nearest (from, names, frame->model->nodes->len);
  tl_frame_add_problem (frame, node->name, NULL, TL_ERROR_NAME, "%s: input %s: there is no node %s%s%s%s", node->row,
                        input_name (node, input), from, nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
                        nearest != NULL ? "?" : "");
}

guint
tl_model_node_n_out (const TlModelNode *node)
{
  if (node->layer != NULL)
    return tl_layer_class_get_n_out (node->layer, node->attrs);
  if (node->op != NULL)
    return tl_op_get_n_out (node->op, node->links->len);
  if (node->model != NULL) {
    g_autoptr (GArray) outputs = tl_model_list_outputs (node->model);

    return outputs->len;
  }
  return 1;
}

/* How many outputs of a node others take. */
guint
tl_model_count_used (TlModel           *model,
                     const TlModelNode *node)
{
  guint n = 1;

  for (guint k = 0; k <= model->nodes->len; k++) {
    g_autoptr (GArray) outputs = k == model->nodes->len ? tl_model_list_outputs (model) : NULL;
    GArray            *links = outputs != NULL ? outputs : ((TlModelNode *)model->nodes->pdata[k])->links;

    for (guint i = 0; i < links->len; i++) {
      const TlModelLink *link = &g_array_index (links, TlModelLink, i);

      if (link->from != NULL && strcmp (link->from, node->name) == 0)
        n = MAX (n, link->output + 1);
    }
  }
  return n;
}

/* The number of outputs of a node that was built before. */
guint
tl_frame_get_n_out (TlModelFrame      *frame,
                    const TlModelNode *node)
{
  guint first = GPOINTER_TO_UINT (g_hash_table_lookup (frame->first_out, node));

  if (node->op != NULL && node->op->count != NULL)
    for (guint k = 0; k < frame->instance->n_steps; k++)
      if (frame->instance->steps[k].first_out + 1 == first && strcmp (frame->instance->steps[k].name, node->name) == 0)
        return frame->instance->steps[k].n_out;
  return tl_model_node_n_out (node);
}

/* Finds the values that a node takes; FALSE if one is missing or comes from something that is wrong. */
gboolean
tl_frame_resolve_links (TlModelFrame *frame,
                        TlModelNode  *node,
                        TlModelStep  *step)
{
  gboolean ok = check_link_count (frame, node);

  step->n_in = node->links->len;
  step->in = g_new (guint, step->n_in + 1);
  for (guint i = 0; i < step->n_in; i++) {
    const TlModelLink *link = &g_array_index (node->links, TlModelLink, i);
    TlModelNode       *from = link->from != NULL ? tl_model_peek_node (frame->model, link->from) : NULL;
    guint              first;

    step->in[i] = G_MAXUINT;
    if (link->from == NULL)
      continue;
    if (from == NULL) {
      report_no_source (frame, node, i, link->from);
      ok = FALSE;
      continue;
    }
    first = GPOINTER_TO_UINT (g_hash_table_lookup (frame->first_out, from));
    if (first != 0 && link->output >= tl_frame_get_n_out (frame, from)) {
      tl_frame_add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: input %s: %s has %u outputs, not %u", node->row,
                            input_name (node, i), link->from, tl_frame_get_n_out (frame, from), link->output + 1);
      ok = FALSE;
      continue;
    }
    if (first == 0 || g_array_index (frame->values, TlModelValue, first - 1 + link->output).failed) {
      ok = FALSE;
      continue;
    }
    step->in[i] = first - 1 + link->output;
  }
  return ok;
}
