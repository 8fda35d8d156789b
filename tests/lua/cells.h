/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Cells for tests: a state whose output is kept, and short ways to run text.
 */

#include "core/base/error.h"
#include "core/base/memory.h"
#include "lua/lua-state.h"

typedef struct {
  TlLua      *lua;
  GString    *printed;
  TlLuaResult result;
  GError     *error;
  TlModel    *model; /* of the cell "net", if any */
  char       *folder;
} Cells;

static void
cells_print_cb (gpointer    user_data,
                const char *text,
                gsize       n_bytes,
                TlLuaStream stream)
{
  Cells *self = user_data;

  g_string_append_len (self->printed, text, (gssize)n_bytes);
}

static TlModel *
cells_find_model_cb (gpointer    user_data,
                     const char *name,
                     GError    **error)
{
  Cells *self = user_data;

  return self->model != NULL && g_strcmp0 (name, "net") == 0 ? tl_model_ref (self->model) : NULL;
}

static char *
cells_new_run_cb (gpointer    user_data,
                  const char *cell,
                  GError    **error)
{
  return g_strdup (((Cells *)user_data)->folder);
}

static G_GNUC_UNUSED Cells *
cells_new (void)
{
  Cells          *self = g_new0 (Cells, 1);
  const TlLuaHost host = { .print = cells_print_cb, .find_model = cells_find_model_cb, .training = { self, cells_new_run_cb } };

  self->printed = g_string_new (NULL);
  self->lua = tl_lua_new (&host, self);
  g_assert_nonnull (self->lua);
  return self;
}

static G_GNUC_UNUSED void
cells_free (Cells *self)
{
  tl_lua_free (self->lua);
  tl_lua_result_clear (&self->result);
  g_clear_error (&self->error);
  g_clear_pointer (&self->model, tl_model_unref);
  g_free (self->folder);
  g_string_free (self->printed, TRUE);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Cells, cells_free)

static G_GNUC_UNUSED gboolean
cells_try (Cells      *self,
           const char *text)
{
  tl_lua_result_clear (&self->result);
  g_clear_error (&self->error);
  g_string_truncate (self->printed, 0);
  return tl_lua_run_cell (self->lua, "cell", text, &self->result, &self->error);
}

static G_GNUC_UNUSED void
cells_run (Cells      *self,
           const char *text)
{
  cells_try (self, text);
  g_assert_no_error (self->error);
}

/* Runs text that must give a value of this text. */
static G_GNUC_UNUSED void
cells_value (Cells      *self,
             const char *text,
             const char *value)
{
  cells_run (self, text);
  g_assert_cmpstr (self->result.value, ==, value);
}

/* Runs text that must fail with this code in this line, and a message that has @part in it. */
static G_GNUC_UNUSED void
cells_fail (Cells      *self,
            const char *text,
            int         code,
            guint       line,
            const char *part)
{
  g_assert_false (cells_try (self, text));
  g_assert_nonnull (self->error);
  if (strstr (self->error->message, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, self->error->message);
  g_assert_error (self->error, TL_ERROR, code);
  g_assert_cmpstr (self->result.error_cell, ==, "cell");
  g_assert_cmpuint (self->result.error_line, ==, line);
}

static G_GNUC_UNUSED gsize
cells_live (void)
{
  TlMemoryStats stats;

  tl_memory_get_stats (&stats);
  return stats.n_live;
}
