/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What Embedding and EmbeddingBag share: a table of vectors, one of which may stand for nothing, and whose lengths may be limited.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

#define TL_EMBEDDING_NO_PADDING G_MININT32

extern const char *const tl_embedding_none[];
extern const char *const tl_embedding_normal[];

/* Numbers of the attributes that come first; the others have the names of the macros below. */
enum { TL_EMBEDDING_NUM,
       TL_EMBEDDING_DIM };

// clang-format off
#define TL_EMBEDDING_SIZE_ATTRS                                                                                                                  \
  { "num_embeddings", "number of vectors", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 },                                  \
  { "embedding_dim", "elements of each vector", TL_ATTR_INT, TRUE, .has_range = TRUE, .min = 1, .max = G_MAXINT32 }
#define TL_EMBEDDING_PADDING_ATTR(doc)                                                                                                           \
  { "padding_idx", doc, TL_ATTR_INT, .def = { .i = TL_EMBEDDING_NO_PADDING }, .has_range = TRUE, .min = -2147483648.0, .max = G_MAXINT32,        \
    .names = tl_embedding_none }
#define TL_EMBEDDING_NORM_ATTRS                                                                                                                  \
  { "max_norm", "largest length of a vector: longer ones are shortened when they are used, in training for good; 0: any", TL_ATTR_FLOAT,         \
    .has_range = TRUE, .max = G_MAXDOUBLE },                                                                                                     \
  { "norm_type", "order of the norm that max_norm limits", TL_ATTR_FLOAT, .def = { .d = 2 }, .has_range = TRUE, .max = G_MAXDOUBLE },              \
  { "scale_grad_by_freq", "whether gradients are divided by how often their vector was used", TL_ATTR_BOOL }
#define TL_EMBEDDING_INIT_ATTR                                                                                                                   \
  { "weight_init", "how the vectors get their first values: name of an initialiser, with its number if wanted", TL_ATTR_STRING,                  \
    .names = tl_embedding_normal }
// clang-format on

/* Declares the table; its attribute weight_init is number @init_attr. */
gboolean tl_embedding_setup (TlLayerSetup *self,
                             guint         init_attr,
                             GError      **error);

/* The vectors of the first input, `[..., embedding_dim]`; (transfer full), or %NULL. */
TlTensor *tl_embedding_look_up (TlLayerForward *self,
                                GError        **error);

/* Where the first input is padding, as bool; %NULL without @error set if nothing can be; (transfer full). */
TlTensor *tl_embedding_find_padding (TlLayerForward *self,
                                     GError        **error);

G_END_DECLS
