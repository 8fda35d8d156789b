/* SPDX-License-Identifier: Apache-2.0 */
#include "core/optim/optimizer-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/graph/trace.h"
#include "core/op/ops.h"
#include "core/optim/rule.h"
#include "core/optim/scalars.h"

static const TlOptimizerClass *const rows[] = {
#define TL_OPTIMIZER(name) &tl_optimizer_##name,
#include "core/optim/optimizers.def"
#undef TL_OPTIMIZER
};

/**
 * tl_optimizer_find:
 * @name: a row's name, such as "Adam"
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlOptimizerClass *
tl_optimizer_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_optimizer_get_n_rows:
 *
 * Returns: the number of optimizers
 */
guint
tl_optimizer_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_optimizer_get_row:
 * @row: a number below tl_optimizer_get_n_rows()
 *
 * Returns: (transfer none): the optimizer
 */
const TlOptimizerClass *
tl_optimizer_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);
  return rows[row];
}

/* Variables. */

static TlVariable *
make_state (const char   *path,
            const TlMeta *like,
            GError      **error)
{
  g_autoptr (TlTensor)   zero = tl_tensor_new (like->dtype, like->rank, like->shape, error);
  g_autoptr (TlVariable) state = zero != NULL ? tl_variable_new (path, TL_VARIABLE_STATE, zero, error) : NULL;
  gpointer               data;

  if (state == NULL)
    return NULL;
  data = tl_variable_begin_write (state, error);
  if (data == NULL && tl_meta_get_n_elements (like) > 0)
    return NULL;
  if (data != NULL)
    memset (data, 0, (gsize)tl_meta_get_n_elements (like) * tl_dtype_size (like->dtype));
  return g_steal_pointer (&state);
}

static void
free_slots (TlVariable **slots,
            guint        n)
{
  for (guint i = 0; slots != NULL && i < n; i++)
    g_clear_pointer (&slots[i], tl_variable_unref);
  g_free (slots);
}

/* The slots that these attributes need; on failure the optimizer keeps those it has. */
static gboolean
make_slots (TlOptimizer       *self,
            const TlAttrValue *attrs,
            GError           **error)
{
  const char  *names[TL_OPTIMIZER_MAX_SLOTS];
  guint        n_slots = tl_optimizer_class_get_slots (self->klass, attrs, names);
  TlVariable **slots;

  if (self->slots != NULL && n_slots == self->n_slots)
    return TRUE;
  slots = g_new0 (TlVariable *, self->n * n_slots + 1);
  for (guint i = 0; i < self->n; i++)
    for (guint j = 0; j < n_slots; j++) {
      TlVariable      *parameter = self->parameters[i];
      g_autofree char *path = g_strdup_printf ("%s.%s.%s", self->path, tl_variable_get_path (parameter), names[j]);
      TlVariable      *slot;

      if (self->slots != NULL && j < self->n_slots)
        slot = tl_variable_ref (self->slots[i * self->n_slots + j]);
      else {
        const TlMeta *like = tl_tensor_get_meta (tl_variable_get_value (parameter));
        TlMeta        meta = *like;

        if (self->klass->slot_meta != NULL)
          self->klass->slot_meta (j, like, &meta);
        slot = make_state (path, &meta, error);
      }
      if (slot == NULL) {
        free_slots (slots, self->n * n_slots);
        return FALSE;
      }
      slots[i * n_slots + j] = slot;
    }
  free_slots (self->slots, self->n * self->n_slots);
  self->slots = slots;
  self->n_slots = n_slots;
  return TRUE;
}

/* The number that a rule keeps between steps. */
static gboolean
make_memory (TlOptimizer *self,
             GError     **error)
{
  g_autofree char *path = g_strconcat (self->path, ".", self->klass->rule.memory, NULL);
  TlMeta           meta;
  double          *data;

  tl_meta_init (&meta, TL_DTYPE_F64, 0, NULL);
  self->memory = make_state (path, &meta, error);
  data = self->memory != NULL ? tl_variable_begin_write (self->memory, error) : NULL;
  if (data != NULL)
    *data = 1;
  return data != NULL;
}

static gboolean
make_scalars (TlOptimizer *self,
              GError     **error)
{
  g_autofree char *lr = g_strconcat (self->path, ".lr", NULL);
  g_autofree char *step = g_strconcat (self->path, ".step", NULL);
  TlMeta           meta;

  tl_meta_init (&meta, TL_DTYPE_F64, 0, NULL);
  self->lr = make_state (lr, &meta, error);
  meta.dtype = TL_DTYPE_I64;
  self->step = self->lr != NULL ? make_state (step, &meta, error) : NULL;
  if (self->step == NULL || (self->klass->rule.memory != NULL && !make_memory (self, error)))
    return FALSE;
  return tl_optimizer_set_lr (self, self->attrs[0].d, error);
}

