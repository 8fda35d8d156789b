/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/kernels.h"
#include "core/op/pool-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, floating" }, { NULL } };

#define COUNT_INCLUDE_PAD                                                                        \
  {                                                                                              \
    "count_include_pad", "whether padding counts in the mean", TL_ATTR_BOOL, .def = {.i = TRUE } \
  }

static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, COUNT_INCLUDE_PAD, { NULL } };

static void
init_like (TlMeta       *self,
           const TlMeta *like,
           const TlDim  *shape)
{
  if (tl_meta_is_channels_last (like) && !tl_meta_is_contiguous (like))
    tl_meta_init_channels_last (self, like->dtype, 4, shape);
  else
    tl_meta_init (self, like->dtype, 4, shape);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim shape[4];

  if (!tl_pool_infer_shape (self, FALSE, shape, error))
    return FALSE;
  init_like (&self->out[0], self->in[0], shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_pool_fill_args (tl_prepare_args (self, TlPoolArgs), self->in[0], &self->out[0], self->attrs, FALSE);
  self->kernel = &tl_kernels_get ()->avg_pool_forward;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  g_autoptr (TlTensor) dy = tl_pool_take_layout (self->dy[0], &self->in[0]->meta, error);
  TlAttrValue          all[TL_POOL_N_ATTRS];

  if (dy == NULL)
    return FALSE;
  tl_pool_grad_attrs (self->attrs, &self->in[0]->meta, all);
  self->dx[0] = tl_op_apply1 (&tl_op_avg_pool2d_grad, &dy, 1, all, error);
  return self->dx[0] != NULL;
}

/**
 * tl_avg_pool2d:
 * @x: pictures, shape `[n, channels, height, width]`, floating
 * @kernel_size: (array fixed-size=2): height and width of the window
 * @stride: (array fixed-size=2) (nullable): step of the window; its size if %NULL
 * @padding: (array fixed-size=2): zeros around the picture, which count
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the mean of each window, or %NULL
 */
TlTensor *
tl_avg_pool2d (TlTensor     *x,
               const gint64 *kernel_size,
               const gint64 *stride,
               const gint64 *padding,
               GError      **error)
{
  const gint64     *step = stride != NULL ? stride : kernel_size;
  const TlAttrValue values[] = {
    TL_INTS2 (kernel_size[0], kernel_size[1]),
    TL_INTS2 (step[0], step[1]),
    TL_INTS2 (padding[0], padding[1]),
    TL_INT (FALSE),
    TL_INT (TRUE),
  };

  return tl_op_apply1 (&tl_op_avg_pool2d, &x, 1, values, error);
}

static const TlSample samples[] = {
  { "2,3,6,4", "kernel_size = {2}" },
  { "1,2,7,6", "kernel_size = {3, 2}, stride = {2, 1}, padding = {1, 0}" },
  { "1,2,5,5", "kernel_size = {2}, padding = {1}, count_include_pad = false" },
  { "1,2,6,5", "kernel_size = {2}, stride = {2}, ceil_mode = true" },
  { "1,1,1,1", "kernel_size = {1}" },
  { "0,2,4,4", "kernel_size = {2}" },
  { NULL },
};

const TlOpClass tl_op_avg_pool2d = {
  .name = "avg_pool2d",
  .group = "pooling",
  .doc = "The mean of each window.",
  .formula = "y[n, c, i, j] = mean of x[n, c, i stride + u - padding, ...] over u, v",
  .source = "LeCun et al. 1998, doi:10.1109/5.726791",
  .in = ports,
  .attrs = attrs,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .onnx = { "AveragePool", 1 },
  .torch = "torch.nn.functional.avg_pool2d(x0, kernel_size, stride or None, padding, ceil_mode, count_include_pad)",
};

/* Its gradient, as an operation of its own: linear, and its gradient is avg_pool2d. */

static const TlPort grad_ports[] = { { "dy", "gradient of the output" }, { NULL } };

static const TlAttrSpec grad_attrs[] = {
  TL_POOL_ATTRS,
  COUNT_INCLUDE_PAD,
  { "input_shape", "shape of x", TL_ATTR_INTS, .required = TRUE },
  { NULL },
};

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  init_like (&self->out[0], self->in[0], self->attrs[TL_POOL_ATTR_INPUT_SHAPE].v);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  tl_pool_fill_args (tl_prepare_args (self, TlPoolArgs), &self->out[0], self->in[0], self->attrs, FALSE);
  self->kernel = &tl_kernels_get ()->avg_pool_backward;
  return TRUE;
}

static gboolean
grad_gradient (TlGradient *self,
               GError    **error)
{
  self->dx[0] = tl_op_apply1 (&tl_op_avg_pool2d, self->dy, 1, self->attrs, error);
  return self->dx[0] != NULL;
}

const TlOpClass tl_op_avg_pool2d_grad = {
  .name = "avg_pool2d_grad",
  .doc = "Gradient of avg_pool2d.",
  .in = grad_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
  .gradient = grad_gradient,
};
