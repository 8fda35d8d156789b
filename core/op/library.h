/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Libraries that rows compute with and that are opened when the first of these rows is used: LAPACK, FFTW.  Trellis is neither built nor
 * distributed with them, and works without them but for these rows.
 *
 * Thread rule: any thread.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlLibraryFunction:
 * @name: of the function, without the prefix of its dtype
 * @offset: where its address goes
 */
typedef struct {
  const char *name;
  gsize       offset;
} TlLibraryFunction;

/**
 * TlLibrary:
 * @name: what messages call it
 * @package: the Debian package that has it
 * @variable: environment variable that names another file
 * @files: (array zero-terminated=1): the first that can be opened and has all functions is taken
 * @prefixes: (array zero-terminated=1): what stands before the names of the functions; a table is filled for each
 * @functions: (array length=n_functions): the functions
 * @table_bytes: size of a table
 */
typedef struct {
  const char              *name;
  const char              *package;
  const char              *variable;
  const char *const       *files;
  const char *const       *prefixes;
  const TlLibraryFunction *functions;
  guint                    n_functions;
  gsize                    table_bytes;
} TlLibrary;

gpointer tl_library_open (const TlLibrary *self,
                          gpointer         tables,
                          char           **problem);

G_END_DECLS
