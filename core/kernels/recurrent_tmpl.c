/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Recurrent networks: the states of a sequence.
 *
 *     phases of a matrix product   sums from the inputs, for all steps, to where the gates are kept (RNN: to y)
 *     one phase                    weight_hh packed: for each block of NR units the panels of all gates, side by side
 *     phases of steps              sums from the state added, block by block, and at once turned into gates and states
 *
 * Wide, a tile copies the state of its rows from y of the step before.
 */

#include "core/kernels/recurrent-private.h"

void TL_NAME (tl_gemm_measure) (const void *args, TlWork *work);
void TL_NAME (tl_gemm_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_NAME (tl_recurrent_forward_measure) (const void *args, TlWork *work);
void TL_NAME (tl_recurrent_forward_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

enum { X,
       H0,
       C0,
       WEIGHT_IH,
       WEIGHT_HH,
       BIAS_IH,
       BIAS_HH,
       Y,
       H,
       C,
       KEPT,
       CELLS };

typedef struct {
  Cut        cut;
  TlGemmArgs gemm;
  TlWork     gemm_work;
  int64_t    sums_row; /* distance of rows of sums */
  size_t     weights, bias, n_workspace;
  size_t     state[2], n_scratch;
  int64_t    state_row;
} Plan;

static void
make_plan (const TlRecurrentArgs *args, Plan *plan)
{
  *plan = (Plan){ 0 };
  cut_sequence (args, &plan->cut);
  plan->sums_row = plan->cut.n_gates == 1 ? args->hidden : 4 * args->hidden;
  plan->gemm = (TlGemmArgs){
    .dtype = TL_TYPE_DTYPE,
    .m = args->n,
    .n = plan->cut.n_gates * args->hidden,
    .k = args->inputs,
    .a_row = args->x_row,
    .a_col = args->x_col,
    .b_row = args->ih_col,
    .b_col = args->ih_row,
    .c_row = plan->sums_row,
    .batch_rank = 1,
    .batch = { args->steps },
    .a_batch = { args->x_step },
    .c_batch = { args->n * plan->sums_row },
    .bias = args->has_bias_ih ? TL_GEMM_BIAS_N : TL_GEMM_BIAS_NONE,
  };
  TL_NAME (tl_gemm_measure)
  (&plan->gemm, &plan->gemm_work);
  plan->n_workspace = (plan->gemm_work.workspace + 63) / 64 * 64 / sizeof (real);
  plan->weights = take (&plan->n_workspace, plan->cut.n_unit_blocks * plan->cut.n_gates * NR * args->hidden);
  plan->bias = take (&plan->n_workspace, plan->cut.n_unit_blocks * plan->cut.n_gates * NR);
  plan->state_row = scratch_row (args->hidden);
  for (int i = 0; i < 2; i++)
    plan->state[i] = take (&plan->n_scratch, plan->cut.rows_tile * plan->state_row);
}

void
TL_NAME (tl_recurrent_forward_measure) (const void *args_, TlWork *work)
{
  const TlRecurrentArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  *work = (TlWork){ .workspace = plan.n_workspace * sizeof (real), .scratch = plan.n_scratch * sizeof (real) };
  if (plan.cut.n_row_tiles == 0)
    return;
  if (plan.gemm_work.scratch > work->scratch)
    work->scratch = plan.gemm_work.scratch;
  for (; work->n_phases < plan.gemm_work.n_phases; work->n_phases++)
    work->n_tiles[work->n_phases] = plan.gemm_work.n_tiles[work->n_phases];
  work->n_tiles[work->n_phases++] = (size_t)plan.cut.n_unit_blocks;
  for (unsigned phase = work->n_phases; phase < TL_WORK_MAX_PHASES; phase++)
    work->n_tiles[phase] = (size_t)(plan.cut.n_row_tiles * plan.cut.n_block_tiles);
  work->n_phases += (uint32_t)(plan.cut.wide ? args->steps : plan.cut.n_chunks);
}

static void
run_pack (const TlRecurrentArgs *args, const Plan *plan, void *const *data, real *workspace, int64_t block)
{
  const real *weight = data[WEIGHT_HH], *bias = data[BIAS_HH];
  int64_t     n_gates = plan->cut.n_gates, n = min_i64 (NR, args->hidden - block * NR);

  for (int64_t g = 0; g < n_gates; g++) {
    int64_t first = g * args->hidden + block * NR, panel = block * n_gates + g;
    real   *to = workspace + plan->bias + panel * NR;

    pack_panel (weight + first * args->hh_row, args->hh_col, args->hh_row, args->hidden, n, workspace + plan->weights + panel * NR * args->hidden);
    for (int64_t j = 0; j < NR; j++)
      to[j] = args->has_bias_hh && j < n ? bias[first + j] : 0;
  }
}

/* Gates and states of one row, @n units: sums, and the state before; @to: the state in scratch. */
static inline void
lstm_units (real *s, int64_t hidden, const real *c_before, real *c, real *y, real *to, int64_t n)
{
  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real in = FN (sigmoid) (s[j]), forget = FN (sigmoid) (s[hidden + j]), cell = FN (tanh) (s[2 * hidden + j]);
    real out = FN (sigmoid) (s[3 * hidden + j]), sum = forget * c_before[j] + in * cell, h = out * FN (tanh) (sum);

    s[j] = in;
    s[hidden + j] = forget;
    s[2 * hidden + j] = cell;
    s[3 * hidden + j] = out;
    c[j] = sum;
    y[j] = h;
    to[j] = h;
  }
}

static inline void
gru_units (real *s, int64_t hidden, const real *before, real *y, real *to, int64_t n)
{
  TL_VECTOR_LOOP
  for (int64_t j = 0; j < n; j++) {
    real reset = FN (sigmoid) (s[j]), update = FN (sigmoid) (s[hidden + j]);
    real fresh = FN (tanh) (s[2 * hidden + j] + reset * s[3 * hidden + j]), h = fresh + update * (before[j] - fresh);

    s[j] = reset;
    s[hidden + j] = update;
    s[2 * hidden + j] = fresh;
    y[j] = h;
    to[j] = h;
  }
}

static inline void
rnn_units (real *y, real *to, int64_t n, bool relu)
{
  if (relu) {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      to[j] = y[j] = FN (max) (y[j], 0);
  } else {
    TL_VECTOR_LOOP
    for (int64_t j = 0; j < n; j++)
      to[j] = y[j] = FN (tanh) (y[j]);
  }
}

/* One step of some rows, in one block of units. */
typedef struct {
  const TlRecurrentArgs *args;
  const Plan            *plan;
  void *const           *data;
  const real            *workspace;
  int64_t                row, n_rows, step;
  const real            *before; /* states in scratch */
  real                  *after;
} Step;

static void
run_units (const Step *self, int64_t block)
{
  const TlRecurrentArgs *args = self->args;
  const Plan            *plan = self->plan;
  int64_t                hidden = args->hidden, n_gates = plan->cut.n_gates, n = min_i64 (NR, hidden - block * NR);
  int64_t                at = time_of (args, self->step) * args->n + self->row, unit = block * NR;
  real                  *y = (real *)self->data[Y] + at * hidden + unit;
  real                  *sums = n_gates == 1 ? y : (real *)self->data[KEPT] + at * plan->sums_row + unit;
  int64_t                at_before = self->step > 0 ? time_of (args, self->step - 1) * args->n + self->row : self->row;

  for (int64_t g = 0; g < n_gates; g++) {
    bool    apart = args->kind == TL_RECURRENT_GRU && g == 2;
    int64_t panel = block * n_gates + g;

    multiply_panel (self->before, plan->state_row, self->workspace + plan->weights + panel * NR * hidden, hidden,
                    self->workspace + plan->bias + panel * NR, sums + (apart ? 3 : g) * hidden, plan->sums_row, self->n_rows, n, !apart);
  }
  for (int64_t i = 0; i < self->n_rows; i++, sums += plan->sums_row, y += hidden) {
    real *to = self->after + i * plan->state_row + unit;

    if (args->kind == TL_RECURRENT_LSTM) {
      const real *cells = self->step > 0 ? self->data[CELLS] : self->data[C0];
      real       *c = (real *)self->data[CELLS] + (at + i) * hidden + unit;

      lstm_units (sums, hidden, cells + (at_before + i) * hidden + unit, c, y, to, n);
    } else if (args->kind == TL_RECURRENT_GRU) {
      gru_units (sums, hidden, self->before + i * plan->state_row + unit, y, to, n);
    } else {
      rnn_units (y, to, n, args->kind == TL_RECURRENT_RELU);
    }
  }
}

static void
run_chunk (const TlRecurrentArgs *args, const Plan *plan, void *const *data, const real *workspace, int64_t chunk, int64_t tile, real *scratch)
{
  Step        self = { .args = args, .plan = plan, .data = data, .workspace = workspace, .row = tile * plan->cut.rows_tile };
  int64_t     first = chunk * plan->cut.chunk, end = min_i64 (first + plan->cut.chunk, args->steps), hidden = args->hidden;
  real       *state[] = { scratch + plan->state[0], scratch + plan->state[1] };
  const real *before = first > 0 ? (const real *)data[Y] + time_of (args, first - 1) * args->n * hidden : data[H0];
  size_t      n_bytes;

  self.n_rows = min_i64 (plan->cut.rows_tile, args->n - self.row);
  n_bytes = (size_t)(self.n_rows * hidden) * sizeof (real);
  for (int64_t i = 0; i < self.n_rows; i++)
    memcpy (state[0] + i * plan->state_row, before + (self.row + i) * hidden, (size_t)hidden * sizeof (real));
  for (self.step = first; self.step < end; self.step++) {
    self.before = state[(self.step - first) % 2];
    self.after = state[(self.step - first + 1) % 2];
    for (int64_t block = 0; block < plan->cut.n_unit_blocks; block++)
      run_units (&self, block);
  }
  if (end == args->steps) {
    int64_t at = (time_of (args, end - 1) * args->n + self.row) * hidden;

    memcpy ((real *)data[H] + self.row * hidden, (real *)data[Y] + at, n_bytes);
    if (args->kind == TL_RECURRENT_LSTM)
      memcpy ((real *)data[C] + self.row * hidden, (real *)data[CELLS] + at, n_bytes);
  }
}

/* One step, wide. */
static void
run_part (const TlRecurrentArgs *args, const Plan *plan, void *const *data, const real *workspace, int64_t step, int64_t tile, real *scratch)
{
  const Part  part = part_of (args, &plan->cut, tile);
  Step        self = { .args = args, .plan = plan, .data = data, .workspace = workspace, .row = part.row, .n_rows = part.n_rows, .step = step };
  int64_t     hidden = args->hidden, unit = part.block * NR, n = min_i64 (part.end_block * NR, hidden) - unit;
  const real *before = step > 0 ? (const real *)data[Y] + time_of (args, step - 1) * args->n * hidden : data[H0];
  real       *state = scratch + plan->state[0];

  for (int64_t i = 0; i < part.n_rows; i++)
    memcpy (state + i * plan->state_row, before + (part.row + i) * hidden, (size_t)hidden * sizeof (real));
  self.before = state;
  self.after = scratch + plan->state[1];
  for (int64_t block = part.block; block < part.end_block; block++)
    run_units (&self, block);
  if (step + 1 < args->steps)
    return;
  for (int64_t i = part.row; i < part.row + part.n_rows; i++) {
    int64_t from = (time_of (args, step) * args->n + i) * hidden + unit, to = i * hidden + unit;

    memcpy ((real *)data[H] + to, (const real *)data[Y] + from, (size_t)n * sizeof (real));
    if (args->kind == TL_RECURRENT_LSTM)
      memcpy ((real *)data[C] + to, (const real *)data[CELLS] + from, (size_t)n * sizeof (real));
  }
}

void
TL_NAME (tl_recurrent_forward_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRecurrentArgs *args = args_;
  Plan                   plan;

  make_plan (args, &plan);
  if (phase < plan.gemm_work.n_phases) {
    void *const operands[] = { data[X], data[WEIGHT_IH], data[BIAS_IH], NULL, plan.cut.n_gates == 1 ? data[Y] : data[KEPT] };

    TL_NAME (tl_gemm_run)
    (&plan.gemm, operands, workspace, phase, tile, scratch);
    return;
  }
  phase -= plan.gemm_work.n_phases;
  if (phase == 0)
    run_pack (args, &plan, data, workspace, (int64_t)tile);
  else if (plan.cut.wide)
    run_part (args, &plan, data, workspace, phase - 1, (int64_t)tile, scratch);
  else
    run_chunk (args, &plan, data, workspace, phase - 1, (int64_t)tile, scratch);
}
