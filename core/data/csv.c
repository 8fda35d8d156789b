/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/csv-columns.h"

enum { PATH,
       TARGET,
       COLUMNS,
       KIND,
       CATEGORIES,
       MISSING,
       HEADER,
       TEST,
       SEED };

static const char *const kinds[] = { "auto", "class", "number", NULL };
static const char *const categories[] = { "one_hot", "codes", NULL };
static const char *const missing[] = { "error", "drop", "mean", NULL };
static const char *const headers[] = { "auto", "no", "yes", NULL };

static const TlAttrSpec attrs[] = {
  { "path", "the file: comma, semicolon or tab separated, plain or gzip", TL_ATTR_STRING, .required = TRUE },
  { "target", "column to be predicted; the last if not given", TL_ATTR_STRING },
  { "columns", "columns to predict from, separated by commas; all others if not given", TL_ATTR_STRING },
  { "kind", "what the target is: a class, or a number; by default a class if it is text", TL_ATTR_ENUM, .names = kinds },
  { "categories", "how columns of text enter: a 0 or 1 for each category, or its number", TL_ATTR_ENUM, .names = categories },
  { "missing", "what to do about missing fields: stop, leave out the row, or take the column's mean", TL_ATTR_ENUM, .names = missing },
  { "header", "whether the first row holds names", TL_ATTR_ENUM, .names = headers },
  { "test", "share of the rows that goes into a second part", TL_ATTR_FLOAT, .has_range = TRUE, .min = 0, .max = 1 },
  { "seed", "which rows those are", TL_ATTR_INT },
  { NULL },
};

static gboolean
load (const TlAttrValue *values,
      TlDataset        **parts,
      GError           **error)
{
  const TlCsvDataOptions options = {
    .target = values[TARGET].s,
    .columns = values[COLUMNS].s,
    .kind = (TlCsvTarget)values[KIND].i,
    .codes = values[CATEGORIES].i == 1,
    .missing = (TlCsvMissing)values[MISSING].i,
    .header = (TlCsvHeader)values[HEADER].i,
  };
  g_autoptr (TlDataset) all = tl_csv_data_read (values[PATH].s, &options, error);

  if (all == NULL)
    return FALSE;
  if (values[TEST].d > 0)
    return tl_dataset_split (all, 1 - values[TEST].d, (guint64)values[SEED].i, &parts[0], &parts[1], error);
  parts[0] = g_steal_pointer (&all);
  return TRUE;
}

const TlDatasetClass tl_dataset_csv = {
  .name = "csv",
  .title = "CSV",
  .doc = "A table of text: \"x\" are the columns to predict from, as f32, \"y\" the one to be predicted.",
  .source = "RFC 4180",
  .parts = { "train", "test" },
  .attrs = attrs,
  .load = load,
};
