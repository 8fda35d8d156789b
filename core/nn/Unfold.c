/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/fold-common.h"
#include "core/op/ops.h"

static const TlPort     ports[] = { { "x", "pictures `[n, channels, height, width]`" }, { NULL } };
static const TlAttrSpec attrs[] = { TL_FOLD_WINDOW, { NULL } };

/* Zeros around an axis. */
static TlTensor *
pad (TlTensor *x,
     guint     axis,
     gint64    padding,
     GError  **error)
{
  return padding > 0 ? tl_slice_scatter (x, axis, padding, 1, tl_dim_add (tl_tensor_get_shape (x)[axis], 2 * padding), 0, error)
                     : tl_tensor_ref (x);
}

/* The pixels that are at place (i, j) of their windows, [n, channels, n_high n_wide]. */
static TlTensor *
at_place (TlTensor          *x,
          const TlAttrValue *window,
          gint64             i,
          gint64             j,
          const TlDim       *counts,
          GError           **error)
{
  const TlDim         *shape = tl_tensor_get_shape (x);
  gint64               place[] = { i, j };
  g_autoptr (TlTensor) picked = tl_tensor_ref (x);

  for (guint axis = 0; axis < 2; axis++) {
    gint64    first = place[axis] * window[TL_FOLD_DILATION].v[axis], step = window[TL_FOLD_STRIDE].v[axis];
    TlTensor *next = tl_slice_at (picked, (gint)axis + 2, first, counts[axis], step, error);

    if (next == NULL)
      return NULL;
    tl_tensor_unref (picked);
    picked = next;
  }
  return tl_reshape (picked, 3, (const TlDim[]){ shape[0], shape[1], tl_dim_mul (counts[0], counts[1]) }, error);
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlAttrValue    *window = self->attrs;
  const TlMeta         *x = tl_tensor_get_meta (self->in[0]);
  TlDim                 counts[2], n_window = window[TL_FOLD_KERNEL].v[0] * window[TL_FOLD_KERNEL].v[1];
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  g_autoptr (TlTensor)  wide = NULL;
  g_autoptr (TlTensor)  padded = NULL;
  g_autoptr (TlTensor)  stacked = NULL;

  if (x->rank != 4 || n_window > 65535) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error,
                          "pictures [n, channels, height, width] and a window of at most 65535 pixels are wanted, not %s", shape);
  }
  for (guint axis = 0; axis < 2; axis++) {
    counts[axis] = tl_fold_count (window, axis, x->shape[2 + axis]);
    if (counts[axis] == 0 || counts[axis] == TL_DIM_INVALID)
      return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error, "no window fits axis %u of %" G_GINT64_FORMAT " pixels", 2 + axis,
                            x->shape[2 + axis]);
  }
  wide = pad (self->in[0], 2, window[TL_FOLD_PADDING].v[0], error);
  padded = wide != NULL ? pad (wide, 3, window[TL_FOLD_PADDING].v[1], error) : NULL;
  for (gint64 k = 0; k < n_window && padded != NULL; k++) {
    TlTensor *one = at_place (padded, window, k / window[TL_FOLD_KERNEL].v[1], k % window[TL_FOLD_KERNEL].v[1], counts, error);

    if (one == NULL)
      return FALSE;
    g_ptr_array_add (places, one);
  }
  stacked = padded != NULL ? tl_stack ((TlTensor *const *)places->pdata, places->len, 2, error) : NULL;
  self->out[0] = stacked != NULL ? tl_reshape (stacked, 3, (const TlDim[]){ x->shape[0], tl_dim_mul (x->shape[1], n_window), tl_dim_mul (counts[0], counts[1]) }, error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "2,3,4,5", "kernel = 2" },
  { "1,2,5,6", "kernel = {3, 2}, stride = 2, padding = {1, 0}" },
  { "1,1,5,5", "kernel = 2, dilation = 2" },
  { NULL },
};

const TlLayerClass tl_layer_Unfold = {
  .name = "Unfold",
  .group = "convolution",
  .doc = "Each window of pictures as a column.",
  .formula = "y[n, (c, u, v), (i, j)] = x[n, c, i stride + u dilation - padding, j stride + v dilation - padding]",
  .source = "Chellapilla, Puri & Simard 2006, High performance convolutional neural networks for document processing",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Unfold(kernel, dilation, padding, stride)",
};
