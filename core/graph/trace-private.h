/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/node-private.h"
#include "core/graph/trace.h"

G_BEGIN_DECLS

typedef enum {
  TL_LEAF_INPUT,
  TL_LEAF_CAPTURED,
  TL_LEAF_VARIABLE,
  TL_LEAF_GRAD,
} TlLeafKind;

/* Attributes of tl_op_leaf: its kind, and its number among the leaves of the kind. */
enum { TL_LEAF_ATTR_KIND,
       TL_LEAF_ATTR_INDEX,
       TL_LEAF_N_ATTRS };

struct _TlTrace {
  TlContext  *context;
  guint64     id;
  GPtrArray  *nodes; /* TlNode, owned, in the order of recording */
  guint       n_inputs;
  GPtrArray  *captured;  /* TlTensor, owned */
  GHashTable *captures;  /* TlTensor -> its leaf TlTensor, owned */
  GPtrArray  *variables; /* TlVariable, owned: all that were read or assigned */
  GPtrArray  *grads;     /* TlVariable, owned: whose gradient of before is read */
};

void tl_trace_detach (TlTrace *self);
void tl_trace_free (TlTrace *self);

G_END_DECLS
