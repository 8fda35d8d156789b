/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/linalg.h"

#include <math.h>
#include <string.h>

/* Small matrices share a tile. */
#define TILE 30000.0

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int64_t
max_i64 (int64_t a, int64_t b)
{
  return a > b ? a : b;
}

/* Elements of workspace; for gesdd the larger of what the versions of LAPACK ask for. */
static int64_t
n_work (TlLinalgKind kind, int64_t m, int64_t n)
{
  int64_t low = min_i64 (m, n), high = max_i64 (m, n);

  switch (kind) {
  case TL_LINALG_QR:
    return 64 * (high + 1);
  case TL_LINALG_SVD:
  case TL_LINALG_PINV:
  case TL_LINALG_COFACTOR:
    return 7 * low * low + 71 * low + 65 * high + 64;
  case TL_LINALG_EIGH:
    return 2 * n * n + 70 * n + 64;
  default:
    return 0;
  }
}

int
tl_linalg_fits (int64_t m, int64_t n, int64_t k)
{
  const int64_t most = 16000, longest = INT32_MAX / 128;

  return min_i64 (m, n) <= most && m <= longest && n <= longest && k <= longest;
}

/* What one matrix needs beside its operands. */
typedef struct {
  void    *a, *b, *u, *vt, *s, *work;
  int32_t *integers;
  int32_t  n_work, n_integers;
  size_t   n_bytes;
} Scratch;

static void *
take (Scratch *self, char *base, int64_t n, size_t size)
{
  void *at = base + self->n_bytes;

  self->n_bytes += ((size_t)max_i64 (n, 1) * size + 63) / 64 * 64;
  return at;
}

/* @base may be NULL: then only the size counts. */
static Scratch
lay_out (const TlLinalgArgs *args, char *base)
{
  Scratch self = { .n_work = (int32_t)n_work (args->kind, args->m, args->n) };
  size_t  size = tl_dtype_size (args->dtype);
  int64_t m = args->m, n = args->n, low = min_i64 (m, n);
  int     is_svd = args->kind == TL_LINALG_SVD || args->kind == TL_LINALG_PINV || args->kind == TL_LINALG_COFACTOR;

  self.n_integers = (int32_t)(args->kind == TL_LINALG_EIGH ? 3 + 5 * n : is_svd ? 8 * low + n
                                                                                : n);
  self.a = take (&self, base, m * n, size);
  self.b = take (&self, base, args->kind == TL_LINALG_SOLVE ? (int64_t)n * args->k : 0, size);
  self.u = take (&self, base, is_svd ? n * low : 0, size);
  self.vt = take (&self, base, is_svd ? low * m : 0, size);
  self.s = take (&self, base, 2 * low, size);
  self.work = take (&self, base, self.n_work, size);
  self.integers = take (&self, base, self.n_integers, sizeof (int32_t));
  return self;
}

static int64_t
n_matrices (const TlLinalgArgs *args)
{
  int64_t n = 1;

  for (int32_t i = 0; i < args->batch_rank; i++)
    n *= args->batch[i];
  return n;
}

static int64_t
per_tile (const TlLinalgArgs *args)
{
  double each = (double)args->m * args->n * (min_i64 (args->m, args->n) + args->k + 1.0);

  return each >= TILE ? 1 : (int64_t)(TILE / (each + 1)) + 1;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlLinalgArgs *args = args_;
  int64_t             per = per_tile (args);

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)((n_matrices (args) + per - 1) / per) } };
  work->scratch = lay_out (args, NULL).n_bytes;
}

/* Elements of either dtype. */

