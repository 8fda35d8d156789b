/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/plan-private.h"
#include "core/kernels/phases.h"

/* More sizes than this at once are not worth their memory. */
#define MAX_BOUNDS 8

typedef struct {
  TlContext *context;
  TlBound   *bound;
  guint      first_segment;
  guint      end_segment;
  gboolean   stops; /* whether an interrupt ends it */
} Replay;

static inline void
run_serial (const Replay        *replay,
            const TlPlanSegment *segment)
{
  for (guint i = 0; i < segment->n_calls; i++) {
    const TlPlanCall *call = &replay->bound->calls[segment->first_call + i];

    if (replay->stops && tl_context_is_cancelled (replay->context))
      return;
    for (guint phase = 0; phase < call->work.n_phases; phase++)
      if (tl_work_get_n_tiles (&call->work, phase) > 0 && !(replay->stops && tl_context_is_cancelled (replay->context)))
        call->run (call->args, call->data, call->workspace, phase, 0, replay->context->scratch);
  }
}

/* One fork for the whole step: each thread walks all segments and they meet at barriers. */
static void
replay_thread (gpointer data,
               guint    thread)
{
  const Replay *replay = data;
  TlBound      *bound = replay->bound;
  TlPool       *pool = replay->context->pool;
  gpointer      scratch = (guint8 *)replay->context->scratch + thread * replay->context->n_scratch;

  for (guint s = replay->first_segment; s < replay->end_segment; s++) {
    const TlPlanSegment *segment = &bound->segments[s];
    const TlPlanCall    *call = &bound->calls[segment->first_call];

    if (!segment->parallel) {
      if (thread == 0)
        run_serial (replay, segment);
      tl_pool_barrier (pool);
      continue;
    }
    for (guint phase = 0; phase < call->work.n_phases; phase++) {
      atomic_size_t *next = &bound->counters[call->first_counter + phase];
      gsize          n_tiles = tl_work_get_n_tiles (&call->work, phase);
      gsize          tile;

      while ((tile = atomic_fetch_add_explicit (next, 1, memory_order_relaxed)) < n_tiles &&
             !(replay->stops && tl_context_is_cancelled (replay->context)))
        call->run (call->args, call->data, call->workspace, phase, tile, scratch);
      tl_pool_barrier (pool);
    }
  }
}

static void
replay_segments (TlPlan    *self,
                 TlContext *context,
                 TlBound   *bound,
                 guint      first,
                 guint      end,
                 gboolean   stops)
{
  Replay   replay = { context, bound, first, end, stops };
  gboolean parallel = FALSE;

  if (context->profile != NULL) {
    tl_plan_replay_profiled (self, context, bound, first, end, stops);
    return;
  }
  for (guint s = first; s < end; s++)
    parallel = parallel || bound->segments[s].parallel;
  if (parallel)
    tl_pool_run (context->pool, replay_thread, &replay);
  else
    for (guint s = first; s < end; s++)
      run_serial (&replay, &bound->segments[s]);
}

static gboolean
fail_input (TlPlan       *self,
            guint         input,
            const TlMeta *got,
            GError      **error)
{
  g_autofree char *want_text = tl_meta_to_string (&self->input_metas[input]);
  g_autofree char *got_text = tl_meta_to_string (got);

  g_set_error (error, TL_ERROR, got->dtype != self->input_metas[input].dtype ? TL_ERROR_DTYPE : TL_ERROR_SHAPE,
               "input %u of the step is %s, %s was given", input + 1, want_text, got_text);
  return FALSE;
}

/* What the symbols are for these inputs. */
static gboolean
match_inputs (TlPlan       *self,
              const TlMeta *inputs,
              TlDim        *sizes,
              GError      **error)
{
  for (guint i = 0; i < self->n_symbols; i++)
    sizes[i] = -1;
  for (guint i = 0; i < self->n_inputs; i++) {
    const TlMeta *want = &self->input_metas[i], *got = &inputs[i];

    if (want->dtype != got->dtype || want->rank != got->rank)
      return fail_input (self, i, got, error);
    for (guint axis = 0; axis < want->rank; axis++) {
      guint s = 0;

      while (s < self->n_symbols && self->symbols[s] != want->shape[axis])
        s++;
      if (s < self->n_symbols && sizes[s] < 0)
        sizes[s] = got->shape[axis];
      if (got->shape[axis] != (s < self->n_symbols ? sizes[s] : want->shape[axis]))
        return fail_input (self, i, got, error);
    }
  }
  return TRUE;
}

