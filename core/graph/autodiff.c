/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/autodiff.h"

#include "core/base/error.h"
#include "core/graph/function.h"
#include "core/graph/node-private.h"

/*
 * Nodes wait in a heap and are taken latest first, so a node is reached when the gradients of all its outputs are complete.
 * What arrived for a node's outputs stands in the node; leaves collect in the sink.
 *
 * Gradients of parts of an output (slices) are not put into zeros and added one by one: they wait in the node, too, until all of them are
 * there, and the row joins them.
 */
/* Operands of a node for which there is room on the stack. */
#define N_INLINE 16

typedef struct {
  gboolean         stops;  /* gradients go no further than @wanted */
  GPtrArray       *heap;   /* TlNode, owned references */
  TlTensor *const *wanted; /* tensors whose gradients are asked for; NULL: variables */
  guint            n_wanted;
  TlTensor       **sums;
} Walk;

/* The gradient of a part of an output. */
typedef struct {
  guint     output;
  TlNode   *node; /* owned: what took the part */
  TlTensor *dy;   /* owned */
} Part;

static TlNode *
node_of (TlTensor *tensor)
{
  return (TlNode *)tensor->producer;
}

static void
heap_push (GPtrArray *heap,
           TlNode    *node)
{
  guint i = heap->len;

  tl_producer_ref (&node->producer);
  g_ptr_array_add (heap, node);
  while (i > 0 && ((TlNode *)heap->pdata[(i - 1) / 2])->serial < node->serial) {
    heap->pdata[i] = heap->pdata[(i - 1) / 2];
    i = (i - 1) / 2;
  }
  heap->pdata[i] = node;
}

static TlNode *
heap_pop (GPtrArray *heap)
{
  TlNode *top = heap->pdata[0];
  TlNode *last = heap->pdata[heap->len - 1];
  guint   i = 0, child;

  g_ptr_array_set_size (heap, (gint)heap->len - 1);
  while ((child = 2 * i + 1) < heap->len) {
    if (child + 1 < heap->len &&
        ((TlNode *)heap->pdata[child + 1])->serial > ((TlNode *)heap->pdata[child])->serial)
      child++;
    if (((TlNode *)heap->pdata[child])->serial < last->serial)
      break;
    heap->pdata[i] = heap->pdata[child];
    i = child;
  }
  if (heap->len > 0)
    heap->pdata[i] = last;
  return top;
}

static gboolean
same_value (const TlTensor *a,
            const TlTensor *b)
{
  return a == b || (a->producer != NULL && a->producer == b->producer && a->output == b->output) ||
         (a->variable != NULL && a->variable == b->variable && a->producer == b->producer);
}

static gboolean
add_variable_grad (TlVariable *variable,
                   TlTensor   *dy,
                   GError    **error)
{
  TlContext           *context = tl_context_get ();
  g_autoptr (TlTensor) sum = NULL;

  if (context->trace != NULL) {
    g_autoptr (TlTensor) plain = NULL;

    sum = tl_trace_read_grad (context->trace, variable);
    if (!tl_accumulate (&sum, dy, error))
      return FALSE;
    /* The commit copies blocks. */
    plain = tl_contiguous (sum, error);
    if (plain == NULL)
      return FALSE;
    tl_trace_set_grad (context->trace, variable, plain);
    return TRUE;
  }
  if (variable->grad != NULL)
    sum = tl_tensor_ref (variable->grad);
  if (!tl_accumulate (&sum, dy, error))
    return FALSE;
  tl_variable_set_grad (variable, sum);
  return TRUE;
}

/* What arrives at a node of which nothing was there makes it wait for its turn. */
static void
await (Walk   *walk,
       TlNode *node)
{
  if (node->dy != NULL || node->parts != NULL)
    return;
  node->dy = g_new0 (TlTensor *, node->n_out);
  heap_push (walk->heap, node);
}

