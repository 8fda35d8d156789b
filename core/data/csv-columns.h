/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * From the columns of a table of text to the fields of a data set.
 *
 *     length  species  price          x f32 [n, 3]        y f32 [n, 1]
 *     5.1     setosa   12       ->    5.1  1  0           12
 *     4.7     other    8              4.7  0  1           8
 *
 * Ownership: the caller owns the data set.  Thread rule: any thread.
 */

#include "core/base/error.h"
#include "core/data/datasets.h"
#include "core/io/csv.h"

G_BEGIN_DECLS

typedef enum {
  TL_CSV_TARGET_AUTO,
  TL_CSV_TARGET_CLASS,  /* y: i32 [n] */
  TL_CSV_TARGET_NUMBER, /* y: f32 [n, 1] */
} TlCsvTarget;

typedef enum {
  TL_CSV_MISSING_ERROR,
  TL_CSV_MISSING_DROP,
  TL_CSV_MISSING_MEAN, /* a missing category is none of them: all 0; a missing target still drops the row */
} TlCsvMissing;

/**
 * TlCsvDataOptions:
 * @target: (nullable): name of the column to be predicted; the last if %NULL
 * @columns: (nullable): names, separated by commas, of those to predict from; all others if %NULL
 * @kind: what the target is
 * @codes: categories enter as one number each
 * @missing: what to do about missing fields
 * @header: whether the first row holds names
 */
typedef struct {
  const char  *target;
  const char  *columns;
  TlCsvTarget  kind;
  gboolean     codes;
  TlCsvMissing missing;
  TlCsvHeader  header;
} TlCsvDataOptions;

TlDataset *tl_csv_data_read (const char             *path,
                             const TlCsvDataOptions *options,
                             GError                **error);

G_END_DECLS
