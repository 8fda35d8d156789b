/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/op/cdist-common.h"

static const TlPort ports[] = { { "a", "vectors `[..., m, d]`, floating" }, { "b", "vectors `[..., n, d]`, same dtype; leading axes are broadcast" }, { NULL } };

static const TlAttrSpec attrs[] = { { "p", "order of the norm", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .min = 0, .max = HUGE_VAL }, { NULL } };

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlMeta        lead[2];
  const TlMeta *leads[] = { &lead[0], &lead[1] };
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank;

  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK - 1, error) || !tl_infer_need_rank (self, 1, 2, TL_TENSOR_MAX_RANK - 1, error))
    return FALSE;
  lead[0] = *a;
  lead[1] = *b;
  lead[0].rank -= 2;
  lead[1].rank -= 2;
  if (a->shape[a->rank - 1] != b->shape[b->rank - 1] || !tl_broadcast_shapes (leads, 2, shape, &rank)) {
    g_autofree char *left = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *right = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "vectors or leading sizes differ: %s and %s", left, right);
  }
  shape[rank] = a->shape[a->rank - 2];
  shape[rank + 1] = b->shape[b->rank - 2];
  tl_infer_out (self, 0, a->dtype, rank + 2, shape);
  return TRUE;
}

/* Leading sizes as those of the result. */
static TlTensor *
spread (TlTensor     *x,
        const TlMeta *out,
        GError      **error)
{
  TlDim shape[TL_TENSOR_MAX_RANK];

  memcpy (shape, out->shape, out->rank * sizeof *shape);
  memcpy (shape + out->rank - 2, x->meta.shape + x->meta.rank - 2, 2 * sizeof *shape);
  return tl_expand (x, out->rank, shape, error);
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  TlMeta               out;
  g_autoptr (TlTensor) a = tl_decompose_infer (self, &out, error) ? spread (self->in[0], &out, error) : NULL;
  g_autoptr (TlTensor) b = a != NULL ? spread (self->in[1], &out, error) : NULL;
  double               p = self->attrs[0].d;

  if (b == NULL)
    return FALSE;
  if (p == 1 || p == 2)
    self->dx[0] = tl_op_apply1 (&tl_op_cdist_rows, (TlTensor *[]){ a, b }, 2, self->attrs, error);
  else
    self->dx[0] = tl_norm_of_differences (a, b, p, error);
  return self->dx[0] != NULL;
}
static const TlSample samples[] = { { "3,4; 5,4" }, { "2,3,2; 1,2,2", "p = 1" }, { "2,3; 2,3", "p = inf" }, { "1,1; 1,1" }, { "0,2; 3,2" }, { "2,1,5,3; 3,4,3", "p = 1" }, { "3,0; 2,0" }, { "2,3; 2,3", "p = 3" }, { NULL } };

const TlOpClass tl_op_cdist = {
  .name = "cdist",
  .group = "linear algebra",
  .doc = "Distances between all pairs of vectors. Orders other than 1 and 2 make all differences in memory.",
  .formula = "y[i, j] = |a[i] - b[j]|, in the norm of order p",
  .source = "Minkowski 1896, Geometrie der Zahlen",
  .in = ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.cdist(x0, x1, p, compute_mode='donot_use_mm_for_euclid_dist')",
};
