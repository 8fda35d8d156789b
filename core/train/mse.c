/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/metric-common.h"

static void
update (TlMetric            *self,
        const TlMetricBatch *batch)
{
  gboolean      output_plain = tl_metric_is_plain_f32 (batch->output), target_plain = tl_metric_is_plain_f32 (batch->target);
  gconstpointer output = tl_tensor_peek_data (batch->output), target = tl_tensor_peek_data (batch->target);
  gsize         n = tl_tensor_get_n_elements (batch->output);

  for (gsize i = 0; i < n; i++) {
    double difference = tl_metric_element (batch->output, output_plain, output, i) -
                        tl_metric_element (batch->target, target_plain, target, i);

    tl_metric_add (self, difference * difference);
  }
  self->state.n += n;
}

const TlMetricClass tl_metric_mse = {
  .name = "mse",
  .title = "MSE",
  .doc = "Mean of the squared differences.",
  .formula = "mean ((output - target)^2)",
  .check = tl_metric_need_numbers,
  .update = update,
  .value = tl_metric_get_mean,
};
