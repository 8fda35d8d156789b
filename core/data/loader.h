/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Loaders: batches of a data set, epoch after epoch.
 *
 *     epoch 0: [b0 b1 ... bn-1] end   epoch 1: [b0 ...        position (epoch, batch) = what comes next
 *
 *     thread that assembles --> ring of a few batches --> tl_loader_next()
 *
 * The order of an epoch is a permutation drawn from (seed, "loader"; epoch), so that epoch and batch say everything about what
 * comes next: a loader set to a position goes on with the same bits, whatever came before and however many threads there are.
 *
 * The tensors of a batch are used again for later ones; the ring takes a fresh one only where somebody kept a
 * reference, so a batch that is held never changes.  Nothing else is allocated after the loader was made.
 *
 * Ownership: one owner, tl_loader_free(); batches are borrowed until the next call.
 * Thread rule: one thread at a time.
 */

#include "core/data/transforms.h"

G_BEGIN_DECLS

typedef struct _TlLoader TlLoader;

/**
 * TlLoaderOptions:
 * @dataset: the items
 * @transforms: (nullable): fitted pipeline
 * @batch_size: items in a batch, at least 1
 * @shuffle: another order in each epoch
 * @drop_last: leave out the last batch of an epoch if it is smaller
 * @training: whether random transforms are applied
 * @synchronous: assemble in tl_loader_next() instead of ahead of time
 * @seed: of the order; the transforms have their own
 */
typedef struct {
  TlDataset    *dataset;
  TlTransforms *transforms;
  gsize         batch_size;
  gboolean      shuffle;
  gboolean      drop_last;
  gboolean      training;
  gboolean      synchronous;
  guint64       seed;
} TlLoaderOptions;

/**
 * TlLoaderPosition:
 * @epoch: number of the epoch, from 0
 * @batch: number of the batch in it that comes next; the number of batches at the end of the epoch
 */
typedef struct {
  guint64 epoch;
  guint64 batch;
} TlLoaderPosition;

TlLoader *tl_loader_new (const TlLoaderOptions *options,
                         GError               **error);
void      tl_loader_free (TlLoader *self);

gsize             tl_loader_forecast (const TlItemType *types,
                                      guint             n_fields,
                                      gsize             n_items,
                                      gsize             batch_size);
guint             tl_loader_get_n_fields (TlLoader *self);
gsize             tl_loader_get_n_batches (TlLoader *self);
gsize             tl_loader_get_n_items (TlLoader *self);
TlDataset        *tl_loader_get_dataset (TlLoader *self);
const TlItemType *tl_loader_get_type (TlLoader *self,
                                      guint     field);
gsize             tl_loader_get_batch_size (TlLoader *self,
                                            gsize     batch);
gboolean          tl_loader_next (TlLoader  *self,
                                  TlTensor **fields,
                                  gsize     *n_items,
                                  GError   **error);
void              tl_loader_get_position (TlLoader         *self,
                                          TlLoaderPosition *position);
void              tl_loader_set_position (TlLoader               *self,
                                          const TlLoaderPosition *position);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlLoader, tl_loader_free)

G_END_DECLS
