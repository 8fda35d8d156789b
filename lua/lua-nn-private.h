/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Layers and models as Lua holds them.
 */

#include "core/nn/model.h"
#include "lua/lua-private.h"

G_BEGIN_DECLS

typedef struct {
  TlLayer *layer;
  gboolean training;
  gboolean initialized;
  gboolean named; /* by a module; before, by its number */
  guint    serial;
} TlLuaLayer;

typedef struct {
  TlModel *model;
  gboolean training;
} TlLuaModel;

gboolean  tl_lua_layer_set_up (TlLuaLayer          *self,
                               const TlMeta *const *in,
                               guint                n_in,
                               GError             **error);
gpointer *tl_lua_push_variable (lua_State  *L,
                                TlVariable *variable);
void      tl_lua_open_module (lua_State *L);

G_END_DECLS
