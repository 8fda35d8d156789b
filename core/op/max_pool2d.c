/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/kernels/kernels.h"
#include "core/op/pool-common.h"

static const TlPort ports[] = { { "x", "pictures `[n, channels, height, width]`, floating" }, { NULL } };

static const TlPort out_ports[] = {
  { "y", "largest elements" },
  { "index", "where each was in its window", TL_PORT_NODIFF },
  { NULL },
};

#define DILATION                                                                                             \
  {                                                                                                          \
    "dilation", "distance of the window's elements", TL_ATTR_INTS, .def = { .n = 1, .v = { 1 } },            \
                                                                   .has_range = TRUE, .min = 1, .max = 65536 \
  }

static const TlAttrSpec attrs[] = { TL_POOL_ATTRS, DILATION, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  TlDim  shape[4];
  TlMeta like;

  if (!tl_pool_infer_shape (self, TRUE, shape, error))
    return FALSE;
  like = *self->in[0];
  if (tl_meta_is_channels_last (&like) && !tl_meta_is_contiguous (&like))
    tl_meta_init_channels_last (&self->out[0], like.dtype, 4, shape);
  else
    tl_meta_init (&self->out[0], like.dtype, 4, shape);
  tl_meta_init_channels_last (&self->out[1], tl_pool_index_dtype (self->attrs), 4, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  tl_pool_fill_args (tl_prepare_args (self, TlPoolArgs), self->in[0], &self->out[0], self->attrs, TRUE);
  self->kernel = &tl_kernels_get ()->max_pool_forward;
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  g_autoptr (TlTensor) dy = tl_pool_take_layout (self->dy[0], &self->in[0]->meta, error);
  TlTensor            *in[] = { dy, self->out[1] };
  TlAttrValue          all[TL_POOL_N_ATTRS];

  if (dy == NULL)
    return FALSE;
  tl_pool_grad_attrs (self->attrs, &self->in[0]->meta, all);
  self->dx[0] = tl_op_apply1 (&tl_op_max_pool2d_grad, in, 2, all, error);
  return self->dx[0] != NULL;
}

/* The picture inside a frame of -inf that every window fits in. */
static TlTensor *
pad (TlGradient   *self,
     const TlMeta *y,
     GError      **error)
{
  TlTensor *x = tl_tensor_ref (self->in[0]);

  for (guint i = 0; i < 2 && x != NULL; i++) {
    gint64 low = tl_attr_pair (&self->attrs[TL_POOL_ATTR_PADDING], i);
    gint64 reach = tl_attr_pair (&self->attrs[TL_POOL_ATTR_EXTRA], i) *
                   (tl_attr_pair (&self->attrs[TL_POOL_ATTR_KERNEL_SIZE], i) - 1);
    TlDim                wanted = (y->shape[2 + i] - 1) * tl_pool_get_stride (self->attrs, i) + reach + 1;
    g_autoptr (TlTensor) old = x;

    x = tl_slice_scatter (old, 2 + i, low, 1, MAX (wanted, low + old->meta.shape[2 + i]), -HUGE_VAL, error);
  }
  return x;
}

/* What lies at one place of all windows. */
static TlTensor *
take (TlGradient   *self,
      TlTensor     *padded,
      const TlMeta *y,
      const gint64 *at,
      GError      **error)
{
  TlTensor *x = tl_tensor_ref (padded);

  for (guint i = 0; i < 2 && x != NULL; i++) {
    gint64               start = at[i] * tl_attr_pair (&self->attrs[TL_POOL_ATTR_EXTRA], i);
    gint64               stride = tl_pool_get_stride (self->attrs, i);
    g_autoptr (TlTensor) old = x;

    x = tl_slice (old, 2 + (gint)i, start, start + (y->shape[2 + i] - 1) * stride + 1, stride, error);
  }
  return x;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlAttrValue   *kernel = &self->attrs[TL_POOL_ATTR_KERNEL_SIZE];
  const TlMeta        *metas[] = { &self->in[0]->meta };
  TlMeta               out[2];
  TlInfer              infer_out = { self->op, 1, metas, self->attrs, 2, out };
  g_autoptr (TlTensor) padded = NULL;
  g_autoptr (TlTensor) best = NULL;

  if (!infer (&infer_out, error) || (padded = pad (self, &out[0], error)) == NULL)
    return FALSE;
  for (gint64 i = 0; i < tl_attr_pair (kernel, 0); i++)
    for (gint64 j = 0; j < tl_attr_pair (kernel, 1); j++) {
      g_autoptr (TlTensor) next = take (self, padded, &out[0], (const gint64[]){ i, j }, error);
      g_autoptr (TlTensor) old = g_steal_pointer (&best);

      best = old != NULL && next != NULL ? tl_maximum (old, next, error) : g_steal_pointer (&next);
      if (best == NULL)
        return FALSE;
    }
  self->dx[0] = g_steal_pointer (&best);
  return TRUE;
}

/**
 * tl_max_pool2d:
 * @x: pictures, shape `[n, channels, height, width]`, floating
 * @kernel_size: (array fixed-size=2): height and width of the window
 * @stride: (array fixed-size=2) (nullable): step of the window; its size if %NULL
 * @padding: (array fixed-size=2): elements around the picture that do not count
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_VALUE
 *
 * Returns: (transfer full): the largest element of each window, or %NULL
 */
TlTensor *
tl_max_pool2d (TlTensor     *x,
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
    TL_INTS1 (1),
  };
  TlTensor *out[2];

  if (!tl_op_apply (&tl_op_max_pool2d, &x, 1, values, out, 2, error))
    return NULL;
  tl_tensor_unref (out[1]);
  return out[0];
}

