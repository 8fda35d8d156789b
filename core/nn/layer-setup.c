/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a layer is made of: its variables and its parts.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"

/**
 * tl_layer_declare:
 * @self: a setup
 * @slot: number of the variable in its layer
 * @name: its name: "weight"
 * @kind: what it is for
 * @rank: number of axes
 * @shape: (array length=rank) (nullable): sizes
 * @init: its first value
 *
 * Declares a variable: of the layer's dtype, and of i64 for counters.  The name is copied.
 */
void
tl_layer_declare (TlLayerSetup  *self,
                  guint          slot,
                  const char    *name,
                  TlVariableKind kind,
                  guint          rank,
                  const TlDim   *shape,
                  TlInit         init)
{
  TlLayerVariable variable = { name, kind, .init = init };

  tl_meta_init (&variable.meta, kind == TL_VARIABLE_COUNTER ? TL_DTYPE_I64 : self->dtype, rank, shape);
  tl_layer_declare_as (self, slot, &variable);
}

/**
 * tl_layer_declare_as:
 * @self: a setup
 * @slot: number of the variable in its layer
 * @variable: the variable; its name is copied
 *
 * Declares a variable of any dtype.
 */
void
tl_layer_declare_as (TlLayerSetup          *self,
                     guint                  slot,
                     const TlLayerVariable *variable)
{
  GArray          *all = self->state->variables;
  TlLayerVariable *to;

  if (slot >= all->len)
    g_array_set_size (all, slot + 1);
  to = &g_array_index (all, TlLayerVariable, slot);
  g_return_if_fail (to->name == NULL);
  *to = *variable;
  to->name = g_intern_string (variable->name);
}

/* Attributes of @part that the layer has too, by name or alias, have the layer's values. */
static void
hand_on (TlLayer *self,
         TlLayer *part)
{
  const TlAttrSpec *specs = part->klass->attrs;

  for (guint i = 0; specs != NULL && specs[i].name != NULL; i++) {
    gint from = tl_attr_find (self->klass->attrs, specs[i].name);

    if (from < 0 && specs[i].alias != NULL)
      from = tl_attr_find (self->klass->attrs, specs[i].alias);
    if (from < 0 || self->klass->attrs[from].type != specs[i].type || self->klass->attrs[from].n != specs[i].n)
      continue;
    part->attrs[i] = self->attrs[from];
    part->given |= 1u << i;
  }
  tl_layer_update_op_attrs (part);
}

/* The layer's variables of before, then what its owner knows. */
static TlVariable *
find_before (const char *path,
             gpointer    user_data)
{
  struct _TlLayerDeclared *self = user_data;

  for (guint i = 0; i < self->layer->n_variables; i++) {
    TlVariable *variable = self->layer->variables[i];

    if (variable != NULL && strcmp (tl_variable_get_path (variable), path) == 0)
      return variable;
  }
  return self->find != NULL ? self->find (path, self->find_data) : NULL;
}

static char *
inner_path (TlLayer    *self,
            const char *name)
{
  return *self->path != '\0' ? g_strdup_printf ("%s.%s", self->path, name) : g_strdup (name);
}

/**
 * tl_layer_declare_part:
 * @self: a setup
 * @slot: number of the part in its layer
 * @name: its name in the layer: "self_attn", "layers.0"
 * @klass: its row: tl_layer_find ("Linear")
 * @attrs: (array length=n_attrs) (nullable): its attributes; those that the layer has too, by name or alias, need not be given
 * @n_attrs: their number
 * @in: (array length=n_in) (nullable): descriptions of its inputs; sizes may be symbolic
 * @n_in: their number; 0 if its attributes say all that its variables depend on
 * @error: return location for an error
 *
 * Declares a layer that this layer is made of.  Its variables become the layer's own, as "name.variable".
 *
 * Errors: what the part says of its attributes and inputs, after its name
 *
 * Returns: whether the part could be set up
 */
gboolean
tl_layer_declare_part (TlLayerSetup        *self,
                       guint                slot,
                       const char          *name,
                       const TlLayerClass  *klass,
                       const TlLayerAttr   *attrs,
                       guint                n_attrs,
                       const TlMeta *const *in,
                       guint                n_in,
                       GError             **error)
{
  TlLayer         *owner = self->state->layer;
  GPtrArray       *parts = self->state->parts;
  g_autofree char *path = inner_path (owner, name);
  TlLayer         *part;
  gboolean         ok = TRUE;

  g_return_val_if_fail (klass != NULL, FALSE);
  g_return_val_if_fail (slot >= parts->len || parts->pdata[slot] == NULL, FALSE);

  if (slot >= parts->len)
    g_ptr_array_set_size (parts, (gint)slot + 1);
  parts->pdata[slot] = part = tl_layer_new (klass, path, self->dtype);
  hand_on (owner, part);
  for (guint i = 0; i < n_attrs && ok; i++)
    ok = tl_layer_set_attr (part, attrs[i].name, &attrs[i].value, error);
  ok = ok && tl_layer_set_up_with (part, in, n_in, find_before, self->state, error);
  if (!ok)
    g_prefix_error (error, "%s: ", name);
  return ok;
}

static gboolean
same_variable (TlVariable            *variable,
               const TlLayerVariable *declared)
{
  const TlMeta *meta = tl_tensor_get_meta (tl_variable_get_value (variable));

  return tl_variable_get_kind (variable) == declared->kind && meta->dtype == declared->meta.dtype &&
         tl_meta_same_shape (meta, &declared->meta);
}

