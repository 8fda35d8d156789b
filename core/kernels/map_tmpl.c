/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Programs over strided operands, a block at a time.
 *
 * After ordering axes as the first output lies in memory and merging them, the last two are called rows and columns.  A block is a piece of one row or several whole rows, at most
 * BLOCK elements.  Operands that are contiguous there and have the dtype of the computation are used in place; others are
 * gathered into (or scattered from) a block in scratch.  A gathered block that the next step would gather again, such as
 * the bias of [N, C] + [C], is kept.
 */

#include "core/kernels/convert.h"
#include "core/kernels/functors.h"
#include "core/kernels/program.h"
#include "core/kernels/trig-wide.h"

void TL_NAME (tl_map_measure) (const void *args, TlWork *work);
void TL_NAME (tl_map_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

#define BLOCK ((int64_t)(sizeof (real) == 8 ? 512 : 1024))
#define TILE_ELEMENTS 65536
#define MAX_OPERANDS (TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT)
_Static_assert(MAX_OPERANDS <= TL_SPACE_MAX_OPERANDS, "a program's operands must fit into a space");

typedef void (*InstrFn) (real *d, const real *a, const real *b, const real *c, size_t n);

#define TL_FUNCTOR_1(name)                                                                  \
  static void instr_##name (real *d, const real *a, const real *b, const real *c, size_t n) \
  {                                                                                         \
    TL_VECTOR_LOOP                                                                          \
    for (size_t i = 0; i < n; i++)                                                          \
      d[i] = FN (name) (a[i]);                                                              \
  }
#define TL_FUNCTOR_2(name)                                                                  \
  static void instr_##name (real *d, const real *a, const real *b, const real *c, size_t n) \
  {                                                                                         \
    TL_VECTOR_LOOP                                                                          \
    for (size_t i = 0; i < n; i++)                                                          \
      d[i] = FN (name) (a[i], b[i]);                                                        \
  }
#define TL_FUNCTOR_3(name)                                                                  \
  static void instr_##name (real *d, const real *a, const real *b, const real *c, size_t n) \
  {                                                                                         \
    TL_VECTOR_LOOP                                                                          \
    for (size_t i = 0; i < n; i++)                                                          \
      d[i] = FN (name) (a[i], b[i], c[i]);                                                  \
  }
#define TL_FUNCTOR_ALL(name, arity) TL_FUNCTOR_##arity (name)
#if TL_TYPE_FLOAT

/* Whether there are operands beyond TL_TRIG_WIDE: their bits, as a whole number without sign, are larger, and the sum's highest bit tells. */
static int
has_wide (const real *a, size_t n)
{
#  ifdef TL_TYPE_F32
  typedef uint32_t Bits;
#  else
  typedef uint64_t Bits;
#  endif
  const real limit = (real)TL_TRIG_WIDE;
  const int  top = 8 * (int)sizeof (Bits) - 1;
  Bits       least, any = 0;

  memcpy (&least, &limit, sizeof least);
  for (size_t i = 0; i < n; i++) {
    Bits bits;

    memcpy (&bits, &a[i], sizeof bits);
    any |= (bits & (((Bits)1 << top) - 1)) + (((Bits)1 << top) - least);
  }
  return (int)(any >> top);
}

static real
wide_trig (TlFn fn, real a)
{
  double    x = (double)a, s, c;
  TrigSplit t;

  if (!(__builtin_fabs (x) > TL_TRIG_WIDE) || __builtin_isinf (x))
    return fn == TL_FN_sin ? FN (sin) (a) : fn == TL_FN_cos ? FN (cos) (a)
                                                            : FN (tan) (a);
  t.quadrant = tl_trig_reduce (x, &t.r, &t.tail);
  s = sin_poly_f64 (t.r, t.tail);
  c = cos_poly_f64 (t.r, t.tail);
  if (fn == TL_FN_tan)
    return (real)((t.quadrant & 1) != 0 ? -c / s : s / c);
  t.quadrant += fn == TL_FN_cos;
  s = (t.quadrant & 1) != 0 ? c : s;
  return (real)((t.quadrant & 2) != 0 ? -s : s);
}

#  define TL_FUNCTOR_TRIG(name, arity)                                                        \
    static void instr_##name (real *d, const real *a, const real *b, const real *c, size_t n) \
    {                                                                                         \
      if (has_wide (a, n)) {                                                                  \
        for (size_t i = 0; i < n; i++)                                                        \
          d[i] = wide_trig (TL_FN_##name, a[i]);                                              \
        return;                                                                               \
      }                                                                                       \
      TL_VECTOR_LOOP                                                                          \
      for (size_t i = 0; i < n; i++)                                                          \
        d[i] = FN (name) (a[i]);                                                              \
    }
#  define TL_FUNCTOR_FLOAT(name, arity) TL_FUNCTOR_##arity (name)
#  define TL_FUNCTOR_INT(name, arity)
#else
#  define TL_FUNCTOR_FLOAT(name, arity)
#  define TL_FUNCTOR_INT(name, arity) TL_FUNCTOR_##arity (name)
#endif
#include "core/kernels/functors.def"
#undef TL_FUNCTOR_ALL
#undef TL_FUNCTOR_FLOAT
#undef TL_FUNCTOR_INT

static const InstrFn instr_fns[TL_N_FN] = {
#define TL_FUNCTOR_ALL(name, arity) instr_##name,
#if TL_TYPE_FLOAT
#  define TL_FUNCTOR_FLOAT(name, arity) instr_##name,
#  define TL_FUNCTOR_INT(name, arity) NULL,
#else
#  define TL_FUNCTOR_FLOAT(name, arity) NULL,
#  define TL_FUNCTOR_INT(name, arity) instr_##name,
#endif
#include "core/kernels/functors.def"
#undef TL_FUNCTOR_ALL
#undef TL_FUNCTOR_FLOAT
#undef TL_FUNCTOR_INT
};

static const uint8_t arities[TL_N_FN] = {
#define TL_FUNCTOR_ALL(name, arity) arity,
#define TL_FUNCTOR_FLOAT(name, arity) arity,
#define TL_FUNCTOR_INT(name, arity) arity,
#include "core/kernels/functors.def"
#undef TL_FUNCTOR_ALL
#undef TL_FUNCTOR_FLOAT
#undef TL_FUNCTOR_INT
};

typedef struct {
  TlSpace  space; /* inputs, then outputs */
  unsigned n_in, n_out, n;
  unsigned outer_rank;
  int64_t  rows, cols;             /* the last two axes */
  int64_t  block_rows, block_cols; /* sizes of a block */
  int64_t  row_blocks, col_blocks; /* blocks along the last two axes */
  int64_t  n_blocks;
  int64_t  blocks_per_tile;
  int      in_place; /* every operand is one run in the dtype of the computation */
} MapPlan;

static int
has_compute_dtype (TlDType dtype)
{
  return dtype == TL_TYPE_DTYPE;
}

static TlDType
operand_dtype (const TlMapArgs *args, const MapPlan *plan, unsigned k)
{
  return k < plan->n_in ? args->in_dtype[k] : args->out_dtype[k - plan->n_in];
}

static void
plan_map (const TlMapArgs *args, MapPlan *plan)
{
  TlSpace *space = &plan->space;
  int64_t  outer = 1, elements;

  plan->n_in = args->program->n_in;
  plan->n_out = args->program->n_out;
  plan->n = space->n = plan->n_in + plan->n_out;
  space->rank = args->rank;
  for (unsigned d = 0; d < args->rank; d++) {
    space->shape[d] = args->shape[d];
    for (unsigned k = 0; k < plan->n_in; k++)
      space->strides[d][k] = args->in_strides[k][d];
    for (unsigned k = 0; k < plan->n_out; k++)
      space->strides[d][plan->n_in + k] = args->out_strides[k][d];
  }
  /* Channels-last operands become one run once their axes stand as in memory. */
  tl_space_collapse (space);
  if (space->rank > 1) {
    tl_space_sort (space, plan->n_in);
    tl_space_collapse (space);
  }
  while (space->rank < 2) { /* add axes of one element in front */
    for (unsigned k = 0; k < plan->n; k++) {
      space->strides[space->rank][k] = space->rank ? space->strides[0][k] : 1;
      space->strides[0][k] = space->rank ? 0 : space->strides[0][k];
    }
    space->shape[space->rank] = space->rank ? space->shape[0] : 1;
    if (space->rank)
      space->shape[0] = 1;
    space->rank++;
  }
  plan->outer_rank = space->rank - 2;
  plan->rows = space->shape[plan->outer_rank];
  plan->cols = space->shape[plan->outer_rank + 1];
  for (unsigned d = 0; d < plan->outer_rank; d++)
    outer *= space->shape[d];
  plan->block_cols = tl_min_i64 (plan->cols, BLOCK);
  plan->block_rows = tl_max_i64 (1, tl_min_i64 (plan->rows, plan->cols > 0 ? BLOCK / plan->cols : 1));
  plan->row_blocks = tl_ceil_div (plan->rows, plan->block_rows);
  plan->col_blocks = plan->cols > 0 ? tl_ceil_div (plan->cols, plan->block_cols) : 0;
  plan->n_blocks = outer * plan->row_blocks * plan->col_blocks;
  elements = TILE_ELEMENTS / (1 + args->program->n_instr / 8);
  plan->blocks_per_tile = tl_max_i64 (1, elements / tl_max_i64 (1, plan->block_rows * plan->block_cols));
  plan->in_place = plan->outer_rank == 0 && plan->rows == 1;
  for (unsigned k = 0; k < plan->n; k++)
    plan->in_place &= has_compute_dtype (operand_dtype (args, plan, k)) &&
                      (space->strides[1][k] == 1 || plan->cols == 1);
}

static int is_simple (const TlMapArgs *args);

void
TL_NAME (tl_map_measure) (const void *args_, TlWork *work)
{
  const TlMapArgs *args = args_;
  const TlProgram *program = args->program;
  MapPlan          plan;

  *work = (TlWork){ .n_phases = 1 };
  if (is_simple (args)) {
    work->n_tiles[0] = (size_t)(args->rank == 0 ? 1 : tl_ceil_div (args->shape[0], TILE_ELEMENTS));
    return;
  }
  plan_map (args, &plan);
  work->n_tiles[0] = (size_t)tl_ceil_div (plan.n_blocks, plan.blocks_per_tile);
  /* One block per register; compiled programs need one per operand only. */
  work->scratch = (size_t)BLOCK * sizeof (real) *
                  (program->n_in + program->n_out + (args->compiled ? 0 : program->n_constants + program->n_instr));
}

typedef struct {
  const TlMapArgs *args;
  const MapPlan   *plan;
  real            *blocks;               /* one per operand, then constants, then temporaries */
  char            *base[MAX_OPERANDS];   /* operands at the current outer position */
  const void      *cached[MAX_OPERANDS]; /* what an input's block was gathered from */
  int64_t          cached_n[MAX_OPERANDS];
  TlConvertFn      convert[MAX_OPERANDS];
  size_t           size[MAX_OPERANDS];
  int              write_through[TL_PROGRAM_MAX_OUT];
  uint8_t          temporary[TL_PROGRAM_MAX_INSTR]; /* slot of each instruction's result */
} MapRun;

static real *
block_of (const MapRun *run, unsigned slot)
{
  return run->blocks + slot * BLOCK;
}

/* The address of operand @k in the block if it can be used in place there, else NULL. */
static real *
direct (const MapRun *run, unsigned k, int64_t r0, int64_t c0, int64_t n_rows)
{
  const MapPlan *plan = run->plan;
  const int64_t *row = plan->space.strides[plan->outer_rank], *col = plan->space.strides[plan->outer_rank + 1];

  if (!has_compute_dtype (operand_dtype (run->args, plan, k)) || (col[k] != 1 && plan->cols > 1))
    return NULL;
  if (n_rows > 1 && row[k] != plan->cols)
    return NULL;
  return (real *)(run->base[k] + (r0 * row[k] + c0 * col[k]) * (int64_t)run->size[k]);
}

static const real *
load (MapRun *run, unsigned k, int64_t r0, int64_t c0, int64_t n_rows, int64_t n_cols)
{
  const MapPlan *plan = run->plan;
  int64_t        row = plan->space.strides[plan->outer_rank][k], col = plan->space.strides[plan->outer_rank + 1][k];
  const char    *src = run->base[k] + (r0 * row + c0 * col) * (int64_t)run->size[k];
  real          *block = direct (run, k, r0, c0, n_rows);

  if (block)
    return block;
  block = block_of (run, k);
  if (row == 0 || n_rows == 1) {
    if (run->cached[k] == src && run->cached_n[k] >= n_rows * n_cols && (row == 0 || col == 0))
      return block;
    run->cached[k] = src;
    run->cached_n[k] = n_rows * n_cols;
  }
  if (col == 0 && (row == 0 || n_rows == 1)) {
    run->convert[k](block, 1, src, 0, (size_t)(n_rows * n_cols));
    return block;
  }
  for (int64_t r = 0; r < n_rows; r++)
    run->convert[k](block + r * n_cols, 1, src + r * row * (int64_t)run->size[k], col, (size_t)n_cols);
  return block;
}

static void
store (MapRun *run, unsigned k, const real *block, int64_t r0, int64_t c0, int64_t n_rows, int64_t n_cols)
{
  const MapPlan *plan = run->plan;
  int64_t        row = plan->space.strides[plan->outer_rank][k], col = plan->space.strides[plan->outer_rank + 1][k];
  char          *dst = run->base[k] + (r0 * row + c0 * col) * (int64_t)run->size[k];

  if ((const char *)block == dst)
    return;
  for (int64_t r = 0; r < n_rows; r++)
    run->convert[k](dst + r * row * (int64_t)run->size[k], col, block + r * n_cols, 1, (size_t)n_cols);
}

static void
run_compiled (MapRun *run, int64_t r0, int64_t c0, int64_t n_rows, int64_t n_cols)
{
  const MapPlan *plan = run->plan;
  const void    *in[TL_PROGRAM_MAX_IN];
  void          *out[TL_PROGRAM_MAX_OUT];

  for (unsigned k = 0; k < plan->n_in; k++)
    in[k] = load (run, k, r0, c0, n_rows, n_cols);
  for (unsigned k = 0; k < plan->n_out; k++) {
    out[k] = direct (run, plan->n_in + k, r0, c0, n_rows);
    out[k] = out[k] ? out[k] : block_of (run, plan->n_in + k);
  }
  run->args->compiled (out, in, (size_t)(n_rows * n_cols));
  for (unsigned k = 0; k < plan->n_out; k++)
    store (run, plan->n_in + k, out[k], r0, c0, n_rows, n_cols);
}

static void
run_program (MapRun *run, int64_t r0, int64_t c0, int64_t n_rows, int64_t n_cols)
{
  const MapPlan   *plan = run->plan;
  const TlProgram *program = run->args->program;
  unsigned         first = program->n_in + program->n_constants;
  const real      *registers[TL_PROGRAM_MAX_REGISTERS];

  for (unsigned k = 0; k < plan->n_in; k++)
    registers[k] = load (run, k, r0, c0, n_rows, n_cols);
  for (unsigned k = 0; k < program->n_constants; k++)
    registers[plan->n_in + k] = block_of (run, plan->n + k);
  for (unsigned i = 0; i < program->n_instr; i++) {
    const TlInstr *instr = &program->instr[i];
    unsigned       arity = arities[instr->fn];
    const real    *a = registers[instr->src[0]];
    real          *d = NULL;

    for (unsigned k = 0; k < plan->n_out && !d; k++)
      if (program->out[k] == first + i && run->write_through[k])
        d = direct (run, plan->n_in + k, r0, c0, n_rows);
    d = d ? d : block_of (run, plan->n + program->n_constants + run->temporary[i]);
    instr_fns[instr->fn](d, a, arity > 1 ? registers[instr->src[1]] : a, arity > 2 ? registers[instr->src[2]] : a,
                         (size_t)(n_rows * n_cols));
    registers[first + i] = d;
  }
  /* Inputs passed on go first, before anything in place overwrites them. */
  for (unsigned k = 0; k < plan->n_out; k++)
    if (program->out[k] < first)
      store (run, plan->n_in + k, registers[program->out[k]], r0, c0, n_rows, n_cols);
  for (unsigned k = 0; k < plan->n_out; k++)
    if (program->out[k] >= first)
      store (run, plan->n_in + k, registers[program->out[k]], r0, c0, n_rows, n_cols);
}

/* Gives every instruction's result a block; one whose last reader has run is used again. */
static void
assign_temporaries (MapRun *run)
{
  const TlProgram *program = run->args->program;
  unsigned         first = program->n_in + program->n_constants, n_free = 0, n_used = 0;
  uint8_t          last_use[TL_PROGRAM_MAX_REGISTERS] = { 0 }, free_slots[TL_PROGRAM_MAX_INSTR];

  if (program->n_instr == 1) {
    run->temporary[0] = 0;
    return;
  }
  for (unsigned i = 0; i < program->n_instr; i++)
    for (unsigned k = 0; k < arities[program->instr[i].fn]; k++)
      last_use[program->instr[i].src[k]] = (uint8_t)i;
  for (unsigned k = 0; k < program->n_out; k++)
    last_use[program->out[k]] = UINT8_MAX;
  for (unsigned i = 0; i < program->n_instr; i++) {
    run->temporary[i] = (uint8_t)(n_free > 0 ? free_slots[--n_free] : n_used++);
    for (unsigned k = 0; k < arities[program->instr[i].fn]; k++) {
      unsigned reg = program->instr[i].src[k];

      if (reg >= first && last_use[reg] == i) {
        free_slots[n_free++] = run->temporary[reg - first];
        last_use[reg] = UINT8_MAX; /* not twice */
      }
    }
  }
}

/* An instruction may write an output's memory at once unless a later one reads an input that lies there. */
static void
decide_write_through (MapRun *run, void *const *data)
{
  const TlProgram *program = run->args->program;
  unsigned         first = program->n_in + program->n_constants;
  int              last_read = -1;

  for (unsigned i = 0; i < program->n_instr; i++)
    for (unsigned k = 0; k < arities[program->instr[i].fn]; k++)
      if (program->instr[i].src[k] < program->n_in)
        last_read = (int)i;
  for (unsigned k = 0; k < program->n_out; k++)
    if (program->out[k] < program->n_in)
      last_read = program->n_instr;
  for (unsigned k = 0; k < program->n_out; k++) {
    int aliases = 0;

    for (unsigned j = 0; j < program->n_in; j++)
      aliases |= data[j] == data[program->n_in + k];
    run->write_through[k] = program->out[k] >= first && (!aliases || (int)(program->out[k] - first) >= last_read);
  }
}

/* A constant that the dtype of the computation cannot hold, such as an infinite limit, becomes the nearest that it can. */
static real
constant_of (double value)
{
#if TL_TYPE_FLOAT
  return (real)value;
#else
  const int      is_signed = (real)-1 != (real)UINT8_MAX;
  const unsigned bits = 8 * (unsigned)sizeof (real) - (is_signed ? 1 : 0);
  const double   high = (double)((uint64_t)1 << bits), low = is_signed ? -high : 0;

  if (value >= high)
    return (real)(((uint64_t)1 << bits) - 1);
  return value > low ? (real)value : value <= low ? (real)low
                                                  : 0;
#endif
}

static void
prepare (MapRun *run, void *const *data, void *scratch)
{
  const MapPlan   *plan = run->plan;
  const TlProgram *program = run->args->program;

  run->blocks = scratch;
  for (unsigned k = 0; k < plan->n; k++) {
    TlDType dtype = operand_dtype (run->args, plan, k);

    run->size[k] = tl_dtype_size (dtype);
    run->cached[k] = NULL;
    run->convert[k] = k < plan->n_in ? TL_ISA_NAME (tl_convert) (TL_TYPE_DTYPE, dtype)
                                     : TL_ISA_NAME (tl_convert) (dtype, TL_TYPE_DTYPE);
  }
  if (run->args->compiled)
    return;
  assign_temporaries (run);
  decide_write_through (run, data);
  for (unsigned k = 0; k < program->n_constants; k++) {
    real *block = block_of (run, plan->n + k);
    real  value = constant_of (program->constants[k]);

    for (int64_t i = 0; i < plan->block_rows * plan->block_cols; i++)
      block[i] = value;
  }
}

/*
 * One run of memory for every operand, one instruction: the kernel itself.  Small eager operations live on this path, so it
 * looks at nothing it does not need.
 */
static int
is_simple (const TlMapArgs *args)
{
  const TlProgram *program = args->program;
  unsigned         n_in = program->n_in;

  if (args->rank > 1 || program->n_instr != 1 || program->n_constants != 0 || program->n_out != 1 ||
      program->out[0] != n_in || args->compiled || args->out_dtype[0] != TL_TYPE_DTYPE)
    return 0;
  if (args->rank == 1 && args->out_strides[0][0] != 1)
    return 0;
  for (unsigned k = 0; k < n_in; k++)
    if (args->in_dtype[k] != TL_TYPE_DTYPE || (args->rank == 1 && args->in_strides[k][0] != 1))
      return 0;
  return 1;
}

static void
run_simple (const TlMapArgs *args, void *const *data, size_t tile)
{
  const TlInstr *instr = &args->program->instr[0];
  unsigned       arity = arities[instr->fn];
  int64_t        n = args->rank == 0 ? 1 : args->shape[0], start = (int64_t)tile * TILE_ELEMENTS;
  const real    *a = (const real *)data[instr->src[0]] + start;
  const real    *b = arity > 1 ? (const real *)data[instr->src[1]] + start : a;
  const real    *c = arity > 2 ? (const real *)data[instr->src[2]] + start : a;

  instr_fns[instr->fn]((real *)data[args->program->n_in] + start, a, b, c, (size_t)tl_min_i64 (TILE_ELEMENTS, n - start));
}

/* The whole tile is one run of memory for every operand: a compiled program needs no blocks. */
static void
run_compiled_in_place (const TlMapArgs *args, const MapPlan *plan, void *const *data, int64_t first, int64_t end)
{
  int64_t     start = first * plan->block_cols;
  int64_t     n = tl_min_i64 (plan->cols, end * plan->block_cols) - start;
  const void *in[TL_PROGRAM_MAX_IN];
  void       *out[TL_PROGRAM_MAX_OUT];

  for (unsigned k = 0; k < plan->n_in; k++)
    in[k] = (const real *)data[k] + start;
  for (unsigned k = 0; k < plan->n_out; k++)
    out[k] = (real *)data[plan->n_in + k] + start;
  args->compiled (out, in, (size_t)n);
}

void
TL_NAME (tl_map_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlMapArgs *args = args_;
  MapPlan          plan;
  MapRun           run;
  int64_t          first, end, last_outer = -1;

  if (is_simple (args)) {
    run_simple (args, data, tile);
    return;
  }
  plan_map (args, &plan);
  run.args = args;
  run.plan = &plan;
  first = (int64_t)tile * plan.blocks_per_tile;
  end = tl_min_i64 (plan.n_blocks, first + plan.blocks_per_tile);
  if (args->compiled && plan.in_place) {
    run_compiled_in_place (args, &plan, data, first, end);
    return;
  }
  prepare (&run, data, scratch);
  for (int64_t b = first; b < end; b++) {
    int64_t per_outer = plan.row_blocks * plan.col_blocks;
    int64_t outer = b / per_outer, r0, c0, n_rows, n_cols;

    if (outer != last_outer)
      for (unsigned k = 0; k < plan.n; k++)
        run.base[k] = (char *)data[k] + tl_space_offset (&plan.space, plan.outer_rank, k, outer) * (int64_t)run.size[k];
    last_outer = outer;
    r0 = b % per_outer / plan.col_blocks * plan.block_rows;
    c0 = b % plan.col_blocks * plan.block_cols;
    n_rows = tl_min_i64 (plan.block_rows, plan.rows - r0);
    n_cols = tl_min_i64 (plan.block_cols, plan.cols - c0);
    if (args->compiled)
      run_compiled (&run, r0, c0, n_rows, n_cols);
    else
      run_program (&run, r0, c0, n_rows, n_cols);
  }
}
