/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/tensor/tensor.h"

G_BEGIN_DECLS

/*
 * What computed a tensor.  The graph's nodes start with this, so that tensors can keep them alive without knowing them.
 */
typedef struct _TlProducer TlProducer;
struct _TlProducer {
  atomic_int ref_count;
  void (*free) (TlProducer *self);
  void (*output_gone) (TlProducer *self,
                       guint       output);
};

struct _TlTensor {
  atomic_int  ref_count;
  TlMeta      meta;
  gpointer    data;     /* of element 0; NULL while traced, or for an empty storage */
  TlStorage  *storage;  /* owned; NULL while traced */
  TlProducer *producer; /* owned; NULL for a leaf */
  guint       output;   /* which output of the producer */
  TlVariable *variable; /* owned; the leaf that this is the value of */
  gboolean    requires_grad;
};

static inline void
tl_producer_ref (TlProducer *self)
{
  atomic_fetch_add_explicit (&self->ref_count, 1, memory_order_relaxed);
}

static inline void
tl_producer_unref (TlProducer *self)
{
  if (atomic_fetch_sub_explicit (&self->ref_count, 1, memory_order_acq_rel) == 1)
    self->free (self);
}

/* Whether somebody else would see a change of the elements. */
static inline gboolean
tl_tensor_is_shared (TlTensor *self)
{
  return atomic_load_explicit (&self->ref_count, memory_order_acquire) > 1 || tl_storage_is_shared (self->storage);
}

TlTensor *tl_tensor_new_traced (const TlMeta *meta);

/* As tl_tensor_new_wrapped(), @storage: (transfer full) */
TlTensor *tl_tensor_new_taking (const TlMeta *meta,
                                TlStorage    *storage);

G_END_DECLS
