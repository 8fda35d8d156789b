/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Binding: a plan for sizes that are numbers.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/plan-private.h"
#include "core/kernels/copy.h"
#include "core/kernels/kernels.h"
#include "core/kernels/phases.h"
#include "core/kernels/update.h"

typedef struct {
  TlPlan    *plan;
  TlBound   *bound;
  guint     *order; /* nodes in the order of running: compute, then commit */
  guint      n_order;
  guint      n_compute;
  guint     *root;  /* of each value: the value whose block it lies in */
  guint     *first; /* of each root: the step that writes it first */
  guint     *last;  /* of each root: the step that reads it last */
  gsize     *offsets;
  TlPrepare *prepares; /* of each step */
  TlWork    *works;
  gsize     *workspaces; /* of each step: offset */
  guint     *checked;    /* values that must be finite */
  guint      n_checked;
} Binder;

static gsize
meta_bytes (const TlMeta *meta)
{
  return (gsize)tl_meta_get_n_elements (meta) * tl_dtype_size (meta->dtype);
}

/* NULL if a size would be negative. */
static TlAttrValue *
eval_attrs (Binder           *self,
            const TlPlanNode *node,
            const TlBinding  *bindings,
            guint             n_bindings,
            GError          **error)
{
  TlAttrValue *attrs = tl_arena_dup (&self->bound->memory, node->attrs, node->n_attrs * sizeof (TlAttrValue));

  for (guint i = 0; i < node->n_attrs && node->op->attrs != NULL && node->op->attrs[i].name != NULL; i++)
    if (tl_attr_is_sizes (&node->op->attrs[i]))
      for (gint j = 0; j < attrs[i].n; j++)
        if (tl_dim_is_symbolic (attrs[i].v[j])) {
          TlDim size = tl_dim_eval (attrs[i].v[j], bindings, n_bindings);

          if (size < 0) {
            g_autofree char *text = tl_dim_to_string (attrs[i].v[j]);

            g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: %s is negative for these sizes: %s", node->op->name, node->op->attrs[i].name, text);
            return NULL;
          }
          attrs[i].v[j] = size;
        }
  return attrs;
}

/* Whether @got is @traced for these sizes: what was worked out from a size that was open may have rested on how large it is. */
static gboolean
check_shape (const TlPlanNode *node,
             const TlMeta     *traced,
             const TlMeta     *got,
             const TlBinding  *bindings,
             guint             n_bindings,
             GError          **error)
{
  gboolean same = traced->rank == got->rank;

  for (guint axis = 0; axis < got->rank && same; axis++)
    same = tl_dim_eval (traced->shape[axis], bindings, n_bindings) == got->shape[axis];
  if (!same) {
    g_autofree char *open = tl_shape_to_string (traced->shape, traced->rank);
    g_autofree char *now = tl_shape_to_string (got->shape, got->rank);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: for these sizes the result is %s, but it was worked out as %s", node->op->name, now, open);
  }
  return same;
}

/* Shapes of leaves are given; all others are inferred again, now from numbers. */
static gboolean
infer_all (Binder          *self,
           const TlMeta    *inputs,
           const TlBinding *bindings,
           TlAttrValue    **attrs,
           GError         **error)
{
  TlPlan *plan = self->plan;
  TlMeta *metas = self->bound->metas;

  for (guint i = 0; i < plan->values->len; i++)
    metas[i] = tl_plan_value (plan, i)->meta;
  for (guint i = 0; i < plan->n_inputs; i++)
    metas[plan->inputs[i]] = inputs[i];
  for (guint i = 0; i < plan->nodes->len; i++) {
    TlPlanNode               *node = tl_plan_node (plan, i);
    g_autofree const TlMeta **in = NULL;

    if (node->dead)
      continue;
    attrs[i] = eval_attrs (self, node, bindings, plan->n_symbols, error);
    if (attrs[i] == NULL)
      return FALSE;
    in = g_new0 (const TlMeta *, node->n_in + 1);
    for (guint j = 0; j < node->n_in; j++)
      in[j] = node->in[j] != TL_NO_VALUE ? &metas[node->in[j]] : NULL;
    if (!tl_node_infer (node->op, node->expr != NULL, node->result, in, node->n_in, attrs[i], &metas[node->first_out],
                        node->n_out, error))
      return FALSE;
    for (guint j = 0; j < node->n_out && plan->n_symbols > 0; j++)
      if (!check_shape (node, &tl_plan_value (plan, node->first_out + j)->meta, &metas[node->first_out + j], bindings, plan->n_symbols, error))
        return FALSE;
    if ((node->op->flags & TL_OP_VIEW) == 0)
      tl_node_measure (node->op, in, node->n_in, attrs[i], &metas[node->first_out], node->n_out, &self->bound->costs[i]);
    self->bound->flops += self->bound->costs[i].flops;
  }
  return TRUE;
}

