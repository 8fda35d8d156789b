/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The variables of an optimizer: what it keeps for each parameter, for all together, and its own numbers.
 */
#include <string.h>

#include "core/op/ops.h"
#include "core/optim/optimizer-private.h"
#include "core/optim/rule.h"
#include "core/optim/scalars.h"

static TlVariable *
make_state (const char   *path,
            const TlMeta *like,
            GError      **error)
{
  g_autoptr (TlVariable) state = tl_variable_new_undefined (path, TL_VARIABLE_STATE, like, error);
  gpointer               data;

  if (state == NULL)
    return NULL;
  if (tl_tensor_is_described (tl_variable_get_value (state)))
    return g_steal_pointer (&state);
  data = tl_variable_begin_write (state, error);
  if (data == NULL && tl_meta_get_n_elements (like) > 0)
    return NULL;
  if (data != NULL)
    memset (data, 0, (gsize)tl_meta_get_n_elements (like) * tl_dtype_size (like->dtype));
  return g_steal_pointer (&state);
}

void
tl_optimizer_free_slots (TlVariable **slots,
                         guint        n)
{
  for (guint i = 0; slots != NULL && i < n; i++)
    g_clear_pointer (&slots[i], tl_variable_unref);
  g_free (slots);
}

static TlVariable *
make_slot (TlOptimizer *self,
           guint        parameter,
           guint        slot,
           const char  *name,
           GError     **error)
{
  TlVariable      *owner = self->parameters[parameter];
  g_autofree char *path = g_strdup_printf ("%s.%s.%s", self->path, tl_variable_get_path (owner), name);
  const TlMeta    *like = tl_tensor_get_meta (tl_variable_get_value (owner));
  TlMeta           meta = *like;

  if (self->klass->slot_meta != NULL)
    self->klass->slot_meta (slot, like, &meta);
  return make_state (path, &meta, error);
}

/* The slots that a group with these attributes needs; on failure the optimizer keeps those it has. */
gboolean
tl_optimizer_make_slots (TlOptimizer       *self,
                         guint              group,
                         const TlAttrValue *attrs,
                         GError           **error)
{
  const char           *names[TL_OPTIMIZER_MAX_SLOTS];
  guint                 n_slots = tl_optimizer_class_get_slots (self->klass, attrs, names);
  g_autoptr (GPtrArray) made = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
  guint                 at = 0;

  for (guint i = 0; i < self->n; i++)
    for (guint j = self->groups[group].n_slots; self->group_of[i] == group && j < n_slots; j++) {
      TlVariable *slot = make_slot (self, i, j, names[j], error);

      if (slot == NULL)
        return FALSE;
      g_ptr_array_add (made, slot);
    }
  for (guint i = 0; i < self->n; i++)
    for (guint j = MIN (n_slots, self->groups[group].n_slots); self->group_of[i] == group && j < TL_OPTIMIZER_MAX_SLOTS; j++) {
      TlVariable **slot = &self->slots[i * TL_OPTIMIZER_MAX_SLOTS + j];

      g_clear_pointer (slot, tl_variable_unref);
      if (j < n_slots)
        *slot = tl_variable_ref (made->pdata[at++]);
    }
  self->groups[group].n_slots = n_slots;
  return TRUE;
}

/* The number of elements of all parameters, and the widest dtype among them. */
gsize
tl_optimizer_count_elements (TlOptimizer *self,
                             TlDType     *widest)
{
  gsize n = 0;

  *widest = TL_DTYPE_F32;
  for (guint i = 0; i < self->n; i++) {
    TlTensor *value = tl_variable_get_value (self->parameters[i]);

    n += tl_tensor_get_n_elements (value);
    if (tl_tensor_get_dtype (value) == TL_DTYPE_F64)
      *widest = TL_DTYPE_F64;
  }
  return n;
}

