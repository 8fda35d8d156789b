/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/data/loader.h"
#include "tests/sanitized.h"

#define SIDE 28

static TlDataset *
make_pictures (guint n)
{
  const TlDim          shape[] = { n, 1, SIDE, SIDE };
  g_autoptr (TlTensor) x = tl_tensor_new (TL_DTYPE_U8, 4, shape, NULL);
  g_autoptr (TlTensor) y = tl_tensor_new (TL_DTYPE_U8, 1, shape, NULL);
  guint8              *pixels = tl_tensor_peek_data (x);
  TlDataset           *dataset = tl_dataset_new ("pictures");

  for (guint i = 0; i < n * SIDE * SIDE; i++)
    pixels[i] = (guint8)((i * 2654435761u) >> 24);
  memset (tl_tensor_peek_data (y), 0, n);
  g_assert_true (tl_dataset_add_field (dataset, "image", x, NULL));
  g_assert_true (tl_dataset_add_field (dataset, "label", y, NULL));
  return dataset;
}

static void
add (TlTransforms *transforms,
     const char   *row,
     TlAttrValue   a,
     TlAttrValue   b)
{
  const TlAttrValue values[] = { a, b };

  tl_transforms_add (transforms, tl_transform_class_find (row), values, NULL);
}

static const float *
apply (TlTransforms *transforms,
       TlDataset    *dataset,
       gboolean      training,
       guint64       epoch,
       guint64       item)
{
  static _Alignas(64) float out[4096];
  g_autofree guint8        *scratch = g_malloc0 (tl_transforms_get_n_scratch (transforms) + 64);

  tl_transforms_apply (transforms, 0, training, tl_dataset_peek_item (dataset, 0, item), out,
                       (gpointer)(((gsize)scratch + 63) & ~(gsize)63), epoch, item);
  return out;
}

static void
test_linear (void)
{
  g_autoptr (TlDataset)    dataset = make_pictures (3);
  g_autoptr (TlTransforms) transforms = tl_transforms_new ();
  g_autoptr (GError)       error = NULL;
  const guint8            *in = tl_dataset_peek_item (dataset, 0, 2);
  const float             *out;

  add (transforms, "scale", TL_FLOAT (1.0 / 255), TL_INT (0));
  add (transforms, "normalize", (TlAttrValue){ .n = 1, .f = { 0.286 } }, (TlAttrValue){ .n = 1, .f = { 0.353 } });
  g_assert_true (tl_transforms_fit (transforms, dataset, 0, &error));
  g_assert_cmpint (tl_transforms_get_out_type (transforms, 0)->dtype, ==, TL_DTYPE_F32);
  g_assert_cmpint (tl_transforms_get_out_type (transforms, 1)->dtype, ==, TL_DTYPE_U8);
  out = apply (transforms, dataset, TRUE, 0, 2);
  for (guint i = 0; i < SIDE * SIDE; i++)
    g_assert_cmpfloat_with_epsilon (out[i], (in[i] / 255.0 - 0.286) / 0.353, 1e-6);
}