/* A gradient arrives at a tensor. */
static gboolean
deliver (Walk     *walk,
         TlTensor *to,
         TlTensor *dy,
         GError  **error)
{
  TlNode  *node = node_of (to);
  gboolean arrived = FALSE;

  for (guint i = 0; i < walk->n_wanted; i++) {
    if (!same_value (walk->wanted[i], to))
      continue;
    if (!tl_accumulate (&walk->sums[i], dy, error))
      return FALSE;
    arrived = TRUE;
  }
  if (arrived && walk->stops)
    return TRUE;
  if (to->variable != NULL && walk->wanted == NULL && to->variable->trainable)
    return add_variable_grad (to->variable, dy, error);
  if (node == NULL || !node->keeps)
    return TRUE;
  await (walk, node);
  return tl_accumulate (&node->dy[to->output], dy, error);
}

/* Whether @node takes a part of what another node gave, and nobody asks for that one's gradient as it arrives. */
static gboolean
takes_part (const Walk   *walk,
            const TlNode *node)
{
  TlTensor *from = node->op->join != NULL ? node->in[0] : NULL;

  if (from == NULL || node->function != NULL || node_of (from) == NULL || !node_of (from)->keeps || node->dy[0] == NULL)
    return FALSE;
  if (from->variable != NULL && walk->wanted == NULL && from->variable->trainable)
    return FALSE;
  for (guint i = 0; i < walk->n_wanted; i++)
    if (same_value (walk->wanted[i], from))
      return FALSE;
  return TRUE;
}

static void
clear_part (gpointer part_)
{
  Part *part = part_;

  tl_tensor_unref (part->dy);
  tl_producer_unref (&part->node->producer);
}

static void
deliver_part (Walk   *walk,
              TlNode *node)
{
  TlTensor *from = node->in[0];
  TlNode   *to = node_of (from);
  Part      part = { from->output, node, tl_tensor_ref (node->dy[0]) };

  await (walk, to);
  if (to->parts == NULL) {
    to->parts = g_array_new (FALSE, FALSE, sizeof (Part));
    g_array_set_clear_func (to->parts, clear_part);
  }
  tl_producer_ref (&node->producer);
  g_array_append_val (to->parts, part);
}

/* The parts of one output that one row took become its gradient. */
static gboolean
join_parts (TlNode          *node,
            guint            output,
            const TlOpClass *op,
            GError         **error)
{
  g_autofree TlPart   *parts = g_new (TlPart, node->parts->len);
  TlContext           *context = tl_context_get ();
  TlSource             source = context->source;
  g_autoptr (TlTensor) sum = NULL;
  guint                n = 0;

  for (guint i = 0; i < node->parts->len; i++) {
    const Part *part = &g_array_index (node->parts, Part, i);

    if (part->output != output || part->node->op != op)
      continue;
    context->source = n == 0 ? part->node->source : context->source;
    parts[n++] = (TlPart){ part->node->attrs, part->dy };
  }
  if (n == 0)
    return TRUE;
  context->source.is_gradient = TRUE;
  sum = op->join (&node->out[output].meta, parts, n, error);
  context->source = source;
  return sum != NULL && tl_accumulate (&node->dy[output], sum, error);
}

/* All that will arrive at a node has arrived. */
static gboolean
join_all_parts (TlNode  *node,
                GError **error)
{
  gboolean ok = TRUE;

  for (guint i = 0; node->parts != NULL && i < node->parts->len && ok; i++) {
    const Part *part = &g_array_index (node->parts, Part, i);
    gboolean    is_first = TRUE;

    for (guint j = 0; j < i && is_first; j++) {
      const Part *other = &g_array_index (node->parts, Part, j);

      is_first = other->output != part->output || other->node->op != part->node->op;
    }
    ok = !is_first || join_parts (node, part->output, part->node->op, error);
  }
  g_clear_pointer (&node->parts, g_array_unref);
  return ok;
}

static gboolean run (Walk            *walk,
                     TlTensor *const *y,
                     TlTensor *const *dy,
                     guint            n_y,
                     gboolean         retain,
                     gboolean         create_graph,
                     GError         **error);

/*
 * The gradient of a composite row that will be differentiated again: the row is computed once more from primitives, whose
 * gradients are primitives too.  Aliases of the inputs are where this inner walk ends.
 */
