/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The trainer: fits a model to a data set.
 *
 *     batch -> forward -> loss -> backward -> optimizer      traced once with N items, planned, replayed for every batch
 *     batch -> forward -> loss, metrics                      the same for the validation set, in evaluation mode
 *
 * Nothing is allocated per step after the second.  Between two steps the trainer stands at a point that a checkpoint
 * describes completely: variables, optimizer, random counters, place in the data, metrics of the epoch so far, early stopping.
 * A run that goes on from one gives the same bits as a run that was never stopped.
 *
 * tl_context_cancel() on the training thread's context abandons the step that runs, writes a checkpoint of the last finished one and ends
 * with %TL_ERROR_CANCELLED.  A NaN or Inf in what would change the model ends with %TL_ERROR_NUMERIC before anything changed.
 *
 * In f16 a step whose gradients overflow is not taken: its batches pass, the scale of the loss is halved, and only a NaN that
 * has nothing to do with the scale ends the training.
 *
 * With `accumulate` = k one optimizer step takes k batches, each weighted by its items: the gradient is that of the batch
 * of their union.
 *
 * In the run's folder: checkpoint.safetensors (the newest), best.safetensors (keep_best), model.safetensors (at the end).
 *
 * Ownership: one owner, tl_trainer_free().
 * Thread rule: one thread; tl_trainer_set_lr(), tl_trainer_set_paused() and tl_trainer_stop() from any.
 */

#include "core/data/loader.h"
#include "core/nn/layer.h"
#include "core/nn/model.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/train/checkpoint.h"
#include "core/train/events.h"
#include "core/train/metrics.h"

G_BEGIN_DECLS

#define TL_TRAINER_MAX_METRICS 16

typedef struct _TlTrainer TlTrainer;

/**
 * TlForwardFunc:
 * @inputs: (array length=n_inputs): what the model takes
 * @n_inputs: their number
 * @outputs: (array length=n_outputs): to be set, (transfer full)
 * @n_outputs: their number
 * @user_data: of the options
 * @error: return location for an error
 *
 * A model that is a function.  It is called while a step is traced, once for training and once for evaluation.
 *
 * Returns: whether it went well
 */
typedef gboolean (*TlForwardFunc) (TlTensor *const *inputs,
                                   guint            n_inputs,
                                   TlTensor       **outputs,
                                   guint            n_outputs,
                                   gpointer         user_data,
                                   GError         **error);

/**
 * TlLossFunc:
 * @outputs: (array length=n_outputs): what the model gave
 * @n_outputs: their number
 * @targets: (array length=n_targets): the fields that the model does not take
 * @n_targets: their number
 * @user_data: of the options
 * @error: return location for an error
 *
 * A loss that is a function; called while a step is traced.
 *
 * Returns: (transfer full): the mean loss of the batch, without axes
 */
typedef TlTensor *(*TlLossFunc) (TlTensor *const *outputs,
                                 guint            n_outputs,
                                 TlTensor *const *targets,
                                 guint            n_targets,
                                 gpointer         user_data,
                                 GError         **error);

/**
 * TlTrainerIdleFunc:
 * @user_data: for the function
 *
 * What is to be done between two steps, and a hundred times a second while the training is paused.
 */
typedef void (*TlTrainerIdleFunc) (gpointer user_data);

/**
 * TlScheduleFunc:
 * @position: where the training is
 * @base_lr: the optimizer's learning rate
 * @user_data: of the trainer's options
 * @lr: (out): the rate of the next step
 * @error: return location for an error
 *
 * Returns: whether there is one; if not, the training ends with @error
 */
typedef gboolean (*TlScheduleFunc) (const TlSchedulePosition *position,
                                    double                    base_lr,
                                    gpointer                  user_data,
                                    double                   *lr,
                                    GError                  **error);

