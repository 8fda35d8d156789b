/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Counter-based random numbers: Philox4x32-10.
 *
 * Source: Salmon, Moraes, Dror & Shaw 2011, doi:10.1145/2063384.2063405
 *
 * A generator is a key, from a seed and the number of a stream, and a call counter; the number at position i depends on (key,
 * call, i) and the dtype alone, never on size, thread or tile: a buffer is the prefix of a longer one.  Masks of dropout do not
 * depend on the dtype either, and uniform numbers, integers and masks are the same bits on every instruction set.  The call counter is read
 * from memory, so that a recorded call can be repeated with the next counter.
 *
 * Positions are laid out for vectors.  Of each 64 positions, 16 counters c = 16 (i / 64) + i % 16 give four words each, and
 * position i takes word (i % 64) / 16:
 *
 *     i      0 ..15  16..31  32..47  48..63        (f64 and normal draws take pairs of words: see random_tmpl.c)
 *     word   0       1       2       3
 *
 *     kernel          args            data[]
 *     random          TlRandomArgs    counter, output
 *     dropout         TlDropoutArgs   counter, x, y             y = keep (i) ? x scale : 0
 *     permutation     TlRandomArgs    counter, output (i64)     one tile
 *
 * counter is a uint64_t (or int64_t) in memory.  Outputs are contiguous.  dropout computes the backward pass too, from dy with the
 * same counter.  y may be x.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/dtype.h"
#include "core/kernels/work.h"

typedef struct {
  uint32_t word[2];
} TlPhiloxKey;

typedef enum {
  TL_RANDOM_UNIFORM, /* f32 (24 bits), f64 (53 bits): low + (high - low) u, u in [0, 1) */
  TL_RANDOM_NORMAL,  /* f32, f64: low + high z: mean `low`, deviation `high` */
  TL_RANDOM_INTEGER, /* i64, i32, u8: int_low <= value < int_high */
} TlRandomKind;

typedef struct {
  TlDType      dtype; /* of the output */
  TlRandomKind kind;
  TlPhiloxKey  key;
  int64_t      n;
  double       low, high;
  int64_t      int_low, int_high;
} TlRandomArgs;

typedef struct {
  TlDType     dtype;
  TlPhiloxKey key;
  int64_t     n;
  double      p; /* probability of zero; scale is 1 / (1 - p), and everything is 0 where p is 1 */
} TlDropoutArgs;

#define TL_PHILOX_M0 0xD2511F53u
#define TL_PHILOX_M1 0xCD9E8D57u
#define TL_PHILOX_W0 0x9E3779B9u
#define TL_PHILOX_W1 0xBB67AE85u

static inline uint64_t
tl_philox_mix (uint64_t x)
{
  /* The finaliser of SplitMix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195). */
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/**
 * tl_philox_key:
 * @seed: the document's seed
 * @stream: number of the stream, such as a hash of the owner's path
 *
 * Returns: the key of the stream
 */
static inline TlPhiloxKey
tl_philox_key (uint64_t seed, uint64_t stream)
{
  uint64_t k = tl_philox_mix (seed + 0x9E3779B97F4A7C15u);

  k = tl_philox_mix (k ^ (stream + 0x9E3779B97F4A7C15u));
  return (TlPhiloxKey){ { (uint32_t)k, (uint32_t)(k >> 32) } };
}

/**
 * tl_philox:
 * @key: a key
 * @counter: the high half of the counter is the call, the low half the block
 * @block: see @counter
 * @out: (out): four words
 *
 * One block of Philox4x32-10.
 */
static inline void
tl_philox (TlPhiloxKey key, uint64_t counter, uint64_t block, uint32_t out[4])
{
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
  uint32_t c2 = (uint32_t)counter, c3 = (uint32_t)(counter >> 32);
  uint32_t k0 = key.word[0], k1 = key.word[1];

  for (int round = 0; round < 10; round++) {
    uint64_t p0 = (uint64_t)TL_PHILOX_M0 * c0;
    uint64_t p1 = (uint64_t)TL_PHILOX_M1 * c2;
    uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
    uint32_t n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;

    c1 = (uint32_t)p1;
    c3 = (uint32_t)p0;
    c0 = n0;
    c2 = n2;
    k0 += TL_PHILOX_W0;
    k1 += TL_PHILOX_W1;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/**
 * tl_philox_word:
 * @key: a key
 * @call: call counter
 * @i: position
 *
 * Returns: the 32 random bits of position @i, as the kernels lay them out
 */
static inline uint32_t
tl_philox_word (TlPhiloxKey key, uint64_t call, uint64_t i)
{
  uint32_t words[4];

  tl_philox (key, call, i / 64 * 16 + i % 16, words);
  return words[i % 64 / 16];
}
