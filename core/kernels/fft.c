/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/fft.h"

#include <math.h>
#include <string.h>

#define TILE 400000.0    /* additions and multiplications */
#define STRIDED_TILE 2e7 /* most of them where more lines share what is read */
#define STRIDED_LINES 8  /* elements of a cache line */
#define MAX_BLOCK 512    /* lines */
#define MIN_ELEMENTS 16  /* what a line costs beside its elements */
#define SCRATCH_ALIGNMENT 64

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static size_t
number_size (const TlFftArgs *args)
{
  return tl_dtype_size (args->dtype);
}

static size_t
x_size (const TlFftArgs *args)
{
  return number_size (args) * (args->kind == TL_FFT_REAL ? 1 : 2);
}

static size_t
y_size (const TlFftArgs *args)
{
  return number_size (args) * (args->kind == TL_FFT_HALF ? 1 : 2);
}

/* Elements of a line as the plan has them. */

static int64_t
x_points (const TlFftArgs *args)
{
  return args->kind == TL_FFT_HALF ? args->n / 2 + 1 : args->n;
}

static int64_t
y_points (const TlFftArgs *args)
{
  return args->kind == TL_FFT_REAL ? args->n / 2 + 1 : args->n;
}

static int
is_strided (const TlFftArgs *args)
{
  return args->inner > 1 || args->step * (int64_t)number_size (args) != (int64_t)x_size (args);
}

/**
 * tl_fft_get_block:
 * @args: arguments but for the plans
 *
 * Returns: lines that are transformed at once: by size alone, and no more than there are
 */
int64_t
tl_fft_get_block (const TlFftArgs *args)
{
  double  n = (double)args->n;
  double  work = 5 * (n + MIN_ELEMENTS) * (log2 (n) + 1);
  int64_t block = work >= TILE / 2 ? 1 : min_i64 ((int64_t)(TILE / work), MAX_BLOCK);

  if (block < STRIDED_LINES && is_strided (args) && work * STRIDED_LINES <= STRIDED_TILE)
    block = STRIDED_LINES;
  return min_i64 (block, args->lines);
}

static size_t
packed_bytes (int64_t lines, int64_t points, size_t size)
{
  return ((size_t)(lines * points) * size + SCRATCH_ALIGNMENT - 1) / SCRATCH_ALIGNMENT * SCRATCH_ALIGNMENT;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlFftArgs *args = args_;
  int64_t          block = tl_fft_get_block (args);

  *work = (TlWork){ .n_phases = 1 };
  if (args->lines == 0)
    return;
  work->n_tiles[0] = (size_t)((args->lines + block - 1) / block);
  work->scratch = packed_bytes (block, x_points (args), x_size (args)) + packed_bytes (block, y_points (args), y_size (args));
}

/* The first number of a line of x, counted from x. */
static int64_t
x_start (const TlFftArgs *args, int64_t line)
{
  int64_t start = 0;

  for (uint32_t i = args->rank; i-- > 0; line /= args->shape[i])
    start += line % args->shape[i] * args->strides[i];
  return start;
}

static int64_t
y_start (const TlFftArgs *args, int64_t line)
{
  return line / args->inner * args->n_out * args->inner + line % args->inner;
}

static int
is_aligned (const void *p)
{
  return (uintptr_t)p % TL_FFT_ALIGNMENT == 0;
}

/*
 * Moves @n elements of @size bytes of each of @lines lines; a line's elements are @from_step and @to_step bytes apart.  Both loops are
 * written out for each size that there is, as a copy of a known size is a move.
 */
typedef struct {
  int64_t lines, n;
  int64_t from_step, to_step;
  size_t  size;
  char   *from[STRIDED_LINES], *to[STRIDED_LINES];
} Move;

static inline __attribute__ ((always_inline)) void
move_as (const Move *self, size_t size)
{
  for (int64_t j = 0; j < self->n; j++)
    for (int64_t v = 0; v < self->lines; v++)
      memcpy (self->to[v] + j * self->to_step, self->from[v] + j * self->from_step, size);
}

static void
move (const Move *self)
{
  if (self->from_step == (int64_t)self->size && self->to_step == (int64_t)self->size)
    for (int64_t v = 0; v < self->lines; v++)
      memcpy (self->to[v], self->from[v], (size_t)self->n * self->size);
  else if (self->size == 4)
    move_as (self, 4);
  else if (self->size == 8)
    move_as (self, 8);
  else
    move_as (self, 16);
}

/* Pairs whose numbers are not neighbours go one number after the other. */
static void
move_numbers (Move *self, size_t number, int64_t pair_step)
{
  if (self->size == number || pair_step == (int64_t)number) {
    move (self);
    return;
  }
  self->size = number;
  for (int part = 0; part < 2; part++) {
    move_as (self, number);
    for (int64_t v = 0; v < self->lines; v++) {
      self->from[v] += pair_step;
      self->to[v] += number;
    }
  }
}

static void
pack (const TlFftArgs *args, const char *x, int64_t first, int64_t lines, char *packed)
{
  size_t  number = number_size (args), size = x_size (args);
  int64_t points = x_points (args), taken = min_i64 (args->n_in, points);

  for (int64_t line = 0; line < lines; line += STRIDED_LINES) {
    Move self = { .lines = min_i64 (STRIDED_LINES, lines - line), .n = taken, .size = size };

    self.from_step = args->step * (int64_t)number;
    self.to_step = (int64_t)size;
    for (int64_t v = 0; v < self.lines; v++) {
      self.from[v] = (char *)x + x_start (args, first + line + v) * (int64_t)number;
      self.to[v] = packed + (line + v) * points * (int64_t)size;
      memset (self.to[v] + taken * (int64_t)size, 0, (size_t)(points - taken) * size);
    }
    move_numbers (&self, number, args->pair_step * (int64_t)number);
  }
}

