/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Linear algebra over LAPACK: one matrix after the other, each by one thread, so the bits do not depend on their number.
 *
 *     kind         data[]                          with matrices a [m, n], b, and k columns of b or the smaller size of a
 *     solve        a, b, x, error                  a x = b                       a [n, n], b and x [n, k]
 *     triangular   a, b, x, error                  a x = b, or x a = b           a [n, n], of which one triangle is read
 *     cholesky     a, l, error                     a = l l', or u' u             of which one triangle is read
 *     qr           a, q, r, error                  a = q r                       q [m, k], r [k, n]
 *     svd          a, u, s, vh, error              a = u diag (s) vh             u [m, k], s [k], vh [k, n], falling
 *     eigh         a, l, q, error                  a = q diag (l) q'             l [n] rising, q [n, n]
 *     slogdet      a, sign, logarithm, error       of the determinant
 *     det          a, det, error
 *     pinv         a, p, error                     p [n, m]; singular values up to rcond times the largest count as zeros
 *     cofactor     a, c, error                     the gradient of the determinant
 *
 * Of two vectors that differ in sign, svd (u) and eigh give the one whose largest component is positive.
 *
 * Matrices are row-major; LAPACK, which wants columns, sees them transposed, and what it is asked for is the transposed problem.  A matrix with
 * NaN or infinities is not given to LAPACK: its results are NaN.  What cannot be computed (a singular matrix) is told in *error, and its
 * results are NaN too.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/index.h"
#include "core/kernels/work.h"

/* The functions of one dtype, as Fortran exports them: the lengths of texts stand behind all other arguments. */
typedef struct {
  void (*getrf) (const int32_t *m, const int32_t *n, void *a, const int32_t *lda, int32_t *ipiv, int32_t *info);
  void (*getrs) (const char *trans, const int32_t *n, const int32_t *nrhs, const void *a, const int32_t *lda, const int32_t *ipiv, void *b, const int32_t *ldb, int32_t *info, size_t);
  void (*potrf) (const char *uplo, const int32_t *n, void *a, const int32_t *lda, int32_t *info, size_t);
  void (*gelqf) (const int32_t *m, const int32_t *n, void *a, const int32_t *lda, void *tau, void *work, const int32_t *lwork, int32_t *info);
  void (*orglq) (const int32_t *m, const int32_t *n, const int32_t *k, void *a, const int32_t *lda, const void *tau, void *work, const int32_t *lwork, int32_t *info);
  void (*gesdd) (const char *jobz, const int32_t *m, const int32_t *n, void *a, const int32_t *lda, void *s, void *u, const int32_t *ldu, void *vt, const int32_t *ldvt, void *work, const int32_t *lwork, int32_t *iwork, int32_t *info, size_t);
  void (*syevd) (const char *jobz, const char *uplo, const int32_t *n, void *a, const int32_t *lda, void *w, void *work, const int32_t *lwork, int32_t *iwork, const int32_t *liwork, int32_t *info, size_t, size_t);
  void (*trsm) (const char *side, const char *uplo, const char *trans, const char *diag, const int32_t *m, const int32_t *n, const void *alpha, const void *a, const int32_t *lda, void *b, const int32_t *ldb, size_t, size_t, size_t, size_t);
  void (*gemm) (const char *transa, const char *transb, const int32_t *m, const int32_t *n, const int32_t *k, const void *alpha, const void *a, const int32_t *lda, const void *b, const int32_t *ldb, const void *beta, void *c, const int32_t *ldc, size_t, size_t);
} TlLapack;

typedef enum {
  TL_LINALG_SOLVE,
  TL_LINALG_TRIANGULAR,
  TL_LINALG_CHOLESKY,
  TL_LINALG_QR,
  TL_LINALG_SVD,
  TL_LINALG_EIGH,
  TL_LINALG_SLOGDET,
  TL_LINALG_DET,
  TL_LINALG_PINV,
  TL_LINALG_COFACTOR,
} TlLinalgKind;

typedef struct {
  TlLinalgKind    kind;
  TlDType         dtype; /* f32 or f64 */
  const TlLapack *lapack;
  int32_t         m, n, k;
  int32_t         upper, unit, right; /* triangular (upper also of cholesky and eigh): which triangle, ones on the diagonal, x a = b */
  double          rcond;
  int32_t         batch_rank;
  int64_t         batch[TL_MAX_RANK];
  int64_t         in_batch[2][TL_MAX_RANK]; /* strides of a and b, in elements; 0 where broadcast */
  uint32_t        n_in, n_out;
  int64_t         in_size[2]; /* elements of one matrix */
  int64_t         out_size[3];
} TlLinalgArgs;

extern const TlKernel tl_linalg_kernel;

/**
 * tl_linalg_fits:
 *
 * Returns: whether a matrix is small enough for LAPACK's 32-bit sizes
 */
int tl_linalg_fits (int64_t m, int64_t n, int64_t k);
