/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/poisson.h"

#include <math.h>

#define TILE 4096
#define LARGE_RATE 10

typedef struct {
  TlPhiloxKey key;
  uint64_t    call, block;
  uint32_t    words[4];
  int         n_left;
} Stream;

static Stream
stream_at (const TlPoissonArgs *args, uint64_t call, uint64_t position)
{
  uint64_t k = (uint64_t)args->key.word[1] << 32 | args->key.word[0];

  k = tl_philox_mix (k ^ tl_philox_mix (position + 0x9E3779B97F4A7C15u));
  return (Stream){ .key = { { (uint32_t)k, (uint32_t)(k >> 32) } }, .call = call };
}

/* 53 bits, from 0 to below 1. */
static double
next_unit (Stream *self)
{
  uint64_t bits;

  if (self->n_left == 0) {
    tl_philox (self->key, self->call, self->block++, self->words);
    self->n_left = 4;
  }
  self->n_left -= 2;
  bits = (uint64_t)self->words[self->n_left] << 32 | self->words[self->n_left + 1];
  return (double)(bits >> 11) * 0x1p-53;
}

/* Devroye 1986, X.3.3: the first number whose share of the distribution reaches a uniform one. */
static double
draw_small (Stream *stream, double rate)
{
  double u = next_unit (stream), p = exp (-rate), k = 0;

  while (u >= p && p > 0) {
    u -= p;
    k++;
    p *= rate / k;
  }
  return k;
}

/* Hörmann 1993, doi:10.1016/0167-6687(93)90997-4: transformed rejection with squeeze. */
static double
draw_large (Stream *stream, double rate)
{
  double b = 0.931 + 2.53 * sqrt (rate), a = -0.059 + 0.02483 * b, inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), least = 0.9277 - 3.6224 / (b - 2);

  for (;;) {
    double u = next_unit (stream) - 0.5, v = next_unit (stream), us = 0.5 - fabs (u), k = floor ((2 * a / us + b) * u + rate + 0.43);
    int    sign;

    if (us >= 0.07 && v <= least)
      return k;
    if (k < 0 || (us < 0.013 && v > us))
      continue;
    if (log (v * inverse_alpha / (a / (us * us) + b)) <= k * log (rate) - rate - lgamma_r (k + 1, &sign))
      return k;
  }
}

static double
draw (const TlPoissonArgs *args, uint64_t call, int64_t i, double rate)
{
  Stream stream = stream_at (args, call, (uint64_t)i);

  if (!(rate >= 0))
    return NAN;
  /* From here on the spread is lost in rounding. */
  if (rate > 1e30)
    return rate;
  return rate < LARGE_RATE ? draw_small (&stream, rate) : draw_large (&stream, rate);
}

static void
measure (const void *args_, TlWork *work)
{
  const TlPoissonArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)((args->n + TILE - 1) / TILE) } };
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlPoissonArgs *args = args_;
  uint64_t             call = *(const uint64_t *)data[1];
  int64_t              first = (int64_t)tile * TILE, end = first + TILE < args->n ? first + TILE : args->n;

  for (int64_t i = first; i < end; i++)
    if (args->dtype == TL_DTYPE_F32)
      ((float *)data[2])[i] = (float)draw (args, call, i, ((const float *)data[0])[i]);
    else
      ((double *)data[2])[i] = draw (args, call, i, ((const double *)data[0])[i]);
}

const TlKernel tl_poisson_kernel = { measure, run };
