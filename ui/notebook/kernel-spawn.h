/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Where the kernel of a document listens, and how it is started.
 *
 * Thread rule: main thread only.
 */

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * tl_kernel_client_make_socket_path:
 * @document_path: (nullable): a document
 *
 * Returns: (transfer full): its kernel's socket; a new one each time for a document without a name
 */
char *tl_kernel_client_make_socket_path (const char *document_path);

/**
 * tl_kernel_client_spawn:
 * @document_path: (nullable): a document
 * @socket_path: where to listen; what the kernel has to say before that goes to a file beside it
 * @error: return location for an error
 *
 * Returns: (transfer full): the process, which is in a session of its own, or %NULL
 */
GSubprocess *tl_kernel_client_spawn (const char *document_path,
                                     const char *socket_path,
                                     GError    **error);

G_END_DECLS
