/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step of an optimizer.
 */
#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/op/ops.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/rule.h"
#include "core/optim/scalars.h"

typedef struct {
  guint      n;
  guint     *parameters; /* numbers of those that have a gradient */
  TlTensor **grads;      /* owned */
} Graded;

static void
graded_clear (Graded *self)
{
  for (guint i = 0; i < self->n; i++)
    tl_tensor_unref (self->grads[i]);
  g_free (self->parameters);
  g_free (self->grads);
}

static gboolean
collect_grads (TlOptimizer *self,
               Graded      *graded,
               GError     **error)
{
  graded->parameters = g_new (guint, self->n);
  graded->grads = g_new (TlTensor *, self->n);
  for (guint i = 0; i < self->n; i++) {
    TlTensor *grad = tl_trace_get_grad (self->parameters[i]);

    if (grad != NULL && self->max_value > 0) {
      TlTensor *clipped = tl_clamp (grad, -self->max_value, self->max_value, error);

      tl_tensor_unref (grad);
      if (clipped == NULL)
        return FALSE;
      grad = clipped;
    }
    if (grad == NULL)
      continue;
    graded->parameters[graded->n] = i;
    graded->grads[graded->n++] = grad;
  }
  return TRUE;
}

/* As many tensors as one operation takes: it has at most TL_APPLY_MAX_IN inputs. */
static guint
most_of (guint n_slots)
{
  return (TL_APPLY_MAX_IN - 1) / (n_slots + 2);
}

/* The next parameters of one dtype, from *@at on, that one operation takes; of one group, or of all if @group is %NULL. */
static guint
next_batch (TlOptimizer            *self,
            const Graded           *graded,
            const TlParameterGroup *group,
            TlDType                 dtype,
            guint                  *at,
            guint                  *batch)
{
  guint most = most_of (group != NULL ? group->n_slots : 0), n = 0;

  for (; *at < graded->n && n < most; (*at)++) {
    guint parameter = graded->parameters[*at];

    if ((group == NULL || &self->groups[self->group_of[parameter]] == group) &&
        tl_tensor_get_dtype (tl_variable_get_value (self->parameters[parameter])) == dtype)
      batch[n++] = *at;
  }
  return n;
}

static gboolean
add_squares (TlTensor **sum,
             TlTensor **grads,
             guint      n,
             GError   **error)
{
  g_autoptr (TlTensor) part = tl_op_apply1 (&tl_op_sum_of_squares, grads, n, NULL, error);
  TlTensor            *total;

  if (part == NULL)
    return FALSE;
  total = *sum != NULL ? tl_add (*sum, part, error) : tl_tensor_ref (part);
  if (total == NULL)
    return FALSE;
  g_clear_pointer (sum, tl_tensor_unref);
  *sum = total;
  return TRUE;
}

static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64, TL_DTYPE_F16, TL_DTYPE_BF16 };

