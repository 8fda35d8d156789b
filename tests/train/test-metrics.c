/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "core/base/error.h"
#include "core/train/metrics.h"

static TlTensor *
floats (guint        rank,
        const TlDim *shape,
        const float *data)
{
  return tl_tensor_new_from_data (TL_DTYPE_F32, rank, shape, data, NULL);
}

static void
test_classes (void)
{
  const float          scores[] = { 1, 3, 2, /**/ 5, 4, 4, /**/ 0, 0, 0, /**/ 1, 2, NAN };
  const guint8         classes[] = { 1, 2, 1, 1 };
  const TlDim          shape[] = { 4, 3 };
  const TlAttrValue    two = TL_INT (2);
  g_autoptr (TlTensor) output = floats (2, shape, scores);
  g_autoptr (TlTensor) target = tl_tensor_new_from_data (TL_DTYPE_U8, 1, shape, classes, NULL);
  const TlMetricBatch  batch = { .output = output, .target = target, .n_items = 4 };
  TlMetric             accuracy, top;

  tl_metric_init (&accuracy, &tl_metric_accuracy, NULL);
  tl_metric_init (&top, &tl_metric_top_k_accuracy, &two);
  g_assert_true (isnan (tl_metric_get_value (&accuracy)));
  g_assert_true (tl_metric_check (&accuracy, tl_tensor_get_meta (output), tl_tensor_get_meta (target), NULL));
  tl_metric_update (&accuracy, &batch);
  tl_metric_update (&top, &batch);
  /* Hit: row 0. Row 1 is beaten by class 0, and by class 1 of the same score; row 2 by class 0; row 3 by a NaN. */
  g_assert_cmpfloat (tl_metric_get_value (&accuracy), ==, 0.25);
  /* Row 1 is third, row 2 second, row 3 second. */
  g_assert_cmpfloat (tl_metric_get_value (&top), ==, 0.75);
  tl_metric_update (&accuracy, &batch);
  g_assert_cmpuint (accuracy.state.n, ==, 8);
  tl_metric_reset (&accuracy);
  g_assert_cmpuint (accuracy.state.n, ==, 0);
}

static void
test_layouts (void)
{
  const double         scores[] = { 1, 3, 2, 5 };
  const gint64         classes[] = { 0, 1 };
  const TlDim          shape[] = { 2, 2 };
  TlMeta               meta;
  g_autoptr (TlTensor) plain = tl_tensor_new_from_data (TL_DTYPE_F64, 2, shape, scores, NULL), turned = NULL;
  g_autoptr (TlTensor) target = tl_tensor_new_from_data (TL_DTYPE_I64, 1, shape, classes, NULL);
  TlMetric             accuracy;

  tl_meta_init (&meta, TL_DTYPE_F64, 2, shape);
  meta.strides[0] = 1;
  meta.strides[1] = 2;
  turned = tl_tensor_new_wrapped (&meta, tl_tensor_get_storage (plain));
  tl_metric_init (&accuracy, &tl_metric_accuracy, NULL);
  tl_metric_update (&accuracy, &(TlMetricBatch){ .output = plain, .target = target, .n_items = 2 });
  g_assert_cmpuint (accuracy.state.hits, ==, 1);
  /* Turned: rows 1 2 and 3 5. */
  tl_metric_update (&accuracy, &(TlMetricBatch){ .output = turned, .target = target, .n_items = 2 });
  g_assert_cmpuint (accuracy.state.hits, ==, 2);
}

static void
test_numbers (void)
{
  const float          a[] = { 1, 2, 3, 4 }, b[] = { 1, 0, 6, 4.5f };
  const TlDim          shape[] = { 4, 1 };
  g_autoptr (TlTensor) output = floats (2, shape, a), target = floats (2, shape, b), flat = floats (1, shape, b);
  const TlMetricBatch  batch = { .output = output, .target = target, .n_items = 4 };
  g_autoptr (GError)   error = NULL;
  TlMetric             mse, mae;

  tl_metric_init (&mse, &tl_metric_mse, NULL);
  tl_metric_init (&mae, &tl_metric_mae, NULL);
  tl_metric_update (&mse, &batch);
  tl_metric_update (&mae, &batch);
  g_assert_cmpfloat (tl_metric_get_value (&mse), ==, (4 + 9 + 0.25) / 4);
  g_assert_cmpfloat (tl_metric_get_value (&mae), ==, (2 + 3 + 0.5) / 4);
  g_assert_false (tl_metric_check (&mse, tl_tensor_get_meta (output), tl_tensor_get_meta (flat), &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
}

static void
test_sums (void)
{
  TlMetric loss;

  tl_metric_init (&loss, tl_metric_class_find ("loss"), NULL);
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = 2, .n_items = 3 });
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = 6, .n_items = 1 });
  g_assert_cmpfloat (tl_metric_get_value (&loss), ==, 3);
  /* What a plain sum would lose. */
  tl_metric_reset (&loss);
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = 1e100, .n_items = 1 });
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = 4, .n_items = 1 });
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = -1e100, .n_items = 2 });
  tl_metric_update (&loss, &(TlMetricBatch){ .loss = 1e100, .n_items = 1 });
  g_assert_cmpfloat (tl_metric_get_value (&loss), ==, 0.8);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/metrics/classes", test_classes);
  g_test_add_func ("/train/metrics/layouts", test_layouts);
  g_test_add_func ("/train/metrics/numbers", test_numbers);
  g_test_add_func ("/train/metrics/sums", test_sums);
  return g_test_run ();
}
