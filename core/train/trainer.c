/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "core/base/error.h"
#include "core/train/trainer-private.h"
#include "core/train/training.h"

static gboolean
add_variable_cb (TlVariable *variable,
                 gpointer    user_data)
{
  GPtrArray *variables = user_data;

  if (!g_ptr_array_find (variables, variable, NULL))
    g_ptr_array_add (variables, tl_variable_ref (variable));
  return TRUE;
}

static GPtrArray *
variables_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)tl_variable_unref);
}

/* Of everything that is trained. */
static gboolean
make_average (TlTrainer *self,
              double     decay,
              GError   **error)
{
  g_autoptr (GPtrArray) trained = g_ptr_array_new ();

  for (guint i = 0; i < self->model_variables->len; i++)
    if (tl_variable_get_trainable (self->model_variables->pdata[i]))
      g_ptr_array_add (trained, self->model_variables->pdata[i]);
  self->average = tl_average_new ((TlVariable *const *)trained->pdata, trained->len, decay, error);
  if (self->average == NULL)
    return FALSE;
  tl_average_foreach_variable (self->average, add_variable_cb, self->variables);
  return TRUE;
}

static gboolean
collect_variables (TlTrainer              *self,
                   const TlTrainerOptions *options,
                   GError                **error)
{
  g_autoptr (GHashTable) paths = g_hash_table_new (g_str_hash, g_str_equal);

  if (options->model != NULL)
    tl_model_foreach_variable (options->model, add_variable_cb, self->variables);
  for (guint i = 0; i < options->n_variables; i++)
    add_variable_cb (options->variables[i], self->variables);
  for (guint i = 0; i < self->variables->len; i++) {
    TlVariable    *variable = self->variables->pdata[i];
    TlVariableKind kind = tl_variable_get_kind (variable);

    if (kind == TL_VARIABLE_PARAMETER || kind == TL_VARIABLE_BUFFER)
      add_variable_cb (variable, self->model_variables);
    if (kind != TL_VARIABLE_PARAMETER)
      add_variable_cb (variable, self->changing);
    if (tl_variable_get_trainable (variable))
      self->n_parameters += tl_tensor_get_n_elements (tl_variable_get_value (variable));
  }
  tl_optimizer_foreach_variable (options->optimizer, add_variable_cb, self->variables);
  if (options->average > 0 && !make_average (self, options->average, error))
    return FALSE;
  if (options->precision == TL_DTYPE_F16) {
    self->scale = tl_loss_scale_new (error);
    if (self->scale == NULL)
      return FALSE;
    tl_loss_scale_foreach_variable (self->scale, add_variable_cb, self->variables);
  }
  if (tl_context_get_random_counter (self->context) != NULL) {
    add_variable_cb (tl_context_get_random_counter (self->context), self->variables);
    add_variable_cb (tl_context_get_random_counter (self->context), self->changing);
  }
  for (guint i = 0; i < self->variables->len; i++)
    if (!g_hash_table_add (paths, (gpointer)tl_variable_get_path (self->variables->pdata[i]))) {
      g_set_error (error, TL_ERROR, TL_ERROR_NAME, "two variables of the training are named %s; a checkpoint cannot hold both",
                   tl_variable_get_path (self->variables->pdata[i]));
      return FALSE;
    }
  return TRUE;
}

static gboolean
set_up_metrics (TlTrainer              *self,
                const TlTrainerOptions *options,
                GError                **error)
{
  g_return_val_if_fail (options->n_metrics <= TL_TRAINER_MAX_METRICS, FALSE);

  tl_metric_init (&self->metrics[0], &tl_metric_loss, NULL);
  self->n_metrics = 1;
  for (guint i = 0; i < options->n_metrics; i++)
    if (options->metrics[i].klass != &tl_metric_loss) {
      tl_metric_init (&self->metrics[self->n_metrics], options->metrics[i].klass, options->metrics[i].attrs);
      self->n_metrics++;
    }
  self->monitor = G_MAXUINT;
  for (guint i = 0; i < self->n_metrics; i++) {
    self->metric_names[i] = self->metrics[i].klass->name;
    self->results[0][i] = self->results[1][i] = NAN;
    if (strcmp (self->metric_names[i], options->monitor != NULL ? options->monitor : "loss") == 0)
      self->monitor = i;
  }
  if (self->monitor != G_MAXUINT)
    return TRUE;
  g_set_error (error, TL_ERROR, TL_ERROR_NAME, "monitor = \"%s\" is not among the metrics of this training", options->monitor);
  return FALSE;
}