static gboolean
gradient_by_parts (TlGradient *gradient,
                   gboolean    create_graph,
                   GError    **error)
{
  guint                 n_in = gradient->n_in, n_y = 0, n_wanted = 0;
  g_autofree TlMeta    *metas = g_new (TlMeta, gradient->n_out + 1);
  g_autofree TlTensor **block = g_new0 (TlTensor *, 3 * n_in + 3 * gradient->n_out + 1);
  TlTensor            **in = block, **wanted = in + n_in, **sums = wanted + n_in;
  TlTensor            **out = sums + n_in, **y = out + gradient->n_out, **dy = y + gradient->n_out;
  TlGradient            parts = { .op = gradient->op, .attrs = gradient->attrs, .n_in = n_in, .in = in, .n_out = gradient->n_out, .dx = out, .out_metas = metas };
  Walk                  walk = { .stops = TRUE, .wanted = wanted, .sums = sums };
  gboolean              ok = TRUE;

  for (guint i = 0; i < gradient->n_out; i++)
    metas[i] = gradient->out[i]->meta;
  for (guint i = 0; i < n_in && ok; i++) {
    if (gradient->needs[i]) {
      in[i] = tl_op_apply1 (&tl_op_alias, &gradient->in[i], 1, NULL, error);
      ok = in[i] != NULL;
      wanted[n_wanted++] = in[i];
    } else if (gradient->in[i] != NULL) {
      in[i] = tl_tensor_ref (gradient->in[i]);
    }
  }
  ok = ok && tl_op_decompose (&parts, error);
  for (guint i = 0; i < gradient->n_out && ok; i++)
    if (gradient->dy[i] != NULL && out[i] != NULL && out[i]->requires_grad) {
      y[n_y] = out[i];
      dy[n_y++] = gradient->dy[i];
    }
  walk.n_wanted = n_wanted;
  ok = ok && run (&walk, y, dy, n_y, TRUE, create_graph, error);
  n_wanted = 0;
  for (guint i = 0; i < n_in; i++) {
    if (gradient->needs[i])
      gradient->dx[i] = ok ? sums[n_wanted] : NULL;
    if (gradient->needs[i] && !ok)
      g_clear_pointer (&sums[n_wanted], tl_tensor_unref);
    n_wanted += gradient->needs[i];
    g_clear_pointer (&in[i], tl_tensor_unref);
  }
  for (guint i = 0; i < gradient->n_out; i++)
    g_clear_pointer (&out[i], tl_tensor_unref);
  return ok;
}

/**
 * tl_gradient_by_parts:
 * @gradient: a gradient that is asked for, of a row that states decompose()
 * @error: return location for an error
 *
 * Help for gradient() of such a row: the gradient of its decomposition, for cases that the row has no kernel for.
 *
 * Returns: whether it worked
 */
gboolean
tl_gradient_by_parts (TlGradient *gradient,
                      GError    **error)
{
  TlContext *context = tl_context_get ();
  gboolean   before = tl_context_set_grad_enabled (context, TRUE);
  gboolean   ok = gradient_by_parts (gradient, before, error);

  tl_context_set_grad_enabled (context, before);
  return ok;
}

static gboolean
call_gradient (TlNode    *node,
               TlTensor **out,
               gboolean  *needs,
               TlTensor **dx,
               GError   **error)
{
  TlGradient gradient = { node->op, node->attrs, node->expr, node->n_in, node->in, node->n_out, out, node->dy, needs, dx };
  TlContext *context = tl_context_get ();
  TlSource   source = context->source;
  gboolean   ok;

  context->source = node->source;
  context->source.is_gradient = TRUE;
  if (node->function != NULL)
    ok = tl_function_get_gradient (node->function, node->in, node->n_in, out, node->dy, node->n_out, dx, error);
  else if (node->expr != NULL)
    ok = tl_map_gradient (&gradient, error);
  else if (node->op->decompose != NULL && context->grad_enabled)
    ok = gradient_by_parts (&gradient, TRUE, error);
  else
    ok = node->op->gradient (&gradient, error);
  context->source = source;
  return ok;
}

/*
 * A checkpoint is computed again, now with gradients, and its results take the place of those it gave.  The new nodes are
 * younger than all that wait, and older ones are reached after them, as in any walk.
 */
