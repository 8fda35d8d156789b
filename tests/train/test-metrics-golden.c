/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every metric against what make-golden.py wrote down, in batches of different sizes, and through a checkpoint in the middle.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/train/metrics.h"

#define N 60

static double
noise (gint64 i,
       gint64 j)
{
  return (double)((i * 37 + j * 101 + i * j * 13) % 64) / 16 - 2;
}

static double
class_of (gint64 i,
          gint64 j)
{
  return (double)((i * 7 + i / 5) % 4);
}

static double
class_score (gint64 i,
             gint64 j)
{
  return j < 4 ? noise (i, j) : -9;
}

static double
binary_of (gint64 i,
           gint64 j)
{
  return fmod (class_of (i, j), 2);
}

static double
binary_score (gint64 i,
              gint64 j)
{
  return noise (i, 2);
}

static double
label_of (gint64 i,
          gint64 j)
{
  return j < 2 && noise (i, j + 3) > 0;
}

/* Element j of an item of 3 by 2 pixels; of scores, 4 of them. */
static double
pixel_of (gint64 i,
          gint64 j)
{
  return (double)((i * 7 + j) % 4);
}

static double
pixel_score (gint64 i,
             gint64 j)
{
  return noise (i * 6 + j % 6, j / 6);
}

static double
wanted_number (gint64 i,
               gint64 j)
{
  return noise (i, j) + noise (i, j + 7) / 4;
}

static double
token_of (gint64 i,
          gint64 j)
{
  return (double)((i + j * j) % 5);
}

static double
wanted_token (gint64 i,
              gint64 j)
{
  return j < 8 + i % 5 ? (double)((i + j * j + (j % 6 == 5)) % 5) : 9;
}

/* What is measured: element j of item i, and the sizes of an item. */
typedef struct {
  TlDType dtype;
  guint   rank;
  TlDim   shape[3];
  double (*element) (gint64 i,
                     gint64 j);
} Side;

static const struct {
  const char *name;
  Side        output, target;
} kinds[] = {
  { "classes", { TL_DTYPE_F32, 1, { 5 }, class_score }, { TL_DTYPE_I64, 0, { 0 }, class_of } },
  { "binary", { TL_DTYPE_F32, 0, { 0 }, binary_score }, { TL_DTYPE_I64, 0, { 0 }, binary_of } },
  { "labels", { TL_DTYPE_F32, 1, { 3 }, noise }, { TL_DTYPE_F32, 1, { 3 }, label_of } },
  { "pixels", { TL_DTYPE_F32, 3, { 4, 3, 2 }, pixel_score }, { TL_DTYPE_U8, 2, { 3, 2 }, pixel_of } },
  { "numbers", { TL_DTYPE_F32, 1, { 3 }, noise }, { TL_DTYPE_F32, 1, { 3 }, wanted_number } },
  { "tokens", { TL_DTYPE_F32, 1, { 12 }, token_of }, { TL_DTYPE_I64, 1, { 12 }, wanted_token } },
};

static TlTensor *
make_rows (const Side *side,
           gsize       first,
           gsize       n)
{
  TlDim     shape[4] = { (TlDim)n };
  TlTensor *tensor;
  gsize     width = 1;

  for (guint i = 0; i < side->rank; i++) {
    shape[i + 1] = side->shape[i];
    width *= (gsize)side->shape[i];
  }
  tensor = tl_tensor_new (side->dtype, side->rank + 1, shape, NULL);
  for (gsize i = 0; i < n * width; i++) {
    double value = side->element ((gint64)(first + i / width), (gint64)(i % width));

    if (side->dtype == TL_DTYPE_I64)
      ((gint64 *)tl_tensor_peek_data (tensor))[i] = (gint64)value;
    else if (side->dtype == TL_DTYPE_U8)
      ((guint8 *)tl_tensor_peek_data (tensor))[i] = (guint8)value;
    else
      ((float *)tl_tensor_peek_data (tensor))[i] = (float)value;
  }
  return tensor;
}

