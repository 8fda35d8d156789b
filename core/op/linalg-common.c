/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/linalg-common.h"

const TlPort tl_linalg_ports[] = { { "a", "matrices `[..., m, n]`, floating", TL_PORT_CONTIGUOUS }, { NULL } };
const TlPort tl_linalg_square_ports[] = { { "a", "matrices `[..., n, n]`, floating", TL_PORT_CONTIGUOUS }, { NULL } };

/* Matrices of a dtype and size that LAPACK has. */
gboolean
tl_linalg_check (TlInfer *self,
                 guint    input,
                 gboolean square,
                 GError **error)
{
  const TlMeta      *a = self->in[input];
  g_autofree char   *shape = tl_shape_to_string (a->shape, a->rank);
  TlDim              m, n;
  g_autoptr (GError) reason = NULL;

  if (!tl_dtype_is_float (a->dtype))
    return tl_infer_fail (self, TL_ERROR_DTYPE, error, "%s must be floating, not %s", self->op->in[input].name, tl_dtype_name (a->dtype));
  if (!tl_infer_need_rank (self, input, 2, TL_TENSOR_MAX_RANK, error))
    return FALSE;
  m = a->shape[a->rank - 2];
  n = a->shape[a->rank - 1];
  if (square && m != n)
    return tl_infer_fail (self, TL_ERROR_SHAPE, error, "%s %s is not square", self->op->in[input].name, shape);
  if (tl_dim_min (m, n) == TL_DIM_INVALID)
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "which axis of the matrices of %s is the smaller one depends on sizes that are not known yet", shape);
  if (!tl_linalg_fits (tl_dim_is_symbolic (m) ? 0 : m, tl_dim_is_symbolic (n) ? 0 : n, 0))
    return tl_infer_fail (self, TL_ERROR_UNSUPPORTED, error, "matrices of %s are too large for LAPACK", shape);
  if (tl_lapack_get (a->dtype, &reason) == NULL)
    return tl_infer_fail (self, reason->code, error, "%s", reason->message);
  return TRUE;
}

/* An output with the batch of input 0 and 0, 1 (@rows) or 2 axes behind it. */
void
tl_linalg_infer_out (TlInfer *self,
                     guint    output,
                     guint    n_axes,
                     TlDim    rows,
                     TlDim    columns)
{
  TlDim shape[TL_TENSOR_MAX_RANK];
  guint rank = self->in[0]->rank - 2u;

  for (guint i = 0; i < rank; i++)
    shape[i] = self->in[0]->shape[i];
  shape[rank] = rows;
  shape[rank + 1] = columns;
  tl_infer_out (self, output, self->in[0]->dtype, rank + n_axes, shape);
}

static void
set_batch (TlLinalgArgs *args,
           guint         input,
           const TlMeta *meta,
           guint         n_behind)
{
  guint  rank = meta->rank - n_behind, missing = (guint)args->batch_rank - rank;
  gint64 stride = 1;

  for (guint i = rank; i < meta->rank; i++)
    stride *= meta->shape[i];
  args->in_size[input] = stride;
  for (guint i = rank; i-- > 0;) {
    args->in_batch[input][i + missing] = meta->shape[i] == 1 ? 0 : stride;
    stride *= meta->shape[i];
  }
}

/**
 * tl_linalg_prepare:
 * @self: of a row whose inputs and outputs are those of the kind
 * @kind: what is computed
 * @n_behind: axes of the first output behind the batch; also of input 1
 * @error: return location for an error
 *
 * Returns: (transfer none): arguments, complete but for what the kind has of its own; or %NULL
 */