static TlLoader *
make_loader (TlTrainer *self,
             TlDataset *dataset,
             gboolean   training,
             GError   **error)
{
  const TlLoaderOptions options = {
    .dataset = dataset,
    .transforms = self->o.transforms,
    .batch_size = self->o.batch_size,
    .shuffle = training && !self->o.keep_order,
    .drop_last = training && self->o.drop_last,
    .training = training,
    .seed = self->seed,
  };
  TlLoader *loader = tl_loader_new (&options, error);

  for (guint i = 0; loader != NULL && !training && i < self->n_fields; i++) {
    const TlItemType *a = &self->types[i];
    const TlItemType *b = tl_loader_get_n_fields (loader) > i ? tl_loader_get_type (loader, i) : NULL;

    if (b == NULL || a->dtype != b->dtype || a->rank != b->rank ||
        memcmp (a->shape, b->shape, a->rank * sizeof (gint64)) != 0) {
      g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "field %s of the validation set is not like that of the training set",
                   tl_dataset_get_field_name (self->o.train, i));
      g_clear_pointer (&loader, tl_loader_free);
    }
  }
  return loader;
}

/* Before anything is traced, so that the message speaks of fields and inputs. */
static gboolean
check_inputs (TlTrainer *self,
              GError   **error)
{
  for (guint i = 0; self->o.model != NULL && i < self->n_inputs; i++) {
    const TlItemType *type = &self->types[i];
    const char       *name;
    const TlMeta     *input = tl_model_get_input (self->o.model, i, &name);
    gboolean          fits = input == NULL || input->rank == type->rank + 1;
    g_autofree char  *want = NULL, *have = NULL;

    for (guint axis = 0; input != NULL && fits && axis < type->rank; axis++)
      fits = tl_dim_is_symbolic (input->shape[axis + 1]) || input->shape[axis + 1] == type->shape[axis];
    if (fits && (input == NULL || !tl_dtype_is_float (input->dtype) || tl_dtype_is_float (type->dtype)))
      continue;
    want = tl_meta_to_string (input);
    have = tl_shape_to_string (type->shape, type->rank);
    g_set_error (error, TL_ERROR, fits ? TL_ERROR_DTYPE : TL_ERROR_SHAPE,
                 "input %s of the model takes %s, but items of field %s are %s %s%s", name, want,
                 tl_dataset_get_field_name (self->o.train, i), tl_dtype_name (type->dtype), have,
                 fits ? "; the transforms scale and to_float make floats" : "");
    return FALSE;
  }
  return TRUE;
}

static gboolean
check_fields (TlTrainer *self,
              GError   **error)
{
  guint n_targets = self->o.loss_func != NULL, n_predictions;
  gint  from[TL_LAYER_MAX_IN];

  if (self->o.model != NULL) {
    if (!tl_model_is_built (self->o.model) && !tl_model_build (self->o.model, error))
      return FALSE;
    self->n_inputs = tl_model_get_n_inputs (self->o.model);
    self->n_outputs = tl_model_get_n_outputs (self->o.model);
  } else {
    self->n_inputs = self->o.n_forward_inputs;
    self->n_outputs = self->o.n_forward_outputs;
  }
  if (self->n_outputs == 0 || self->n_outputs > 16) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "a model that is trained has 1 to 16 outputs, not %u", self->n_outputs);
    return FALSE;
  }
  if (self->loss_layer != NULL)
    tl_training_find_loss_inputs (tl_layer_get_class (self->loss_layer), self->n_outputs, from, &n_predictions, &n_targets);
  if (self->n_inputs + n_targets > self->n_fields) {
    g_autofree char *targets = n_targets == 0   ? g_strdup ("")
                               : n_targets == 1 ? g_strdup (" and the loss a target")
                                                : g_strdup_printf (" and the loss %u more", n_targets);

    g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "the model takes %u inputs%s, but the data set has %u fields", self->n_inputs, targets,
                 self->n_fields);
    return FALSE;
  }
  return check_inputs (self, error);
}

static void
take_options (TlTrainer              *self,
              const TlTrainerOptions *options)
{
  self->o = *options;
  self->o.metrics = NULL;
  self->o.variables = NULL;
  self->o.schedule_attrs = NULL;
  self->o.monitor = NULL;
  self->o.model = options->model != NULL ? tl_model_ref (options->model) : NULL;
  self->o.loss_layer = NULL;
  self->o.optimizer = tl_optimizer_ref (options->optimizer);
  self->o.train = tl_dataset_ref (options->train);
  self->o.validation = options->validation != NULL ? tl_dataset_ref (options->validation) : NULL;
  self->o.transforms = options->transforms != NULL ? tl_transforms_ref (options->transforms) : NULL;
  self->o.folder = g_strdup (options->folder);
  self->o.batch_size = options->batch_size > 0 ? options->batch_size : 64;
  self->o.accumulate = MAX (options->accumulate, 1);
  self->o.checkpoint_every = MAX (options->checkpoint_every, 1);
  self->o.log_every = MAX (options->log_every, 1);
  self->seed = options->seed != 0 ? options->seed : tl_context_get_seed (self->context);
  if (options->loss_layer != NULL)
    self->loss_layer = tl_layer_ref (options->loss_layer);
  else if (options->loss != NULL)
    self->loss_layer = tl_layer_new (options->loss, "loss", TL_DTYPE_F32);
  if (options->schedule != NULL) {
    guint        n = tl_attr_count (options->schedule->attrs);
    TlAttrValue *attrs = g_new0 (TlAttrValue, n + 1);

    tl_attr_init_defaults (options->schedule->attrs, attrs);
    if (options->schedule_attrs != NULL && n > 0)
      memcpy (attrs, options->schedule_attrs, n * sizeof *attrs);
    self->o.schedule_attrs = attrs;
  }
}