static const TlSample samples[] = {
  { "2,3,6,4", "kernel_size = {2}" },
  { "1,2,7,6", "kernel_size = {3, 2}, stride = {2, 1}, padding = {1, 0}" },
  { "1,2,6,5", "kernel_size = {2}, stride = {2}, ceil_mode = true" },
  { "1,1,7,7", "kernel_size = {2}, dilation = {2}" },
  { "1,1,1,1", "kernel_size = {1}" },
  { "0,2,4,4", "kernel_size = {2}" },
  { NULL },
};

const TlOpClass tl_op_max_pool2d = {
  .name = "max_pool2d",
  .group = "pooling",
  .doc = "The largest element of each window.",
  .formula = "y[n, c, i, j] = max of x[n, c, i stride + u dilation - padding, ...] over u, v",
  .source = "Weng, Ahuja & Huang 1992, Cresceptron: a self-organizing neural network which grows adaptively",
  .in = ports,
  .out = out_ports,
  .attrs = attrs,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "MaxPool", 1 },
  .torch = "torch.nn.functional.max_pool2d(x0, kernel_size, stride or None, padding, dilation, ceil_mode)",
};

/* Its gradient, as an operation of its own. */

static const TlPort grad_ports[] = {
  { "dy", "gradient of the output" },
  { "index", "of the forward pass", TL_PORT_NODIFF | TL_PORT_CHANNELS_LAST },
  { "y", "of the forward pass, where a mask is absorbed", TL_PORT_NODIFF | TL_PORT_OPTIONAL },
  { NULL },
};

/*
 * The gradient of a ReLU before the pooling: what passes is where x is positive, and gradients only arrive where x is its window's
 * largest element, so that the pooled result, which is smaller, says the same.
 */
static const TlEpilogue grad_epilogues[] = {
  { "select (b > 0, a, 0)", TL_POOL_ATTR_EPILOGUE, TL_EPILOGUE_RELU_MASK, .aux_port = 2, .through_port = 1 },
  { NULL },
};

static const TlAttrSpec grad_attrs[] = {
  TL_POOL_ATTRS,
  DILATION,
  { "input_shape", "shape of x", TL_ATTR_INTS, .required = TRUE },
  TL_ATTR_EPILOGUE,
  { NULL },
};

static gboolean
grad_infer (TlInfer *self,
            GError **error)
{
  const TlMeta *dy = self->in[0];
  const TlDim  *shape = self->attrs[TL_POOL_ATTR_INPUT_SHAPE].v;

  if (tl_meta_is_channels_last (dy) && !tl_meta_is_contiguous (dy))
    tl_meta_init_channels_last (&self->out[0], dy->dtype, 4, shape);
  else
    tl_meta_init (&self->out[0], dy->dtype, 4, shape);
  return TRUE;
}

static gboolean
grad_prepare (TlPrepare *self,
              GError   **error)
{
  TlPoolArgs *args = tl_prepare_args (self, TlPoolArgs);
  gboolean    masked = self->attrs[TL_POOL_ATTR_EPILOGUE].i == TL_EPILOGUE_RELU_MASK;

  tl_pool_fill_args (args, &self->out[0], self->in[0], self->attrs, TRUE);
  args->has_mask = masked;
  for (guint i = 0; i < 4 && masked; i++)
    args->mask_stride[i] = self->in[2]->strides[i];
  self->kernel = &tl_kernels_get ()->max_pool_backward;
  tl_prepare_data (self, TL_OPERAND_IN (0), TL_OPERAND_IN (1), TL_OPERAND_OUT (0),
                   masked ? TL_OPERAND_IN (2) : TL_OPERAND_NONE);
  return TRUE;
}

const TlOpClass tl_op_max_pool2d_grad = {
  .name = "max_pool2d_grad",
  .doc = "Gradient of max_pool2d.",
  .in = grad_ports,
  .attrs = grad_attrs,
  .flags = TL_OP_INTERNAL,
  .infer = grad_infer,
  .prepare = grad_prepare,
  .epilogues = grad_epilogues,
};
