/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/conv-common.h"

#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/op/common.h"

enum { V_WEIGHT,
       V_BIAS };

enum { ZEROS,
       REFLECT,
       REPLICATE,
       CIRCULAR };

const char *const tl_conv_padding_modes[] = { "zeros", "reflect", "replicate", "circular", NULL };
const char *const tl_conv_layer_paddings[] = { "valid", "same", NULL };

static gboolean
check_rank (TlLayerSetup *self,
            GError      **error)
{
  static const char *const axes[] = { "[n, channels, length]", "[n, channels, height, width]", "[n, channels, depth, height, width]" };
  guint                    rank = self->klass->attrs[TL_CONV_KERNEL].n;

  if (self->n_in > 0 && self->in[0]->rank != rank + 2) {
    g_autofree char *shape = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be %s, not %s", axes[rank - 1], shape);
  }
  return TRUE;
}

/* The weight is [first, second / groups, kernel...]. */
static gboolean
declare (TlLayerSetup *self,
         gboolean      is_transposed,
         GError      **error)
{
  const TlAttrValue *a = self->attrs;
  gint               init = tl_attr_find (self->klass->attrs, "weight_init");
  TlInit             weight = { &tl_initializer_kaiming_uniform, tl_initializer_kaiming_uniform.default_a }, bias = { &tl_initializer_uniform };
  TlDim              n_in, n_out = a[TL_CONV_OUT].i, groups = a[TL_CONV_GROUPS].i, shape[TL_TENSOR_MAX_RANK];
  guint              rank = self->klass->attrs[TL_CONV_KERNEL].n;
  double             fan = 1;

  if (!check_rank (self, error) || !tl_layer_in_size (self, 0, 1, TL_CONV_IN_CHANNELS, &n_in, error))
    return FALSE;
  if (n_in % groups != 0 || n_out % groups != 0)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error,
                          "%" G_GINT64_FORMAT " input and %" G_GINT64_FORMAT
                          " output channels cannot be split into %" G_GINT64_FORMAT " groups",
                          n_in, n_out, groups);
  shape[0] = is_transposed ? n_in : n_out;
  shape[1] = (is_transposed ? n_out : n_in) / groups;
  memcpy (shape + 2, a[TL_CONV_KERNEL].v, rank * sizeof (TlDim));
  for (guint i = 1; i < rank + 2; i++)
    fan *= (double)shape[i];
  bias.a = 1 / sqrt (MAX (fan, 1));
  if (!tl_layer_choose_init (self, (guint)init, &weight, error) || !tl_layer_choose_init (self, (guint)init + 1, &bias, error))
    return FALSE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, rank + 2, shape, weight);
  if (a[TL_CONV_BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n_out, bias);
  return TRUE;
}

gboolean
tl_conv_setup (TlLayerSetup *self,
               GError      **error)
{
  return declare (self, FALSE, error);
}

gboolean
tl_conv_transpose_setup (TlLayerSetup *self,
                         GError      **error)
{
  return declare (self, TRUE, error);
}

/* Elements before an axis, or behind it. */
static gint64
get_padding (TlLayerForward *self,
             guint           axis,
             gboolean        is_behind)
{
  const TlAttrValue *a = self->attrs;
  gint64             all = a[TL_CONV_DILATION].v[axis] * (a[TL_CONV_KERNEL].v[axis] - 1);

  if (a[TL_CONV_PADDING].n > 0)
    return a[TL_CONV_PADDING].v[axis];
  return is_behind ? all - all / 2 : all / 2;
}

