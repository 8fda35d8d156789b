/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows of metrics.def share.
 *
 * Thread rule: any thread.
 */

#include "core/train/metrics.h"

G_BEGIN_DECLS

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

static inline gboolean
tl_metric_is_plain_f32 (const TlTensor *tensor)
{
  return tl_tensor_get_dtype (tensor) == TL_DTYPE_F32 && tl_meta_is_contiguous (tl_tensor_get_meta (tensor));
}

G_END_DECLS
