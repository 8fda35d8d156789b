/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A computation of several operations, for gradients and decompositions that are formulas: what is computed on the way is kept until
 * tl_formula_finish(), and after a failure all further steps give NULL, so that only the end needs to be looked at.
 *
 *     TlFormula f;
 *
 *     tl_formula_init (&f, error);
 *     y = tl_formula_matmul (&f, a, tl_formula_transpose (&f, b));
 *     self->dx[0] = tl_formula_finish (&f, tl_formula_map (&f, "a + b", 2, y, c));
 *
 * Ownership: steps return borrowed tensors, finish() a new reference.  Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

typedef struct {
  GError   **error;
  GPtrArray *kept;
  gboolean   has_failed;
} TlFormula;

void      tl_formula_init (TlFormula *self,
                           GError   **error);
TlTensor *tl_formula_keep (TlFormula *self,
                           TlTensor  *tensor);
TlTensor *tl_formula_apply (TlFormula         *self,
                            const TlOpClass   *op,
                            const TlAttrValue *attrs,
                            guint              n_in,
                            ...);
TlTensor *tl_formula_map (TlFormula  *self,
                          const char *text,
                          guint       n_in,
                          ...);
TlTensor *tl_formula_number (TlFormula  *self,
                             const char *text,
                             TlTensor   *a,
                             double      number);
TlTensor *tl_formula_numbers (TlFormula       *self,
                              const char      *text,
                              TlTensor *const *in,
                              guint            n_in,
                              const double    *numbers,
                              guint            n_numbers);
TlTensor *tl_formula_size (TlFormula *self,
                           TlDim      size,
                           TlDType    dtype);
TlTensor *tl_formula_matmul (TlFormula *self,
                             TlTensor  *a,
                             TlTensor  *b);
TlTensor *tl_formula_transpose (TlFormula *self,
                                TlTensor  *a);
TlTensor *tl_formula_sum (TlFormula  *self,
                          TlTensor   *a,
                          const gint *axes,
                          guint       n_axes,
                          gboolean    keepdim);
TlTensor *tl_formula_mean (TlFormula  *self,
                           TlTensor   *a,
                           const gint *axes,
                           guint       n_axes,
                           gboolean    keepdim);
TlTensor *tl_formula_unsqueeze (TlFormula *self,
                                TlTensor  *a,
                                gint       axis);
TlTensor *tl_formula_squeeze (TlFormula *self,
                              TlTensor  *a,
                              gint       axis);
TlTensor *tl_formula_narrow (TlFormula *self,
                             TlTensor  *a,
                             gint       axis,
                             gint64     start,
                             gint64     length);
TlTensor *tl_formula_select (TlFormula *self,
                             TlTensor  *a,
                             gint       axis,
                             gint64     index);
TlTensor *tl_formula_reshape (TlFormula   *self,
                              TlTensor    *a,
                              guint        rank,
                              const TlDim *shape);
TlTensor *tl_formula_expand (TlFormula   *self,
                             TlTensor    *a,
                             guint        rank,
                             const TlDim *shape);
TlTensor *tl_formula_triangle (TlFormula *self,
                               TlTensor  *a,
                               gboolean   upper,
                               gint64     diagonal);
TlTensor *tl_formula_cast (TlFormula *self,
                           TlTensor  *a,
                           TlDType    dtype);
TlTensor *tl_formula_full (TlFormula   *self,
                           guint        rank,
                           const TlDim *shape,
                           double       value,
                           TlDType      dtype);
TlTensor *tl_formula_concat (TlFormula       *self,
                             gint             axis,
                             guint            n,
                             TlTensor *const *parts);
TlTensor *tl_formula_finish (TlFormula *self,
                             TlTensor  *result);

/* The same for a decompose() or gradient() with one result. */
static inline gboolean
tl_formula_into (TlFormula *self,
                 TlTensor  *result,
                 TlTensor **to)
{
  *to = tl_formula_finish (self, result);
  return *to != NULL;
}

G_END_DECLS
