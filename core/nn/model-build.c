/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the description of a model to what runs: order, shapes, variables, and all that is wrong.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/nn/model-private.h"
#include "core/tensor/variable-private.h"

typedef struct {
  TlModel    *root;
  TlTrace    *trace;
  GPtrArray  *problems;
  GPtrArray  *layers;
  GHashTable *old; /* path -> TlVariable of before */
  gboolean    is_complete;
} Builder;

/* What is known of a value: a traced tensor; nothing yet; or nothing, because something before it is wrong. */
typedef struct {
  TlTensor *tensor;
  gboolean  failed;
} Value;

/* One model, or one repeat of a sub-model, on its way. */
typedef struct {
  Builder    *builder;
  TlModel    *model;
  const char *prefix; /* of paths: "" or "block.0." */
  TlInstance *instance;
  GHashTable *first_out; /* TlModelNode -> its first value + 1 */
  GArray     *values;    /* Value */
} Frame;

static void
add_problem (Frame      *frame,
             const char *node,
             const char *attr,
             int         code,
             const char *format,
             ...) G_GNUC_PRINTF (5, 6);

static void
add_problem (Frame      *frame,
             const char *node,
             const char *attr,
             int         code,
             const char *format,
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

TlContext *
tl_scratch_begin (TlModel    *model,
                  TlContext **before,
                  TlTrace   **trace,
                  GError    **error)
{
  TlContext *outer = tl_context_get ();
  TlContext *scratch;

  for (guint i = 0; i < model->variables->len; i++)
    if (((TlVariable *)model->variables->pdata[i])->trace != NULL) {
      g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                   "%s: its shapes cannot be worked out while a step that uses it is traced; build it before", model->name);
      return NULL;
    }
  scratch = tl_context_new (1);
  tl_context_set_seed (scratch, tl_context_get_seed (outer));
  *before = tl_context_make_current (scratch);
  *trace = tl_trace_begin (scratch);
  return scratch;
}

void
tl_scratch_end (TlContext *scratch,
                TlContext *before,
                TlTrace   *trace)
{
  tl_trace_abandon (trace);
  tl_context_make_current (before);
  tl_context_free (scratch);
}

static gboolean
is_input (const TlModelNode *node)
{
  return node->layer != NULL && (node->layer->flags & TL_LAYER_INPUT) != 0;
}

static guint
count_inputs (TlModel *model)
{
  guint n = 0;

  for (guint i = 0; i < model->nodes->len; i++)
    n += is_input (model->nodes->pdata[i]);
  return n;
}

/*
 * Order.  Nodes are taken as they stand unless something they need comes later, so a build is stable under edits.
 */

static gboolean
is_ready (Frame             *frame,
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
first_undone (Frame             *frame,
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
report_circle (Frame       *frame,
               TlModelNode *start,
               GHashTable  *done)
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
    add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "the links form a circle: %s", text->str);
    node = first_undone (frame, node, done);
  } while (node != end);
  g_string_free (text, TRUE);
}

static GPtrArray *
order_nodes (Frame *frame)
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
declared_meta (Frame             *frame,
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
      add_problem (frame, node->name, "shape", TL_ERROR_VALUE, "Input: shape: a size may be a number or a name, not -1");
      return FALSE;
    }
  tl_meta_init (meta, dtype, (guint)shape->n, shape->v);
  return TRUE;
}

