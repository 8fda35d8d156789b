/* SPDX-License-Identifier: Apache-2.0 */
#include "app/check/graph-cell-private.h"
#include "core/base/error.h"
#include "core/train/training.h"

#define DEFAULT_BATCH 64
#define DEFAULT_SIZE 128

/* What the cell's training says of the batch, the loss and the optimizer. */
static void
take_pipeline (TlGraphCell       *self,
               TlForecastOptions *options)
{
  const TlPipeline *pipeline = &self->pipeline;
  TlTrainerOptions  training = { 0 };

  tl_training_set_options (&training, pipeline->train->values, pipeline->train->given);
  options->batch_size = training.batch_size > 0 ? training.batch_size : DEFAULT_BATCH;
  options->accumulate = training.accumulate;
  options->precision = training.precision;
  options->average = training.average;
  options->clip_norm = training.clip_norm;
  options->clip_value = training.clip_value;
  options->loss_layer = pipeline->loss_layer;
  options->fields = self->fields.types;
  options->n_fields = self->fields.n;
  options->validates = TRUE;
  if (pipeline->optimizer != NULL) {
    options->optimizer = pipeline->optimizer->entry->row;
    options->optimizer_attrs = pipeline->optimizer->values;
  }
}

/* A model alone: the first axis of its inputs is the batch; what else is open gets a usual size, and the text says so. */
static char *
take_model (TlGraphCell       *self,
            TlForecastOptions *options,
            TlBinding         *sizes,
            guint              max_sizes)
{
  GString *text = g_string_new (NULL);

  options->batch_size = DEFAULT_BATCH;
  options->sizes = sizes;
  for (guint i = 0; i < self->text->n_symbols && options->n_sizes < max_sizes; i++) {
    TlDim    symbol = tl_dim_symbol (self->text->symbols[i]);
    gboolean is_batch = FALSE;

    for (guint k = 0; k < tl_model_get_n_inputs (self->model); k++) {
      const char   *name;
      const TlMeta *meta = tl_model_get_input (self->model, k, &name);

      is_batch = is_batch || (meta != NULL && meta->rank > 0 && meta->shape[0] == symbol);
    }
    sizes[options->n_sizes++] = (TlBinding){ symbol, is_batch ? DEFAULT_BATCH : DEFAULT_SIZE };
    g_string_append_printf (text, "%s%s = %d", text->len > 0 ? ", " : "", self->text->symbols[i], is_batch ? DEFAULT_BATCH : DEFAULT_SIZE);
  }
  return g_string_free (text, FALSE);
}

/**
 * tl_graph_cell_forecast:
 * @self: a graph cell without problems
 * @forecast: (out): what training its model needs
 * @error: return location for an error
 *
 * Forecasts the training that the cell holds, or, of a cell that is a model alone, one with Adam.
 *
 * Errors: as tl_forecast_training()
 *
 * Returns: (transfer full): the sizes it is for, such as "N = 64"; %NULL if it failed
 */
char *
tl_graph_cell_forecast (TlGraphCell *self,
                        TlForecast  *forecast,
                        GError     **error)
{
  TlForecastOptions options = { .model = self->model };
  TlBinding         sizes[8];
  g_autofree char  *text = NULL;

  if (self->pipeline.train != NULL) {
    take_pipeline (self, &options);
    text = g_strdup_printf ("N = %" G_GSIZE_FORMAT, options.batch_size);
  } else {
    text = take_model (self, &options, sizes, G_N_ELEMENTS (sizes));
  }
  return tl_forecast_training (&options, forecast, error) ? g_steal_pointer (&text) : NULL;
}
