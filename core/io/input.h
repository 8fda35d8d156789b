/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A file or a block of bytes, read front to back; gzip is unpacked on the way.
 *
 *     file or bytes --> [ 64 KiB ] --> inflate, if it begins with 1f 8b --> tl_input_read()
 *
 * Nothing is held but the two small windows, so what a compressed file unpacks to costs memory only where the caller
 * asks for it.  The checksums and lengths that gzip carries are verified.
 *
 * Ownership: the caller owns the input; tl_input_free().
 * Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlInput TlInput;

TlInput *tl_input_open (const char *path,
                        GError    **error);
TlInput *tl_input_new_for_bytes (GBytes     *bytes,
                                 const char *name);
void     tl_input_free (TlInput *self);

const char *tl_input_get_name (TlInput *self);
gboolean    tl_input_is_compressed (TlInput *self);
gsize       tl_input_get_bound (TlInput *self);
gssize      tl_input_read (TlInput *self,
                           gpointer buffer,
                           gsize    n_bytes,
                           GError **error);
gboolean    tl_input_rewind (TlInput *self,
                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlInput, tl_input_free)

G_END_DECLS