/**
 * TlTrainerOptions:
 * @model: (nullable): the model, built; its inputs are the first fields of the data, its first output the prediction
 * @forward: (nullable): instead of @model
 * @forward_data: for @forward
 * @n_forward_inputs: fields that @forward takes
 * @n_forward_outputs: what it gives
 * @variables: (nullable) (array length=n_variables): all variables that @forward uses
 * @n_variables: their number
 * @loss: (nullable): row of the loss; it takes the prediction and the next field
 * @loss_layer: (nullable): the same with attributes
 * @loss_func: (nullable): instead of @loss; with none of the three, the model's last output is the loss
 * @loss_data: for @loss_func
 * @optimizer: the optimizer, made with the model's parameters
 * @schedule: (nullable): of the learning rate
 * @schedule_attrs: (nullable): its attributes
 * @schedule_func: (nullable): instead of @schedule; called before each step, in the thread that trains
 * @schedule_data: for @schedule_func
 * @clip_norm: largest norm of the gradients, 0 for no limit
 * @clip_value: largest size of an element of the gradients, 0 for no limit
 * @average: share of the old average of the weights in the new one; the average is what is validated and kept at the end; 0 for none
 * @train: the training set
 * @validation: (nullable): the validation set
 * @transforms: (nullable): what is done to both; fitted to the training set if it was not
 * @epochs: how often the training set is gone through
 * @batch_size: items in a batch; 0 is 64
 * @accumulate: batches of one optimizer step; 0 is 1
 * @keep_order: do not shuffle
 * @drop_last: leave out the last batch of an epoch if it is smaller
 * @metrics: (array length=n_metrics): what is measured besides the loss
 * @n_metrics: their number
 * @patience: stop after so many epochs without a better @monitor; 0 never stops
 * @min_delta: what counts as better
 * @monitor: (nullable): name of a metric of the validation set (without one, the training set); %NULL is "loss"
 * @checkpoint_every: epochs between checkpoints; 0 is 1
 * @keep_best: also keep the model of the best epoch
 * @log_every: steps between step events; 0 is 1
 * @seed: of order and transforms; 0 is the context's
 * @precision: dtype of products, see tl_context_set_autocast(); with f16 the loss is scaled (core/train/loss-scale.h)
 * @folder: (nullable): where files go; without it none is written
 * @sink: (nullable): who is told
 * @sink_data: for @sink
 *
 * Zero is the default of everything.
 */
typedef struct {
  TlModel            *model;
  TlForwardFunc       forward;
  gpointer            forward_data;
  guint               n_forward_inputs;
  guint               n_forward_outputs;
  TlVariable *const  *variables;
  guint               n_variables;
  const TlLayerClass *loss;
  TlLayer            *loss_layer;
  TlLossFunc          loss_func;
  gpointer            loss_data;

  TlOptimizer           *optimizer;
  const TlScheduleClass *schedule;
  const TlAttrValue     *schedule_attrs;
  TlScheduleFunc         schedule_func;
  gpointer               schedule_data;
  double                 clip_norm;
  double                 clip_value;
  double                 average;

  TlDataset    *train;
  TlDataset    *validation;
  TlTransforms *transforms;
  guint64       epochs;
  gsize         batch_size;
  guint         accumulate;
  gboolean      keep_order;
  gboolean      drop_last;

  const TlMetric *metrics;
  guint           n_metrics;
  guint64         patience;
  double          min_delta;
  const char     *monitor;

  guint64          checkpoint_every;
  gboolean         keep_best;
  guint64          log_every;
  guint64          seed;
  TlDType          precision;
  const char      *folder;
  const TlRunSink *sink;
  gpointer         sink_data;
} TlTrainerOptions;

/**
 * TlTrainerState:
 * @step: optimizer steps taken
 * @epoch: the epoch that comes next or is running
 * @loss: mean loss of the last step
 * @lr: learning rate of the last step
 * @best: best value of the monitored metric, NaN before the first
 * @best_epoch: its epoch
 *
 * Where a trainer stands.
 */
typedef struct {
  guint64 step;
  guint64 epoch;
  double  loss;
  double  lr;
  double  best;
  guint64 best_epoch;
} TlTrainerState;

TlTrainer *tl_trainer_new (const TlTrainerOptions *options,
                           GError                **error);
void       tl_trainer_free (TlTrainer *self);

gboolean    tl_trainer_run (TlTrainer *self,
                            GError   **error);
gboolean    tl_trainer_resume (TlTrainer  *self,
                               const char *path,
                               GError    **error);
gboolean    tl_trainer_save_checkpoint (TlTrainer  *self,
                                        const char *path,
                                        GError    **error);
gboolean    tl_trainer_save_model (TlTrainer  *self,
                                   const char *path,
                                   GError    **error);
gboolean    tl_trainer_evaluate (TlTrainer *self,
                                 TlDataset *dataset,
                                 double    *values,
                                 guint      n_values,
                                 GError   **error);
void        tl_trainer_set_folder (TlTrainer  *self,
                                   const char *folder);
const char *tl_trainer_get_folder (TlTrainer *self);
void        tl_trainer_get_state (TlTrainer      *self,
                                  TlTrainerState *state);
double      tl_trainer_get_result (TlTrainer  *self,
                                   const char *name,
                                   gboolean    validation);

void tl_trainer_set_idle_func (TlTrainer        *self,
                               TlTrainerIdleFunc func,
                               gpointer          user_data);

void tl_trainer_set_lr (TlTrainer *self,
                        double     lr);
void tl_trainer_set_paused (TlTrainer *self,
                            gboolean   paused);
void tl_trainer_stop (TlTrainer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlTrainer, tl_trainer_free)

G_END_DECLS
