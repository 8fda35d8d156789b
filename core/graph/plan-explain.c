/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which node made the first NaN or Inf of a step that was not taken.
 *
 * Nothing was committed, so the step can be computed again and takes the same way; now node by node as it was traced, without fusion, and after
 * each one its results are looked at.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/graph/plan-private.h"
#include "core/kernels/phases.h"

#define CONSEQUENCE "; the step was not taken"

/* Where a value lies now; %NULL if nobody reads it. */
static gconstpointer
find_data (TlPlan  *self,
           TlBound *bound,
           guint    value)
{
  guint root = value;

  if (bound->addresses[value] != NULL)
    return bound->addresses[value];
  while (!tl_plan_value (self, root)->is_leaf) {
    const TlPlanNode *node = tl_plan_node (self, tl_plan_value (self, root)->node);

    if ((node->op->flags & TL_OP_VIEW) == 0)
      return NULL;
    root = node->in[0];
  }
  if (bound->leaf_data[root] == NULL)
    return NULL;
  return (const guint8 *)bound->leaf_data[root] +
         (gsize)(bound->metas[value].offset - bound->metas[root].offset) * tl_dtype_size (bound->metas[value].dtype);
}

static TlNonfinite
look_at (TlPlan  *self,
         TlBound *bound,
         guint    value)
{
  return tl_find_nonfinite (&bound->metas[value], find_data (self, bound, value));
}

/* Data and parameters that were not finite from the start. */
static gboolean
blame_leaf (TlPlan  *self,
            TlBound *bound,
            GError **error)
{
  for (guint i = 0; i < self->values->len; i++) {
    const TlPlanValue *value = tl_plan_value (self, i);

    if (!value->is_leaf || (value->leaf != TL_LEAF_INPUT && value->leaf != TL_LEAF_VARIABLE) || look_at (self, bound, i) == 0)
      continue;
    if (value->leaf == TL_LEAF_INPUT)
      g_set_error (error, TL_ERROR, TL_ERROR_NUMERIC, "input %u of the step holds a NaN or Inf" CONSEQUENCE, value->leaf_index + 1);
    else
      g_set_error (error, TL_ERROR, TL_ERROR_NUMERIC, "%s holds a NaN or Inf" CONSEQUENCE,
                   tl_variable_get_path (self->variables->pdata[value->leaf_index]));
    return TRUE;
  }
  return FALSE;
}

static gboolean
run_and_look (TlPlan           *self,
              TlBound          *bound,
              const TlPlanCall *call,
              GError          **error)
{
  const TlPlanNode *node = call->node != TL_NO_VALUE ? tl_plan_node (self, call->node) : NULL;
  TlNonfinite       in = 0;

  for (guint i = 0; node != NULL && i < node->n_in; i++)
    in |= node->in[i] != TL_NO_VALUE ? look_at (self, bound, node->in[i]) : 0;
  for (guint phase = 0; phase < call->work.n_phases; phase++)
    for (gsize tile = 0; tile < tl_work_get_n_tiles (&call->work, phase); tile++)
      call->run (call->args, call->data, call->workspace, phase, tile, tl_context_get ()->scratch);
  for (guint i = 0; node != NULL && i < node->n_out; i++) {
    TlNonfinite made = tl_blame_nonfinite (node->op, in, look_at (self, bound, node->first_out + i));

    if (made == 0)
      continue;
    tl_set_nonfinite_error (node->op, &bound->metas[node->first_out + i], &node->source, made, CONSEQUENCE, error);
    return TRUE;
  }
  return FALSE;
}

/* Returns: whether somebody is to blame, and @error is set */
static gboolean
search (TlPlan          *self,
        TlTensor *const *inputs,
        GError         **error)
{
  TlContext *context = tl_context_get ();
  TlBound   *bound;

  if (!tl_plan_place (self, inputs, NULL))
    return FALSE;
  bound = self->current;
  memset (bound->counters, 0, bound->n_counters * sizeof (atomic_size_t));
  if (blame_leaf (self, bound, error))
    return TRUE;
  for (guint c = 0; c < bound->n_compute_calls; c++)
    if (tl_context_is_cancelled (context) || run_and_look (self, bound, &bound->calls[c], error))
      return *error != NULL;
  return FALSE;
}

/**
 * tl_plan_explain:
 * @self: a plan whose last run found a NaN or Inf
 * @inputs: (array length=n_inputs): what was given to it
 * @n_inputs: their number
 * @error: return location for an error
 *
 * Computes the step again and sets @error to what names the node that made the first NaN or Inf: %TL_ERROR_NUMERIC.  Changes no variable.
 */
void
tl_plan_explain (TlPlan          *self,
                 TlTensor *const *inputs,
                 guint            n_inputs,
                 GError         **error)
{
  GError  *reason = NULL;
  gboolean found = FALSE;

  g_return_if_fail (n_inputs == self->n_inputs);

  if (self->traced != NULL) {
    found = search (self->traced, inputs, &reason);
    /* Its memory is wanted only now. */
    self->traced->current = NULL;
    g_ptr_array_set_size (self->traced->bounds, 0);
  }
  /* Fused, sums may have come out otherwise. */
  if (!found && !search (self, inputs, &reason))
    g_set_error_literal (&reason, TL_ERROR, TL_ERROR_NUMERIC, "a gradient or the loss is NaN or Inf" CONSEQUENCE);
  g_propagate_error (error, reason);
}
