/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/op/ops.h"

/* What the row fixes: "name = value, name = value". */
static void
fix_op_attrs (TlLayer *self)
{
  g_auto (GStrv) items = g_strsplit (self->klass->op_attrs, ",", -1);

  for (guint i = 0; items[i] != NULL; i++) {
    g_auto (GStrv) pair = g_strsplit (items[i], "=", 2);
    gboolean       ok = pair[1] != NULL && tl_attr_set_text (self->klass->name, self->op->attrs, self->op_attrs, g_strstrip (pair[0]), g_strstrip (pair[1]), NULL);

    g_assert (ok);
  }
}

/* The operation's attributes that the layer has too, by name or alias. */
void
tl_layer_update_op_attrs (TlLayer *self)
{
  const TlAttrSpec *specs = self->op != NULL ? self->op->attrs : NULL;

  tl_attr_init_defaults (specs, self->op_attrs);
  if (specs != NULL && self->klass->op_attrs != NULL)
    fix_op_attrs (self);
  for (guint i = 0; specs != NULL && specs[i].name != NULL; i++) {
    gint from = tl_attr_find (self->klass->attrs, specs[i].name);

    if (from < 0 && specs[i].alias != NULL)
      from = tl_attr_find (self->klass->attrs, specs[i].alias);
    if (from >= 0)
      self->op_attrs[i] = self->attrs[from];
  }
}

/**
 * tl_layer_new:
 * @klass: a row
 * @path: its path in its model, or its name: "conv1"
 * @dtype: dtype of its parameters: f32 or f64
 *
 * Returns: (transfer full): a layer with default attributes, without variables yet
 */
TlLayer *
tl_layer_new (const TlLayerClass *klass,
              const char         *path,
              TlDType             dtype)
{
  TlLayer *self = g_new0 (TlLayer, 1);

  g_assert (tl_attr_count (klass->attrs) <= TL_OP_MAX_ATTRS);
  atomic_init (&self->ref_count, 1);
  self->klass = klass;
  self->op = klass->op != NULL ? tl_op_find (klass->op) : NULL;
  self->path = g_strdup (path);
  self->dtype = dtype;
  tl_attr_init_defaults (klass->attrs, self->attrs);
  tl_layer_update_op_attrs (self);
  return self;
}

/**
 * tl_layer_ref:
 * @self: a layer
 *
 * Returns: (transfer full): @self
 */
TlLayer *
tl_layer_ref (TlLayer *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
  return self;
}

void
tl_layer_free_variables (TlVariable **variables,
                         guint        n_variables)
{
  for (guint i = 0; i < n_variables; i++)
    g_clear_pointer (&variables[i], tl_variable_unref);
  g_free (variables);
}

void
tl_layer_clear_contents (TlLayer *self)
{
  tl_layer_free_variables (self->variables, self->n_variables);
  for (guint i = 0; i < self->n_parts; i++)
    g_clear_pointer (&self->parts[i], tl_layer_unref);
  g_free (self->parts);
  g_free (self->inits);
}

/**
 * tl_layer_unref:
 * @self: (transfer full) (nullable): a layer
 */
void
tl_layer_unref (TlLayer *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  tl_layer_clear_contents (self);
  g_free (self->path);
  g_free (self);
}

/**
 * tl_layer_get_class:
 * @self: a layer
 *
 * Returns: (transfer none): its row
 */
const TlLayerClass *
tl_layer_get_class (TlLayer *self)
{
  return self->klass;
}

/**
 * tl_layer_get_path:
 * @self: a layer
 *
 * Returns: (transfer none): its path
 */
const char *
tl_layer_get_path (TlLayer *self)
{
  return self->path;
}

/**
 * tl_layer_get_attrs:
 * @self: a layer
 *
 * Returns: (transfer none): values of its attributes, in the order of the row's specs
 */
const TlAttrValue *
tl_layer_get_attrs (TlLayer *self)
{
  return self->attrs;
}

/**
 * tl_layer_get_given:
 * @self: a layer
 *
 * Returns: bit i: attribute i was set
 */
