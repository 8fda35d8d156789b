/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/dropout-common.h"

#include <math.h>

#include "core/base/error.h"
#include "core/op/common.h"

const TlAttrSpec tl_dropout_attrs[] = {
  { "p", "probability with which something becomes zero", TL_ATTR_FLOAT, .def = { .d = 0.5 }, .has_range = TRUE, .max = 1 },
  { NULL },
};

gboolean
tl_dropout_setup (TlLayerSetup *self,
                  GError      **error)
{
  tl_layer_declare (self, 0, "calls", TL_VARIABLE_COUNTER, 0, NULL, (TlInit){ &tl_initializer_zeros });
  return TRUE;
}

TlTensor *
tl_dropout_mask (TlLayerForward *self,
                 guint           rank,
                 GError        **error)
{
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  TlDim                shape[TL_TENSOR_MAX_RANK];
  g_autoptr (TlTensor) ones = NULL;

  for (guint i = 0; i < x->rank; i++)
    shape[i] = i < rank ? x->shape[i] : 1;
  ones = tl_full (x->rank, shape, 1, x->dtype, error);
  return ones != NULL ? tl_dropout (ones, self->attrs[0].d, tl_layer_own (self, 0), error) : NULL;
}

TlTensor *
tl_dropout_noise (TlLayerForward *self,
                  GError        **error)
{
  const TlMeta *x = tl_tensor_get_meta (self->in[0]);

  return tl_randn (x->rank, x->shape, 0, 1, x->dtype, tl_layer_own (self, 0), error);
}

gboolean
tl_dropout_channels (TlLayerForward *self,
                     GError        **error)
{
  g_autoptr (TlTensor) mask = NULL;

  if (!self->training || self->attrs[0].d == 0) {
    self->out[0] = tl_tensor_ref (self->in[0]);
    return TRUE;
  }
  if (tl_tensor_get_rank (self->in[0]) < 2)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be [n, channels, ...]");
  mask = tl_dropout_mask (self, 2, error);
  self->out[0] = mask != NULL ? tl_mul (self->in[0], mask, error) : NULL;
  return self->out[0] != NULL;
}

/* y = a (x where kept, else SATURATED) + b, so that mean 0 and variance 1 stay. */
gboolean
tl_dropout_alpha (TlLayerForward *self,
                  guint           rank,
                  GError        **error)
{
  const double         saturated = -1.7580993408473766; /* what SELU tends to: -scale alpha */
  double               p = self->attrs[0].d, a = p < 1 ? 1 / sqrt ((1 - p) * (1 + p * saturated * saturated)) : 0;
  double               numbers[] = { 1 - p, a, a * saturated, -a * p * saturated };
  g_autoptr (TlTensor) mask = NULL;

  if (!self->training || p == 0) {
    self->out[0] = tl_tensor_ref (self->in[0]);
    return TRUE;
  }
  mask = tl_dropout_mask (self, rank, error);
  if (mask == NULL)
    return FALSE;
  self->out[0] = tl_map_numbers ("d * (a * b * c) + (e * (1 - b * c) + f)", (TlTensor *[]){ self->in[0], mask }, 2, numbers, 4, error);
  return self->out[0] != NULL;
}
