/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One step: what is traced, and how it is repeated.
 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/graph/autodiff.h"
#include "core/op/ops.h"
#include "core/train/trainer-private.h"
#include "core/train/training.h"

#define MAX_OUTPUTS 16

/* The tensors of a trace; whatever is set is released at the end. */
typedef struct {
  TlTensor *fields[TL_DATASET_MAX_FIELDS];
  TlTensor *outputs[MAX_OUTPUTS];
  TlTensor *weight;
  TlTensor *loss;
} Step;

static void
step_clear (Step *step)
{
  for (guint i = 0; i < TL_DATASET_MAX_FIELDS; i++)
    g_clear_pointer (&step->fields[i], tl_tensor_unref);
  for (guint i = 0; i < MAX_OUTPUTS; i++)
    g_clear_pointer (&step->outputs[i], tl_tensor_unref);
  g_clear_pointer (&step->weight, tl_tensor_unref);
  g_clear_pointer (&step->loss, tl_tensor_unref);
}

static void
add_inputs (TlTrainer *self,
            TlTrace   *trace,
            gboolean   has_weight,
            Step      *step)
{
  TlMeta meta;

  for (guint i = 0; i < self->n_fields; i++) {
    const TlItemType *type = &self->types[i];
    TlDim             shape[TL_TENSOR_MAX_RANK] = { tl_dim_symbol ("N") };

    memcpy (shape + 1, type->shape, type->rank * sizeof (TlDim));
    tl_meta_init (&meta, type->dtype, type->rank + 1, shape);
    step->fields[i] = tl_trace_add_input (trace, &meta);
  }
  tl_meta_init (&meta, TL_DTYPE_F32, 0, NULL);
  if (has_weight)
    step->weight = tl_trace_add_input (trace, &meta);
}

static gboolean
run_model (TlTrainer *self,
           Step      *step,
           GError   **error)
{
  if (self->o.forward != NULL)
    return self->o.forward (step->fields, self->n_inputs, step->outputs, self->n_outputs, self->o.forward_data, error);
  return tl_model_forward (self->o.model, step->fields, self->n_inputs, step->outputs, self->n_outputs, error);
}

/* Errors and profiles name the loss as they name the nodes of a model. */
static gboolean
run_loss_layer (TlTrainer *self,
                Step      *step,
                GError   **error)
{
  TlTensor *in[TL_LAYER_MAX_IN];
  gint      from[TL_LAYER_MAX_IN];
  guint     n_predictions, n_targets;
  guint     n = tl_training_find_loss_inputs (tl_layer_get_class (self->loss_layer), self->n_outputs, from, &n_predictions, &n_targets);
  TlSource  before, source;
  gboolean  ok;

  for (guint i = 0; i < n; i++)
    in[i] = from[i] >= 0 ? step->outputs[from[i]] : step->fields[self->n_inputs + (guint)(-1 - from[i])];

  tl_context_get_source (self->context, &before);
  source = before;
  if (source.node == NULL)
    source.node = g_intern_string (tl_layer_get_path (self->loss_layer));
  tl_context_set_source (self->context, &source);
  ok = tl_layer_forward (self->loss_layer, in, n, &step->loss, 1, error);
  tl_context_set_source (self->context, &before);
  return ok;
}

static gboolean
run_loss (TlTrainer *self,
          Step      *step,
          GError   **error)
{
  TlTensor    **targets = step->fields + self->n_inputs;
  guint         n_targets = self->n_fields - self->n_inputs;
  const TlMeta *meta;

  if (self->o.loss_func != NULL) {
    step->loss = self->o.loss_func (step->outputs, self->n_outputs, targets, n_targets, self->o.loss_data, error);
  } else if (self->loss_layer != NULL) {
    if (!run_loss_layer (self, step, error))
      return FALSE;
  } else {
    step->loss = tl_tensor_ref (step->outputs[self->n_outputs - 1]);
  }
  if (step->loss == NULL)
    return FALSE;
  meta = tl_tensor_get_meta (step->loss);
  if (meta->rank != 0 || !tl_dtype_is_float (meta->dtype)) {
    g_autofree char *text = tl_meta_to_string (meta);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "the loss must be one number, not %s", text);
    return FALSE;
  }
  return TRUE;
}

