/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Copies and fills over layouts; conversions between all dtypes, the halves over all their values.
 */

#include "tests/kernels/kernels-util.h"

#include "core/kernels/copy.h"
#include "core/kernels/half.h"

#define ROOM 40000

typedef struct {
  const char *name;
  unsigned    rank;
  gint64      shape[4];
  gint64      src[4], dst[4];
} Layout;

// clang-format off
static const Layout layouts[] = {
  { "one",        0, { 0 },            { 0 },               { 0 } },
  { "empty",      2, { 3, 0 },         { 1, 1 },            { 1, 1 } },
  { "contiguous", 2, { 53, 61 },       { 61, 1 },           { 61, 1 } },
  { "transpose",  2, { 97, 131 },      { 1, 97 },           { 131, 1 } },
  { "nhwc-nchw",  3, { 3, 17, 35 },    { 595, 1, 17 },      { 595, 35, 1 } },
  { "nchw-nhwc",  4, { 2, 7, 9, 19 },  { 1197, 9, 1, 63 },  { 1197, 171, 19, 1 } },
  { "into slice", 2, { 40, 30 },       { 30, 1 },           { 77, 2 } },
  { "dst order",  3, { 6, 20, 33 },    { 660, 33, 1 },      { 1, 6, 120 } },
  { "broadcast",  3, { 4, 30, 21 },    { 0, 1, 0 },         { 630, 21, 1 } },
  { "large",      2, { 170, 200 },     { 1, 170 },          { 200, 1 } },
};
// clang-format on

static gint64
offset_of (const Layout *layout, const gint64 *strides, gint64 index)
{
  gint64 offset = 0;

  for (unsigned d = layout->rank; d-- > 0;) {
    offset += index % layout->shape[d] * strides[d];
    index /= layout->shape[d];
  }
  return offset;
}

static void
test_layouts (void)
{
  const TlDType dtypes[][2] = {
    { TL_DTYPE_F32, TL_DTYPE_F32 },
    { TL_DTYPE_F64, TL_DTYPE_F64 },
    { TL_DTYPE_U8, TL_DTYPE_U8 },
    { TL_DTYPE_F32, TL_DTYPE_I64 },
    { TL_DTYPE_I32, TL_DTYPE_F64 },
  };

  for (int level = 0; level < TL_N_CPU_LEVELS; level++)
    for (gsize l = 0; l < G_N_ELEMENTS (layouts); l++)
      for (gsize t = 0; t < G_N_ELEMENTS (dtypes); t++)
        for (int order = 0; order < 2; order++) {
          const TlKernels *kernels = tl_kernels_get_level (level);
          const Layout    *layout = &layouts[l];
          TlCopyArgs       args = { .src_dtype = dtypes[t][0], .dst_dtype = dtypes[t][1], .rank = layout->rank };
          void            *src, *dst;
          gint64           n = 1;

          if (!kernels)
            continue;
          for (unsigned d = 0; d < layout->rank; d++) {
            args.shape[d] = layout->shape[d];
            args.src_strides[d] = layout->src[d];
            args.dst_strides[d] = layout->dst[d];
            n *= layout->shape[d];
          }
          src = random_elements (args.src_dtype, ROOM, 0, 100, l);
          dst = random_elements (args.dst_dtype, ROOM, 200, 200.9, l);
          run_kernel (&kernels->copy, &args, (void *const[]){ src, dst }, order);
          for (gint64 i = 0; i < n; i++) {
            double want = get_element (args.src_dtype, src, offset_of (layout, layout->src, i));

            if (args.dst_dtype == TL_DTYPE_I64)
              want = trunc (want);
            assert_near (get_element (args.dst_dtype, dst, offset_of (layout, layout->dst, i)), want, 0, layout->name, i);
            set_element (args.dst_dtype, dst, offset_of (layout, layout->dst, i), 200);
          }
          for (gint64 i = 0; i < ROOM; i++) /* nothing else was touched */
            g_assert_cmpfloat (floor (get_element (args.dst_dtype, dst, i)), ==, 200);
          guarded_free (src, ROOM * tl_dtype_size (args.src_dtype));
          guarded_free (dst, ROOM * tl_dtype_size (args.dst_dtype));
        }
}