static gboolean
make_loaders (TlTrainer *self,
              GError   **error)
{
  gsize n_batches;

  if (self->o.transforms != NULL && !tl_transforms_fit (self->o.transforms, self->o.train, self->seed, error))
    return FALSE;
  self->train = make_loader (self, self->o.train, TRUE, error);
  if (self->train == NULL)
    return FALSE;
  self->n_fields = tl_loader_get_n_fields (self->train);
  for (guint i = 0; i < self->n_fields; i++)
    self->types[i] = *tl_loader_get_type (self->train, i);
  if (self->o.validation != NULL) {
    self->validation = make_loader (self, self->o.validation, FALSE, error);
    if (self->validation == NULL)
      return FALSE;
  }
  n_batches = tl_loader_get_n_batches (self->train);
  self->steps_per_epoch = (n_batches + self->o.accumulate - 1) / self->o.accumulate;
  return TRUE;
}

/**
 * tl_trainer_new:
 * @options: what to train and how; nothing of it must be kept by the caller
 * @error: return location for an error
 *
 * Traces nothing yet, but checks what can be checked.  The current context of the thread is the one that trains.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_DTYPE, %TL_ERROR_NAME, %TL_ERROR_VALUE for what does not fit together; %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the trainer, or %NULL
 */
TlTrainer *
tl_trainer_new (const TlTrainerOptions *options,
                GError                **error)
{
  g_autoptr (TlTrainer) self = g_new0 (TlTrainer, 1);

  g_return_val_if_fail ((options->model != NULL) != (options->forward != NULL), NULL);
  g_return_val_if_fail (options->optimizer != NULL && options->train != NULL, NULL);

  self->context = tl_context_get ();
  self->variables = variables_new ();
  self->model_variables = variables_new ();
  self->changing = variables_new ();
  self->saved = g_ptr_array_new_with_free_func ((GDestroyNotify)tl_tensor_unref);
  self->best = self->loss = self->lr = NAN;
  atomic_init (&self->wishes.lr, NAN);
  take_options (self, options);
  if (tl_optimizer_searches (self->o.optimizer) && options->precision == TL_DTYPE_F16) {
    g_set_error (error, TL_ERROR, TL_ERROR_UNSUPPORTED, "%s searches along the loss itself and cannot train with a scaled one: precision must be f32 or bf16",
                 tl_optimizer_get_class (self->o.optimizer)->name);
    return NULL;
  }
  self->base_lr = tl_optimizer_get_lr (self->o.optimizer);
  self->weight = tl_tensor_new (TL_DTYPE_F32, 0, NULL, error);
  if (self->weight == NULL || !make_loaders (self, error) || !check_fields (self, error) ||
      !set_up_metrics (self, options, error) || !collect_variables (self, options, error))
    return NULL;
  if (options->clip_norm > 0)
    tl_optimizer_set_clip_norm (self->o.optimizer, options->clip_norm);
  if (options->clip_value > 0)
    tl_optimizer_set_clip_value (self->o.optimizer, options->clip_value);
  return g_steal_pointer (&self);
}

/**
 * tl_trainer_free:
 * @self: (transfer full) (nullable): a trainer
 */