/* Model and loss, in the precision that is wanted. */
static gboolean
run_forward (TlTrainer *self,
             Step      *step,
             GError   **error)
{
  TlDType  before = tl_context_get_autocast (self->context);
  gboolean ok;

  tl_context_set_autocast (self->context, self->o.precision);
  ok = run_model (self, step, error) && run_loss (self, step, error);
  tl_context_set_autocast (self->context, before);
  return ok;
}

/* Metrics read the prediction in f32. */
static gboolean
widen_output (Step    *step,
              GError **error)
{
  TlTensor *output = step->outputs[0];
  TlDType   dtype = tl_tensor_get_dtype (output);

  if (dtype != TL_DTYPE_F16 && dtype != TL_DTYPE_BF16)
    return TRUE;
  step->outputs[0] = tl_cast (output, TL_DTYPE_F32, error);
  tl_tensor_unref (output);
  return step->outputs[0] != NULL;
}

static gboolean
run_backward (TlTrainer *self,
              TlStepKind kind,
              Step      *step,
              GError   **error)
{
  g_autoptr (TlTensor) share = step->weight != NULL ? tl_mul (step->loss, step->weight, error) : tl_tensor_ref (step->loss);
  g_autoptr (TlTensor) start = NULL;

  if (share != NULL)
    start = self->scale != NULL ? tl_loss_scale_apply (self->scale, share, error) : tl_tensor_ref (share);
  if (start == NULL || !tl_backward (start, NULL, FALSE, error))
    return FALSE;
  if ((kind != TL_STEP_WHOLE && kind != TL_STEP_LAST) || tl_optimizer_searches (self->o.optimizer))
    return TRUE;
  if (self->scale != NULL && !tl_loss_scale_unapply (self->scale, self->o.optimizer, error))
    return FALSE;
  if (!tl_optimizer_step (self->o.optimizer, error) || (self->average != NULL && !tl_average_update (self->average, error)))
    return FALSE;
  tl_optimizer_zero_grad (self->o.optimizer);
  return TRUE;
}

static gboolean
has_prediction (TlTrainer *self)
{
  return self->n_outputs > 1 || self->o.loss_func != NULL || self->loss_layer != NULL;
}

static TlPlan *
finish (TlTrainer  *self,
        TlTrace   **trace,
        Step       *step,
        TlPlanFlags flags,
        GError    **error)
{
  gboolean      is_wide = widen_output (step, error);
  TlTensor     *wanted[] = { step->loss, step->outputs[0] };
  const TlMeta *output = is_wide && has_prediction (self) ? tl_tensor_get_meta (step->outputs[0]) : NULL;
  const TlMeta *target = self->n_fields > self->n_inputs ? tl_tensor_get_meta (step->fields[self->n_inputs]) : NULL;

  if (!is_wide)
    return NULL;
  for (guint i = 1; i < self->n_metrics; i++) {
    if (output == NULL) {
      g_set_error (error, TL_ERROR, TL_ERROR_VALUE, "%s: the model gives nothing but its loss", self->metric_names[i]);
      return NULL;
    }
    if (!tl_metric_prepare (&self->metrics[i], output, target, error))
      return NULL;
  }
  if (output != NULL && (flags & TL_PLAN_CHECKED) != 0 && !tl_trainer_check_classes (self, output, error))
    return NULL;
  return tl_plan_new (g_steal_pointer (trace), wanted, output != NULL ? 2 : 1, flags, error);
}

/* A step of that kind, for N items. */
TlPlan *
tl_trainer_trace (TlTrainer *self,
                  TlStepKind kind,
                  GError   **error)
{
  gboolean            grad_before = tl_context_set_grad_enabled (self->context, TRUE);
  gboolean            training_before = tl_context_set_training (self->context, TRUE);
  g_autoptr (TlTrace) trace = tl_trace_begin (self->context);
  TlPlan             *plan = NULL;
  Step                step = { 0 };

  add_inputs (self, trace, kind != TL_STEP_WHOLE, &step);
  if (kind == TL_STEP_WHOLE || kind == TL_STEP_FIRST)
    tl_optimizer_zero_grad (self->o.optimizer);
  if (run_forward (self, &step, error) && run_backward (self, kind, &step, error))
    plan = finish (self, &trace, &step, TL_PLAN_CHECKED, error);
  step_clear (&step);
  tl_context_set_training (self->context, training_before);
  tl_context_set_grad_enabled (self->context, grad_before);
  return plan;
}