static void
convert (const TlKernels *kernels, TlDType src_dtype, TlDType dst_dtype, const void *src, void *dst, gint64 n)
{
  TlCopyArgs args = { .src_dtype = src_dtype, .dst_dtype = dst_dtype, .rank = 1, .shape = { n }, .src_strides = { 1 }, .dst_strides = { 1 } };

  run_kernel (&kernels->copy, &args, (void *const[]){ (void *)src, dst }, RUN_FORWARDS);
}

/* Saturation, truncation and wrapping, as the header states them. */
static void
test_conversions (void)
{
  for (int level = 0; level < TL_N_CPU_LEVELS; level++) {
    const TlKernels *kernels = tl_kernels_get_level (level);
    const float      f[8] = { 3.9f, -3.9f, 1e20f, -1e20f, NAN, INFINITY, -0.0f, 0.5f };
    const double     d[8] = { 2147483647.5, -2147483649.0, 9.3e18, -9.3e18, NAN, 255.9, 256, -1 };
    const gint64     i[4] = { 257, -1, 0, G_MAXINT64 };
    gint32           i32[8];
    gint64           i64[8];
    guint8           u8[8];
    gint8            i8[8];

    if (!kernels)
      continue;
    convert (kernels, TL_DTYPE_F32, TL_DTYPE_I32, f, i32, 8);
    g_assert_cmpint (i32[0], ==, 3);
    g_assert_cmpint (i32[1], ==, -3);
    g_assert_cmpint (i32[2], ==, G_MAXINT32);
    g_assert_cmpint (i32[3], ==, G_MININT32);
    g_assert_cmpint (i32[4], ==, 0);
    g_assert_cmpint (i32[5], ==, G_MAXINT32);
    convert (kernels, TL_DTYPE_F32, TL_DTYPE_I64, f, i64, 8);
    g_assert_cmpint (i64[2], ==, G_MAXINT64);
    g_assert_cmpint (i64[3], ==, G_MININT64);
    g_assert_cmpint (i64[4], ==, 0);
    convert (kernels, TL_DTYPE_F64, TL_DTYPE_I32, d, i32, 8);
    g_assert_cmpint (i32[0], ==, G_MAXINT32);
    g_assert_cmpint (i32[1], ==, G_MININT32);
    convert (kernels, TL_DTYPE_F64, TL_DTYPE_I64, d, i64, 8);
    g_assert_cmpint (i64[0], ==, G_MAXINT32);
    g_assert_cmpint (i64[2], ==, G_MAXINT64);
    g_assert_cmpint (i64[3], ==, G_MININT64);
    g_assert_cmpint (i64[4], ==, 0);
    convert (kernels, TL_DTYPE_F64, TL_DTYPE_U8, d, u8, 8);
    g_assert_cmpint (u8[4], ==, 0);
    g_assert_cmpint (u8[5], ==, 255);
    g_assert_cmpint (u8[6], ==, 255);
    g_assert_cmpint (u8[7], ==, 0);
    convert (kernels, TL_DTYPE_F32, TL_DTYPE_I8, f, i8, 8);
    g_assert_cmpint (i8[2], ==, 127);
    g_assert_cmpint (i8[3], ==, -128);
    convert (kernels, TL_DTYPE_I64, TL_DTYPE_U8, i, u8, 4);
    g_assert_cmpint (u8[0], ==, 1);
    g_assert_cmpint (u8[1], ==, 255);
    convert (kernels, TL_DTYPE_F32, TL_DTYPE_BOOL, f, u8, 8);
    g_assert_cmpint (u8[4], ==, 1);
    g_assert_cmpint (u8[6], ==, 0);
    g_assert_cmpint (u8[7], ==, 1);
    convert (kernels, TL_DTYPE_I64, TL_DTYPE_BOOL, i, u8, 4);
    g_assert_cmpint (u8[0], ==, 1);
    g_assert_cmpint (u8[2], ==, 0);
  }
}

/* What a half means, from its fields. */
static double
half_value (guint16 h, int exponent_bits)
{
  int    mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  int    e = (h >> mantissa_bits) & ((1 << exponent_bits) - 1), m = h & ((1 << mantissa_bits) - 1);
  double v;

  if (e == (1 << exponent_bits) - 1)
    v = m ? NAN : INFINITY;
  else
    v = e ? ldexp ((1 << mantissa_bits) + m, e - bias - mantissa_bits) : ldexp (m, 1 - bias - mantissa_bits);
  return h & 0x8000 ? -v : v;
}