/* @given are tensors of the outer model, or, for the root, what the caller said. */
static void
add_inputs (Frame           *frame,
            const TlMeta    *given_metas,
            TlTensor *const *given)
{
  TlInstance *instance = frame->instance;
  TlBinding   sizes[TL_MODEL_MAX_SIZES];
  guint       n_sizes = 0, n = 0;

  for (guint i = 0; i < frame->model->nodes->len; i++) {
    TlModelNode       *node = frame->model->nodes->pdata[i];
    Value              value = { NULL, FALSE };
    const TlMeta      *meta;
    g_autoptr (GError) reason = NULL;

    if (!is_input (node))
      continue;
    instance->input_names[n] = g_intern_string (node->name);
    instance->input_is_declared[n] = declared_meta (frame, node, &instance->inputs[n]);
    meta = given != NULL && given[n] != NULL ? tl_tensor_get_meta (given[n]) : given_metas != NULL ? &given_metas[n]
                                                                                                   : NULL;
    if (instance->input_is_declared[n] && meta != NULL &&
        !tl_model_check_input (node->name, &instance->inputs[n], (node->given >> TL_INPUT_ATTR_DTYPE & 1) == 0 && given != NULL,
                               meta, sizes, &n_sizes, &reason)) {
      add_problem (frame, node->name, NULL, reason->code, "%s", reason->message);
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

    if (is_input (inner) && k++ == input)
      return inner->name;
  }
  return "x";
}

static gboolean
check_link_count (Frame             *frame,
                  const TlModelNode *node)
{
  const TlPort *ports = node_ports (node);
  guint         n = node->model != NULL ? count_inputs (node->model) : tl_op_get_n_ports (ports), needed = n;
  gboolean      variadic = ports != NULL && n > 0 && (ports[n - 1].flags & TL_PORT_VARIADIC) != 0;
  gboolean      ok = TRUE;

  while (ports != NULL && needed > 0 && (ports[needed - 1].flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
    needed--;
  if (node->links->len > n && !variadic) {
    add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: %u inputs are connected, it has %u", node->row,
                 node->links->len, n);
    return FALSE;
  }
  for (guint i = 0; i < MAX (needed, node->links->len); i++) {
    gboolean optional = ports != NULL && i < n && (ports[i].flags & TL_PORT_OPTIONAL) != 0;

    if ((i < node->links->len && g_array_index (node->links, TlModelLink, i).from != NULL) || optional)
      continue;
    add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: input %s is not connected", node->row,
                 input_name (node, i));
    ok = FALSE;
  }
  return ok;
}

static void
report_no_source (Frame             *frame,
                  const TlModelNode *node,
                  guint              input,
                  const char        *from)
{
  g_autofree const char **names = g_new0 (const char *, frame->model->nodes->len + 1);
  const char             *nearest;

  for (guint i = 0; i < frame->model->nodes->len; i++)
    names[i] = ((TlModelNode *)frame->model->nodes->pdata[i])->name;
  nearest = tl_attr_nearest (from, names, frame->model->nodes->len);
  add_problem (frame, node->name, NULL, TL_ERROR_NAME, "%s: input %s: there is no node %s%s%s%s", node->row,
               input_name (node, input), from, nearest != NULL ? "; did you mean " : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "?" : "");
}

static guint
node_n_out (const TlModelNode *node)
{
  if (node->layer != NULL)
    return tl_op_get_n_ports (node->layer->out);
  if (node->op != NULL)
    return tl_op_get_n_out (node->op, node->links->len);
  if (node->model != NULL) {
    g_autoptr (GArray) outputs = tl_model_list_outputs (node->model);

    return outputs->len;
  }
  return 1;
}

/* Finds the values that a node takes; FALSE if one is missing or comes from something that is wrong. */
static gboolean
resolve_links (Frame       *frame,
               TlModelNode *node,
               TlModelStep *step)
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
    if (first != 0 && link->output >= node_n_out (from)) {
      add_problem (frame, node->name, NULL, TL_ERROR_VALUE, "%s: input %s: %s has %u outputs, not %u", node->row,
                   input_name (node, i), link->from, node_n_out (from), link->output + 1);
      ok = FALSE;
      continue;
    }
    if (first == 0 || g_array_index (frame->values, Value, first - 1 + link->output).failed) {
      ok = FALSE;
      continue;
    }
    step->in[i] = first - 1 + link->output;
  }
  return ok;
}

/* Nodes. */

static TlVariable *
find_old (const char *path,
          gpointer    user_data)
{
  return g_hash_table_lookup (user_data, path);
}

static gboolean
build_layer (Frame       *frame,
             TlModelNode *node,
             TlModelStep *step,
             TlTensor   **in,
             gboolean     is_known,
             TlTensor   **out,
             GError     **error)
{
  Builder      *builder = frame->builder;
  const TlMeta *metas[TL_LAYER_MAX_IN];

  step->layer = tl_layer_new (node->layer, step->path, builder->root->dtype);
  tl_layer_take_attrs (step->layer, node->attrs, node->given);
  g_ptr_array_add (builder->layers, tl_layer_ref (step->layer));
  for (guint i = 0; i < step->n_in && is_known; i++)
    metas[i] = in[i] != NULL ? tl_tensor_get_meta (in[i]) : NULL;
  if (!tl_layer_set_up_with (step->layer, metas, is_known ? step->n_in : 0, find_old, builder->old, error))
    return FALSE;
  return !is_known || tl_layer_forward (step->layer, in, step->n_in, out, step->n_out, error);
}

