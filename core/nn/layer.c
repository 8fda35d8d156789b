/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/layer-private.h"

#include <string.h>

#include "core/base/error.h"
#include "core/op/ops.h"

const TlPort tl_layer_ports_x[] = { { "x", "input" }, { NULL } };

const TlPort tl_layer_ports_loss[] = {
  { "x", "predictions" },
  { "target", "what they should be", TL_PORT_NODIFF },
  { NULL },
};

/* A row is a class, or an operation from which a class is made. */
static const struct {
  const TlLayerClass *klass;
  const char         *name;
  const TlOpClass    *op;
  TlLayerFlags        flags;
} table[] = {
#define TL_LAYER(name) { .klass = &tl_layer_##name },
#define TL_LAYER_OP(name, op, flags) { NULL, #name, &tl_op_##op, (TlLayerFlags)(flags) },
#include "core/nn/layers.def"
#undef TL_LAYER
#undef TL_LAYER_OP
};

static const TlLayerClass *rows[G_N_ELEMENTS (table)];

__attribute__ ((constructor)) static void
make_rows (void)
{
  static TlLayerClass made[G_N_ELEMENTS (table)];

  for (guint i = 0; i < G_N_ELEMENTS (table); i++) {
    const TlOpClass *op = table[i].op;

    rows[i] = op != NULL ? &made[i] : table[i].klass;
    if (op != NULL)
      made[i] = (TlLayerClass){ .name = table[i].name, .group = op->group, .doc = op->doc, .formula = op->formula, .source = op->source, .in = op->in, .out = op->out, .attrs = op->attrs, .flags = table[i].flags, .op = op->name, .samples = op->samples, .torch = op->torch };
  }
}

/**
 * tl_layer_find:
 * @name: a row's name, such as "Conv2d"
 *
 * Returns: (transfer none) (nullable): the row
 */
const TlLayerClass *
tl_layer_find (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (strcmp (rows[i]->name, name) == 0)
      return rows[i];
  return NULL;
}

/**
 * tl_layer_get_n_rows:
 *
 * Returns: the number of layers
 */
guint
tl_layer_get_n_rows (void)
{
  return G_N_ELEMENTS (rows);
}

/**
 * tl_layer_get_row:
 * @row: a number below tl_layer_get_n_rows()
 *
 * Returns: (transfer none): the layer
 */
const TlLayerClass *
tl_layer_get_row (guint row)
{
  g_return_val_if_fail (row < G_N_ELEMENTS (rows), NULL);
  return rows[row];
}

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
 * Declares a variable: of the layer's dtype, and of i64 for counters.
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
  TlLayerVariable *variable = &self->variables[slot];

  g_return_if_fail (slot < TL_LAYER_MAX_VARIABLES);

  variable->name = name;
  variable->kind = kind;
  variable->init = init;
  tl_meta_init (&variable->meta, kind == TL_VARIABLE_COUNTER ? TL_DTYPE_I64 : self->dtype, rank, shape);
}

/**
 * tl_layer_in_size:
 * @self: a setup
 * @input: number of an input
 * @axis: number of an axis, from the end if negative
 * @attr: number of the attribute that may state the size; 0 there means that the input decides
 * @size: (out): the size, a number
 * @error: return location for an error
 *
 * Finds a size that variables depend on: from the input, or from the attribute while nothing is known of the input.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_VALUE
 *
 * Returns: whether it is known and both agree
 */
gboolean
tl_layer_in_size (TlLayerSetup *self,
                  guint         input,
                  gint          axis,
                  guint         attr,
                  TlDim        *size,
                  GError      **error)
{
  const char   *name = self->klass->attrs[attr].name;
  const TlMeta *meta = input < self->n_in ? self->in[input] : NULL;
  guint         at;

  *size = self->attrs[attr].i;
  if (meta == NULL) {
    if (*size > 0)
      return TRUE;
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "%s must be given as long as the input is not known",
                          name);
  }
  at = axis < 0 ? (guint)(meta->rank + axis) : (guint)axis;
  if (at >= meta->rank) {
    g_autofree char *shape = tl_shape_to_string (meta->shape, meta->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input's shape %s has too few axes", shape);
  }
  if (meta->shape[at] < 0) {
    g_autofree char *text = tl_dim_to_string (meta->shape[at]);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error,
                          "axis %u of the input decides the parameters and must be a number, not %s", at, text);
  }
  if (*size > 0 && *size != meta->shape[at])
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error,
                          "%s is %" G_GINT64_FORMAT ", axis %u of the input has %" G_GINT64_FORMAT, name, *size, at,
                          meta->shape[at]);
  *size = meta->shape[at];
  return TRUE;
}

