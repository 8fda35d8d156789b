/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Half precision: IEEE binary16 (f16) and bfloat16 as their bits.  Rounding is to nearest even; NaNs stay NaNs.
 *
 * Source: IEEE 754-2019; Intel, BFLOAT16 - Hardware Numerics Definition, 2018
 *
 * Thread rule: any thread.
 */

#include <stdint.h>
#include <string.h>
#if defined(__F16C__)
#  include <immintrin.h>
#endif

static inline float
tl_bf16_to_f32 (uint16_t h)
{
  uint32_t u = (uint32_t)h << 16;
  float    f;

  memcpy (&f, &u, sizeof f);
  return f;
}

static inline uint16_t
tl_f32_to_bf16 (float f)
{
  uint32_t u, rounded;

  memcpy (&u, &f, sizeof u);
  rounded = (u + 0x7FFFu + ((u >> 16) & 1)) >> 16;
  return (uint16_t)((u & 0x7FFFFFFFu) > 0x7F800000u ? (u >> 16) | 0x40u : rounded);
}

/* Without branches, so that loops become vectors. */
static inline float
tl_f16_to_f32_portable (uint16_t h)
{
  uint32_t sign = (uint32_t)(h & 0x8000u) << 16, magnitude = (uint32_t)(h & 0x7FFFu) << 13, u;
  float    f;

  /* The exponent is rebiased by a product, which makes subnormals right too. */
  memcpy (&f, &magnitude, sizeof f);
  f *= 0x1p112f;
  memcpy (&u, &f, sizeof u);
  u = magnitude >= 0x0F800000u ? magnitude | 0x7F800000u : u;
  u |= sign;
  memcpy (&f, &u, sizeof f);
  return f;
}

static inline uint16_t
tl_f32_to_f16_portable (float f)
{
  uint32_t u, a, normal, subnormal, v;
  float    s;

  memcpy (&u, &f, sizeof u);
  a = u & 0x7FFFFFFFu;
  normal = (a - 0x38000000u + 0xFFFu + ((a >> 13) & 1)) >> 13;
  /* Below 2^-14 the sum with 0.5 rounds at the right bit. */
  memcpy (&s, &a, sizeof s);
  s += 0.5f;
  memcpy (&subnormal, &s, sizeof subnormal);
  subnormal -= 0x3F000000u;
  v = a < 0x38800000u ? subnormal : normal;
  v = a >= 0x477FF000u ? 0x7C00u : v;
  v = a > 0x7F800000u ? 0x7E00u | ((a >> 13) & 0x3FFu) : v;
  return (uint16_t)(v | ((u >> 16) & 0x8000u));
}

static inline float
tl_f16_to_f32 (uint16_t h)
{
#if defined(__F16C__)
  return _cvtsh_ss (h);
#else
  return tl_f16_to_f32_portable (h);
#endif
}

static inline uint16_t
tl_f32_to_f16 (float f)
{
#if defined(__F16C__)
  return _cvtss_sh (f, 0);
#else
  return tl_f32_to_f16_portable (f);
#endif
}
