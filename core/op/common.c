/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/common.h"

const TlPort tl_ports_none[] = { { NULL } };
const TlPort tl_ports_x[] = { { "x", "any tensor" }, { NULL } };
const TlPort tl_ports_a_b[] = { { "a", "first operand" }, { "b", "second operand, broadcast against it" }, { NULL } };

const char *const tl_reduction_names[] = { "none", "mean", "sum", NULL };

void
tl_gemm_args_set_epilogue (TlGemmArgs *args,
                           gint64      epilogue)
{
  args->activation = epilogue == TL_EPILOGUE_RELU ? TL_ACTIVATION_RELU : TL_ACTIVATION_NONE;
  args->relu_mask = epilogue == TL_EPILOGUE_RELU_MASK;
}

gint64
tl_attr_pair (const TlAttrValue *value,
              guint              i)
{
  return value->v[value->n > (gint32)i ? i : 0];
}

TlTensor *
tl_map_text (const char *text,
             GError    **error,
             guint       n_in,
             ...)
{
  static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g", "h" };
  TlExprName               names[TL_PROGRAM_MAX_IN + 1] = { { NULL } };
  TlTensor                *in[TL_PROGRAM_MAX_IN];
  g_autoptr (TlExpr)       expr = NULL;
  gboolean                 complete = error == NULL || *error == NULL;
  va_list                  args;

  va_start (args, n_in);
  for (guint i = 0; i < n_in; i++) {
    names[i].name = letters[i];
    in[i] = va_arg (args, TlTensor *);
    complete = complete && in[i] != NULL;
  }
  va_end (args);
  expr = complete ? tl_expr_parse (text, names, error) : NULL;
  return expr != NULL ? tl_map (expr, in, n_in, TL_RESULT_PROMOTED, error) : NULL;
}

TlTensor *
tl_map_numbers (const char      *text,
                TlTensor *const *in,
                guint            n_in,
                const double    *numbers,
                guint            n_numbers,
                GError         **error)
{
  static const char *const letters[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l" };
  TlExprName               names[G_N_ELEMENTS (letters) + 1] = { { NULL } };
  g_autoptr (TlExpr)       expr = NULL;

  g_return_val_if_fail (n_in + n_numbers <= G_N_ELEMENTS (letters), NULL);

  if (error != NULL && *error != NULL)
    return NULL;
  for (guint i = 0; i < n_in; i++)
    if (in[i] == NULL)
      return NULL;
  for (guint i = 0; i < n_in + n_numbers; i++)
    names[i] = (TlExprName){ letters[i], i >= n_in, i >= n_in ? numbers[i - n_in] : 0 };
  expr = tl_expr_parse (text, names, error);
  return expr != NULL ? tl_map (expr, in, n_in, TL_RESULT_PROMOTED, error) : NULL;
}

gboolean
tl_decompose_infer (const TlGradient *self,
                    TlMeta           *out,
                    GError          **error)
{
  g_autofree const TlMeta **in = g_new0 (const TlMeta *, self->n_in + 1);
  TlInfer                   infer = { self->op, self->n_in, in, self->attrs, self->n_out, out };

  for (guint i = 0; i < self->n_in; i++)
    in[i] = self->in[i] != NULL ? &self->in[i]->meta : NULL;
  return self->op->infer (&infer, error);
}

gboolean
tl_decompose_reshape (TlGradient *self,
                      GError    **error)
{
  TlMeta out;

  if (tl_decompose_infer (self, &out, error))
    self->dx[0] = tl_reshape (self->in[0], out.rank, out.shape, error);
  return self->dx[0] != NULL;
}

TlTensor *
tl_reduce_loss (TlTensor   *rows,
                TlReduction reduction,
                GError    **error)
{
  if (rows == NULL)
    return NULL;
  if (reduction == TL_REDUCTION_MEAN)
    return tl_mean (rows, NULL, 0, FALSE, error);
  if (reduction == TL_REDUCTION_SUM)
    return tl_sum (rows, NULL, 0, FALSE, error);
  return tl_tensor_ref (rows);
}

gboolean
tl_infer_float (TlInfer *self,
                GError **error)
{
  return tl_infer_need_float (self, 0, error) && tl_infer_same (self, error);
}
