/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recurrent networks: gradients of the sums, from the last step to the first.
 *
 *     one phase          weight_hh packed by columns
 *     phases of steps    dh += dy;  ds from dh, dc and the gates;  dh of the step before = ds weight_hh
 *
 * Wide, a phase begins with the product, of ds of the step behind it, and one more phase makes dh of the first state.
 *
 * dh and dc of all rows stand in the workspace from one phase to the next.
 */

#include "core/kernels/recurrent-private.h"

void TL_NAME (tl_recurrent_backward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_recurrent_backward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

enum { DY,
       DH,
       DC,
       H0,
       C0,
       WEIGHT_HH,
       Y,
       KEPT,
       CELLS,
       DSUMS,
       DSUMS_H,
       DH0,
       DC0 };

#define PACK_ROWS 2048 /* of a tile that packs */

typedef struct {
  Cut     cut;
  int64_t n_sums; /* of a row: gates times units */
  size_t  weights, dh, dc, n_workspace;
  size_t  ds, n_scratch;
  int64_t ds_row;
} Plan;

static void
make_plan (const TlRecurrentArgs *args, Plan *plan)
{
  *plan = (Plan){ 0 };
  cut_sequence (args, &plan->cut);
  plan->n_sums = plan->cut.n_gates * args->hidden;
  plan->weights = take (&plan->n_workspace, plan->cut.n_unit_blocks * NR * plan->n_sums);
  plan->dh = take (&plan->n_workspace, args->n * args->hidden);
  plan->dc = take (&plan->n_workspace, args->n * args->hidden);
  plan->ds_row = scratch_row (plan->n_sums);
  plan->ds = take (&plan->n_scratch, plan->cut.rows_tile * plan->ds_row);
}

void
TL_NAME (tl_recurrent_backward_measure) (const void *args_, TlWork *work)
{
  const TlRecurrentArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  *work = (TlWork){ .workspace = plan.n_workspace * sizeof (real), .scratch = plan.n_scratch * sizeof (real) };
  if (plan.cut.n_row_tiles == 0)
    return;
  work->n_tiles[0] = (size_t)(plan.cut.n_unit_blocks * ceil_div (plan.n_sums, PACK_ROWS));
  for (int phase = 1; phase < TL_WORK_MAX_PHASES; phase++)
    work->n_tiles[phase] = (size_t)(plan.cut.n_row_tiles * plan.cut.n_block_tiles);
  work->n_phases = 1 + (uint32_t)(plan.cut.wide ? args->steps + 1 : plan.cut.n_chunks);
}

/* Some units of one row of one step: what the gradients are computed from and where they go. */
typedef struct {
  int64_t     n, hidden; /* units, and the distance of gates */
  real       *dh, *dc;
  const real *kept, *before, *y, *c, *c_before;
  real       *ds, *ds_h; /* results */
  real       *to;        /* gradients of the sums from the state: in scratch, or where the results go */
} Row;

static inline void
lstm_row (const Row *row)
{
  const int64_t n = row->n, h = row->hidden;
  const real   *kept = row->kept, *c = row->c, *c_before = row->c_before, *dhs = row->dh;
  real         *to = row->to, *dcs = row->dc;

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real in = kept[j], forget = kept[h + j], cell = kept[2 * h + j], out = kept[3 * h + j];
    real t = FN (tanh) (c[j]), dh = dhs[j], dc = dcs[j] + dh * out * (1 - t * t);

    to[j] = dc * cell * in * (1 - in);
    to[h + j] = dc * c_before[j] * forget * (1 - forget);
    to[2 * h + j] = dc * in * (1 - cell * cell);
    to[3 * h + j] = dh * t * out * (1 - out);
    dcs[j] = dc * forget;
  }
  if (row->ds != row->to)
    memcpy (row->ds, row->to, (size_t)(4 * n) * sizeof (real));
}

