/* SPDX-License-Identifier: Apache-2.0 */
#include "core/data/loader.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/data/dataset-private.h"
#include "core/tensor/tensor-private.h"

#define N_SLOTS 4

/*
 * A batch in the making.  A slot belongs to the thread that assembles until it is filled, then to the reader until he
 * asks for the next one.
 */
typedef struct {
  TlTensor        *whole[TL_DATASET_MAX_FIELDS];
  TlTensor        *part[TL_DATASET_MAX_FIELDS]; /* of a smaller last batch */
  TlLoaderPosition position;
  gsize            n_items;
} Slot;

struct _TlLoader {
  TlDataset    *dataset;
  TlTransforms *transforms;
  TlItemType    types[TL_DATASET_MAX_FIELDS];
  guint         n_fields;
  gsize         n_items, batch_size, n_batches, n_last; /* n_last: items of the last batch */
  gboolean      shuffle, training, synchronous;
  TlPhiloxKey   key;
  gpointer      scratch; /* of the thread that assembles */
  gsize         n_scratch;

  gsize           *order; /* of the epoch order_epoch */
  guint64          order_epoch;
  TlLoaderPosition ahead; /* what is assembled next */

  TlLoaderPosition position; /* what the reader gets next */
  gboolean         holds;    /* the reader holds slot n_taken % N_SLOTS */
  Slot             slots[N_SLOTS];

  gboolean        has_thread;
  pthread_t       thread;
  pthread_mutex_t mutex;
  pthread_cond_t  filled, freed;
  guint64         n_filled, n_taken; /* under the mutex: slots filled, and given back by the reader */
  guint64         generation;        /* counts changes of the position */
  gboolean        quit;
};

static void
permute (TlLoader *self,
         guint64   epoch)
{
  if (!self->shuffle || self->order_epoch == epoch)
    return;
  tl_data_permute (self->order, self->n_items, self->key, epoch);
  self->order_epoch = epoch;
}

static void
assemble (TlLoader        *self,
          Slot            *slot,
          TlLoaderPosition position)
{
  gsize first = position.batch * self->batch_size;

  permute (self, position.epoch);
  slot->position = position;
  slot->n_items = position.batch + 1 == self->n_batches ? self->n_last : self->batch_size;
  for (guint field = 0; field < self->n_fields; field++) {
    gsize   n_bytes = tl_item_type_get_n_bytes (&self->types[field]);
    guint8 *to = tl_tensor_peek_data (slot->n_items == self->batch_size ? slot->whole[field] : slot->part[field]);

    for (gsize i = 0; i < slot->n_items; i++, to += n_bytes) {
      gsize         item = self->shuffle ? self->order[first + i] : first + i;
      gconstpointer from = tl_dataset_peek_item (self->dataset, field, item);

      if (self->transforms != NULL)
        tl_transforms_apply (self->transforms, field, self->training, from, to, self->scratch, position.epoch,
                             tl_dataset_row (self->dataset, item));
      else
        memcpy (to, from, n_bytes);
    }
  }
}

static TlLoaderPosition
next_batch (TlLoader        *self,
            TlLoaderPosition position)
{
  if (position.batch >= self->n_batches)
    position = (TlLoaderPosition){ position.epoch + 1, 0 };
  return position;
}

static void *
assemble_ahead_cb (void *data)
{
  TlLoader *self = data;

  pthread_mutex_lock (&self->mutex);
  while (!self->quit) {
    TlLoaderPosition position;
    guint64          generation = self->generation;
    Slot            *slot = &self->slots[self->n_filled % N_SLOTS];

    if (self->n_filled - self->n_taken == N_SLOTS) {
      pthread_cond_wait (&self->freed, &self->mutex);
      continue;
    }
    position = next_batch (self, self->ahead);
    pthread_mutex_unlock (&self->mutex);
    assemble (self, slot, position);
    pthread_mutex_lock (&self->mutex);
    /* If the reader went elsewhere meanwhile, the batch is forgotten. */
    if (self->generation == generation) {
      self->n_filled++;
      self->ahead = (TlLoaderPosition){ position.epoch, position.batch + 1 };
    }
    pthread_cond_signal (&self->filled);
  }
  pthread_mutex_unlock (&self->mutex);
  return NULL;
}