static void
order_nodes (Binder *self)
{
  TlPlan *plan = self->plan;

  for (gboolean commits = FALSE; commits <= TRUE; commits++) {
    for (guint i = 0; i < plan->nodes->len; i++) {
      TlPlanNode *node = tl_plan_node (plan, i);

      if (!node->dead && node->commits == commits)
        self->order[self->n_order++] = i;
    }
    if (!commits)
      self->n_compute = self->n_order;
  }
}

/* The block that a value lies in: its own, the one it is a view of, or the one that an update writes. */
static void
find_roots (Binder *self)
{
  TlPlan *plan = self->plan;

  for (guint i = 0; i < plan->values->len; i++)
    self->root[i] = i;
  for (guint k = 0; k < self->n_order; k++) {
    TlPlanNode *node = tl_plan_node (plan, self->order[k]);

    if ((node->op->flags & TL_OP_VIEW) != 0)
      self->root[node->first_out] = self->root[node->in[0]];
    if ((node->op->flags & TL_OP_UPDATE) != 0)
      for (guint j = 0; j < node->n_out; j++)
        self->root[node->first_out + j] = self->root[node->in[j]];
  }
}

static void
find_lifetimes (Binder *self)
{
  TlPlan *plan = self->plan;

  for (guint i = 0; i < plan->values->len; i++) {
    self->first[i] = G_MAXUINT;
    self->last[i] = 0;
  }
  for (guint k = 0; k < self->n_order; k++) {
    TlPlanNode *node = tl_plan_node (plan, self->order[k]);

    for (guint j = 0; j < node->n_in; j++)
      if (node->in[j] != TL_NO_VALUE)
        self->last[self->root[node->in[j]]] = k;
    for (guint j = 0; j < node->n_out; j++) {
      guint root = self->root[node->first_out + j];

      self->first[root] = MIN (self->first[root], k);
      self->last[root] = MAX (self->last[root], k);
    }
  }
  for (guint i = 0; i < plan->n_outputs; i++)
    self->last[self->root[plan->outputs[i]]] = self->n_order;
  for (guint i = 0; i < plan->assignments->len; i++)
    self->last[self->root[g_array_index (plan->assignments, TlPlanAssignment, i).value]] = self->n_order;
  for (guint i = 0; i < self->n_checked; i++) {
    guint root = self->root[self->checked[i]];

    self->last[root] = MAX (self->last[root], self->n_compute);
  }
}

/* Whether a node reads the block of an operand in another order too, through a view: then elements would be read after they were overwritten. */
static gboolean
is_read_otherwise (Binder           *self,
                   const TlPlanNode *node,
                   guint             operand)
{
  const TlMeta *a = &self->bound->metas[operand];

  for (guint j = 0; j < node->n_in; j++) {
    guint         in = node->in[j];
    const TlMeta *b = in != TL_NO_VALUE ? &self->bound->metas[in] : NULL;

    if (b != NULL && self->root[in] == self->root[operand] &&
        (b->offset != a->offset || !tl_meta_same_shape (a, b) || memcmp (a->strides, b->strides, a->rank * sizeof (TlDim)) != 0))
      return TRUE;
  }
  return FALSE;
}