/* Leaves in dh what reaches the state before without the weights. */
static inline void
gru_row (const Row *row)
{
  const int64_t n = row->n, h = row->hidden;
  const real   *kept = row->kept, *before = row->before;
  real         *to = row->to, *ds = row->ds, *dhs = row->dh;

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real reset = kept[j], update = kept[h + j], fresh = kept[2 * h + j], hn = kept[3 * h + j];
    real dh = dhs[j], dn = dh * (1 - update) * (1 - fresh * fresh);
    real dr = dn * hn * reset * (1 - reset), dz = dh * (before[j] - fresh) * update * (1 - update);

    ds[j] = dr;
    ds[h + j] = dz;
    ds[2 * h + j] = dn;
    to[j] = dr;
    to[h + j] = dz;
    to[2 * h + j] = dn * reset;
    dhs[j] = dh * update;
  }
  if (row->ds_h != row->to)
    memcpy (row->ds_h, row->to, (size_t)(3 * n) * sizeof (real));
}

static inline void
rnn_row (const Row *row, bool relu)
{
  const int64_t n = row->n;
  const real   *y = row->y, *dh = row->dh;
  real         *to = row->to;

  if (relu) {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      to[j] = y[j] > 0 ? dh[j] : 0;
  } else {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      to[j] = dh[j] * (1 - y[j] * y[j]);
  }
  if (row->ds != row->to)
    memcpy (row->ds, row->to, (size_t)n * sizeof (real));
}

/* Units from @unit; without a place in scratch, results are written where they belong at once. */
static void
run_row (const TlRecurrentArgs *args, const Plan *plan, void *const *data, int64_t step, int64_t r, int64_t unit, Row *row)
{
  int64_t     hidden = args->hidden, n = row->n, at = time_of (args, step) * args->n + r;
  int64_t     at_before = step > 0 ? time_of (args, step - 1) * args->n + r : r;
  const real *dy = data[DY] ? (const real *)data[DY] + time_of (args, step) * args->dy_step + r * args->dy_row + unit * args->dy_col : NULL;

  row->hidden = hidden;
  row->y = (const real *)data[Y] + at * hidden + unit;
  row->ds = (real *)data[DSUMS] + at * args->dsums_row + unit;
  if (row->to == NULL && args->kind != TL_RECURRENT_GRU)
    row->to = row->ds;
  if (dy) {
    real *dh = row->dh;

    if (args->dy_col == 1) {
      TL_VECTOR_LOOP
      for (int64_t j = 0; j < n; j++)
        dh[j] += dy[j];
    } else {
      for (int64_t j = 0; j < n; j++)
        dh[j] += dy[j * args->dy_col];
    }
  }
  if (args->kind == TL_RECURRENT_LSTM) {
    row->kept = (const real *)data[KEPT] + at * 4 * hidden + unit;
    row->c = (const real *)data[CELLS] + at * hidden + unit;
    row->c_before = (const real *)(step > 0 ? data[CELLS] : data[C0]) + at_before * hidden + unit;
    lstm_row (row);
  } else if (args->kind == TL_RECURRENT_GRU) {
    row->kept = (const real *)data[KEPT] + at * 4 * hidden + unit;
    row->before = (const real *)(step > 0 ? data[Y] : data[H0]) + at_before * hidden + unit;
    row->ds_h = (real *)data[DSUMS_H] + at * args->dsums_row + unit;
    row->to = row->to == NULL ? row->ds_h : row->to;
    gru_row (row);
  } else {
    rnn_row (row, args->kind == TL_RECURRENT_RELU);
  }
}

/* @from, or zeros. */
static void
begin (real *to, const real *from, int64_t first, int64_t n)
{
  if (from)
    memcpy (to, from + first, (size_t)n * sizeof (real));
  else
    memset (to, 0, (size_t)n * sizeof (real));
}

