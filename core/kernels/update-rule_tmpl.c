/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Optimizer updates that are programs: the map kernel over one piece of a tensor after the other.
 */

#include "core/kernels/pieces.h"
#include "core/kernels/program.h"

void TL_NAME (tl_rule_update_measure) (const void *args, TlWork *work);
void TL_NAME (tl_rule_update_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_NAME (tl_map_measure) (const void *args, TlWork *work);
void TL_NAME (tl_map_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);

/* Parameter, gradient and slots are runs of @n elements; scalars are doubles that stay. */
static TlMapArgs
map_of (const TlRuleArgs *args, int64_t n)
{
  TlMapArgs map = { .dtype = TL_TYPE_DTYPE, .rank = 1, .shape = { n }, .program = args->program };

  for (unsigned k = 0; k < args->program->n_in; k++) {
    int is_scalar = k >= args->n_slots + 2;

    map.in_dtype[k] = is_scalar ? TL_DTYPE_F64 : TL_TYPE_DTYPE;
    map.in_strides[k][0] = is_scalar ? 0 : 1;
  }
  for (unsigned k = 0; k < args->program->n_out; k++) {
    map.out_dtype[k] = TL_TYPE_DTYPE;
    map.out_strides[k][0] = 1;
  }
  return map;
}

void
TL_NAME (tl_rule_update_measure) (const void *args_, TlWork *work)
{
  const TlRuleArgs *args = args_;
  TlMapArgs         map = map_of (args, TL_UPDATE_TILE);
  TlWork            piece;

  TL_NAME (tl_map_measure)
  (&map, &piece);
  *work = (TlWork){ .n_phases = 1, .n_tiles = { tile_count (&args->tensors) }, .scratch = piece.scratch };
}

void
TL_NAME (tl_rule_update_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRuleArgs *args = args_;
  uint32_t          n = args->tensors.n, n_slots = args->n_slots;
  double           *scalars = data[n * (n_slots + 2)];
  Pieces            pieces = pieces_of (&args->tensors, tile);
  Piece             piece;

  while (next_piece (&pieces, &piece)) {
    TlMapArgs map = map_of (args, piece.n);
    void     *operands[TL_PROGRAM_MAX_IN + TL_PROGRAM_MAX_OUT], **out = operands + args->program->n_in;
    TlWork    work;

    for (unsigned k = 0; k < args->program->n_in; k++)
      operands[k] = k < n_slots + 2 ? (void *)((real *)data[k * n + piece.tensor] + piece.start) : scalars + (k - n_slots - 2);
    out[0] = operands[0];
    for (unsigned k = 0; k < n_slots; k++)
      out[1 + k] = operands[2 + k];
    TL_NAME (tl_map_measure)
    (&map, &work);
    for (size_t t = 0; t < work.n_tiles[0]; t++)
      TL_NAME (tl_map_run)
    (&map, operands, NULL, 0, t, scratch);
  }
}
