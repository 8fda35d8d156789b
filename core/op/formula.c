/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/formula.h"

#define MAX_IN 8

void
tl_formula_init (TlFormula *self,
                 GError   **error)
{
  *self = (TlFormula){ error, g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref), FALSE };
}

/**
 * tl_formula_keep:
 * @self: a formula
 * @tensor: (transfer full) (nullable): what a step gave, with the formula's error set if %NULL
 *
 * Returns: (transfer none): @tensor
 */
TlTensor *
tl_formula_keep (TlFormula *self,
                 TlTensor  *tensor)
{
  if (tensor == NULL)
    self->has_failed = TRUE;
  else
    g_ptr_array_add (self->kept, tensor);
  return tensor;
}

static gboolean
take_inputs (TlFormula *self,
             guint      n_in,
             va_list    args,
             TlTensor **in)
{
  gboolean ok = !self->has_failed;

  g_assert (n_in <= MAX_IN);
  for (guint i = 0; i < n_in; i++) {
    in[i] = va_arg (args, TlTensor *);
    ok = ok && in[i] != NULL;
  }
  return ok;
}

/**
 * tl_formula_apply:
 * @self: a formula
 * @op: an operation
 * @attrs: (nullable): its attributes
 * @n_in: number of its inputs
 * @...: the inputs
 *
 * Returns: (transfer none): its only output, or %NULL
 */
TlTensor *
tl_formula_apply (TlFormula         *self,
                  const TlOpClass   *op,
                  const TlAttrValue *attrs,
                  guint              n_in,
                  ...)
{
  TlTensor *in[MAX_IN];
  va_list   args;
  gboolean  ok;

  va_start (args, n_in);
  ok = take_inputs (self, n_in, args, in);
  va_end (args);
  return ok ? tl_formula_keep (self, tl_op_apply1 (op, in, n_in, attrs, self->error)) : NULL;
}

/**
 * tl_formula_map:
 * @self: a formula
 * @text: an elementwise expression over a, b, c, ...
 * @n_in: number of its inputs
 * @...: the inputs
 *
 * Returns: (transfer none): what it gives, or %NULL
 */
TlTensor *
tl_formula_map (TlFormula  *self,
                const char *text,
                guint       n_in,
                ...)
{
  TlTensor *in[MAX_IN];
  va_list   args;
  gboolean  ok;

  va_start (args, n_in);
  ok = take_inputs (self, n_in, args, in);
  va_end (args);
  return ok ? tl_formula_keep (self, tl_map_numbers (text, in, n_in, NULL, 0, self->error)) : NULL;
}

/* An expression over a tensor, a, and a number, b. */
TlTensor *
tl_formula_number (TlFormula  *self,
                   const char *text,
                   TlTensor   *a,
                   double      number)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_map_numbers (text, &a, 1, &number, 1, self->error));
}

TlTensor *
tl_formula_numbers (TlFormula       *self,
                    const char      *text,
                    TlTensor *const *in,
                    guint            n_in,
                    const double    *numbers,
                    guint            n_numbers)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_map_numbers (text, in, n_in, numbers, n_numbers, self->error));
}

TlTensor *
tl_formula_size (TlFormula *self,
                 TlDim      size,
                 TlDType    dtype)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_size (size, dtype, self->error));
}

TlTensor *
tl_formula_matmul (TlFormula *self,
                   TlTensor  *a,
                   TlTensor  *b)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_matmul (a, b, self->error));
}

/* Of the last two axes. */
TlTensor *
tl_formula_transpose (TlFormula *self,
                      TlTensor  *a)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_transpose (a, -2, -1, self->error));
}

TlTensor *
tl_formula_sum (TlFormula  *self,
                TlTensor   *a,
                const gint *axes,
                guint       n_axes,
                gboolean    keepdim)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_sum (a, axes, n_axes, keepdim, self->error));
}

TlTensor *
tl_formula_mean (TlFormula  *self,
                 TlTensor   *a,
                 const gint *axes,
                 guint       n_axes,
                 gboolean    keepdim)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_mean (a, axes, n_axes, keepdim, self->error));
}

TlTensor *
tl_formula_unsqueeze (TlFormula *self,
                      TlTensor  *a,
                      gint       axis)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_unsqueeze (a, axis, self->error));
}

TlTensor *
tl_formula_squeeze (TlFormula *self,
                    TlTensor  *a,
                    gint       axis)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_squeeze (a, axis, self->error));
}

TlTensor *
tl_formula_narrow (TlFormula *self,
                   TlTensor  *a,
                   gint       axis,
                   gint64     start,
                   gint64     length)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_narrow (a, axis, start, length, self->error));
}

TlTensor *
tl_formula_select (TlFormula *self,
                   TlTensor  *a,
                   gint       axis,
                   gint64     index)
{
  return tl_formula_squeeze (self, tl_formula_narrow (self, a, axis, index, 1), axis);
}

TlTensor *
tl_formula_reshape (TlFormula   *self,
                    TlTensor    *a,
                    guint        rank,
                    const TlDim *shape)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_reshape (a, rank, shape, self->error));
}

TlTensor *
tl_formula_expand (TlFormula   *self,
                   TlTensor    *a,
                   guint        rank,
                   const TlDim *shape)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_expand (a, rank, shape, self->error));
}

TlTensor *
tl_formula_triangle (TlFormula *self,
                     TlTensor  *a,
                     gboolean   upper,
                     gint64     diagonal)
{
  const TlAttrValue values[] = { TL_INT (diagonal) };

  return tl_formula_apply (self, upper ? &tl_op_triu : &tl_op_tril, values, 1, a);
}

TlTensor *
tl_formula_cast (TlFormula *self,
                 TlTensor  *a,
                 TlDType    dtype)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_cast (a, dtype, self->error));
}

TlTensor *
tl_formula_full (TlFormula   *self,
                 guint        rank,
                 const TlDim *shape,
                 double       value,
                 TlDType      dtype)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_full (rank, shape, value, dtype, self->error));
}

TlTensor *
tl_formula_concat (TlFormula       *self,
                   gint             axis,
                   guint            n,
                   TlTensor *const *parts)
{
  return self->has_failed ? NULL : tl_formula_keep (self, tl_concat (parts, n, axis, self->error));
}

/**
 * tl_formula_finish:
 * @self: a formula
 * @result: (nullable): what its last step gave
 *
 * Lets go of everything on the way.
 *
 * Returns: (transfer full): @result, or %NULL if a step failed
 */
TlTensor *
tl_formula_finish (TlFormula *self,
                   TlTensor  *result)
{
  TlTensor *kept = result != NULL && !self->has_failed ? tl_tensor_ref (result) : NULL;

  g_clear_pointer (&self->kept, g_ptr_array_unref);
  return kept;
}
