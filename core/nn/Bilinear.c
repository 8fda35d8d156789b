/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"
#include "core/op/ops.h"

enum { IN1_FEATURES,
       IN2_FEATURES,
       OUT,
       BIAS,
       WEIGHT_INIT,
       BIAS_INIT };
enum { V_WEIGHT,
       V_BIAS };

static const TlPort ports[] = { { "x1", "`[..., features]`" }, { "x2", "`[..., features]`, of the same leading shape" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "in1_features", "size of the first input's last axis; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },
  { "in2_features", "size of the second input's last axis; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },
  { "out", "size of the output's last axis", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_features" },
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } },
  TL_LAYER_INIT_ATTRS,
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim  n_out = self->attrs[OUT].i, n1, n2;
  TlInit weight = { &tl_initializer_uniform }, bias;

  if (!tl_layer_in_size (self, 0, -1, IN1_FEATURES, &n1, error) || !tl_layer_in_size (self, 1, -1, IN2_FEATURES, &n2, error))
    return FALSE;
  weight.a = 1 / sqrt ((double)MAX (n1, 1));
  bias = weight;
  if (!tl_layer_choose_init (self, WEIGHT_INIT, &weight, error) || !tl_layer_choose_init (self, BIAS_INIT, &bias, error))
    return FALSE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 3, (const TlDim[]){ n_out, n1, n2 }, weight);
  if (self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n_out, bias);
  return TRUE;
}

/* x1 times the weight as a matrix [in1, out in2], then times x2 along in2. */
static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  static const gint    last = -1;
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  TlDim                n1 = x->shape[x->rank - 1], n_out = self->attrs[OUT].i, shape[TL_TENSOR_MAX_RANK];
  TlDim                n2 = tl_tensor_get_shape (self->in[1])[tl_tensor_get_rank (self->in[1]) - 1];
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  g_autoptr (TlTensor) turned = NULL;
  g_autoptr (TlTensor) matrix = NULL;
  g_autoptr (TlTensor) flat = NULL;
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) x2 = NULL;
  g_autoptr (TlTensor) product = NULL;
  g_autoptr (TlTensor) sum = NULL;

  if (x->rank + 1u > TL_TENSOR_MAX_RANK)
    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "inputs may have %d axes, not %u", TL_TENSOR_MAX_RANK - 1, x->rank);
  for (guint i = 0; i < x->rank; i++)
    shape[i] = x->shape[i];
  shape[x->rank - 1] = n_out;
  shape[x->rank] = n2;
  turned = tl_permute (weight, (const guint[]){ 1, 0, 2 }, error);
  matrix = turned != NULL ? tl_reshape (turned, 2, (const TlDim[]){ n1, n_out * n2 }, error) : NULL;
  flat = matrix != NULL ? tl_matmul (self->in[0], matrix, error) : NULL;
  open = flat != NULL ? tl_reshape (flat, x->rank + 1u, shape, error) : NULL;
  x2 = open != NULL ? tl_unsqueeze (self->in[1], -2, error) : NULL;
  product = x2 != NULL ? tl_mul (open, x2, error) : NULL;
  sum = product != NULL ? tl_sum (product, &last, 1, FALSE, error) : NULL;
  if (sum == NULL)
    return FALSE;
  self->out[0] = bias != NULL ? tl_add (sum, bias, error) : g_steal_pointer (&sum);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4; 3,2", "out = 5" }, { "2,3,2; 2,3,3", "out = 2, bias = false" }, { NULL } };

const TlLayerClass tl_layer_Bilinear = {
  .name = "Bilinear",
  .group = "linear",
  .doc = "A form that is linear in each of two inputs.",
  .formula = "y[o] = x1' W[o] x2 + b[o]",
  .source = "Tenenbaum & Freeman 2000, doi:10.1162/089976600300015349",
  .in = ports,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Bilinear(x0.shape[-1], x1.shape[-1], out, bias)",
};
