/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/addmm-common.h"

#include <string.h>

const TlPort tl_addmm_ports[] = {
  { "x", "what is added, broadcast" },
  { "a", "left factors, floating" },
  { "b", "right factors, same dtype" },
  { NULL },
};

const TlAttrSpec tl_addmm_attrs[] = {
  { "beta", "factor of x", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { "alpha", "factor of the product", TL_ATTR_FLOAT, .def = { .d = 1 } },
  { NULL },
};

gboolean
tl_addmm_infer (TlInfer *self,
                guint    rank,
                GError **error)
{
  const TlMeta *a = self->in[1], *b = self->in[2];
  TlMeta        product;
  const TlMeta *pair[] = { self->in[0], &product };
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         n;

  if (!tl_infer_need_float (self, 1, error) || !tl_infer_need_same_dtype (self, 1, 2, error) || !tl_infer_need_same_dtype (self, 1, 0, error) ||
      !tl_infer_need_rank (self, 1, rank, rank, error) || !tl_infer_need_rank (self, 2, rank, rank, error))
    return FALSE;
  memcpy (shape, a->shape, sizeof shape);
  shape[rank - 1] = b->shape[rank - 1];
  tl_meta_init (&product, a->dtype, rank, shape);
  if (a->shape[rank - 1] != b->shape[rank - 2] || (rank == 3 && a->shape[0] != b->shape[0]) || !tl_broadcast_shapes (pair, 2, shape, &n) ||
      n != rank || memcmp (shape, product.shape, rank * sizeof *shape) != 0) {
    g_autofree char *x = tl_shape_to_string (self->in[0]->shape, self->in[0]->rank);
    g_autofree char *left = tl_shape_to_string (a->shape, rank);
    g_autofree char *right = tl_shape_to_string (b->shape, rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes do not fit: %s + %s x %s", x, left, right);
  }
  tl_infer_out (self, 0, a->dtype, rank, shape);
  return TRUE;
}

gboolean
tl_addmm_decompose (TlGradient *self,
                    GError    **error)
{
  g_autoptr (TlTensor) product = tl_matmul (self->in[1], self->in[2], error);
  g_autoptr (TlTensor) beta = tl_tensor_new_number (self->attrs[0].d, FALSE);
  g_autoptr (TlTensor) alpha = tl_tensor_new_number (self->attrs[1].d, FALSE);

  self->dx[0] = tl_map_text ("c * a + d * b", error, 4, self->in[0], product, beta, alpha);
  return self->dx[0] != NULL;
}
