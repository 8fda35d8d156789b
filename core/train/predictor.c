/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/predictor.h"

#include "core/base/error.h"
#include "core/train/trainer-private.h"

struct _TlPredictor {
  TlPlan             *plan; /* loss, prediction */
  TlDataset          *dataset;
  TlTransforms       *transforms;
  const TlLayerClass *loss;
  guint               n_fields, n_inputs;
};

/**
 * tl_predictor_new:
 * @trainer: a trainer, on its thread, between steps
 *
 * Takes the validation set, or the training set where there is none.
 *
 * Returns: (transfer full) (nullable): a predictor; %NULL before the trainer has begun and for models that give nothing but a loss
 */
TlPredictor *
tl_predictor_new (TlTrainer *trainer)
{
  TlPredictor *self;
  gboolean     has_prediction = trainer->n_outputs > 1 || trainer->o.loss_func != NULL || trainer->loss_layer != NULL;

  if (trainer->evaluation == NULL || !has_prediction)
    return NULL;
  self = g_new0 (TlPredictor, 1);
  self->plan = tl_plan_ref (trainer->evaluation);
  self->dataset = tl_dataset_ref (trainer->o.validation != NULL ? trainer->o.validation : trainer->o.train);
  self->transforms = trainer->o.transforms != NULL ? tl_transforms_ref (trainer->o.transforms) : NULL;
  self->loss = trainer->loss_layer != NULL ? tl_layer_get_class (trainer->loss_layer) : NULL;
  self->n_fields = trainer->n_fields;
  self->n_inputs = trainer->n_inputs;
  return self;
}

/**
 * tl_predictor_free:
 * @self: (transfer full) (nullable): a predictor
 */
void
tl_predictor_free (TlPredictor *self)
{
  if (self == NULL)
    return;
  tl_plan_unref (self->plan);
  tl_dataset_unref (self->dataset);
  g_clear_pointer (&self->transforms, tl_transforms_unref);
  g_free (self);
}

/**
 * tl_predictor_get_dataset:
 * @self: a predictor
 *
 * Returns: (transfer none): the items it can be asked for, as they are before the transforms
 */
TlDataset *
tl_predictor_get_dataset (TlPredictor *self)
{
  return self->dataset;
}

/**
 * tl_predictor_get_n_inputs:
 * @self: a predictor
 *
 * Returns: how many fields of an item the model takes; what it shall predict is the next one
 */
guint
tl_predictor_get_n_inputs (TlPredictor *self)
{
  return self->n_inputs;
}

/**
 * tl_predictor_get_loss:
 * @self: a predictor
 *
 * Returns: (nullable): the row of the loss it was trained with
 */
const TlLayerClass *
tl_predictor_get_loss (TlPredictor *self)
{
  return self->loss;
}

/**
 * tl_predictor_run:
 * @self: a predictor
 * @item: number of an item of its data set
 * @error: return location for an error
 *
 * Shapes: what the model gives for a batch of one item, `[1, ...]`
 * Errors: %TL_ERROR_VALUE for an item that is not there, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: (transfer full): the prediction, or %NULL
 */
TlTensor *
tl_predictor_run (TlPredictor *self,
                  gsize        item,
                  GError     **error)
{
  g_autoptr (TlDataset) one = NULL;
  TlLoaderOptions       options = { .transforms = self->transforms, .batch_size = 1, .synchronous = TRUE };
  TlLoader             *loader;
  TlTensor             *fields[TL_DATASET_MAX_FIELDS];
  TlTensor             *output = NULL;
  gsize                 n_items;

  if (item >= tl_dataset_get_n_items (self->dataset)) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "item %" G_GSIZE_FORMAT ": the data set has %" G_GSIZE_FORMAT, item,
                 tl_dataset_get_n_items (self->dataset));
    return NULL;
  }
  one = tl_dataset_new_subset (self->dataset, &item, 1, error);
  options.dataset = one;
  loader = one != NULL ? tl_loader_new (&options, error) : NULL;
  if (loader != NULL && tl_loader_next (loader, fields, &n_items, error) &&
      tl_plan_run (self->plan, fields, self->n_fields, error))
    output = tl_plan_dup_output (self->plan, 1, error);
  g_clear_pointer (&loader, tl_loader_free);
  return output;
}
