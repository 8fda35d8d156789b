/* SPDX-License-Identifier: Apache-2.0 */
#include "core/kernels/fft.h"

#include <math.h>
#include <string.h>

/*
 * phase 0: the roots of one, and Bluestein's chirp
 * phase 1: the transform of the chirp (Bluestein only)
 * phase 2: lines, up to LANES of them side by side
 *
 * The passes are vectors over lanes and, later, over what is already sorted.  Wider vectors give the same bits: nothing is summed across them.
 */

#define LANES 8
#define MAX_LANE_POINTS 16384 /* longer lines go one by one, so that they stay in the cache */
#define MAX_PRIME 13
#define TABLE_TILE 32768
#define LINE_TILE 400000.0 /* additions and multiplications */

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#  define WIDER __attribute__ ((target_clones ("avx2", "default")))
#else
#  define WIDER
#endif

typedef struct {
  int64_t points; /* of the transform that is computed: n, or Bluestein's */
  int     is_bluestein;
  int64_t n_lines, lanes, lines_per_tile;
} Cut;

static int64_t
min_i64 (int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static int
has_small_primes (int64_t n)
{
  for (int64_t p = 2; p <= MAX_PRIME; p++)
    while (n % p == 0)
      n /= p;
  return n == 1;
}

static Cut
cut_work (const TlFftArgs *args)
{
  Cut    cut = { .points = args->n, .is_bluestein = !has_small_primes (args->n), .n_lines = args->outer * args->inner };
  double work;

  if (cut.is_bluestein)
    for (cut.points = 1; cut.points < 2 * args->n - 1;)
      cut.points *= 2;
  cut.lanes = cut.points <= MAX_LANE_POINTS && cut.n_lines >= 2 ? LANES : 1;
  work = 5.0 * (double)cut.points * (log2 ((double)cut.points) + 2) * (cut.is_bluestein ? 2 : 1);
  cut.lines_per_tile = work >= LINE_TILE ? 1 : (int64_t)(LINE_TILE / work);
  cut.lines_per_tile = (cut.lines_per_tile + cut.lanes - 1) / cut.lanes * cut.lanes;
  return cut;
}

/* The workspace: roots [points], then chirp [n] and its transform [points] in two halves; complex numbers. */
typedef struct {
  double *roots, *chirp, *kernel_re, *kernel_im;
} Tables;

static Tables
find_tables (const TlFftArgs *args, const Cut *cut, void *workspace)
{
  Tables tables = { .roots = workspace };

  tables.chirp = tables.roots + 2 * cut->points;
  tables.kernel_re = tables.chirp + 2 * args->n;
  tables.kernel_im = tables.kernel_re + cut->points;
  return tables;
}

static void
measure (const void *args_, TlWork *work)
{
  const TlFftArgs *args = args_;
  Cut              cut = cut_work (args);
  int64_t          table = cut.is_bluestein && args->n > cut.points ? args->n : cut.points;

  *work = (TlWork){ .n_phases = 3 };
  if (cut.n_lines == 0)
    return;
  work->n_tiles[0] = (size_t)((table + TABLE_TILE - 1) / TABLE_TILE);
  work->n_tiles[1] = (size_t)cut.is_bluestein;
  work->n_tiles[2] = (size_t)((cut.n_lines + cut.lines_per_tile - 1) / cut.lines_per_tile);
  work->workspace = sizeof (double) * (size_t)(2 * cut.points + (cut.is_bluestein ? 2 * args->n + 2 * cut.points : 0));
  work->scratch = sizeof (double) * (size_t)(4 * cut.points * cut.lanes);
}

/* exp (2 pi i j / n) from an angle of an eighth of the circle at most, so that what should be equal is. */
static void
root (int64_t j, int64_t n, double *re, double *im)
{
  int64_t eighth = 8 * j / n, rest = 8 * j - eighth * n; /* of an eighth of the circle, over n */
  double  angle = M_PI / 4 * ((eighth & 1) != 0 ? (double)(n - rest) : (double)rest) / (double)n;
  double  c = cos (angle), s = sin (angle), swap;

  if (((eighth + 1) & 2) != 0) {
    swap = c;
    c = s;
    s = swap;
  }
  *re = eighth >= 2 && eighth < 6 ? -c : c;
  *im = eighth >= 4 ? -s : s;
}

static void
fill_tables (const TlFftArgs *args, const Cut *cut, const Tables *tables, int64_t tile)
{
  int64_t first = tile * TABLE_TILE, end = first + TABLE_TILE;

  for (int64_t j = first; j < min_i64 (end, cut->points); j++) {
    root (j, cut->points, &tables->roots[2 * j], &tables->roots[2 * j + 1]);
    tables->roots[2 * j + 1] *= cut->is_bluestein ? -1 : args->sign;
  }
  for (int64_t j = first; cut->is_bluestein && j < min_i64 (end, args->n); j++) {
    int64_t square = (int64_t)((unsigned __int128)j * (uint64_t)j % (uint64_t)(2 * args->n));

    root (square, 2 * args->n, &tables->chirp[2 * j], &tables->chirp[2 * j + 1]);
    tables->chirp[2 * j + 1] *= args->sign;
  }
}

/*
 * One pass of radix p over a transform of @n points, @stride of them side by side:
 *
 *     y[q, p k + t] = w^(k t) sum over j of x[q, k + j n / p] u^(j t),    w = exp (+-2 pi i / n), u = exp (+-2 pi i / p)
 *
 * in planes of real and imaginary parts.
 */
typedef struct {
  int64_t       n, stride, step; /* step: of the table between roots of order n */
  const double *roots;
  int64_t       points;
} Pass;

WIDER static void
pass_2 (const Pass *pass, const double *restrict xr, const double *restrict xi, double *restrict yr, double *restrict yi)
{
  int64_t m = pass->n / 2, s = pass->stride;

  for (int64_t k = 0; k < m; k++) {
    double wr = pass->roots[2 * k * pass->step], wi = pass->roots[2 * k * pass->step + 1];

    for (int64_t q = 0; q < s; q++) {
      double ar = xr[q + s * k], ai = xi[q + s * k], br = xr[q + s * (k + m)], bi = xi[q + s * (k + m)];
      double dr = ar - br, di = ai - bi;

      yr[q + s * 2 * k] = ar + br;
      yi[q + s * 2 * k] = ai + bi;
      yr[q + s * (2 * k + 1)] = dr * wr - di * wi;
      yi[q + s * (2 * k + 1)] = dr * wi + di * wr;
    }
  }
}

WIDER static void
pass_4 (const Pass *pass, const double *restrict xr, const double *restrict xi, double *restrict yr, double *restrict yi)
{
  int64_t m = pass->n / 4, s = pass->stride;
  double  sign = pass->roots[2 * (pass->points / 4) + 1]; /* i or -i */

  for (int64_t k = 0; k < m; k++) {
    const double *w1 = pass->roots + 2 * k * pass->step, *w2 = pass->roots + 4 * k * pass->step, *w3 = pass->roots + 6 * k * pass->step;

    for (int64_t q = 0; q < s; q++) {
      int64_t i = q + s * k, o = q + s * 4 * k;
      double  ar = xr[i], ai = xi[i], br = xr[i + s * m], bi = xi[i + s * m];
      double  cr = xr[i + 2 * s * m], ci = xi[i + 2 * s * m], dr = xr[i + 3 * s * m], di = xi[i + 3 * s * m];
      double  acr = ar + cr, aci = ai + ci, bdr = br + dr, bdi = bi + di;
      double  er = ar - cr, ei = ai - ci, fr = -sign * (bi - di), fi = sign * (br - dr);
      double  y1r = er + fr, y1i = ei + fi, y2r = acr - bdr, y2i = aci - bdi, y3r = er - fr, y3i = ei - fi;

      yr[o] = acr + bdr;
      yi[o] = aci + bdi;
      yr[o + s] = y1r * w1[0] - y1i * w1[1];
      yi[o + s] = y1r * w1[1] + y1i * w1[0];
      yr[o + 2 * s] = y2r * w2[0] - y2i * w2[1];
      yi[o + 2 * s] = y2r * w2[1] + y2i * w2[0];
      yr[o + 3 * s] = y3r * w3[0] - y3i * w3[1];
      yi[o + 3 * s] = y3r * w3[1] + y3i * w3[0];
    }
  }
}

WIDER static void
pass_any (const Pass *pass, int64_t p, const double *restrict xr, const double *restrict xi, double *restrict yr, double *restrict yi)
{
  int64_t m = pass->n / p, s = pass->stride;

  for (int64_t k = 0; k < m; k++)
    for (int64_t t = 0; t < p; t++) {
      const double *w = pass->roots + 2 * k * t * pass->step;
      double *restrict to_r = yr + s * (p * k + t), *restrict to_i = yi + s * (p * k + t);

      memcpy (to_r, xr + s * k, (size_t)s * sizeof *to_r);
      memcpy (to_i, xi + s * k, (size_t)s * sizeof *to_i);
      for (int64_t j = 1; j < p; j++) {
        const double *u = pass->roots + 2 * (j * t % p) * (pass->points / p);
        const double *restrict ar = xr + s * (k + j * m), *restrict ai = xi + s * (k + j * m);

        for (int64_t q = 0; q < s; q++) {
          to_r[q] += ar[q] * u[0] - ai[q] * u[1];
          to_i[q] += ar[q] * u[1] + ai[q] * u[0];
        }
      }
      for (int64_t q = 0; q < s; q++) {
        double r = to_r[q];

        to_r[q] = r * w[0] - to_i[q] * w[1];
        to_i[q] = r * w[1] + to_i[q] * w[0];
      }
    }
}

/* x [points, lanes] in planes; @other is as large.  Returns: where the result is: @x or @other */
static double *
transform (const double *roots, int64_t points, int64_t lanes, double *x, double *other)
{
  int64_t plane = points * lanes;
  Pass    pass = { points, lanes, 1, roots, points };

  while (pass.n > 1) {
    int64_t p = pass.n % 4 == 0 ? 4 : 2;
    double *swap;

    while (pass.n % p != 0)
      p++;
    if (p == 4)
      pass_4 (&pass, x, x + plane, other, other + plane);
    else if (p == 2)
      pass_2 (&pass, x, x + plane, other, other + plane);
    else
      pass_any (&pass, p, x, x + plane, other, other + plane);
    pass.n /= p;
    pass.stride *= p;
    pass.step *= p;
    swap = x;
    x = other;
    other = swap;
  }
  return x;
}

/* The transform of conj (chirp), which runs in both directions from 0. */
static void
transform_chirp (const TlFftArgs *args, const Cut *cut, const Tables *tables, double *scratch)
{
  int64_t m = cut->points;
  double *x = scratch, *y;

  memset (x, 0, (size_t)(2 * m) * sizeof *x);
  for (int64_t j = 0; j < args->n; j++) {
    x[j] = tables->chirp[2 * j];
    x[m + j] = -tables->chirp[2 * j + 1];
    x[(m - j) % m] = x[j];
    x[m + (m - j) % m] = x[m + j];
  }
  y = transform (tables->roots, m, 1, x, scratch + 2 * m);
  memcpy (tables->kernel_re, y, (size_t)m * sizeof *y);
  memcpy (tables->kernel_im, y + m, (size_t)m * sizeof *y);
}

static double
get (TlDType dtype, const void *p, int64_t i)
{
  return dtype == TL_DTYPE_F32 ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

static void
set (TlDType dtype, void *p, int64_t i, double value)
{
  if (dtype == TL_DTYPE_F32)
    ((float *)p)[i] = (float)value;
  else
    ((double *)p)[i] = value;
}

static int64_t
line_start (const TlFftArgs *args, int64_t line, int64_t n)
{
  return line / args->inner * n * args->inner + line % args->inner;
}

static int
is_inside (const TlFftArgs *args, int64_t k)
{
  return k != 0 && 2 * k != args->n;
}

/* Lines @first to @first + @n into lanes; the other lanes are zeros. */
static void
load (const TlFftArgs *args, const Cut *cut, const void *x, int64_t first, int64_t n, double *re, double *im)
{
  int64_t taken = min_i64 (args->n_in, args->kind == TL_FFT_HALF ? args->n / 2 + 1 : args->n);

  memset (re, 0, (size_t)(cut->points * cut->lanes) * sizeof *re);
  memset (im, 0, (size_t)(cut->points * cut->lanes) * sizeof *im);
  for (int64_t v = 0; v < n; v++) {
    int64_t start = line_start (args, first + v, args->n_in);

    for (int64_t j = 0; j < taken; j++) {
      int64_t from = start + j * args->inner, to = j * cut->lanes + v;
      double  factor = args->kind == TL_FFT_HALF && is_inside (args, j) ? args->half : 1;

      if (args->kind == TL_FFT_REAL) {
        re[to] = get (args->dtype, x, from);
        continue;
      }
      re[to] = factor * get (args->dtype, x, 2 * from);
      im[to] = factor * get (args->dtype, x, 2 * from + 1);
    }
  }
}

static void
store (const TlFftArgs *args, const Cut *cut, void *y, int64_t first, int64_t n, const double *re, const double *im)
{
  int64_t most = args->kind == TL_FFT_REAL ? args->n / 2 + 1 : args->n;

  for (int64_t v = 0; v < n; v++) {
    int64_t start = line_start (args, first + v, args->n_out);

    for (int64_t k = 0; k < args->n_out; k++) {
      int64_t to = start + k * args->inner, from = k * cut->lanes + v;
      double  factor = k >= most ? 0 : args->scale * (args->kind == TL_FFT_REAL && is_inside (args, k) ? args->half : 1);

      if (args->kind == TL_FFT_HALF) {
        set (args->dtype, y, to, factor == 0 ? 0 : factor * re[from]);
        continue;
      }
      set (args->dtype, y, 2 * to, factor == 0 ? 0 : factor * re[from]);
      set (args->dtype, y, 2 * to + 1, factor == 0 ? 0 : factor * im[from]);
    }
  }
}

/* x[j] times a[j], or its conjugate, for all lanes. */
static void
multiply (double *re, double *im, const double *ar, const double *ai, int64_t step, int64_t n, int64_t lanes, double sign)
{
  for (int64_t j = 0; j < n; j++) {
    double wr = ar[j * step], wi = ai[j * step];

    for (int64_t v = j * lanes; v < (j + 1) * lanes; v++) {
      double r = re[v];

      re[v] = r * wr - im[v] * wi;
      im[v] = sign * (r * wi + im[v] * wr);
    }
  }
}

static void
do_lines (const TlFftArgs *args, const Cut *cut, const Tables *tables, void *const *data, int64_t first, int64_t n, double *scratch)
{
  int64_t plane = cut->points * cut->lanes;
  double *x = scratch, *other = scratch + 2 * plane;

  load (args, cut, data[0], first, n, x, x + plane);
  if (cut->is_bluestein)
    multiply (x, x + plane, tables->chirp, tables->chirp + 1, 2, args->n, cut->lanes, 1);
  x = transform (tables->roots, cut->points, cut->lanes, x, other);
  if (cut->is_bluestein) {
    /* Back by the same transform: of the conjugate, conjugated. */
    double scale = 1.0 / (double)cut->points;

    multiply (x, x + plane, tables->kernel_re, tables->kernel_im, 1, cut->points, cut->lanes, -1);
    x = transform (tables->roots, cut->points, cut->lanes, x, x == scratch ? other : scratch);
    for (int64_t i = 0; i < args->n * cut->lanes; i++) {
      x[i] *= scale;
      x[plane + i] *= -scale;
    }
    multiply (x, x + plane, tables->chirp, tables->chirp + 1, 2, args->n, cut->lanes, 1);
  }
  store (args, cut, data[1], first, n, x, x + plane);
}

static void
run (const void *args_, void *const *data, void *workspace, unsigned phase, size_t tile, void *scratch)
{
  const TlFftArgs *args = args_;
  Cut              cut = cut_work (args);
  Tables           tables = find_tables (args, &cut, workspace);
  int64_t          first = (int64_t)tile * cut.lines_per_tile, end = min_i64 (cut.n_lines, first + cut.lines_per_tile);

  if (phase == 0)
    fill_tables (args, &cut, &tables, (int64_t)tile);
  else if (phase == 1)
    transform_chirp (args, &cut, &tables, scratch);
  else
    for (int64_t line = first; line < end; line += cut.lanes)
      do_lines (args, &cut, &tables, data, line, min_i64 (cut.lanes, end - line), scratch);
}

const TlKernel tl_fft_kernel = { measure, run };