static void
test_channels (void)
{
  const float              data[] = { 1, 10, 3, 10, 5, 13 };
  const TlDim              shape[] = { 3, 2 };
  g_autoptr (TlTensor)     x = tl_tensor_new_from_data (TL_DTYPE_F32, 2, shape, data, NULL);
  g_autoptr (TlDataset)    dataset = tl_dataset_new ("features");
  g_autoptr (TlTransforms) transforms = tl_transforms_new (), wrong = tl_transforms_new ();
  g_autoptr (GError)       error = NULL;
  double                   sum[2] = { 0 }, squares[2] = { 0 };

  g_assert_true (tl_dataset_add_field (dataset, "x", x, NULL));
  add (transforms, "standardize", TL_INT (0), TL_INT (0));
  add (transforms, "normalize", (TlAttrValue){ .n = 2, .f = { 0, 1 } }, (TlAttrValue){ .n = 1, .f = { 2 } });
  g_assert_true (tl_transforms_fit (transforms, dataset, 0, &error));
  for (guint i = 0; i < 3; i++) {
    const float *out = apply (transforms, dataset, TRUE, 0, i);

    for (guint j = 0; j < 2; j++) {
      double z = out[j] * 2 + j;

      sum[j] += z;
      squares[j] += z * z;
    }
  }
  for (guint j = 0; j < 2; j++) {
    g_assert_cmpfloat_with_epsilon (sum[j], 0, 1e-6);
    g_assert_cmpfloat_with_epsilon (squares[j] / 3, 1, 1e-6);
  }
  add (wrong, "normalize", (TlAttrValue){ .n = 3, .f = { 0 } }, (TlAttrValue){ .n = 1, .f = { 2 } });
  g_assert_false (tl_transforms_fit (wrong, dataset, 0, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
}

static void
test_random (void)
{
  g_autoptr (TlDataset)    dataset = make_pictures (200);
  g_autoptr (TlTransforms) transforms = tl_transforms_new ();
  guint                    n_flipped = 0, n_same = 0;

  add (transforms, "random_flip", TL_FLOAT (0.5), TL_INT (0));
  add (transforms, "to_float", TL_INT (0), TL_INT (0));
  g_assert_true (tl_transforms_fit (transforms, dataset, 3, NULL));
  for (guint i = 0; i < 200; i++) {
    const guint8     *in = tl_dataset_peek_item (dataset, 0, i);
    g_autofree float *first = g_memdup2 (apply (transforms, dataset, TRUE, 1, i), SIDE * SIDE * sizeof (float));
    gboolean          flipped = first[0] == in[SIDE - 1] && first[1] == in[SIDE - 2] && first[5] == in[SIDE - 6];

    g_assert_cmpmem (first, SIDE * SIDE * sizeof (float), apply (transforms, dataset, TRUE, 1, i), SIDE * SIDE * sizeof (float));
    for (guint j = 0; j < SIDE * SIDE; j++)
      g_assert_cmpfloat (first[j], ==, in[flipped ? j / SIDE * SIDE + SIDE - 1 - j % SIDE : j]);
    n_flipped += flipped;
    n_same += memcmp (first, apply (transforms, dataset, TRUE, 2, i), SIDE * SIDE * sizeof (float)) == 0;
    g_assert_cmpfloat (apply (transforms, dataset, FALSE, 1, i)[0], ==, in[0]);
  }
  g_assert_cmpuint (n_flipped, >, 70);
  g_assert_cmpuint (n_flipped, <, 130);
  g_assert_cmpuint (n_same, <, 140); /* other epochs flip others */
}

static void
test_shift (void)
{
  g_autoptr (TlDataset)    dataset = make_pictures (50);
  g_autoptr (TlTransforms) transforms = tl_transforms_new ();
  guint                    n_moved = 0;

  add (transforms, "random_shift", TL_INT (2), TL_INT (0));
  add (transforms, "to_float", TL_INT (0), TL_INT (0));
  g_assert_true (tl_transforms_fit (transforms, dataset, 3, NULL));
  for (guint i = 0; i < 50; i++) {
    const guint8 *in = tl_dataset_peek_item (dataset, 0, i);
    const float  *out = apply (transforms, dataset, TRUE, 0, i);
    gboolean      found = FALSE;

    for (int dy = -2; dy <= 2 && !found; dy++)
      for (int dx = -2; dx <= 2 && !found; dx++) {
        found = TRUE;
        for (int y = 0; y < SIDE; y++)
          for (int x = 0; x < SIDE; x++) {
            gboolean inside = y - dy >= 0 && y - dy < SIDE && x - dx >= 0 && x - dx < SIDE;

            found = found && out[y * SIDE + x] == (inside ? in[(y - dy) * SIDE + x - dx] : 0);
          }
        n_moved += found && (dx != 0 || dy != 0);
      }
    g_assert_true (found);
  }
  g_assert_cmpuint (n_moved, >, 30);
}

static void
test_speed (void)
{
  g_autoptr (TlDataset)    dataset = make_pictures (64);
  g_autoptr (TlTransforms) transforms = tl_transforms_new ();
  g_autoptr (TlLoader)     loader = NULL;
  TlTensor                *fields[2];
  gsize                    n;
  double                   best_us = INFINITY;

  add (transforms, "scale", TL_FLOAT (1.0 / 255), TL_INT (0));
  add (transforms, "normalize", (TlAttrValue){ .n = 1, .f = { 0.286 } }, (TlAttrValue){ .n = 1, .f = { 0.353 } });
  g_assert_true (tl_transforms_fit (transforms, dataset, 0, NULL));
  loader = tl_loader_new (&(TlLoaderOptions){ .dataset = dataset, .transforms = transforms, .batch_size = 64, .synchronous = TRUE }, NULL);
  for (guint i = 0; i < 400; i++) {
    gint64 since = g_get_monotonic_time ();

    g_assert_true (tl_loader_next (loader, fields, &n, NULL));
    if (n > 0)
      best_us = MIN (best_us, (double)(g_get_monotonic_time () - since));
  }
  g_test_message ("64 pictures of 28 by 28: %g us", best_us);
#if defined(__OPTIMIZE__) && !TESTS_SANITIZED
  if (g_test_perf ())
    g_assert_cmpfloat (best_us, <, 20);
#endif
  g_assert_cmpfloat (best_us, <, 5000);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data/transforms/linear", test_linear);
  g_test_add_func ("/data/transforms/channels", test_channels);
  g_test_add_func ("/data/transforms/random", test_random);
  g_test_add_func ("/data/transforms/shift", test_shift);
  g_test_add_func ("/data/transforms/speed", test_speed);
  return g_test_run ();
}
