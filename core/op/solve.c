/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/op/linalg-common.h"

static const TlPort ports[] = {
  { "a", "matrices `[..., n, n]`, f32 or f64", TL_PORT_CONTIGUOUS },
  { "b", "right sides `[..., n, k]`, or vectors `[..., n]` with the batch of a; same dtype", TL_PORT_CONTIGUOUS },
  { NULL },
};

/* PyTorch's rule: one axis, or the axes of a without the last one. */
static gboolean
is_vector (const TlMeta *a,
           const TlMeta *b)
{
  return b->rank == 1 || (b->rank + 1 == a->rank && memcmp (a->shape, b->shape, b->rank * sizeof (TlDim)) == 0);
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0], *b = self->in[1];
  TlMeta        lead[2] = { *a, *b };
  const TlMeta *leads[2] = { &lead[0], &lead[1] };
  gboolean      vector = is_vector (a, b);
  TlDim         shape[TL_TENSOR_MAX_RANK];
  guint         rank;

  if (!tl_linalg_check (self, 0, TRUE, error) || !tl_infer_need_same_dtype (self, 0, 1, error) ||
      !tl_infer_need_rank (self, 1, 1, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  lead[0].rank -= 2;
  lead[1].rank -= vector ? 1 : 2;
  if (b->shape[lead[1].rank] != a->shape[a->rank - 1] || !tl_broadcast_shapes (leads, 2, shape, &rank)) {
    g_autofree char *left = tl_shape_to_string (a->shape, a->rank);
    g_autofree char *right = tl_shape_to_string (b->shape, b->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "sizes differ: %s and %s", left, right);
  }
  shape[rank++] = a->shape[a->rank - 1];
  if (!vector)
    shape[rank++] = b->shape[b->rank - 1];
  if (!vector && !tl_dim_is_symbolic (shape[rank - 1]) && !tl_linalg_fits (1, 1, shape[rank - 1]))
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "%" G_GINT64_FORMAT " right sides are too many for LAPACK", shape[rank - 1]);
  tl_infer_out (self, 0, a->dtype, rank, shape);
  return TRUE;
}

static gboolean
prepare (TlPrepare *self,
         GError   **error)
{
  const TlMeta *b = self->in[1];
  gboolean      vector = is_vector (self->in[0], b);
  TlLinalgArgs *args = tl_linalg_prepare (self, TL_LINALG_SOLVE, vector ? 1 : 2, error);

  if (args != NULL)
    args->k = vector ? 1 : (int32_t)b->shape[b->rank - 1];
  return args != NULL;
}

static gboolean
gradient (TlGradient *self,
          GError    **error)
{
  const TlMeta *a = &self->in[0]->meta, *b = &self->in[1]->meta;
  gboolean      vector = is_vector (a, b);
  TlTensor     *db, *x, *da;
  TlFormula     f;

  tl_formula_init (&f, error);
  db = vector ? tl_formula_unsqueeze (&f, self->dy[0], -1) : self->dy[0];
  db = tl_linalg_solve (&f, tl_formula_transpose (&f, self->in[0]), db);
  x = vector ? tl_formula_unsqueeze (&f, self->out[0], -1) : self->out[0];
  da = self->needs[0] ? tl_formula_matmul (&f, tl_formula_map (&f, "-a", 1, db), tl_formula_transpose (&f, x)) : NULL;
  db = vector ? tl_formula_squeeze (&f, db, -1) : db;
  if (!f.has_failed && self->needs[0])
    self->dx[0] = tl_sum_to_shape (da, a->rank, a->shape, error);
  if (!f.has_failed && self->needs[1] && (!self->needs[0] || self->dx[0] != NULL))
    self->dx[1] = tl_sum_to_shape (db, b->rank, b->shape, error);
  tl_formula_finish (&f, NULL);
  return (!self->needs[0] || self->dx[0] != NULL) && (!self->needs[1] || self->dx[1] != NULL);
}

static const TlSample samples[] = {
  { "3,3; 3,2" },
  { "4,4; 4" },
  { "2,3,3; 2,3" },
  { "3,1,2,2; 4,2,3" },
  { "1,1; 1,1", .low = 0.5, .high = 2 },
  { "2,2; 3,2,1" },
  { "0,0; 0,2" },
  { "0,2,2; 2,1" },
  { NULL },
};

const TlOpClass tl_op_solve = {
  .name = "solve",
  .group = "linear algebra",
  .doc = "Solves systems of linear equations; a singular matrix is an error.",
  .formula = "a y = b",
  .source = "Anderson et al. 1999, LAPACK Users' Guide; gradient: Giles 2008, Collected matrix derivative results",
  .in = ports,
  .flags = TL_OP_UNCUTTABLE,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .prepare = prepare,
  .gradient = gradient,
  .samples = samples,
  .torch = "torch.linalg.solve(x0, x1)",
};
