/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "core/data/common.h"
#include "core/data/csv-columns.h"

#define FILE_NAME "examples/digits/digits.csv"
#define SIDE 8

enum { TEST,
       SEED,
       PATH };

static const TlAttrSpec attrs[] = {
  { "test", "share of the pictures that is the test set", TL_ATTR_FLOAT, .def = { .d = 0.2 }, .has_range = TRUE, .min = 0, .max = 1 },
  { "seed", "which pictures those are", TL_ATTR_INT },
  { "path", "another file with the same columns", TL_ATTR_STRING },
  { NULL },
};

static const char *const class_names[] = { "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", NULL };

static TlDataset *
describe (const TlAttrValue *values,
          GError           **error)
{
  return tl_data_describe_pictures ("digits", SIDE, SIDE, TL_DTYPE_I32, class_names, error);
}

/* The columns of the file are f32; pictures are bytes with an axis of channels. */
static TlTensor *
make_images (TlDataset *table,
             GError   **error)
{
  gsize       n = tl_dataset_get_n_items (table);
  const TlDim shape[] = { (TlDim)n, 1, SIDE, SIDE };
  TlTensor   *images = tl_tensor_new (TL_DTYPE_U8, 4, shape, error);
  guint8     *to = images != NULL ? tl_tensor_peek_data (images) : NULL;

  for (gsize i = 0; images != NULL && i < n; i++) {
    const float *from = tl_dataset_peek_item (table, 0, i);

    for (guint j = 0; j < SIDE * SIDE; j++)
      *to++ = (guint8)CLAMP (from[j], 0, 16);
  }
  return images;
}

static gboolean
load (const TlAttrValue *values,
      TlDataset        **parts,
      GError           **error)
{
  g_autofree char       *path = values[PATH].s != NULL ? g_strdup (values[PATH].s) : tl_data_find_file (FILE_NAME, error);
  const TlCsvDataOptions options = { .target = "label", .kind = TL_CSV_TARGET_CLASS };
  g_autoptr (TlDataset)  table = path != NULL ? tl_csv_data_read (path, &options, error) : NULL;
  g_autoptr (TlDataset)  all = NULL;
  g_autoptr (TlTensor)   images = NULL;
  g_autoptr (TlTensor)   labels = NULL;

  if (table == NULL)
    return FALSE;
  if (tl_dataset_get_item_type (table, 0)->shape[0] != SIDE * SIDE) {
    g_set_error (error, TL_ERROR, TL_ERROR_FORMAT, "%s: a digit has %d pixels, but there are %" G_GINT64_FORMAT " columns", path,
                 SIDE * SIDE, tl_dataset_get_item_type (table, 0)->shape[0]);
    return FALSE;
  }
  images = make_images (table, error);
  labels = tl_dataset_dup_field (table, 1, error);
  if (images == NULL || labels == NULL)
    return FALSE;
  all = tl_dataset_new (path);
  tl_dataset_set_class_names (all, class_names);
  return tl_dataset_add_field (all, "image", images, error) && tl_dataset_add_field (all, "label", labels, error) &&
         tl_dataset_split (all, 1 - values[TEST].d, (guint64)values[SEED].i, &parts[0], &parts[1], error);
}

const TlDatasetClass tl_dataset_digits = {
  .name = "digits",
  .title = "Digits",
  .doc = "1,797 handwritten digits, 8 by 8 pixels of 0 to 16, in 10 classes; they come with Trellis.",
  .source = "Alpaydin & Kaynak 1998, UCI Machine Learning Repository, doi:10.24432/C50P49",
  .parts = { "train", "test" },
  .attrs = attrs,
  .describe = describe,
  .load = load,
};
