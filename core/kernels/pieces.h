/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c only: tiles that cut the concatenation of many tensors, so that a thousand small ones cost one tile.
 */

#include "core/kernels/rows.h"
#include "core/kernels/update.h"

static inline int64_t
total_size (const TlTensorsArgs *args)
{
  int64_t total = 0;

  for (uint32_t t = 0; t < args->n; t++)
    total += args->sizes[t];
  return total;
}

static inline size_t
tile_count (const TlTensorsArgs *args)
{
  return (size_t)tl_ceil_div (total_size (args), TL_UPDATE_TILE);
}

/* Walks the pieces of tensors that a tile covers. */
typedef struct {
  const TlTensorsArgs *args;
  int64_t              first, end; /* of the tile, in the concatenation */
  int64_t              base;       /* where the next tensor starts */
  uint32_t             tensor;     /* the next tensor */
} Pieces;

typedef struct {
  uint32_t tensor;
  int64_t  start, n;
} Piece;

static inline Pieces
pieces_of (const TlTensorsArgs *args, size_t tile)
{
  int64_t first = (int64_t)tile * TL_UPDATE_TILE;

  return (Pieces){ args, first, first + TL_UPDATE_TILE, 0, 0 };
}

static inline int
next_piece (Pieces *self, Piece *piece)
{
  while (self->tensor < self->args->n && self->base < self->end) {
    int64_t size = self->args->sizes[self->tensor];
    int64_t start = tl_max_i64 (self->first - self->base, 0), end = tl_min_i64 (self->end - self->base, size);

    *piece = (Piece){ self->tensor, start, end - start };
    self->base += size;
    self->tensor++;
    if (piece->n > 0)
      return 1;
  }
  return 0;
}