guint32
tl_layer_get_given (TlLayer *self)
{
  return self->given;
}

/**
 * tl_layer_get_n_out:
 * @self: a layer
 *
 * Returns: the number of its outputs
 */
guint
tl_layer_get_n_out (TlLayer *self)
{
  return tl_layer_class_get_n_out (self->klass, self->attrs);
}

/**
 * tl_layer_get_n_variables:
 * @self: a layer
 *
 * Returns: the number of its variables and those of its parts; 0 before it is set up
 */
guint
tl_layer_get_n_variables (TlLayer *self)
{
  return self->n_variables;
}

/**
 * tl_layer_get_variable:
 * @self: a layer
 * @slot: a number below tl_layer_get_n_variables()
 *
 * Its own variables come first, by the numbers under which setup() declares them, then those of its parts.
 *
 * Returns: (transfer none) (nullable): the variable; %NULL where it has none of this number
 */
TlVariable *
tl_layer_get_variable (TlLayer *self,
                       guint    slot)
{
  g_return_val_if_fail (slot < self->n_variables, NULL);
  return self->variables[slot];
}

/* The length of the path and the dot, of variables and parts. */
static gsize
prefix_length (TlLayer *self)
{
  return *self->path != '\0' ? strlen (self->path) + 1 : 0;
}

/**
 * tl_layer_find_variable:
 * @self: a layer
 * @name: name of a variable in the layer: "weight", "self_attn.in_proj_weight"
 *
 * Returns: (transfer none) (nullable): the variable
 */
TlVariable *
tl_layer_find_variable (TlLayer    *self,
                        const char *name)
{
  gsize n = prefix_length (self);

  for (guint i = 0; i < self->n_variables; i++)
    if (self->variables[i] != NULL && strcmp (tl_variable_get_path (self->variables[i]) + n, name) == 0)
      return self->variables[i];
  return NULL;
}

/**
 * tl_layer_get_n_parts:
 * @self: a layer
 *
 * Returns: the number of layers that it is made of; 0 before it is set up
 */
guint
tl_layer_get_n_parts (TlLayer *self)
{
  return self->n_parts;
}

/**
 * tl_layer_get_part:
 * @self: a layer
 * @slot: a number below tl_layer_get_n_parts()
 *
 * Returns: (transfer none) (nullable): the part; %NULL where it has none of this number
 */
TlLayer *
tl_layer_get_part (TlLayer *self,
                   guint    slot)
{
  g_return_val_if_fail (slot < self->n_parts, NULL);
  return self->parts[slot];
}

/**
 * tl_layer_get_part_name:
 * @self: a layer
 * @slot: number of a part that it has
 *
 * Returns: (transfer none): the part's name in the layer: "self_attn", "layers.0"
 */
const char *
tl_layer_get_part_name (TlLayer *self,
                        guint    slot)
{
  g_return_val_if_fail (slot < self->n_parts && self->parts[slot] != NULL, NULL);
  return self->parts[slot]->path + prefix_length (self);
}

/**
 * tl_layer_is_set_up:
 * @self: a layer
 *
 * Returns: whether it has its variables
 */
gboolean
tl_layer_is_set_up (TlLayer *self)
{
  return self->is_set_up;
}

/**
 * tl_layer_set_path:
 * @self: a layer
 * @path: its new path, once it became part of a model
 *
 * Renames its variables.
 */
void
tl_layer_set_path (TlLayer    *self,
                   const char *path)
{
  gsize            n = prefix_length (self);
  g_autofree char *old = g_steal_pointer (&self->path);

  self->path = g_strdup (path);
  for (guint i = 0; i < self->n_own + self->n_parts; i++) {
    TlVariable      *variable = i < self->n_own ? self->variables[i] : NULL;
    TlLayer         *part = i >= self->n_own ? self->parts[i - self->n_own] : NULL;
    const char      *name = variable != NULL ? tl_variable_get_path (variable) : part != NULL ? part->path
                                                                                              : NULL;
    g_autofree char *renamed = NULL;

    if (name == NULL)
      continue;
    renamed = *path != '\0' ? g_strdup_printf ("%s.%s", path, name + n) : g_strdup (name + n);
    if (part != NULL)
      tl_layer_set_path (part, renamed);
    else
      tl_variable_set_path (variable, renamed);
  }
}

