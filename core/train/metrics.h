/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Metrics: what is measured over an epoch, one batch after another.
 *
 * A row of core/train/metrics.def is a pure function over a batch that adds to a few numbers.  Counts are whole numbers and sums
 * are compensated in double precision, so the result does not depend on how the items were cut into batches beyond the last
 * bits of a sum.  Rows that need more than a few numbers have cells, made by tl_metric_prepare(); only those that must see all items
 * at once (AUC) let them grow.
 *
 * Ownership: a TlMetric owns its cells; rows are constant.  Thread rule: one thread at a time.
 */

#include "core/graph/op.h"

G_BEGIN_DECLS

typedef struct _TlMetricClass TlMetricClass;

/**
 * TlMetricState:
 * @n: items (or elements) so far
 * @hits: of those, how many counted
 * @sum: sum of what is averaged
 * @carry: what rounding left out of @sum
 * @n_cells: number of @cells
 * @n_allocated: room in @cells
 * @cells: (array length=n_cells) (nullable) (owned): further numbers of the row
 *
 * What a metric carries from batch to batch, and what a checkpoint in the middle of an epoch holds.
 */
typedef struct {
  guint64 n;
  guint64 hits;
  double  sum;
  double  carry;
  gsize   n_cells;
  gsize   n_allocated;
  double *cells;
} TlMetricState;

/**
 * TlMetricBatch:
 * @output: (nullable): what the model predicted, contiguous, on the host
 * @target: (nullable): what it should have been
 * @loss: mean loss of the batch
 * @n_items: items in the batch
 */
typedef struct {
  TlTensor *output;
  TlTensor *target;
  double    loss;
  gsize     n_items;
} TlMetricBatch;

/**
 * TlMetric:
 * @klass: the row
 * @attrs: attribute values in the order of the row's specs
 * @state: what came in since tl_metric_reset()
 */
typedef struct {
  const TlMetricClass *klass;
  TlAttrValue          attrs[TL_OP_MAX_ATTRS];
  TlMetricState        state;
} TlMetric;

/**
 * TlMetricClass:
 * @name: name of the row, and of its column in files
 * @title: name of the node that measures it: "Accuracy"
 * @doc: one sentence
 * @formula: what it computes
 * @attrs: (nullable): attributes, ended by a nameless one
 * @higher_is_better: which way is up
 * @grows: whether @update adds cells
 * @check: (nullable): whether outputs and targets of these descriptions can be measured
 * @get_n_cells: (nullable): how many cells, all 0, an epoch starts with
 * @update: takes a batch
 * @value: the result so far; NaN where nothing came in
 * @get_table: (nullable): a square table behind the result, row by row, and its size
 */
struct _TlMetricClass {
  const char       *name;
  const char       *title;
  const char       *doc;
  const char       *formula;
  const TlAttrSpec *attrs;
  gboolean          higher_is_better;
  gboolean          grows;
  gboolean (*check) (const TlMetric *self,
                     const TlMeta   *output,
                     const TlMeta   *target,
                     GError        **error);
  gsize (*get_n_cells) (const TlMetric *self,
                        const TlMeta   *output,
                        const TlMeta   *target);
  void (*update) (TlMetric            *self,
                  const TlMetricBatch *batch);
  double (*value) (const TlMetric *self);
  const double *(*get_table) (const TlMetric *self,
                              guint          *n);
};

#define TL_METRIC(name) extern const TlMetricClass tl_metric_##name;
#include "core/train/metrics.def"
#undef TL_METRIC

guint                tl_metric_class_get_n_rows (void);
const TlMetricClass *tl_metric_class_get_row (guint row);
const TlMetricClass *tl_metric_class_find (const char *name);

void     tl_metric_init (TlMetric            *self,
                         const TlMetricClass *row,
                         const TlAttrValue   *attrs);
gboolean tl_metric_check (const TlMetric *self,
                          const TlMeta   *output,
                          const TlMeta   *target,
                          GError        **error);
gboolean tl_metric_prepare (TlMetric     *self,
                            const TlMeta *output,
                            const TlMeta *target,
                            GError      **error);
void     tl_metric_clear (TlMetric *self);
void     tl_metric_copy (const TlMetric *self,
                         TlMetric       *to);
void     tl_metric_reset (TlMetric *self);
void     tl_metric_update (TlMetric            *self,
                           const TlMetricBatch *batch);
double   tl_metric_get_value (const TlMetric *self);

const double *tl_metric_get_table (const TlMetric *self,
                                   guint          *n);

char    *tl_metric_to_text (const TlMetric *self);
gboolean tl_metric_set_text (TlMetric   *self,
                             const char *text);

G_END_DECLS
