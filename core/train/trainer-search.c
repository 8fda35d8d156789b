/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A step of an optimizer that computes the loss several times: each time the batches of the step are run again, by plans that leave gradients
 * and change no parameter.
 */
#include "core/train/trainer-private.h"

typedef struct {
  TlTrainer *trainer;
  gsize      n_batches, n_group; /* batches and items of the step */
  guint      n_evaluations;
  TlTensor  *inputs[TL_DATASET_MAX_FIELDS + 1];
  gsize      n_items; /* of the batch in @inputs */
} Search;

/* The next batch; a step of one batch keeps it. */
static gboolean
take_batch (Search  *self,
            gsize    batch,
            GError **error)
{
  TlTrainer *trainer = self->trainer;

  if (self->n_evaluations > 0 && self->n_batches == 1)
    return TRUE;
  if (self->n_evaluations > 0 && batch == 0)
    tl_loader_set_position (trainer->train, &trainer->position);
  return tl_loader_next (trainer->train, self->inputs, &self->n_items, error);
}

/* Metrics are those of the parameters before the step, as the loss that is told. */
static gboolean
compute_cb (gpointer user_data,
            double  *loss,
            GError **error)
{
  Search    *self = user_data;
  TlTrainer *trainer = self->trainer;

  *loss = 0;
  for (gsize i = 0; i < self->n_batches; i++) {
    TlStepKind kind = tl_trainer_kind_of (i, self->n_batches);
    TlPlan    *plan = trainer->plans[kind];
    double     share;

    if (!take_batch (self, i, error))
      return FALSE;
    share = (double)self->n_items / (double)self->n_group;
    self->inputs[trainer->n_fields] = trainer->weight;
    *(float *)tl_tensor_peek_data (trainer->weight) = (float)share;
    if (!tl_plan_run (plan, self->inputs, trainer->n_fields + (kind != TL_STEP_WHOLE), error))
      return FALSE;
    *loss += tl_tensor_peek_element (tl_plan_peek_output (plan, 0), 0) * share;
    if (self->n_evaluations == 0)
      tl_trainer_measure (trainer, plan, self->inputs, self->n_items, trainer->metrics);
  }
  self->n_evaluations++;
  return TRUE;
}

/*
 * Takes a step of @n_batches batches with @n_items items.  A step that fails leaves parameters and optimizer as they were; buffers, counters
 * and metrics are the caller's to put back.
 */
gboolean
tl_trainer_search (TlTrainer *self,
                   gsize      n_batches,
                   gsize      n_items,
                   GError   **error)
{
  Search search = { .trainer = self, .n_batches = n_batches, .n_group = n_items };

  return tl_optimizer_minimize (self->o.optimizer, compute_cb, &search, &self->loss, error) &&
         (self->average == NULL || tl_average_update (self->average, error));
}
