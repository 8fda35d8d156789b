/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/norm-common.h"

enum { X,
       WEIGHT,
       BIAS };
enum { EPS,
       WANTED };

static const TlPort ports[] = {
  { "x", "`[n, channels, ...]`, floating", TL_PORT_CHANNELS_LAST },
  { "weight", "scale of each channel", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "bias", "what is added to each channel", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlPort out_ports[] = {
  { "y", "normalised" },
  { "mean", "of each channel", TL_PORT_NODIFF },
  { "var", "of each channel, divided by the number of elements", TL_PORT_NODIFF },
  { "invstd", "1 / sqrt (var + eps)", TL_PORT_NODIFF },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_NORM_EPS, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[X];

  if (!tl_batch_norm_check (self, WEIGHT, 2, error))
    return FALSE;
  tl_infer_out_like (self, 0, x->dtype, X);
  for (guint i = 1; i < 4; i++)
    tl_infer_out (self, i, x->dtype, 1, &x->shape[1]);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_batch_norm_fill_args (tl_prepare_args (self, TlBatchNormArgs), self->in[X], &self->out[0], self->attrs[EPS].d);
  self->kernel = &tl_kernels_get ()->batch_norm_forward;
  tl_prepare_data (self, TL_OPERAND_IN (X), tl_operand_in (self, WEIGHT), tl_operand_in (self, BIAS), TL_OPERAND_OUT (0),
                   TL_OPERAND_OUT (1), TL_OPERAND_OUT (2), TL_OPERAND_OUT (3));
  return TRUE;
}

/* The statistics are results for the running averages; gradients flow through y only, unless second ones are asked for. */
static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  TlTensor   *in[] = { self->dy[0], self->in[X], self->out[1], self->out[3], tl_has_in (self, WEIGHT) ? self->in[WEIGHT] : NULL };
  TlTensor   *grads[3];
  TlAttrValue values[] = { self->attrs[EPS], TL_INT (tl_norm_wanted (self)) };

  if (self->dy[0] == NULL)
    return TRUE;
  if (!tl_op_apply (&tl_op_batch_norm_grad, in, in[4] != NULL ? 5 : 4, values, grads, 3, error))
    return FALSE;
  tl_norm_take_grads (self, grads, values[WANTED].i);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  gint                 axes[TL_TENSOR_MAX_RANK];
  guint                n = tl_batch_norm_axes (x, axes);
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[EPS].d, FALSE);
  g_autoptr (TlTensor) mean = tl_mean (self->in[X], axes, n, TRUE, error);
  g_autoptr (TlTensor) centered = tl_map_text ("a - b", error, 2, self->in[X], mean);
  g_autoptr (TlTensor) squares = tl_map_text ("a * a", error, 1, centered);
  g_autoptr (TlTensor) var = squares != NULL ? tl_mean (squares, axes, n, TRUE, error) : NULL;
  g_autoptr (TlTensor) invstd = tl_map_text ("rsqrt (a + b)", error, 2, var, eps);
  g_autoptr (TlTensor) y = tl_map_text ("a * b", error, 2, centered, invstd);

  for (guint i = WEIGHT; i <= BIAS; i++)
    if (tl_has_in (self, i)) {
      g_autoptr (TlTensor) old = g_steal_pointer (&y);
      g_autoptr (TlTensor) wide = tl_batch_norm_spread (self->in[i], x, error);

      y = tl_map_text (i == WEIGHT ? "a * b" : "a + b", error, 2, old, wide);
    }
  if (y == NULL)
    return FALSE;
  self->dx[0] = g_steal_pointer (&y);
  self->dx[1] = tl_reshape (mean, 1, &x->shape[1], error);
  self->dx[2] = tl_reshape (var, 1, &x->shape[1], error);
  self->dx[3] = tl_reshape (invstd, 1, &x->shape[1], error);
  return self->dx[1] != NULL && self->dx[2] != NULL && self->dx[3] != NULL;
}

/* average = (1 - momentum) average + momentum value correction */
static gboolean
update_average (TlVariable *average,
                TlTensor   *value,
                TlTensor   *momentum,
                TlTensor   *count,
                GError    **error)
{
  g_autoptr (TlTensor) old = tl_read (average);
  g_autoptr (TlTensor) new = NULL;

  if (count == NULL)
    new = tl_map_text ("a + c * (b - a)", error, 3, old, value, momentum);
  else
    new = tl_map_text ("a + c * (b * (d / max (d - 1, 1)) - a)", error, 4, old, value, momentum, count);
  return new != NULL &&tl_assign (average, new, error);
}