static void
attr_was_set (TlLayer    *self,
              const char *name,
              gboolean    given)
{
  gint i = tl_attr_find (self->klass->attrs, name);

  if (given)
    self->given |= 1u << i;
  else
    self->given &= ~(1u << i);
  self->is_set_up = FALSE;
  tl_layer_update_op_attrs (self);
}

/**
 * tl_layer_set_attr:
 * @self: a layer
 * @name: name or alias of an attribute
 * @input: its new value; nil for the default
 * @error: return location for an error
 *
 * The variables that depend on it are made again at the next tl_layer_set_up().
 *
 * Errors: as tl_attr_set()
 *
 * Returns: whether it was set
 */
gboolean
tl_layer_set_attr (TlLayer           *self,
                   const char        *name,
                   const TlAttrInput *input,
                   GError           **error)
{
  if (!tl_attr_set (self->klass->name, self->klass->attrs, self->attrs, name, input, error))
    return FALSE;
  attr_was_set (self, name, input->type != TL_ATTR_INPUT_NIL);
  return TRUE;
}

/**
 * tl_layer_set_attr_text:
 * @self: a layer
 * @name: name or alias of an attribute
 * @text: its new value as graph cells write it, see tl_attr_set_text()
 * @error: return location for an error
 *
 * Errors: as tl_attr_set()
 *
 * Returns: whether it was set
 */
gboolean
tl_layer_set_attr_text (TlLayer    *self,
                        const char *name,
                        const char *text,
                        GError    **error)
{
  if (!tl_attr_set_text (self->klass->name, self->klass->attrs, self->attrs, name, text, error))
    return FALSE;
  attr_was_set (self, name, TRUE);
  return TRUE;
}

void
tl_layer_take_attrs (TlLayer           *self,
                     const TlAttrValue *attrs,
                     guint32            given)
{
  memcpy (self->attrs, attrs, tl_attr_count (self->klass->attrs) * sizeof (TlAttrValue));
  self->given = given;
  self->is_set_up = FALSE;
  tl_layer_update_op_attrs (self);
}

static gboolean
check_inputs (TlLayer         *self,
              TlTensor *const *in,
              guint            n_in,
              GError         **error)
{
  const TlPort *ports = self->klass->in;
  guint         n = tl_op_get_n_ports (ports), needed = n;
  gboolean      variadic = n > 0 && (ports[n - 1].flags & TL_PORT_VARIADIC) != 0;

  while (needed > 0 && (ports[needed - 1].flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
    needed--;
  if (n_in < needed)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "input %s is missing", ports[n_in].name);
  for (guint i = 0; i < MIN (n_in, n); i++)
    if (in[i] == NULL && (ports[i].flags & TL_PORT_OPTIONAL) == 0)
      return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "input %s is missing", ports[i].name);
  if (n_in > (variadic ? TL_LAYER_MAX_IN : n))
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "%u inputs given, %u possible", n_in,
                          variadic ? TL_LAYER_MAX_IN : n);
  return TRUE;
}

/**
 * tl_layer_forward:
 * @self: a layer
 * @in: (array length=n_in): its inputs; %NULL for an optional one that is not given
 * @n_in: their number
 * @out: (array length=n_out) (out): its outputs, (transfer full)
 * @n_out: tl_layer_get_n_out()
 * @error: return location for an error
 *
 * Applies the layer: at once, or by recording it while a step is traced.  Whether it behaves as in training says the context.
 *
 * Errors: %TL_ERROR_VALUE for missing inputs, what tl_layer_set_up() and the operations say
 *
 * Returns: whether it worked; on failure @out is not touched
 */
