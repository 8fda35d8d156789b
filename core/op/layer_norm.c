/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/kernels/kernels.h"
#include "core/op/norm-common.h"

enum { X,
       WEIGHT,
       BIAS };
enum { NORMALIZED_SHAPE,
       EPS,
       WANTED };

static const TlPort ports[] = {
  { "x", "floating", TL_PORT_CONTIGUOUS },
  { "weight", "scale of each element, of the normalized shape", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "bias", "what is added to each element", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlPort out_ports[] = {
  { "y", "normalised" },
  { "mean", "of each row", TL_PORT_NODIFF },
  { "rstd", "reciprocal of its standard deviation", TL_PORT_NODIFF },
  { NULL },
};

#define NORMALIZED                                                                                              \
  {                                                                                                             \
    "normalized_shape", "sizes of the last axes, which are normalised together", TL_ATTR_INTS, .required = TRUE \
  }

static const TlAttrSpec attrs[] = { NORMALIZED, TL_NORM_EPS, { NULL } };

static gboolean
has_shape (const TlMeta      *meta,
           guint              from,
           const TlAttrValue *shape)
{
  return meta->rank == from + (guint)shape->n &&
         memcmp (meta->shape + from, shape->v, (gsize)shape->n * sizeof (TlDim)) == 0;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta      *x = self->in[X];
  const TlAttrValue *shape = &self->attrs[NORMALIZED_SHAPE];
  guint              rows = x->rank - (guint)MIN (shape->n, x->rank);

  if (!tl_infer_need_float (self, X, error))
    return FALSE;
  if (shape->n < 1 || !has_shape (x, rows, shape)) {
    g_autofree char *a = tl_shape_to_string (x->shape, x->rank);
    g_autofree char *b = tl_shape_to_string (shape->v, (guint)shape->n);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "the last axes of %s are not %s", a, b);
  }
  for (gint i = 0; i < shape->n; i++)
    if (shape->v[i] == 0)
      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "axis %u has no elements, so there is no mean", rows + (guint)i);
  for (guint i = WEIGHT; i <= BIAS; i++) {
    if (!tl_has_in (self, i))
      continue;
    if (!tl_infer_need_same_dtype (self, X, i, error))
      return FALSE;
    if (!has_shape (self->in[i], 0, shape)) {
      g_autofree char *a = tl_shape_to_string (self->in[i]->shape, self->in[i]->rank);
      g_autofree char *b = tl_shape_to_string (shape->v, (guint)shape->n);

      return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has shape %s, %s is wanted", ports[i].name, a, b);
    }
  }
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  tl_infer_out (self, 1, x->dtype, rows, x->shape);
  tl_infer_out (self, 2, x->dtype, rows, x->shape);
  return TRUE;
}

static void
fill_args (const TlMeta      *x,
           const TlAttrValue *values,
           TlLayerNormArgs   *args)
{
  args->dtype = x->dtype;
  args->cols = 1;
  for (gint i = 0; i < values[NORMALIZED_SHAPE].n; i++)
    args->cols *= values[NORMALIZED_SHAPE].v[i];
  args->rows = args->cols > 0 ? tl_meta_get_n_elements (x) / args->cols : 0;
  args->x_stride = args->y_stride = args->dx_stride = args->cols;
  args->eps = values[EPS].d;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  fill_args (self->in[X], self->attrs, tl_prepare_args (self, TlLayerNormArgs));
  self->kernel = &tl_kernels_get ()->layer_norm_forward;
  tl_prepare_data (self, TL_OPERAND_IN (X), tl_operand_in (self, WEIGHT), tl_operand_in (self, BIAS), TL_OPERAND_OUT (0),
                   TL_OPERAND_OUT (1), TL_OPERAND_OUT (2));
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor   *in[] = { self->dy[0], self->in[X], self->out[1], self->out[2], tl_has_in (self, WEIGHT) ? self->in[WEIGHT] : NULL };
  TlTensor   *grads[3];
  TlAttrValue values[] = { self->attrs[NORMALIZED_SHAPE], self->attrs[EPS], TL_INT (tl_norm_wanted (self)) };

  if (self->dy[0] == NULL)
    return TRUE;
  if (!tl_op_apply (&tl_op_layer_norm_grad, in, in[4] != NULL ? 5 : 4, values, grads, 3, error))
    return FALSE;
  tl_norm_take_grads (self, grads, values[WANTED].i);
  return TRUE;
}