static void
run_chunk (const TlRecurrentArgs *args, const Plan *plan, void *const *data, real *workspace, int64_t chunk, int64_t tile, real *scratch)
{
  int64_t r0 = tile * plan->cut.rows_tile, n_rows = min_i64 (plan->cut.rows_tile, args->n - r0), hidden = args->hidden;
  int64_t end = args->steps - chunk * plan->cut.chunk, first = max_i64 (0, end - plan->cut.chunk);
  real   *dh = workspace + plan->dh + r0 * hidden, *dc = workspace + plan->dc + r0 * hidden, *ds = scratch + plan->ds;
  size_t  n_bytes = (size_t)(n_rows * hidden) * sizeof (real);

  if (chunk == 0) {
    begin (dh, data[DH], r0 * hidden, n_rows * hidden);
    begin (dc, data[DC], r0 * hidden, n_rows * hidden);
  }
  for (int64_t step = end - 1; step >= first; step--) {
    for (int64_t i = 0; i < n_rows; i++) {
      Row row = { .n = hidden, .dh = dh + i * hidden, .dc = dc + i * hidden, .to = ds + i * plan->ds_row };

      run_row (args, plan, data, step, r0 + i, 0, &row);
    }
    for (int64_t block = 0; block < plan->cut.n_unit_blocks; block++)
      multiply_panel (ds, plan->ds_row, workspace + plan->weights + block * NR * plan->n_sums, plan->n_sums, NULL, dh + block * NR,
                      hidden, n_rows, min_i64 (NR, hidden - block * NR), args->kind == TL_RECURRENT_GRU);
  }
  if (first == 0) {
    if (data[DH0])
      memcpy ((real *)data[DH0] + r0 * hidden, dh, n_bytes);
    if (data[DC0])
      memcpy ((real *)data[DC0] + r0 * hidden, dc, n_bytes);
  }
}

/* What reaches the state behind @step, wide: from all sums of that state's step, to some units. */
static void
multiply_part (const TlRecurrentArgs *args, const Plan *plan, void *const *data, real *workspace, int64_t step, const Part *part)
{
  const real *ds = data[args->kind == TL_RECURRENT_GRU ? DSUMS_H : DSUMS];
  real       *dh = workspace + plan->dh + part->row * args->hidden;

  ds += (time_of (args, step + 1) * args->n + part->row) * args->dsums_row;
  for (int64_t block = part->block; block < part->end_block; block++)
    multiply_panel (ds, args->dsums_row, workspace + plan->weights + block * NR * plan->n_sums, plan->n_sums, NULL, dh + block * NR,
                    args->hidden, part->n_rows, min_i64 (NR, args->hidden - block * NR), args->kind == TL_RECURRENT_GRU);
}

/* One step, wide; @index counts from the last one, and behind the first. */
static void
run_part (const TlRecurrentArgs *args, const Plan *plan, void *const *data, real *workspace, int64_t index, int64_t tile)
{
  const Part part = part_of (args, &plan->cut, tile);
  int64_t    hidden = args->hidden, step = args->steps - 1 - index, unit = part.block * NR, n = min_i64 (part.end_block * NR, hidden) - unit;

  if (step < 0 && !data[DH0] && !data[DC0])
    return;
  if (index > 0)
    multiply_part (args, plan, data, workspace, step, &part);
  for (int64_t i = part.row; i < part.row + part.n_rows; i++) {
    int64_t at = i * hidden + unit;
    Row     row = { .n = n, .dh = workspace + plan->dh + at, .dc = workspace + plan->dc + at };

    if (index == 0) {
      begin (row.dh, data[DH], at, n);
      begin (row.dc, data[DC], at, n);
    }
    if (step >= 0)
      run_row (args, plan, data, step, i, unit, &row);
    if (step < 0 && data[DH0])
      memcpy ((real *)data[DH0] + at, row.dh, (size_t)n * sizeof (real));
    if (step < 0 && data[DC0])
      memcpy ((real *)data[DC0] + at, row.dc, (size_t)n * sizeof (real));
  }
}

void
TL_NAME (tl_recurrent_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRecurrentArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  if (phase == 0) {
    int64_t col = (int64_t)tile % plan.cut.n_unit_blocks * NR, row = (int64_t)tile / plan.cut.n_unit_blocks * PACK_ROWS;

    pack_panel ((const real *)data[WEIGHT_HH] + row * args->hh_row + col * args->hh_col, args->hh_row, args->hh_col,
                min_i64 (PACK_ROWS, plan.n_sums - row), min_i64 (NR, args->hidden - col),
                (real *)workspace + plan.weights + col * plan.n_sums + row * NR);
  } else if (plan.cut.wide) {
    run_part (args, &plan, data, workspace, phase - 1, (int64_t)tile);
  } else {
    run_chunk (args, &plan, data, workspace, phase - 1, (int64_t)tile, scratch);
  }
}
