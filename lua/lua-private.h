/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the files of this folder share.
 *
 * The rule of the folder: Lua's errors jump over C frames, so nothing that must be freed may be owned by a frame that can raise.
 *
 *     int function (lua_State *L)
 *       1. read arguments          may raise, owns nothing
 *       2. make empty boxes        may raise, owns nothing; the collector owns what is put in later
 *       3. inner function          knows no L, cannot raise, fills the boxes, reports a GError
 *       4. raise or return
 */

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "core/base/error.h"
#include "core/graph/attr.h"
#include "core/graph/node.h"
#include "core/graph/trace.h"
#include "core/data/transforms.h"
#include "core/nn/layer.h"
#include "core/optim/optimizer.h"
#include "core/optim/schedule.h"
#include "core/train/metrics.h"
#include "lua/help.h"

G_BEGIN_DECLS

/* Instructions between two looks at the cancel flag. */
#define TL_LUA_HOOK_COUNT 1000
#define TL_LUA_MAX_LIST 64
#define TL_LUA_MAX_ITEMS 1024 /* of an attribute */

/* References of the registry that the engine let go of; counted by the state and by what holds them. */
typedef struct _TlLuaRefs TlLuaRefs;

struct _TlLua {
  lua_State  *L;
  lua_State  *running; /* coroutine or main thread of the newest call into the engine: where it calls back */
  TlLuaHost   host;
  gpointer    host_data;
  TlContext  *context;
  const char *cell; /* interned; the one that runs */

  gsize n_used;    /* bytes Lua has */
  gsize n_charged; /* of those, told to tl_memory_charge() */
  gsize full_at;   /* bytes in use when the last allocation failed; 0 if none did */
  gsize n_seen;    /* engine's bytes when the collector was last told of them */
  gsize n_debt;    /* bytes of Lua's heap that the collector still has to look at */

  GError    *raised;   /* owned: the newest engine error that became a Lua error */
  guint      in_step;  /* modules take their mode from the context: inside fit */
  guint      n_layers; /* made so far: seeds of layers that stand alone */
  TlLuaRefs *refs;     /* owned */
  gboolean   stress;
  guint      n_steps; /* of C loops that poll now and then */

  GMutex     lock;
  GPtrArray *globals; /* of TlLuaVariable, the snapshot that is published between cells; under @lock */
};

/**
 * TlLuaType:
 * @name: as errors say it
 * @unref: drops what a box holds
 *
 * A kind of box: a userdata with one pointer.
 */
typedef struct {
  const char *name;
  void (*unref) (gpointer object);
} TlLuaType;

/**
 * TlLuaFunction:
 * @name: of the function
 * @func: what it does
 * @signature: how it is called
 * @doc: one sentence
 *
 * A function that is no row of a table.
 */
typedef struct {
  const char   *name;
  lua_CFunction func;
  const char   *signature;
  const char   *doc;
} TlLuaFunction;

extern const TlLuaType tl_lua_type_tensor;
extern const TlLuaType tl_lua_type_variable;
extern const TlLuaType tl_lua_type_layer;
extern const TlLuaType tl_lua_type_model;
extern const TlLuaType tl_lua_type_optimizer;
extern const TlLuaType tl_lua_type_dataset;
extern const TlLuaType tl_lua_type_loader;
extern const TlLuaType tl_lua_type_compiled;

extern const TlLuaFunction tl_lua_base_functions[];
extern const TlLuaFunction tl_lua_tl_functions[];
extern const TlLuaFunction tl_lua_autodiff_functions[];
extern const TlLuaFunction tl_lua_tensor_methods[];
extern const TlLuaFunction tl_lua_data_functions[];
extern const TlLuaFunction tl_lua_dataset_methods[];
extern const TlLuaFunction tl_lua_nn_functions[];
extern const TlLuaFunction tl_lua_init_functions[];
extern const TlLuaFunction tl_lua_module_methods[];
extern const TlLuaFunction tl_lua_optimizer_methods[];
extern const TlLuaFunction tl_lua_schedule_methods[];
extern const TlLuaFunction tl_lua_metric_methods[];
extern const TlAttrSpec    tl_lua_loader_options[];
extern const TlAttrSpec    tl_lua_fit_tables[]; /* options of fit whose values are no plain attributes */
extern const char          tl_lua_library[];    /* library.lua */
extern const gsize         tl_lua_library_n_bytes;

/* lua-state.c */
TlLua *tl_lua_get (lua_State *L);
void   tl_lua_poll (lua_State *L);

/* lua-box.c */
gpointer *tl_lua_new_box (lua_State       *L,
                          const TlLuaType *type);
gpointer  tl_lua_test (lua_State       *L,
                       int              index,
                       const TlLuaType *type);
int       tl_lua_type_error (lua_State  *L,
                             int         index,
                             const char *wanted);
gpointer  tl_lua_check (lua_State       *L,
                        int              index,
                        const TlLuaType *type);
void      tl_lua_new_type (lua_State       *L,
                           const TlLuaType *type);
void      tl_lua_set_functions (lua_State           *L,
                                const TlLuaFunction *functions);
void      tl_lua_note_memory (lua_State *L);
int       tl_lua_raise (lua_State *L,
                        GError    *error);
