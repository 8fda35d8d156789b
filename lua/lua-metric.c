/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metrics in Lua: metric.ROW { options } measures batches in a loop of one's own, or says what `fit` shall measure.
 */
#include <math.h>

#include "core/base/memory.h"
#include "lua/lua-private.h"

/* A metric, and what of the limit of memory its cells take. */
typedef struct {
  TlMetric metric; /* first: a box of this is one of a metric */
  gsize    n_charged;
} Charged;

static void
metric_free (gpointer object)
{
  Charged *self = object;

  tl_memory_charge (-(gssize)self->n_charged);
  tl_metric_clear (&self->metric);
  g_free (self);
}

const TlLuaType tl_lua_type_metric = { "metric", metric_free };

/*
 * What stands on top of the stack: "accuracy", { "top_k_accuracy", k = 3 } or metric.TopKAccuracy { k = 3 }.
 */
void
tl_lua_read_metric (lua_State *L,
                    TlMetric  *metric)
{
  const TlMetric      *made = tl_lua_test (L, -1, &tl_lua_type_metric);
  const TlMetricClass *row;
  const char          *name;
  TlAttrValue          attrs[TL_OP_MAX_ATTRS];

  if (made != NULL) {
    tl_metric_init (metric, made->klass, made->attrs);
    return;
  }
  name = tl_lua_get_row_name (L, "metric");
  row = tl_metric_class_find (name);
  if (row == NULL) {
    tl_lua_no_row (L, "metric", name);
    return;
  }
  tl_lua_read_row_attrs (L, row->name, row->attrs, attrs);
  tl_metric_init (metric, row, attrs);
}

static int
new_metric (lua_State *L)
{
  const TlMetricClass *row = lua_touserdata (L, lua_upvalueindex (1));
  TlAttrValue          attrs[TL_OP_MAX_ATTRS];
  guint32              given = 0;
  gpointer            *slot;
  Charged             *self;
  GError              *error = NULL;

  tl_attr_init_defaults (row->attrs, attrs);
  tl_lua_read_attrs (L, 1, row->title, row->attrs, NULL, attrs, &given);
  if (!tl_attr_check_required (row->title, row->attrs, given, &error))
    return tl_lua_raise (L, error);
  slot = tl_lua_new_box (L, &tl_lua_type_metric);
  *slot = self = g_new0 (Charged, 1);
  tl_metric_init (&self->metric, row, attrs);
  return 1;
}

/* Rows that measure the loss: update (loss, items). */
static int
update_loss (lua_State *L,
             TlMetric  *self)
{
  TlTensor     *tensor = tl_lua_test_tensor (L, 2);
  lua_Integer   n = luaL_optinteger (L, 3, 1);
  TlMetricBatch batch = { .n_items = (gsize)MAX (n, 0) };

  if (n < 1)
    return tl_lua_error (L, TL_ERROR_VALUE, "%s: a batch has at least 1 item, not %d", self->klass->title, (int)n);
  if (tensor == NULL)
    batch.loss = luaL_checknumber (L, 2);
  else if (!tl_tensor_has_data (tensor) || tl_tensor_get_n_elements (tensor) != 1)
    return tl_lua_error (L, TL_ERROR_SHAPE, "%s: the loss of a batch is one number", self->klass->title);
  else
    batch.loss = tl_tensor_peek_element (tensor, 0);
  tl_metric_update (self, &batch);
  return 0;
}

static TlTensor *
check_values (lua_State *L,
              int        index,
              TlMetric  *self)
{
  TlTensor *tensor = tl_lua_check_tensor (L, index);

  if (!tl_tensor_has_data (tensor))
    tl_lua_error (L, TL_ERROR_UNSUPPORTED, "%s: values are not known while a step is traced", self->klass->title);
  return tensor;
}

/* Rows read values in their order. */
static TlTensor *
make_contiguous (lua_State *L,
                 TlTensor  *tensor)
{
  GError   *error = NULL;
  gpointer *slot = tl_lua_new_box (L, &tl_lua_type_tensor);

  *slot = tl_contiguous (tensor, &error);
  if (*slot == NULL)
    tl_lua_raise (L, error);
  return *slot;
}

/* Room for what a batch may add.  Rows that keep every item grow by doubling. */
static void
charge_cells (lua_State    *L,
              Charged      *self,
              const TlMeta *output,
              const TlMeta *target)
{
  const TlMetric *metric = &self->metric;
  gsize           n = metric->state.n_cells, wanted;

  if (metric->klass->grows)
    n = 2 * (n + (gsize)tl_meta_get_n_elements (output) + (gsize)tl_meta_get_n_elements (target) + 2);
  else if (metric->klass->get_n_cells != NULL)
    n = metric->klass->get_n_cells (metric, output, target);
  wanted = n * sizeof (double);
  if (wanted <= self->n_charged)
    return;
  if (!tl_memory_charge ((gssize)(wanted - self->n_charged)))
    tl_lua_error (L, TL_ERROR_MEMORY, "%s: out of memory for %" G_GSIZE_FORMAT " numbers", metric->klass->title, n);
  self->n_charged = wanted;
}