/**
 * tl_layer_fail:
 * @klass: a row
 * @code: a #TlError
 * @error: return location for an error
 * @format: what is wrong, with the numbers
 * @...: for @format
 *
 * Sets an error that names the layer.
 *
 * Returns: %FALSE
 */
gboolean
tl_layer_fail (const TlLayerClass *klass,
               int                 code,
               GError            **error,
               const char         *format,
               ...)
{
  g_autofree char *text = NULL;
  va_list          args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, TL_ERROR, code, "%s: %s", klass->name, text);
  return FALSE;
}

/**
 * tl_layer_apply:
 * @self: a forward pass of a row with .op
 * @in: (array length=n_in): inputs of the operation
 * @n_in: their number
 * @error: return location for an error
 *
 * Applies the row's operation with the layer's attributes; its first output is the layer's.
 *
 * Errors: as tl_op_apply()
 *
 * Returns: whether it worked
 */
gboolean
tl_layer_apply (TlLayerForward  *self,
                TlTensor *const *in,
                guint            n_in,
                GError         **error)
{
  TlTensor *out[TL_OP_MAX_OUT] = { NULL };
  guint     n_out = tl_op_get_n_out (self->op, n_in);

  if (!tl_op_apply (self->op, in, n_in, self->op_attrs, out, n_out, error))
    return FALSE;
  for (guint i = 1; i < n_out; i++)
    tl_tensor_unref (out[i]);
  self->out[0] = out[0];
  return TRUE;
}

/* The operation's attributes that the layer has too, by name or alias. */
static void
update_op_attrs (TlLayer *self)
{
  const TlAttrSpec *specs = self->op != NULL ? self->op->attrs : NULL;

  tl_attr_init_defaults (specs, self->op_attrs);
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
  update_op_attrs (self);
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

/**
 * tl_layer_unref:
 * @self: (transfer full) (nullable): a layer
 */
void
tl_layer_unref (TlLayer *self)
{
  if (self == NULL || atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) != 1)
    return;
  for (guint i = 0; i < TL_LAYER_MAX_VARIABLES; i++)
    g_clear_pointer (&self->variables[i], tl_variable_unref);
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
  return tl_op_get_n_ports (self->klass->out);
}

/**
 * tl_layer_get_variable:
 * @self: a layer
 * @slot: a number below %TL_LAYER_MAX_VARIABLES
 *
 * Returns: (transfer none) (nullable): its variable of that number; %NULL where it has none, or is not set up
 */
