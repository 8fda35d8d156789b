/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

enum { FRO,
       NUC,
       ONE,
       MINUS_ONE,
       TWO,
       MINUS_TWO,
       INF,
       MINUS_INF };

static const char *const names[] = { "fro", "nuc", "max_column", "min_column", "two", "minus_two", "max_row", "min_row", NULL };

static const TlAttrSpec attrs[] = {
  { "ord", "fro: root of the sum of squares; nuc: sum of singular values; two, minus_two: the largest, the smallest of them; max_column, min_column: of the sums of columns; max_row, min_row: of rows", TL_ATTR_ENUM, .names = names },
  { "keepdim", "whether the two axes stay, with size 1", TL_ATTR_BOOL },
  { NULL },
};

static gboolean
is_of_values (gint64 ord)
{
  return ord == NUC || ord == TWO || ord == MINUS_TWO;
}

static gboolean
infer (TlInfer *self,
       GError **error)
{
  const TlMeta *a = self->in[0];
  gint64        ord = self->attrs[0].i;

  if (is_of_values (ord) && !tl_linalg_check (self, 0, FALSE, error))
    return FALSE;
  if (!tl_infer_need_float (self, 0, error) || !tl_infer_need_rank (self, 0, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  if (ord != FRO && ord != NUC && (a->shape[a->rank - 1] == 0 || a->shape[a->rank - 2] == 0)) {
    g_autofree char *shape = tl_shape_to_string (a->shape, a->rank);

    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s has no elements to take the norm %s of", shape, names[ord]);
  }
  tl_linalg_infer_out (self, 0, self->attrs[1].i ? 2 : 0, 1, 1);
  return TRUE;
}

/* The norms that are reductions; singular values are done beforehand. */
static TlTensor *
reduce (TlFormula *f,
        TlTensor  *a,
        gint64     ord,
        gboolean   keepdim)
{
  static const gint both[] = { -2, -1 };
  gint              last = ord == ONE || ord == MINUS_ONE ? -1 : -2;
  gboolean          least = ord == MINUS_ONE || ord == MINUS_INF;
  const gint        outer[] = { last }, inner[] = { -3 - last };
  TlTensor         *sums;

  if (ord == FRO)
    return tl_formula_apply (f, &tl_op_norm, (const TlAttrValue[]){ TL_INTS2 (-2, -1), TL_INT (keepdim), TL_FLOAT (2) }, 1, a);
  if (f->has_failed)
    return NULL;
  sums = tl_formula_sum (f, tl_formula_map (f, "abs (a)", 1, a), inner, 1, TRUE);
  sums = f->has_failed ? NULL : tl_formula_keep (f, least ? tl_amin (sums, outer, 1, TRUE, f->error) : tl_amax (sums, outer, 1, TRUE, f->error));
  return keepdim ? sums : tl_formula_sum (f, sums, both, 2, FALSE);
}

static TlTensor *
from_values (TlFormula *f,
             TlTensor  *a,
             gint64     ord,
             gboolean   keepdim)
{
  static const gint last[] = { -1 };
  TlTensor         *u, *s = NULL, *vh, *y;

  if (!tl_linalg_svd (f, a, &u, &s, &vh))
    return NULL;
  y = ord == NUC ? tl_formula_sum (f, s, last, 1, keepdim)
                 : tl_formula_narrow (f, s, -1, ord == TWO ? 0 : tl_dim_sub (s->meta.shape[s->meta.rank - 1], 1), 1);
  if (ord != NUC && !keepdim)
    y = tl_formula_squeeze (f, y, -1);
  return keepdim ? tl_formula_unsqueeze (f, y, -1) : y;
}

static gboolean
decompose (TlGradient *self,
           GError    **error)
{
  gint64    ord = self->attrs[0].i;
  gboolean  keepdim = self->attrs[1].i != 0;
  TlFormula f;

  tl_formula_init (&f, error);
  return tl_formula_into (&f, is_of_values (ord) ? from_values (&f, self->in[0], ord, keepdim) : reduce (&f, self->in[0], ord, keepdim), &self->dx[0]);
}

static const TlSample samples[] = {
  { "3,4" },
  { "2,3,2", "ord = nuc" },
  { "3,2", "ord = max_column", .kinks = "0" },
  { "2,2,3", "ord = min_column, keepdim = true", .kinks = "0" },
  { "3,3", "ord = two" },
  { "2,3,2", "ord = minus_two, keepdim = true" },
  { "2,3", "ord = max_row", .kinks = "0" },
  { "2,3", "ord = min_row", .kinks = "0" },
  { "1,1", "ord = nuc, keepdim = true", .low = 0.5, .high = 2 },
  { "0,3" },
  { NULL },
};

const TlOpClass tl_op_matrix_norm = {
  .name = "matrix_norm",
  .group = "linear algebra",
  .doc = "Norms of matrices.",
  .formula = "fro: sqrt (sum a^2); nuc: sum s; two: max s; max_column: max over j of sum over i of |a_ij|",
  .source = "Golub & Van Loan 2013, Matrix Computations, 2.3",
  .in = tl_linalg_ports,
  .attrs = attrs,
  .precision = TL_PRECISION_WIDE,
  .infer = infer,
  .decompose = decompose,
  .samples = samples,
  .torch = "torch.linalg.matrix_norm(x0, {'max_column': 1, 'min_column': -1, 'two': 2, 'minus_two': -2, 'max_row': math.inf, 'min_row': -math.inf}.get(ord, ord), "
           "keepdim=keepdim)",
};
