/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/forecast.h"

#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/data/loader.h"
#include "core/op/ops.h"
#include "core/train/trainer-private.h"
#include "core/train/training.h"

#define DEFAULT_OPTIMIZER "Adam"

/* What a tensor takes of the memory that is counted. */
static gsize
tensor_bytes (TlTensor *tensor)
{
  return tl_memory_get_block_size (tl_tensor_get_n_elements (tensor) * tl_dtype_size (tl_tensor_get_dtype (tensor)));
}

typedef struct {
  TlForecast *forecast;
  gsize       n_trained;
} Sums;

static gboolean
add_variable_cb (TlVariable *variable,
                 gpointer    user_data)
{
  Sums *sums = user_data;
  gsize n_bytes = tensor_bytes (tl_variable_get_value (variable));

  sums->forecast->n_variables += n_bytes;
  if (tl_variable_get_trainable (variable))
    sums->n_trained += n_bytes;
  return TRUE;
}

static gboolean
add_state_cb (TlVariable *variable,
              gpointer    user_data)
{
  gsize *sum = user_data;

  *sum += tensor_bytes (tl_variable_get_value (variable));
  return TRUE;
}

static TlTensor *
mean_cb (TlTensor *const *outputs,
         guint            n_outputs,
         TlTensor *const *targets,
         guint            n_targets,
         gpointer         user_data,
         GError         **error)
{
  return tl_tensor_get_rank (outputs[0]) > 0 ? tl_mean (outputs[0], NULL, 0, FALSE, error) : tl_tensor_ref (outputs[0]);
}

/* One item of each of the model's inputs: all axes but the first, which counts items. */
static gboolean
describe_inputs (TlTrainer               *trainer,
                 const TlForecastOptions *options,
                 GError                 **error)
{
  for (guint i = 0; i < trainer->n_inputs; i++) {
    const char   *name;
    const TlMeta *meta = tl_model_get_input (options->model, i, &name);
    TlItemType   *type = &trainer->types[i];

    if (meta == NULL || meta->rank == 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "the items of input %s are not known", name);
      return FALSE;
    }
    *type = (TlItemType){ .dtype = meta->dtype, .rank = meta->rank - 1u };
    for (guint axis = 0; axis < type->rank; axis++) {
      type->shape[axis] = tl_dim_eval (meta->shape[axis + 1], options->sizes, options->n_sizes);
      if (type->shape[axis] < 0)
        type->shape[axis] = 1;
    }
  }
  trainer->n_fields = trainer->n_inputs;
  return TRUE;
}

/* What the trainer's options add to a step. */
static gboolean
set_up_step (TlTrainer               *trainer,
             const TlForecastOptions *options,
             GPtrArray               *parameters,
             GError                 **error)
{
  trainer->o.precision = options->precision;
  if (options->clip_norm > 0)
    tl_optimizer_set_clip_norm (trainer->o.optimizer, options->clip_norm);
  if (options->clip_value > 0)
    tl_optimizer_set_clip_value (trainer->o.optimizer, options->clip_value);
  if (options->average > 0)
    trainer->average = tl_average_new ((TlVariable *const *)parameters->pdata, parameters->len, options->average, error);
  if (options->average > 0 && trainer->average == NULL)
    return FALSE;
  if (options->precision == TL_DTYPE_F16)
    trainer->scale = tl_loss_scale_new (error);
  return options->precision != TL_DTYPE_F16 || trainer->scale != NULL;
}

