/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Recurrent networks over a sequence, f32 and f64: one layer, one direction.
 *
 *     kind   gates              state after a step
 *     RNN    1                  h = tanh (s) or max (s, 0)
 *     GRU    reset update new   h = n + z (h' - n), n = tanh (s_n + r hn)
 *     LSTM   input forget cell output   c = f c' + i g, h = o tanh c
 *
 * s are sums from the input and from the state before, h'.  GRU keeps hn, the part of s_n from the state, apart.
 *
 *     kernel               data[]
 *     recurrent_forward    x, h0, c0?, weight_ih, weight_hh, bias_ih?, bias_hh?, y, h, c?, kept?, cells?
 *     recurrent_backward   dy?, dh?, dc?, h0, c0?, weight_hh, y, kept?, cells?, dsums, dsums_h?, dh0?, dc0?
 *
 * Sizes: x [steps, n, inputs], dy [steps, n, hidden], weight_ih [gates hidden, inputs] and weight_hh [gates hidden, hidden] with any
 * strides; all others without gaps: y, cells [steps, n, hidden]; kept, what backward needs of the gates, [steps, n, 4 hidden]: LSTM
 * i f g o, GRU r z n hn; dsums, the gradients of s, [steps, n, gates hidden], whose rows may lie further apart.  Of a GRU dsums_h are those of the sums from the state.
 * `reverse` reads the sequence from its end; y[t] still belongs to x[t].
 *
 * Each tile takes some rows of the batch through some steps, so nothing waits for other threads within them; then all go on
 * with the next steps.  Gradients of weights are products of dsums with x and y, which the caller makes.
 *
 * Source: Elman 1990, doi:10.1207/s15516709cog1402_1; Cho et al. 2014, arXiv:1406.1078; Hochreiter & Schmidhuber 1997,
 * doi:10.1162/neco.1997.9.8.1735
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef enum {
  TL_RECURRENT_TANH,
  TL_RECURRENT_RELU,
  TL_RECURRENT_GRU,
  TL_RECURRENT_LSTM,
} TlRecurrentKind;

typedef struct {
  TlDType         dtype;
  TlRecurrentKind kind;
  int32_t         reverse;
  int32_t         has_bias_ih, has_bias_hh;
  int64_t         steps, n, inputs, hidden;
  int64_t         x_step, x_row, x_col;
  int64_t         ih_row, ih_col;
  int64_t         hh_row, hh_col;
  int64_t         dy_step, dy_row, dy_col;
  int64_t         dsums_row; /* distance of rows of dsums and dsums_h, at least gates hidden */
} TlRecurrentArgs;
