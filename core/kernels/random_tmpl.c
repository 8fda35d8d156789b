/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Random numbers, dropout and permutations from Philox; philox.h says which counter serves which position.  A group serves
 *
 *     64 positions of one word    uniform f32, integers of a range up to 2^32, dropout:  word i / 16, counter i % 16
 *     64 normal f32               positions 0-31 from words 0 and 1 (cosine, sine), 32-63 from words 2 and 3
 *     32 positions of two words   uniform f64, integers of a wider range:  words 2 (i / 16) and the next
 *     32 normal f64               radius from words 0 and 1, angle from 2 and 3
 */

#include "core/kernels/convert.h"
#include "core/kernels/functors.h"
#include "core/kernels/philox-group.h"

#define KERNEL(name)                                                  \
  void TL_ISA_NAME (name##_measure) (const void *args, TlWork *work); \
  void TL_ISA_NAME (name##_run) (const void *args, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch);
KERNEL (tl_random)
KERNEL (tl_dropout)
KERNEL (tl_permutation)

#define TILE 32768 /* positions, a multiple of 64 */

/* 53 bits in [0, 1) */
TL_INLINE double
unit_f64 (uint32_t a, uint32_t b)
{
  uint64_t bits = ((uint64_t)a << 32 | b) >> 12;

  return from_bits_f64 (bits | 0x3FF0000000000000u) - 1.0 + ((b >> 11) & 1 ? 0x1p-53 : 0.0);
}

/* 24 bits in [0, 1) */
TL_INLINE float
unit_f32 (uint32_t a)
{
  return (float)(int32_t)(a >> 8) * 0x1p-24f;
}

static void
uniform_f32 (const TlRandomArgs *args, const Group *g, float *out)
{
  float low = (float)args->low, span = (float)(args->high - args->low);

  for (int w = 0; w < 4; w++)
    for (int j = 0; j < COUNTERS; j++)
      out[w * COUNTERS + j] = low + span * unit_f32 (g->word[w][j]);
}

static void
uniform_f64 (const TlRandomArgs *args, const Group *g, double *out)
{
  for (int w = 0; w < 2; w++)
    for (int j = 0; j < COUNTERS; j++)
      out[w * COUNTERS + j] = args->low + (args->high - args->low) * unit_f64 (g->word[2 * w][j], g->word[2 * w + 1][j]);
}

#define TWO_PI 6.283185307179586

/* Box & Muller 1958, doi:10.1214/aoms/1177706645; 1 - u keeps zero out of the logarithm. */
static void
normal_f32 (const TlRandomArgs *args, const Group *g, float *out)
{
  float mean = (float)args->low, deviation = (float)args->high;

  for (int w = 0; w < 4; w += 2)
    for (int j = 0; j < COUNTERS; j++) {
      float r = fn_sqrt_f32 (-2 * fn_log_f32 (1 - unit_f32 (g->word[w][j])));
      float angle = (float)TWO_PI * unit_f32 (g->word[w + 1][j]);

      out[w * COUNTERS + j] = mean + deviation * (r * fn_cos_f32 (angle));
      out[(w + 1) * COUNTERS + j] = mean + deviation * (r * fn_sin_f32 (angle));
    }
}

static void
normal_f64 (const TlRandomArgs *args, const Group *g, double *out)
{
  for (int j = 0; j < COUNTERS; j++) {
    double r = fn_sqrt_f64 (-2 * fn_log_f64 (1 - unit_f64 (g->word[0][j], g->word[1][j])));
    double angle = TWO_PI * unit_f64 (g->word[2][j], g->word[3][j]);

    out[j] = args->low + args->high * (r * fn_cos_f64 (angle));
    out[COUNTERS + j] = args->low + args->high * (r * fn_sin_f64 (angle));
  }
}

/* The high half of word times range: uniform but for 2^-32 range. */
static void
integers (const TlRandomArgs *args, const Group *g, int64_t *out)
{
  uint64_t range = (uint64_t)args->int_high - (uint64_t)args->int_low;

  for (int w = 0; w < 4; w++)
    for (int j = 0; j < COUNTERS; j++)
      out[w * COUNTERS + j] = (int64_t)((uint64_t)args->int_low + (((uint64_t)g->word[w][j] * range) >> 32));
}

static void
wide_integers (const TlRandomArgs *args, const Group *g, int64_t *out)
{
  uint64_t range = (uint64_t)args->int_high - (uint64_t)args->int_low;

  for (int w = 0; w < 2; w++)
    for (int j = 0; j < COUNTERS; j++) {
      uint64_t a = g->word[2 * w][j], b = g->word[2 * w + 1][j], r1 = range >> 32, r0 = (uint32_t)range;
      /* The high 64 bits of (a 2^32 + b) range. */
      uint64_t middle = ((b * r0) >> 32) + (uint32_t)(a * r0) + (uint32_t)(b * r1);

      out[w * COUNTERS + j] =
        (int64_t)((uint64_t)args->int_low + a * r1 + ((a * r0) >> 32) + ((b * r1) >> 32) + (middle >> 32));
    }
}

/* How a kind fills a group: its dtype before conversion and positions per group. */
static TlDType
group_dtype (const TlRandomArgs *args, int *positions)
{
  int wide = args->kind == TL_RANDOM_INTEGER && (uint64_t)args->int_high - (uint64_t)args->int_low > (uint64_t)1 << 32;
  int f64 = args->dtype == TL_DTYPE_F64 && args->kind <= TL_RANDOM_NORMAL;

  *positions = wide || f64 ? 32 : 64;
  if (args->kind == TL_RANDOM_INTEGER)
    return TL_DTYPE_I64;
  return f64 ? TL_DTYPE_F64 : TL_DTYPE_F32;
}

static void
fill_group (const TlRandomArgs *args, int positions, const Group *g, void *out)
{
  int wide = positions == 32;

  if (args->kind == TL_RANDOM_UNIFORM && wide)
    uniform_f64 (args, g, out);
  else if (args->kind == TL_RANDOM_UNIFORM)
    uniform_f32 (args, g, out);
  else if (args->kind == TL_RANDOM_NORMAL && wide)
    normal_f64 (args, g, out);
  else if (args->kind == TL_RANDOM_NORMAL)
    normal_f32 (args, g, out);
  else if (wide)
    wide_integers (args, g, out);
  else
    integers (args, g, out);
}

void
TL_ISA_NAME (tl_random_measure) (const void *args_, TlWork *work)
{
  const TlRandomArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)tl_ceil_div (args->n, TILE) } };
}

