/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of layers, and help for its rows.
 */
#include <string.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

const TlPort tl_layer_ports_x[] = { { "x", "input" }, { NULL } };

const TlPort tl_layer_ports_loss[] = {
  { "x", "predictions" },
  { "target", "what they should be", TL_PORT_NODIFF },
  { NULL },
};

const char *const tl_layer_from_input[] = { "from the input", NULL };
const char *const tl_layer_from_source[] = { "standard", NULL };

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
 * tl_layer_class_get_n_out:
 * @klass: a row
 * @attrs: values of its attributes
 *
 * Returns: the number of its outputs
 */
guint
tl_layer_class_get_n_out (const TlLayerClass *klass,
                          const TlAttrValue  *attrs)
{
  guint n = tl_op_get_n_ports (klass->out);

  if (klass->out_when == NULL || attrs[tl_attr_find (klass->attrs, klass->out_when)].i != 0)
    return n;
  while (n > 1 && (klass->out[n - 1].flags & TL_PORT_OPTIONAL) != 0)
    n--;
  return n;
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
 * tl_layer_choose_init:
 * @self: a setup
 * @attr: number of the attribute that may name an initialiser
 * @init: (inout): the row's own choice, which the attribute replaces
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_NAME, %TL_ERROR_VALUE
 *
 * Returns: whether the attribute is empty or was understood
 */
gboolean
tl_layer_choose_init (TlLayerSetup *self,
                      guint         attr,
                      TlInit       *init,
                      GError      **error)
{
  const char *text = self->attrs[attr].s;

  if (text == NULL || *text == '\0')
    return TRUE;
  if (tl_init_parse (text, init, error))
    return TRUE;
  g_prefix_error (error, "%s: %s: ", self->klass->name, self->klass->attrs[attr].name);
  return FALSE;
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
 * Applies the row's operation with the layer's attributes; its first outputs are the layer's.
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
  for (guint i = 0; i < n_out; i++)
    if (i < self->n_out)
      self->out[i] = out[i];
    else
      tl_tensor_unref (out[i]);
  return TRUE;
}
