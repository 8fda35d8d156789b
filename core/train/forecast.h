/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a training will need, before anything runs.
 *
 *     model (may be described) -> the trainer's own steps, traced -> plans -> arenas laid out, not allocated -> bytes, FLOPs
 *
 * Nothing is estimated: the steps are those that the trainer would trace, and their arenas those that it would lay out.  No memory
 * of the size that is forecast is taken, see tl_tensor_set_described().
 *
 * Thread rule: the thread that owns the model.
 */

#include "core/data/dataset.h"
#include "core/nn/model.h"
#include "core/optim/optimizer.h"

G_BEGIN_DECLS

/**
 * TlForecastOptions:
 * @model: a model that is built
 * @loss_layer: (nullable): the loss; without one it is the mean of the model's first output, or the output itself if it has no axes
 * @optimizer: (nullable): Adam if %NULL
 * @optimizer_attrs: (nullable): its attributes
 * @fields: (array length=n_fields) (nullable): items of the fields of a batch; %NULL takes the model's inputs
 * @n_fields: their number
 * @n_items: items of the training set; 0 if it is not known
 * @n_validation_items: items of the validation set; 0 if it is not known
 * @batch_size: items of a batch
 * @accumulate: batches of one optimizer step; 0 is 1
 * @precision: as of the trainer
 * @average: as of the trainer
 * @clip_norm: as of the trainer
 * @clip_value: as of the trainer
 * @validates: whether the model is also evaluated
 * @sizes: (array length=n_sizes) (nullable): sizes of symbols other than the batch's, where @fields are not given; 1 for others
 * @n_sizes: their number
 * @n_threads: threads that will compute; 0 is the machine's
 */
typedef struct {
  TlModel                *model;
  TlLayer                *loss_layer;
  const TlOptimizerClass *optimizer;
  const TlAttrValue      *optimizer_attrs;
  const TlItemType       *fields;
  guint                   n_fields;
  gsize                   n_items;
  gsize                   n_validation_items;
  gsize                   batch_size;
  guint                   accumulate;
  TlDType                 precision;
  double                  average;
  double                  clip_norm;
  double                  clip_value;
  gboolean                validates;
  const TlBinding        *sizes;
  guint                   n_sizes;
  guint                   n_threads;
} TlForecastOptions;

/**
 * TlForecast:
 * @n_variables: bytes of parameters and statistics
 * @n_gradients: bytes of gradients that are kept between batches
 * @n_states: bytes of the optimizer's states, and of the average of the weights
 * @n_arena: bytes of activations, gradients and workspaces
 * @n_evaluation: bytes of the same for evaluation
 * @n_scratch: bytes of scratch memory of all threads
 * @n_batches: bytes of the batches that are assembled ahead
 * @n_total: their sum: what the engine holds at most, besides the data set
 * @flops: floating-point operations of one batch
 */
typedef struct {
  gsize  n_variables;
  gsize  n_gradients;
  gsize  n_states;
  gsize  n_arena;
  gsize  n_evaluation;
  gsize  n_scratch;
  gsize  n_batches;
  gsize  n_total;
  double flops;
} TlForecast;

gboolean tl_forecast_training (const TlForecastOptions *options,
                               TlForecast              *forecast,
                               GError                 **error);

G_END_DECLS