static gboolean
repeat (Walk    *walk,
        TlNode  *node,
        GError **error)
{
  TlContext *context = tl_context_get ();
  TlSource   source = context->source;
  TlTensor  *out[TL_FUNCTION_MAX_OUT];
  guint      n_out = 0;
  gboolean   ok;

  context->source = node->source;
  ok = tl_function_repeat (node->function, node->in, node->n_in, out, &n_out, error);
  context->source = source;
  if (ok && n_out != node->n_out) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "checkpoint: the function gave %u results and then, computed again, %u", node->n_out,
                 n_out);
    ok = FALSE;
  }
  for (guint i = 0; i < n_out; i++) {
    if (ok && node->dy[i] != NULL && out[i]->requires_grad) {
      ok = tl_meta_same_shape (&out[i]->meta, &node->dy[i]->meta);
      if (ok)
        ok = deliver (walk, out[i], node->dy[i], error);
      else
        g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "checkpoint: result %u, computed again, has another shape", i + 1);
    }
    tl_tensor_unref (out[i]);
  }
  return ok;
}

static gboolean
step (Walk    *walk,
      TlNode  *node,
      GError **error)
{
  gpointer             block_inline[N_INLINE] = { NULL };
  gboolean             needs_inline[N_INLINE] = { FALSE };
  gboolean             is_small = node->n_in + node->n_out <= N_INLINE;
  g_autofree gpointer *block = is_small ? NULL : g_new0 (gpointer, node->n_in + node->n_out);
  g_autofree gboolean *needs_heap = is_small ? NULL : g_new0 (gboolean, node->n_in + 1);
  gboolean            *needs = is_small ? needs_inline : needs_heap;
  TlTensor           **dx = (TlTensor **)(is_small ? block_inline : block);
  TlTensor           **out = dx + node->n_in;
  gboolean             ok = TRUE, released = node->function == NULL;

  for (guint i = 0; i < node->n_in; i++) {
    needs[i] = node->in[i] != NULL && node->in[i]->requires_grad;
    released = released && node->in[i] == NULL;
  }
  if (released) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                 "backward: the values that %s kept were released by an earlier backward; ask it to retain them",
                 node->op->name);
    return FALSE;
  }
  if (!join_all_parts (node, error))
    return FALSE;
  if (takes_part (walk, node)) {
    deliver_part (walk, node);
    return TRUE;
  }
  if (node->function != NULL && tl_function_is_repeated (node->function))
    return repeat (walk, node, error);
  for (guint i = 0; i < node->n_out; i++)
    out[i] = tl_node_get_output (node, i);
  ok = call_gradient (node, out, needs, dx, error);
  for (guint i = 0; i < node->n_in; i++) {
    if (ok && dx[i] != NULL && needs[i])
      ok = deliver (walk, node->in[i], dx[i], error);
    g_clear_pointer (&dx[i], tl_tensor_unref);
  }
  for (guint i = 0; i < node->n_out; i++)
    tl_tensor_unref (out[i]);
  return ok;
}

static void
forget_grads (TlNode *node)
{
  for (guint i = 0; node->dy != NULL && i < node->n_out; i++)
    g_clear_pointer (&node->dy[i], tl_tensor_unref);
  g_clear_pointer (&node->dy, g_free);
  g_clear_pointer (&node->parts, g_array_unref);
}

static gboolean
walk_back (Walk    *walk,
           gboolean retain,
           GError **error)
{
  TlContext *context = tl_context_get ();
  gboolean   ok = TRUE;

  while (walk->heap->len > 0) {
    TlNode *node = heap_pop (walk->heap);

    ok = ok && tl_context_check_cancelled (context, error) && step (walk, node, error);
    forget_grads (node);
    /* While a step is traced the trace needs what the nodes hold. */
    if (!retain && ok && context->trace == NULL)
      tl_node_release (node);
    tl_producer_unref (&node->producer);
  }
  return ok;
}

