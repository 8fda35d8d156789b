/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recurrent networks: gradients of the sums, from the last step to the first.
 *
 *     one phase          weight_hh packed by columns
 *     phases of steps    dh += dy;  ds from dh, dc and the gates;  dh of the step before = ds weight_hh
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
TL_NAME (tl_recurrent_backward_measure) (const void *args, TlWork *work)
{
  Plan plan;

  make_plan (args, &plan);
  *work = (TlWork){ .workspace = plan.n_workspace * sizeof (real), .scratch = plan.n_scratch * sizeof (real) };
  if (plan.cut.n_row_tiles == 0)
    return;
  work->n_tiles[0] = (size_t)plan.cut.n_unit_blocks;
  for (int phase = 1; phase < TL_WORK_MAX_PHASES; phase++)
    work->n_tiles[phase] = (size_t)plan.cut.n_row_tiles;
  work->n_phases = 1 + (uint32_t)plan.cut.n_chunks;
}

/* One row of one step: what the gradients are computed from and where they go. */
typedef struct {
  int64_t     n;
  real       *dh, *dc;
  const real *kept, *before, *y, *c, *c_before;
  real       *ds, *ds_h; /* results */
  real       *to;        /* gradients of the sums from the state, in scratch */
} Row;

static inline void
lstm_row (const Row *row)
{
  const int64_t n = row->n;
  const real   *kept = row->kept, *c = row->c, *c_before = row->c_before, *dhs = row->dh;
  real         *to = row->to, *dcs = row->dc;

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real in = kept[j], forget = kept[n + j], cell = kept[2 * n + j], out = kept[3 * n + j];
    real t = FN (tanh) (c[j]), dh = dhs[j], dc = dcs[j] + dh * out * (1 - t * t);

    to[j] = dc * cell * in * (1 - in);
    to[n + j] = dc * c_before[j] * forget * (1 - forget);
    to[2 * n + j] = dc * in * (1 - cell * cell);
    to[3 * n + j] = dh * t * out * (1 - out);
    dcs[j] = dc * forget;
  }
  memcpy (row->ds, row->to, (size_t)(4 * n) * sizeof (real));
}

/* Leaves in dh what reaches the state before without the weights. */
static inline void
gru_row (const Row *row)
{
  const int64_t n = row->n;
  const real   *kept = row->kept, *before = row->before;
  real         *to = row->to, *ds = row->ds, *dhs = row->dh;

  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real reset = kept[j], update = kept[n + j], fresh = kept[2 * n + j], hn = kept[3 * n + j];
    real dh = dhs[j], dn = dh * (1 - update) * (1 - fresh * fresh);
    real dr = dn * hn * reset * (1 - reset), dz = dh * (before[j] - fresh) * update * (1 - update);

    ds[j] = dr;
    ds[n + j] = dz;
    ds[2 * n + j] = dn;
    to[j] = dr;
    to[n + j] = dz;
    to[2 * n + j] = dn * reset;
    dhs[j] = dh * update;
  }
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
  memcpy (row->ds, row->to, (size_t)n * sizeof (real));
}

static void
run_row (const TlRecurrentArgs *args, const Plan *plan, void *const *data, int64_t step, int64_t r, Row *row)
{
  int64_t     n = args->hidden, at = time_of (args, step) * args->n + r;
  int64_t     at_before = step > 0 ? time_of (args, step - 1) * args->n + r : r;
  const real *dy = data[DY] ? (const real *)data[DY] + time_of (args, step) * args->dy_step + r * args->dy_row : NULL;

  row->n = n;
  row->y = (const real *)data[Y] + at * n;
  row->ds = (real *)data[DSUMS] + at * args->dsums_row;
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
    row->kept = (const real *)data[KEPT] + at * 4 * n;
    row->c = (const real *)data[CELLS] + at * n;
    row->c_before = (const real *)(step > 0 ? data[CELLS] : data[C0]) + at_before * n;
    lstm_row (row);
  } else if (args->kind == TL_RECURRENT_GRU) {
    row->kept = (const real *)data[KEPT] + at * 4 * n;
    row->before = (const real *)(step > 0 ? data[Y] : data[H0]) + at_before * n;
    row->ds_h = (real *)data[DSUMS_H] + at * args->dsums_row;
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
      Row row = { .dh = dh + i * hidden, .dc = dc + i * hidden, .to = ds + i * plan->ds_row };

      run_row (args, plan, data, step, r0 + i, &row);
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

void
TL_NAME (tl_recurrent_backward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRecurrentArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  if (phase == 0) {
    int64_t col = (int64_t)tile * NR;

    pack_panel ((const real *)data[WEIGHT_HH] + col * args->hh_col, args->hh_row, args->hh_col, plan.n_sums, min_i64 (NR, args->hidden - col),
                (real *)workspace + plan.weights + col * plan.n_sums);
  } else {
    run_chunk (args, &plan, data, workspace, phase - 1, (int64_t)tile, scratch);
  }
}