static gboolean
start_thread (TlLoader *self)
{
  sigset_t all, before;

  /* Signals are for the threads of the program. */
  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  self->has_thread = pthread_create (&self->thread, NULL, assemble_ahead_cb, self) == 0;
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return self->has_thread;
}

static gboolean
make_tensors (TlLoader  *self,
              gsize      n_items,
              TlTensor **tensors,
              GError   **error)
{
  for (guint field = 0; field < self->n_fields; field++) {
    const TlItemType *type = &self->types[field];
    TlDim             shape[TL_TENSOR_MAX_RANK] = { (TlDim)n_items };

    memcpy (shape + 1, type->shape, type->rank * sizeof (TlDim));
    tensors[field] = tl_tensor_new (type->dtype, type->rank + 1, shape, error);
    if (tensors[field] == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
make_types (TlLoader *self,
            GError  **error)
{
  if (self->transforms != NULL && !tl_transforms_check (self->transforms, self->dataset, error))
    return FALSE;
  self->n_fields = tl_dataset_get_n_fields (self->dataset);
  for (guint field = 0; field < self->n_fields; field++) {
    self->types[field] = self->transforms != NULL ? *tl_transforms_get_out_type (self->transforms, field)
                                                  : *tl_dataset_get_item_type (self->dataset, field);
    if (self->types[field].rank == TL_TENSOR_MAX_RANK) {
      g_set_error (error, TL_ERROR, TL_ERROR_SHAPE, "loader: items of field %s have %d axes; a batch would have more than that",
                   tl_dataset_get_field_name (self->dataset, field), TL_TENSOR_MAX_RANK);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
make_batches (TlLoader *self,
              gboolean  drop_last,
              GError  **error)
{
  gsize rest = self->n_items % self->batch_size;

  self->n_batches = self->n_items / self->batch_size + (rest > 0 && !drop_last ? 1 : 0);
  self->n_last = rest > 0 && !drop_last ? rest : self->batch_size;
  if (self->n_batches == 0) {
    g_set_error (error, TL_ERROR, TL_ERROR_VALUE,
                 "loader: a data set of %" G_GSIZE_FORMAT " items gives no batch of %" G_GSIZE_FORMAT, self->n_items,
                 self->batch_size);
    return FALSE;
  }
  for (guint i = 0; i < N_SLOTS; i++)
    if (!make_tensors (self, self->batch_size, self->slots[i].whole, error) ||
        (self->n_last != self->batch_size && !make_tensors (self, self->n_last, self->slots[i].part, error)))
      return FALSE;
  return TRUE;
}

/**
 * tl_loader_new:
 * @options: what to load and how
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_VALUE for a data set without a batch, %TL_ERROR_SHAPE, %TL_ERROR_NAME if the transforms do not fit,
 * %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): a loader at the beginning of epoch 0, or %NULL
 */
TlLoader *
tl_loader_new (const TlLoaderOptions *options,
               GError               **error)
{
  g_autoptr (TlLoader) self = g_new0 (TlLoader, 1);

  g_return_val_if_fail (options->batch_size > 0, NULL);

  pthread_mutex_init (&self->mutex, NULL);
  pthread_cond_init (&self->filled, NULL);
  pthread_cond_init (&self->freed, NULL);
  self->dataset = tl_dataset_ref (options->dataset);
  self->transforms = options->transforms != NULL ? tl_transforms_ref (options->transforms) : NULL;
  self->n_items = tl_dataset_get_n_items (self->dataset);
  self->batch_size = MIN (options->batch_size, MAX (self->n_items, 1));
  self->batch_size = options->drop_last ? options->batch_size : self->batch_size;
  self->shuffle = options->shuffle;
  self->training = options->training;
  self->synchronous = options->synchronous;
  self->key = tl_philox_key (options->seed, TL_STREAM_LOADER);
  self->order_epoch = G_MAXUINT64;
  if (!make_types (self, error) || !make_batches (self, options->drop_last, error))
    return NULL;
  self->n_scratch = self->transforms != NULL ? tl_transforms_get_n_scratch (self->transforms) : 1;
  self->scratch = tl_memory_alloc (self->n_scratch, error);
  if (self->scratch == NULL)
    return NULL;
  self->order = g_try_new (gsize, self->shuffle ? self->n_items : 1);
  if (self->order == NULL) {
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "loader: no memory for the order of %" G_GSIZE_FORMAT " items",
                 self->n_items);
    return NULL;
  }
  return g_steal_pointer (&self);
}

/**
 * tl_loader_free:
 * @self: (transfer full) (nullable): a loader
 */
void
tl_loader_free (TlLoader *self)
{
  if (self == NULL)
    return;
  if (self->has_thread) {
    pthread_mutex_lock (&self->mutex);
    self->quit = TRUE;
    pthread_cond_signal (&self->freed);
    pthread_mutex_unlock (&self->mutex);
    pthread_join (self->thread, NULL);
  }
  for (guint i = 0; i < N_SLOTS; i++)
    for (guint field = 0; field < TL_DATASET_MAX_FIELDS; field++) {
      g_clear_pointer (&self->slots[i].whole[field], tl_tensor_unref);
      g_clear_pointer (&self->slots[i].part[field], tl_tensor_unref);
    }
  if (self->scratch != NULL)
    tl_memory_free (self->scratch, self->n_scratch);
  g_free (self->order);
  g_clear_pointer (&self->transforms, tl_transforms_unref);
  tl_dataset_unref (self->dataset);
  pthread_cond_destroy (&self->filled);
  pthread_cond_destroy (&self->freed);
  pthread_mutex_destroy (&self->mutex);
  g_free (self);
}

/**
 * tl_loader_forecast:
 * @types: (array length=n_fields): items of the fields, after transforms
 * @n_fields: their number
 * @n_items: items of the data set; 0 if it is not known
 * @batch_size: items in a batch
 *
 * Returns: the bytes that a loader of such batches holds
 */
gsize
tl_loader_forecast (const TlItemType *types,
                    guint             n_fields,
                    gsize             n_items,
                    gsize             batch_size)
{
  gsize n_whole = n_items > 0 ? MIN (n_items, batch_size) : batch_size, n_part = n_items % n_whole;
  gsize n_bytes = 0;

  for (guint field = 0; field < n_fields; field++) {
    gsize n_item = tl_item_type_get_n_bytes (&types[field]);

    n_bytes += tl_memory_get_block_size (n_item * n_whole) + (n_part > 0 ? tl_memory_get_block_size (n_item * n_part) : 0);
  }
  return N_SLOTS * n_bytes;
}

/**
 * tl_loader_get_n_fields:
 * @self: a loader
 *
 * Returns: tensors in a batch
 */
guint
tl_loader_get_n_fields (TlLoader *self)
{
  return self->n_fields;
}

/**
 * tl_loader_get_n_batches:
 * @self: a loader
 *
 * Returns: batches in an epoch
 */
gsize
tl_loader_get_n_batches (TlLoader *self)
{
  return self->n_batches;
}

/**
 * tl_loader_get_n_items:
 * @self: a loader
 *
 * Returns: items in an epoch
 */
gsize
tl_loader_get_n_items (TlLoader *self)
{
  return (self->n_batches - 1) * self->batch_size + self->n_last;
}

/**
 * tl_loader_get_batch_size:
 * @self: a loader
 * @batch: number of a batch
 *
 * Returns: its items
 */
gsize
tl_loader_get_batch_size (TlLoader *self,
                          gsize     batch)
{
  return batch + 1 == self->n_batches ? self->n_last : self->batch_size;
}

/**
 * tl_loader_get_dataset:
 * @self: a loader
 *
 * Returns: (transfer none): its data set
 */
TlDataset *
tl_loader_get_dataset (TlLoader *self)
{
  return self->dataset;
}

/**
 * tl_loader_get_type:
 * @self: a loader
 * @field: number of a field
 *
 * Returns: (transfer none): what an item is in a batch
 */
const TlItemType *
tl_loader_get_type (TlLoader *self,
                    guint     field)
{
  g_return_val_if_fail (field < self->n_fields, NULL);

  return &self->types[field];
}

static gboolean
is_held (TlTensor *tensor)
{
  return atomic_load_explicit (&tensor->ref_count, memory_order_acquire) > 1 || tl_storage_is_shared (tensor->storage);
}

/* What somebody keeps is his; the slot gets fresh memory before it is written again. */
static gboolean
renew_held (TlLoader *self,
            Slot     *slot,
            GError  **error)
{
  TlTensor **tensors = slot->n_items == self->batch_size ? slot->whole : slot->part;

  for (guint field = 0; field < self->n_fields; field++) {
    const TlMeta *meta = tl_tensor_get_meta (tensors[field]);
    TlTensor     *fresh;

    if (!is_held (tensors[field]))
      continue;
    fresh = tl_tensor_new (meta->dtype, meta->rank, meta->shape, error);
    if (fresh == NULL)
      return FALSE;
    tl_tensor_unref (tensors[field]);
    tensors[field] = fresh;
  }
  return TRUE;
}

static gboolean
give_back (TlLoader *self,
           GError  **error)
{
  if (!self->holds)
    return TRUE;
  if (!renew_held (self, &self->slots[self->n_taken % N_SLOTS], error))
    return FALSE;
  self->holds = FALSE;
  pthread_mutex_lock (&self->mutex);
  self->n_taken++;
  pthread_cond_signal (&self->freed);
  pthread_mutex_unlock (&self->mutex);
  return TRUE;
}

static Slot *
wait_for_slot (TlLoader *self)
{
  if (!self->has_thread && (self->synchronous || !start_thread (self))) {
    Slot *slot = &self->slots[self->n_taken % N_SLOTS];

    assemble (self, slot, self->position);
    self->n_filled = self->n_taken + 1;
    return slot;
  }
  pthread_mutex_lock (&self->mutex);
  while (self->n_filled == self->n_taken)
    pthread_cond_wait (&self->filled, &self->mutex);
  pthread_mutex_unlock (&self->mutex);
  return &self->slots[self->n_taken % N_SLOTS];
}

/**
 * tl_loader_next:
 * @self: a loader
 * @fields: (out) (array) (transfer none): the batch: a tensor `[n_items, ...]` for each field
 * @n_items: (out): items in it; 0 at the end of an epoch, after which the next one begins
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_MEMORY, only if somebody holds the batch before
 *
 * Returns: whether it went well
 */
gboolean
tl_loader_next (TlLoader  *self,
                TlTensor **fields,
                gsize     *n_items,
                GError   **error)
{
  Slot *slot;

  *n_items = 0;
  if (!give_back (self, error))
    return FALSE;
  if (self->position.batch >= self->n_batches) {
    self->position = (TlLoaderPosition){ self->position.epoch + 1, 0 };
    return TRUE;
  }
  slot = wait_for_slot (self);
  g_assert (slot->position.epoch == self->position.epoch && slot->position.batch == self->position.batch);
  self->holds = TRUE;
  self->position.batch++;
  *n_items = slot->n_items;
  memcpy (fields, slot->n_items == self->batch_size ? slot->whole : slot->part, self->n_fields * sizeof *fields);
  return TRUE;
}

/**
 * tl_loader_get_position:
 * @self: a loader
 * @position: (out): what tl_loader_next() gives next
 */
void
tl_loader_get_position (TlLoader         *self,
                        TlLoaderPosition *position)
{
  *position = self->position;
}

/**
 * tl_loader_set_position:
 * @self: a loader
 * @position: what tl_loader_next() shall give next
 */
void
tl_loader_set_position (TlLoader               *self,
                        const TlLoaderPosition *position)
{
  pthread_mutex_lock (&self->mutex);
  self->generation++;
  self->position = self->ahead = *position;
  self->n_filled = self->n_taken + (self->holds ? 1 : 0);
  pthread_cond_signal (&self->freed);
  pthread_mutex_unlock (&self->mutex);
}
