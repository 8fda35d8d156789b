/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/nn/layer-private.h"
#include "core/op/ops.h"

enum { IN_FEATURES,
       OUT,
       BIAS,
       WEIGHT_INIT,
       BIAS_INIT };
enum { V_WEIGHT,
       V_BIAS };

static const TlAttrSpec attrs[] = {
  { "in_features", "size of the input's last axis; 0 takes it from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },
  { "out", "size of the output's last axis", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_features" },
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } },
  TL_LAYER_INIT_ATTRS,
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  TlDim  n_out = self->attrs[OUT].i, n_in;
  TlInit weight = { &tl_initializer_kaiming_uniform, tl_initializer_kaiming_uniform.default_a };
  TlInit bias = { &tl_initializer_uniform };

  if (!tl_layer_in_size (self, 0, -1, IN_FEATURES, &n_in, error))
    return FALSE;
  bias.a = 1 / sqrt ((double)MAX (n_in, 1));
  if (!tl_layer_choose_init (self, WEIGHT_INIT, &weight, error) || !tl_layer_choose_init (self, BIAS_INIT, &bias, error))
    return FALSE;
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 2, (const TlDim[]){ n_out, n_in }, weight);
  if (self->attrs[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n_out, bias);
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);

  self->out[0] = tl_linear (self->in[0], weight, bias, error);
  return self->out[0] != NULL;
}

static const TlSample samples[] = { { "3,4", "out = 5" }, { "2,3,4", "out = 2, bias = false" }, { "1,1", "out = 1" }, { "2,3", "out = 3, weight_init = orthogonal, bias_init = constant(0.5)" }, { NULL } };

const TlLayerClass tl_layer_Linear = {
  .name = "Linear",
  .group = "linear",
  .doc = "Fully connected layer: an affine map of the last axis.",
  .formula = "y = x W' + b",
  .source = "Rosenblatt 1958, doi:10.1037/h0042519; first values: He et al. 2015, arXiv:1502.01852",
  .in = tl_layer_ports_x,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Linear(x0.shape[-1], out, bias)",
};