static gboolean
build_op (Frame       *frame,
          TlModelNode *node,
          TlModelStep *step,
          TlTensor   **in,
          gboolean     is_known,
          TlTensor   **out,
          GError     **error)
{
  step->op = node->op;
  step->attrs = g_memdup2 (node->attrs, sizeof node->attrs);
  if (!tl_attr_check_required (node->op->name, node->op->attrs, node->given, error))
    return FALSE;
  return !is_known || tl_op_apply (node->op, in, step->n_in, node->attrs, out, step->n_out, error);
}

static TlInstance *build_instance (Builder         *builder,
                                   TlModel         *model,
                                   const char      *prefix,
                                   const TlMeta    *given_metas,
                                   TlTensor *const *given,
                                   TlTensor       **out);

static gboolean
build_parts (Frame       *frame,
             TlModelNode *node,
             TlModelStep *step,
             TlTensor   **in,
             TlTensor   **out,
             GError     **error)
{
  guint     n_problems = frame->builder->problems->len;
  TlTensor *between[TL_LAYER_MAX_IN] = { NULL };

  if (node->times > 1 && step->n_in != step->n_out) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: a model that is repeated needs as many outputs as inputs: it has %u and %u",
                 node->row, step->n_out, step->n_in);
    return FALSE;
  }
  step->n_parts = node->times;
  step->parts = g_new0 (TlInstance *, node->times);
  for (guint i = 0; i < step->n_in; i++)
    between[i] = in[i] != NULL ? tl_tensor_ref (in[i]) : NULL;
  for (guint k = 0; k < node->times; k++) {
    g_autofree char *prefix = node->times > 1 ? g_strdup_printf ("%s.%u.", step->path, k)
                                              : g_strdup_printf ("%s.", step->path);

    for (guint i = 0; i < step->n_out && k > 0; i++) {
      g_clear_pointer (&between[i], tl_tensor_unref);
      between[i] = g_steal_pointer (&out[i]);
    }
    step->parts[k] = build_instance (frame->builder, node->model, prefix, NULL, between, out);
    if (frame->builder->problems->len > n_problems)
      break; /* the others have the same problems */
  }
  for (guint i = 0; i < G_N_ELEMENTS (between); i++)
    g_clear_pointer (&between[i], tl_tensor_unref);
  return frame->builder->problems->len == n_problems;
}

static gboolean
build_node (Frame       *frame,
            TlModelNode *node,
            TlModelStep *step,
            TlTensor   **out)
{
  TlTensor          *in[TL_LAYER_MAX_IN] = { NULL };
  g_autoptr (GError) reason = NULL;
  gboolean           is_known = TRUE, ok;

  for (guint i = 0; i < step->n_in; i++) {
    if (step->in[i] == G_MAXUINT)
      continue;
    in[i] = g_array_index (frame->values, Value, step->in[i]).tensor;
    is_known = is_known && in[i] != NULL;
  }
  if (node->layer != NULL)
    ok = build_layer (frame, node, step, in, is_known, out, &reason);
  else if (node->op != NULL)
    ok = build_op (frame, node, step, in, is_known, out, &reason);
  else
    ok = build_parts (frame, node, step, in, out, &reason);
  if (reason != NULL)
    add_problem (frame, node->name, NULL, reason->code, "%s", reason->message);
  return ok;
}

/* A step is kept also if it is wrong, so that numbers and the other nodes' shapes stand. */
static void
add_step (Frame       *frame,
          TlModelNode *node,
          TlModelStep *step)
{
  g_autofree char      *path = g_strconcat (frame->prefix, node->name, NULL);
  g_autofree TlTensor **out = NULL;
  gboolean              ok = node->problems->len == 0;

  step->name = g_intern_string (node->name);
  step->path = g_intern_string (path);
  step->first_out = frame->values->len;
  step->n_out = node_n_out (node);
  step->metas = g_new0 (TlMeta, step->n_out + 1);
  out = g_new0 (TlTensor *, step->n_out + 1);
  for (guint i = 0; i < node->problems->len; i++) {
    const TlModelProblem *problem = node->problems->pdata[i];

    add_problem (frame, node->name, problem->attr, problem->code, "%s", problem->message);
  }
  ok = resolve_links (frame, node, step) && ok;
  ok = ok && build_node (frame, node, step, out);
  step->is_known = ok;
  for (guint i = 0; i < step->n_out; i++) {
    Value value = { out[i], !ok };

    step->is_known = step->is_known && out[i] != NULL;
    if (out[i] != NULL)
      step->metas[i] = *tl_tensor_get_meta (out[i]);
    g_array_append_val (frame->values, value);
  }
  frame->builder->is_complete = frame->builder->is_complete && step->is_known;
  g_hash_table_insert (frame->first_out, node, GUINT_TO_POINTER (step->first_out + 1));
}