TlPlan *
tl_trainer_trace_evaluation (TlTrainer *self,
                             GError   **error)
{
  gboolean            grad_before = tl_context_set_grad_enabled (self->context, FALSE);
  gboolean            training_before = tl_context_set_training (self->context, FALSE);
  g_autoptr (TlTrace) trace = tl_trace_begin (self->context);
  TlPlan             *plan = NULL;
  Step                step = { 0 };

  add_inputs (self, trace, FALSE, &step);
  if (run_forward (self, &step, error))
    plan = finish (self, &trace, &step, 0, error);
  step_clear (&step);
  tl_context_set_training (self->context, training_before);
  tl_context_set_grad_enabled (self->context, grad_before);
  return plan;
}

/* All plans that will be needed, so that a mistake in the model is told before anything runs. */
gboolean
tl_trainer_make_plans (TlTrainer *self,
                       GError   **error)
{
  gsize n_batches = tl_loader_get_n_batches (self->train);
  gsize group = MIN (self->o.accumulate, n_batches);

  for (guint kind = 0; kind < TL_N_STEP_KINDS; kind++) {
    gboolean needed = kind == TL_STEP_WHOLE ? group == 1 || n_batches % group == 1 : kind == TL_STEP_MIDDLE ? group > 2
                                                                                                            : group > 1;

    if (!needed || self->plans[kind] != NULL)
      continue;
    self->plans[kind] = tl_trainer_trace (self, (TlStepKind)kind, error);
    if (self->plans[kind] == NULL)
      return FALSE;
  }
  if (self->evaluation == NULL)
    self->evaluation = tl_trainer_trace_evaluation (self, error);
  return self->evaluation != NULL;
}

void
tl_trainer_measure (TlTrainer       *self,
                    TlPlan          *plan,
                    TlTensor *const *fields,
                    gsize            n_items,
                    TlMetric        *metrics)
{
  TlMetricBatch batch = {
    .loss = tl_tensor_peek_element (tl_plan_peek_output (plan, 0), 0),
    .output = has_prediction (self) ? tl_plan_peek_output (plan, 1) : NULL,
    .target = self->n_fields > self->n_inputs ? fields[self->n_inputs] : NULL,
    .n_items = n_items,
  };

  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_update (&metrics[i], &batch);
}

/* A step of several batches that breaks off in the middle leaves no trace in statistics and counters. */
static gboolean
save_changing (TlTrainer *self,
               GError   **error)
{
  for (guint i = 0; i < self->changing->len; i++) {
    TlTensor *value = tl_variable_get_value (self->changing->pdata[i]);

    if (i == self->saved->len) {
      const TlMeta *meta = tl_tensor_get_meta (value);
      TlTensor     *copy = tl_tensor_new (meta->dtype, meta->rank, meta->shape, error);

      if (copy == NULL)
        return FALSE;
      g_ptr_array_add (self->saved, copy);
    }
    memcpy (tl_tensor_peek_data (self->saved->pdata[i]), tl_tensor_peek_data (value),
            tl_tensor_get_n_elements (value) * tl_dtype_size (tl_tensor_get_dtype (value)));
  }
  return TRUE;
}

static void
restore_changing (TlTrainer *self)
{
  for (guint i = 0; i < self->saved->len; i++)
    tl_variable_set_value (self->changing->pdata[i], self->saved->pdata[i], NULL);
}

/* @is_taken: if not, gradients in f16 overflowed; nothing has changed but the scale */
static gboolean
run_batch (TlTrainer *self,
           TlStepKind kind,
           gsize      n_group,
           gboolean  *is_taken,
           GError   **error)
{
  TlTensor *inputs[TL_DATASET_MAX_FIELDS + 1];
  guint     n_inputs = self->n_fields + (kind != TL_STEP_WHOLE);
  gsize     n_items;
  gboolean  is_real = TRUE;

  if (!tl_loader_next (self->train, inputs, &n_items, error))
    return FALSE;
  g_assert (n_items > 0);
  inputs[self->n_fields] = self->weight;
  *(float *)tl_tensor_peek_data (self->weight) = (float)((double)n_items / (double)n_group);
  if (!tl_plan_try_run (self->plans[kind], inputs, n_inputs, is_taken, error))
    return FALSE;
  self->loss += tl_tensor_peek_element (tl_plan_peek_output (self->plans[kind], 0), 0) * ((double)n_items / (double)n_group);
  if (*is_taken) {
    tl_trainer_measure (self, self->plans[kind], inputs, n_items, self->metrics);
    return TRUE;
  }
  if (self->scale != NULL && !tl_loss_scale_count_overflow (self->scale, &is_real, error))
    return FALSE;
  if (is_real)
    tl_plan_explain (self->plans[kind], inputs, n_inputs, error);
  return !is_real;
}

