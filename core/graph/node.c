/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/node-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/graph/profile-private.h"
#include "core/kernels/kernels.h"

/* Inputs of a call that live on the stack; variadic calls beyond it use the heap. */
#define N_INLINE 16

void
tl_node_release (TlNode *self)
{
  for (guint i = 0; i < self->n_in; i++)
    g_clear_pointer (&self->in[i], tl_tensor_unref);
  for (guint i = 0; i < self->n_out; i++)
    g_clear_pointer (&self->out[i].storage, tl_storage_unref);
  g_clear_pointer (&self->function, tl_function_unref);
}

/*
 * Freeing a long chain must not recurse: nodes whose last reference goes while another one is being freed wait in a list.
 */
static _Thread_local TlNode  *pending;
static _Thread_local gboolean is_freeing;

static void
free_one (TlNode *self)
{
  tl_node_release (self);
  tl_expr_unref (self->expr);
  g_free (self);
}

static void
node_free (TlProducer *producer)
{
  TlNode *self = (TlNode *)producer;

  if (is_freeing) {
    self->dy = (TlTensor **)pending;
    pending = self;
    return;
  }
  is_freeing = TRUE;
  free_one (self);
  while (pending != NULL) {
    self = pending;
    pending = (TlNode *)self->dy;
    free_one (self);
  }
  is_freeing = FALSE;
}

static void
node_output_gone (TlProducer *producer,
                  guint       output)
{
  ((TlNode *)producer)->out[output].handle = NULL;
}

TlNode *
tl_node_new (const TlNodeInit *init,
             guint             n_out)
{
  gsize size = sizeof (TlNode) + n_out * sizeof (TlNodeOut) + init->n_attrs * sizeof (TlAttrValue) +
               init->n_in * sizeof (TlTensor *);
  TlNode *self = memset (g_malloc (size), 0, size); /* calloc() would pass by the thread's cache */

  self->producer.free = node_free;
  self->producer.output_gone = node_output_gone;
  atomic_init (&self->producer.ref_count, 1);
  self->op = init->op;
  self->expr = init->expr != NULL ? tl_expr_ref (init->expr) : NULL;
  self->result = init->result;
  self->n_in = init->n_in;
  self->n_out = n_out;
  self->n_attrs = init->n_attrs;
  self->out = (TlNodeOut *)(self + 1);
  self->attrs = (TlAttrValue *)(self->out + n_out);
  self->in = (TlTensor **)(self->attrs + init->n_attrs);
  if (init->n_attrs > 0)
    memcpy (self->attrs, init->attrs, init->n_attrs * sizeof (TlAttrValue));
  for (guint i = 0; i < init->n_in; i++)
    self->in[i] = init->in[i] != NULL ? tl_tensor_ref (init->in[i]) : NULL;
  return self;
}

/* A reference to an output, made anew if nobody holds it any more. */
TlTensor *
tl_node_get_output (TlNode *self,
                    guint   output)
{
  TlNodeOut *out = &self->out[output];
  TlTensor  *tensor;

  if (out->handle != NULL)
    return tl_tensor_ref (out->handle);
  tensor = out->storage != NULL ? tl_tensor_new_wrapped (&out->meta, out->storage) : tl_tensor_new_traced (&out->meta);
  tl_producer_ref (&self->producer);
  tensor->producer = &self->producer;
  tensor->output = output;
  tensor->requires_grad = self->keeps;
  out->handle = tensor;
  return tensor;
}

gboolean
tl_kernel_prepare (TlPrepare *prepare,
                   TlWork    *work,
                   GError   **error)
{
  gboolean ok;

  if (prepare->expr != NULL)
    ok = tl_map_prepare (prepare, error);
  else
    ok = prepare->op->prepare (prepare, error) && tl_kernel_widen (prepare, error);

  if (!ok)
    return FALSE;
  memset (work, 0, sizeof *work);
  prepare->kernel->measure (prepare->args, work);
  return TRUE;
}