TlLinalgArgs *
tl_linalg_prepare (TlPrepare   *self,
                   TlLinalgKind kind,
                   guint        n_behind,
                   GError     **error)
{
  TlLinalgArgs   *args = tl_prepare_args (self, TlLinalgArgs);
  const TlMeta   *a = self->in[0];
  const TlLapack *lapack = tl_lapack_get (a->dtype, error);
  gint            data[6];
  guint           n = 0;
  gint64          n_matrices = 1;

  if (lapack == NULL)
    return NULL;
  args->kind = kind;
  args->dtype = a->dtype;
  args->lapack = lapack;
  args->m = (int32_t)a->shape[a->rank - 2];
  args->n = (int32_t)a->shape[a->rank - 1];
  args->batch_rank = (int32_t)(self->out[0].rank - n_behind);
  for (gint i = 0; i < args->batch_rank; i++)
    n_matrices *= args->batch[i] = self->out[0].shape[i];
  args->n_in = self->n_in;
  args->n_out = self->n_out;
  for (guint i = 0; i < self->n_in; i++) {
    set_batch (args, i, self->in[i], i == 0 ? 2 : n_behind);
    data[n++] = TL_OPERAND_IN (i);
  }
  for (guint i = 0; i < self->n_out; i++) {
    args->out_size[i] = n_matrices > 0 ? tl_meta_get_n_elements (&self->out[i]) / n_matrices : 0;
    data[n++] = TL_OPERAND_OUT (i);
  }
  data[n++] = TL_OPERAND_INDEX_ERROR;
  tl_prepare_set_data (self, data, n);
  self->kernel = &tl_linalg_kernel;
  return args;
}

TlTensor *
tl_linalg_solve (TlFormula *f,
                 TlTensor  *a,
                 TlTensor  *b)
{
  return tl_formula_apply (f, &tl_op_solve, NULL, 2, a, b);
}

TlTensor *
tl_linalg_triangular (TlFormula *f,
                      TlTensor  *a,
                      TlTensor  *b,
                      gboolean   upper,
                      gboolean   left,
                      gboolean   unit)
{
  const TlAttrValue values[] = { TL_INT (upper), TL_INT (left), TL_INT (unit) };

  return tl_formula_apply (f, &tl_op_solve_triangular, values, 2, a, b);
}

/* The diagonals of matrices. */
TlTensor *
tl_linalg_diagonal (TlFormula *f,
                    TlTensor  *a)
{
  const TlAttrValue values[] = { TL_INT (0), TL_INT (-2), TL_INT (-1) };

  return tl_formula_apply (f, &tl_op_diagonal, values, 1, a);
}

/* Unit matrices of the size of square ones. */
TlTensor *
tl_linalg_identity (TlFormula *f,
                    TlTensor  *a)
{
  const TlMeta     *meta = &a->meta;
  TlDim             n = meta->shape[meta->rank - 1];
  const TlAttrValue values[] = { TL_INT (0), TL_INT (0), TL_INT (1), TL_INTS2 (n, n) };
  TlTensor         *ones = tl_formula_full (f, 1, &n, 1, meta->dtype);

  return tl_formula_expand (f, tl_formula_apply (f, &tl_op_diagonal_scatter, values, 1, ones), meta->rank, meta->shape);
}

/* Matrices with a diagonal. */
TlTensor *
tl_linalg_diag (TlFormula *f,
                TlTensor  *a)
{
  return tl_formula_apply (f, &tl_op_diag_embed, NULL, 1, a);
}

/*
 * The gradient of one triangle, from which a symmetric matrix was made, out of that of the matrix: what arrives at both of two elements
 * belongs to the one that was read.
 */
TlTensor *
tl_linalg_fold (TlFormula *f,
                TlTensor  *a,
                gboolean   upper)
{
  TlTensor *both = tl_formula_map (f, "0.5 * (a + b)", 2, a, tl_formula_transpose (f, a));

  return tl_formula_map (f, "a + b", 2, tl_formula_triangle (f, both, upper, 0), tl_formula_triangle (f, both, upper, upper ? 1 : -1));
}

/*
 * 1 over what @text makes of values i (a) and j (b); 0 where that is zero: on the diagonal, and between equal values, whose vectors are not
 * determined.
 */
TlTensor *
tl_linalg_gaps (TlFormula  *f,
                const char *text,
                TlTensor   *values)
{
  TlTensor *gap = tl_formula_map (f, text, 2, tl_formula_unsqueeze (f, values, -1), tl_formula_unsqueeze (f, values, -2));

  return tl_formula_map (f, "select (a == 0, 0, 1) / select (a == 0, 1, a)", 1, gap);
}

gboolean
tl_linalg_svd (TlFormula *f,
               TlTensor  *a,
               TlTensor **u,
               TlTensor **s,
               TlTensor **vh)
{
  TlTensor *out[3];

  if (f->has_failed || !tl_op_apply (&tl_op_svd, &a, 1, NULL, out, 3, f->error)) {
    f->has_failed = TRUE;
    return FALSE;
  }
  *u = tl_formula_keep (f, out[0]);
  *s = tl_formula_keep (f, out[1]);
  *vh = tl_formula_keep (f, out[2]);
  return TRUE;
}
