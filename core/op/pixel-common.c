/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/pixel-common.h"

gboolean
tl_pixel_regroup (TlGradient  *self,
                  const TlDim *sizes,
                  const guint *order,
                  GError     **error)
{
  const TlMeta        *x = &self->in[0]->meta;
  TlDim                shape[] = { 1, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4] };
  TlMeta               out;
  g_autoptr (TlTensor) open = NULL;
  g_autoptr (TlTensor) turned = NULL;

  for (guint i = 0; i + 3 < x->rank; i++)
    shape[0] = tl_dim_mul (shape[0], x->shape[i]);
  if (!tl_decompose_infer (self, &out, error))
    return FALSE;
  open = tl_reshape (self->in[0], G_N_ELEMENTS (shape), shape, error);
  turned = open != NULL ? tl_permute (open, order, error) : NULL;
  self->dx[0] = turned != NULL ? tl_reshape (turned, out.rank, out.shape, error) : NULL;
  return self->dx[0] != NULL;
}
