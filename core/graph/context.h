/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What a thread that computes works with: threads, the seed, the modes, and where in the user's text it is.
 *
 * Every thread that calls operations has a current context; the first call makes one with the machine's number of threads.
 * Operations take it from there, so that their signatures are about tensors only.
 *
 * Ownership: one owner, tl_context_free().  Thread rule: one thread at a time, except tl_context_cancel(): any thread, also a
 * signal handler.
 */

#include "core/base/pool.h"
#include "core/tensor/tensor.h"

G_BEGIN_DECLS

typedef struct _TlContext TlContext;

/**
 * TlSource:
 * @cell: (nullable): id of the cell, interned
 * @node: (nullable): name of the graph node, interned
 * @line: line in the cell, from 1; 0 if unknown
 * @is_gradient: whether it is the gradient of what was asked for there
 *
 * Where in a document something was asked for.
 */
typedef struct {
  const char *cell;
  const char *node;
  guint       line;
  gboolean    is_gradient;
} TlSource;

TlContext *tl_context_new (guint n_threads);
void       tl_context_free (TlContext *self);
TlContext *tl_context_get (void);
TlContext *tl_context_peek (void);
TlContext *tl_context_make_current (TlContext *self);

guint    tl_context_get_n_threads (TlContext *self);
void     tl_context_set_seed (TlContext *self,
                              guint64    seed);
guint64  tl_context_get_seed (TlContext *self);
gboolean tl_context_set_grad_enabled (TlContext *self,
                                      gboolean   enabled);
gboolean tl_context_get_grad_enabled (TlContext *self);
gboolean tl_context_set_training (TlContext *self,
                                  gboolean   training);
gboolean tl_context_get_training (TlContext *self);
void     tl_context_set_autocast (TlContext *self,
                                  TlDType    dtype);
TlDType  tl_context_get_autocast (TlContext *self);
gboolean tl_context_set_checks_finite (TlContext *self,
                                       gboolean   checks);
gboolean tl_context_get_checks_finite (TlContext *self);
void     tl_context_set_source (TlContext      *self,
                                const TlSource *source);
void     tl_context_get_source (TlContext *self,
                                TlSource  *source);
void     tl_context_cancel (TlContext *self);
void     tl_context_clear_cancel (TlContext *self);
gboolean tl_context_is_cancelled (TlContext *self);
gboolean tl_context_set_shielded (TlContext *self,
                                  gboolean   shielded);
gboolean tl_context_check_cancelled (TlContext *self,
                                     GError   **error);

TlVariable *tl_context_get_random_counter (TlContext *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlContext, tl_context_free)

G_END_DECLS
