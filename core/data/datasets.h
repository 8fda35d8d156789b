/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The table of data sets: core/data/datasets.def, one file per row.
 *
 * A row loads one to three parts ("train", "test") with attributes that the user gives.  Files that come with Trellis are looked
 * for in a list of folders that the program sets.
 *
 * Ownership: rows are constant; the parts that load() gives are new references.
 * Thread rule: any thread; tl_data_set_folders() before the first load.
 */

#include "core/data/dataset.h"

G_BEGIN_DECLS

/**
 * TlDatasetClass:
 * @name: name of the function that loads it: "fashion_mnist"
 * @title: name of the node that loads it: "FashionMNIST"
 * @doc: one sentence
 * @source: where it is described
 * @parts: names of what load() gives, in order
 * @attrs: (nullable): attributes, ended by a nameless one
 * @describe: (nullable): a data set of one item that has the fields of what load() gives and tells nothing else; %NULL where that
 *   cannot be known without reading files
 * @load: sets the parts; one that is not asked for stays %NULL
 */
typedef struct {
  const char       *name;
  const char       *title;
  const char       *doc;
  const char       *source;
  const char       *parts[TL_DATASET_MAX_PARTS + 1];
  const TlAttrSpec *attrs;
  TlDataset *(*describe) (const TlAttrValue *attrs,
                          GError           **error);
  gboolean (*load) (const TlAttrValue *attrs,
                    TlDataset        **parts,
                    GError           **error);
} TlDatasetClass;

#define TL_DATASET(name) extern const TlDatasetClass tl_dataset_##name;
#include "core/data/datasets.def"
#undef TL_DATASET

guint                 tl_dataset_class_get_n_rows (void);
const TlDatasetClass *tl_dataset_class_get_row (guint row);
const TlDatasetClass *tl_dataset_class_find (const char *name);
gboolean              tl_dataset_class_load (const TlDatasetClass *self,
                                             const TlAttrValue    *attrs,
                                             TlDataset           **parts,
                                             GError              **error);

void  tl_data_set_folders (const char *const *folders);
char *tl_data_find_file (const char *name,
                         GError    **error);

G_END_DECLS
