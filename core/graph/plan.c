/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/plan-private.h"

#include <string.h>

#include "core/base/error.h"

/* From the trace's nodes to the plan's; every traced tensor gets a number. */

typedef struct {
  TlPlan     *plan;
  GHashTable *first_out; /* TlNode -> number of its first output + 1 */
} Builder;

static guint
value_of (Builder  *builder,
          TlTensor *tensor)
{
  guint first = GPOINTER_TO_UINT (g_hash_table_lookup (builder->first_out, tensor->producer));

  return first - 1 + tensor->output;
}

static guint
add_values (TlPlan       *self,
            const TlNode *node,
            guint         number)
{
  guint first = self->values->len;

  for (guint i = 0; i < node->n_out; i++) {
    TlPlanValue value = { .meta = node->out[i].meta, .node = number };

    if (node->op == &tl_op_leaf) {
      value.is_leaf = TRUE;
      value.leaf = (TlLeafKind)node->attrs[TL_LEAF_ATTR_KIND].i;
      value.leaf_index = (guint)node->attrs[TL_LEAF_ATTR_INDEX].i;
      value.node = TL_NO_VALUE;
    }
    g_array_append_val (self->values, value);
  }
  return first;
}

/* The outputs of a function are what it computed; how its gradients were found is in the trace already. */
static void
add_aliases (Builder *builder,
             TlNode  *node)
{
  TlPlan *self = builder->plan;
  guint   first = self->values->len, n_in = node->n_in - node->n_out;

  g_hash_table_insert (builder->first_out, node, GUINT_TO_POINTER (first + 1));
  for (guint i = 0; i < node->n_out; i++) {
    guint       of = value_of (builder, node->in[n_in + i]);
    TlPlanNode  alias = { .op = &tl_op_alias, .source = node->source, .n_in = 1, .n_out = 1, .first_out = first + i };
    TlPlanValue value = { .meta = node->out[i].meta, .node = self->nodes->len };

    alias.in = tl_arena_dup (&self->memory, &of, sizeof of);
    g_array_append_val (self->values, value);
    g_array_append_val (self->nodes, alias);
  }
}

static void
add_node (Builder *builder,
          TlNode  *node)
{
  TlPlan    *self = builder->plan;
  guint      first = add_values (self, node, self->nodes->len);
  TlPlanNode made = { .op = node->op, .result = node->result, .source = node->source, .again = node->again, .n_in = node->n_in, .n_out = node->n_out, .first_out = first, .n_attrs = node->n_attrs };

  g_hash_table_insert (builder->first_out, node, GUINT_TO_POINTER (first + 1));
  if (node->op == &tl_op_leaf) {
    if (node->attrs[TL_LEAF_ATTR_KIND].i == TL_LEAF_INPUT) {
      self->inputs[node->attrs[TL_LEAF_ATTR_INDEX].i] = first;
      self->input_metas[node->attrs[TL_LEAF_ATTR_INDEX].i] = node->out[0].meta;
    }
    return;
  }
  made.expr = node->expr != NULL ? tl_expr_ref (node->expr) : NULL;
  made.in = tl_arena_new0 (&self->memory, guint, node->n_in + 1);
  made.attrs = tl_arena_dup (&self->memory, node->attrs, node->n_attrs * sizeof (TlAttrValue));
  for (guint i = 0; i < node->n_in; i++)
    made.in[i] = node->in[i] != NULL ? value_of (builder, node->in[i]) : TL_NO_VALUE;
  g_array_append_val (self->nodes, made);
}

static void
add_assignments (Builder *builder,
                 TlTrace *trace)
{
  TlPlan *self = builder->plan;

  for (guint i = 0; i < trace->variables->len; i++) {
    TlVariable  *variable = trace->variables->pdata[i];
    guint        value = value_of (builder, variable->traced_value);
    TlPlanValue *traced = tl_plan_value (self, value);

    if (!traced->is_leaf || traced->leaf != TL_LEAF_VARIABLE || traced->leaf_index != i) {
      TlPlanAssignment assignment = { tl_variable_ref (variable), FALSE, value, FALSE };

      g_array_append_val (self->assignments, assignment);
    }
    if (variable->grad_is_traced && variable->traced_grad != NULL) {
      TlPlanAssignment assignment = { tl_variable_ref (variable), TRUE, value_of (builder, variable->traced_grad), FALSE };

      traced = tl_plan_value (self, assignment.value);
      if (!traced->is_leaf || traced->leaf != TL_LEAF_GRAD)
        g_array_append_val (self->assignments, assignment);
      else
        tl_variable_unref (variable);
    }
  }
}