/* An elementwise result may take the block of an operand that nobody reads afterwards. */
static void
reuse_in_place (Binder *self)
{
  TlPlan *plan = self->plan;

  for (guint k = 0; k < self->n_order; k++) {
    TlPlanNode *node = tl_plan_node (plan, self->order[k]);
    guint       out = node->first_out;

    if (node->expr == NULL || node->n_out != 1 || self->root[out] != out)
      continue;
    for (guint j = 0; j < node->n_in; j++) {
      guint         in = node->in[j], root = self->root[in];
      const TlMeta *a = &self->bound->metas[in], *b = &self->bound->metas[out];

      if (tl_plan_value (plan, root)->is_leaf || self->last[root] != k || root != in || a->dtype != b->dtype ||
          !tl_meta_same_shape (a, b) || memcmp (a->strides, b->strides, a->rank * sizeof (TlDim)) != 0 || is_read_otherwise (self, node, in))
        continue;
      for (guint i = 0; i < plan->values->len; i++)
        if (self->root[i] == out)
          self->root[i] = root;
      self->last[root] = self->last[out];
      break;
    }
  }
}

static gboolean
prepare_all (Binder       *self,
             TlAttrValue **attrs,
             GError      **error)
{
  TlPlan *plan = self->plan;
  TlMeta *metas = self->bound->metas;

  for (guint k = 0; k < self->n_order; k++) {
    TlPlanNode    *node = tl_plan_node (plan, self->order[k]);
    TlPrepare     *prepare = &self->prepares[k];
    const TlMeta **in = tl_arena_new0 (&self->bound->memory, const TlMeta *, node->n_in + 1);
    gboolean       empty = TRUE;

    for (guint j = 0; j < node->n_out; j++)
      empty = empty && tl_meta_get_n_elements (&metas[node->first_out + j]) == 0;
    if ((node->op->flags & TL_OP_VIEW) != 0 || empty)
      continue;
    for (guint j = 0; j < node->n_in; j++)
      in[j] = node->in[j] != TL_NO_VALUE ? &metas[node->in[j]] : NULL;
    *prepare = (TlPrepare){ .op = node->op, .n_in = node->n_in, .in = in, .n_out = node->n_out, .out = &metas[node->first_out], .attrs = attrs[self->order[k]], .expr = node->expr, .arena = &self->bound->memory };
    if (node->expr != NULL)
      prepare->compute = tl_map_compute_dtype (in, node->n_in, node->result);
    if (!tl_kernel_prepare (prepare, &self->works[k], error))
      return FALSE;
    self->bound->n_scratch = MAX (self->bound->n_scratch, self->works[k].scratch);
  }
  return TRUE;
}

/* Values and workspaces share the arena; returns its bytes. */
static gsize
lay_out (Binder *self)
{
  TlPlan           *plan = self->plan;
  guint             n = plan->values->len + self->n_order;
  g_autofree gsize *sizes = g_new0 (gsize, n + 1);
  g_autofree gsize *offsets = g_new0 (gsize, n + 1);
  g_autofree guint *first = g_new0 (guint, n + 1);
  g_autofree guint *last = g_new0 (guint, n + 1);
  gsize             n_total;

  for (guint i = 0; i < plan->values->len; i++) {
    const TlPlanValue *value = tl_plan_value (plan, i);

    if (value->is_leaf || self->root[i] != i || self->first[i] == G_MAXUINT)
      continue;
    sizes[i] = meta_bytes (&self->bound->metas[i]);
    first[i] = self->first[i];
    last[i] = self->last[i];
  }
  for (guint k = 0; k < self->n_order; k++) {
    sizes[plan->values->len + k] = self->works[k].workspace;
    first[plan->values->len + k] = last[plan->values->len + k] = k;
  }
  tl_plan_layout (sizes, first, last, n, offsets, &n_total);
  memcpy (self->offsets, offsets, plan->values->len * sizeof (gsize));
  memcpy (self->workspaces, offsets + plan->values->len, self->n_order * sizeof (gsize));
  return n_total;
}