static gboolean
bound_fits (TlPlan          *self,
            const TlBound   *bound,
            TlTensor *const *inputs)
{
  for (guint i = 0; i < self->n_inputs; i++) {
    const TlMeta *a = &bound->metas[self->inputs[i]], *b = &inputs[i]->meta;

    if (a->dtype != b->dtype || !tl_meta_same_shape (a, b) ||
        memcmp (a->strides, b->strides, a->rank * sizeof (TlDim)) != 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
find_bound (TlPlan          *self,
            TlTensor *const *inputs,
            GError         **error)
{
  g_autofree TlDim  *sizes = NULL;
  g_autofree TlMeta *metas = NULL;
  guint              oldest = 0;
  TlBound           *bound;

  if (self->current != NULL && bound_fits (self, self->current, inputs))
    return TRUE;
  for (guint i = 0; i < self->bounds->len; i++) {
    bound = self->bounds->pdata[i];
    if (bound->last_run < ((TlBound *)self->bounds->pdata[oldest])->last_run)
      oldest = i;
    if (!bound_fits (self, bound, inputs))
      continue;
    self->current = bound;
    return TRUE;
  }
  sizes = g_new0 (TlDim, self->n_symbols + 1);
  metas = g_new0 (TlMeta, self->n_inputs + 1);
  for (guint i = 0; i < self->n_inputs; i++) {
    metas[i] = inputs[i]->meta;
    metas[i].offset = 0; /* addresses given at a run are those of the first element */
    if (!tl_tensor_has_data (inputs[i]))
      return fail_input (self, i, &metas[i], error);
  }
  if (!match_inputs (self, metas, sizes, error))
    return FALSE;
  if (self->bounds->len >= MAX_BOUNDS) {
    self->current = NULL;
    g_ptr_array_remove_index (self->bounds, oldest);
  }
  bound = tl_bound_new (self, metas, sizes, NULL, error);
  if (bound == NULL)
    return FALSE;
  g_ptr_array_add (self->bounds, bound);
  self->current = bound;
  return TRUE;
}

/**
 * tl_plan_forecast:
 * @self: a plan
 * @inputs: (array length=n_inputs): descriptions of its inputs; all sizes are numbers
 * @n_inputs: their number
 * @needs: (out): what a run with such inputs needs
 * @error: return location for an error
 *
 * Works out memory and work without allocating what is forecast.  The numbers are those of the binding that a run would make.
 *
 * Errors: %TL_ERROR_SHAPE and %TL_ERROR_DTYPE for inputs that do not fit
 *
 * Returns: whether it worked
 */
gboolean
tl_plan_forecast (TlPlan       *self,
                  const TlMeta *inputs,
                  guint         n_inputs,
                  TlPlanNeeds  *needs,
                  GError      **error)
{
  g_autofree TlDim *sizes = g_new0 (TlDim, self->n_symbols + 1);
  TlBound          *bound;

  g_return_val_if_fail (n_inputs == self->n_inputs, FALSE);

  if (!match_inputs (self, inputs, sizes, error))
    return FALSE;
  bound = tl_bound_new (self, inputs, sizes, needs, error);
  if (bound == NULL)
    return FALSE;
  tl_bound_free (bound);
  return TRUE;
}

static inline void
move_leaf (TlBound *bound,
           guint    value,
           void    *data)
{
  GArray *slots = bound->slots[value];

  if (slots == NULL || bound->leaf_data[value] == data)
    return;
  bound->leaf_data[value] = data;
  for (guint i = 0; i < slots->len; i++) {
    const TlPlanSlot *slot = &g_array_index (slots, TlPlanSlot, i);

    *slot->slot = (guint8 *)data + slot->offset;
  }
}

static gboolean
place_leaves (TlPlan          *self,
              TlTensor *const *inputs,
              GError         **error)
{
  TlBound *bound = self->current;

  /* What is assigned gets a block of its own first, because that can fail. */
  for (guint i = 0; i < self->assignments->len; i++) {
    TlPlanAssignment *assignment = &g_array_index (self->assignments, TlPlanAssignment, i);
    TlVariable       *variable = assignment->variable;

    if (assignment->to_grad) {
      if (variable->grad == NULL || tl_tensor_is_shared (variable->grad)) {
        g_autoptr (TlTensor) own = tl_tensor_new (variable->value->meta.dtype, variable->value->meta.rank,
                                                  variable->value->meta.shape, error);

        if (own == NULL)
          return FALSE;
        if (variable->grad != NULL)
          memcpy (own->data, variable->grad->data, tl_storage_get_n_bytes (own->storage));
        else
          memset (own->data, 0, tl_storage_get_n_bytes (own->storage));
        tl_variable_set_grad (variable, own);
      }
    } else if (tl_variable_begin_write (variable, error) == NULL) {
      return FALSE;
    }
    if (bound->assigned[i] != NULL)
      *bound->assigned[i] = assignment->to_grad ? variable->grad->data : variable->value->data;
  }
  for (guint i = 0; i < self->values->len; i++) {
    const TlPlanValue *value = tl_plan_value (self, i);

    if (!value->is_leaf || bound->slots[i] == NULL)
      continue;
    switch (value->leaf) {
    case TL_LEAF_INPUT:
      move_leaf (bound, i, inputs[value->leaf_index]->data);
      break;
    case TL_LEAF_CAPTURED:
      move_leaf (bound, i, ((TlTensor *)self->captured->pdata[value->leaf_index])->data);
      break;
    case TL_LEAF_VARIABLE:
      move_leaf (bound, i, ((TlVariable *)self->variables->pdata[value->leaf_index])->value->data);
      break;
    case TL_LEAF_GRAD:
      move_leaf (bound, i, ((TlVariable *)self->grads->pdata[value->leaf_index])->grad->data);
      break;
    }
  }
  return TRUE;
}

/* Finds the binding for the inputs and tells it where everything lies. */
gboolean
tl_plan_place (TlPlan          *self,
               TlTensor *const *inputs,
               GError         **error)
{
  return find_bound (self, inputs, error) && place_leaves (self, inputs, error) &&
         tl_context_ensure_scratch (tl_context_get (), self->current->n_scratch, error);
}

static gboolean
check_indices (TlPlan  *self,
               TlBound *bound,
               GError **error)
{
  for (guint i = 0; i < bound->n_index_errors; i++) {
    const TlPlanNode *node = tl_plan_node (self, bound->index_errors[i].node);

    if (!tl_kernel_check_index (node->op, &node->source, &bound->index_errors[i].error, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_finite (const TlBound *bound)
{
  for (guint i = 0; i < G_N_ELEMENTS (bound->nonfinite); i++)
    if (bound->nonfinite[i] >= 0)
      return FALSE;
  return TRUE;
}

/**
 * tl_plan_try_run:
 * @self: a plan made with %TL_PLAN_CHECKED
 * @inputs: (array length=n_inputs): tensors for the trace's inputs
 * @n_inputs: their number
 * @is_taken: (out): whether the step was taken; if not, a NaN or Inf was found and no variable has changed
 * @error: return location for an error
 *
 * As tl_plan_run(), but a NaN or Inf is no error; tl_plan_explain() says where it was made.
 *
 * Returns: whether the step was computed
 */
gboolean
tl_plan_try_run (TlPlan          *self,
                 TlTensor *const *inputs,
                 guint            n_inputs,
                 gboolean        *is_taken,
                 GError         **error)
{
  TlContext *context = tl_context_get ();
  TlBound   *bound;

  g_return_val_if_fail (n_inputs == self->n_inputs, FALSE);
  g_return_val_if_fail (context->trace == NULL, FALSE);

  *is_taken = FALSE;
  if (!tl_plan_place (self, inputs, error) || !tl_context_check_cancelled (context, error))
    return FALSE;
  bound = self->current;
  bound->last_run = ++self->n_runs;
  memset (bound->counters, 0, bound->n_counters * sizeof (atomic_size_t));
  for (guint i = 0; i < bound->n_index_errors; i++)
    bound->index_errors[i].error.is_set = 0;
  replay_segments (self, context, bound, 0, bound->n_compute_segments, TRUE);
  if (!tl_context_check_cancelled (context, error) || !check_indices (self, bound, error))
    return FALSE;
  if (!is_finite (bound))
    return TRUE;
  if (bound->n_segments > bound->n_compute_segments)
    replay_segments (self, context, bound, bound->n_compute_segments, bound->n_segments, FALSE);
  *is_taken = TRUE;
  return TRUE;
}

/**
 * tl_plan_run:
 * @self: a plan
 * @inputs: (array length=n_inputs): tensors for the trace's inputs
 * @n_inputs: their number
 * @error: return location for an error
 *
 * Repeats the step: computes, checks, and publishes all assignments.  On failure no variable has changed.
 *
 * Errors: %TL_ERROR_SHAPE and %TL_ERROR_DTYPE for inputs that do not fit, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED,
 * %TL_ERROR_NUMERIC, which names the node that made the first NaN or Inf
 *
 * Returns: whether the step was taken
 */
gboolean
tl_plan_run (TlPlan          *self,
             TlTensor *const *inputs,
             guint            n_inputs,
             GError         **error)
{
  gboolean is_taken;

  if (!tl_plan_try_run (self, inputs, n_inputs, &is_taken, error))
    return FALSE;
  if (!is_taken)
    tl_plan_explain (self, inputs, n_inputs, error);
  return is_taken;
}

/**
 * tl_plan_peek_output:
 * @self: a plan that has run
 * @output: number of an output
 *
 * Returns: (transfer none): its value, until the next run
 */
TlTensor *
tl_plan_peek_output (TlPlan *self,
                     guint   output)
{
  return self->current->outputs[output];
}

/**
 * tl_plan_dup_output:
 * @self: a plan that has run
 * @output: number of an output
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): its value, or %NULL
 */
TlTensor *
tl_plan_dup_output (TlPlan  *self,
                    guint    output,
                    GError **error)
{
  TlTensor *peek = tl_plan_peek_output (self, output);

  return tl_copy (peek, peek->meta.dtype, TL_LAYOUT_CONTIGUOUS, error);
}
