/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Metrics of classes: a table of counts, one row a true class and one column a class that was named.
 *
 * Scores of classes name the one with the highest score; a single score, or that of a label, names it from a threshold on (TlMetricForm).
 * Classes that occur neither among the true ones nor among the named ones are left out of means; labels are not.
 *
 * Source: scikit-learn's definitions, with 0 for a share of nothing.  Thread rule: any thread.
 */

#include "core/train/metric-common.h"

G_BEGIN_DECLS

typedef enum {
  TL_AVERAGE_MACRO,    /* mean over classes */
  TL_AVERAGE_MICRO,    /* over all items */
  TL_AVERAGE_WEIGHTED, /* mean weighted by how often a class is true */
  TL_AVERAGE_BINARY,   /* class 1 alone */
} TlAverage;

/* KEEP IN STEP: attributes of such a row. */
enum { TL_CLASSES_AVERAGE,
       TL_CLASSES_THRESHOLD };

extern const TlAttrSpec  tl_classes_attrs[];           /* average, threshold */
extern const TlAttrSpec  tl_classes_threshold_attrs[]; /* threshold alone */
extern const char *const tl_average_names[];

/**
 * TlClassCounts:
 * @hit: items of the class that were named so
 * @named: items that were named so
 * @actual: items of the class
 */
typedef struct {
  double hit;
  double named;
  double actual;
} TlClassCounts;

gboolean      tl_classes_check (const TlMetric *self,
                                const TlMeta   *output,
                                const TlMeta   *target,
                                GError        **error);
gboolean      tl_classes_check_single (const TlMetric *self,
                                       const TlMeta   *output,
                                       const TlMeta   *target,
                                       GError        **error);
gsize         tl_classes_get_n_cells (const TlMetric *self,
                                      const TlMeta   *output,
                                      const TlMeta   *target);
void          tl_classes_update (TlMetric            *self,
                                 const TlMetricBatch *batch);
guint         tl_classes_get_n (const TlMetric *self);
TlClassCounts tl_classes_count (const TlMetric *self,
                                guint           klass);
double        tl_classes_average (const TlMetric *self,
                                  double (*share) (TlClassCounts counts));
const double *tl_classes_get_table (const TlMetric *self,
                                    guint          *n);

G_END_DECLS