/* Bindings of one plan never run at once, so a smaller one (the last batch of an epoch) uses a larger one's arena. */
static gboolean
take_arena (Binder  *self,
            gsize    n_bytes,
            GError **error)
{
  for (guint i = 0; i < self->plan->bounds->len; i++) {
    const TlBound *other = self->plan->bounds->pdata[i];

    if (tl_storage_get_n_bytes (other->arena) < n_bytes)
      continue;
    self->bound->arena = tl_storage_ref (other->arena);
    return TRUE;
  }
  self->bound->arena = tl_storage_new (tl_device_cpu (), n_bytes, error);
  return self->bound->arena != NULL;
}

static void *
value_address (Binder *self,
               guint   value)
{
  guint         root = self->root[value];
  const TlMeta *meta = &self->bound->metas[value];

  if (tl_plan_value (self->plan, root)->is_leaf)
    return NULL;
  return (guint8 *)tl_storage_get_data (self->bound->arena) + self->offsets[root] +
         (gsize)meta->offset * tl_dtype_size (meta->dtype);
}

/* Leaves move: their addresses are filled in at each run that finds them elsewhere. */
static void
set_address (Binder *self,
             guint   value,
             void  **slot)
{
  guint         root = self->root[value];
  const TlMeta *meta = &self->bound->metas[value], *of = &self->bound->metas[root];
  TlPlanSlot    entry = { slot, (gsize)(meta->offset - of->offset) * tl_dtype_size (meta->dtype) };

  *slot = value_address (self, value);
  if (*slot != NULL || !tl_plan_value (self->plan, root)->is_leaf)
    return;
  if (self->bound->slots[root] == NULL)
    self->bound->slots[root] = g_array_new (FALSE, FALSE, sizeof (TlPlanSlot));
  g_array_append_val (self->bound->slots[root], entry);
}

static void
add_call (Binder         *self,
          const TlKernel *kernel,
          gpointer        args,
          void          **data,
          void           *workspace,
          const TlWork   *work,
          guint           node)
{
  TlPlanCall *call = &self->bound->calls[self->bound->n_calls++];

  *call = (TlPlanCall){ kernel->run, args, data, workspace, *work, node, self->bound->n_counters };
  self->bound->n_counters += work->n_phases;
}

static TlIndexError *
add_index_error (Binder *self,
                 guint   node)
{
  TlBound *bound = self->bound;

  if (bound->index_errors == NULL)
    bound->index_errors = tl_arena_new0 (&bound->memory, TlPlanIndexError, self->n_order);
  bound->index_errors[bound->n_index_errors].node = node;
  return &bound->index_errors[bound->n_index_errors++].error;
}

static void
add_node_call (Binder *self,
               guint   k)
{
  TlPlanNode *node = tl_plan_node (self->plan, self->order[k]);
  TlPrepare  *prepare = &self->prepares[k];
  guint       n_data = prepare->n_data != 0 ? prepare->n_data : node->n_in + node->n_out;
  void      **data = tl_arena_new0 (&self->bound->memory, void *, n_data + 1);

  if (prepare->kernel == NULL)
    return;
  for (guint i = 0; i < n_data; i++) {
    gint  operand = prepare->n_data != 0 ? prepare->data[i]
                    : i < node->n_in     ? TL_OPERAND_IN (i)
                                         : TL_OPERAND_OUT (i - node->n_in);
    guint value = operand == TL_OPERAND_INDEX_ERROR ? TL_NO_VALUE
                  : operand > 0                     ? node->in[operand - 1]
                  : operand < 0                     ? node->first_out + (guint)(-operand - 1)
                                                    : TL_NO_VALUE;

    if (value != TL_NO_VALUE)
      set_address (self, value, &data[i]);
    else if (operand == TL_OPERAND_INDEX_ERROR)
      data[i] = add_index_error (self, self->order[k]);
  }
  add_call (self, prepare->kernel, prepare->args, data,
            (guint8 *)tl_storage_get_data (self->bound->arena) + self->workspaces[k], &self->works[k],
            self->order[k]);
}