static TlTensor *
ones_like (TlTensor *y,
           GError  **error)
{
  static TlExpr          *expr;
  static const TlExprName names[] = { { "a" }, { NULL } };

  if (g_once_init_enter (&expr))
    g_once_init_leave (&expr, tl_expr_parse ("1", names, NULL));
  return tl_map (expr, &y, 1, TL_RESULT_PROMOTED, error);
}

static gboolean
run (Walk            *walk,
     TlTensor *const *y,
     TlTensor *const *dy,
     guint            n_y,
     gboolean         retain,
     gboolean         create_graph,
     GError         **error)
{
  TlContext *context = tl_context_get ();
  gboolean   before = tl_context_set_grad_enabled (context, create_graph);
  TlDType    autocast = context->autocast;
  gboolean   ok = TRUE;

  context->autocast = TL_DTYPE_F32;
  walk->heap = g_ptr_array_new ();
  for (guint i = 0; i < n_y && ok; i++) {
    g_autoptr (TlTensor) seed = NULL;

    seed = dy != NULL && dy[i] != NULL ? tl_tensor_ref (dy[i]) : ones_like (y[i], error);
    ok = seed != NULL && deliver (walk, y[i], seed, error);
  }
  if (ok)
    ok = walk_back (walk, retain, error);
  else
    walk_back (walk, TRUE, NULL);
  g_ptr_array_unref (walk->heap);
  context->autocast = autocast;
  tl_context_set_grad_enabled (context, before);
  return ok;
}

static gboolean
check_start (TlTensor *y,
             TlTensor *dy,
             GError  **error)
{
  g_autofree char *shape = tl_shape_to_string (y->meta.shape, y->meta.rank);

  if (!y->requires_grad) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "backward: the value does not depend on any parameter");
    return FALSE;
  }
  if (dy == NULL && tl_meta_get_n_elements (&y->meta) != 1) {
    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE,
                 "backward: the value has shape %s; one element is wanted, or a gradient for each", shape);
    return FALSE;
  }
  if (dy != NULL && !tl_meta_same_shape (&y->meta, &dy->meta)) {
    g_autofree char *got = tl_shape_to_string (dy->meta.shape, dy->meta.rank);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "backward: the value has shape %s, its gradient %s", shape, got);
    return FALSE;
  }
  return TRUE;
}

/**
 * tl_backward:
 * @y: a value that depends on variables, usually a loss of one element
 * @dy: (nullable): its gradient; 1 if it is not given
 * @retain: whether to keep what another backward through the same values needs
 * @error: return location for an error
 *
 * Adds to the gradient of each trainable variable that @y depends on.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_VALUE, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_backward (TlTensor *y,
             TlTensor *dy,
             gboolean  retain,
             GError  **error)
{
  Walk walk = { 0 };

  if (!check_start (y, dy, error))
    return FALSE;
  return run (&walk, &y, &dy, 1, retain, FALSE, error);
}

/**
 * tl_grad:
 * @y: (array length=n_y): values
 * @dy: (array length=n_y) (nullable): their gradients
 * @n_y: number of values
 * @x: (array length=n_x): tensors they depend on
 * @n_x: number of tensors
 * @create_graph: whether the gradients can be differentiated again
 * @dx: (array length=n_x) (out): the gradients, (transfer full); %NULL for a tensor that no value depends on
 * @error: return location for an error
 *
 * Computes gradients without adding them to variables.
 *
 * Errors: as tl_backward()
 *
 * Returns: whether it worked
 */
gboolean
tl_grad (TlTensor *const *y,
         TlTensor *const *dy,
         guint            n_y,
         TlTensor *const *x,
         guint            n_x,
         gboolean         create_graph,
         TlTensor       **dx,
         GError         **error)
{
  Walk     walk = { .wanted = x, .n_wanted = n_x, .sums = dx };
  gboolean ok = TRUE;

  for (guint i = 0; i < n_x; i++)
    dx[i] = NULL;
  for (guint i = 0; i < n_y && ok; i++)
    ok = check_start (y[i], dy != NULL ? dy[i] : NULL, error);
  ok = ok && run (&walk, y, dy, n_y, TRUE, create_graph, error);
  for (guint i = 0; i < n_x && !ok; i++)
    g_clear_pointer (&dx[i], tl_tensor_unref);
  return ok;
}
