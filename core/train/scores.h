/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Metrics that sort: all scores of an epoch are kept, with their classes.
 *
 * Scores as in TlMetricForm.  Of several classes or labels each is compared with all others, and the mean over those that occur is taken.
 *
 * Thread rule: one thread at a time.
 */

#include "core/train/metric-common.h"

G_BEGIN_DECLS

/**
 * TlScored:
 * @score: what the model says
 * @is_hit: whether the item is of the class
 */
typedef struct {
  double   score;
  gboolean is_hit;
} TlScored;

extern const TlAttrSpec tl_scores_attrs[]; /* from_logits */

gboolean tl_scores_check (const TlMetric *self, const TlMeta *output, const TlMeta *target, GError **error);
void     tl_scores_update (TlMetric            *self,
                           const TlMetricBatch *batch);
double   tl_scores_mean (const TlMetric *self,
                         double (*measure) (const TlScored *items,
                                          gsize           n,
                                          gsize           n_hits));

G_END_DECLS
