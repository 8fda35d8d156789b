/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * For *_tmpl.c only: Philox by groups of 16 counters, four words each, words[word][counter]: where a position takes one word, the
 * words of 64 positions in a row.
 *
 * Thread rule: any thread.
 */

#include <string.h>

#include "core/kernels/isa.h"
#include "core/kernels/philox.h"

#if defined(__x86_64__)
#  include <immintrin.h>
#endif

#define COUNTERS 16

typedef struct {
  uint32_t word[4][COUNTERS];
} Group;

/*
 * Vectors of 64-bit lanes whose low halves count.  The compiler finds no widening product in the plain loop, which is then
 * six times slower; hence the intrinsics.
 */
#if defined(TL_ISA_AVX512)
typedef __m512i Lanes;
#  define LANES_SET(a) _mm512_set1_epi64 ((long long)(a))
#  define LANES_MUL(a, b) _mm512_mul_epu32 (a, b)
#  define LANES_HIGH(a) _mm512_srli_epi64 (a, 32)
#elif defined(TL_ISA_AVX2)
typedef __m256i Lanes;
#  define LANES_SET(a) _mm256_set1_epi64x ((long long)(a))
#  define LANES_MUL(a, b) _mm256_mul_epu32 (a, b)
#  define LANES_HIGH(a) _mm256_srli_epi64 (a, 32)
#elif defined(__SSE2__)
typedef __m128i Lanes;
#  define LANES_SET(a) _mm_set1_epi64x ((long long)(a))
#  define LANES_MUL(a, b) _mm_mul_epu32 (a, b)
#  define LANES_HIGH(a) _mm_srli_epi64 (a, 32)
#else
typedef uint64_t Lanes;
#  define LANES_SET(a) (a)
#  define LANES_MUL(a, b) ((uint64_t)(uint32_t)(a) * (uint32_t)(b))
#  define LANES_HIGH(a) ((a) >> 32)
#endif
#define N_VECTORS (COUNTERS * 8 / (int)sizeof (Lanes))

static inline __attribute__ ((always_inline)) void
philox_group (TlPhiloxKey key, uint64_t call, uint64_t group, Group *out)
{
  Lanes    c[4][N_VECTORS];
  uint64_t block = group * COUNTERS, first[COUNTERS];
  uint32_t k0 = key.word[0], k1 = key.word[1];

  for (int j = 0; j < COUNTERS; j++) /* 16 consecutive counters share the high half */
    first[j] = (uint32_t)block + (uint32_t)j;
  memcpy (c[0], first, sizeof first);
  for (int v = 0; v < N_VECTORS; v++) {
    c[1][v] = LANES_SET (block >> 32);
    c[2][v] = LANES_SET (call & UINT32_MAX);
    c[3][v] = LANES_SET (call >> 32);
  }
  for (int round = 0; round < 10; round++) {
    Lanes m0 = LANES_SET ((uint64_t)TL_PHILOX_M0), m1 = LANES_SET ((uint64_t)TL_PHILOX_M1);
    Lanes v0 = LANES_SET ((uint64_t)k0), v1 = LANES_SET ((uint64_t)k1);

    for (int v = 0; v < N_VECTORS; v++) {
      Lanes p0 = LANES_MUL (m0, c[0][v]), p1 = LANES_MUL (m1, c[2][v]);

      c[0][v] = LANES_HIGH (p1) ^ c[1][v] ^ v0;
      c[2][v] = LANES_HIGH (p0) ^ c[3][v] ^ v1;
      c[1][v] = p1;
      c[3][v] = p0;
    }
    k0 += TL_PHILOX_W0;
    k1 += TL_PHILOX_W1;
  }
  for (int w = 0; w < 4; w++) {
    memcpy (first, c[w], sizeof first);
    for (int j = 0; j < COUNTERS; j++)
      out->word[w][j] = (uint32_t)first[j];
  }
}

/* Words below it are hits of probability p; a word is less than 2^32. */
static inline uint64_t
threshold_of (double p)
{
  return p <= 0 ? 0 : p >= 1 ? (uint64_t)1 << 32
                             : (uint64_t)(p * 0x1p32 + 0.5);
}
