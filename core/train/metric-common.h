/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows of metrics.def share.
 *
 * Thread rule: any thread.
 */

#include "core/train/metrics.h"

G_BEGIN_DECLS

/**
 * TlMetricForm:
 * @TL_FORM_CLASSES: scores of classes, of which one is true: `[items, classes, ...]` as the losses have it, or `[items, ..., classes]`; targets
 *   are whole numbers without that axis.  Where both would fit, the classes are axis 1.
 * @TL_FORM_BINARY: one score, of class 1; targets have the same shape, or one without an axis of size 1
 * @TL_FORM_LABELS: `[items, labels]`, any number of which are true; targets are 0 or 1, of the same shape
 *
 * How predictions and targets name things.
 */
typedef enum {
  TL_FORM_CLASSES,
  TL_FORM_BINARY,
  TL_FORM_LABELS,
} TlMetricForm;

/**
 * TlMetricScores:
 * @form: what the scores mean
 * @n: scores of a row: classes or labels; 1 if binary; may be symbolic
 * @inner: elements from one score of a row to the next
 *
 * Where the scores of a row, which is an item, a pixel or a token, stand among predictions.
 */
typedef struct {
  TlMetricForm form;
  TlDim        n;
  gsize        inner;
} TlMetricScores;

gboolean tl_metric_get_scores (const TlMeta   *output,
                               const TlMeta   *target,
                               TlMetricScores *scores);
gboolean tl_metric_need_scores (const TlMetric *self,
                                const TlMeta   *output,
                                const TlMeta   *target,
                                GError        **error);
gboolean tl_metric_need_classes (const TlMetric *self,
                                 const TlMeta   *output,
                                 const TlMeta   *target,
                                 GError        **error);
gboolean tl_metric_need_numbers (const TlMetric *self,
                                 const TlMeta   *output,
                                 const TlMeta   *target,
                                 GError        **error);
double  *tl_metric_append (TlMetric *self,
                           gsize     n);
void     tl_metric_add (TlMetric *self,
                        double    term);
void     tl_metric_add_loss (TlMetric            *self,
                             const TlMetricBatch *batch);
void     tl_metric_add_squares (TlMetric            *self,
                                const TlMetricBatch *batch);
double   tl_metric_get_mean (const TlMetric *self);
double   tl_metric_get_share (const TlMetric *self);
void     tl_metric_count_top (TlMetric            *self,
                              const TlMetricBatch *batch,
                              gint64               k);

/* Element i, the last axis fastest; without a switch for the usual case. */
static inline double
tl_metric_element (const TlTensor *tensor,
                   gboolean        is_plain_f32,
                   gconstpointer   data,
                   gsize           i)
{
  return is_plain_f32 ? (double)((const float *)data)[i] : tl_tensor_peek_element (tensor, i);
}

/* The place of score @i of a row. */
static inline gsize
tl_metric_score_at (const TlMetricScores *scores,
                    gsize                 row,
                    gsize                 i)
{
  return (row / scores->inner * (gsize)scores->n + i) * scores->inner + row % scores->inner;
}

static inline gboolean
tl_metric_is_plain_f32 (const TlTensor *tensor)
{
  return tl_tensor_get_dtype (tensor) == TL_DTYPE_F32 && tl_meta_is_contiguous (tl_tensor_get_meta (tensor));
}

G_END_DECLS
