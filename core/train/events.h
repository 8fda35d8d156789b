/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a training tells the program that runs it.
 *
 *     started  (step* epoch (validation) checkpoint?)*  finished | interrupted | failed
 *
 * TlRunSink is implemented above: the program writes metrics.jsonl and events.jsonl from it and draws progress bars.  The names
 * of the fields are the names in those files and do not change.  Functions that are not of interest may be %NULL.
 *
 * Ownership: everything handed to a sink is borrowed for the call.
 * Thread rule: the functions are called on the thread that trains, between steps.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlRunStarted:
 * @model: (nullable): name of the model
 * @loss: name of the loss
 * @optimizer: name of the optimizer
 * @device: where it is computed
 * @cpu: instruction set of the kernels, on which the bits depend
 * @version: of Trellis
 * @train_fingerprint: of the training set
 * @validation_fingerprint: (nullable): of the validation set
 * @n_parameters: trained numbers
 * @n_train: items of the training set
 * @n_validation: items of the validation set
 * @batch_size: items in a batch
 * @epochs: how many epochs
 * @steps_per_epoch: optimizer steps in one
 * @seed: the seed
 * @first_step: 0, or the step from which it goes on
 * @n_threads: threads that compute
 */
typedef struct {
  const char *model;
  const char *loss;
  const char *optimizer;
  const char *device;
  const char *cpu;
  const char *version;
  const char *train_fingerprint;
  const char *validation_fingerprint;
  guint64     n_parameters;
  guint64     n_train;
  guint64     n_validation;
  guint64     batch_size;
  guint64     epochs;
  guint64     steps_per_epoch;
  guint64     seed;
  guint64     first_step;
  guint       n_threads;
} TlRunStarted;

/**
 * TlRunStep:
 * @step: optimizer steps taken since the beginning of the training
 * @n_steps: how many it will be
 * @epoch: epoch, from 0
 * @epoch_step: steps taken in this epoch
 * @steps_per_epoch: how many it will be
 * @loss: mean loss of this step's items
 * @lr: learning rate of this step
 * @samples_per_s: items per second, lately
 * @elapsed_s: since the run was started or resumed
 * @left_s: estimated time to the end; negative if unknown
 * @n_bytes: memory in use
 * @n_values: number of @names and @values
 * @names: names of the metrics; the first is "loss"
 * @values: their values over the epoch so far; NaN for those that have to see all items at once
 */
typedef struct {
  guint64 step;
  guint64 n_steps;
  guint64 epoch;
  guint64 epoch_step;
  guint64 steps_per_epoch;
  double  loss;
  double  lr;
  double  samples_per_s;
  double  elapsed_s;
  double  left_s;
  gsize   n_bytes;

  guint              n_values;
  const char *const *names;
  const double      *values;
} TlRunStep;

/**
 * TlRunResult:
 * @step: optimizer steps taken
 * @epoch: epoch, from 0
 * @n_values: number of @names and @values
 * @names: names of the metrics; the first is "loss"
 * @values: their values
 * @duration_s: how long it took
 * @n_items: items measured
 *
 * What an epoch of training, or a pass over the validation set, came to.
 */
typedef struct {
  guint64            step;
  guint64            epoch;
  guint              n_values;
  const char *const *names;
  const double      *values;
  double             duration_s;
  guint64            n_items;
} TlRunResult;

/**
 * TlRunChange:
 * @step: steps taken when it took effect
 * @name: "lr", "pause", "continue", "stop", "early_stop", "resume", "loss_scale"
 * @value: the new learning rate, or 0
 *
 * A change that was not in the document: with these a run can be repeated.
 */
typedef struct {
  guint64     step;
  const char *name;
  double      value;
} TlRunChange;

/**
 * TlRunEnd:
 * @step: optimizer steps taken
 * @epoch: epochs finished
 * @elapsed_s: since the run was started or resumed
 * @model_path: (nullable): file of the trained model
 * @checkpoint_path: (nullable): file to resume from
 * @reason: %NULL, or the error, or "early_stop" or "stop" of a run that finished before its last epoch
 */
typedef struct {
  guint64     step;
  guint64     epoch;
  double      elapsed_s;
  const char *model_path;
  const char *checkpoint_path;
  const char *reason;
} TlRunEnd;

typedef struct {
  void (*started) (gpointer            user_data,
                   const TlRunStarted *event);
  void (*step) (gpointer         user_data,
                const TlRunStep *event);
  void (*epoch) (gpointer           user_data,
                 const TlRunResult *event);
  void (*validation) (gpointer           user_data,
                      const TlRunResult *event);
  void (*change) (gpointer           user_data,
                  const TlRunChange *event);
  void (*message) (gpointer    user_data,
                   const char *text);
  void (*checkpoint) (gpointer    user_data,
                      guint64     step,
                      const char *path);
  void (*finished) (gpointer        user_data,
                    const TlRunEnd *event);
  void (*interrupted) (gpointer        user_data,
                       const TlRunEnd *event);
  void (*failed) (gpointer        user_data,
                  const TlRunEnd *event);
} TlRunSink;

G_END_DECLS
