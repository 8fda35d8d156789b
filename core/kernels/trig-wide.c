/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/trig-wide.h"

#include <math.h>
#include <string.h>

/* The bits of 2 / pi behind the point, after one word of zeros. */
#define LEADING_ZEROS 64
static const uint64_t two_over_pi[] = {
  0x0000000000000000u, 0xA2F9836E4E441529u, 0xFC2757D1F534DDC0u, 0xDB6295993C439041u,
  0xFE5163ABDEBBC561u, 0xB7246E3A424DD2E0u, 0x06492EEA09D1921Cu, 0xFE1DEB1CB129A73Eu,
  0xE88235F52EBB4484u, 0xE99C7026B45F7E41u, 0x3991D639835339F4u, 0x9C845F8BBDF9283Bu,
  0x1FF897FFDE05980Fu, 0xEF2F118B5A0A6D1Fu, 0x6D367ECF27CB09B7u, 0x4F463F669E5FEA2Du,
  0x7527BAC7EBE5F17Bu, 0x3D0739F78A5292EAu, 0x6BFB5FB11F8D5D08u, 0x56033046FC7B6BABu,
  0xF0CFBC209AF4361Du, 0xA9E391615EE61B08u
};

#define PI_HALF_HIGH 0x1.921fb54442d18p+0
#define PI_HALF_LOW 0x1.1a62633145c07p-54

/* 64 bits of 2 / pi from bit @at on, 1 being worth a half. */
static uint64_t
take_bits (int at)
{
  int bit = at - 1 + LEADING_ZEROS, word = bit / 64, shift = bit % 64;

  return shift == 0 ? two_over_pi[word] : two_over_pi[word] << shift | two_over_pi[word + 1] >> (64 - shift);
}

/*
 * With |a| = m 2^e, bits of 2 / pi before e - 1 make multiples of 4, which mean nothing.  The next 192 bits times m are exact to 2^-137 of a
 * quadrant; the sharpest multiple of pi / 2 that an f64 comes to is 2^-62 of one away.
 */
uint64_t
tl_trig_reduce (double a, double *r, double *tail)
{
  uint64_t          bits, m, low, middle, high, quadrant;
  unsigned __int128 product, fraction, magnitude;
  int               e, negative;
  double            whole, rest;

  memcpy (&bits, &a, sizeof bits);
  m = (bits & 0xFFFFFFFFFFFFFu) | 0x10000000000000u;
  e = (int)(bits >> 52 & 0x7FF) - 1075;

  /* The low 192 bits of the product: two bits of quadrant, 190 of a fraction. */
  product = (unsigned __int128)m * take_bits (e - 1 + 128);
  low = (uint64_t)product;
  product = (unsigned __int128)m * take_bits (e - 1 + 64) + (uint64_t)(product >> 64);
  middle = (uint64_t)product;
  high = m * take_bits (e - 1) + (uint64_t)(product >> 64);

  quadrant = high >> 62;
  fraction = (unsigned __int128)(high << 2 | middle >> 62) << 64 | (middle << 2 | low >> 62);
  negative = (int)(fraction >> 127);
  magnitude = negative ? -fraction : fraction;
  quadrant += (uint64_t)negative;

  whole = (double)magnitude;
  rest = (double)(__int128)(magnitude - (unsigned __int128)whole) * 0x1p-128;
  whole *= 0x1p-128;
  *r = whole * PI_HALF_HIGH;
  *tail = fma (whole, PI_HALF_HIGH, -*r) + whole * PI_HALF_LOW + rest * PI_HALF_HIGH;
  if (negative != (a < 0)) {
    *r = -*r;
    *tail = -*tail;
  }
  return a < 0 ? -quadrant : quadrant;
}