/* States of all parameters together; those whose shape stays keep their values. */
gboolean
tl_optimizer_make_common (TlOptimizer       *self,
                          const TlAttrValue *attrs,
                          GError           **error)
{
  guint                   n = self->klass->common != NULL ? g_strv_length ((char **)self->klass->common) : 0;
  g_autofree TlVariable **made = g_new0 (TlVariable *, n + 1);
  TlDType                 widest;
  gsize                   n_elements = tl_optimizer_count_elements (self, &widest);

  for (guint i = 0; i < n; i++) {
    g_autofree char *path = g_strdup_printf ("%s.%s", self->path, self->klass->common[i]);
    const TlMeta    *old = i < self->n_common ? tl_tensor_get_meta (tl_variable_get_value (self->common[i])) : NULL;
    TlMeta           meta;

    self->klass->common_meta (i, attrs, n_elements, widest, &meta);
    if (old != NULL && tl_meta_same_shape (old, &meta) && old->dtype == meta.dtype)
      made[i] = tl_variable_ref (self->common[i]);
    else
      made[i] = make_state (path, &meta, error);
    if (made[i] == NULL) {
      tl_optimizer_free_slots (g_steal_pointer (&made), n);
      return FALSE;
    }
  }
  tl_optimizer_free_slots (self->common, self->n_common);
  self->common = g_steal_pointer (&made);
  self->n_common = n;
  return TRUE;
}

/* The number that a rule keeps between steps. */
gboolean
tl_optimizer_make_memory (TlOptimizer *self,
                          guint        group,
                          GError     **error)
{
  g_autofree char *path = group == 0 ? g_strconcat (self->path, ".", self->klass->rule.memory, NULL)
                                     : g_strdup_printf ("%s.%s.%u", self->path, self->klass->rule.memory, group);
  TlMeta           meta;
  TlVariable      *memory;
  double          *data;

  if (self->klass->rule.memory == NULL)
    return TRUE;
  tl_meta_init (&meta, TL_DTYPE_F64, 0, NULL);
  memory = self->groups[group].memory = make_state (path, &meta, error);
  data = memory != NULL ? tl_variable_begin_write (memory, error) : NULL;
  if (data != NULL)
    *data = 1;
  return data != NULL;
}

gboolean
tl_optimizer_make_scalars (TlOptimizer *self,
                           GError     **error)
{
  g_autofree char *lr = g_strconcat (self->path, ".lr", NULL);
  g_autofree char *step = g_strconcat (self->path, ".step", NULL);
  TlMeta           meta;

  tl_meta_init (&meta, TL_DTYPE_F64, 0, NULL);
  self->lr = make_state (lr, &meta, error);
  meta.dtype = TL_DTYPE_I64;
  self->step = self->lr != NULL ? make_state (step, &meta, error) : NULL;
  return self->step != NULL && tl_optimizer_make_memory (self, 0, error) && tl_optimizer_set_lr (self, self->groups[0].attrs[0].d, error);
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
  for (guint i = 0; i < self->n * TL_OPTIMIZER_MAX_SLOTS; i++)
    if (self->slots[i] != NULL)
      rename_variable (self->slots[i], self->path, path);
  for (guint i = 0; i < self->n_common; i++)
    rename_variable (self->common[i], self->path, path);
  rename_variable (self->lr, self->path, path);
  rename_variable (self->step, self->path, path);
  for (guint i = 0; i < self->n_groups; i++)
    if (self->groups[i].memory != NULL)
      rename_variable (self->groups[i].memory, self->path, path);
  g_free (self->path);
  self->path = g_strdup (path);
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
  if (!func (self->lr, user_data) || !func (self->step, user_data))
    return FALSE;
  for (guint i = 0; i < self->n_groups; i++)
    if (self->groups[i].memory != NULL && !func (self->groups[i].memory, user_data))
      return FALSE;
  for (guint i = 0; i < self->n_common; i++)
    if (!func (self->common[i], user_data))
      return FALSE;
  for (guint i = 0; i < self->n * TL_OPTIMIZER_MAX_SLOTS; i++)
    if (self->slots[i] != NULL && !func (self->slots[i], user_data))
      return FALSE;
  return TRUE;
}
