/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What is known of one training: its numbers and its curves, built from events (app/kernel/README.md).
 *
 * The same function takes live events and those of a run's events.jsonl, so a document that is opened again shows the
 * curves of its last run.
 *
 * Thread rule: one thread at a time.
 */

#include <json-glib/json-glib.h>

#include "ui/plot/series.h"

G_BEGIN_DECLS

typedef enum {
  TL_TRAINING_RUNNING,
  TL_TRAINING_PAUSED,
  TL_TRAINING_DONE,
  TL_TRAINING_INTERRUPTED,
  TL_TRAINING_FAILED,
} TlTrainingStatus;

/**
 * TlCurve:
 * @name: "loss", "accuracy"…
 * @is_validation: measured on the validation data at the end of an epoch
 * @series: over steps
 * @last: the newest value
 */
typedef struct {
  char     *name;
  gboolean  is_validation;
  TlSeries *series;
  double    last;
} TlCurve;

/**
 * TlTraining:
 * @run: its id
 * @cell: the cell it belongs to
 * @folder: its folder
 * @model: (nullable): the trained model's file, once it is written
 * @curves: (element-type TlCurve): loss first, then in the order in which they appeared
 * @parameters: number of parameters
 * @progress: 0 to 1
 * @seconds_left: estimate, or less than 0
 */
typedef struct {
  char            *run;
  char            *cell;
  char            *folder;
  char            *model;
  char            *device;
  GPtrArray       *curves;
  TlTrainingStatus status;
  gint64           parameters;
  gint64           epochs;
  gint64           steps_per_epoch;
  gint64           batch_size;
  gint64           epoch;
  gint64           step;
  double           loss;
  double           lr;
  double           samples_per_s;
  double           seconds_left;
  double           seconds;
  double           progress;
} TlTraining;

TlTraining *tl_training_new (void);
void        tl_training_free (TlTraining *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlTraining, tl_training_free)

/**
 * tl_training_take_event:
 * @self: a training
 * @type: the event's type
 * @event: the event
 *
 * "run_started" begins anew.
 *
 * Returns: whether the event is about a training
 */
gboolean tl_training_take_event (TlTraining *self,
                                 const char *type,
                                 JsonObject *event);

/**
 * tl_training_load_metrics:
 * @folder: a run's folder
 *
 * Reads metrics.jsonl: all steps, where events are only some of them.
 *
 * Returns: (transfer full) (nullable): a training that has nothing but curves
 */
TlTraining *tl_training_load_metrics (const char *folder);

/**
 * tl_training_adopt:
 * @self: a training
 * @from: what tl_training_load_metrics() gave; its curves are used up
 *
 * Replaces curves by more complete ones; points that are newer than those are kept.
 */
void tl_training_adopt (TlTraining *self,
                        TlTraining *from);

/**
 * tl_training_load:
 * @folder: a run's folder
 *
 * Reads its events.jsonl.  Any thread.
 *
 * Returns: (transfer full) (nullable): the training, or %NULL where there is none
 */
TlTraining *tl_training_load (const char *folder);

gboolean tl_training_is_live (const TlTraining *self);

/**
 * tl_training_find_curve:
 *
 * Returns: (nullable): the curve of that name
 */
const TlCurve *tl_training_find_curve (const TlTraining *self,
                                       const char       *name,
                                       gboolean          is_validation);

G_END_DECLS
