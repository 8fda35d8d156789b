/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/conv-common.h"

enum { IN_CHANNELS,
       OUT,
       KERNEL,
       STRIDE,
       PADDING,
       DILATION,
       DEPTH_MULTIPLIER,
       BIAS };
enum { P_DEPTHWISE,
       P_POINTWISE };

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "in_channels", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32, .names = tl_layer_from_input },
  { "out", "channels of the output", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_channels" },
  { "kernel", "height and width of the window, in pixels", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = 2 },
  { "stride", "step of the window, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "padding", "zeros on each side, in pixels; same: as many as keep the size, the odd one behind", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 65535, .n = 2, .words = tl_conv_layer_paddings },
  { "dilation", "distance of the window's elements, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "depth_multiplier", "channels that the windows make of each channel", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65535 },
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  const TlLayerClass *conv = tl_layer_find ("Conv2d");
  TlDim               n_in, n_between;

  if (!tl_layer_in_size (self, 0, 1, IN_CHANNELS, &n_in, error))
    return FALSE;
  n_between = n_in * self->attrs[DEPTH_MULTIPLIER].i;
  return tl_layer_declare_part (self, P_DEPTHWISE, "depthwise", conv,
                                (const TlLayerAttr[]){ { "in_channels", TL_INPUT_INT (n_in) },
                                                       { "out", TL_INPUT_INT (n_between) },
                                                       { "groups", TL_INPUT_INT (n_in) },
                                                       { "bias", TL_INPUT_BOOL (FALSE) } },
                                4, self->in, self->n_in, error) &&
         tl_layer_declare_part (self, P_POINTWISE, "pointwise", conv,
                                (const TlLayerAttr[]){ { "in_channels", TL_INPUT_INT (n_between) },
                                                       { "kernel", TL_INPUT_INT (1) },
                                                       { "stride", TL_INPUT_INT (1) },
                                                       { "padding", TL_INPUT_INT (0) },
                                                       { "dilation", TL_INPUT_INT (1) } },
                                5, NULL, 0, error);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) between = tl_layer_run_part1 (self, P_DEPTHWISE, self->in[0], error);

  self->out[0] = between != NULL ? tl_layer_run_part1 (self, P_POINTWISE, between, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,5,6", "out = 4, kernel = 3" },
  { "1,2,6,5", "out = 3, kernel = {3, 2}, stride = 2, padding = 1, depth_multiplier = 2, bias = false" },
  { "1,2,6,6", "out = 2, kernel = 2, dilation = 2" },
  { "1,2,5,4", "out = 2, kernel = {2, 3}, padding = same" },
  { NULL },
};

const TlLayerClass tl_layer_SeparableConv2d = {
  .name = "SeparableConv2d",
  .group = "convolution",
  .doc = "Convolution in two steps: a window for each channel, then a mixture of the channels at each pixel.",
  .formula = "y = pointwise * (depthwise * x)",
  .source = "Chollet 2017, arXiv:1610.02357",
  .in = ports,
  .attrs = attrs,
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Sequential(collections.OrderedDict("
           "depthwise=torch.nn.Conv2d(x0.shape[1], x0.shape[1] * depth_multiplier, kernel, stride, padding or 'same', dilation, x0.shape[1], False), "
           "pointwise=torch.nn.Conv2d(x0.shape[1] * depth_multiplier, out, 1, bias=bias)))",
};
