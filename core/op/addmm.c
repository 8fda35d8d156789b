/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/common.h"

static const TlPort ports[] = {
  { "x", "what is added, broadcast" },
  { "a", "left factor, floating" },
  { "b", "right factor, same dtype" },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "beta", "factor of x", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "alpha", "factor of the product", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[1], *b = self->in[2];
  TlMeta        product;
  const TlMeta *pair[] = { self->in[0], &product };
  TlDim         shape[2];
  guint         n;

  if (!tl_infer_need_float (self, 1, error) || !tl_infer_need_same_dtype (self, 1, 2, error) || !tl_infer_need_same_dtype (self, 1, 0, error) ||
      !tl_infer_need_rank (self, 1, 2, 2, error) || !tl_infer_need_rank (self, 2, 2, 2, error))
    return FALSE;
  for (guint i = 0; i < 2; i++)
    shape[i] = i + 1 < 2 ? a->shape[i] : b->shape[i];
  tl_meta_init (&product, a->dtype, 2, shape);
  if (a->shape[1] != b->shape[0] || !tl_broadcast_shapes (pair, 2, shape, &n) || n != 2 ||
      memcmp (shape, product.shape, sizeof shape) != 0) {
    g_autofree char *x = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *left = tl_shape_to_string (a->shape, 2);
    g_autofree char *right = tl_shape_to_string (b->shape, 2);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes do not fit: %s + %s x %s", x, left, right);
  }
  tl_infer_out (self, 0, a->dtype, 2, shape);
  return TRUE;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  g_autoptr (TlTensor) product = tl_matmul (self->in[1], self->in[2], error);
  g_autoptr (TlTensor) beta = tl_tensor_new_number (self->attrs[0].d, FALSE);
  g_autoptr (TlTensor) alpha = tl_tensor_new_number (self->attrs[1].d, FALSE);

  self->dx[0] = tl_map_text ("c * a + d * b", error, 4, self->in[0], product, beta, alpha);
  return self->dx[0] != NULL;
}

static const TlSample samples[] = {
  { "3,2; 3,4; 4,2" },
  { "2; 3,4; 4,2", "beta = 0.5, alpha = 2" },
  { "1,1; 1,1; 1,1" },
  { "0,2; 0,3; 3,2" },
  { NULL },
};

const TlOpClass tl_op_addmm = {
  .name = "addmm",
  .group = "linear algebra",
  .doc = "Product of matrices, and something added.",
  .formula = "y = beta x + alpha a b",
  .source = "Dongarra et al. 1990, doi:10.1145/77626.79170",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_NARROW,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .onnx = { "Gemm", 13 },
  .torch = "torch.addmm(x0, x1, x2, beta=beta, alpha=alpha)",
};