void
tl_kernel_bind_data (const TlPrepare *prepare,
                     void *const     *in,
                     void *const     *out,
                     TlIndexError    *index_error,
                     void           **data)
{
  if (prepare->n_data == 0) {
    memcpy (data, in, prepare->n_in * sizeof (void *));
    memcpy (data + prepare->n_in, out, prepare->n_out * sizeof (void *));
    return;
  }
  for (guint i = 0; i < prepare->n_data; i++) {
    gint operand = prepare->data[i];

    if (operand == TL_OPERAND_INDEX_ERROR)
      data[i] = index_error;
    else
      data[i] = operand > 0 ? in[operand - 1] : operand < 0 ? out[-operand - 1]
                                                            : NULL;
  }
}

/* Whether the kernel found all indices in range, and all matrices such as it needs them. */
gboolean
tl_kernel_check_index (const TlOpClass    *op,
                       const TlSource     *source,
                       const TlIndexError *index_error,
                       GError            **error)
{
  const char *at_node = source != NULL && source->node != NULL ? " at node " : "";
  const char *node = source != NULL && source->node != NULL ? source->node : "";

  if (!index_error->is_set)
    return TRUE;
  if (index_error->problem != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: matrix %" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT "%s%s", op->name, index_error->at,
                 index_error->problem, index_error->index, at_node, node);
    return FALSE;
  }
  g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
               "%s: index %" G_GINT64_FORMAT " at position %" G_GINT64_FORMAT " is out of range for a size of %" G_GINT64_FORMAT "%s%s",
               op->name, index_error->index, index_error->at, index_error->size, at_node, node);
  return FALSE;
}

static gboolean
is_empty (const TlMeta *metas,
          guint         n)
{
  for (guint i = 0; i < n; i++)
    if (tl_meta_get_n_elements (&metas[i]) != 0)
      return FALSE;
  return n > 0;
}

static double
count_bytes (const TlMeta *const *in,
             guint                n_in,
             const TlMeta        *out,
             guint                n_out)
{
  double n_bytes = 0;

  for (guint i = 0; i < n_in; i++)
    if (in[i] != NULL)
      n_bytes += (double)tl_meta_get_n_elements (in[i]) * (double)tl_dtype_size (in[i]->dtype);
  for (guint i = 0; i < n_out; i++)
    n_bytes += (double)tl_meta_get_n_elements (&out[i]) * (double)tl_dtype_size (out[i].dtype);
  return n_bytes;
}

/* What one run of an operation does, its sizes being numbers; a row that does not say counts one for each element of its result. */
void
tl_node_measure (const TlOpClass     *op,
                 const TlMeta *const *in,
                 guint                n_in,
                 const TlAttrValue   *attrs,
                 TlMeta              *out,
                 guint                n_out,
                 TlCost              *cost)
{
  TlInfer infer = { op, n_in, in, attrs, n_out, out };

  *cost = (TlCost){ 0 };
  if (op->cost != NULL)
    op->cost (&infer, cost);
  else if (n_out > 0)
    cost->flops = (double)tl_meta_get_n_elements (&out[0]);
  cost->bytes = MAX (cost->bytes, count_bytes (in, n_in, out, n_out));
}

static gboolean
run_profiled (TlContext        *context,
              const TlNodeInit *init,
              const TlPrepare  *prepare,
              void *const      *data,
              const TlWork     *work,
              GError          **error)
{
  guint    row = tl_profile_ensure_row (context->profile, init->op->name, &context->source);
  gint64   start = tl_profile_now (), end;
  gboolean ok = tl_context_run (context, prepare->kernel->run, prepare->args, data, work, error);
  TlCost   cost;

  end = tl_profile_now ();
  tl_node_measure (init->op, prepare->in, prepare->n_in, init->attrs, (TlMeta *)prepare->out, prepare->n_out, &cost);
  tl_profile_add_event (context->profile, row, 0, start, end);
  tl_profile_add_call (context->profile, row, end - start, cost.flops, cost.bytes);
  return ok;
}