/* A step that keeps a gradient for the next one needs a place for it before the first run. */
static gboolean
make_grads (TlPlan  *self,
            GError **error)
{
  for (guint i = 0; i < self->assignments->len; i++) {
    TlPlanAssignment    *assignment = &g_array_index (self->assignments, TlPlanAssignment, i);
    TlVariable          *variable = assignment->variable;
    g_autoptr (TlTensor) zero = NULL;

    if (!assignment->to_grad || variable->grad != NULL)
      continue;
    zero = tl_tensor_new (variable->value->meta.dtype, variable->value->meta.rank, variable->value->meta.shape, error);
    if (zero == NULL)
      return FALSE;
    if (!tl_tensor_is_described (zero))
      memset (zero->data, 0, tl_storage_get_n_bytes (zero->storage));
    tl_variable_set_grad (variable, zero);
  }
  return TRUE;
}

static void
collect_symbols (TlPlan *self)
{
  g_autoptr (GArray) symbols = g_array_new (FALSE, FALSE, sizeof (TlDim));

  for (guint i = 0; i < self->n_inputs; i++)
    for (guint axis = 0; axis < self->input_metas[i].rank; axis++) {
      TlDim    size = self->input_metas[i].shape[axis];
      gboolean known = !tl_dim_is_symbolic (size);

      for (guint j = 0; j < symbols->len; j++)
        known = known || g_array_index (symbols, TlDim, j) == size;
      if (!known)
        g_array_append_val (symbols, size);
    }
  self->n_symbols = symbols->len;
  self->symbols = tl_arena_dup (&self->memory, symbols->data, symbols->len * sizeof (TlDim));
}

static void
clear_node (gpointer node)
{
  tl_expr_unref (((TlPlanNode *)node)->expr);
}

static void
clear_assignment (gpointer assignment)
{
  tl_variable_unref (((TlPlanAssignment *)assignment)->variable);
}

static TlPlan *
plan_alloc (TlTrace    *trace,
            guint       n_outputs,
            TlPlanFlags flags)
{
  TlPlan *self = g_new0 (TlPlan, 1);

  atomic_init (&self->ref_count, 1);
  self->flags = flags | (g_strcmp0 (g_getenv ("TL_EVAL"), "node") == 0 ? TL_PLAN_UNFUSED : 0);
  self->nodes = g_array_new (FALSE, FALSE, sizeof (TlPlanNode));
  g_array_set_clear_func (self->nodes, clear_node);
  self->values = g_array_new (FALSE, FALSE, sizeof (TlPlanValue));
  self->assignments = g_array_new (FALSE, FALSE, sizeof (TlPlanAssignment));
  g_array_set_clear_func (self->assignments, clear_assignment);
  self->bounds = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_bound_free);
  self->n_inputs = trace->n_inputs;
  self->inputs = tl_arena_new0 (&self->memory, guint, trace->n_inputs + 1);
  self->input_metas = tl_arena_new0 (&self->memory, TlMeta, trace->n_inputs + 1);
  self->n_outputs = n_outputs;
  self->outputs = tl_arena_new0 (&self->memory, guint, n_outputs + 1);
  self->captured = g_ptr_array_ref (trace->captured);
  self->variables = g_ptr_array_ref (trace->variables);
  self->grads = g_ptr_array_ref (trace->grads);
  return self;
}

/* The trace's nodes, numbered. */
static TlPlan *
plan_build (TlTrace         *trace,
            TlTensor *const *outputs,
            guint            n_outputs,
            TlPlanFlags      flags)
{
  TlPlan                *self = plan_alloc (trace, n_outputs, flags);
  g_autoptr (GHashTable) first_out = g_hash_table_new (NULL, NULL);
  Builder                builder = { self, first_out };

  for (guint i = 0; i < trace->nodes->len; i++)
    if (((TlNode *)trace->nodes->pdata[i])->op == &tl_op_function)
      add_aliases (&builder, trace->nodes->pdata[i]);
    else
      add_node (&builder, trace->nodes->pdata[i]);
  for (guint i = 0; i < n_outputs; i++) {
    g_autoptr (TlTensor) seen = tl_trace_capture (trace, outputs[i]);

    self->outputs[i] = value_of (&builder, seen);
  }
  add_assignments (&builder, trace);
  collect_symbols (self);
  return self;
}

