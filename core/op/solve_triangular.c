/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

enum { UPPER,
       LEFT,
       UNIT };

static const TlPort ports[] = {
  { "a", "matrices `[..., n, n]`, f32 or f64, of which one triangle is read", TL_PORT_CONTIGUOUS },
  { "b", "right sides `[..., n, k]`, or `[..., k, n]` where left is false; same dtype", TL_PORT_CONTIGUOUS },
  { NULL },
};

static const TlAttrSpec attrs[] = {
  { "upper", "whether the upper triangle is meant", TL_ATTR_BOOL, .required = TRUE },
  { "left", "whether a stands left of the unknown", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "unitriangular", "whether the diagonal counts as ones", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlMeta        lead[2] = { *a, *b };
  const TlMeta *leads[2] = { &lead[0], &lead[1] };
  TlDim         shape[TL_TENSOR_MAX_RANK], k;
  guint         rank;

  if (!tl_linalg_check (self, 0, TRUE, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 1, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  lead[0].rank -= 2;
  lead[1].rank -= 2;
  if (b->shape[b->rank - (self->attrs[LEFT].i ? 2 : 1)] != a->shape[a->rank - 1] || !tl_broadcast_shapes (leads, 2, shape, &rank)) {
    g_autofree char *left = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *right = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes differ: %s and %s", left, right);
  }
  k = b->shape[b->rank - (self->attrs[LEFT].i ? 1 : 2)];
  if (!tl_dim_is_symbolic (k) && !tl_linalg_fits (1, 1, k))
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "%" G_GINT64_FORMAT " right sides are too many for LAPACK", k);
  shape[rank++] = b->shape[b->rank - 2];
  shape[rank++] = b->shape[b->rank - 1];
  tl_infer_out (self, 0, a->dtype, rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  const TlMeta *b = self->in[1];
  TlLinalgArgs *args = tl_linalg_prepare (self, TL_LINALG_TRIANGULAR, 2, error);

  if (args == NULL)
    return FALSE;
  args->upper = self->attrs[UPPER].i != 0;
  args->right = self->attrs[LEFT].i == 0;
  args->unit = self->attrs[UNIT].i != 0;
  args->k = (int32_t)b->shape[b->rank - (args->right ? 2 : 1)];
  return TRUE;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *a = &self->in[0]->meta, *b = &self->in[1]->meta;
  gboolean      upper = self->attrs[UPPER].i != 0, left = self->attrs[LEFT].i != 0, unit = self->attrs[UNIT].i != 0;
  TlTensor     *db, *da = NULL;
  TlFormula     f;

  tl_formula_init (&f, error);
  db = tl_linalg_triangular (&f, tl_formula_transpose (&f, self->in[0]), self->dy[0], !upper, left, unit);
  if (self->needs[0]) {
    TlTensor *turned = tl_formula_transpose (&f, left ? self->out[0] : db);

    da = left ? tl_formula_matmul (&f, db, turned) : tl_formula_matmul (&f, tl_formula_transpose (&f, self->out[0]), db);
    da = tl_formula_triangle (&f, tl_formula_map (&f, "-a", 1, da), upper, unit ? (upper ? 1 : -1) : 0);
  }
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_sum_to_shape (da, a->rank, a->shape, error);
  if (!f.has_failed && self->needs[1])
    self->dx[1] = tl_sum_to_shape (db, b->rank, b->shape, error);
  tl_formula_finish (&f, NULL);
  return (!self->needs[0] || self->dx[0] != NULL) && (!self->needs[1] || self->dx[1] != NULL);
}

static const TlSample samples[] = {
  { "3,3; 3,2", "upper = true", .low = 0.5, .high = 1.5 },
  { "2,3,3; 2,3,2", "upper = false", .low = 0.5, .high = 1.5 },
  { "3,3; 2,3", "upper = true, left = false", .low = 0.5, .high = 1.5 },
  { "2,2; 4,3,2", "upper = false, left = false, unitriangular = true" },
  { "3,3; 3,1", "upper = true, unitriangular = true" },
  { "1,1; 1,1", "upper = true", .low = 0.5, .high = 1.5 },
  { "0,0; 0,2", "upper = true" },
  { NULL },
};

const TlOpClass tl_op_solve_triangular = {
  .name = "solve_triangular",
  .group = "linear algebra",
  .doc = "Solves systems of linear equations with a triangular matrix; a zero on its diagonal gives infinities.",
  .formula = "tri (a) y = b, or y tri (a) = b",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Giles 2008, Collected matrix derivative results",
  .in = ports,
  .attrs = attrs,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.solve_triangular(x0, x1, upper=upper, left=left, unitriangular=unitriangular)",
};