static double
get (TlDType dtype, const void *p, int64_t i)
{
  return dtype == TL_DTYPE_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static void
set (TlDType dtype, void *p, int64_t i, double value)
{
  if (dtype == TL_DTYPE_F32)
    ((float *)p)[i] = (float)value;
  else
    ((double *)p)[i] = value;
}

static int
is_finite (TlDType dtype, const void *p, int64_t n)
{
  for (int64_t i = 0; i < n; i++)
    if (!isfinite (get (dtype, p, i)))
      return 0;
  return 1;
}

static void
fill (TlDType dtype, void *p, int64_t n, double value)
{
  for (int64_t i = 0; i < n; i++)
    set (dtype, p, i, value);
}

/* to [columns, rows] = from [rows, columns], whose rows are @stride apart. */
static void
transpose (TlDType dtype, const void *from, void *to, int64_t rows, int64_t columns, int64_t stride)
{
  for (int64_t r = 0; r < rows; r++)
    for (int64_t c = 0; c < columns; c++)
      set (dtype, to, c * rows + r, get (dtype, from, r * stride + c));
}

static void
scale (TlDType dtype, void *p, int64_t n, double factor)
{
  for (int64_t i = 0; i < n; i++)
    set (dtype, p, i, get (dtype, p, i) * factor);
}

static const float  one_f32 = 1, zero_f32;
static const double one_f64 = 1, zero_f64;

static const void *
one (TlDType dtype)
{
  return dtype == TL_DTYPE_F32 ? (const void *)&one_f32 : &one_f64;
}

static const void *
zero (TlDType dtype)
{
  return dtype == TL_DTYPE_F32 ? (const void *)&zero_f32 : &zero_f64;
}

/* The kinds.  Each returns NULL, or what is wrong with the matrix, and where. */

static const char *
solve (const TlLinalgArgs *args, const Scratch *s, const void *a, const void *b, void *const *out, int64_t *where)
{
  int32_t n = args->n, k = args->k, info = 0;

  memcpy (s->a, a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  transpose (args->dtype, b, s->b, n, k, k);
  args->lapack->getrf (&n, &n, s->a, &n, s->integers, &info);
  *where = info;
  if (info != 0)
    return "is singular: its pivot is zero in column";
  args->lapack->getrs ("T", &n, &k, s->a, &n, s->integers, s->b, &n, &info, 1);
  transpose (args->dtype, s->b, out[0], k, n, n);
  return NULL;
}

static const char *
triangular (const TlLinalgArgs *args, const void *a, const void *b, void *const *out)
{
  int32_t     n = args->n, k = args->k;
  const char *side = args->right ? "L" : "R", *uplo = args->upper ? "L" : "U", *diag = args->unit ? "U" : "N";
  int32_t    *rows = args->right ? &n : &k, *columns = args->right ? &k : &n;

  memcpy (out[0], b, (size_t)args->in_size[1] * tl_dtype_size (args->dtype));
  args->lapack->trsm (side, uplo, "N", diag, rows, columns, one (args->dtype), a, &n, out[0], rows, 1, 1, 1, 1);
  return NULL;
}

static const char *
cholesky (const TlLinalgArgs *args, const void *a, void *const *out, int64_t *where)
{
  int32_t n = args->n, info = 0;

  memcpy (out[0], a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  for (int64_t r = 0; r < n; r++)
    for (int64_t c = args->upper ? 0 : r + 1; c < (args->upper ? r : n); c++)
      set (args->dtype, out[0], r * n + c, 0);
  args->lapack->potrf (args->upper ? "L" : "U", &n, out[0], &n, &info, 1);
  *where = info;
  return info != 0 ? "is not positive definite: its minor is not positive at size" : NULL;
}

static const char *
qr (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out)
{
  int32_t m = args->m, n = args->n, k = (int32_t)min_i64 (m, n), info = 0;

  memcpy (s->a, a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  args->lapack->gelqf (&n, &m, s->a, &n, s->s, s->work, &s->n_work, &info);
  for (int64_t r = 0; r < k; r++)
    for (int64_t c = 0; c < n; c++)
      set (args->dtype, out[1], r * n + c, c < r ? 0 : get (args->dtype, s->a, r * n + c));
  args->lapack->orglq (&k, &m, &k, s->a, &n, s->s, s->work, &s->n_work, &info);
  for (int64_t r = 0; r < m; r++)
    for (int64_t c = 0; c < k; c++)
      set (args->dtype, out[0], r * k + c, get (args->dtype, s->a, r * n + c));
  return NULL;
}

/* a = vt' diag (s) u', as seen here: vt is U by rows, u is Vh by rows. */
static const char *
decompose (const TlLinalgArgs *args, const Scratch *s, const void *a, void *values, void *u, void *vt, int64_t *where)
{
  int32_t m = args->m, n = args->n, k = (int32_t)min_i64 (m, n), info = 0;

  memcpy (s->a, a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  args->lapack->gesdd ("S", &n, &m, s->a, &n, values, u, &n, vt, &k, s->work, &s->n_work, s->integers, &info, 1);
  *where = info;
  return info != 0 ? "has no singular values that could be found" : NULL;
}

/* Of the two vectors that differ in sign: the one whose largest component is positive.  @other (may be NULL) has rows of @n elements that belong to them. */
static void
choose_signs (const TlLinalgArgs *args, void *vectors, int64_t rows, int64_t k, void *other, int64_t n)
{
  for (int64_t i = 0; i < k; i++) {
    double most = 0;

    for (int64_t r = 0; r < rows; r++) {
      double value = get (args->dtype, vectors, r * k + i);

      most = fabs (value) > fabs (most) ? value : most;
    }
    if (most >= 0)
      continue;
    for (int64_t r = 0; r < rows; r++)
      set (args->dtype, vectors, r * k + i, -get (args->dtype, vectors, r * k + i));
    if (other != NULL)
      scale (args->dtype, (char *)other + (size_t)(i * n) * tl_dtype_size (args->dtype), n, -1);
  }
}

static const char *
svd (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out, int64_t *where)
{
  const char *problem = decompose (args, s, a, out[1], out[2], out[0], where);

  choose_signs (args, out[0], args->m, min_i64 (args->m, args->n), out[2], args->n);
  return problem;
}

static const char *
eigh (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out, int64_t *where)
{
  int32_t n = args->n, info = 0;

  memcpy (s->a, a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  args->lapack->syevd ("V", args->upper ? "L" : "U", &n, s->a, &n, out[0], s->work, &s->n_work, s->integers, &s->n_integers, &info, 1, 1);
  transpose (args->dtype, s->a, out[1], n, n, n);
  choose_signs (args, out[1], n, n, NULL, 0);
  *where = info;
  return info != 0 ? "has no eigenvalues that could be found" : NULL;
}

/* Sign and size of a determinant, the latter as mantissa and exponent so that it cannot overflow on the way. */
typedef struct {
  double  mantissa; /* with the sign */
  int64_t exponent;
} Product;

static void
multiply (Product *self, double factor)
{
  int exponent;

  self->mantissa = frexp (self->mantissa * factor, &exponent);
  self->exponent += exponent;
}

/* @a is overwritten. */
static Product
determinant (const TlLinalgArgs *args, void *a, int32_t *pivots)
{
  int32_t n = args->n, info = 0;
  Product product = { 1, 0 };

  if (n > 0)
    args->lapack->getrf (&n, &n, a, &n, pivots, &info);
  for (int32_t i = 0; i < n; i++) {
    multiply (&product, get (args->dtype, a, (int64_t)i * n + i));
    if (pivots[i] != i + 1)
      product.mantissa = -product.mantissa;
  }
  return product;
}

static const char *
slogdet (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out)
{
  Product product;
  int64_t exponent;

  memcpy (s->a, a, (size_t)args->in_size[0] * tl_dtype_size (args->dtype));
  product = determinant (args, s->a, s->integers);
  exponent = product.exponent < -100000 ? -100000 : product.exponent > 100000 ? 100000
                                                                              : product.exponent;
  if (args->kind == TL_LINALG_DET) {
    set (args->dtype, out[0], 0, ldexp (product.mantissa, (int)exponent));
    return NULL;
  }
  set (args->dtype, out[0], 0, product.mantissa > 0 ? 1 : product.mantissa < 0 ? -1
                                                                               : 0);
  set (args->dtype, out[1], 0, product.mantissa == 0 ? -INFINITY : log (fabs (product.mantissa)) + (double)product.exponent * M_LN2);
  return NULL;
}

static const char *
pinv (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out, int64_t *where)
{
  int32_t     m = args->m, n = args->n, k = (int32_t)min_i64 (m, n);
  const char *problem = decompose (args, s, a, s->s, s->u, s->vt, where);
  double      least = args->rcond * get (args->dtype, s->s, 0);

  for (int64_t i = 0; i < k; i++) {
    double value = get (args->dtype, s->s, i);

    scale (args->dtype, (char *)s->u + (size_t)(i * n) * tl_dtype_size (args->dtype), n, value > least ? 1 / value : 0);
  }
  args->lapack->gemm ("T", "T", &m, &n, &k, one (args->dtype), s->vt, &k, s->u, &n, zero (args->dtype), out[0], &m, 1, 1);
  return problem;
}

/* With a = U diag (s) Vh: det (U Vh) U diag (products of the other singular values) Vh; that is right for singular matrices too. */
static const char *
cofactor (const TlLinalgArgs *args, const Scratch *s, const void *a, void *const *out, int64_t *where)
{
  int32_t     n = args->n;
  size_t      n_bytes = (size_t)args->in_size[0] * tl_dtype_size (args->dtype);
  const char *problem = decompose (args, s, a, s->s, s->u, s->vt, where);
  double      sign;

  memcpy (s->a, s->u, n_bytes);
  sign = determinant (args, s->a, s->integers).mantissa;
  memcpy (s->a, s->vt, n_bytes);
  sign = sign * determinant (args, s->a, s->integers).mantissa > 0 ? 1 : -1;
  for (int64_t i = 0; i < n; i++) {
    double others = sign;

    for (int64_t j = 0; j < n; j++)
      others *= j == i ? 1 : get (args->dtype, s->s, j);
    scale (args->dtype, (char *)s->u + (size_t)(i * n) * tl_dtype_size (args->dtype), n, others);
  }
  args->lapack->gemm ("N", "N", &n, &n, &n, one (args->dtype), s->u, &n, s->vt, &n, zero (args->dtype), out[0], &n, 1, 1);
  return problem;
}

static const char *
compute (const TlLinalgArgs *args, const Scratch *s, const void *const *in, void *const *out, int64_t *where)
{
  switch (args->kind) {
  case TL_LINALG_SOLVE:
    return solve (args, s, in[0], in[1], out, where);
  case TL_LINALG_TRIANGULAR:
    return triangular (args, in[0], in[1], out);
  case TL_LINALG_CHOLESKY:
    return cholesky (args, in[0], out, where);
  case TL_LINALG_QR:
    return qr (args, s, in[0], out);
  case TL_LINALG_SVD:
    return svd (args, s, in[0], out, where);
  case TL_LINALG_EIGH:
    return eigh (args, s, in[0], out, where);
  case TL_LINALG_SLOGDET:
  case TL_LINALG_DET:
    return slogdet (args, s, in[0], out);
  case TL_LINALG_PINV:
    return pinv (args, s, in[0], out, where);
  case TL_LINALG_COFACTOR:
    return cofactor (args, s, in[0], out, where);
  }
  return NULL;
}

static void
compute_one (const TlLinalgArgs *args, const Scratch *s, int64_t number, void *const *data)
{
  size_t        size = tl_dtype_size (args->dtype);
  const void   *in[2] = { NULL };
  void         *out[3] = { NULL };
  int64_t       offset[2] = { 0 }, rest = number, where = 0;
  const char   *problem = NULL;
  TlIndexError *error = data[args->n_in + args->n_out];
  int           finite;

  for (int32_t d = args->batch_rank; d-- > 0; rest /= args->batch[d])
    for (uint32_t i = 0; i < args->n_in; i++)
      offset[i] += rest % args->batch[d] * args->in_batch[i][d];
  for (uint32_t i = 0; i < args->n_in; i++)
    in[i] = (const char *)data[i] + (size_t)offset[i] * size;
  for (uint32_t i = 0; i < args->n_out; i++)
    out[i] = (char *)data[args->n_in + i] + (size_t)(number * args->out_size[i]) * size;
  finite = args->kind == TL_LINALG_TRIANGULAR || is_finite (args->dtype, in[0], args->in_size[0]);
  if (finite)
    problem = compute (args, s, in, out, &where);
  if (problem != NULL && error != NULL)
    tl_index_tell_problem (error, number, where, problem);
  if (!finite || problem != NULL)
    for (uint32_t i = 0; i < args->n_out; i++)
      fill (args->dtype, out[i], args->out_size[i], NAN);
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlLinalgArgs *args = args_;
  Scratch             s = lay_out (args, scratch);
  int64_t             per = per_tile (args), first = (int64_t)tile * per, end = min_i64 (n_matrices (args), first + per);

  for (int64_t i = first; i < end; i++)
    compute_one (args, &s, i, data);
}

const TlKernel tl_linalg_kernel = { measure, run };
