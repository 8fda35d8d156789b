/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/error.h"
#include "core/nn/layer-private.h"

enum { IN_CHANNELS,
       OUT,
       KERNEL,
       STRIDE,
       PADDING,
       DILATION,
       GROUPS,
       BIAS };
enum { V_WEIGHT,
       V_BIAS };

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "in_channels", "channels of the input; 0 takes them from the input", TL_ATTR_INT, .has_range = TRUE, .max = G_MAXINT32 },
  { "out", "channels of the output", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .alias = "out_channels" },
  { "kernel", "height and width of the window, in pixels", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = 65535, .alias = "kernel_size", .n = 2 },
  { "stride", "step of the window, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "padding", "zeros on each side, in pixels", TL_ATTR_INTS, .def = { .n = 2 }, .has_range = TRUE, .max = 65535, .n = 2 },
  { "dilation", "distance of the window's elements, in pixels", TL_ATTR_INTS, .def = { .n = 2, .v = { 1, 1 } }, .has_range = TRUE, .min = 1, .max = 65535, .n = 2 },
  { "groups", "groups of channels that do not see each other", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "bias", "whether a bias is added", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { NULL },
};

static gboolean
setup (TlLayerSetup *self,
       GError      **error)
{
  const TlAttrValue *a = self->attrs;
  TlDim              n_out = a[OUT].i, n_in, groups = a[GROUPS].i;
  TlInit             weight = { &tl_initializer_kaiming_uniform, tl_initializer_kaiming_uniform.default_a };

  if (self->n_in > 0 && self->in[0]->rank != 4) {
    g_autofree char *shape = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "the input must be [n, channels, height, width], not %s",
                          shape);
  }
  if (!tl_layer_in_size (self, 0, 1, IN_CHANNELS, &n_in, error))
    return FALSE;
  if (n_in % groups != 0 || n_out % groups != 0)
    return tl_layer_fail (self->klass, TL_ERROR_VALUE, error,
                          "%" G_GINT64_FORMAT " input and %" G_GINT64_FORMAT
                          " output channels cannot be split into %" G_GINT64_FORMAT " groups",
                          n_in, n_out, groups);
  tl_layer_declare (self, V_WEIGHT, "weight", TL_VARIABLE_PARAMETER, 4,
                    (const TlDim[]){ n_out, n_in / groups, a[KERNEL].v[0], a[KERNEL].v[1] }, weight);
  if (a[BIAS].i)
    tl_layer_declare (self, V_BIAS, "bias", TL_VARIABLE_PARAMETER, 1, &n_out,
                      (TlInit){ &tl_initializer_uniform,
                                1 / sqrt ((double)MAX (n_in / groups * a[KERNEL].v[0] * a[KERNEL].v[1], 1)) });
  return TRUE;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  g_autoptr (TlTensor) weight = tl_layer_read (self, V_WEIGHT);
  g_autoptr (TlTensor) bias = tl_layer_read (self, V_BIAS);
  TlTensor            *in[] = { self->in[0], weight, bias };

  return tl_layer_apply (self, in, bias != NULL ? 3 : 2, error);
}

static const TlSample samples[] = {
  { "2,3,5,6", "out = 4, kernel = 3" },
  { "2,3,5,6", "out = 4, kernel = {3, 2}, stride = {2, 1}, padding = {1, 0}, bias = false" },
  { "1,4,6,6", "out = 4, kernel = 3, groups = 2, dilation = 2, padding = 2" },
  { "2,1,1,1", "out = 1, kernel = 1" },
  { NULL },
};

const TlLayerClass tl_layer_Conv2d = {
  .name = "Conv2d",
  .group = "convolution",
  .doc = "Convolution of pictures (cross-correlation, as everywhere in deep learning).",
  .formula = "y[n, o] = b[o] + sum over c of w[o, c] * x[n, c]",
  .source = "LeCun et al. 1989, doi:10.1162/neco.1989.1.4.541; first values: He et al. 2015, arXiv:1502.01852",
  .in = ports,
  .attrs = attrs,
  .op = "conv2d",
  .setup = setup,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Conv2d(x0.shape[1], out, kernel, stride, padding, dilation, groups, bias)",
};
