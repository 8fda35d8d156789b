/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A build on its way.
 */

#include "core/graph/trace.h"
#include "core/nn/model-private.h"

G_BEGIN_DECLS

typedef struct {
  TlModel    *root;
  TlTrace    *trace;
  GPtrArray  *problems;
  GPtrArray  *layers;
  GHashTable *old; /* path -> TlVariable of before */
  gboolean    is_complete;
} TlModelBuilder;

/* What is known of a value: a traced tensor; nothing yet; or nothing, because something before it is wrong. */
typedef struct {
  TlTensor *tensor;
  gboolean  failed;
} TlModelValue;

/* One model, or one repeat of a sub-model, on its way. */
typedef struct {
  TlModelBuilder *builder;
  TlModel        *model;
  const char     *prefix; /* of paths: "" or "block.0." */
  TlInstance     *instance;
  GHashTable     *first_out; /* TlModelNode -> its first value + 1 */
  GArray         *values;    /* TlModelValue */
} TlModelFrame;

void       tl_frame_add_problem (TlModelFrame *frame,
                                 const char   *node,
                                 const char   *attr,
                                 int           code,
                                 const char   *format,
                                 ...) G_GNUC_PRINTF (5, 6);
GPtrArray *tl_frame_order_nodes (TlModelFrame *frame);
void       tl_frame_add_inputs (TlModelFrame    *frame,
                                const TlMeta    *given_metas,
                                TlTensor *const *given);
gboolean   tl_frame_resolve_links (TlModelFrame *frame,
                                   TlModelNode  *node,
                                   TlModelStep  *step);

guint tl_frame_get_n_out (TlModelFrame      *frame,
                          const TlModelNode *node);

gboolean tl_model_node_is_input (const TlModelNode *node);
guint    tl_model_node_n_out (const TlModelNode *node);
guint    tl_model_count_inputs (TlModel *model);

G_END_DECLS
