/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/nn/fold-common.h"
#include "core/op/ops.h"

enum { OUTPUT_SIZE,
       WINDOW };

static const TlPort ports[] = { { "x", "columns `[n, channels height width of the window, windows]`" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "output_size", "height and width of the pictures", TL_ATTR_INTS, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32, .n = 2 },
  TL_FOLD_WINDOW,
  { NULL },
};

/* Pixels [n, channels, n_high, n_wide] at their places of pictures with padding. */
static TlTensor *
spread (TlTensor          *pixels,
        const TlAttrValue *window,
        const TlDim       *size,
        gint64             i,
        gint64             j,
        GError           **error)
{
  g_autoptr (TlTensor) high = tl_slice_scatter (pixels, 2, i * window[TL_FOLD_DILATION].v[0], window[TL_FOLD_STRIDE].v[0],
                                                size[0] + 2 * window[TL_FOLD_PADDING].v[0], 0, error);

  return high != NULL ? tl_slice_scatter (high, 3, j * window[TL_FOLD_DILATION].v[1], window[TL_FOLD_STRIDE].v[1],
                                          size[1] + 2 * window[TL_FOLD_PADDING].v[1], 0, error)
                      : NULL;
}

static gboolean
add_place (TlTensor         **sum,
           TlTensor          *open,
           const TlAttrValue *window,
           const TlDim       *size,
           gint64             k,
           GError           **error)
{
  gint64               width = window[TL_FOLD_KERNEL].v[1];
  g_autoptr (TlTensor) before = g_steal_pointer (sum);
  g_autoptr (TlTensor) one = tl_narrow (open, 2, k, 1, error);
  g_autoptr (TlTensor) pixels = one != NULL ? tl_squeeze (one, 2, error) : NULL;
  g_autoptr (TlTensor) part = pixels != NULL ? spread (pixels, window, size, k / width, k % width, error) : NULL;

  if (part == NULL)
    return FALSE;
  *sum = before != NULL ? tl_add (before, part, error) : g_steal_pointer (&part);
  return *sum != NULL;
}

static gboolean
forward (TlLayerForward *self,
         GError        **error)
{
  const TlAttrValue   *window = self->attrs + WINDOW;
  const TlMeta        *x = tl_tensor_get_meta (self->in[0]);
  const TlDim         *size = self->attrs[OUTPUT_SIZE].v;
  TlDim                n_window = window[TL_FOLD_KERNEL].v[0] * window[TL_FOLD_KERNEL].v[1];
  TlDim                counts[] = { tl_fold_count (window, 0, size[0]), tl_fold_count (window, 1, size[1]) };
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) sum = NULL;
  g_autoptr (TlTensor) rows = NULL;

  if (x->rank != 3 || tl_dim_is_symbolic (x->shape[1]) || x->shape[1] % n_window != 0 || counts[0] <= 0 || counts[1] <= 0 ||
      x->shape[2] != counts[0] * counts[1]) {
    g_autofree char *shape = tl_shape_to_string (x->shape, x->rank);

    return tl_layer_fail (self->klass, TL_ERROR_SHAPE, error,
                          "columns [n, channels * %" G_GINT64_FORMAT ", %" G_GINT64_FORMAT " * %" G_GINT64_FORMAT "] are wanted, not %s",
                          n_window, counts[0], counts[1], shape);
  }
  open = tl_reshape (self->in[0], 5, (const TlDim[]){ x->shape[0], x->shape[1] / n_window, n_window, counts[0], counts[1] }, error);
  for (gint64 k = 0; k < n_window; k++)
    if (open == NULL || !add_place (&sum, open, window, size, k, error))
      return FALSE;
  rows = tl_narrow (sum, 2, window[TL_FOLD_PADDING].v[0], size[0], error);
  self->out[0] = rows != NULL ? tl_narrow (rows, 3, window[TL_FOLD_PADDING].v[1], size[1], error) : NULL;
  return self->out[0] != NULL;
}

static const TlSample samples[] = {
  { "2,12,12", "output_size = {4, 5}, kernel = 2" },
  { "1,12,9", "output_size = {5, 6}, kernel = {3, 2}, stride = 2, padding = {1, 0}" },
  { "1,4,9", "output_size = 5, kernel = 2, dilation = 2" },
  { NULL },
};

const TlLayerClass tl_layer_Fold = {
  .name = "Fold",
  .group = "convolution",
  .doc = "Columns put back as windows of pictures; where windows overlap, they are added.",
  .formula = "y[n, c, i stride + u dilation - padding, j stride + v dilation - padding] += x[n, (c, u, v), (i, j)]",
  .source = "Chellapilla, Puri & Simard 2006, High performance convolutional neural networks for document processing",
  .in = ports,
  .attrs = attrs,
  .forward = forward,
  .samples = samples,
  .torch = "torch.nn.Fold(output_size, kernel, dilation, padding, stride)",
};