/**
 * tl_plan_new:
 * @trace: (transfer full): a trace; recording ends
 * @outputs: (array length=n_outputs): traced tensors whose values are wanted after each run
 * @n_outputs: their number
 * @flags: how to run
 * @error: return location for an error
 *
 * Makes a plan of everything that the outputs and the variables assigned in the trace depend on.
 *
 * Errors: %TL_ERROR_UNSUPPORTED for an operation whose sizes depend on values, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the plan, or %NULL
 */
TlPlan *
tl_plan_new (TlTrace         *trace,
             TlTensor *const *outputs,
             guint            n_outputs,
             TlPlanFlags      flags,
             GError         **error)
{
  g_autoptr (TlPlan) self = NULL;

  /* An output may be a leaf that nothing has used yet. */
  for (guint i = 0; i < n_outputs; i++)
    tl_tensor_unref (tl_trace_capture (trace, outputs[i]));
  self = plan_build (trace, outputs, n_outputs, flags);
  if ((self->flags & (TL_PLAN_CHECKED | TL_PLAN_UNFUSED)) == TL_PLAN_CHECKED)
    self->traced = plan_build (trace, outputs, n_outputs, TL_PLAN_UNFUSED);
  tl_trace_free (trace);
  for (guint i = 0; i < self->nodes->len; i++)
    if ((tl_plan_node (self, i)->op->flags & TL_OP_DATA_SIZED) != 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
                   "%s: the size of its result depends on values, so it cannot be part of a planned step",
                   tl_plan_node (self, i)->op->name);
      return NULL;
    }
  tl_plan_optimize (self);
  if (self->traced != NULL)
    tl_plan_optimize (self->traced);
  return make_grads (self, error) ? g_steal_pointer (&self) : NULL;
}

/**
 * tl_plan_ref:
 * @self: a plan
 *
 * Returns: (transfer full): @self
 */
TlPlan *
tl_plan_ref (TlPlan *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_plan_unref:
 * @self: (transfer full) (nullable): a plan
 */
void
tl_plan_unref (TlPlan *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  g_clear_pointer (&self->traced, tl_plan_unref);
  g_ptr_array_unref (self->bounds);
  g_array_unref (self->nodes);
  g_array_unref (self->values);
  g_array_unref (self->assignments);
  g_ptr_array_unref (self->captured);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->grads);
  tl_arena_clear (&self->memory);
  g_free (self);
}

/**
 * tl_plan_get_stats:
 * @self: a plan
 * @stats: (out): its figures
 */
void
tl_plan_get_stats (TlPlan      *self,
                   TlPlanStats *stats)
{
  memset (stats, 0, sizeof *stats);
  for (guint i = 0; i < self->nodes->len; i++)
    stats->n_nodes += !tl_plan_node (self, i)->dead;
  stats->n_fused = self->n_fused;
  stats->n_bindings = self->bounds->len;
  if (self->current != NULL) {
    stats->n_arena = tl_storage_get_n_bytes (self->current->arena);
    stats->flops = self->current->flops;
  }
}

/**
 * tl_plan_to_string:
 * @self: a plan
 *
 * Writes one line per node, for people.
 *
 * Returns: (transfer full): the text
 */
char *
tl_plan_to_string (TlPlan *self)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < self->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (self, i);

    if (node->dead)
      continue;
    g_string_append_printf (text, "%s", node->commits ? "commit " : "");
    for (guint j = 0; j < node->n_out; j++) {
      g_autofree char *meta = tl_meta_to_string (&tl_plan_value (self, node->first_out + j)->meta);

      if (j == 4)
        g_string_append (text, " ...");
      else if (j < 4)
        g_string_append_printf (text, "%s%%%u %s", j > 0 ? ", " : "", node->first_out + j, meta);
    }
    g_string_append_printf (text, " = %s", node->op->name);
    for (guint j = 0; j < MIN (node->n_in, 8); j++)
      if (node->in[j] != TL_NO_VALUE)
        g_string_append_printf (text, " %%%u", node->in[j]);
    g_string_append_printf (text, "%s\n", node->n_in > 8 ? " ..." : "");
  }
  return g_string_free (text, FALSE);
}
