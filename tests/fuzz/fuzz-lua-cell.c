/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as a cell: it ends by itself or by an interrupt, within its memory, and the state still works afterwards.
 */
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <signal.h>

#include "core/base/error.h"
#include "core/base/memory.h"
#include "lua/lua-state.h"

#define LIMIT_MS 20

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t         size);

static TlContext *context;

static void
alarm_cb (int number)
{
  tl_context_cancel (context);
}

static void
set_alarm (int ms)
{
  struct itimerval timer = { .it_value = { .tv_usec = ms * 1000 } };

  setitimer (ITIMER_REAL, &timer, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char     *text = g_strndup ((const char *)data, size);
  g_autoptr (TlLua)    lua = NULL;
  g_autoptr (GError)   error = NULL;
  g_auto (TlLuaResult) result = { 0 }, again = { 0 };

  if (context == NULL) {
    context = tl_context_get ();
    signal (SIGALRM, alarm_cb);
    tl_memory_set_limit ((gsize)64 << 20);
  }
  lua = tl_lua_new (NULL, NULL);
  g_assert_nonnull (lua);
  set_alarm (LIMIT_MS);
  tl_lua_run_cell (lua, "cell", text, &result, &error);
  set_alarm (0);
  tl_context_clear_cancel (context);
  g_assert_true (error == NULL || error->domain == TL_ERROR);
  g_clear_error (&error);
  g_assert_true (tl_lua_run_cell (lua, "cell", "local x = 1 return x + 1", &again, &error));
  g_assert_cmpstr (again.value, ==, "2");
  return 0;
}