/* What is not normalised in front, what is behind: an axis less than x each. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  gint                 n = self->attrs[NORMALIZED_SHAPE].n;
  guint                rows = x->rank - (guint)n;
  gint                 axes[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[EPS].d, FALSE);
  g_autoptr (TlTensor) mean = NULL;
  g_autoptr (TlTensor) centered = NULL;
  g_autoptr (TlTensor) squares = NULL;
  g_autoptr (TlTensor) var = NULL;
  g_autoptr (TlTensor) rstd = NULL;
  g_autoptr (TlTensor) y = NULL;

  for (gint i = 0; i < n; i++)
    axes[i] = (gint)rows + i;
  mean = tl_mean (self->in[X], axes, (guint)n, TRUE, error);
  centered = tl_map_text ("a - b", error, 2, self->in[X], mean);
  squares = tl_map_text ("a * a", error, 1, centered);
  var = squares != NULL ? tl_mean (squares, axes, (guint)n, TRUE, error) : NULL;
  rstd = tl_map_text ("rsqrt (a + b)", error, 2, var, eps);
  y = tl_map_text ("a * b", error, 2, centered, rstd);
  for (guint i = WEIGHT; i <= BIAS; i++)
    if (tl_has_in (self, i)) {
      g_autoptr (TlTensor) old = g_steal_pointer (&y);

      y = tl_map_text (i == WEIGHT ? "a * b" : "a + b", error, 2, old, self->in[i]);
    }
  if (y == NULL)
    return FALSE;
  self->dx[0] = g_steal_pointer (&y);
  self->dx[1] = tl_reshape (mean, rows, x->shape, error);
  self->dx[2] = tl_reshape (rstd, rows, x->shape, error);
  return self->dx[1] != NULL && self->dx[2] != NULL;
}

/**
 * tl_layer_norm:
 * @x: floating
 * @rank: number of last axes that are normalised together, at least 1
 * @weight: (nullable): scale of each element, of the shape of these axes
 * @bias: (nullable): what is added to each element
 * @eps: added to the variance
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): `(x - mean) / sqrt (var + eps) weight + bias`, or %NULL
 */
TlTensor *
tl_layer_norm (TlTensor *x,
               guint     rank,
               TlTensor *weight,
               TlTensor *bias,
               double    eps,
               GError  **error)
{
  TlTensor   *in[] = { x, weight, bias };
  TlTensor   *out[3];
  TlAttrValue values[] = { { .n = (gint32)MIN (rank, x->meta.rank) }, TL_FLOAT (eps) };

  memcpy (values[0].v, x->meta.shape + x->meta.rank - values[0].n, (gsize)values[0].n * sizeof (TlDim));
  if (!tl_op_apply (&tl_op_layer_norm, in, bias != NULL ? 3 : weight != NULL ? 2
                                                                             : 1,
                    values, out, 3, error))
    return NULL;
  tl_tensor_unref (out[1]);
  tl_tensor_unref (out[2]);
  return out[0];
}

static const TlSample samples[] = {
  { "3,5; 5; 5", "normalized_shape = {5}" },
  { "2,3,4; 3,4; 3,4", "normalized_shape = {3, 4}" },
  { "4,6", "normalized_shape = {6}, eps = 0.001" },
  { "0,3; 3; 3", "normalized_shape = {3}" },
  { NULL },
};

const TlOpClass tl_op_layer_norm = {
  .name = "layer_norm",
  .group = "normalisation",
  .doc = "Normalisation over the last axes.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ba, Kiros & Hinton 2016, arXiv:1607.06450",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "LayerNormalization", 17 },
  .torch = "torch.nn.functional.layer_norm(x0, normalized_shape, *x[1:], eps=eps)",
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "dy", "gradient of the output", TL_PORT_CONTIGUOUS },
  { "x", "the input", TL_PORT_CONTIGUOUS },
  { "mean", "of the forward pass" },
  { "rstd", "of the forward pass" },
  { "weight", "the scale", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec grad_attrs[] = { NORMALIZED, TL_NORM_EPS, TL_NORM_WANTED, { NULL } };

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  tl_norm_infer_grads (self, self->in[1], (guint)self->attrs[NORMALIZED_SHAPE].n, self->attrs[NORMALIZED_SHAPE].v,
                       self->attrs[WANTED].i);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  fill_args (self->in[1], self->attrs, tl_prepare_args (self, TlLayerNormArgs));
  self->kernel = &tl_kernels_get ()->layer_norm_backward;
  tl_norm_set_grad_data (self, self->attrs[WANTED].i);
  return TRUE;
}

const TlOpClass tl_op_layer_norm_grad = {
  .name = "layer_norm_grad",
  .doc = "Gradient of layer_norm.",
  .in = grad_ports,
  .out = tl_norm_grad_out_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
};
