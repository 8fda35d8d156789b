/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/nn/layer.h"

G_BEGIN_DECLS

#define TL_LAYER(name) extern const TlLayerClass tl_layer_##name;
#define TL_LAYER_OP(name, op, flags)
#include "core/nn/layers.def"
#undef TL_LAYER
#undef TL_LAYER_OP

/*
 * A layer's variables: first its own, by slot, then those of its parts, part after part.
 */
struct _TlLayer {
  atomic_int          ref_count;
  const TlLayerClass *klass;
  const TlOpClass    *op;
  char               *path;
  TlDType             dtype;
  guint32             given; /* bit i: attribute i was set */
  gboolean            is_set_up;
  TlAttrValue         attrs[TL_OP_MAX_ATTRS];
  TlAttrValue         op_attrs[TL_OP_MAX_ATTRS];
  guint               n_own;
  guint               n_variables;
  TlVariable        **variables; /* owned */
  TlInit             *inits;     /* of its own */
  guint               n_parts;
  TlLayer           **parts; /* owned; NULL where there is none */
};

/* Finds a variable of before for a path; its value is kept if it still fits. */
typedef TlVariable *(*TlLayerFindFunc) (const char *path,
                                        gpointer    user_data);

/* A setup on its way. */
struct _TlLayerDeclared {
  TlLayer        *layer;
  GArray         *variables; /* TlLayerVariable */
  GPtrArray      *parts;     /* TlLayer, owned */
  TlLayerFindFunc find;
  gpointer        find_data;
};

void     tl_layer_free_variables (TlVariable **variables,
                                  guint        n_variables);
void     tl_layer_clear_contents (TlLayer *self);
void     tl_layer_update_op_attrs (TlLayer *self);
void     tl_layer_take_attrs (TlLayer           *self,
                              const TlAttrValue *attrs,
                              guint32            given);
gboolean tl_layer_set_up_with (TlLayer             *self,
                               const TlMeta *const *in,
                               guint                n_in,
                               TlLayerFindFunc      find,
                               gpointer             user_data,
                               GError             **error);

G_END_DECLS