static void
check_value (Binder *self,
             guint   value)
{
  guint root = self->root[value];

  if (tl_plan_value (self->plan, root)->is_leaf || !tl_dtype_is_float (self->bound->metas[root].dtype))
    return;
  for (guint i = 0; i < self->n_checked; i++)
    if (self->checked[i] == root)
      return;
  self->checked[self->n_checked++] = root;
}

/* What updates parameters must be finite before the commit, and the loss, which is known by having no axes. */
static void
find_checked (Binder *self)
{
  TlPlan *plan = self->plan;

  self->checked = tl_arena_new0 (&self->bound->memory, guint, plan->values->len + 1);
  if ((plan->flags & TL_PLAN_CHECKED) == 0)
    return;
  for (guint i = 0; i < plan->nodes->len; i++) {
    TlPlanNode *node = tl_plan_node (plan, i);

    if (node->dead || (node->op->flags & TL_OP_UPDATE) == 0)
      continue;
    for (guint j = node->n_out; j < node->n_in; j++)
      if (node->in[j] != TL_NO_VALUE)
        check_value (self, node->in[j]);
  }
  for (guint i = 0; i < plan->assignments->len; i++) {
    const TlPlanAssignment *assignment = &g_array_index (plan->assignments, TlPlanAssignment, i);

    if (!assignment->in_place && !assignment->to_grad && tl_variable_get_kind (assignment->variable) == TL_VARIABLE_PARAMETER)
      check_value (self, assignment->value);
  }
  for (guint i = 0; i < plan->n_outputs; i++)
    if (self->bound->metas[plan->outputs[i]].rank == 0 || (plan->flags & TL_PLAN_CHECKED_OUTPUTS) != 0)
      check_value (self, plan->outputs[i]);
}

static void
add_check_call (Binder *self,
                TlDType dtype,
                gint64 *result)
{
  TlBound        *bound = self->bound;
  const TlKernel *kernel = tl_dtype_is_half (dtype) ? &tl_find_nonfinite_half : &tl_kernels_get ()->find_nonfinite;
  TlTensorsArgs  *args = tl_arena_new0 (&bound->memory, TlTensorsArgs, 1);
  int64_t        *sizes = tl_arena_new0 (&bound->memory, int64_t, self->n_checked + 1);
  void          **data = tl_arena_new0 (&bound->memory, void *, self->n_checked + 1);
  TlWork          work = { 0 };
  gpointer        workspace;
  guint           n = 0;

  *result = -1;
  for (guint i = 0; i < self->n_checked; i++) {
    const TlMeta *meta = &bound->metas[self->checked[i]];

    if (meta->dtype != dtype)
      continue;
    sizes[n] = tl_meta_get_n_elements (meta);
    set_address (self, self->checked[i], &data[n++]);
  }
  if (n == 0)
    return;
  data[n] = result;
  *args = (TlTensorsArgs){ .dtype = dtype, .n = n, .sizes = sizes };
  kernel->measure (args, &work);
  workspace = tl_arena_alloc0 (&bound->memory, work.workspace + 64);
  workspace = (gpointer)(((guintptr)workspace + 63) & ~(guintptr)63);
  bound->n_scratch = MAX (bound->n_scratch, work.scratch);
  add_call (self, kernel, args, data, workspace, &work, TL_NO_VALUE);
}

