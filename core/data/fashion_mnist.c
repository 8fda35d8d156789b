/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/data/common.h"

#define DEBIAN_FOLDER "/usr/share/datasets/fashion-mnist"

enum { PATH };

static const TlAttrSpec attrs[] = {
  { "path", "folder with the four IDX files, plain or gzip", TL_ATTR_STRING, .def = { .s = DEBIAN_FOLDER } },
  { NULL },
};

static const char *const class_names[] = {
  "T-shirt/top",
  "Trouser",
  "Pullover",
  "Dress",
  "Coat",
  "Sandal",
  "Shirt",
  "Sneaker",
  "Bag",
  "Ankle boot",
  NULL,
};

static char *
find_file (const char *folder,
           const char *name,
           GError    **error)
{
  g_autofree char *plain = g_build_filename (folder, name, NULL);
  g_autofree char *packed = g_strconcat (plain, ".gz", NULL);

  if (g_file_test (packed, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&packed);
  if (g_file_test (plain, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&plain);
  g_set_error (error, TL_ERROR, TL_ERROR_IO,
               "fashion_mnist: %s is missing; install the package dataset-fashion-mnist, or name a folder that has it with `path`",
               packed);
  return NULL;
}

static gboolean
load_part (const char *folder,
           const char *part,
           TlDataset **dataset,
           GError    **error)
{
  g_autofree char *images_name = g_strconcat (part, "-images-idx3-ubyte", NULL);
  g_autofree char *labels_name = g_strconcat (part, "-labels-idx1-ubyte", NULL);
  g_autofree char *images = find_file (folder, images_name, error);
  g_autofree char *labels = images != NULL ? find_file (folder, labels_name, error) : NULL;

  return labels != NULL && tl_data_load_idx_pair (images, labels, class_names, dataset, error);
}

static TlDataset *
describe (const TlAttrValue *values,
          GError           **error)
{
  return tl_data_describe_pictures ("fashion_mnist", 28, 28, TL_DTYPE_U8, class_names, error);
}

static gboolean
load (const TlAttrValue *values,
      TlDataset        **parts,
      GError           **error)
{
  const char *folder = values[PATH].s != NULL ? values[PATH].s : DEBIAN_FOLDER;

  return load_part (folder, "train", &parts[0], error) && load_part (folder, "t10k", &parts[1], error);
}

const TlDatasetClass tl_dataset_fashion_mnist = {
  .name = "fashion_mnist",
  .title = "FashionMNIST",
  .doc = "60,000 and 10,000 pictures of clothes, 28 by 28 grey levels, in 10 classes.",
  .source = "Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747",
  .parts = { "train", "test" },
  .attrs = attrs,
  .describe = describe,
  .load = load,
};