static gboolean
run_now (TlContext        *context,
         const TlNodeInit *init,
         const TlMeta    **in,
         const TlMeta     *out,
         TlStorage       **storages,
         guint             n_out,
         TlDType           compute,
         GError          **error)
{
  static _Thread_local TlArena arena;
  TlPrepare                    prepare = { .op = init->op, .n_in = init->n_in, .in = in, .n_out = n_out, .out = out, .attrs = init->attrs, .expr = init->expr, .compute = compute, .arena = &arena };
  TlIndexError                 index_error = { 0 };
  void                       **pointers;
  TlWork                       work;

  if (is_empty (out, n_out))
    return TRUE;
  tl_arena_reset (&arena);
  if (!tl_kernel_prepare (&prepare, &work, error))
    return FALSE;
  pointers = tl_arena_new0 (&arena, void *, (init->n_in + n_out) * 2 + prepare.n_data);
  for (guint i = 0; i < init->n_in; i++)
    pointers[i] = init->in[i] != NULL ? init->in[i]->data : NULL;
  for (guint i = 0; i < n_out; i++)
    pointers[init->n_in + i] = (guint8 *)tl_storage_get_data (storages[i]) +
                               (gsize)out[i].offset * tl_dtype_size (out[i].dtype);
  tl_kernel_bind_data (&prepare, pointers, pointers + init->n_in, &index_error,
                       pointers + init->n_in + n_out);
  if (context->profile != NULL)
    return run_profiled (context, init, &prepare, pointers + init->n_in + n_out, &work, error) &&
           tl_kernel_check_index (init->op, NULL, &index_error, error);
  return tl_context_run (context, prepare.kernel->run, prepare.args, pointers + init->n_in + n_out, &work, error) &&
         tl_kernel_check_index (init->op, NULL, &index_error, error);
}

