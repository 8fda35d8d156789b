/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Reductions computed in f32 (also for the halves), f64 and i64 (all integers and bool); see reduce-private.h for the cut.
 */

#include "core/kernels/isa.h"

#if TL_TYPE_FLOAT || defined(TL_TYPE_I64)

#  include "core/kernels/functors.h"
#  include "core/kernels/reduce-private.h"
#  include "core/kernels/rows.h"

void TL_NAME (tl_reduce_measure) (const void *args, TlWork *work);
void TL_NAME (tl_reduce_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

typedef struct {
  real    value; /* the result; the maximum of logsumexp */
  real    sum;   /* logsumexp: of exp (x - value) */
  int64_t index; /* arg: where value was */
} Partial;

#  if TL_TYPE_FLOAT
#    define LOWEST ((real)-__builtin_inf ())
#    define HIGHEST ((real)__builtin_inf ())
#    define IS_NAN(a) ((a) != (a))
#  else
#    define LOWEST INT64_MIN
#    define HIGHEST INT64_MAX
#    define IS_NAN(a) ((void)(a), 0)
#  endif

#  define CHUNK_OP(name, fn, start)                                                                      \
    static real name (const real *x, int64_t n)                                                          \
    {                                                                                                    \
      real    acc[TL_ROW_LANES];                                                                         \
      int64_t j = 0;                                                                                     \
                                                                                                         \
      for (int l = 0; l < TL_ROW_LANES; l++)                                                             \
        acc[l] = (start);                                                                                \
      for (; j + TL_ROW_LANES <= n; j += TL_ROW_LANES)                                                   \
        for (int l = 0; l < TL_ROW_LANES; l++)                                                           \
          acc[l] = FN (fn) (acc[l], x[j + l]);                                                           \
      for (int l = 0; j + l < n; l++)                                                                    \
        acc[l] = FN (fn) (acc[l], x[j + l]);                                                             \
      _Pragma ("GCC unroll 5") for (int s = TL_ROW_LANES / 2; s > 0; s /= 2) for (int l = 0; l < s; l++) \
        acc[l] = FN (fn) (acc[l], acc[l + s]);                                                           \
      return acc[0];                                                                                     \
    }
CHUNK_OP (chunk_sum, add, 0)
CHUNK_OP (chunk_prod, mul, 1)
CHUNK_OP (chunk_min, min, HIGHEST)
CHUNK_OP (chunk_max, max, LOWEST)
CHUNK_OP (chunk_any, or, 0)
CHUNK_OP (chunk_all, and, 1)

static int64_t
find_first (const real *x, int64_t n, real value)
{
  int64_t i = 0;

  /* Pieces that do not hold it are passed over as vectors. */
  for (; i + 64 <= n; i += 64) {
    int hits = 0;

    for (int j = 0; j < 64; j++)
      hits |= (x[i + j] == value) | (IS_NAN (value) & IS_NAN (x[i + j]));
    if (hits)
      break;
  }
  for (; i < n; i++)
    if (x[i] == value || (IS_NAN (value) && IS_NAN (x[i])))
      return i;
  return 0;
}

static Partial
reduce_chunk (TlReduceOp op, const real *x, int64_t n, int64_t first)
{
  Partial p = { 0, 0, first };

  switch (op) {
  case TL_REDUCE_SUM:
  case TL_REDUCE_MEAN:
    p.value = chunk_sum (x, n);
    break;
  case TL_REDUCE_PROD:
    p.value = chunk_prod (x, n);
    break;
  case TL_REDUCE_MIN:
    p.value = chunk_min (x, n);
    break;
  case TL_REDUCE_MAX:
    p.value = chunk_max (x, n);
    break;
  case TL_REDUCE_ANY:
    p.value = chunk_any (x, n);
    break;
  case TL_REDUCE_ALL:
    p.value = chunk_all (x, n);
    break;
  case TL_REDUCE_ARGMIN:
    p.value = chunk_min (x, n);
    p.index += find_first (x, n, p.value);
    break;
  case TL_REDUCE_ARGMAX:
    p.value = chunk_max (x, n);
    p.index += find_first (x, n, p.value);
    break;
  case TL_REDUCE_LOGSUMEXP:
#  if TL_TYPE_FLOAT
    p.value = chunk_max (x, n);
    if (p.value == LOWEST || p.value == HIGHEST)
      p.sum = p.value == HIGHEST;
    else
      TL_ROW_SUM (p.sum, n, FN (exp) (x[i] - p.value));
#  endif
    break;
  }
  return p;
}

static real
combine_values (TlReduceOp op, real a, real b)
{
  switch (op) {
  case TL_REDUCE_PROD:
    return FN (mul) (a, b);
  case TL_REDUCE_MIN:
    return FN (min) (a, b);
  case TL_REDUCE_MAX:
    return FN (max) (a, b);
  case TL_REDUCE_ANY:
    return FN (or) (a, b);
  case TL_REDUCE_ALL:
    return FN (and) (a, b);
  default:
    return FN (add) (a, b);
  }
}

static void
combine (TlReduceOp op, Partial *a, const Partial *b)
{
  if (op == TL_REDUCE_ARGMIN || op == TL_REDUCE_ARGMAX) {
    int better = op == TL_REDUCE_ARGMIN ? b->value < a->value : b->value > a->value;

    if (!IS_NAN (a->value) && (better || IS_NAN (b->value)))
      *a = *b;
  } else if (op == TL_REDUCE_LOGSUMEXP) {
#  if TL_TYPE_FLOAT
    real max = FN (max) (a->value, b->value);

    if (max != LOWEST && max != HIGHEST)
      a->sum = a->sum * FN (exp) (a->value - max) + b->sum * FN (exp) (b->value - max);
    a->value = max;
#  endif
  } else {
    a->value = combine_values (op, a->value, b->value);
  }
}

/* The output element of a finished partial. */
static void
finish (const TlReduceArgs *args, const TlReducePlan *plan, const Partial *p, void *out)
{
  TlDType dtype = tl_reduce_out_dtype (args->op, args->dtype);
  real    value = p->value;

  if (args->op == TL_REDUCE_ARGMIN || args->op == TL_REDUCE_ARGMAX) {
    *(int64_t *)out = p->index;
    return;
  }
#  if TL_TYPE_FLOAT
  if (args->op == TL_REDUCE_MEAN)
    value /= (real)plan->n_reduced;
  if (args->op == TL_REDUCE_LOGSUMEXP && value != LOWEST && value != HIGHEST)
    value += FN (log) (p->sum);
#  endif
  TL_ISA_NAME (tl_convert)
  (dtype, TL_TYPE_DTYPE) (out, 1, &value, 1, 1);
}

static void *
output_at (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, int64_t kept)
{
  size_t size = tl_dtype_size (tl_reduce_out_dtype (args->op, args->dtype));

  return (char *)data[1] + tl_space_offset (&plan->kept, plan->kept.rank, 1, kept) * (int64_t)size;
}

/* Elements [first, first + n) of one output's row, contiguous in the dtype of the computation. */
static const real *
gather (const TlReduceArgs *args, const TlReducePlan *plan, const char *base, int64_t first, int64_t n, real *buffer)
{
  const TlSpace *space = &plan->reduced;
  TlConvertFn    convert = TL_ISA_NAME (tl_convert) (TL_TYPE_DTYPE, args->dtype);
  int64_t        size = (int64_t)tl_dtype_size (args->dtype);
  int64_t        run = space->rank ? space->shape[space->rank - 1] : 1, stride = space->rank ? space->strides[space->rank - 1][0] : 1;

  if (args->dtype == TL_TYPE_DTYPE && stride == 1 && first / run == (first + n - 1) / run)
    return (const real *)(base + tl_space_offset (space, space->rank, 0, first) * size);
  for (int64_t done = 0; done < n;) {
    int64_t piece = tl_min_i64 (n - done, run - (first + done) % run);

    convert (buffer + done, 1, base + tl_space_offset (space, space->rank, 0, first + done) * size, stride, (size_t)piece);
    done += piece;
  }
  return buffer;
}

static Partial
row_chunk (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, int64_t kept, int64_t chunk, real *buffer)
{
  int64_t     first = chunk * plan->per_chunk, n = tl_min_i64 (plan->per_chunk, plan->n_reduced - first);
  const char *base = (const char *)data[0] +
                     tl_space_offset (&plan->kept, plan->kept.rank, 0, kept) * (int64_t)tl_dtype_size (args->dtype);

  return reduce_chunk (args->op, n > 0 ? gather (args, plan, base, first, n, buffer) : buffer, tl_max_i64 (n, 0), first);
}

/* Rows [first, end) that lie one distance apart and need neither conversion nor gathering: short ones would cost more than their sums. */
static int
run_plain_rows (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, int64_t first, int64_t end)
{
  const TlSpace *kept = &plan->kept, *reduced = &plan->reduced;
  int64_t        in_step = kept->rank ? kept->strides[0][0] : 0, out_step = kept->rank ? kept->strides[0][1] : 0;

  if (args->dtype != TL_TYPE_DTYPE || args->op > TL_REDUCE_MAX || kept->rank > 1 || reduced->rank != 1 || reduced->strides[0][0] != 1)
    return 0;
  for (int64_t k = first; k < end; k++) {
    real value = reduce_chunk (args->op, (const real *)data[0] + k * in_step, plan->n_reduced, 0).value;

    ((real *)data[1])[k * out_step] = args->op == TL_REDUCE_MEAN ? value / (real)plan->n_reduced : value;
  }
  return 1;
}

static void
run_rows (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, Partial *partials, unsigned phase, size_t tile, real *buffer)
{
  if (plan->chunks == 1) {
    int64_t first = (int64_t)tile * plan->kept_per_tile, end = tl_min_i64 (plan->n_kept, first + plan->kept_per_tile);

    if (run_plain_rows (args, plan, data, first, end))
      return;
    for (int64_t k = first; k < end; k++) {
      Partial p = row_chunk (args, plan, data, k, 0, buffer);

      finish (args, plan, &p, output_at (args, plan, data, k));
    }
  } else if (phase == 0) {
    int64_t per = TL_REDUCE_TILE / TL_REDUCE_CHUNK, first = (int64_t)tile * per;
    int64_t end = tl_min_i64 (plan->n_kept * plan->chunks, first + per);

    for (int64_t i = first; i < end; i++)
      partials[i] = row_chunk (args, plan, data, i / plan->chunks, i % plan->chunks, buffer);
  } else {
    Partial *p = partials + (int64_t)tile * plan->chunks;

#  define COMBINE(a, b) combine (args->op, &p[a], &p[b])
    TL_TREE (plan->chunks, COMBINE)
#  undef COMBINE
    finish (args, plan, p, output_at (args, plan, data, (int64_t)tile));
  }
}

/* acc = acc + rows, four rows at a time in pairs.  `step` is the distance of rows where they have one, else 0. */
#  define COLUMN_OP(name, fn)                                                                                            \
    static void name (real *restrict acc, const real *base, const TlSpace *space, int64_t first, int64_t end, int64_t n) \
    {                                                                                                                    \
      int64_t r = first, step = space->rank == 1 ? space->strides[0][0] : 0;                                             \
                                                                                                                         \
      for (; r + 4 <= end; r += 4) {                                                                                     \
        const real *a = base + (step ? r * step : tl_space_offset (space, space->rank, 0, r));                           \
        const real *b = step ? a + step : base + tl_space_offset (space, space->rank, 0, r + 1);                         \
        const real *c = step ? b + step : base + tl_space_offset (space, space->rank, 0, r + 2);                         \
        const real *d = step ? c + step : base + tl_space_offset (space, space->rank, 0, r + 3);                         \
                                                                                                                         \
        for (int64_t j = 0; j < n; j++)                                                                                  \
          acc[j] = FN (fn) (acc[j], FN (fn) (FN (fn) (a[j], b[j]), FN (fn) (c[j], d[j])));                               \
      }                                                                                                                  \
      for (; r < end; r++) {                                                                                             \
        const real *a = base + tl_space_offset (space, space->rank, 0, r);                                               \
                                                                                                                         \
        for (int64_t j = 0; j < n; j++)                                                                                  \
          acc[j] = FN (fn) (acc[j], a[j]);                                                                               \
      }                                                                                                                  \
    }
COLUMN_OP (add_rows, add)
COLUMN_OP (mul_rows, mul)
COLUMN_OP (min_rows, min)
COLUMN_OP (max_rows, max)

static void
column_rows (TlReduceOp op, real *acc, const real *base, const TlSpace *space, int64_t first, int64_t end, int64_t n)
{
  if (op == TL_REDUCE_PROD)
    mul_rows (acc, base, space, first, end, n);
  else if (op == TL_REDUCE_MIN)
    min_rows (acc, base, space, first, end, n);
  else if (op == TL_REDUCE_MAX)
    max_rows (acc, base, space, first, end, n);
  else
    add_rows (acc, base, space, first, end, n);
}

static real
identity_of (TlReduceOp op)
{
  return op == TL_REDUCE_PROD ? 1 : op == TL_REDUCE_MIN ? HIGHEST
                                  : op == TL_REDUCE_MAX ? LOWEST
                                                        : 0;
}

/* One chunk of rows of columns [c0, c0 + n) into acc. */
static void
column_chunk (const TlReduceArgs *args, const TlReducePlan *plan, const real *base, int64_t chunk, int64_t n, real *acc)
{
  int64_t first = chunk * plan->per_chunk, end = tl_min_i64 (plan->n_reduced, first + plan->per_chunk);
  int64_t wide = n * plan->fold, wide_rows = (end - first) / plan->fold;
  TlSpace folded = { .rank = 1, .n = 1, .shape = { wide_rows }, .strides = { { wide } } };

  for (int64_t j = 0; j < wide; j++)
    acc[j] = identity_of (args->op);
  if (plan->fold == 1) {
    column_rows (args->op, acc, base, &plan->reduced, first, end, n);
    return;
  }
  column_rows (args->op, acc, base + first * n, &folded, 0, wide_rows, wide);
  for (int64_t f = 1; f < plan->fold; f++)
    for (int64_t j = 0; j < n; j++)
      acc[j] = combine_values (args->op, acc[j], acc[f * n + j]);
  column_rows (args->op, acc, base, &plan->reduced, first + wide_rows * plan->fold, end, n);
}

static void
store_columns (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, int64_t kept, const real *acc, int64_t n)
{
  for (int64_t j = 0; j < n; j++) {
    Partial p = { acc[j], 0, 0 };

    finish (args, plan, &p, output_at (args, plan, data, kept + j));
  }
}

static void
run_columns (const TlReduceArgs *args, const TlReducePlan *plan, void *const *data, real *partials, unsigned phase, size_t tile, real *buffer)
{
  int64_t chunk = phase == 0 ? (int64_t)tile % plan->chunks : 0, t = phase == 0 ? (int64_t)tile / plan->chunks : (int64_t)tile;
  int64_t c0 = t % plan->blocks * TL_REDUCE_COLUMN_BLOCK, outer = t / plan->blocks;
  int64_t n = tl_min_i64 (TL_REDUCE_COLUMN_BLOCK, plan->width - c0);
  real   *mine = partials + outer * plan->chunks * plan->width + c0;

  if (phase == 0) {
    const real *base = (const real *)data[0] + tl_space_offset (&plan->kept, plan->kept.rank, 0, outer * plan->width + c0);

    column_chunk (args, plan, base, chunk, n, buffer);
    if (plan->chunks == 1)
      store_columns (args, plan, data, outer * plan->width + c0, buffer, n);
    else
      memcpy (mine + chunk * plan->width, buffer, (size_t)n * sizeof (real));
    return;
  }
#  define COMBINE(a, b)             \
    for (int64_t j = 0; j < n; j++) \
    mine[(a)*plan->width + j] = combine_values (args->op, mine[(a)*plan->width + j], mine[(b)*plan->width + j])
  TL_TREE (plan->chunks, COMBINE)
#  undef COMBINE
  store_columns (args, plan, data, outer * plan->width + c0, mine, n);
}

void
TL_NAME (tl_reduce_measure) (const void *args, TlWork *work)
{
  TlReducePlan plan;

  tl_reduce_plan (args, TL_TYPE_DTYPE, &plan);
  *work = (TlWork){ .n_phases = plan.chunks > 1 ? 2 : 1, .scratch = TL_REDUCE_CHUNK * sizeof (real) };
  if (plan.columns) {
    work->n_tiles[0] = (size_t)(plan.outer * plan.blocks * plan.chunks);
    work->n_tiles[1] = plan.chunks > 1 ? (size_t)(plan.outer * plan.blocks) : 0;
    work->workspace = plan.chunks > 1 ? (size_t)(plan.n_kept * plan.chunks) * sizeof (real) : 0;
  } else if (plan.chunks == 1) {
    work->n_tiles[0] = (size_t)tl_ceil_div (plan.n_kept, plan.kept_per_tile);
  } else {
    work->n_tiles[0] = (size_t)tl_ceil_div (plan.n_kept * plan.chunks, TL_REDUCE_TILE / TL_REDUCE_CHUNK);
    work->n_tiles[1] = (size_t)plan.n_kept;
    work->workspace = (size_t)(plan.n_kept * plan.chunks) * sizeof (Partial);
  }
}

void
TL_NAME (tl_reduce_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  TlReducePlan plan;

  tl_reduce_plan (args, TL_TYPE_DTYPE, &plan);
  if (plan.columns)
    run_columns (args, &plan, data, workspace, phase, tile, scratch);
  else
    run_rows (args, &plan, data, workspace, phase, tile, scratch);
}

#endif