static gboolean
check_parameters (TlVariable *const *parameters,
                  guint              n,
                  GError           **error)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < n; i++) {
    const char *path = tl_variable_get_path (parameters[i]);
    TlDType     dtype = tl_tensor_get_dtype (tl_variable_get_value (parameters[i]));

    if (!g_hash_table_add (seen, (gpointer)path)) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "optimizer: there are two parameters %s", path);
      return FALSE;
    }
    if (dtype != TL_DTYPE_F32 && dtype != TL_DTYPE_F64) {
      g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "optimizer: parameter %s is %s, f32 or f64 is wanted", path,
                   tl_dtype_name (dtype));
      return FALSE;
    }
  }
  if (n == 0)
    g_set_error_literal (error, TL_ERROR, TL_ERROR_VALUE, "optimizer: there are no parameters to train");
  return n > 0;
}

/**
 * tl_optimizer_new:
 * @klass: a row
 * @parameters: (array length=n_parameters): what it trains, f32 or f64, with different paths
 * @n_parameters: their number, at least 1
 * @attrs: (nullable): values of the row's attributes, in the order of its specs; defaults if %NULL
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE, %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the optimizer, at step 0, or %NULL
 */
TlOptimizer *
tl_optimizer_new (const TlOptimizerClass *klass,
                  TlVariable *const      *parameters,
                  guint                   n_parameters,
                  const TlAttrValue      *attrs,
                  GError                **error)
{
  g_autoptr (TlOptimizer) self = NULL;

  if (!check_parameters (parameters, n_parameters, error))
    return NULL;
  self = g_new0 (TlOptimizer, 1);
  atomic_init (&self->ref_count, 1);
  self->klass = klass;
  self->path = g_strdup ("optimizer");
  if (attrs != NULL)
    memcpy (self->attrs, attrs, tl_attr_count (klass->attrs) * sizeof (TlAttrValue));
  else
    tl_attr_init_defaults (klass->attrs, self->attrs);
  self->n = n_parameters;
  self->parameters = g_new (TlVariable *, n_parameters);
  for (guint i = 0; i < n_parameters; i++)
    self->parameters[i] = tl_variable_ref (parameters[i]);
  if ((klass->check != NULL && !klass->check (self->attrs, error)) || !make_slots (self, self->attrs, error) ||
      !make_scalars (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_optimizer_ref:
 * @self: an optimizer
 *
 * Returns: (transfer full): @self
 */
TlOptimizer *
tl_optimizer_ref (TlOptimizer *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

/**
 * tl_optimizer_unref:
 * @self: (transfer full) (nullable): an optimizer
 */
void
tl_optimizer_unref (TlOptimizer *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  free_slots (self->slots, self->n * self->n_slots);
  free_slots (self->parameters, self->n);
  g_clear_pointer (&self->lr, tl_variable_unref);
  g_clear_pointer (&self->step, tl_variable_unref);
  g_clear_pointer (&self->memory, tl_variable_unref);
  g_free (self->path);
  g_free (self);
}

/**
 * tl_optimizer_get_class:
 * @self: an optimizer
 *
 * Returns: (transfer none): its row
 */
const TlOptimizerClass *
tl_optimizer_get_class (TlOptimizer *self)
{
  return self->klass;
}

/**
 * tl_optimizer_get_attrs:
 * @self: an optimizer
 *
 * Returns: (transfer none): values of its attributes; for the present learning rate see tl_optimizer_get_lr()
 */
const TlAttrValue *
tl_optimizer_get_attrs (TlOptimizer *self)
{
  return self->attrs;
}

/**
 * tl_optimizer_get_lr:
 * @self: an optimizer
 *
 * Returns: the learning rate of the next step
 */
double
tl_optimizer_get_lr (TlOptimizer *self)
{
  return tl_tensor_peek_element (tl_variable_get_value (self->lr), 0);
}

/**
 * tl_optimizer_get_n_steps:
 * @self: an optimizer
 *
 * Returns: the number of steps taken
 */
gint64
tl_optimizer_get_n_steps (TlOptimizer *self)
{
  return (gint64)tl_tensor_peek_element (tl_variable_get_value (self->step), 0);
}

/**
 * tl_optimizer_set_lr:
 * @self: an optimizer
 * @lr: the learning rate of the next steps, at least 0
 * @error: return location for an error
 *
 * Steps that were traced before use it too.
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_MEMORY
 *
 * Returns: whether it was set
 */
gboolean
tl_optimizer_set_lr (TlOptimizer *self,
                     double       lr,
                     GError     **error)
{
  double *data;

  if (!(lr >= 0 && lr <= G_MAXDOUBLE)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: lr = %g: it must be at least 0", self->klass->name, lr);
    return FALSE;
  }
  data = tl_variable_begin_write (self->lr, error);
  if (data == NULL)
    return FALSE;
  *data = lr;
  return TRUE;
}

/**
 * tl_optimizer_set_attr:
 * @self: an optimizer
 * @name: name or alias of an attribute
 * @input: its new value
 * @error: return location for an error
 *
 * Only the learning rate also changes steps that were traced before.
 *
 * Errors: as tl_attr_set(), %TL_ERROR_MEMORY
 *
 * Returns: whether it was set
 */
gboolean
tl_optimizer_set_attr (TlOptimizer       *self,
                       const char        *name,
                       const TlAttrInput *input,
                       GError           **error)
{
  TlAttrValue attrs[TL_OP_MAX_ATTRS];

  memcpy (attrs, self->attrs, sizeof attrs);
  if (!tl_attr_set (self->klass->name, self->klass->attrs, attrs, name, input, error) ||
      (self->klass->check != NULL && !self->klass->check (attrs, error)) || !make_slots (self, attrs, error))
    return FALSE;
  if (tl_attr_find (self->klass->attrs, name) == 0 && !tl_optimizer_set_lr (self, attrs[0].d, error))
    return FALSE;
  memcpy (self->attrs, attrs, sizeof attrs);
  return TRUE;
}

static void
rename_variable (TlVariable *variable,
                 const char *old,
                 const char *path)
{
  g_autofree char *renamed = g_strconcat (path, tl_variable_get_path (variable) + strlen (old), NULL);

  tl_variable_set_path (variable, renamed);
}

/**
 * tl_optimizer_set_path:
 * @self: an optimizer
 * @path: first part of its variables' paths; "optimizer" at first
 *
 * Tells optimizers apart in a checkpoint that holds several.
 */
void
tl_optimizer_set_path (TlOptimizer *self,
                       const char  *path)
{
  for (guint i = 0; i < self->n * self->n_slots; i++)
    rename_variable (self->slots[i], self->path, path);
  rename_variable (self->lr, self->path, path);
  rename_variable (self->step, self->path, path);
  if (self->memory != NULL)
    rename_variable (self->memory, self->path, path);
  g_free (self->path);
  self->path = g_strdup (path);
}

/**
 * tl_optimizer_set_clip_norm:
 * @self: an optimizer
 * @max_norm: largest norm of all gradients together: longer ones are shortened; 0 for no limit
 *
 * Takes part from the next step that is run at once or traced.
 */
void
tl_optimizer_set_clip_norm (TlOptimizer *self,
                            double       max_norm)
{
  g_return_if_fail (max_norm >= 0);
  self->max_norm = max_norm;
}

/**
 * tl_optimizer_set_clip_value:
 * @self: an optimizer
 * @max_value: largest absolute value of a gradient's elements; 0 for no limit
 *
 * Takes part from the next step that is run at once or traced.  With both limits, values are clipped first.
 */
void
tl_optimizer_set_clip_value (TlOptimizer *self,
                             double       max_value)
{
  g_return_if_fail (max_value >= 0);
  self->max_value = max_value;
}

/**
 * tl_optimizer_foreach_variable:
 * @self: an optimizer
 * @func: (scope call): called for each of its own variables, not the parameters; %FALSE stops
 * @user_data: for @func
 *
 * Returns: whether @func never stopped
 */
gboolean
tl_optimizer_foreach_variable (TlOptimizer *self,
                               gboolean (*func) (TlVariable *variable,
                                                 gpointer    user_data),
                               gpointer user_data)
{
  if (!func (self->lr, user_data) || !func (self->step, user_data) || (self->memory != NULL && !func (self->memory, user_data)))
    return FALSE;
  for (guint i = 0; i < self->n * self->n_slots; i++)
    if (!func (self->slots[i], user_data))
      return FALSE;
  return TRUE;
}

/**
 * tl_optimizer_zero_grad:
 * @self: an optimizer
 *
 * Forgets the gradients of its parameters: at once, or in the traced step.
 */
void
tl_optimizer_zero_grad (TlOptimizer *self)
{
  for (guint i = 0; i < self->n; i++)
    tl_trace_clear_grad (self->parameters[i]);
}

/* One step. */

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

/*
 * The parameters of one dtype that one operation updates, from *@at on: an operation has at most TL_APPLY_MAX_IN inputs.
 */
static guint
next_group (TlOptimizer  *self,
            const Graded *graded,
            TlDType       dtype,
            guint        *at,
            guint        *group)
{
  guint most = (TL_APPLY_MAX_IN - 1) / (self->n_slots + 2), n = 0;

  for (; *at < graded->n && n < most; (*at)++)
    if (tl_tensor_get_dtype (tl_variable_get_value (self->parameters[graded->parameters[*at]])) == dtype)
      group[n++] = *at;
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

static const TlDType dtypes[] = { TL_DTYPE_F32, TL_DTYPE_F64 };

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

    while ((n = next_group (self, graded, dtypes[d], &at, group)) > 0) {
      for (guint i = 0; i < n; i++)
        grads[i] = graded->grads[group[i]];
      if (!add_squares (sum, grads, n, error))
        return FALSE;
    }
  }
  return TRUE;
}

static gboolean
update_group (TlOptimizer     *self,
              TlOptimizerStep *step,
              const Graded    *graded,
              const guint     *group,
              GError         **error)
{
  g_autofree TlVariable **targets = g_new (TlVariable *, step->n * (1 + self->n_slots));
  g_autofree TlTensor   **grads = g_new (TlTensor *, step->n);

  for (guint i = 0; i < step->n; i++) {
    guint parameter = graded->parameters[group[i]];

    grads[i] = graded->grads[group[i]];
    targets[i] = self->parameters[parameter];
    for (guint j = 0; j < self->n_slots; j++)
      targets[(1 + j) * step->n + i] = self->slots[parameter * self->n_slots + j];
  }
  step->targets = targets;
  step->grads = grads;
  return self->klass->step != NULL ? self->klass->step (step, error) : tl_rule_step (step, error);
}

static gboolean
update_all (TlOptimizer     *self,
            TlOptimizerStep *step,
            const Graded    *graded,
            GError         **error)
{
  g_autofree guint *group = g_new (guint, graded->n + 1);

  for (guint d = 0; d < G_N_ELEMENTS (dtypes); d++) {
    guint at = 0;

    while ((step->n = next_group (self, graded, dtypes[d], &at, group)) > 0)
      if (!update_group (self, step, graded, group, error))
        return FALSE;
  }
  return TRUE;
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
  TlVariable *own[] = { self->step, self->memory };
  gboolean    several = graded->n > (TL_APPLY_MAX_IN - 1) / (self->n_slots + 2);

  for (guint i = 0; i < graded->n; i++) {
    TlVariable *parameter = self->parameters[graded->parameters[i]];

    several = several || tl_tensor_get_dtype (graded->grads[i]) != tl_tensor_get_dtype (graded->grads[0]);
    g_ptr_array_add (undo->variables, parameter);
    for (guint j = 0; j < self->n_slots; j++)
      g_ptr_array_add (undo->variables, self->slots[graded->parameters[i] * self->n_slots + j]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    if (own[i] != NULL)
      g_ptr_array_add (undo->variables, own[i]);
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

static gboolean
commit (TlOptimizer     *self,
        TlOptimizerStep *step,
        const Graded    *graded,
        TlTensor        *next,
        GError         **error)
{
  return update_all (self, step, graded, error) &&
         (self->memory == NULL || tl_assign (self->memory, step->next_memory, error)) && tl_assign (self->step, next, error);
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
  g_autoptr (TlTensor) memory = self->memory != NULL ? tl_read (self->memory) : NULL;
  g_autoptr (TlTensor) squares = NULL;
  TlOptimizerStep      step = { .klass = self->klass, .attrs = self->attrs, .n_slots = self->n_slots, .lr = lr, .step = next, .memory = memory, .max_norm = self->max_norm };
  gboolean             ok = next != NULL && collect_grads (self, &graded, error);

  if (ok && graded.n > 0) {
    ok = self->max_norm == 0 || sum_squares (self, &graded, &squares, error);
    step.sum_of_squares = squares;
    if (ok && tl_trace_is_active (context))
      ok = commit (self, &step, &graded, next, error);
    else
      ok = ok && commit_now (self, &step, &graded, next, error);
  }
  g_clear_pointer (&step.next_memory, tl_tensor_unref);
  graded_clear (&graded);
  tl_context_set_grad_enabled (context, grad_enabled);
  return ok;
}
