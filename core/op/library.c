/* SPDX-License-Identifier: Apache-2.0 */
#include "core/op/library.h"

#include <dlfcn.h>

static gboolean
find_functions (const TlLibrary *self,
                gpointer         handle,
                gpointer         tables)
{
  for (guint table = 0; self->prefixes[table] != NULL; table++)
    for (guint i = 0; i < self->n_functions; i++) {
      g_autofree char *name = g_strconcat (self->prefixes[table], self->functions[i].name, NULL);
      gpointer         function = dlsym (handle, name);

      if (function == NULL)
        return FALSE;
      *(gpointer *)((char *)tables + table * self->table_bytes + self->functions[i].offset) = function;
    }
  return TRUE;
}

static gpointer
try_file (const TlLibrary *self,
          const char      *file,
          gpointer         tables)
{
  gpointer handle = dlopen (file, RTLD_NOW | RTLD_LOCAL);

  if (handle != NULL && !find_functions (self, handle, tables)) {
    dlclose (handle);
    return NULL;
  }
  return handle;
}

/**
 * tl_library_open:
 * @self: what to open
 * @tables: a table of functions for each prefix
 * @problem: (out) (transfer full): why it cannot be opened
 *
 * Opens a library for good.
 *
 * Returns: (nullable): its handle for dlsym(); or %NULL with @problem set
 */
gpointer
tl_library_open (const TlLibrary *self,
                 gpointer         tables,
                 char           **problem)
{
  const char      *chosen = g_getenv (self->variable);
  gpointer         handle = NULL;
  g_autofree char *files = NULL;

  if (chosen != NULL) {
    handle = try_file (self, chosen, tables);
    if (handle == NULL)
      *problem = g_strdup_printf ("%s cannot be opened: %s is %s", self->name, self->variable, chosen);
    return handle;
  }
  for (guint i = 0; self->files[i] != NULL && handle == NULL; i++)
    handle = try_file (self, self->files[i], tables);
  if (handle == NULL) {
    files = g_strjoinv (" nor ", (char **)self->files);
    *problem = g_strdup_printf ("%s is not installed (Debian: %s): %s%s can be opened", self->name, self->package,
                                self->files[1] != NULL ? "neither " : "no ", files);
  }
  return handle;
}
