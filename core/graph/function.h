/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Functions of tensors: parts of a computation that are treated as one.
 *
 *     with backward()      the gradient is what backward() says, whatever forward() computed
 *     without backward()   a checkpoint: nothing that forward() computes is kept, and its gradients come from computing it again, with the
 *                          same random numbers; variables that it changed are not changed again
 *
 * At once or in a traced step; either way both functions apply operations, and in a trace they are called while it is recorded.
 * Gradients can be differentiated again: through the operations that backward() applied, or through the repetition.
 *
 * Source: checkpoints: Chen et al. 2016, arXiv:1604.06174
 *
 * Ownership: tl_function_apply() takes the data; it is freed when the gradients cannot be asked for any more.
 * Thread rule: one thread at a time.
 */

#include "core/graph/node.h"

G_BEGIN_DECLS

/**
 * TL_FUNCTION_MAX_OUT:
 *
 * Most results of a function.
 */
#define TL_FUNCTION_MAX_OUT 8

/**
 * TlFunctionClass:
 * @name: as errors say it
 * @forward: computes @out (array of %TL_FUNCTION_MAX_OUT, (transfer full)) and sets their number
 * @backward: (nullable): from the gradients of the results, %NULL where none arrived, those of the inputs: @dx is to be set,
 *   (transfer full), %NULL for zero
 * @free: frees the data
 *
 * What a function does.
 */
typedef struct {
  const char *name;
  gboolean (*forward) (gpointer         data,
                       TlTensor *const *in,
                       guint            n_in,
                       TlTensor       **out,
                       guint           *n_out,
                       GError         **error);
  gboolean (*backward) (gpointer         data,
                        TlTensor *const *in,
                        guint            n_in,
                        TlTensor *const *out,
                        TlTensor *const *dy,
                        guint            n_out,
                        TlTensor       **dx,
                        GError         **error);
  void (*free) (gpointer data);
} TlFunctionClass;

gboolean tl_function_apply (const TlFunctionClass *klass,
                            gpointer               data,
                            TlTensor *const       *in,
                            guint                  n_in,
                            TlTensor             **out,
                            guint                 *n_out,
                            GError               **error);

G_END_DECLS