static gboolean
sum_squares (TlOptimizer  *self,
             const Graded *graded,
             TlTensor    **sum,
             GError      **error)
{
  g_autofree guint     *group = g_new (guint, graded->n + 1);
  g_autofree TlTensor **grads = g_new (TlTensor *, graded->n + 1);

  for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    guint at = 0, n;

    while ((n = next_batch (self, graded, NULL, dtypes[d], &at, group)) > 0) {
      for (guint i = 0; i < n; i++)
        grads[i] = graded->grads[group[i]];
      if (!add_squares (sum, grads, n, error))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
update_batch (TlOptimizer     *self,
              TlOptimizerStep *step,
              const Graded    *graded,
              const guint     *batch,
              GError         **error)
{
  g_autofree TlVariable **targets = g_new (TlVariable *, step->n * (1 + step->n_slots));
  g_autofree TlTensor   **grads = g_new (TlTensor *, step->n);

  for (guint i = 0; i < step->n; i++) {
    guint parameter = graded->parameters[batch[i]];

    grads[i] = graded->grads[batch[i]];
    targets[i] = self->parameters[parameter];
    for (guint j = 0; j < step->n_slots; j++)
      targets[(1 + j) * step->n + i] = self->slots[parameter * TL_OPTIMIZER_MAX_SLOTS + j];
  }
  step->targets = targets;
  step->grads = grads;
  return self->klass->step != NULL ? self->klass->step (step, error) : tl_rule_step (step, error);
}

static gboolean
update_group (TlOptimizer            *self,
              const TlParameterGroup *group,
              TlOptimizerStep         step,
              const Graded           *graded,
              GError                **error)
{
  g_autofree guint    *batch = g_new (guint, graded->n + 1);
  g_autoptr (TlTensor) share = tl_tensor_new_number (group->lr_share, FALSE);
  g_autoptr (TlTensor) lr = group->lr_share == 1 ? tl_tensor_ref (step.lr) : tl_mul (step.lr, share, error);
  g_autoptr (TlTensor) memory = group->memory != NULL ? tl_read (group->memory) : NULL;
  gboolean             ok = lr != NULL;

  step.lr = lr;
  step.memory = memory;
  step.attrs = group->attrs;
  step.n_slots = group->n_slots;
  for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    guint at = 0;

    while (ok && (step.n = next_batch (self, graded, group, dtypes[d], &at, batch)) > 0)
      ok = update_batch (self, &step, graded, batch, error);
  }
  if (ok && step.next_memory != NULL && group->memory != NULL)
    ok = tl_assign (group->memory, step.next_memory, error);
  g_clear_pointer (&step.next_memory, tl_tensor_unref);
  return ok;
}

/* An eager step changes all that it changes or nothing. */
typedef struct {
  GPtrArray *variables;
  GPtrArray *old; /* their values, where they are kept */
} Undo;

static void
undo_clear (Undo *undo)
{
  g_ptr_array_unref (undo->variables);
  g_ptr_array_unref (undo->old);
}

/*
 * What can fail for want of memory comes first: every variable gets a block of its own.  One operation that updates them all then cannot
 * fail in the middle; before several of them, the old values are kept.
 */
static gboolean
prepare_undo (TlOptimizer  *self,
              const Graded *graded,
              Undo         *undo,
              GError      **error)
{
  gboolean several = self->n_groups > 1 || graded->n > most_of (self->groups[0].n_slots);

  for (guint i = 0; i < graded->n; i++) {
    TlVariable *parameter = self->parameters[graded->parameters[i]];

    several = several || tl_tensor_get_dtype (graded->grads[i]) != tl_tensor_get_dtype (graded->grads[0]);
    g_ptr_array_add (undo->variables, parameter);
    for (guint j = 0; j < self->groups[self->group_of[graded->parameters[i]]].n_slots; j++)
      g_ptr_array_add (undo->variables, self->slots[graded->parameters[i] * TL_OPTIMIZER_MAX_SLOTS + j]);
  }
  g_ptr_array_add (undo->variables, self->step);
  for (guint i = 0; i < self->n_groups; i++)
    if (self->groups[i].memory != NULL)
      g_ptr_array_add (undo->variables, self->groups[i].memory);
  for (guint i = 0; i < undo->variables->len; i++) {
    TlVariable *variable = undo->variables->pdata[i];

    if (several)
      g_ptr_array_add (undo->old, tl_tensor_ref (tl_variable_get_value (variable)));
    if (tl_variable_begin_write (variable, error) == NULL)
      return FALSE;
  }
  return TRUE;
}

static void
restore (const Undo *undo)
{
  for (guint i = 0; i < undo->old->len; i++)
    tl_variable_set_value (undo->variables->pdata[i], undo->old->pdata[i], NULL);
}

/* The counter comes last: a step that fails was none. */
static gboolean
commit (TlOptimizer     *self,
        TlOptimizerStep *step,
        const Graded    *graded,
        TlTensor        *next,
        GError         **error)
{
  for (guint i = 0; i < self->n_groups; i++)
    if (!update_group (self, &self->groups[i], *step, graded, error))
      return FALSE;
  return tl_assign (self->step, next, error);
}

static gboolean
commit_now (TlOptimizer     *self,
            TlOptimizerStep *step,
            const Graded    *graded,
            TlTensor        *next,
            GError         **error)
{
  TlContext *context = tl_context_get ();
  Undo       undo = { g_ptr_array_new (), g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref) };
  gboolean   ok = tl_context_check_cancelled (context, error) && prepare_undo (self, graded, &undo, error);

  if (ok) {
    gboolean before = tl_context_set_shielded (context, TRUE);

    ok = commit (self, step, graded, next, error);
    if (!ok)
      restore (&undo);
    tl_context_set_shielded (context, before);
  }
  undo_clear (&undo);
  return ok;
}

