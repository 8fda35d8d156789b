/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `fit` was asked for: options that name rows of tables, and numbers.
 */
#include "lua/lua-fit-private.h"

/* Those whose values are no plain attributes. */
// clang-format off
const TlAttrSpec tl_lua_fit_tables[] = {
  { "model",     "what is trained: a module, a layer or a graph cell; may stand first without its name" },
  { "data",      "the data set" },
  { "validate",  "a data set that is measured after each epoch" },
  { "optimizer", "a name, optim.NAME { ... }, or one that is in use; Adam if not given" },
  { "loss",      "a name, nn.NAME { ... } or a function (predictions, targets); if not given, cross entropy for classes and the mean square for numbers" },
  { "metrics",   "names, or tables of a name and its options" },
  { "transform", "a transform or a list of them" },
  { "schedule",  "of the learning rate: a name, a table of a name and its options, or a function (step, epoch, lr)" },
  { "on_epoch",  "function (epoch, values); false ends the training" },
  { "on_step",   "function (step, loss); false ends the training" },
  { NULL },
};
// clang-format on

/* "CrossEntropyLoss" for "cross_entropy", "crossentropyloss", "CrossEntropyLoss" */
static gboolean
is_loss_name (const char *row,
              const char *name)
{
  for (;; name++) {
    if (*name == '_')
      continue;
    if (*name == '\0')
      return *row == '\0' || g_ascii_strcasecmp (row, "loss") == 0;
    if (g_ascii_tolower (*name) != g_ascii_tolower (*row++))
      return FALSE;
  }
}

static const TlLayerClass *
find_loss (lua_State  *L,
           const char *name)
{
  for (guint i = 0; i < tl_layer_get_n_rows (); i++) {
    const TlLayerClass *klass = tl_layer_get_row (i);

    if ((klass->flags & TL_LAYER_LOSS) != 0 && is_loss_name (klass->name, name))
      return klass;
  }
  tl_lua_no_row (L, "loss", name);
  return NULL;
}

void
tl_lua_fit_read_loss (lua_State        *L,
                      TlLuaFit         *self,
                      TlTrainerOptions *options)
{
  lua_getfield (L, 1, "loss");
  options->loss_layer = tl_lua_test_layer (L, -1);
  if (options->loss_layer != NULL)
    options->loss = tl_layer_get_class (options->loss_layer);
  else if (lua_type (L, -1) == LUA_TSTRING)
    options->loss = find_loss (L, lua_tostring (L, -1));
  else if (lua_isnil (L, -1))
    options->loss = tl_training_default_loss (options->train);
  else if (lua_isfunction (L, -1) || lua_istable (L, -1)) {
    self->loss = lua_gettop (L);
    options->loss_func = tl_lua_fit_loss_cb;
    options->loss_data = self;
  } else {
    tl_lua_error (L, TL_ERROR_VALUE, "fit: loss = must be a name, a layer or a function, not a %s", luaL_typename (L, -1));
  }
}

/* An optimizer of its own, or the one it was given; stays on the stack. */
void
tl_lua_fit_read_optimizer (lua_State        *L,
                           TlTrainerOptions *options,
                           TlVariable      **parameters,
                           guint             n_parameters)
{
  const TlOptimizerClass *klass = NULL;
  TlLuaOptimizer         *given;
  TlAttrValue            *attrs = NULL;
  gpointer               *slot;
  TlLuaOptimizer         *made;
  GError                 *error = NULL;

  lua_getfield (L, 1, "optimizer");
  given = tl_lua_test (L, -1, &tl_lua_type_optimizer);
  if (given != NULL && given->optimizer != NULL) {
    options->optimizer = given->optimizer;
    return;
  }
  if (given != NULL) {
    klass = given->klass;
    attrs = given->attrs;
  } else if (lua_isnil (L, -1) || lua_type (L, -1) == LUA_TSTRING) {
    const char *name = luaL_optstring (L, -1, "Adam");

    klass = tl_lua_find_optimizer (name);
    if (klass == NULL) {
      tl_lua_no_row (L, "optimizer", name);
      return;
    }
  } else {
    tl_lua_error (L, TL_ERROR_VALUE, "fit: optimizer = must be optim.NAME { ... } or a name, not a %s", luaL_typename (L, -1));
    return;
  }
  slot = tl_lua_new_box (L, &tl_lua_type_optimizer);
  *slot = made = g_new0 (TlLuaOptimizer, 1);
  made->klass = klass;
  made->optimizer = tl_optimizer_new (klass, parameters, n_parameters, attrs, &error);
  if (made->optimizer == NULL)
    tl_lua_raise (L, error);
  options->optimizer = made->optimizer;
}

/* { "accuracy", { "top_k_accuracy", k = 3 }, metric.F1 () }; in memory of Lua's that stays on the stack */
void
tl_lua_fit_read_metrics (lua_State        *L,
                         TlTrainerOptions *options)
{
  TlMetric    *metrics;
  lua_Unsigned n;

  lua_getfield (L, 1, "metrics");
  if (lua_isnil (L, -1))
    return;
  if (!lua_istable (L, -1)) {
    lua_newtable (L);
    lua_insert (L, -2);
    lua_rawseti (L, -2, 1);
  }
  n = lua_rawlen (L, -1);
  metrics = lua_newuserdatauv (L, (n + 1) * sizeof *metrics, 0);
  for (lua_Unsigned i = 0; i < n; i++) {
    lua_rawgeti (L, -2, (lua_Integer)i + 1);
    tl_lua_read_metric (L, &metrics[i]);
    lua_pop (L, 1);
  }
  options->metrics = metrics;
  options->n_metrics = (guint)n;
}

/* "cosine", { "step", step_size = 2 }, optim.StepLR { ... } or a function; in memory of Lua's that stays on the stack */
void
tl_lua_fit_read_schedule (lua_State        *L,
                          TlLuaFit         *self,
                          TlTrainerOptions *options)
{
  TlAttrValue *values;

  lua_getfield (L, 1, "schedule");
  if (lua_isnil (L, -1))
    return;
  if (lua_isfunction (L, -1)) {
    self->schedule = lua_gettop (L);
    options->schedule_func = tl_lua_fit_schedule_cb;
    options->schedule_data = self;
    return;
  }
  values = lua_newuserdatauv (L, TL_OP_MAX_ATTRS * sizeof *values, 0);
  lua_insert (L, -2);
  options->schedule = tl_lua_read_schedule (L, values);
  options->schedule_attrs = values;
}

void
tl_lua_fit_read_numbers (lua_State   *L,
                         TlAttrValue *values,
                         guint32     *given)
{
  tl_attr_init_defaults (tl_training_attrs, values);
  for (const TlAttrSpec *spec = tl_training_attrs; spec->name != NULL; spec++) {
    lua_getfield (L, 1, spec->name);
    tl_lua_set_attr (L, -1, "fit", tl_training_attrs, values, given, spec->name);
    lua_pop (L, 1);
  }
}