static gboolean
update_averages (TlTensor   *x,
                 TlVariable *running_mean,
                 TlVariable *running_var,
                 double      momentum,
                 TlTensor  **out,
                 GError    **error)
{
  TlContext           *context = tl_context_get ();
  gboolean             before = tl_context_set_grad_enabled (context, FALSE);
  g_autoptr (TlTensor) share = tl_tensor_new_number (momentum, FALSE);
  g_autoptr (TlTensor) count = NULL;
  TlDim                n = x->meta.shape[0];
  gboolean             ok;

  for (guint i = 2; i < x->meta.rank; i++)
    n = tl_dim_mul (n, x->meta.shape[i]);
  count = tl_size (n, x->meta.dtype, error);
  ok = count != NULL && update_average (running_mean, out[1], share, NULL, error) &&
       update_average (running_var, out[2], share, count, error);
  tl_context_set_grad_enabled (context, before);
  return ok;
}

static TlTensor *
normalise_by (TlTensor   *x,
              TlTensor   *weight,
              TlTensor   *bias,
              TlVariable *running_mean,
              TlVariable *running_var,
              double      eps,
              GError    **error)
{
  g_autoptr (TlTensor) mean = tl_read (running_mean);
  g_autoptr (TlTensor) var = tl_read (running_var);
  TlTensor            *in[] = { x, mean, var, weight, bias };
  const TlAttrValue    values[] = { TL_FLOAT (eps) };

  return tl_op_apply1 (&tl_op_batch_norm_infer, in, 5, values, error);
}

/**
 * tl_batch_norm:
 * @x: shape `[n, channels, ...]`, floating
 * @weight: (nullable): scale of each channel
 * @bias: (nullable): what is added to each channel
 * @running_mean: (nullable): running average of the means
 * @running_var: (nullable): running average of the unbiased variances
 * @training: whether to use the statistics of @x and to update the running averages
 * @momentum: share of the new value in the running averages
 * @eps: added to the variance
 * @error: return location for an error
 *
 * Source: Ioffe & Szegedy 2015, arXiv:1502.03167
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE
 *
 * Returns: (transfer full): `(x - mean) / sqrt (var + eps) weight + bias`, or %NULL
 */
TlTensor *
tl_batch_norm (TlTensor   *x,
               TlTensor   *weight,
               TlTensor   *bias,
               TlVariable *running_mean,
               TlVariable *running_var,
               gboolean    training,
               double      momentum,
               double      eps,
               GError    **error)
{
  TlTensor         *in[] = { x, weight, bias };
  TlTensor         *out[4];
  const TlAttrValue values[] = { TL_FLOAT (eps) };
  gboolean          ok = TRUE;

  if (!training && running_mean != NULL)
    return normalise_by (x, weight, bias, running_mean, running_var, eps, error);
  if (!tl_op_apply (&tl_op_batch_norm, in, 3, values, out, 4, error))
    return NULL;
  if (running_mean != NULL)
    ok = update_averages (x, running_mean, running_var, momentum, out, error);
  for (guint i = ok ? 1 : 0; i < 4; i++)
    tl_tensor_unref (out[i]);
  return ok ? out[0] : NULL;
}

static const TlSample samples[] = {
  { "4,3,5,2; 3; 3" },
  { "6,4; 4; 4" },
  { "3,2,4", "eps = 0.001" },
  { "2,1,3,3; 1; 1" },
  { NULL },
};

const TlOpClass tl_op_batch_norm = {
  .name = "batch_norm",
  .group = "normalisation",
  .doc = "Normalisation of each channel over the batch, in training.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "BatchNormalization", 14 },
  .torch = "torch.nn.functional.batch_norm(x0, None, None, *x[1:], training=True, eps=eps)",
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "dy", "gradient of the output", TL_PORT_CHANNELS_LAST },
  { "x", "the input", TL_PORT_CHANNELS_LAST },
  { "mean", "of the forward pass" },
  { "invstd", "of the forward pass" },
  { "weight", "the scale", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec grad_attrs[] = { TL_NORM_EPS, TL_NORM_WANTED, { NULL } };

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  tl_norm_infer_grads (self, self->in[1], 1, &self->in[1]->shape[1], self->attrs[WANTED].i);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  tl_batch_norm_fill_args (tl_prepare_args (self, TlBatchNormArgs), self->in[1], self->in[0], self->attrs[EPS].d);
  self->kernel = &tl_kernels_get ()->batch_norm_backward;
  tl_norm_set_grad_data (self, self->attrs[WANTED].i);
  return TRUE;
}

const TlOpClass tl_op_batch_norm_grad = {
  .name = "batch_norm_grad",
  .doc = "Gradient of batch_norm.",
  .in = grad_ports,
  .out = tl_norm_grad_out_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
};
