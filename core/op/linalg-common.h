/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the rows of linear algebra share: matrices are the last two axes, all axes before them a batch.
 *
 * LAPACK is opened when the first of these rows is used (OpenBLAS takes 20 ms to load); where there is none, infer() says so.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/linalg.h"
#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlPort tl_linalg_ports[];        /* any matrices */
extern const TlPort tl_linalg_square_ports[]; /* as many rows as columns */

const TlLapack *tl_lapack_get (TlDType  dtype,
                               GError **error);

gboolean      tl_linalg_check (TlInfer *self,
                               guint    input,
                               gboolean square,
                               GError **error);
void          tl_linalg_infer_out (TlInfer *self,
                                   guint    output,
                                   guint    n_axes,
                                   TlDim    rows,
                                   TlDim    columns);
TlLinalgArgs *tl_linalg_prepare (TlPrepare   *self,
                                 TlLinalgKind kind,
                                 guint        n_behind,
                                 GError     **error);

/* Formulas. */
TlTensor *tl_linalg_solve (TlFormula *f,
                           TlTensor  *a,
                           TlTensor  *b);
TlTensor *tl_linalg_triangular (TlFormula *f,
                                TlTensor  *a,
                                TlTensor  *b,
                                gboolean   upper,
                                gboolean   left,
                                gboolean   unit);
TlTensor *tl_linalg_diagonal (TlFormula *f,
                              TlTensor  *a);
TlTensor *tl_linalg_identity (TlFormula *f,
                              TlTensor  *a);
TlTensor *tl_linalg_diag (TlFormula *f,
                          TlTensor  *a);
TlTensor *tl_linalg_fold (TlFormula *f,
                          TlTensor  *a,
                          gboolean   upper);
TlTensor *tl_linalg_gaps (TlFormula  *f,
                          const char *text,
                          TlTensor   *values);
gboolean  tl_linalg_svd (TlFormula *f,
                         TlTensor  *a,
                         TlTensor **u,
                         TlTensor **s,
                         TlTensor **vh);

G_END_DECLS
