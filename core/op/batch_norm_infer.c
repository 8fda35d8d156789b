/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/norm-common.h"

enum { X,
       MEAN,
       VAR,
       WEIGHT,
       BIAS };

static const TlPort ports[] = {
  { "x", "`[n, channels, ...]`, floating", TL_PORT_CHANNELS_LAST },
  { "mean", "of each channel", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "var", "of each channel", TL_PORT_NODIFF | TL_PORT_CONTIGUOUS },
  { "weight", "scale of each channel", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { "bias", "what is added to each channel", TL_PORT_OPTIONAL | TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = { TL_NORM_EPS, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  if (!tl_batch_norm_check (self, MEAN, 4, error))
    return FALSE;
  tl_infer_out_like (self, 0, self->in[X]->dtype, X);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_batch_norm_fill_args (tl_prepare_args (self, TlBatchNormArgs), self->in[X], &self->out[0], self->attrs[0].d);
  self->kernel = &tl_kernels_get ()->batch_norm_infer;
  tl_prepare_data (self, TL_OPERAND_IN (X), tl_operand_in (self, WEIGHT), tl_operand_in (self, BIAS), TL_OPERAND_IN (MEAN),
                   TL_OPERAND_IN (VAR), TL_OPERAND_OUT (0));
  return TRUE;
}

/* (x - mean) / sqrt (var + eps), with the statistics spread over x; @scale gets the factor. */
static TlTensor *
normalise (TlGradient *self,
           TlTensor  **scale,
           GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  g_autoptr (TlTensor) eps = tl_tensor_new_number (self->attrs[0].d, FALSE);
  g_autoptr (TlTensor) mean = tl_batch_norm_spread (self->in[MEAN], x, error);
  g_autoptr (TlTensor) var = tl_batch_norm_spread (self->in[VAR], x, error);

  *scale = tl_map_text ("rsqrt (a + b)", error, 2, var, eps);
  return tl_map_text ("(a - b) * c", error, 3, self->in[X], mean, *scale);
}

static TlTensor *
sum_channels (TlTensor     *tensor,
              const TlMeta *x,
              GError      **error)
{
  gint  axes[TL_TENSOR_MAX_RANK];
  guint n = tl_batch_norm_axes (x, axes);

  return tensor != NULL ? tl_sum (tensor, axes, n, FALSE, error) : NULL;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  g_autoptr (TlTensor) scale = NULL;
  g_autoptr (TlTensor) normal = normalise (self, &scale, error);

  if (normal == NULL)
    return FALSE;
  if (self->needs[X]) {
    g_autoptr (TlTensor) weight = NULL;

    if (tl_has_in (self, WEIGHT))
      weight = tl_batch_norm_spread (self->in[WEIGHT], x, error);
    if (weight != NULL)
      self->dx[X] = tl_map_text ("a * (b * c)", error, 3, self->dy[0], scale, weight);
    else if (!tl_has_in (self, WEIGHT))
      self->dx[X] = tl_map_text ("a * b", error, 2, self->dy[0], scale);
    if (self->dx[X] == NULL)
      return FALSE;
  }
  if (tl_has_in (self, WEIGHT) && self->needs[WEIGHT]) {
    g_autoptr (TlTensor) part = tl_map_text ("a * b", error, 2, self->dy[0], normal);

    self->dx[WEIGHT] = sum_channels (part, x, error);
    if (self->dx[WEIGHT] == NULL)
      return FALSE;
  }
  if (tl_has_in (self, BIAS) && self->needs[BIAS]) {
    self->dx[BIAS] = sum_channels (self->dy[0], x, error);
    return self->dx[BIAS] != NULL;
  }
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[X]->meta;
  g_autoptr (TlTensor) scale = NULL;
  g_autoptr (TlTensor) y = normalise (self, &scale, error);

  for (guint i = WEIGHT; i <= BIAS; i++)
    if (tl_has_in (self, i)) {
      g_autoptr (TlTensor) old = g_steal_pointer (&y);
      g_autoptr (TlTensor) wide = tl_batch_norm_spread (self->in[i], x, error);

      y = tl_map_text (i == WEIGHT ? "a * b" : "a + b", error, 2, old, wide);
    }
  self->dx[0] = g_steal_pointer (&y);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "4,3,5,2; 3; 3; 3; 3", .low = 0.2, .high = 2 },
  { "6,4; 4; 4", .low = 0.2, .high = 2 },
  { "2,1,3,3; 1; 1; 1; 1", "eps = 0.001", .low = 0.2, .high = 2 },
  { "0,3,2,2; 3; 3; 3; 3" },
  { NULL },
};

const TlOpClass tl_op_batch_norm_infer = {
  .name = "batch_norm_infer",
  .group = "normalisation",
  .doc = "Normalisation of each channel by given statistics, after training.",
  .formula = "y = (x - mean) / sqrt (var + eps) weight + bias",
  .source = "Ioffe & Szegedy 2015, arXiv:1502.03167",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_INTERNAL,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.nn.functional.batch_norm(x0, x1, x2, *x[3:], training=False, eps=eps)",
};