/* The addresses of what is assigned are leaves too: filled in by tl_plan_run(). */
static void
add_assignment_calls (Binder *self)
{
  TlPlan *plan = self->plan;

  for (guint i = 0; i < plan->assignments->len; i++) {
    TlPlanAssignment *assignment = &g_array_index (plan->assignments, TlPlanAssignment, i);
    const TlMeta     *meta = &self->bound->metas[assignment->value];
    TlCopyArgs       *args;
    void            **data;
    TlWork            work = { 0 };

    if (assignment->in_place || tl_meta_get_n_elements (meta) == 0)
      continue;
    args = tl_arena_new0 (&self->bound->memory, TlCopyArgs, 1);
    data = tl_arena_new0 (&self->bound->memory, void *, 2);
    *args = (TlCopyArgs){ .src_dtype = meta->dtype, .dst_dtype = meta->dtype, .rank = 1, .shape = { tl_meta_get_n_elements (meta) }, .src_strides = { 1 }, .dst_strides = { 1 } };
    tl_kernels_get ()->copy.measure (args, &work);
    self->bound->n_scratch = MAX (self->bound->n_scratch, work.scratch);
    data[0] = value_address (self, assignment->value);
    self->bound->assigned[i] = &data[1];
    add_call (self, &tl_kernels_get ()->copy, args, data, NULL, &work, TL_NO_VALUE);
  }
}

static void
make_segments (Binder *self)
{
  TlBound       *bound = self->bound;
  TlPlanSegment *open = NULL;

  bound->segments = tl_arena_new0 (&bound->memory, TlPlanSegment, bound->n_calls + 1);
  for (guint i = 0; i < bound->n_calls; i++) {
    const TlPlanCall *call = &bound->calls[i];
    gboolean          parallel = FALSE;

    for (guint phase = 0; phase < call->work.n_phases; phase++)
      parallel = parallel || tl_work_get_n_tiles (&call->work, phase) > 1;
    if (i == bound->n_compute_calls) {
      bound->n_compute_segments = bound->n_segments;
      open = NULL;
    }
    if (open == NULL || open->parallel || parallel) {
      open = &bound->segments[bound->n_segments++];
      *open = (TlPlanSegment){ i, 0, parallel };
    }
    open->n_calls++;
  }
  if (bound->n_compute_calls == bound->n_calls)
    bound->n_compute_segments = bound->n_segments;
}

static void
make_calls (Binder *self)
{
  TlPlan  *plan = self->plan;
  TlBound *bound = self->bound;

  bound->calls = tl_arena_new0 (&bound->memory, TlPlanCall, self->n_order + plan->assignments->len + G_N_ELEMENTS (bound->nonfinite));
  bound->slots = tl_arena_new0 (&bound->memory, GArray *, plan->values->len + 1);
  bound->n_values = plan->values->len;
  bound->leaf_data = tl_arena_new0 (&bound->memory, void *, plan->values->len + 1);
  bound->assigned = tl_arena_new0 (&bound->memory, void **, plan->assignments->len + 1);
  bound->addresses = tl_arena_new0 (&bound->memory, void *, plan->values->len + 1);
  for (guint i = 0; i < plan->values->len; i++)
    bound->addresses[i] = value_address (self, i);
  for (guint k = 0; k < self->n_compute; k++)
    add_node_call (self, k);
  for (TlDType dtype = TL_DTYPE_F32; dtype <= TL_DTYPE_BF16; dtype++)
    add_check_call (self, dtype, &bound->nonfinite[dtype]);
  bound->n_compute_calls = bound->n_calls;
  for (guint k = self->n_compute; k < self->n_order; k++)
    add_node_call (self, k);
  add_assignment_calls (self);
  make_segments (self);
  bound->counters = tl_arena_alloc0 (&bound->memory, (bound->n_counters + 1) * sizeof (atomic_size_t));
}

static void
make_outputs (Binder *self)
{
  TlPlan *plan = self->plan;

  self->bound->n_outputs = plan->n_outputs;
  self->bound->outputs = tl_arena_new0 (&self->bound->memory, TlTensor *, plan->n_outputs + 1);
  for (guint i = 0; i < plan->n_outputs; i++) {
    guint  value = plan->outputs[i];
    TlMeta meta = self->bound->metas[value];

    if (tl_plan_value (plan, self->root[value])->is_leaf)
      continue;
    self->bound->outputs[i] = tl_tensor_new_wrapped (&meta, self->bound->arena);
    self->bound->outputs[i]->data = value_address (self, value);
  }
}