static void
check_half (const TlKernels *kernels, TlDType half, int exponent_bits)
{
  guint16 *h = g_new (guint16, 65536), *back = g_new (guint16, 65536), *between = g_new (guint16, 65536);
  float   *f = g_new (float, 65536);
  double  *d = g_new (double, 65536);

  for (int i = 0; i < 65536; i++)
    h[i] = (guint16)i;
  convert (kernels, half, TL_DTYPE_F32, h, f, 65536);
  convert (kernels, half, TL_DTYPE_F64, h, d, 65536);
  convert (kernels, TL_DTYPE_F32, half, f, back, 65536);
  for (int i = 0; i < 65536; i++) {
    double want = half_value (h[i], exponent_bits);

    if (isnan (want)) {
      g_assert_true (isnan (f[i]) && isnan (d[i]) && isnan (half_value (back[i], exponent_bits)));
      continue;
    }
    g_assert_cmpfloat (f[i], ==, want);
    g_assert_cmpfloat (d[i], ==, want);
    g_assert_cmpuint (back[i], ==, h[i]);
  }
  /* The middle between neighbours goes to the even one; a little more or less goes to the nearer, also from double. */
  for (int pass = 0; pass < 4; pass++) {
    int last = exponent_bits == 5 ? 0x7BFF : 0x7F7F;

    for (int i = 0; i < last; i++) {
      d[i] = (half_value ((guint16)i, exponent_bits) + half_value ((guint16)(i + 1), exponent_bits)) / 2;
      if (pass > 0)
        d[i] *= pass == 1 ? 1 + 0x1p-20 : pass == 2 ? 1 - 0x1p-20
                                                    : 1 + 0x1p-45;
      f[i] = (float)d[i];
    }
    if (pass == 3)
      convert (kernels, TL_DTYPE_F64, half, d, between, last);
    else
      convert (kernels, TL_DTYPE_F32, half, f, between, last);
    for (int i = 8; i < last; i++) { /* the lowest have too few bits in f32 for the offsets */
      guint16 want = pass == 0 ? (guint16)(i + (i & 1)) : pass == 2 ? (guint16)i
                                                                    : (guint16)(i + 1);

      if (pass > 0 && exponent_bits == 8 && i < 1024)
        continue;
      g_assert_cmpuint (between[i], ==, want);
    }
  }
  g_free (h);
  g_free (back);
  g_free (between);
  g_free (f);
  g_free (d);
}

static void
test_halves (void)
{
  for (int level = 0; level < TL_N_CPU_LEVELS; level++)
    if (tl_kernels_get_level (level)) {
      check_half (tl_kernels_get_level (level), TL_DTYPE_F16, 5);
      check_half (tl_kernels_get_level (level), TL_DTYPE_BF16, 8);
    }
  g_assert_cmpuint (tl_f32_to_f16_portable (65520.0f), ==, 0x7C00);
  g_assert_cmpuint (tl_f32_to_f16_portable (65519.0f), ==, 0x7BFF);
  g_assert_cmpuint (tl_f32_to_f16_portable (-INFINITY), ==, 0xFC00);
}

static void
test_fill (void)
{
  for (int level = 0; level < TL_N_CPU_LEVELS; level++) {
    const TlKernels *kernels = tl_kernels_get_level (level);
    TlFillArgs       args = { .dtype = TL_DTYPE_F32, .rank = 2, .shape = { 5, 7 }, .strides = { 10, 1 }, .value = 2.5, .int_value = 9 };
    float            y[50] = { 0 };
    gint64           z[50] = { 0 };

    if (!kernels)
      continue;
    run_kernel (&kernels->fill, &args, (void *const[]){ y }, RUN_FORWARDS);
    args.dtype = TL_DTYPE_I64;
    run_kernel (&kernels->fill, &args, (void *const[]){ z }, RUN_FORWARDS);
    for (int i = 0; i < 50; i++) {
      g_assert_cmpfloat (y[i], ==, i % 10 < 7 ? 2.5 : 0);
      g_assert_cmpint (z[i], ==, i % 10 < 7 ? 9 : 0);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/kernels/copy/layouts", test_layouts);
  g_test_add_func ("/kernels/copy/conversions", test_conversions);
  g_test_add_func ("/kernels/copy/halves", test_halves);
  g_test_add_func ("/kernels/copy/fill", test_fill);
  return g_test_run ();
}
