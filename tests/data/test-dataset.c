/* SPDX-License-Identifier: Apache-2.0 */
#include <glib/gstdio.h>
#include <string.h>

#include "core/base/error.h"
#include "core/data/datasets.h"
#include "core/graph/attr.h"

static TlDataset *
make_numbers (guint n)
{
  g_autofree float    *x = g_new (float, 2 * n + 1);
  g_autofree guint8   *y = g_new (guint8, n + 1);
  const TlDim          x_shape[] = { n, 2 }, y_shape[] = { n };
  g_autoptr (TlTensor) xs = NULL, ys = NULL;
  TlDataset           *dataset = tl_dataset_new ("numbers");

  for (guint i = 0; i < n; i++) {
    x[2 * i] = (float)i;
    x[2 * i + 1] = -(float)i;
    y[i] = (guint8)(i % 7);
  }
  xs = tl_tensor_new_from_data (TL_DTYPE_F32, 2, x_shape, x, NULL);
  ys = tl_tensor_new_from_data (TL_DTYPE_U8, 1, y_shape, y, NULL);
  g_assert_true (tl_dataset_add_field (dataset, "x", xs, NULL));
  g_assert_true (tl_dataset_add_field (dataset, "y", ys, NULL));
  return dataset;
}

static char *
write_text (const char *name,
            const char *text)
{
  char *path = g_build_filename (g_get_tmp_dir (), name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

/* Sets attributes from "name=text" pairs and loads. */
static gboolean
load (const char        *row,
      const char *const *pairs,
      TlDataset        **parts,
      GError           **error)
{
  const TlDatasetClass *klass = tl_dataset_class_find (row);
  TlAttrValue           values[TL_OP_MAX_ATTRS] = { 0 };

  g_assert_nonnull (klass);
  tl_attr_init_defaults (klass->attrs, values);
  for (guint i = 0; pairs[i] != NULL; i += 2) {
    double      number;
    char       *end;
    TlAttrInput input = TL_INPUT_STRING (pairs[i + 1]);

    number = g_ascii_strtod (pairs[i + 1], &end);
    if (*end == '\0')
      input = TL_INPUT_NUMBER (number);
    g_assert_true (tl_attr_set (row, klass->attrs, values, pairs[i], &input, NULL));
  }
  return tl_dataset_class_load (klass, values, parts, error);
}

static void
test_fields (void)
{
  g_autoptr (TlDataset) dataset = make_numbers (10);
  g_autoptr (TlTensor)  item = NULL, wrong = NULL;
  g_autoptr (GError)    error = NULL;
  const TlDim           shape[] = { 9 };
  g_autofree char      *text = tl_dataset_to_string (dataset);

  g_assert_cmpuint (tl_dataset_get_n_items (dataset), ==, 10);
  g_assert_cmpint (tl_dataset_find_field (dataset, "y"), ==, 1);
  g_assert_cmpint (tl_dataset_find_field (dataset, "z"), ==, -1);
  g_assert_cmpstr (text, ==, "10 items: x f32 [2], y u8 []");
  item = tl_dataset_dup_item (dataset, 0, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (tl_tensor_peek_element (item, 1), ==, -3);
  g_assert_null (tl_dataset_dup_item (dataset, 0, 10, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_clear_error (&error);
  wrong = tl_tensor_new (TL_DTYPE_F32, 1, shape, NULL);
  g_assert_false (tl_dataset_add_field (dataset, "z", wrong, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_SHAPE);
}

static void
test_parts (void)
{
  g_autoptr (TlDataset) dataset = make_numbers (1000);
  g_autoptr (TlDataset) a = NULL, b = NULL, a2 = NULL, b2 = NULL, head = NULL, nested = NULL;
  g_autoptr (GError)    error = NULL;
  g_autofree guint8    *seen = g_new0 (guint8, 1000);
  const gsize           items[] = { 2, 0 }, bad[] = { 1000 };

  g_assert_true (tl_dataset_split (dataset, 0.8, 7, &a, &b, &error));
  g_assert_true (tl_dataset_split (dataset, 0.8, 7, &a2, &b2, &error));
  g_assert_cmpuint (tl_dataset_get_n_items (a), ==, 800);
  g_assert_cmpuint (tl_dataset_get_n_items (b), ==, 200);
  g_assert_cmpstr (tl_dataset_get_fingerprint (a), ==, tl_dataset_get_fingerprint (a2));
  g_assert_cmpstr (tl_dataset_get_fingerprint (a), !=, tl_dataset_get_fingerprint (b));
  for (guint i = 0; i < 800; i++)
    seen[(guint) * (const float *)tl_dataset_peek_item (a, 0, i)]++;
  for (guint i = 0; i < 200; i++)
    seen[(guint) * (const float *)tl_dataset_peek_item (b, 0, i)]++;
  for (guint i = 0; i < 1000; i++)
    g_assert_cmpuint (seen[i], ==, 1);

  head = tl_dataset_new_head (b, 5);
  nested = tl_dataset_new_subset (head, items, 2, &error);
  g_assert_cmpfloat (*(const float *)tl_dataset_peek_item (nested, 0, 0), ==, *(const float *)tl_dataset_peek_item (b, 0, 2));
  g_assert_cmpfloat (*(const float *)tl_dataset_peek_item (nested, 0, 1), ==, *(const float *)tl_dataset_peek_item (b, 0, 0));
  g_assert_null (tl_dataset_new_subset (dataset, bad, 1, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
}

static void
test_fingerprint (void)
{
  g_autoptr (TlDataset) a = make_numbers (100), b = make_numbers (100), c = make_numbers (101);

  g_assert_cmpuint (strlen (tl_dataset_get_fingerprint (a)), ==, 32);
  g_assert_cmpstr (tl_dataset_get_fingerprint (a), ==, tl_dataset_get_fingerprint (b));
  g_assert_cmpstr (tl_dataset_get_fingerprint (a), !=, tl_dataset_get_fingerprint (c));
  /* All items of c, one by one, are the same content as c. */
  {
    g_autoptr (TlDataset) all = tl_dataset_new_head (c, 101), most = tl_dataset_new_head (c, 100);

    g_assert_cmpstr (tl_dataset_get_fingerprint (all), ==, tl_dataset_get_fingerprint (c));
    g_assert_cmpstr (tl_dataset_get_fingerprint (most), ==, tl_dataset_get_fingerprint (a));
  }
}

static void
test_digits (void)
{
  TlDataset         *parts[TL_DATASET_MAX_PARTS];
  g_autoptr (GError) error = NULL;
  const TlItemType  *type;

  g_assert_true (tl_dataset_class_load (tl_dataset_class_find ("Digits"), NULL, parts, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (tl_dataset_get_n_items (parts[0]) + tl_dataset_get_n_items (parts[1]), ==, 1797);
  g_assert_cmpuint (tl_dataset_get_n_items (parts[1]), ==, 359);
  type = tl_dataset_get_item_type (parts[0], 0);
  g_assert_cmpint (type->dtype, ==, TL_DTYPE_U8);
  g_assert_cmpuint (type->rank, ==, 3);
  g_assert_cmpint (type->shape[1], ==, 8);
  g_assert_cmpstr (tl_dataset_get_class_names (parts[1])[9], ==, "9");
  for (guint i = 0; i < tl_dataset_get_n_items (parts[0]); i++) {
    const guint8 *pixels = tl_dataset_peek_item (parts[0], 0, i);

    g_assert_cmpint (*(const gint32 *)tl_dataset_peek_item (parts[0], 1, i), <, 10);
    for (guint j = 0; j < 64; j++)
      g_assert_cmpuint (pixels[j], <=, 16);
  }
  tl_dataset_unref (parts[0]);
  tl_dataset_unref (parts[1]);
}

static void
test_fashion_mnist (void)
{
  TlDataset         *parts[TL_DATASET_MAX_PARTS];
  g_autoptr (GError) error = NULL;
  const char *const  nowhere[] = { "path", "/nonexistent", NULL };
  guint              counts[10] = { 0 };

  g_assert_false (load ("fashion_mnist", nowhere, parts, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "dataset-fashion-mnist"));
  g_clear_error (&error);
  if (!g_file_test ("/usr/share/datasets/fashion-mnist", G_FILE_TEST_IS_DIR)) {
    g_test_skip ("the package dataset-fashion-mnist is not installed");
    return;
  }
  g_assert_true (tl_dataset_class_load (&tl_dataset_fashion_mnist, NULL, parts, &error));
  g_assert_cmpuint (tl_dataset_get_n_items (parts[0]), ==, 60000);
  g_assert_cmpuint (tl_dataset_get_n_items (parts[1]), ==, 10000);
  for (guint i = 0; i < 60000; i++)
    counts[*(const guint8 *)tl_dataset_peek_item (parts[0], 1, i)]++;
  for (guint i = 0; i < 10; i++)
    g_assert_cmpuint (counts[i], ==, 6000);
  tl_dataset_unref (parts[0]);
  tl_dataset_unref (parts[1]);
}

static void
test_csv (void)
{
  g_autofree char   *path = write_text ("tl-data.csv", "a,kind,b,price\n1,x,2,10\n3,y,NA,20\n5,x,6,30\n7,z,8,NA\n");
  const char *const  plain[] = { "path", path, NULL };
  const char *const  mean[] = { "path", path, "missing", "mean", NULL };
  const char *const  drop[] = { "path", path, "missing", "drop", "categories", "codes", NULL };
  const char *const  classes[] = { "path", path, "missing", "drop", "target", "kind", "columns", "b, a", NULL };
  const char *const  unknown[] = { "path", path, "target", "size", NULL };
  TlDataset         *parts[TL_DATASET_MAX_PARTS];
  g_autoptr (GError) error = NULL;
  const float       *x;

  g_assert_false (load ("csv", plain, parts, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_VALUE);
  g_assert_nonnull (strstr (error->message, "column b is empty in row 2"));
  g_clear_error (&error);
  g_assert_false (load ("csv", unknown, parts, &error));
  g_assert_error (error, TL_ERROR, TL_ERROR_NAME);
  g_clear_error (&error);

  g_assert_true (load ("csv", mean, parts, &error));
  g_assert_null (parts[1]);
  g_assert_cmpuint (tl_dataset_get_n_items (parts[0]), ==, 3); /* the row without a price is gone */
  g_assert_cmpint (tl_dataset_get_item_type (parts[0], 0)->shape[0], ==, 5);
  x = tl_dataset_peek_item (parts[0], 0, 1);
  g_assert_cmpfloat (x[0], ==, 3);
  g_assert_true (x[1] == 0 && x[2] == 1 && x[3] == 0);
  g_assert_cmpfloat (x[4], ==, 4); /* mean of 2 and 6 */
  g_assert_cmpfloat (*(const float *)tl_dataset_peek_item (parts[0], 1, 2), ==, 30);
  tl_dataset_unref (parts[0]);

  g_assert_true (load ("csv", drop, parts, &error));
  g_assert_cmpuint (tl_dataset_get_n_items (parts[0]), ==, 2);
  g_assert_cmpint (tl_dataset_get_item_type (parts[0], 0)->shape[0], ==, 3);
  tl_dataset_unref (parts[0]);

  g_assert_true (load ("csv", classes, parts, &error));
  g_assert_cmpuint (tl_dataset_get_n_items (parts[0]), ==, 3);
  x = tl_dataset_peek_item (parts[0], 0, 2);
  g_assert_true (x[0] == 8 && x[1] == 7);
  g_assert_cmpint (*(const gint32 *)tl_dataset_peek_item (parts[0], 1, 2), ==, 2);
  g_assert_cmpstr (tl_dataset_get_class_names (parts[0])[2], ==, "z");
  tl_dataset_unref (parts[0]);
  g_unlink (path);
}

static void
compare_fields (TlDataset *a,
                TlDataset *b)
{
  g_assert_cmpuint (tl_dataset_get_n_fields (a), ==, tl_dataset_get_n_fields (b));
  for (guint i = 0; i < tl_dataset_get_n_fields (a); i++) {
    const TlItemType *x = tl_dataset_get_item_type (a, i), *y = tl_dataset_get_item_type (b, i);

    g_assert_cmpstr (tl_dataset_get_field_name (a, i), ==, tl_dataset_get_field_name (b, i));
    g_assert_cmpint (x->dtype, ==, y->dtype);
    g_assert_cmpmem (x->shape, x->rank * sizeof (gint64), y->shape, y->rank * sizeof (gint64));
  }
}

/* What a row says of itself without reading anything is what it loads. */
static void
test_described (void)
{
  guint n = 0;

  for (guint i = 0; i < tl_dataset_class_get_n_rows (); i++) {
    const TlDatasetClass *row = tl_dataset_class_get_row (i);
    TlAttrValue           values[TL_OP_MAX_ATTRS];
    g_autoptr (TlDataset) described = NULL;
    TlDataset            *parts[TL_DATASET_MAX_PARTS];

    if (row->describe == NULL)
      continue;
    tl_attr_init_defaults (row->attrs, values);
    described = row->describe (values, NULL);
    g_assert_cmpuint (tl_dataset_get_n_items (described), ==, 1);
    if (!tl_dataset_class_load (row, values, parts, NULL)) {
      g_test_message ("%s is not installed", row->name);
      continue;
    }
    compare_fields (described, parts[0]);
    for (guint k = 0; k < TL_DATASET_MAX_PARTS; k++)
      tl_dataset_unref (parts[k]);
    n++;
  }
  g_assert_cmpuint (n, >, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/data/dataset/fields", test_fields);
  g_test_add_func ("/data/dataset/parts", test_parts);
  g_test_add_func ("/data/dataset/fingerprint", test_fingerprint);
  g_test_add_func ("/data/dataset/digits", test_digits);
  g_test_add_func ("/data/dataset/fashion-mnist", test_fashion_mnist);
  g_test_add_func ("/data/dataset/described", test_described);
  g_test_add_func ("/data/dataset/csv", test_csv);
  return g_test_run ();
}
