/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/data/dataset.h"
#include "core/kernels/philox.h"

G_BEGIN_DECLS

/* Streams of random numbers in core/data; they must be the same in every version. */
#define TL_STREAM_SPLIT G_GUINT64_CONSTANT (0x53504c4954)
#define TL_STREAM_LOADER G_GUINT64_CONSTANT (0x4c4f41444552)
#define TL_STREAM_TRANSFORM G_GUINT64_CONSTANT (0x5452414e53464f52)

typedef struct {
  char      *name;
  TlTensor  *values; /* owned: [n_rows, ...] */
  TlItemType type;
  gsize      n_item_bytes;
} TlDatasetField;

struct _TlDataset {
  atomic_int     ref_count;
  char          *source;
  TlDatasetField fields[TL_DATASET_MAX_FIELDS];
  guint          n_fields;
  gsize          n_rows;
  gsize         *items; /* owned; rows of a subset; NULL for all */
  gsize          n_items;
  char         **class_names;
  GMutex         mutex; /* of fingerprint */
  char          *fingerprint;
};

static inline gsize
tl_dataset_row (const TlDataset *self,
                gsize            item)
{
  return self->items != NULL ? self->items[item] : item;
}

void tl_data_permute (gsize      *items,
                      gsize       n_items,
                      TlPhiloxKey key,
                      guint64     call);

G_END_DECLS
