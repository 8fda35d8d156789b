/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Philox against the published vectors; layout, prefixes and equality over levels and tiles; moments of the distributions.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/philox.h"

#define N 100003

/* The known answers that come with the paper's library, Random123 (kat_vectors, philox4x32 10). */
static void
test_known_answers (void)
{
  const struct {
    guint32 counter[4], key[2], want[4];
  } cases[] = {
    { { 0, 0, 0, 0 }, { 0, 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 }, { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint32 out[4];

    tl_philox ((TlPhiloxKey){ { cases[i].key[0], cases[i].key[1] } }, (guint64)cases[i].counter[3] << 32 | cases[i].counter[2],
               (guint64)cases[i].counter[1] << 32 | cases[i].counter[0], out);
    g_assert_cmpmem (out, sizeof out, cases[i].want, sizeof out);
  }
}

static void *
draw (const TlKernels *kernels, TlRandomArgs args, guint64 call, gint64 n, RunOrder order)
{
  void *y = guarded_new ((gsize)n * tl_dtype_size (args.dtype));

  args.n = n;
  run_kernel (&kernels->random, &args, (void *const[]){ &call, y }, order);
  return y;
}

static void
moments (TlDType dtype, const void *x, gint64 n, double *mean, double *deviation)
{
  double m = 0, v = 0;

  for (gint64 i = 0; i < n; i++)
    m += get_element (dtype, x, i) / (double)n;
  for (gint64 i = 0; i < n; i++)
    v += pow (get_element (dtype, x, i) - m, 2) / (double)n;
  *mean = m;
  *deviation = sqrt (v);
}

typedef struct {
  TlRandomArgs args;
  double       mean, deviation, low, high;
} Distribution;

// clang-format off
static const Distribution distributions[] = {
  { { .dtype = TL_DTYPE_F32, .kind = TL_RANDOM_UNIFORM, .low = 0, .high = 1 }, 0.5, 0.288675, 0, 1 },
  { { .dtype = TL_DTYPE_F64, .kind = TL_RANDOM_UNIFORM, .low = -1, .high = 3 }, 1, 1.154700, -1, 3 },
  { { .dtype = TL_DTYPE_F32, .kind = TL_RANDOM_NORMAL, .low = 0, .high = 1 }, 0, 1, -7, 7 },
  { { .dtype = TL_DTYPE_F64, .kind = TL_RANDOM_NORMAL, .low = 2, .high = 0.5 }, 2, 0.5, -3, 7 },
  { { .dtype = TL_DTYPE_I64, .kind = TL_RANDOM_INTEGER, .int_low = -5, .int_high = 5 }, -0.5, 2.872281, -5, 4 },
  { { .dtype = TL_DTYPE_U8, .kind = TL_RANDOM_INTEGER, .int_low = 0, .int_high = 256 }, 127.5, 73.9, 0, 255 },
  { { .dtype = TL_DTYPE_I64, .kind = TL_RANDOM_INTEGER, .int_low = 0, .int_high = 1ll << 40 }, 0x1p39, 0.288675 * 0x1p40, 0, 0x1p40 },
};
// clang-format on

static void
test_distributions (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (distributions); i++) {
    TlRandomArgs args = distributions[i].args;
    gsize        size = tl_dtype_size (args.dtype);
    void        *base;
    double       mean, deviation, scale = distributions[i].deviation;

    args.key = tl_philox_key (42, i);
    base = draw (tl_kernels_get (), args, 3, N, RUN_FORWARDS);
    moments (args.dtype, base, N, &mean, &deviation);
    g_assert_cmpfloat (fabs (mean - distributions[i].mean), <, 4 * scale / sqrt (N));
    g_assert_cmpfloat (fabs (deviation - scale), <, 0.01 * scale);
    for (gint64 k = 0; k < N; k++) {
      g_assert_cmpfloat (get_element (args.dtype, base, k), >=, distributions[i].low);
      g_assert_cmpfloat (get_element (args.dtype, base, k), <=, distributions[i].high);
    }
    for (int level = 0; level < TL_N_CPU_LEVELS; level++) {
      const TlKernels *kernels = tl_kernels_get_level (level);
      void            *all, *prefix, *next;

      if (!kernels)
        continue;
      all = draw (kernels, args, 3, N, RUN_BACKWARDS);
      prefix = draw (kernels, args, 3, 1000, RUN_FORWARDS);
      next = draw (kernels, args, 4, N, RUN_FORWARDS);
      if (args.kind == TL_RANDOM_NORMAL)
        for (gint64 k = 0; k < N; k++)
          assert_near (get_element (args.dtype, all, k), get_element (args.dtype, base, k), tolerance (args.dtype, 2e-6, 1e-14), "normal", k);
      else
        g_assert_cmpmem (all, N * size, base, N * size);
      g_assert_cmpmem (all, 1000 * size, prefix, 1000 * size);
      g_assert_cmpint (memcmp (all, next, N * size), !=, 0);
      guarded_free (all, N * size);
      guarded_free (prefix, 1000 * size);
      guarded_free (next, N * size);
    }
    guarded_free (base, N * size);
  }
}

/* The words the kernels use are those of tl_philox_word(). */
static void
test_layout (void)
{
  TlRandomArgs args = { .dtype = TL_DTYPE_F32, .kind = TL_RANDOM_UNIFORM, .low = 0, .high = 1, .key = tl_philox_key (1, 2) };
  float       *y = draw (tl_kernels_get (), args, 9, 1000, RUN_FORWARDS);

  for (guint64 i = 0; i < 1000; i++)
    g_assert_cmpfloat (y[i], ==, (tl_philox_word (args.key, 9, i) >> 8) * 0x1p-24f);
  guarded_free ((guint8 *)y, 1000 * sizeof *y);
  g_assert_true (tl_philox_key (1, 2).word[0] != tl_philox_key (2, 1).word[0]);
}

static void
check_dropout (const TlKernels *kernels, TlDType dtype)
{
  TlDropoutArgs args = { .dtype = dtype, .key = tl_philox_key (7, 7), .n = N, .p = 0.25 };
  void         *x = random_elements (dtype, N, 1, 2, 1), *y = guarded_new (N * tl_dtype_size (dtype));
  guint64       call = 5;
  gint64        kept = 0;

  run_kernel (&kernels->dropout, &args, (void *const[]){ &call, x, y }, RUN_BACKWARDS);
  for (gint64 i = 0; i < N; i++) {
    int keep = tl_philox_word (args.key, call, (guint64)i) >= 0x40000000u;

    assert_near (get_element (dtype, y, i), keep ? get_element (dtype, x, i) / 0.75 : 0, tolerance (dtype, 2e-7, 1e-15), "dropout", i);
    kept += keep;
  }
  g_assert_cmpfloat (fabs ((double)kept / N - 0.75), <, 0.006);
  args.p = 0;
  run_kernel (&kernels->dropout, &args, (void *const[]){ &call, x, y }, RUN_FORWARDS);
  g_assert_cmpmem (x, N * tl_dtype_size (dtype), y, N * tl_dtype_size (dtype));
  args.p = 1;
  run_kernel (&kernels->dropout, &args, (void *const[]){ &call, x, x }, RUN_FORWARDS);
  for (gint64 i = 0; i < N; i++)
    g_assert_cmpfloat (get_element (dtype, x, i), ==, 0);
  guarded_free (x, N * tl_dtype_size (dtype));
  guarded_free (y, N * tl_dtype_size (dtype));
}

static void
test_dropout (void)
{
  each_level_and_float (check_dropout);
}

static void
test_permutation (void)
{
  gint64 counts[5][5] = { { 0 } };

  for (int level = 0; level < TL_N_CPU_LEVELS; level++)
    for (gint64 n = 0; n < 1000; n = n * 2 + 1) {
      const TlKernels *kernels = tl_kernels_get_level (level);
      TlRandomArgs     args = { .dtype = TL_DTYPE_I64, .key = tl_philox_key (3, 1), .n = n };
      gint64          *y = (gint64 *)guarded_new ((gsize)n * 8);
      guint8          *seen = g_new0 (guint8, n + 1);
      guint64          call = 1;

      if (kernels) {
        run_kernel (&kernels->permutation, &args, (void *const[]){ &call, y }, RUN_FORWARDS);
        for (gint64 i = 0; i < n; i++) {
          g_assert_cmpint (y[i], >=, 0);
          g_assert_cmpint (y[i], <, n);
          g_assert_false (seen[y[i]]);
          seen[y[i]] = 1;
        }
      }
      guarded_free ((guint8 *)y, (gsize)n * 8);
      g_free (seen);
    }
  for (guint64 call = 0; call < 10000; call++) {
    TlRandomArgs args = { .dtype = TL_DTYPE_I64, .key = tl_philox_key (3, 1), .n = 5 };
    gint64       y[5];

    run_kernel (&tl_kernels_get ()->permutation, &args, (void *const[]){ &call, y }, RUN_FORWARDS);
    for (int i = 0; i < 5; i++)
      counts[i][y[i]]++;
  }
  for (int i = 0; i < 25; i++)
    g_assert_cmpfloat (fabs ((double)counts[i / 5][i % 5] - 2000), <, 5 * 40);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/random/known-answers", test_known_answers);
  g_test_add_func ("/kernels/random/layout", test_layout);
  g_test_add_func ("/kernels/random/distributions", test_distributions);
  g_test_add_func ("/kernels/random/dropout", test_dropout);
  g_test_add_func ("/kernels/random/permutation", test_permutation);
  return g_test_run ();
}
