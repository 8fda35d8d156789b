/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

enum { SIZE,
       ALPHA,
       BETA,
       K };

static const TlPort ports[] = { { "x", "`[n, channels, ...]`, floating" }, { NULL } };

static const TlAttrSpec attrs[] = {
  { "size", "neighbouring channels that count", TL_ATTR_INT, .required = TRUE, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = 65536 },
  { "alpha", "factor of the mean square", TL_ATTR_FLOAT, .def = { .d = 1e-4 } },
  { "beta", "exponent", TL_ATTR_FLOAT, .def = { .d = 0.75 } },
  { "k", "added to it", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *x = self->in[0];

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 3, TL_TENSOR_MAX_RANK - 1, error))
    return FALSE;
  tl_infer_out (self, 0, x->dtype, x->rank, x->shape);
  return TRUE;
}

/* Windows over the squares, with zeros at both ends of the channels. */
static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  gint64               size = self->attrs[SIZE].i;
  gint                 last = -1;
  const double         numbers[] = { self->attrs[ALPHA].d, self->attrs[BETA].d, self->attrs[K].d };
  const TlAttrValue    window[] = { TL_INT (1), TL_INT (size), TL_INT (1) };
  g_autoptr (TlTensor) squares = tl_square (self->in[0], error);
  g_autoptr (TlTensor) padded = NULL;
  g_autoptr (TlTensor) windows = NULL;
  g_autoptr (TlTensor) mean = NULL;

  padded = squares != NULL ? tl_slice_scatter (squares, 1, size / 2, 1, tl_dim_add (x->shape[1], size - 1), 0, error) : NULL;
  windows = padded != NULL ? tl_op_apply1 (&tl_op_unfold, &padded, 1, window, error) : NULL;
  mean = windows != NULL ? tl_mean (windows, &last, 1, FALSE, error) : NULL;
  self->dx[0] = tl_map_numbers ("a * pow (e + c * b, -d)", (TlTensor *[]){ self->in[0], mean }, 2, numbers, 3, error);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = { { "2,5,3", "size = 3, alpha = 0.1" }, { "1,4,2,2", "size = 2, alpha = 0.5, beta = 0.5, k = 2" }, { NULL } };

const TlOpClass tl_op_local_response_norm = {
  .name = "local_response_norm",
  .group = "normalisation",
  .doc = "Elements divided by what neighbouring channels have at the same place.",
  .formula = "y = x (k + alpha mean of x^2 over the window)^-beta",
  .source = "Krizhevsky, Sutskever & Hinton 2012, ImageNet classification with deep convolutional neural networks",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "LRN", 1 },
  .torch = "F.local_response_norm(x0, size, alpha, beta, k)",
};