TlVariable *
tl_layer_get_variable (TlLayer *self,
                       guint    slot)
{
  g_return_val_if_fail (slot < TL_LAYER_MAX_VARIABLES, NULL);
  return self->variables[slot];
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
  g_autofree char *old = g_steal_pointer (&self->path);

  self->path = g_strdup (path);
  for (guint i = 0; i < TL_LAYER_MAX_VARIABLES; i++) {
    const char      *name = self->variables[i] != NULL ? tl_variable_get_path (self->variables[i]) : NULL;
    g_autofree char *renamed = NULL;

    if (name == NULL)
      continue;
    name += *old != '\0' ? strlen (old) + 1 : 0;
    renamed = *path != '\0' ? g_strdup_printf ("%s.%s", path, name) : g_strdup (name);
    tl_variable_set_path (self->variables[i], renamed);
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
  update_op_attrs (self);
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
  update_op_attrs (self);
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
  const TlMeta          *meta = &declared->meta;
  g_autoptr (TlTensor)   value = tl_tensor_new (meta->dtype, meta->rank, meta->shape, error);
  g_autoptr (TlVariable) variable = NULL;

  if (value == NULL)
    return NULL;
  variable = tl_variable_new (path, declared->kind, value, error);
  if (variable == NULL)
    return NULL;
  return tl_initialize (variable, &declared->init, tl_context_get_seed (tl_context_get ()), error)
           ? g_steal_pointer (&variable)
           : NULL;
}

/* All new variables, or none: a failure leaves the layer as it was. */
static gboolean
take_declared (TlLayer            *self,
               const TlLayerSetup *setup,
               TlLayerFindFunc     find,
               gpointer            user_data,
               GError            **error)
{
  TlVariable *made[TL_LAYER_MAX_VARIABLES] = { NULL };
  gboolean    ok = TRUE;

  for (guint i = 0; i < TL_LAYER_MAX_VARIABLES && ok; i++) {
    const TlLayerVariable *declared = &setup->variables[i];
    g_autofree char       *path = NULL;
    TlVariable            *before = self->variables[i];

    if (declared->name == NULL)
      continue;
    path = *self->path != '\0' ? g_strdup_printf ("%s.%s", self->path, declared->name) : g_strdup (declared->name);
    if (before == NULL && find != NULL)
      before = find (path, user_data);
    if (before != NULL && same_variable (before, declared))
      made[i] = tl_variable_ref (before);
    else
      made[i] = make_variable (declared, path, error);
    ok = made[i] != NULL;
  }
  for (guint i = 0; i < TL_LAYER_MAX_VARIABLES; i++) {
    if (ok) {
      TlVariable *old = self->variables[i];

      self->variables[i] = g_steal_pointer (&made[i]);
      self->inits[i] = setup->variables[i].init;
      g_clear_pointer (&old, tl_variable_unref);
    }
    g_clear_pointer (&made[i], tl_variable_unref);
  }
  return ok;
}

gboolean
tl_layer_set_up_with (TlLayer             *self,
                      const TlMeta *const *in,
                      guint                n_in,
                      TlLayerFindFunc      find,
                      gpointer             user_data,
                      GError             **error)
{
  TlLayerSetup  setup = { .klass = self->klass, .attrs = self->attrs, .dtype = self->dtype, .n_in = n_in };
  const TlMeta *metas[TL_LAYER_MAX_IN];

  if (self->is_set_up)
    return TRUE;
  for (guint i = 0; i < MIN (n_in, TL_LAYER_MAX_IN); i++)
    metas[i] = in[i];
  setup.in = metas;
  setup.n_in = MIN (n_in, TL_LAYER_MAX_IN);
  if (!tl_attr_check_required (self->klass->name, self->klass->attrs, self->given, error))
    return FALSE;
  if (self->klass->op != NULL && self->op == NULL)
    return tl_layer_fail (self->klass, TL_ERROR_UNSUPPORTED, error, "this build has no operation %s", self->klass->op);
  if (self->klass->setup != NULL && !self->klass->setup (&setup, error))
    return FALSE;
  if (!take_declared (self, &setup, find, user_data, error))
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
  for (guint i = 0; i < TL_LAYER_MAX_VARIABLES; i++)
    if (self->variables[i] != NULL && !tl_initialize (self->variables[i], &self->inits[i], seed, error))
      return FALSE;
  return TRUE;
}

static gboolean
check_inputs (TlLayer *self,
              guint    n_in,
              GError **error)
{
  const TlPort *ports = self->klass->in;
  guint         n = tl_op_get_n_ports (ports), needed = n;
  gboolean      variadic = n > 0 && (ports[n - 1].flags & TL_PORT_VARIADIC) != 0;

  while (needed > 0 && (ports[needed - 1].flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
    needed--;
  if (n_in < needed)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "input %s is missing", ports[n_in].name);
  if (n_in > (variadic ? TL_LAYER_MAX_IN : n))
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "%u inputs given, %u possible", n_in,
                          variadic ? TL_LAYER_MAX_IN : n);
  return TRUE;
}

/**
 * tl_layer_forward:
 * @self: a layer
 * @in: (array length=n_in): its inputs
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
  TlLayerForward forward = { .klass = self->klass, .attrs = self->attrs, .op = self->op, .op_attrs = self->op_attrs, .variables = self->variables, .training = tl_context_get_training (tl_context_get ()), .n_in = n_in, .in = in, .n_out = n_out, .out = made };
  const TlMeta  *metas[TL_LAYER_MAX_IN];

  g_return_val_if_fail (n_out == tl_layer_get_n_out (self), FALSE);

  if (!check_inputs (self, n_in, error))
    return FALSE;
  for (guint i = 0; i < n_in; i++)
    metas[i] = tl_tensor_get_meta (in[i]);
  if (!tl_layer_set_up (self, metas, n_in, error))
    return FALSE;
  if (!(self->klass->forward != NULL ? self->klass->forward (&forward, error)
                                     : tl_layer_apply (&forward, in, n_in, error)))
    return FALSE;
  memcpy (out, made, n_out * sizeof (TlTensor *));
  return TRUE;
}