gboolean
tl_layer_forward (TlLayer         *self,
                  TlTensor *const *in,
                  guint            n_in,
                  TlTensor       **out,
                  guint            n_out,
                  GError         **error)
{
  TlTensor      *made[TL_OP_MAX_OUT] = { NULL };
  TlLayerForward forward = { .klass = self->klass, .attrs = self->attrs, .op = self->op, .op_attrs = self->op_attrs, .layer = self, .training = tl_context_get_training (tl_context_get ()), .n_in = n_in, .in = in, .n_out = n_out, .out = made };
  const TlMeta  *metas[TL_LAYER_MAX_IN];

  g_return_val_if_fail (n_out == tl_layer_get_n_out (self), FALSE);

  if (!check_inputs (self, in, n_in, error))
    return FALSE;
  for (guint i = 0; i < n_in; i++)
    metas[i] = in[i] != NULL ? tl_tensor_get_meta (in[i]) : NULL;
  if (!tl_layer_set_up (self, metas, n_in, error))
    return FALSE;
  if (!(self->klass->forward != NULL ? self->klass->forward (&forward, error)
                                     : tl_layer_apply (&forward, in, n_in, error))) {
    for (guint i = 0; i < n_out; i++)
      g_clear_pointer (&made[i], tl_tensor_unref);
    return FALSE;
  }
  memcpy (out, made, n_out * sizeof (TlTensor *));
  return TRUE;
}

/**
 * tl_layer_own:
 * @self: a forward pass
 * @slot: number of a variable of the row
 *
 * Returns: (transfer none) (nullable): the variable; %NULL if setup() did not declare it
 */
TlVariable *
tl_layer_own (TlLayerForward *self,
              guint           slot)
{
  return slot < self->layer->n_own ? self->layer->variables[slot] : NULL;
}

/**
 * tl_layer_read:
 * @self: a forward pass
 * @slot: number of a variable of the row
 *
 * Returns: (transfer full) (nullable): its value; %NULL if setup() did not declare it
 */
TlTensor *
tl_layer_read (TlLayerForward *self,
               guint           slot)
{
  TlVariable *variable = tl_layer_own (self, slot);

  return variable != NULL ? tl_read (variable) : NULL;
}

/**
 * tl_layer_run_part:
 * @self: a forward pass
 * @slot: number of a part that setup() declared
 * @in: (array length=n_in): inputs of the part; %NULL for an optional one that is not given
 * @n_in: their number
 * @out: (array length=n_out) (out): its outputs, (transfer full)
 * @n_out: the number of outputs that its row has
 * @error: return location for an error
 *
 * Applies a part.  In a model, what its operations tell carries the part's path.
 *
 * Errors: as tl_layer_forward(), after the part's name
 *
 * Returns: whether it worked; on failure @out is not touched
 */
gboolean
tl_layer_run_part (TlLayerForward  *self,
                   guint            slot,
                   TlTensor *const *in,
                   guint            n_in,
                   TlTensor       **out,
                   guint            n_out,
                   GError         **error)
{
  TlContext *context = tl_context_get ();
  TlLayer   *part = slot < self->layer->n_parts ? self->layer->parts[slot] : NULL;
  TlSource   outer, source;
  gboolean   ok;

  g_return_val_if_fail (part != NULL, FALSE);

  tl_context_get_source (context, &outer);
  source = outer;
  if (outer.node != NULL)
    source.node = g_intern_string (part->path);
  tl_context_set_source (context, &source);
  ok = tl_layer_forward (part, in, n_in, out, n_out, error);
  tl_context_set_source (context, &outer);
  if (!ok)
    g_prefix_error (error, "%s: ", tl_layer_get_part_name (self->layer, slot));
  return ok;
}

/**
 * tl_layer_run_part1:
 * @self: a forward pass
 * @slot: number of a part with one output
 * @x: its input
 * @error: return location for an error
 *
 * Applies a part with one input and one output.
 *
 * Errors: as tl_layer_run_part()
 *
 * Returns: (transfer full): the output, or %NULL
 */
TlTensor *
tl_layer_run_part1 (TlLayerForward *self,
                    guint           slot,
                    TlTensor       *x,
                    GError        **error)
{
  TlTensor *y = NULL;

  return tl_layer_run_part (self, slot, &x, 1, &y, 1, error) ? y : NULL;
}
