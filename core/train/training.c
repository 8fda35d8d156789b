/* SPDX-License-Identifier: Apache-2.0 */
#include "core/train/training.h"

#include "core/base/error.h"

enum { EPOCHS,
       BATCH_SIZE,
       ACCUMULATE,
       SHUFFLE,
       DROP_LAST,
       CLIP_NORM,
       CLIP_VALUE,
       AVERAGE,
       PATIENCE,
       MIN_DELTA,
       MONITOR,
       CHECKPOINT_EVERY,
       KEEP_BEST,
       LOG_EVERY,
       SEED,
       PRECISION,
       RESUME,
       N_ATTRS };

/* In the order of `precisions`. */
static const char *const precision_names[] = { "f32", "bf16", "f16", NULL };
static const TlDType     precisions[] = { TL_DTYPE_F32, TL_DTYPE_BF16, TL_DTYPE_F16 };

#define COUNT .has_range = TRUE, .min = 1, .max = 1e15

// clang-format off
const TlAttrSpec tl_training_attrs[] = {
  { "epochs", "how often the training set is gone through", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "batch_size", "items in a batch", TL_ATTR_INT, .def = { .i = 64 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "accumulate", "batches of one optimizer step", TL_ATTR_INT, .def = { .i = 1 }, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },
  { "shuffle", "another order in each epoch", TL_ATTR_BOOL, .def = { .i = TRUE } },
  { "drop_last", "leave out the last batch of an epoch if it is smaller", TL_ATTR_BOOL },
  { "clip_norm", "largest norm of the gradients, 0 for no limit", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "clip_value", "largest size of an element of the gradients, 0 for no limit", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "average", "share of the old average of the weights in the new one; the average is validated and kept; 0 for none", TL_ATTR_FLOAT, .has_range = TRUE, .max = 0.9999999999, .alias = "ema" },
  { "patience", "epochs without improvement after which it stops, 0 for never", TL_ATTR_INT, .has_range = TRUE, .max = 1e15 },
  { "min_delta", "what counts as improvement", TL_ATTR_FLOAT, .has_range = TRUE, .max = G_MAXDOUBLE },
  { "monitor", "the metric that tells the best epoch", TL_ATTR_STRING },
  { "checkpoint_every", "epochs between checkpoints", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "keep_best", "also keep the model of the best epoch", TL_ATTR_BOOL },
  { "log_every", "steps between reports", TL_ATTR_INT, .def = { .i = 1 }, COUNT },
  { "seed", "of order and transforms; without it the document's", TL_ATTR_INT },
  { "precision", "in which products are computed and values are kept between the passes; the weights, sums, norms and the loss stay in f32, and with f16 the loss is scaled", TL_ATTR_ENUM, .names = precision_names },
  { "resume", "checkpoint to go on from", TL_ATTR_STRING },
  { NULL },
};
// clang-format on

G_STATIC_ASSERT (G_N_ELEMENTS (tl_training_attrs) == N_ATTRS + 1);
G_STATIC_ASSERT (N_ATTRS <= TL_TRAINING_MAX_ATTRS);

/**
 * tl_training_set_options:
 * @options: options of a trainer
 * @values: values of tl_training_attrs
 * @given: bit i: value i was given
 *
 * Puts what people gave into @options and leaves the rest of it as it is.
 *
 * Returns: (transfer none) (nullable): the checkpoint to go on from
 */
const char *
tl_training_set_options (TlTrainerOptions  *options,
                         const TlAttrValue *values,
                         guint32            given)
{
  options->epochs = (guint64)values[EPOCHS].i;
  options->batch_size = (gsize)values[BATCH_SIZE].i;
  options->accumulate = (guint)values[ACCUMULATE].i;
  options->keep_order = values[SHUFFLE].i == 0;
  options->drop_last = values[DROP_LAST].i != 0;
  options->clip_norm = values[CLIP_NORM].d;
  options->clip_value = values[CLIP_VALUE].d;
  options->average = values[AVERAGE].d;
  options->patience = (guint64)values[PATIENCE].i;
  options->min_delta = values[MIN_DELTA].d;
  options->monitor = values[MONITOR].s;
  options->checkpoint_every = (guint64)values[CHECKPOINT_EVERY].i;
  options->keep_best = values[KEEP_BEST].i != 0;
  options->log_every = (guint64)values[LOG_EVERY].i;
  options->seed = (given >> SEED & 1) != 0 ? (guint64)values[SEED].i : 0;
  options->precision = precisions[values[PRECISION].i];
  return values[RESUME].s;
}

/**
 * tl_training_find_loss_inputs:
 * @loss: a row
 * @n_outputs: number of the model's outputs
 * @from: (array length=TL_LAYER_MAX_IN) (out): for each input of the loss the number of an output, or -1 - number of a field of the data
 *   behind those that the model takes
 * @n_predictions: (out): how many outputs are taken
 * @n_targets: (out): how many fields of the data
 *
 * Where the inputs of a loss come from.  Those that it needs are, in order, targets from the data (called so, or without a gradient) and
 * predictions; where the model has no further output, the data have to provide it.
 *
 * Returns: the number of the loss' inputs
 */
guint
tl_training_find_loss_inputs (const TlLayerClass *loss,
                              guint               n_outputs,
                              gint               *from,
                              guint              *n_predictions,
                              guint              *n_targets)
{
  guint n = 0;

  *n_predictions = *n_targets = 0;
  for (; n < MIN (tl_op_get_n_ports (loss->in), TL_LAYER_MAX_IN); n++) {
    const TlPort *port = &loss->in[n];

    if ((port->flags & (TL_PORT_OPTIONAL | TL_PORT_VARIADIC)) != 0)
      break;
    if (*n_predictions < n_outputs && (port->flags & TL_PORT_NODIFF) == 0 && !g_str_has_prefix (port->name, "target"))
      from[n] = (gint)(*n_predictions)++;
    else
      from[n] = -1 - (gint)(*n_targets)++;
  }
  return n;
}

/**
 * tl_training_default_loss:
 * @train: a training set
 *
 * Returns: (transfer none): the loss that suits its last field: cross entropy for classes, the mean square for numbers
 */
const TlLayerClass *
tl_training_default_loss (TlDataset *train)
{
  const TlItemType *target = tl_dataset_get_item_type (train, tl_dataset_get_n_fields (train) - 1);

  return tl_layer_find (tl_dtype_is_float (target->dtype) ? "MSELoss" : "CrossEntropyLoss");
}

static gboolean
take_folder (const TlTrainingHost *host,
             const char           *cell,
             TlTrainer            *trainer,
             GError              **error)
{
  GError          *wrong = NULL;
  g_autofree char *folder = host->new_run != NULL ? host->new_run (host->user_data, cell, &wrong) : NULL;

  if (wrong != NULL) {
    g_propagate_error (error, wrong);
    return FALSE;
  }
  tl_trainer_set_folder (trainer, folder);
  return TRUE;
}

/**
 * tl_training_run:
 * @host: what the program gives
 * @cell: id of the cell that trains
 * @resume: (nullable): checkpoint to go on from; without it, the host's
 * @options: what to train and how
 * @trainer: (out) (transfer full): set before the first event; the trainer, also after a training that failed; %NULL where there was none
 * @error: return location for an error
 *
 * Trains.  A folder is made only for a training that can begin.
 *
 * Errors: those of tl_trainer_new(), tl_trainer_resume() and tl_trainer_run()
 *
 * Returns: whether it came to its end
 */
gboolean
tl_training_run (const TlTrainingHost *host,
                 const char           *cell,
                 const char           *resume,
                 TlTrainerOptions     *options,
                 TlTrainer           **trainer,
                 GError              **error)
{
  g_autofree char *given = resume == NULL && host->resume != NULL ? host->resume (host->user_data, cell) : g_strdup (resume);
  gboolean         ok;

  *trainer = tl_trainer_new (options, error);
  if (*trainer == NULL || (given != NULL && !tl_trainer_resume (*trainer, given, error)) ||
      !take_folder (host, cell, *trainer, error))
    return FALSE;
  if (host->trainer != NULL)
    host->trainer (host->user_data, *trainer);
  ok = tl_trainer_run (*trainer, error);
  if (host->trainer != NULL)
    host->trainer (host->user_data, NULL);
  return ok;
}
