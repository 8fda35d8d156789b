/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The kernel's server: a session behind a private Unix socket, by org.trellisml.Kernel1.xml.
 *
 *     peers <-> [thread of the server: calls] -> requests -> [caller's thread: the session] -> events -> ring -> peers
 *
 * The thread of the server never waits for Lua, so an interrupt, help and completion come at once.  Events get numbers; the newest are
 * kept, and a peer that attaches is told again what it missed.
 *
 * Thread rule: tl_server_run() once in a process, from its main thread: it takes the standard streams, and SIGTERM, SIGINT and SIGHUP.
 */

#include "app/kernel/session.h"

G_BEGIN_DECLS

#define TL_SERVER_PROTOCOL 1

/**
 * TlServerOptions:
 * @document_path: (nullable): the document; decides where runs are kept
 * @socket_path: where to listen
 * @n_threads: threads that compute, 0 for one per processor
 * @device: (nullable): where to compute
 * @idle_s: seconds without peers and work after which the kernel leaves, 0 for ten minutes
 */
typedef struct {
  const char *document_path;
  const char *socket_path;
  guint       n_threads;
  const char *device;
  guint       idle_s;
} TlServerOptions;

gboolean tl_server_run (const TlServerOptions *options,
                        GError               **error);

G_END_DECLS