void
TL_ISA_NAME (tl_random_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRandomArgs *args = args_;
  uint64_t            call = *(const uint64_t *)data[0];
  int                 positions;
  TlDType             dtype = group_dtype (args, &positions);
  TlConvertFn         convert = TL_ISA_NAME (tl_convert) (args->dtype, dtype);
  int64_t             end = tl_min_i64 (args->n, ((int64_t)tile + 1) * TILE);
  size_t              size = tl_dtype_size (args->dtype);

  for (int64_t i = (int64_t)tile * TILE; i < end; i += positions) {
    char  *out = (char *)data[1] + (size_t)i * size;
    double values[64];
    Group  g;

    philox_group (args->key, call, (uint64_t)(i / positions), &g);
    if (dtype == args->dtype && i + positions <= end) {
      fill_group (args, positions, &g, out);
    } else {
      fill_group (args, positions, &g, values);
      convert (out, 1, values, 1, (size_t)tl_min_i64 (positions, end - i));
    }
  }
}

void
TL_ISA_NAME (tl_dropout_measure) (const void *args_, TlWork *work)
{
  const TlDropoutArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { (size_t)tl_ceil_div (args->n, TILE) } };
}

#define DROPOUT(type, T)                                                                                              \
  static void dropout_##type (const TlDropoutArgs *args, uint64_t call, const T *x, T *y, int64_t first, int64_t end) \
  {                                                                                                                   \
    uint64_t threshold = threshold_of (args->p);                                                                      \
    uint32_t last = (uint32_t)(threshold - 1);                                                                        \
    T        scale = (T)(1 / (1 - args->p));                                                                          \
                                                                                                                      \
    if (threshold == 0 || threshold >> 32) {                                                                          \
      for (int64_t i = first; i < end; i++)                                                                           \
        y[i] = threshold ? 0 : x[i];                                                                                  \
      return;                                                                                                         \
    }                                                                                                                 \
    for (int64_t i = first; i < end; i += 64) {                                                                       \
      int64_t n = tl_min_i64 (64, end - i);                                                                           \
      Group   g;                                                                                                      \
                                                                                                                      \
      philox_group (args->key, call, (uint64_t)(i / 64), &g);                                                         \
      TL_VECTOR_LOOP                                                                                                  \
      for (int64_t j = 0; j < n; j++)                                                                                 \
        y[i + j] = (&g.word[0][0])[j] > last ? x[i + j] * scale : 0;                                                  \
    }                                                                                                                 \
  }
DROPOUT (f32, float)
DROPOUT (f64, double)

void
TL_ISA_NAME (tl_dropout_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlDropoutArgs *args = args_;
  uint64_t             call = *(const uint64_t *)data[0];
  int64_t              first = (int64_t)tile * TILE, end = tl_min_i64 (args->n, first + TILE);

  if (args->dtype == TL_DTYPE_F64)
    dropout_f64 (args, call, data[1], data[2], first, end);
  else
    dropout_f32 (args, call, data[1], data[2], first, end);
}

void
TL_ISA_NAME (tl_permutation_measure) (const void *args_, TlWork *work)
{
  const TlRandomArgs *args = args_;

  *work = (TlWork){ .n_phases = 1, .n_tiles = { args->n > 0 } };
}

/* Fisher & Yates; the swap of position i takes the two words of position i. */
void
TL_ISA_NAME (tl_permutation_run) (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlRandomArgs *args = args_;
  uint64_t            call = *(const uint64_t *)data[0];
  int64_t            *out = data[1];

  for (int64_t i = 0; i < args->n; i += 32) {
    Group g;

    philox_group (args->key, call, (uint64_t)(i / 32), &g);
    for (int64_t k = i; k < tl_min_i64 (args->n, i + 32); k++) {
      int      lane = (int)(k - i), w = lane / COUNTERS * 2, j = lane % COUNTERS;
      uint64_t r = (uint64_t)g.word[w][j] << 32 | g.word[w + 1][j];
      int64_t  other = (int64_t)(r % ((uint64_t)k + 1));

      /* Inside out: element k goes to a random place of the first k + 1. */
      out[k] = k;
      out[k] = out[other];
      out[other] = k;
    }
  }
}