/* Other elements than zeros are put around the input before the operation; *@values get a padding of 0. */
static TlTensor *
pad (TlLayerForward *self,
     TlAttrValue    *values,
     GError        **error)
{
  static const char *const modes[] = { "constant", "reflect", "replicate", "circular" };
  const TlOpClass         *op = tl_op_find ("pad");
  guint                    rank = self->klass->attrs[TL_CONV_KERNEL].n;
  gint                     at = tl_attr_find (self->op->attrs, "padding");
  TlAttrValue              pads[TL_OP_MAX_ATTRS];
  g_autoptr (GError)       reason = NULL;

  memset (pads, 0, sizeof pads);
  tl_attr_set (op->name, op->attrs, pads, "mode", &TL_INPUT_STRING (modes[self->attrs[TL_CONV_PADDING_MODE].i]), NULL);
  pads[tl_attr_find (op->attrs, "pad")].n = 2 * (gint32)rank;
  for (guint i = 0; i < 2 * rank; i++)
    pads[tl_attr_find (op->attrs, "pad")].v[i] = get_padding (self, rank - 1 - i / 2, i % 2 != 0);
  values[at] = (TlAttrValue){ .n = (gint32)rank };
  return tl_op_apply1 (op, self->in, 1, pads, error);
}

gboolean
tl_conv_forward (TlLayerForward *self,
                 GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  g_autoptr (TlTensor) x = NULL;
  TlAttrValue          values[TL_OP_MAX_ATTRS];
  TlLayerForward       padded = *self;
  gint                 mode = tl_attr_find (self->klass->attrs, "padding_mode");

  if (mode >= 0 && self->attrs[mode].i != ZEROS) {
    memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
    padded.op_attrs = values;
    x = pad (self, values, error);
  } else {
    x = tl_tensor_ref (self->in[0]);
  }
  return x != NULL && tl_layer_apply (&padded, (TlTensor *[]){ x, weight, bias }, bias != NULL ? 3 : 2, error);
}

/* How much is added behind each axis so that the sizes are those that are wanted. */
static gboolean
choose_output_padding (TlLayerForward    *self,
                       const TlAttrValue *wanted,
                       TlAttrValue       *values,
                       GError           **error)
{
  const TlAttrSpec *specs = self->op->attrs;
  const TlDim      *shape = tl_tensor_get_shape (self->in[0]);
  TlAttrValue      *padding = &values[tl_attr_find (specs, "output_padding")];
  guint             rank = self->klass->attrs[TL_CONV_KERNEL].n;

  padding->n = (gint32)rank;
  for (guint i = 0; i < rank; i++) {
    gint64 stride = self->attrs[TL_CONV_STRIDE].v[i], dilation = tl_attr_pair (&values[tl_attr_find (specs, "dilation")], i);
    gint64 around = dilation * (self->attrs[TL_CONV_KERNEL].v[i] - 1) + 1 - 2 * self->attrs[TL_CONV_PADDING].v[i];
    TlDim  least = tl_dim_add (tl_dim_mul (tl_dim_sub (shape[2 + i], 1), stride), around);

    if (least == TL_DIM_INVALID)
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the result along axis %u is too large", 2 + i);
    if (tl_dim_is_symbolic (least))
      return tl_layer_fail (self->klass, TL_ERROR_UNSUPPORTED, error, "output_size wants an input whose size along axis %u is known", 2 + i);
    padding->v[i] = wanted->v[i] - least;
    if (padding->v[i] < 0 || padding->v[i] >= stride)
      return tl_layer_fail (self->klass, TL_ERROR_VALUE, error, "output_size %" G_GINT64_FORMAT " along axis %u is not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, wanted->v[i],
                            2 + i, least, least + stride - 1);
  }
  return TRUE;
}

gboolean
tl_conv_transpose_forward (TlLayerForward *self,
                           GError        **error)
{
  const TlAttrValue *wanted = &self->attrs[tl_attr_find (self->klass->attrs, "output_size")];
  TlAttrValue        values[TL_OP_MAX_ATTRS];
  TlLayerForward     sized = *self;

  if (wanted->n == 0)
    return tl_conv_forward (self, error);
  memcpy (values, self->op_attrs, tl_op_get_n_attrs (self->op) * sizeof (TlAttrValue));
  sized.op_attrs = values;
  return choose_output_padding (self, wanted, values, error) && tl_conv_forward (&sized, error);
}
