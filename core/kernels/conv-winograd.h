/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For conv*_tmpl.c only: 3 x 3 windows, step 1, by Winograd's minimal filtering F(4 x 4, 3 x 3).
 *
 * A tile of 4 x 4 results needs 6 x 6 sources.  With the matrices below, and . for products element by element,
 *
 *     forward           Y  = A' ((G w G') . (B' x B)) A       summed over channels: 36 matrix products
 *     data gradient     the same, from dy to dx, with weights turned
 *     weight gradient   dw = G' ((B' x B) . (A dY A')) G      summed over tiles
 *
 * which is 36 multiplications instead of 144.  Tiles are counted over the batch and taken in blocks, whose transformed sources
 * and sums stay in the second cache:
 *
 *     u [panel][36][source channel][NR]    v [36][tile][source channel]    m [36][tile][channel of some panels]
 *
 * Precision: errors in f32 are some 1.5e-6 of the largest result, four times those of summing.  The interpolation points 0, a, -a, b, -b
 * with a = 11/16 and b = 2 a are exact in binary and lose a third of what the usual 1 and 2 lose.  f64, which exists for precision, is
 * summed.
 *
 *          | a2b2   0   -(a2+b2)   0      1  0 |       | 1/n0    0      0     |
 *          |  0   -ab2    -b2      a      1  0 |       | 1/na   a/na   a2/na  |       | 1 1  1  1  1  0 |
 *     B' = |  0    ab2    -b2     -a      1  0 |   G = | 1/na  -a/na   a2/na  |  A' = | 0 a -a  b -b  0 |
 *          |  0   -a2b    -a2      b      1  0 |       | 1/nb   b/nb   b2/nb  |       | 0 a2 a2 b2 b2 0 |
 *          |  0    a2b    -a2     -b      1  0 |       | 1/nb  -b/nb   b2/nb  |       | 0 a3-a3 b3-b3 1 |
 *          |  0    a2b2    0   -(a2+b2)   0  1 |       |  0      0      1     |
 *
 *     n0 = a2 b2, na = 2 a2 (a2 - b2), nb = 2 b2 (b2 - a2)
 *
 * Source: Lavin & Gray 2016, arXiv:1509.09308; for the points Barabasz et al. 2020, arXiv:1803.10986
 *
 * Thread rule: any thread.
 */

#include "core/kernels/conv-private.h"

#define WINOGRAD_OUT 4
#define WINOGRAD_IN 6
#define WINOGRAD_N 36
#define WINOGRAD_BLOCK 65536 /* elements of v, and of m, that a cache holds */

#define WINOGRAD_A 0.6875
#define WINOGRAD_B 1.375
#define WINOGRAD_A2 (WINOGRAD_A * WINOGRAD_A)
#define WINOGRAD_B2 (WINOGRAD_B * WINOGRAD_B)
#define WINOGRAD_N0 (WINOGRAD_A2 * WINOGRAD_B2)
#define WINOGRAD_NA (2 * WINOGRAD_A2 * (WINOGRAD_A2 - WINOGRAD_B2))
#define WINOGRAD_NB (2 * WINOGRAD_B2 * (WINOGRAD_B2 - WINOGRAD_A2))
#define WINOGRAD_CONST(x) vec_splat ((real)(x))

/* The tiles of a picture and what they are read from. */
typedef struct {
  const int64_t *n_src, *n_dst; /* sizes of the axes */
  const int64_t *src_stride;
  int64_t        pad[2];
  int64_t        tiles[2];
  int64_t        n_tiles; /* of all pictures */
  int64_t        src_c;
  ptrdiff_t      v_tile, v_plane; /* distances in v */
  int64_t        block;           /* tiles of a block */
  int64_t        n_blocks;
} WinogradTiles;

/* Where a tile stands. */
typedef struct {
  int64_t image, row, col; /* row and col of its first result */
} WinogradPlace;

static inline WinogradPlace
winograd_place (const WinogradTiles *tiles, int64_t index)
{
  int64_t at = index / tiles->tiles[1];

  return (WinogradPlace){ at / tiles->tiles[0], at % tiles->tiles[0] * WINOGRAD_OUT, index % tiles->tiles[1] * WINOGRAD_OUT };
}

/* Whether it can be done so and is worth it. */
bool TL_NAME (tl_conv_winograd_fits) (const TlConvArgs *args);

/* Whether the weight gradient's sums fit a cache, too. */
bool TL_NAME (tl_conv_winograd_weights_fits) (const TlConvArgs *args);

/* Cuts the destination into tiles: that of the forward pass, or of the data gradient. */
void TL_NAME (tl_conv_winograd_tiles) (const TlConvArgs *args, bool gradient, WinogradTiles *tiles);

/* v of the tiles [first, first + n); @zeros holds a pixel of zeros. */
void TL_NAME (tl_conv_winograd_sources) (const WinogradTiles *tiles, const real *src, int64_t first, int64_t n, const real *zeros, real *v);

void TL_NAME (tl_conv_winograd_measure) (const TlConvArgs *args, bool gradient, TlWork *work);
void TL_NAME (tl_conv_winograd_run) (const TlConvArgs *args, bool gradient, const real *src, const real *weights, const real *bias, real *dst, void *workspace, unsigned phase, size_t tile, void *scratch);
void TL_NAME (tl_conv_winograd_weights_measure) (const TlConvArgs *args, TlWork *work);
void TL_NAME (tl_conv_winograd_weights_run) (const TlConvArgs *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
