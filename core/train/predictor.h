/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a trained model makes of one item of the data it was judged by.
 *
 * A predictor holds what the trainer replays in evaluation mode, so it works between the steps of a training and after it, for
 * models of layers and for those that are functions, and always tells what the variables say now.
 *
 * Ownership: one owner, tl_predictor_free().  Thread rule: one thread at a time, the one that trained.
 */

#include "core/train/trainer.h"

G_BEGIN_DECLS

typedef struct _TlPredictor TlPredictor;

TlPredictor *tl_predictor_new (TlTrainer *trainer);
void         tl_predictor_free (TlPredictor *self);

TlDataset          *tl_predictor_get_dataset (TlPredictor *self);
guint               tl_predictor_get_n_inputs (TlPredictor *self);
const TlLayerClass *tl_predictor_get_loss (TlPredictor *self);
TlTensor           *tl_predictor_run (TlPredictor *self,
                                      gsize        item,
                                      GError     **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlPredictor, tl_predictor_free)

G_END_DECLS