void
tl_trainer_free (TlTrainer *self)
{
  if (self == NULL)
    return;
  for (guint i = 0; i < TL_N_STEP_KINDS; i++)
    g_clear_pointer (&self->plans[i], tl_plan_unref);
  g_clear_pointer (&self->evaluation, tl_plan_unref);
  g_clear_pointer (&self->average, tl_average_free);
  g_clear_pointer (&self->scale, tl_loss_scale_free);
  for (guint i = 0; i < self->n_metrics; i++) {
    tl_metric_clear (&self->metrics[i]);
    tl_metric_clear (&self->before[i]);
    tl_metric_clear (&self->evaluated[i]);
  }
  g_clear_pointer (&self->train, tl_loader_free);
  g_clear_pointer (&self->validation, tl_loader_free);
  g_clear_pointer (&self->weight, tl_tensor_unref);
  g_clear_pointer (&self->loss_layer, tl_layer_unref);
  g_ptr_array_unref (self->variables);
  g_ptr_array_unref (self->model_variables);
  g_ptr_array_unref (self->changing);
  g_ptr_array_unref (self->saved);
  g_clear_pointer (&self->o.model, tl_model_unref);
  tl_optimizer_unref (self->o.optimizer);
  tl_dataset_unref (self->o.train);
  g_clear_pointer (&self->o.validation, tl_dataset_unref);
  g_clear_pointer (&self->o.transforms, tl_transforms_unref);
  g_free ((gpointer)self->o.schedule_attrs);
  g_free ((gpointer)self->o.folder);
  g_free (self);
}

/**
 * tl_trainer_evaluate:
 * @self: a trainer
 * @dataset: items like those of the training set
 * @values: (out) (array length=n_values): the loss, then the metrics in their order
 * @n_values: how many are wanted
 * @error: return location for an error
 *
 * Measures the model on a data set in evaluation mode; changes nothing.
 *
 * Errors: %TL_ERROR_SHAPE, %TL_ERROR_MEMORY, %TL_ERROR_CANCELLED
 *
 * Returns: whether it was measured
 */
gboolean
tl_trainer_evaluate (TlTrainer *self,
                     TlDataset *dataset,
                     double    *values,
                     guint      n_values,
                     GError   **error)
{
  g_autoptr (TlLoader) loader = make_loader (self, dataset, FALSE, error);
  double               all[TL_TRAINER_MAX_METRICS + 1];

  if (loader == NULL || !tl_trainer_make_plans (self, error) || !tl_trainer_evaluate_loader (self, loader, all, error))
    return FALSE;
  memcpy (values, all, MIN (n_values, self->n_metrics) * sizeof *values);
  return TRUE;
}

/**
 * tl_trainer_set_folder:
 * @self: a trainer that does not run
 * @folder: (nullable): where files go
 */
void
tl_trainer_set_folder (TlTrainer  *self,
                       const char *folder)
{
  g_free ((gpointer)self->o.folder);
  self->o.folder = g_strdup (folder);
}

/**
 * tl_trainer_get_folder:
 * @self: a trainer
 *
 * Returns: (transfer none) (nullable): where files go
 */
const char *
tl_trainer_get_folder (TlTrainer *self)
{
  return self->o.folder;
}

/**
 * tl_trainer_get_state:
 * @self: a trainer
 * @state: (out): where it stands
 */
void
tl_trainer_get_state (TlTrainer      *self,
                      TlTrainerState *state)
{
  *state = (TlTrainerState){
    .step = self->step,
    .epoch = self->position.epoch,
    .loss = self->loss,
    .lr = self->lr,
    .best = self->best,
    .best_epoch = self->best_epoch,
  };
}

/**
 * tl_trainer_get_result:
 * @self: a trainer
 * @name: "loss" or the name of a metric
 * @validation: of the validation set instead of the training set
 *
 * Returns: its value in the last epoch that was finished; NaN if there is none
 */
double
tl_trainer_get_result (TlTrainer  *self,
                       const char *name,
                       gboolean    validation)
{
  for (guint i = 0; i < self->n_metrics; i++)
    if (strcmp (self->metric_names[i], name) == 0)
      return self->results[validation ? 1 : 0][i];
  return NAN;
}

/**
 * tl_trainer_set_idle_func:
 * @self: a trainer, before it runs
 * @func: (nullable): called on the training's thread between two steps and while it is paused
 * @user_data: for @func
 */
void
tl_trainer_set_idle_func (TlTrainer        *self,
                          TlTrainerIdleFunc func,
                          gpointer          user_data)
{
  self->idle = func;
  self->idle_data = user_data;
}

/**
 * tl_trainer_set_lr:
 * @self: a trainer, running or not
 * @lr: learning rate from the next step on; a schedule goes on from it
 */
void
tl_trainer_set_lr (TlTrainer *self,
                   double     lr)
{
  atomic_store (&self->wishes.lr, lr);
}

/**
 * tl_trainer_set_paused:
 * @self: a trainer, running or not
 * @paused: whether it waits between two steps
 */
void
tl_trainer_set_paused (TlTrainer *self,
                       gboolean   paused)
{
  atomic_store (&self->wishes.paused, paused);
}

/**
 * tl_trainer_stop:
 * @self: a trainer, running or not
 *
 * Ends the training after the step that runs, as if it were the last.
 */
void
tl_trainer_stop (TlTrainer *self)
{
  atomic_store (&self->wishes.stop, TRUE);
}
