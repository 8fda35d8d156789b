/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A training inside a program: what `fit` in Lua and a Train node in a graph have in common.
 *
 *     tl_training_attrs     options as people give them    -> tl_training_set_options() -> TlTrainerOptions
 *     TlTrainingHost        what the program gives: a folder, a checkpoint, who is told
 *     tl_training_run()     makes the trainer, resumes it, gives it its folder, runs it
 *
 * Ownership: as said at each function.  Thread rule: one thread at a time.
 */

#include "core/train/trainer.h"

G_BEGIN_DECLS

/* Options of a training, ended by a nameless one. */
extern const TlAttrSpec tl_training_attrs[];

/** TL_TRAINING_MAX_ATTRS: room for the values of tl_training_attrs */
#define TL_TRAINING_MAX_ATTRS 24

/**
 * TlTrainingHost:
 * @user_data: for all functions, and for @sink
 * @new_run: (nullable): makes the folder of a training that @cell starts, (transfer full); %NULL without an error keeps no files
 * @resume: (nullable): checkpoint from which the next training of @cell goes on, (transfer full) (nullable)
 * @trainer: (nullable): called with the trainer while one runs, and with %NULL afterwards, so that rate, pause and stop can be passed on
 * @sink: (nullable): who is told of trainings
 *
 * What a program gives to trainings.  All functions are called on the thread that trains.
 */
typedef struct {
  gpointer user_data;
  char *(*new_run) (gpointer    user_data,
                    const char *cell,
                    GError    **error);
  char *(*resume) (gpointer    user_data,
                   const char *cell);
  void (*trainer) (gpointer   user_data,
                   TlTrainer *trainer);
  const TlRunSink *sink;
} TlTrainingHost;

const char         *tl_training_set_options (TlTrainerOptions  *options,
                                             const TlAttrValue *values,
                                             guint32            given);
guint               tl_training_find_loss_inputs (const TlLayerClass *loss,
                                                  guint               n_outputs,
                                                  gint               *from,
                                                  guint              *n_predictions,
                                                  guint              *n_targets);
const TlLayerClass *tl_training_default_loss (TlDataset *train);
gboolean            tl_training_run (const TlTrainingHost *host,
                                     const char           *cell,
                                     const char           *resume,
                                     TlTrainerOptions     *options,
                                     TlTrainer           **trainer,
                                     GError              **error);

G_END_DECLS
