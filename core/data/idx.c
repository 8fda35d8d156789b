/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/error.h"
#include "core/data/common.h"

enum { IMAGES,
       LABELS };

static const TlAttrSpec attrs[] = {
  { "images", "file of the pictures, plain or gzip", TL_ATTR_STRING, .required = TRUE },
  { "labels", "file of the labels, plain or gzip", TL_ATTR_STRING, .required = TRUE },
  { NULL },
};

static gboolean
load (const TlAttrValue *values,
      TlDataset        **parts,
      GError           **error)
{
  if (values[IMAGES].s == NULL || values[LABELS].s == NULL) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_VALUE, "idx: both images and labels must be given");
    return FALSE;
  }
  return tl_data_load_idx_pair (values[IMAGES].s, values[LABELS].s, NULL, &parts[0], error);
}

const TlDatasetClass tl_dataset_idx = {
  .name = "idx",
  .title = "IDX",
  .doc = "Pictures and labels from two IDX files, the format of MNIST.",
  .source = "LeCun, Cortes & Burges 1998, the MNIST database",
  .parts = { "data" },
  .attrs = attrs,
  .load = load,
};