int       tl_lua_raise_again (lua_State *L,
                              GError    *error);
int       tl_lua_error (lua_State  *L,
                        int         code,
                        const char *format,
                        ...) G_GNUC_PRINTF (3, 4);
void      tl_lua_where (lua_State *L);
gboolean  tl_lua_take_error (lua_State *L,
                             GError   **error);

/* lua-value.c */
void        tl_lua_read_input (lua_State   *L,
                               int          index,
                               TlAttrInput *input,
                               TlAttrInput *items);
void        tl_lua_set_attr (lua_State        *L,
                             int               index,
                             const char       *owner,
                             const TlAttrSpec *specs,
                             TlAttrValue      *values,
                             guint32          *given,
                             const char       *name);
void        tl_lua_read_attrs (lua_State        *L,
                               int               first,
                               const char       *owner,
                               const TlAttrSpec *specs,
                               const char       *hidden,
                               TlAttrValue      *values,
                               guint32          *given);
gboolean    tl_lua_is_options (lua_State *L,
                               int        index);
const char *tl_lua_get_row_name (lua_State  *L,
                                 const char *what);
void        tl_lua_read_row_attrs (lua_State        *L,
                                   const char       *owner,
                                   const TlAttrSpec *specs,
                                   TlAttrValue      *values);

/* lua-names.c */
int      tl_lua_no_name (lua_State         *L,
                         int                table,
                         const char *const *more,
                         const char        *module,
                         const char        *owner,
                         const char        *name);
int      tl_lua_no_row (lua_State  *L,
                        const char *kind,
                        const char *name);
gboolean tl_lua_is_module (const char *name);
void     tl_lua_guard_module (lua_State  *L,
                              const char *module);

/* lua-tensor.c, lua-tensor-create.c, lua-tensor-text.c, lua-op.c, lua-compile.c */
TlTensor *tl_lua_check_tensor (lua_State *L,
                               int        index);
TlTensor *tl_lua_test_tensor (lua_State *L,
                              int        index);
gboolean  tl_lua_is_hidden_attr (const TlOpClass *op,
                                 const char      *name);
char     *tl_lua_tensor_to_text (TlTensor *tensor);
void      tl_lua_push_element (lua_State *L,
                               TlTensor  *tensor,
                               gsize      index);
int       tl_lua_tensor_table (lua_State *L);
int       tl_lua_tensor_create (lua_State *L);
int       tl_lua_tensor_zeros (lua_State *L);
int       tl_lua_tensor_ones (lua_State *L);
int       tl_lua_parameter_zero_grad (lua_State *L);
int       tl_lua_compile (lua_State *L);
int       tl_lua_profile (lua_State *L);
void      tl_lua_set_ops (lua_State *L);
void      tl_lua_push_op (lua_State       *L,
                          const TlOpClass *op);

void tl_lua_tell_source (lua_State  *L,
                         const char *node);

/* lua-autodiff.c, lua-function.c */
int        tl_lua_custom (lua_State *L);
int        tl_lua_checkpoint (lua_State *L);
TlLuaRefs *tl_lua_refs_new (void);
void       tl_lua_refs_unref (TlLuaRefs *self);

/* Registration; each leaves the stack as it was. */
void tl_lua_open_sandbox (lua_State *L);
void tl_lua_open_strings (lua_State *L);
void tl_lua_open_tensor (lua_State *L);
void tl_lua_open_init (lua_State *L);
void tl_lua_open_nn (lua_State *L);
void tl_lua_open_optim (lua_State *L);
void tl_lua_open_schedule (lua_State *L);
void tl_lua_open_metric (lua_State *L);
void tl_lua_open_data (lua_State *L);
void tl_lua_open_fit (lua_State *L);

/* lua-nn.c */
TlLayer     *tl_lua_test_layer (lua_State *L,
                                int        index);
void         tl_lua_push_model (lua_State *L,
                                TlModel   *model);
TlModel     *tl_lua_test_model (lua_State *L,
                                int        index);
TlVariable **tl_lua_take_variables (lua_State *L,
                                    int        index,
                                    gboolean   only_trained,
                                    guint     *n_variables);
void         tl_lua_set_internal (lua_State  *L,
                                  const char *name);
int          tl_lua_help (lua_State *L);

/* lua-optim.c */

/**
 * TlLuaOptimizer:
 * @klass: the row
 * @attrs: its attributes
 * @optimizer: (nullable): of given parameters; %NULL while it is only said which one is wanted
 */
typedef struct {
  const TlOptimizerClass *klass;
  TlAttrValue             attrs[TL_OP_MAX_ATTRS];
  TlOptimizer            *optimizer;
} TlLuaOptimizer;

const TlOptimizerClass *tl_lua_find_optimizer (const char *name);

/* lua-metric.c, lua-schedule.c */
void                   tl_lua_read_metric (lua_State *L,
                                           TlMetric  *metric);
const TlScheduleClass *tl_lua_read_schedule (lua_State   *L,
                                             TlAttrValue *attrs);

/* lua-data.c */
TlTransforms *tl_lua_push_transforms (lua_State *L,
                                      int        index);

/* lua-globals.c */
void  tl_lua_publish_globals (TlLua *self);
char *tl_lua_variable_to_string (const TlLuaVariable *self);

G_END_DECLS
