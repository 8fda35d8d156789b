/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The engine's threads.
 *
 * A pool of n threads is the calling thread and n - 1 workers.  tl_pool_run() calls one function on all of them and returns
 * when all have returned; inside, tl_pool_barrier() separates phases.  Waiting spins for a bounded time and then sleeps, so
 * an idle pool costs nothing and a busy one forks in well under a microsecond.
 *
 * pthreads, C11 atomics and futexes only: ThreadSanitizer understands every edge.
 *
 * Thread rule: tl_pool_run() from one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlPool TlPool;

typedef void (*TlPoolFunc) (gpointer data,
                            guint    thread);

TlPool *tl_pool_new (guint n_threads);
void    tl_pool_free (TlPool *self);
guint   tl_pool_get_n_threads (TlPool *self);
void    tl_pool_run (TlPool    *self,
                     TlPoolFunc func,
                     gpointer   data);
void    tl_pool_barrier (TlPool *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlPool, tl_pool_free)

G_END_DECLS
