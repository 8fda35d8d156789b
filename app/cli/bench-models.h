/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Networks over tokens that --bench times: what no graph of layers writes shortly.
 *
 *     gpt     6 layers of 6 heads, width 384, tied embeddings, no biases but those of the normalisations
 *     lstm    embedding, one layer of 256, linear
 *
 * Ownership: the caller's.  Thread rule: one thread at a time.
 */

#include "core/graph/node.h"
#include "core/tensor/variable.h"

G_BEGIN_DECLS

typedef struct _TlBenchModel TlBenchModel;

struct _TlBenchModel {
  GPtrArray *parameters; /* TlVariable, owned */
  /* @tokens: `[n, length]`; returns scores `[n, length, vocabulary]`, (transfer full), or %NULL */
  TlTensor *(*forward) (TlBenchModel *self,
                        TlTensor     *tokens,
                        GError      **error);
};

TlBenchModel *tl_bench_model_new_gpt (GError **error);
TlBenchModel *tl_bench_model_new_lstm (GError **error);
void          tl_bench_model_free (TlBenchModel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlBenchModel, tl_bench_model_free)

G_END_DECLS