static double
measure (const TlMetricClass *row,
         const TlAttrValue   *attrs,
         const char          *kind,
         gsize                batch_size,
         gboolean             with_checkpoint)
{
  TlMetric metric;
  double   value;
  guint    k = 0;

  while (strcmp (kinds[k].name, kind) != 0)
    g_assert_cmpuint (++k, <, G_N_ELEMENTS (kinds));
  tl_metric_init (&metric, row, attrs);
  for (gsize first = 0; first < N; first += batch_size) {
    gsize                n = MIN (batch_size, N - first);
    g_autoptr (TlTensor) output = make_rows (&kinds[k].output, first, n);
    g_autoptr (TlTensor) target = make_rows (&kinds[k].target, first, n);
    g_autoptr (GError)   error = NULL;
    const TlMetricBatch  batch = { .output = output, .target = target, .loss = first < N / 2 ? 0.5 : 1, .n_items = n };

    if (with_checkpoint && first > 0) {
      g_autofree char *text = tl_metric_to_text (&metric);

      tl_metric_clear (&metric);
      tl_metric_init (&metric, row, attrs);
      g_assert_true (tl_metric_set_text (&metric, text));
    }
    tl_metric_prepare (&metric, tl_tensor_get_meta (output), tl_tensor_get_meta (target), &error);
    g_assert_no_error (error);
    tl_metric_update (&metric, &batch);
  }
  value = tl_metric_get_value (&metric);
  tl_metric_clear (&metric);
  return value;
}

static void
check (const char *name,
       const char *kind,
       const char *text,
       double      want)
{
  const TlMetricClass *row = tl_metric_class_find (name);
  g_auto (GStrv)       words = g_strsplit (text, " ", -1);
  TlAttrValue          attrs[TL_OP_MAX_ATTRS] = { 0 };
  const gsize          batch_sizes[] = { N / 2, 10, 15 };

  g_assert_nonnull (row);
  if (row->attrs != NULL)
    tl_attr_init_defaults (row->attrs, attrs);
  for (guint i = 0; words[i] != NULL; i++) {
    char              *equals = strchr (words[i], '=');
    g_autoptr (GError) error = NULL;

    if (equals == NULL)
      continue;
    *equals = '\0';
    tl_attr_set_text (name, row->attrs, attrs, words[i], equals + 1, &error);
    g_assert_no_error (error);
  }
  for (guint i = 0; i < 2 * G_N_ELEMENTS (batch_sizes); i++) {
    double got = measure (row, attrs, kind, batch_sizes[i / 2], i % 2);

    if (!(fabs (got - want) <= 1e-7))
      g_error ("%s %s %s: %.17g, not %.17g", name, kind, text, got, want);
  }
}

static void
test_rows (void)
{
  g_autofree char       *path = g_test_build_filename (G_TEST_DIST, "metrics.golden", NULL);
  g_autofree char       *text = NULL;
  g_auto (GStrv)         lines = NULL;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GError)     error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_auto (GStrv) sides = g_strsplit (lines[i], "; ", 2);
    g_auto (GStrv) words = g_strsplit (sides[0] != NULL ? sides[0] : "", " ", 3);

    if (lines[i][0] == '#' || g_strv_length (sides) != 2)
      continue;
    g_assert_cmpuint (g_strv_length (words), >=, 2);
    check (words[0], words[1], words[2] != NULL ? words[2] : "", g_ascii_strtod (sides[1], NULL));
    g_hash_table_add (seen, g_strdup (words[0]));
  }
  for (guint i = 0; i < tl_metric_class_get_n_rows (); i++)
    if (!g_hash_table_contains (seen, tl_metric_class_get_row (i)->name))
      g_error ("metrics.golden has no line for %s", tl_metric_class_get_row (i)->name);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/metrics-golden/rows", test_rows);
  return g_test_run ();
}