static TlVariable *
make_variable (const TlLayerVariable *declared,
               const char            *path,
               GError               **error)
{
  g_autoptr (TlVariable) variable = tl_variable_new_undefined (path, declared->kind, &declared->meta, error);

  if (variable == NULL)
    return NULL;
  return tl_initialize (variable, &declared->init, tl_context_get_seed (tl_context_get ()), error)
           ? g_steal_pointer (&variable)
           : NULL;
}

static guint
count_variables (struct _TlLayerDeclared *declared)
{
  guint n = declared->variables->len;

  for (guint i = 0; i < declared->parts->len; i++)
    n += declared->parts->pdata[i] != NULL ? ((TlLayer *)declared->parts->pdata[i])->n_variables : 0;
  return n;
}

/* (transfer full) (array length=n): the layer's own variables and those of its parts, or NULL. */
static TlVariable **
make_variables (struct _TlLayerDeclared *declared,
                guint                    n,
                GError                 **error)
{
  TlVariable **made = g_new0 (TlVariable *, n + 1);
  guint        end = declared->variables->len;

  for (guint i = 0; i < declared->variables->len; i++) {
    const TlLayerVariable *variable = &g_array_index (declared->variables, TlLayerVariable, i);
    g_autofree char       *path = variable->name != NULL ? inner_path (declared->layer, variable->name) : NULL;
    TlVariable            *before = path != NULL ? find_before (path, declared) : NULL;

    if (path == NULL)
      continue;
    if (before != NULL && same_variable (before, variable))
      made[i] = tl_variable_ref (before);
    else
      made[i] = make_variable (variable, path, error);
    if (made[i] == NULL) {
      tl_layer_free_variables (made, n);
      return NULL;
    }
  }
  for (guint i = 0; i < declared->parts->len; i++) {
    TlLayer *part = declared->parts->pdata[i];

    for (guint k = 0; part != NULL && k < part->n_variables; k++, end++)
      made[end] = part->variables[k] != NULL ? tl_variable_ref (part->variables[k]) : NULL;
  }
  return made;
}

/* All that was declared, or nothing: a failure leaves the layer as it was. */
static gboolean
take_declared (struct _TlLayerDeclared *declared,
               GError                 **error)
{
  TlLayer     *self = declared->layer;
  guint        n = count_variables (declared);
  TlVariable **made = make_variables (declared, n, error);

  if (made == NULL)
    return FALSE;
  tl_layer_clear_contents (self);
  self->n_own = declared->variables->len;
  self->n_variables = n;
  self->variables = made;
  self->inits = g_new0 (TlInit, self->n_own + 1);
  for (guint i = 0; i < self->n_own; i++)
    self->inits[i] = g_array_index (declared->variables, TlLayerVariable, i).init;
  self->n_parts = declared->parts->len;
  self->parts = g_new0 (TlLayer *, self->n_parts + 1);
  for (guint i = 0; i < self->n_parts; i++)
    self->parts[i] = g_steal_pointer (&declared->parts->pdata[i]);
  return TRUE;
}

gboolean
tl_layer_set_up_with (TlLayer             *self,
                      const TlMeta *const *in,
                      guint                n_in,
                      TlLayerFindFunc      find,
                      gpointer             user_data,
                      GError             **error)
{
  g_autoptr (GArray)      variables = g_array_new (FALSE, TRUE, sizeof (TlLayerVariable));
  g_autoptr (GPtrArray)   parts = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_layer_unref);
  struct _TlLayerDeclared declared = { self, variables, parts, find, user_data };
  const TlMeta           *metas[TL_LAYER_MAX_IN];
  TlLayerSetup            setup = { .klass = self->klass, .attrs = self->attrs, .dtype = self->dtype, .n_in = MIN (n_in, TL_LAYER_MAX_IN), .in = metas, .state = &declared };

  if (self->is_set_up)
    return TRUE;
  for (guint i = 0; i < setup.n_in; i++)
    metas[i] = in[i];
  if (!tl_attr_check_required (self->klass->name, self->klass->attrs, self->given, error))
    return FALSE;
  if (self->klass->op != NULL && self->op == NULL)
    return tl_layer_fail (self->klass, TL_ERROR_UNSUPPORTED, error, "this build has no operation %s", self->klass->op);
  if (self->klass->setup != NULL && !self->klass->setup (&setup, error))
    return FALSE;
  if (!take_declared (&declared, error))
    return FALSE;
  self->is_set_up = TRUE;
  return TRUE;
}

/**
 * tl_layer_set_up:
 * @self: a layer
 * @in: (array length=n_in) (nullable): descriptions of its inputs; sizes may be symbolic
 * @n_in: their number; 0 while they are not known
 * @error: return location for an error
 *
 * Makes the layer's variables; those of an earlier setup that still fit keep their values.
 *
 * Errors: %TL_ERROR_VALUE for an attribute that is missing, %TL_ERROR_SHAPE, %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_layer_set_up (TlLayer             *self,
                 const TlMeta *const *in,
                 guint                n_in,
                 GError             **error)
{
  return tl_layer_set_up_with (self, in, n_in, NULL, NULL, error);
}

/**
 * tl_layer_initialize:
 * @self: a layer
 * @seed: the document's seed
 * @error: return location for an error
 *
 * Gives its variables their first values again.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_layer_initialize (TlLayer *self,
                     guint64  seed,
                     GError **error)
{
  for (guint i = 0; i < self->n_own; i++)
    if (self->variables[i] != NULL && !tl_initialize (self->variables[i], &self->inits[i], seed, error))
      return FALSE;
  for (guint i = 0; i < self->n_parts; i++)
    if (self->parts[i] != NULL && !tl_layer_initialize (self->parts[i], seed, error))
      return FALSE;
  return TRUE;
}
