/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Schedules in Lua: optim.ROW (optimizer, { options }) changes the rate in a loop of one's own, optim.ROW { options } says what `fit`
 * shall do.  In a loop one call of step() is one of what is counted, epoch or step.
 */
#include <string.h>

#include "lua/lua-private.h"

typedef struct {
  const TlScheduleClass *klass;
  TlAttrValue            attrs[TL_OP_MAX_ATTRS];
  TlOptimizer           *optimizer; /* owned, NULL while it is only said which one is wanted */
  double                 base_lr;
  gint64                 n_steps;
  TlScheduleState        state;
} Schedule;

static void
schedule_free (gpointer object)
{
  Schedule *self = object;

  g_clear_pointer (&self->optimizer, tl_optimizer_unref);
  g_free (self);
}

static const TlLuaType type_schedule = { "schedule", schedule_free };

/*
 * What stands on top of the stack: "cosine", { "step", step_size = 2 } or optim.StepLR { step_size = 2 }.
 */
const TlScheduleClass *
tl_lua_read_schedule (lua_State   *L,
                      TlAttrValue *attrs)
{
  const Schedule        *made = tl_lua_test (L, -1, &type_schedule);
  const TlScheduleClass *row;
  const char            *name;

  if (made != NULL) {
    if (made->optimizer != NULL)
      tl_lua_error (L, TL_ERROR_VALUE, "%s has an optimizer already; fit wants optim.%s { ... }", made->klass->title, made->klass->title);
    memcpy (attrs, made->attrs, sizeof made->attrs);
    return made->klass;
  }
  name = tl_lua_get_row_name (L, "schedule");
  row = tl_schedule_find (name);
  if (row == NULL) {
    tl_lua_no_row (L, "schedule", name);
    return NULL;
  }
  tl_lua_read_row_attrs (L, row->name, row->attrs, attrs);
  return row;
}

static Schedule *
check_bound (lua_State *L)
{
  Schedule *self = tl_lua_check (L, 1, &type_schedule);

  if (self->optimizer == NULL)
    tl_lua_error (L, TL_ERROR_VALUE, "%s was given no optimizer: optim.%s (optimizer, { ... })", self->klass->title, self->klass->title);
  return self;
}

static void
set_rate (lua_State *L,
          Schedule  *self)
{
  const TlSchedulePosition position = { self->n_steps, 0, 1, &self->state };
  GError                  *error = NULL;

  if (!tl_optimizer_set_lr (self->optimizer, tl_schedule_get_lr (self->klass, self->attrs, self->base_lr, &position), &error))
    tl_lua_raise (L, error);
}

/* How long a loop of one's own will be is not known. */
static void
check_end (lua_State *L,
           Schedule  *self)
{
  gint end = self->klass->end != NULL ? tl_attr_find (self->klass->attrs, self->klass->end) : -1;

  if (end >= 0 && self->attrs[end].i == 0)
    tl_lua_error (L, TL_ERROR_VALUE, "%s: %s must be given, because how long the loop will be is not known", self->klass->title, self->klass->end);
}

static int
new_schedule (lua_State *L)
{
  const TlScheduleClass *row = lua_touserdata (L, lua_upvalueindex (1));
  TlLuaOptimizer        *optimizer = tl_lua_test (L, 1, &tl_lua_type_optimizer);
  guint32                given = 0;
  gpointer              *slot;
  Schedule              *self;
  GError                *error = NULL;

  if (optimizer != NULL && optimizer->optimizer == NULL)
    return tl_lua_error (L, TL_ERROR_VALUE, "%s: the optimizer was given no parameters: optim.%s (model, { ... })", row->title, optimizer->klass->name);
  slot = tl_lua_new_box (L, &type_schedule);
  *slot = self = g_new0 (Schedule, 1);
  lua_insert (L, 1);
  self->klass = row;
  tl_attr_init_defaults (row->attrs, self->attrs);
  tl_lua_read_attrs (L, optimizer != NULL ? 3 : 2, row->title, row->attrs, NULL, self->attrs, &given);
  if (!tl_attr_check_required (row->title, row->attrs, given, &error))
    return tl_lua_raise (L, error);
  if (optimizer != NULL) {
    check_end (L, self);
    self->optimizer = tl_optimizer_ref (optimizer->optimizer);
    self->base_lr = tl_optimizer_get_lr (self->optimizer);
    set_rate (L, self);
  }
  lua_settop (L, 1);
  return 1;
}

/* schedule:step (), or schedule:step (value, higher_is_better) where a metric is watched */
static int
schedule_step (lua_State *L)
{
  Schedule *self = check_bound (L);

  if (self->klass->observe != NULL) {
    TlTensor *tensor = tl_lua_test_tensor (L, 2);
    double    value;

    if (tensor != NULL && tl_tensor_has_data (tensor) && tl_tensor_get_n_elements (tensor) == 1)
      value = tl_tensor_peek_element (tensor, 0);
    else
      value = luaL_checknumber (L, 2);
    self->klass->observe (self->attrs, &self->state, value, lua_toboolean (L, 3));
  }
  self->n_steps++;
  set_rate (L, self);
  return 0;
}

static int
schedule_index (lua_State *L)
{
  static const char *const properties[] = { "lr", "steps", NULL };

  Schedule   *self = tl_lua_check (L, 1, &type_schedule);
  const char *name = lua_type (L, 2) == LUA_TSTRING ? lua_tostring (L, 2) : "";

  lua_pushvalue (L, 2);
  if (lua_rawget (L, lua_upvalueindex (1)) != LUA_TNIL)
    return 1;
  if (strcmp (name, "lr") == 0)
    lua_pushnumber (L, tl_optimizer_get_lr (check_bound (L)->optimizer));
  else if (strcmp (name, "steps") == 0)
    lua_pushinteger (L, self->n_steps);
  else
    return tl_lua_no_name (L, lua_upvalueindex (1), properties, "schedule", self->klass->title, name);
  return 1;
}

static int
schedule_tostring (lua_State *L)
{
  Schedule *self = tl_lua_check (L, 1, &type_schedule);

  if (self->optimizer == NULL)
    lua_pushstring (L, self->klass->title);
  else
    lua_pushfstring (L, "%s (lr = %f after %d steps)", self->klass->title, (lua_Number)tl_optimizer_get_lr (self->optimizer), (int)self->n_steps);
  return 1;
}

// clang-format off
const TlLuaFunction tl_lua_schedule_methods[] = {
  { "step", schedule_step, "schedule:step (value, higher_is_better)", "Sets the rate of the next epoch or step, whichever the loop counts; a value only where a metric is watched." },
  { "lr", NULL, "schedule.lr", "The learning rate." },
  { "steps", NULL, "schedule.steps", "How often it was called." },
  { NULL },
};
// clang-format on

/* The table `optim` is on top of the stack. */
void
tl_lua_open_schedule (lua_State *L)
{
  lua_newtable (L);
  tl_lua_set_functions (L, tl_lua_schedule_methods);
  tl_lua_new_type (L, &type_schedule);
  lua_insert (L, -2);
  lua_pushcclosure (L, schedule_index, 1);
  lua_setfield (L, -2, "__index");
  lua_pushcfunction (L, schedule_tostring);
  lua_setfield (L, -2, "__tostring");
  lua_pop (L, 1);
  for (guint i = 0; i < tl_schedule_get_n_rows (); i++) {
    const TlScheduleClass *row = tl_schedule_get_row (i);

    lua_pushlightuserdata (L, (gpointer)row);
    lua_pushcclosure (L, new_schedule, 1);
    lua_setfield (L, -2, row->title);
  }
}