static int
metric_update (lua_State *L)
{
  TlMetric     *self = tl_lua_check (L, 1, &tl_lua_type_metric);
  TlMetricBatch batch = { 0 };
  GError       *error = NULL;
  const TlMeta *meta;

  if (self->klass->check == NULL)
    return update_loss (L, self);
  lua_settop (L, 3);
  batch.output = check_values (L, 2, self);
  batch.target = check_values (L, 3, self);
  meta = tl_tensor_get_meta (batch.output);
  if (!tl_metric_check (self, meta, tl_tensor_get_meta (batch.target), &error))
    return tl_lua_raise (L, error);
  charge_cells (L, (Charged *)self, meta, tl_tensor_get_meta (batch.target));
  if (!tl_metric_prepare (self, meta, tl_tensor_get_meta (batch.target), &error))
    return tl_lua_raise (L, error);
  batch.n_items = meta->rank > 0 ? (gsize)meta->shape[0] : 1;
  batch.output = make_contiguous (L, batch.output);
  batch.target = make_contiguous (L, batch.target);
  tl_metric_update (self, &batch);
  return 0;
}

static int
metric_value (lua_State *L)
{
  lua_pushnumber (L, tl_metric_get_value (tl_lua_check (L, 1, &tl_lua_type_metric)));
  return 1;
}

static int
metric_table (lua_State *L)
{
  TlMetric     *self = tl_lua_check (L, 1, &tl_lua_type_metric);
  guint         n;
  const double *table = tl_metric_get_table (self, &n);

  if (self->klass->get_table == NULL)
    return tl_lua_error (L, TL_ERROR_NAME, "%s has no table", self->klass->title);
  lua_createtable (L, (int)n, 0);
  for (guint i = 0; i < n; i++) {
    lua_createtable (L, (int)n, 0);
    for (guint k = 0; k < n; k++) {
      if (table[i * n + k] == floor (table[i * n + k]))
        lua_pushinteger (L, (lua_Integer)table[i * n + k]); /* counts */
      else
        lua_pushnumber (L, table[i * n + k]);
      lua_rawseti (L, -2, (lua_Integer)k + 1);
    }
    lua_rawseti (L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static int
metric_reset (lua_State *L)
{
  tl_metric_reset (tl_lua_check (L, 1, &tl_lua_type_metric));
  return 0;
}

static int
metric_index (lua_State *L)
{
  TlMetric *self = tl_lua_check (L, 1, &tl_lua_type_metric);

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  return tl_lua_no_name (L, lua_upvalueindex (1), NULL, "x", self->klass->title, luaL_tolstring (L, 2, NULL));
}

static int
metric_tostring (lua_State *L)
{
  TlMetric *self = tl_lua_check (L, 1, &tl_lua_type_metric);

  lua_pushfstring (L, "%s: %f", self->klass->title, (lua_Number)tl_metric_get_value (self));
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_metric_methods[] = {
  { "update", metric_update, "metric:update (predictions, targets)", "Takes a batch; what measures the loss takes (loss, items)." },
  { "value", metric_value, "metric:value ()", "The result over all batches so far; NaN before the first." },
  { "table", metric_table, "metric:table ()", "The table behind the result, such as the counts of a confusion matrix: a list of rows." },
  { "reset", metric_reset, "metric:reset ()", "Forgets all batches." },
  { NULL },
};
// clang-format on

void
tl_lua_open_metric (lua_State *L)
{
  tl_lua_new_type (L, &tl_lua_type_metric);
  lua_newtable (L);
  tl_lua_set_functions (L, tl_lua_metric_methods);
  lua_pushcclosure (L, metric_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, metric_tostring);
  lua_setfield (L, -2, "__tostring");
  lua_pop (L, 1);

  lua_newtable (L);
  for (guint i = 0; i < tl_metric_class_get_n_rows (); i++) {
    const TlMetricClass *row = tl_metric_class_get_row (i);

    lua_pushlightuserdata (L, (gpointer)row);
    lua_pushcclosure (L, new_metric, 1);
    lua_setfield (L, -2, row->title);
  }
  tl_lua_guard_module (L, "metric");
  lua_setglobal (L, "metric");
}
