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
    if (!tl_dtype_is_float (dtype)) {
      g_set_error (error, TL_ERROR, TL_ERROR_DTYPE, "optimizer: parameter %s is %s, floating numbers are wanted", path,
                   tl_dtype_name (dtype));
      return FALSE;
    }
  }
  if (n == 0)
    g_set_error_literal (error, TL_ERROR, TL_ERROR_VALUE, "optimizer: there are no parameters to train");
  return n > 0;
}

/* A new group; what was made of it before a failure goes with the optimizer. */
static gboolean
add_parameters (TlOptimizer       *self,
                TlVariable *const *parameters,
                guint              n,
                const TlAttrValue *attrs,
                GError           **error)
{
  guint             group = self->n_groups;
  TlParameterGroup *made;

  self->groups = g_renew (TlParameterGroup, self->groups, group + 1);
  made = &self->groups[group];
  *made = (TlParameterGroup){ .lr_share = 1 };
  if (attrs != NULL)
    memcpy (made->attrs, attrs, tl_attr_count (self->klass->attrs) * sizeof (TlAttrValue));
  else
    tl_attr_init_defaults (self->klass->attrs, made->attrs);
  if (self->klass->check != NULL && !self->klass->check (made->attrs, error))
    return FALSE;
  self->n_groups++;
  self->parameters = g_renew (TlVariable *, self->parameters, self->n + n);
  self->group_of = g_renew (guint, self->group_of, self->n + n);
  self->slots = g_renew (TlVariable *, self->slots, (self->n + n) * TL_OPTIMIZER_MAX_SLOTS);
  memset (self->slots + self->n * TL_OPTIMIZER_MAX_SLOTS, 0, n * TL_OPTIMIZER_MAX_SLOTS * sizeof *self->slots);
  for (guint i = 0; i < n; i++, self->n++) {
    self->parameters[self->n] = tl_variable_ref (parameters[i]);
    self->group_of[self->n] = group;
  }
  return tl_optimizer_make_slots (self, group, made->attrs, error) && tl_optimizer_make_common (self, made->attrs, error);
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
  if (!add_parameters (self, parameters, n_parameters, attrs, error) || !tl_optimizer_make_scalars (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * tl_optimizer_add_group:
 * @self: an optimizer that has taken no step
 * @parameters: (array length=n_parameters): more parameters, none of which it has
 * @n_parameters: their number, at least 1
 * @attrs: values of their attributes
 * @error: return location for an error
 *
 * Trains more parameters, with other attributes.  Their learning rate keeps its proportion to the optimizer's, whatever a schedule does.
 *
 * Errors: %TL_ERROR_VALUE, %TL_ERROR_DTYPE, %TL_ERROR_MEMORY; then @self is only good for tl_optimizer_unref()
 *
 * Returns: whether it worked
 */
gboolean
tl_optimizer_add_group (TlOptimizer       *self,
                        TlVariable *const *parameters,
                        guint              n_parameters,
                        const TlAttrValue *attrs,
                        GError           **error)
{
  double                  base = tl_optimizer_get_lr (self);
  g_autofree TlVariable **all = g_new (TlVariable *, self->n + n_parameters + 1);
  guint                   group = self->n_groups;

  for (guint i = 0; i < self->n + n_parameters; i++)
    all[i] = i < self->n ? self->parameters[i] : parameters[i - self->n];
  if (!check_parameters (all, self->n + n_parameters, error))
    return FALSE;
  if (self->klass->minimize != NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s has one group of parameters, which it trains together", self->klass->name);
    return FALSE;
  }
  if (base == 0 && attrs[0].d != 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: a group has lr = %g and the first one 0: they have no proportion", self->klass->name,
                 attrs[0].d);
    return FALSE;
  }
  if (!add_parameters (self, parameters, n_parameters, attrs, error))
    return FALSE;
  self->groups[group].lr_share = base != 0 ? attrs[0].d / base : 1;
  return tl_optimizer_make_memory (self, group, error);
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
  tl_optimizer_free_slots (self->slots, self->n * TL_OPTIMIZER_MAX_SLOTS);
  tl_optimizer_free_slots (self->parameters, self->n);
  for (guint i = 0; i < self->n_groups; i++)
    g_clear_pointer (&self->groups[i].memory, tl_variable_unref);
  tl_optimizer_free_slots (self->common, self->n_common);
  g_free (self->groups);
  g_free (self->group_of);
  g_clear_pointer (&self->lr, tl_variable_unref);
  g_clear_pointer (&self->step, tl_variable_unref);
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
 * Returns: (transfer none): values of its first group's attributes; for the present learning rate see tl_optimizer_get_lr()
 */
const TlAttrValue *
tl_optimizer_get_attrs (TlOptimizer *self)
{
  return self->groups[0].attrs;
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
 * For all groups.  Only the learning rate also changes steps that were traced before.
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
  for (guint group = 0; group < self->n_groups; group++) {
    TlAttrValue attrs[TL_OP_MAX_ATTRS];

    memcpy (attrs, self->groups[group].attrs, sizeof attrs);
    if (!tl_attr_set (self->klass->name, self->klass->attrs, attrs, name, input, error) ||
        (self->klass->check != NULL && !self->klass->check (attrs, error)) || !tl_optimizer_make_slots (self, group, attrs, error) || !tl_optimizer_make_common (self, attrs, error))
      return FALSE;
    if (tl_attr_find (self->klass->attrs, name) == 0) {
      if (!tl_optimizer_set_lr (self, attrs[0].d, error))
        return FALSE;
      self->groups[group].lr_share = 1;
    }
    memcpy (self->groups[group].attrs, attrs, sizeof attrs);
  }
  return TRUE;
}

/**
 * tl_optimizer_searches:
 * @self: an optimizer
 *
 * Returns: whether it computes the loss several times a step, see tl_optimizer_minimize()
 */
gboolean
tl_optimizer_searches (TlOptimizer *self)
{
  return self->klass->minimize != NULL;
}

/**
 * tl_optimizer_get_scratch:
 * @self: an optimizer
 *
 * Returns: the bytes of a tensor that tl_optimizer_minimize() takes while it runs, besides variables and gradients
 */
gsize
tl_optimizer_get_scratch (TlOptimizer *self)
{
  TlDType widest;

  return self->klass->get_scratch != NULL ? self->klass->get_scratch (self->groups[0].attrs, tl_optimizer_count_elements (self, &widest)) : 0;
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
 * tl_optimizer_foreach_parameter:
 * @self: an optimizer
 * @func: (scope call): called for each parameter it changes; %FALSE stops
 * @user_data: for @func
 *
 * Returns: whether @func never stopped
 */
gboolean
tl_optimizer_foreach_parameter (TlOptimizer *self,
                                gboolean (*func) (TlVariable *variable,
                                                  gpointer    user_data),
                                gpointer user_data)
{
  for (guint i = 0; i < self->n; i++)
    if (!func (self->parameters[i], user_data))
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