static void
add_outputs (Frame     *frame,
             GArray    *links,
             TlTensor **out)
{
  TlInstance *instance = frame->instance;

  instance->n_outputs = links->len;
  instance->outputs = g_new0 (guint, links->len + 1);
  instance->output_names = g_new0 (const char *, links->len + 1);
  for (guint i = 0; i < links->len; i++) {
    const TlModelLink *link = &g_array_index (links, TlModelLink, i);
    TlModelNode       *node = tl_model_peek_node (frame->model, link->from);
    guint              first = GPOINTER_TO_UINT (g_hash_table_lookup (frame->first_out, node));
    Value             *value;

    instance->output_names[i] = g_intern_string (link->from);
    if (first == 0)
      continue; /* part of a circle */
    if (link->output >= node_n_out (node)) {
      add_problem (frame, link->from, NULL, TL_ERROR_VALUE, "%s has %u outputs; output %u of the model is its number %u",
                   link->from, node_n_out (node), i + 1, link->output + 1);
      continue;
    }
    instance->outputs[i] = first - 1 + link->output;
    value = &g_array_index (frame->values, Value, instance->outputs[i]);
    if (out != NULL && value->tensor != NULL)
      out[i] = tl_tensor_ref (value->tensor);
  }
  if (links->len == 0)
    add_problem (frame, "", NULL, TL_ERROR_VALUE, "the model %s has no outputs", frame->model->name);
}

static void
find_last_uses (TlInstance *self)
{
  self->last_use = g_new0 (guint, self->n_values + 1);
  for (guint k = 0; k < self->n_steps; k++) {
    TlModelStep *step = &self->steps[k];

    for (guint i = 0; i < step->n_out; i++)
      self->last_use[step->first_out + i] = k;
    for (guint i = 0; i < step->n_in; i++)
      if (step->in[i] != G_MAXUINT)
        self->last_use[step->in[i]] = k;
  }
  for (guint i = 0; i < self->n_outputs; i++)
    self->last_use[self->outputs[i]] = G_MAXUINT;
}

static void
clear_value (gpointer value)
{
  g_clear_pointer (&((Value *)value)->tensor, tl_tensor_unref);
}

static TlInstance *
build_instance (Builder         *builder,
                TlModel         *model,
                const char      *prefix,
                const TlMeta    *given_metas,
                TlTensor *const *given,
                TlTensor       **out)
{
  TlInstance            *self = g_new0 (TlInstance, 1);
  g_autoptr (GHashTable) first_out = g_hash_table_new (NULL, NULL);
  g_autoptr (GArray)     values = g_array_new (FALSE, FALSE, sizeof (Value));
  g_autoptr (GArray)     links = tl_model_list_outputs (model);
  Frame                  frame = { builder, model, prefix, self, first_out, values };
  g_autoptr (GPtrArray)  order = order_nodes (&frame);
  guint                  n = count_inputs (model);

  g_array_set_clear_func (values, clear_value);
  self->n_inputs = n;
  self->input_names = g_new0 (const char *, n + 1);
  self->inputs = g_new0 (TlMeta, n + 1);
  self->input_is_declared = g_new0 (gboolean, n + 1);
  self->steps = g_new0 (TlModelStep, order->len + 1);
  add_inputs (&frame, given_metas, given);
  for (guint i = 0; i < model->refused->len; i++) {
    const TlModelProblem *problem = model->refused->pdata[i];

    add_problem (&frame, problem->node, problem->attr, problem->code, "%s", problem->message);
  }
  for (guint i = 0; i < order->len; i++)
    if (!is_input (order->pdata[i]))
      add_step (&frame, order->pdata[i], &self->steps[self->n_steps++]);
  add_outputs (&frame, links, out);
  self->n_values = values->len;
  find_last_uses (self);
  return self;
}

void
tl_instance_free (TlInstance *self)
{
  for (guint k = 0; k < self->n_steps; k++) {
    TlModelStep *step = &self->steps[k];

    g_clear_pointer (&step->layer, tl_layer_unref);
    for (guint i = 0; i < step->n_parts; i++)
      g_clear_pointer (&step->parts[i], tl_instance_free);
    g_free (step->parts);
    g_free (step->attrs);
    g_free (step->in);
    g_free (step->metas);
  }
  g_free (self->steps);
  g_free (self->last_use);
  g_free (self->input_names);
  g_free (self->inputs);
  g_free (self->input_is_declared);
  g_free (self->outputs);
  g_free (self->output_names);
  g_free (self);
}

