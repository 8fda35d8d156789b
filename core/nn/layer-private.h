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
  TlVariable         *variables[TL_LAYER_MAX_VARIABLES]; /* owned */
  TlInit              inits[TL_LAYER_MAX_VARIABLES];
};

/* Finds a variable of before for a path; its value is kept if it still fits. */
typedef TlVariable *(*TlLayerFindFunc) (const char *path,
                                        gpointer    user_data);

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
