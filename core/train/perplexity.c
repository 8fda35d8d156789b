/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

#include <math.h>

static double
value (const TlMetric *self)
{
  return exp (tl_metric_get_mean (self));
}

const TlMetricClass tl_metric_perplexity = {
  .name = "perplexity",
  .title = "Perplexity",
  .doc = "How many equally likely answers the loss amounts to.",
  .formula = "e^loss",
  .update = tl_metric_add_loss,
  .value = value,
};