static gboolean
set_up (TlTrainer               *trainer,
        const TlForecastOptions *options,
        GError                 **error)
{
  const TlOptimizerClass *klass = options->optimizer != NULL ? options->optimizer : tl_optimizer_find (DEFAULT_OPTIMIZER);
  g_autoptr (GPtrArray)   parameters = tl_model_get_parameters (options->model);
  gint                    from[TL_LAYER_MAX_IN];
  guint                   n_predictions, n_targets = 0;

  trainer->context = tl_context_get ();
  trainer->o.model = options->model;
  trainer->o.accumulate = MAX (options->accumulate, 1);
  trainer->loss_layer = options->loss_layer;
  trainer->o.loss_func = options->loss_layer == NULL ? mean_cb : NULL;
  trainer->n_inputs = tl_model_get_n_inputs (options->model);
  trainer->n_outputs = tl_model_get_n_outputs (options->model);
  if (trainer->n_inputs == 0 || trainer->n_outputs == 0 || trainer->n_inputs > TL_DATASET_MAX_FIELDS || trainer->n_outputs > 16) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "a model that is trained has inputs and outputs");
    return FALSE;
  }
  if (options->fields != NULL) {
    trainer->n_fields = MIN (options->n_fields, TL_DATASET_MAX_FIELDS);
    memcpy (trainer->types, options->fields, trainer->n_fields * sizeof (TlItemType));
  } else if (!describe_inputs (trainer, options, error)) {
    return FALSE;
  }
  if (options->loss_layer != NULL)
    tl_training_find_loss_inputs (tl_layer_get_class (options->loss_layer), trainer->n_outputs, from, &n_predictions, &n_targets);
  if (trainer->n_fields < trainer->n_inputs + n_targets) {
    g_set_error_literal (error, TL_ERROR, TL_ERROR_SHAPE, "the batch has fewer fields than the model and its loss take");
    return FALSE;
  }
  trainer->o.optimizer = tl_optimizer_new (klass, (TlVariable **)parameters->pdata, parameters->len, options->optimizer_attrs, error);
  return trainer->o.optimizer != NULL && set_up_step (trainer, options, parameters, error);
}

static gboolean
forecast_plan (TlTrainer   *trainer,
               TlPlan      *plan,
               gboolean     has_weight,
               gsize        n_items,
               TlPlanNeeds *needs,
               GError     **error)
{
  TlMeta inputs[TL_DATASET_MAX_FIELDS + 1];

  for (guint i = 0; i < trainer->n_fields; i++) {
    TlDim shape[TL_TENSOR_MAX_RANK] = { (TlDim)n_items };

    memcpy (shape + 1, trainer->types[i].shape, trainer->types[i].rank * sizeof (TlDim));
    tl_meta_init (&inputs[i], trainer->types[i].dtype, trainer->types[i].rank + 1, shape);
  }
  tl_meta_init (&inputs[trainer->n_fields], TL_DTYPE_F32, 0, NULL);
  return tl_plan_forecast (plan, inputs, trainer->n_fields + (has_weight ? 1 : 0), needs, error);
}

/* The arena of a whole batch and, where a smaller last one does not fit into it, that of the last one. */
static gboolean
forecast_arena (TlTrainer               *trainer,
                TlPlan                  *plan,
                gboolean                 has_weight,
                const TlForecastOptions *options,
                gsize                    n_items,
                TlPlanNeeds             *needs,
                GError                 **error)
{
  gsize       n_part = n_items > options->batch_size ? n_items % options->batch_size : 0;
  TlPlanNeeds part = { 0 };

  if (!forecast_plan (trainer, plan, has_weight, n_items > 0 ? MIN (n_items, options->batch_size) : options->batch_size, needs, error) ||
      (n_part > 0 && !forecast_plan (trainer, plan, has_weight, n_part, &part, error)))
    return FALSE;
  needs->n_arena = tl_memory_get_block_size (needs->n_arena) + (part.n_arena > needs->n_arena ? tl_memory_get_block_size (part.n_arena) : 0);
  needs->n_scratch = MAX (needs->n_scratch, part.n_scratch);
  return TRUE;
}

static gboolean
add_step (TlTrainer               *trainer,
          TlStepKind               kind,
          const TlForecastOptions *options,
          TlForecast              *forecast,
          GError                 **error)
{
  g_autoptr (TlPlan) plan = tl_trainer_trace (trainer, kind, error);
  TlPlanNeeds        needs;

  if (plan == NULL || !forecast_arena (trainer, plan, kind != TL_STEP_WHOLE, options, options->n_items, &needs, error))
    return FALSE;
  forecast->n_arena += needs.n_arena;
  forecast->n_scratch = MAX (forecast->n_scratch, needs.n_scratch);
  forecast->flops = needs.flops;
  return TRUE;
}