/* After a failed build the variables of nodes that could not be built stay: the next edit may repair them. */
static void
take_variables (TlModel *self,
                Builder *builder,
                gboolean keep_others)
{
  GPtrArray  *variables = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  GHashTable *by_path = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < builder->layers->len; i++)
    for (guint slot = 0; slot < TL_LAYER_MAX_VARIABLES; slot++) {
      TlVariable *variable = tl_layer_get_variable (builder->layers->pdata[i], slot);

      if (variable == NULL)
        continue;
      g_ptr_array_add (variables, tl_variable_ref (variable));
      g_hash_table_insert (by_path, g_strdup (tl_variable_get_path (variable)), variable);
    }
  for (guint i = 0; i < self->variables->len && keep_others; i++) {
    TlVariable *variable = self->variables->pdata[i];

    if (g_hash_table_contains (by_path, tl_variable_get_path (variable)))
      continue;
    g_ptr_array_add (variables, tl_variable_ref (variable));
    g_hash_table_insert (by_path, g_strdup (tl_variable_get_path (variable)), variable);
  }
  g_hash_table_unref (self->by_path);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->layers);
  self->by_path = by_path;
  self->variables = variables;
  self->layers = g_ptr_array_ref (builder->layers);
}

static gboolean
tell_problems (TlModel *self,
               GError **error)
{
  const TlModelProblem *first = self->problems->len > 0 ? self->problems->pdata[0] : NULL;
  g_autofree char      *more = NULL;

  if (first == NULL)
    return TRUE;
  more = self->problems->len > 1 ? g_strdup_printf (" (and %u more)", self->problems->len - 1) : g_strdup ("");
  g_set_error (error, TL_ERROR, first->code, "%s%s%s%s", first->node, *first->node != '\0' ? ": " : "", first->message,
               more);
  return FALSE;
}

/**
 * tl_model_build_for:
 * @self: a model
 * @inputs: (array length=n_inputs) (nullable): what will be given for inputs that declare no shape
 * @n_inputs: their number: that of the model's inputs, or 0
 * @error: return location for an error
 *
 * Builds the model, see tl_model_build().
 *
 * Errors: the first problem
 *
 * Returns: whether nothing is wrong
 */
gboolean
tl_model_build_for (TlModel      *self,
                    const TlMeta *inputs,
                    guint         n_inputs,
                    GError      **error)
{
  g_autoptr (GPtrArray) layers = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_layer_unref);
  Builder               builder = { .root = self, .problems = self->problems, .layers = layers, .old = self->by_path, .is_complete = TRUE };
  TlContext            *scratch, *before;
  guint                 n = count_inputs (self);
  g_autofree TlTensor **out = NULL;
  g_autoptr (GArray)    outputs = tl_model_list_outputs (self);
  TlInstance           *built;

  if (n_inputs != 0 && n_inputs != n) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: %u inputs given, it has %u", self->name, n_inputs, n);
    return FALSE;
  }
  scratch = tl_scratch_begin (self, &before, &builder.trace, error);
  if (scratch == NULL)
    return FALSE;
  g_ptr_array_set_size (self->problems, 0);
  out = g_new0 (TlTensor *, outputs->len + 1);
  built = build_instance (&builder, self, "", n_inputs > 0 ? inputs : NULL, NULL, out);
  for (guint i = 0; i < outputs->len; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  tl_scratch_end (scratch, before, builder.trace);
  take_variables (self, &builder, self->problems->len > 0);
  g_clear_pointer (&self->built, tl_instance_free);
  self->built = built;
  self->is_complete = builder.is_complete && self->problems->len == 0;
  return tell_problems (self, error);
}

/**
 * tl_model_build:
 * @self: a model
 * @error: return location for an error
 *
 * Orders the nodes, works out all shapes, makes the variables, and finds everything that is wrong: see tl_model_get_problem().
 * Inputs that declare no shape leave what follows them open until the first tl_model_forward().
 *
 * Errors: the first problem
 *
 * Returns: whether nothing is wrong
 */
gboolean
tl_model_build (TlModel *self,
                GError **error)
{
  return tl_model_build_for (self, NULL, 0, error);
}
