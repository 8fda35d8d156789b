/* SPDX-License-Identifier: Apache-2.0 */
#include "core/nn/batch-norm-common.h"

#include "core/base/error.h"
#include "core/op/ops.h"

enum { NUM_FEATURES,
       EPS,
       MOMENTUM,
       AFFINE };
enum { V_WEIGHT,
       V_BIAS,
       V_MEAN,
       V_VAR,
       V_TRACKED };

const TlAttrSpec tl_batch_norm_attrs[] = {
  { "num_features", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "eps", "added to the variance", TL_ATTR_FLOAT, .def = { .d = 1e-5 }, .has_range = TRUE, .max = 1 },
  { "momentum", "share of the new value in the running statistics", TL_ATTR_FLOAT, .def = { .d = 0.1 }, .has_range = TRUE, .max = 1 },
  { "affine", "whether the result is scaled and shifted by parameters", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

gboolean
tl_batch_norm_setup (TlLayerSetup *self,
                     guint         min_rank,
                     guint         max_rank,
                     const char   *axes,
                     GError      **error)
{
  TlInit          zeros = { &tl_initializer_zeros }, ones = { &tl_initializer_ones, 1 };
  TlLayerVariable tracked = { "num_batches_tracked", TL_VARIABLE_BUFFER, .init = zeros };
  TlDim           n;

  if (self->n_in > 0 && (self->in[0]->rank < min_rank || self->in[0]->rank > max_rank)) {
    g_autofree char *shape = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be %s, not %s", axes, shape);
  }
  if (!tl_layer_in_size (self, 0, 1, NUM_FEATURES, &n, error))
    return FALSE;
  if (self->attrs[AFFINE].i) {
    tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 1, &n, ones);
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n, zeros);
  }
  tl_layer_declare (self, V_MEAN, "running_mean", TL_VARIABLE_BUFFER, 1, &n, zeros);
  tl_layer_declare (self, V_VAR, "running_var", TL_VARIABLE_BUFFER, 1, &n, ones);
  tl_meta_init (&tracked.meta, TL_DTYPE_I64, 0, NULL);
  tl_layer_declare_as (self, V_TRACKED, &tracked);
  return TRUE;
}

gboolean
tl_batch_norm_layer_forward (TlLayerForward *self,
                             GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  g_autoptr (TlTensor) y = tl_batch_norm (self->in[0], weight, bias, tl_layer_own (self, V_MEAN), tl_layer_own (self, V_VAR),
                                          self->training, self->attrs[MOMENTUM].d, self->attrs[EPS].d, error);
  g_autoptr (TlTensor) call = NULL;

  if (y == NULL || (self->training && !tl_next_call (tl_layer_own (self, V_TRACKED), &call, error)))
    return FALSE;
  self->out[0] = g_steal_pointer (&y);
  return TRUE;
}