/* A row that computes the loss itself needs to be told how. */
static gboolean
can_step (TlOptimizer *self,
          GError     **error)
{
  if (self->klass->minimize == NULL)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED,
               "%s computes the loss several times a step, so it needs a function that does: optimizer:step (function () ... return loss end); "
               "a step that is planned cannot search, but fit can",
               self->klass->name);
  return FALSE;
}

/**
 * tl_optimizer_minimize:
 * @self: an optimizer
 * @compute: computes the loss and its gradients, from nothing: it forgets those from before
 * @user_data: for @compute
 * @loss: (out) (optional): the loss before the step
 * @error: return location for an error
 *
 * A step with a function, which some optimizers call several times; the others once.  Works at once only, not while a step is traced.  A
 * step that fails or is interrupted changes nothing.
 *
 * Errors: what @compute says, %TL_ERROR_UNSUPPORTED while a step is traced, %TL_ERROR_NUMERIC, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_optimizer_minimize (TlOptimizer    *self,
                       TlOptimizerLoss compute,
                       gpointer        user_data,
                       double         *loss,
                       GError        **error)
{
  double first;

  if (tl_trace_is_active (tl_context_get ())) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s: a step with a function works at once only, not where it is traced", self->klass->name);
    return FALSE;
  }
  if (loss == NULL)
    loss = &first;
  if (self->klass->minimize != NULL)
    return self->klass->minimize (self, compute, user_data, loss, error);
  return compute (user_data, loss, error) && tl_optimizer_step (self, error);
}

/**
 * tl_optimizer_step:
 * @self: an optimizer
 * @error: return location for an error
 *
 * Changes the parameters by their gradients: at once, or in the traced step.  Parameters without a gradient stay; if none has
 * one, nothing happens.  A step that fails or is interrupted changes nothing.
 *
 * Errors: %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it worked
 */
gboolean
tl_optimizer_step (TlOptimizer *self,
                   GError     **error)
{
  TlContext           *context = tl_context_get ();
  gboolean             grad_enabled = tl_context_set_grad_enabled (context, FALSE);
  Graded               graded = { 0 };
  g_autoptr (TlTensor) one = tl_tensor_new_number (1, TRUE);
  g_autoptr (TlTensor) before = tl_read (self->step);
  g_autoptr (TlTensor) next = tl_add (before, one, error);
  g_autoptr (TlTensor) lr = tl_read (self->lr);
  g_autoptr (TlTensor) squares = NULL;
  TlOptimizerStep      step = { .klass = self->klass, .lr = lr, .step = next, .max_norm = self->max_norm };
  gboolean             ok = next != NULL && can_step (self, error) && collect_grads (self, &graded, error);

  if (ok && graded.n > 0) {
    ok = self->max_norm == 0 || sum_squares (self, &graded, &squares, error);
    step.sum_of_squares = squares;
    if (ok && tl_trace_is_active (context))
      ok = commit (self, &step, &graded, next, error);
    else
      ok = ok && commit_now (self, &step, &graded, next, error);
  }
  graded_clear (&graded);
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}
