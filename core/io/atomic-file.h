/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A file that appears whole or not at all.
 *
 *     open: a temporary file beside PATH  -->  write  -->  commit: flushed to disk, renamed over PATH, folder flushed
 *                                                    \->  free without commit: the temporary file is removed
 *
 * A full disk, a crash or an error in the middle leaves what was at PATH before.
 *
 * Ownership: the caller owns the file; tl_atomic_file_free().
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlAtomicFile TlAtomicFile;

TlAtomicFile *tl_atomic_file_open (const char *path,
                                   GError    **error);
gboolean      tl_atomic_file_write (TlAtomicFile *self,
                                    gconstpointer data,
                                    gsize         n_bytes,
                                    GError      **error);
gboolean      tl_atomic_file_commit (TlAtomicFile *self,
                                     GError      **error);
void          tl_atomic_file_free (TlAtomicFile *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlAtomicFile, tl_atomic_file_free)

G_END_DECLS