/* Everything about a plan for given inputs but its memory.  Returns the bytes of its arena in @n_arena. */
static gboolean
bind_sizes (Binder       *self,
            const TlMeta *inputs,
            const TlDim  *sizes,
            gsize        *n_arena,
            GError      **error)
{
  TlPlan                  *plan = self->plan;
  g_autofree TlBinding    *bindings = g_new0 (TlBinding, plan->n_symbols + 1);
  g_autofree TlAttrValue **attrs = g_new0 (TlAttrValue *, plan->nodes->len + 1);

  self->bound->sizes = tl_arena_dup (&self->bound->memory, sizes, plan->n_symbols * sizeof (TlDim));
  self->bound->metas = tl_arena_new0 (&self->bound->memory, TlMeta, plan->values->len + 1);
  self->bound->costs = tl_arena_new0 (&self->bound->memory, TlCost, plan->nodes->len + 1);
  for (guint i = 0; i < plan->n_symbols; i++)
    bindings[i] = (TlBinding){ plan->symbols[i], sizes[i] };
  if (!infer_all (self, inputs, bindings, attrs, error))
    return FALSE;
  order_nodes (self);
  find_roots (self);
  find_checked (self);
  find_lifetimes (self);
  if ((plan->flags & TL_PLAN_UNFUSED) == 0)
    reuse_in_place (self);
  if (!prepare_all (self, attrs, error))
    return FALSE;
  *n_arena = lay_out (self);
  return TRUE;
}

/*
 * Sizes, kernels, memory and calls of a plan for given inputs.  With @needs, only what it would need is worked out: nothing is
 * allocated and nothing can run.
 */
TlBound *
tl_bound_new (TlPlan       *plan,
              const TlMeta *inputs,
              const TlDim  *sizes,
              TlPlanNeeds  *needs,
              GError      **error)
{
  TlBound              *bound = g_new0 (TlBound, 1);
  guint                 n_values = plan->values->len, n_nodes = plan->nodes->len;
  g_autofree guint     *numbers = g_new0 (guint, 3 * n_values + n_nodes + 1);
  g_autofree gsize     *bytes = g_new0 (gsize, n_values + n_nodes + 1);
  g_autofree TlPrepare *prepares = g_new0 (TlPrepare, n_nodes + 1);
  g_autofree TlWork    *works = g_new0 (TlWork, n_nodes + 1);
  Binder                self = { .plan = plan, .bound = bound, .root = numbers, .first = numbers + n_values, .last = numbers + 2 * n_values, .order = numbers + 3 * n_values, .offsets = bytes, .workspaces = bytes + n_values, .prepares = prepares, .works = works };
  gsize                 n_arena = 0;
  gboolean              ok = bind_sizes (&self, inputs, sizes, &n_arena, error);

  if (ok && needs != NULL)
    *needs = (TlPlanNeeds){ n_arena, bound->n_scratch, bound->flops };
  else if (ok)
    ok = take_arena (&self, n_arena, error);
  if (!ok) {
    tl_bound_free (bound);
    return NULL;
  }
  if (needs == NULL) {
    make_calls (&self);
    make_outputs (&self);
  }
  return bound;
}

void
tl_bound_free (TlBound *self)
{
  for (guint i = 0; i < self->n_values && self->slots != NULL; i++)
    g_clear_pointer (&self->slots[i], g_array_unref);
  for (guint i = 0; i < self->n_outputs && self->outputs != NULL; i++)
    g_clear_pointer (&self->outputs[i], tl_tensor_unref);
  g_clear_pointer (&self->arena, tl_storage_unref);
  tl_arena_clear (&self->memory);
  g_free (self);
}