TlStepKind
tl_trainer_kind_of (gsize batch,
                    gsize n_batches)
{
  if (n_batches == 1)
    return TL_STEP_WHOLE;
  return batch == 0 ? TL_STEP_FIRST : batch + 1 == n_batches ? TL_STEP_LAST
                                                             : TL_STEP_MIDDLE;
}

/* Whether a step changes something before it is sure to be taken. */
static gboolean
is_long (TlTrainer *self,
         gsize      n_batches)
{
  return n_batches > 1 || tl_optimizer_searches (self->o.optimizer);
}

/* What the batches of a step that was not taken have changed. */
static void
undo_batches (TlTrainer *self,
              gsize      n_batches)
{
  if (!is_long (self, n_batches))
    return;
  for (guint i = 0; i < self->n_metrics; i++)
    tl_metric_copy (&self->before[i], &self->metrics[i]);
  restore_changing (self);
}

/* Takes one optimizer step of one or more batches; on failure everything is as before.  Of a step that overflows only the batches pass. */
gboolean
tl_trainer_take_step (TlTrainer *self,
                      gsize     *n_items,
                      GError   **error)
{
  gsize    n_batches = MIN ((gsize)self->o.accumulate, tl_loader_get_n_batches (self->train) - self->position.batch);
  double   loss_before = self->loss;
  gboolean ok = TRUE, is_taken = TRUE;

  *n_items = 0;
  for (gsize i = 0; i < n_batches; i++)
    *n_items += tl_loader_get_batch_size (self->train, self->position.batch + i);
  if (is_long (self, n_batches) && !save_changing (self, error))
    return FALSE;
  for (guint i = 0; is_long (self, n_batches) && i < self->n_metrics; i++)
    tl_metric_copy (&self->metrics[i], &self->before[i]);
  self->loss = 0;
  if (tl_optimizer_searches (self->o.optimizer))
    ok = tl_trainer_search (self, n_batches, *n_items, error);
  for (gsize i = 0; ok && is_taken && i < n_batches && !tl_optimizer_searches (self->o.optimizer); i++)
    ok = run_batch (self, tl_trainer_kind_of (i, n_batches), *n_items, &is_taken, error);
  if (ok && is_taken && self->scale != NULL)
    ok = tl_loss_scale_count_good (self->scale, error);
  if (!ok || !is_taken)
    undo_batches (self, n_batches);
  if (!ok || !isfinite (self->loss))
    self->loss = loss_before;
  if (ok) {
    self->position.batch += n_batches;
    self->step++;
  }
  if (!ok || !is_taken)
    tl_loader_set_position (self->train, &self->position);
  return ok;
}

/* Goes once through the items of a loader in evaluation mode. */
gboolean
tl_trainer_evaluate_loader (TlTrainer *self,
                            TlLoader  *loader,
                            double    *values,
                            GError   **error)
{
  TlMetric *metrics = self->evaluated;
  TlTensor *fields[TL_DATASET_MAX_FIELDS];
  gsize     n_items;

  for (guint i = 0; i < self->n_metrics; i++) {
    tl_metric_copy (&self->metrics[i], &metrics[i]);
    tl_metric_reset (&metrics[i]);
  }
  tl_loader_set_position (loader, &(TlLoaderPosition){ 0 });
  for (;;) {
    if (!tl_loader_next (loader, fields, &n_items, error))
      return FALSE;
    if (n_items == 0)
      break;
    if (!tl_plan_run (self->evaluation, fields, self->n_fields, error))
      return FALSE;
    tl_trainer_measure (self, self->evaluation, fields, n_items, metrics);
  }
  for (guint i = 0; i < self->n_metrics; i++)
    values[i] = tl_metric_get_value (&metrics[i]);
  return TRUE;
}