static void
unpack (const TlFftArgs *args, const char *packed, int64_t first, int64_t lines, char *y)
{
  size_t  size = y_size (args);
  int64_t points = y_points (args), taken = min_i64 (args->n_out, points), step = args->inner * (int64_t)size;

  for (int64_t line = 0; line < lines; line += STRIDED_LINES) {
    Move self = { .lines = min_i64 (STRIDED_LINES, lines - line), .n = taken, .size = size };

    self.from_step = (int64_t)size;
    self.to_step = step;
    for (int64_t v = 0; v < self.lines; v++) {
      self.from[v] = (char *)packed + (line + v) * points * (int64_t)size;
      self.to[v] = y + y_start (args, first + line + v) * (int64_t)size;
      for (int64_t k = taken; k < args->n_out; k++)
        memset (self.to[v] + k * step, 0, size);
    }
    move (&self);
  }
}

/*
 * Multiplies the real and imaginary parts of @n complex numbers, or real ones by re alone.  FFTW does not scale, has one sign for each of the
 * kinds that know real numbers, and counts what stands for two bins twice in one direction and once in the other.
 */
static inline __attribute__ ((always_inline)) void
weigh_as (TlDType dtype, void *numbers, int64_t n, int is_complex, double re, double im)
{
  float  *f = numbers;
  double *d = numbers;

  if (!is_complex) {
    for (int64_t i = 0; i < n; i++)
      if (dtype == TL_DTYPE_F32)
        f[i] = (float)(f[i] * re);
      else
        d[i] *= re;
    return;
  }
  for (int64_t i = 0; i < 2 * n; i += 2)
    if (dtype == TL_DTYPE_F32) {
      f[i] = (float)(f[i] * re);
      f[i + 1] = (float)(f[i + 1] * im);
    } else {
      d[i] *= re;
      d[i + 1] *= im;
    }
}

static void
weigh (TlDType dtype, void *numbers, int64_t n, int is_complex, double re, double im)
{
  if (re == 1 && (im == 1 || !is_complex))
    return;
  if (dtype == TL_DTYPE_F32)
    weigh_as (TL_DTYPE_F32, numbers, n, is_complex, re, im);
  else
    weigh_as (TL_DTYPE_F64, numbers, n, is_complex, re, im);
}

/* Lines of half a spectrum: @ends for the bins 0 and n / 2, @inside for those between. */
static void
weigh_half (const TlFftArgs *args, char *packed, int64_t lines, double ends, double inside, double sign)
{
  int64_t points = args->n / 2 + 1, n_inside = (args->n - 1) / 2;
  int64_t size = 2 * (int64_t)number_size (args);

  if (ends == inside) {
    weigh (args->dtype, packed, lines * points, 1, ends, sign * ends);
    return;
  }
  for (int64_t v = 0; v < lines; v++, packed += points * size) {
    weigh (args->dtype, packed, 1, 1, ends, sign * ends);
    weigh (args->dtype, packed + size, n_inside, 1, inside, sign * inside);
    weigh (args->dtype, packed + (1 + n_inside) * size, points - 1 - n_inside, 1, ends, sign * ends);
  }
}

/* Whether a block lies in x as in the packed form; the transform of half a spectrum destroys what it reads. */
static int
is_packed_in (const TlFftArgs *args)
{
  return args->kind != TL_FFT_HALF && args->n_in == args->n && !is_strided (args) && args->pair_step == 1 &&
         (args->lines == 1 || (args->rank == 1 && args->strides[0] == args->n * args->step));
}

static int
is_packed_out (const TlFftArgs *args)
{
  return args->inner == 1 && args->n_out == y_points (args);
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlFftArgs *args = args_;
  int64_t          block = tl_fft_get_block (args), first = (int64_t)tile * block, lines = min_i64 (block, args->lines - first);
  const TlFftPlan *plan = lines == block ? args->block : args->rest;
  char            *x = (char *)data[0] + x_start (args, first) * (int64_t)number_size (args);
  char            *y = (char *)data[1] + first * args->n_out * (int64_t)y_size (args);
  char            *packed_y = (char *)scratch + packed_bytes (block, x_points (args), x_size (args));
  int              in_place = is_packed_out (args) && is_aligned (y);

  if (!is_packed_in (args) || !is_aligned (x)) {
    pack (args, data[0], first, lines, scratch);
    x = scratch;
  }
  if (in_place)
    packed_y = y;
  if (args->kind == TL_FFT_HALF)
    weigh_half (args, x, lines, 1, args->half / 2, args->sign);
  plan->execute (plan->plan, x, packed_y);
  if (args->kind == TL_FFT_REAL)
    weigh_half (args, packed_y, lines, args->scale, args->scale * args->half, -args->sign);
  else
    weigh (args->dtype, packed_y, lines * y_points (args), args->kind == TL_FFT_COMPLEX, args->scale, args->scale);
  if (!in_place)
    unpack (args, packed_y, first, lines, data[1]);
}

const TlKernel tl_fft_kernel = { measure, run };