static gboolean
make_storages (const TlNodeInit *init,
               const TlMeta     *out,
               TlStorage       **storages,
               guint             n_out,
               GError          **error)
{
  if ((init->op->flags & TL_OP_VIEW) != 0) {
    storages[0] = tl_storage_ref (init->in[0]->storage);
    return TRUE;
  }
  if ((init->op->flags & TL_OP_UPDATE) != 0) {
    for (guint i = 0; i < n_out; i++)
      storages[i] = tl_storage_ref (init->in[i]->storage);
    return TRUE;
  }
  for (guint i = 0; i < n_out; i++) {
    TlDim n = tl_meta_get_n_elements (&out[i]);

    if (n < 0 || n > G_MAXSSIZE / 64) {
      g_autofree char *shape = tl_shape_to_string (out[i].shape, out[i].rank);

      g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "%s: a result of shape %s cannot be made", init->op->name, shape);
      return FALSE;
    }
    storages[i] = tl_storage_new (tl_device_cpu (), (gsize)n * tl_dtype_size (out[i].dtype), error);
    if (storages[i] == NULL) {
      g_prefix_error (error, "%s: ", init->op->name);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
wants_grad (TlContext        *context,
            const TlNodeInit *init)
{
  if (!context->grad_enabled || (init->op->gradient == NULL && init->expr == NULL))
    return FALSE;
  for (guint i = 0; i < init->n_in; i++)
    if (init->in[i] != NULL && init->in[i]->requires_grad)
      return TRUE;
  return FALSE;
}

static gboolean
is_nodiff_output (const TlOpClass *op,
                  guint            output)
{
  guint n = tl_op_get_n_ports (op->out);

  return op->out != NULL && output < n && (op->out[output].flags & TL_PORT_NODIFF) != 0;
}

/* Makes the node and its outputs. */
void
tl_node_finish (TlContext        *context,
                const TlNodeInit *init,
                const TlMeta     *metas,
                TlStorage *const *storages,
                gboolean          keeps,
                TlTensor        **out,
                guint             n_out)
{
  TlNode *node = tl_node_new (init, n_out);

  node->serial = context->next_serial++;
  node->source = context->source;
  node->trace_id = context->trace != NULL ? tl_trace_get_id (context->trace) : 0;
  node->keeps = keeps;
  node->again = context->again;
  for (guint i = 0; i < n_out; i++) {
    node->out[i].meta = metas[i];
    node->out[i].storage = storages[i] != NULL ? tl_storage_ref (storages[i]) : NULL;
    out[i] = tl_node_get_output (node, i);
    out[i]->requires_grad = keeps && tl_dtype_is_float (metas[i].dtype) && !is_nodiff_output (init->op, i);
  }
  if (context->trace != NULL)
    tl_trace_add_node (context->trace, node);
  tl_producer_unref (&node->producer);
}

gboolean
tl_node_infer (const TlOpClass     *op,
               gboolean             is_map,
               TlResultType         result,
               const TlMeta *const *in,
               guint                n_in,
               const TlAttrValue   *attrs,
               TlMeta              *out,
               guint                n_out,
               GError             **error)
{
  TlInfer infer = { op, n_in, in, attrs, n_out, out };

  if (is_map)
    return tl_map_infer (op, in, n_in, result, out, n_out, error);
  return op->infer (&infer, error);
}

/* Whether the operation made no NaN or Inf. */
static gboolean
check_finite (TlContext        *context,
              const TlNodeInit *init,
              const TlMeta     *metas,
              TlStorage *const *storages,
              guint             n_out,
              GError          **error)
{
  TlNonfinite in = 0;

  for (guint i = 0; i < n_out; i++) {
    const guint8 *data = tl_storage_get_data (storages[i]);
    TlNonfinite   out = data != NULL ? tl_find_nonfinite (&metas[i], data + (gsize)metas[i].offset * tl_dtype_size (metas[i].dtype)) : 0;

    if (out == 0)
      continue;
    for (guint j = 0; j < init->n_in && in == 0; j++)
      in |= init->in[j] != NULL ? tl_find_nonfinite (&init->in[j]->meta, init->in[j]->data) : 0;
    out = tl_blame_nonfinite (init->op, in, out);
    if (out == 0)
      continue;
    tl_set_nonfinite_error (init->op, &metas[i], &context->source, out, "", error);
    return FALSE;
  }
  return TRUE;
}

/* A function such as exp() exists for floating numbers only, one of bits for whole ones. */
static gboolean
check_functors (const TlNodeInit *init,
                const TlMeta    **in,
                TlDType           compute,
                GError          **error)
{
  if (init->expr == NULL)
    return TRUE;
  if (tl_program_is_valid (tl_expr_get_program (init->expr), compute))
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "%s: %s numbers are wanted, not %s", init->op->name,
               tl_dtype_is_float (compute) ? "whole" : "floating", tl_dtype_name (in[0]->dtype));
  return FALSE;
}

/* Infers and runs or records; the inputs already have the layout that the row wants. */
gboolean
tl_node_apply (const TlNodeInit *init,
               TlTensor        **out,
               guint             n_out,
               GError          **error)
{
  TlContext           *context = tl_context_get ();
  g_autofree TlMeta   *metas_heap = n_out > N_INLINE ? g_new0 (TlMeta, n_out) : NULL;
  TlMeta               metas_inline[N_INLINE];
  TlMeta              *metas = metas_heap != NULL ? metas_heap : metas_inline;
  gpointer             block_inline[N_INLINE] = { NULL };
  g_autofree gpointer *heap = init->n_in + n_out > N_INLINE ? g_new0 (gpointer, init->n_in + n_out) : NULL;
  gpointer            *block = heap != NULL ? heap : block_inline;
  const TlMeta       **in = (const TlMeta **)block;
  TlStorage          **storages = (TlStorage **)block + init->n_in;
  TlDType              compute = TL_DTYPE_F32;
  gboolean             keeps, ok;

  for (guint i = 0; i < init->n_in; i++)
    in[i] = init->in[i] != NULL ? &init->in[i]->meta : NULL;
  if (!tl_node_infer (init->op, init->expr != NULL, init->result, in, init->n_in, init->attrs, metas, n_out, error))
    return FALSE;
  if (init->expr != NULL)
    compute = tl_map_compute_dtype (in, init->n_in, init->result);
  if (!check_functors (init, in, compute, error))
    return FALSE;
  keeps = wants_grad (context, init);
  if (context->trace != NULL) {
    tl_node_finish (context, init, metas, storages, keeps, out, n_out);
    return TRUE;
  }
  ok = make_storages (init, metas, storages, n_out, error) &&
       ((init->op->flags & TL_OP_VIEW) != 0 || run_now (context, init, in, metas, storages, n_out, compute, error));
  if (G_UNLIKELY (context->checks_finite) && ok && (init->op->flags & (TL_OP_VIEW | TL_OP_UPDATE)) == 0)
    ok = check_finite (context, init, metas, storages, n_out, error);
  if (ok && keeps)
    tl_node_finish (context, init, metas, storages, keeps, out, n_out);
  else if (ok)
    for (guint i = 0; i < n_out; i++)
      out[i] = tl_tensor_new_taking (&metas[i], g_steal_pointer (&storages[i]));
  for (guint i = 0; i < n_out; i++)
    g_clear_pointer (&storages[i], tl_storage_unref);
  return ok;
}