static gboolean
add_evaluation (TlTrainer               *trainer,
                const TlForecastOptions *options,
                TlForecast              *forecast,
                GError                 **error)
{
  g_autoptr (TlPlan) plan = tl_trainer_trace_evaluation (trainer, error);
  TlPlanNeeds        needs;

  if (plan == NULL || !forecast_arena (trainer, plan, FALSE, options, options->n_validation_items, &needs, error))
    return FALSE;
  forecast->n_evaluation = needs.n_arena;
  forecast->n_scratch = MAX (forecast->n_scratch, needs.n_scratch);
  return TRUE;
}

/* In the order in which the trainer binds them. */
static gboolean
add_steps (TlTrainer               *trainer,
           const TlForecastOptions *options,
           TlForecast              *forecast,
           GError                 **error)
{
  guint n = trainer->o.accumulate;

  if (n == 1)
    return add_step (trainer, TL_STEP_WHOLE, options, forecast, error);
  return add_step (trainer, TL_STEP_FIRST, options, forecast, error) &&
         (n == 2 || add_step (trainer, TL_STEP_MIDDLE, options, forecast, error)) &&
         add_step (trainer, TL_STEP_LAST, options, forecast, error);
}

static gboolean
run (TlTrainer               *trainer,
     const TlForecastOptions *options,
     TlForecast              *forecast,
     GError                 **error)
{
  Sums  sums = { forecast, 0 };
  guint n_threads = options->n_threads > 0 ? options->n_threads : g_get_num_processors ();

  if (!set_up (trainer, options, error) || !add_steps (trainer, options, forecast, error) ||
      (options->validates && !add_evaluation (trainer, options, forecast, error)))
    return FALSE;
  tl_model_foreach_variable (options->model, add_variable_cb, &sums);
  tl_optimizer_foreach_variable (trainer->o.optimizer, add_state_cb, &forecast->n_states);
  if (trainer->average != NULL)
    tl_average_foreach_variable (trainer->average, add_state_cb, &forecast->n_states);
  if (tl_optimizer_searches (trainer->o.optimizer))
    forecast->n_states += tl_memory_get_block_size (tl_optimizer_get_scratch (trainer->o.optimizer));
  forecast->n_gradients = trainer->o.accumulate > 1 || tl_optimizer_searches (trainer->o.optimizer) ? sums.n_trained : 0;
  forecast->n_scratch = tl_memory_get_block_size (((forecast->n_scratch + 4095) & ~(gsize)4095) * n_threads);
  forecast->n_batches = tl_loader_forecast (trainer->types, trainer->n_fields, options->n_items, options->batch_size);
  if (options->validates)
    forecast->n_batches += tl_loader_forecast (trainer->types, trainer->n_fields, options->n_validation_items, options->batch_size);
  forecast->n_total = forecast->n_variables + forecast->n_gradients + forecast->n_states + forecast->n_arena +
                      forecast->n_evaluation + forecast->n_scratch + forecast->n_batches;
  return TRUE;
}

/**
 * tl_forecast_training:
 * @options: what would be trained and how
 * @forecast: (out): what it needs
 * @error: return location for an error
 *
 * Works out memory and work of a training.
 *
 * Errors: what the trainer would say of the same options; %TL_ERROR_MEMORY
 *
 * Returns: whether it worked
 */
gboolean
tl_forecast_training (const TlForecastOptions *options,
                      TlForecast              *forecast,
                      GError                 **error)
{
  TlContext            *before = tl_context_peek ();
  g_autoptr (TlContext) scratch = tl_context_new (1);
  gboolean              described_before = tl_tensor_set_described (TRUE), ok;
  g_autofree TlTrainer *trainer = g_new0 (TlTrainer, 1);

  memset (forecast, 0, sizeof *forecast);
  tl_context_make_current (scratch);
  ok = run (trainer, options, forecast, error);
  g_clear_pointer (&trainer->scale, tl_loss_scale_free);
  g_clear_pointer (&trainer->average, tl_average_free);
  g_clear_pointer (&trainer->o.optimizer, tl_optimizer_unref);
  tl_context_make_current (before);
  tl_tensor_set_described (described_before);
  return ok;
}
