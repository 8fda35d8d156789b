/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Blocks of memory for tensors, with one limit and a cache.
 *
 * Blocks are aligned to 64 bytes and come in size classes (eight per power of two).  A freed block stays in the cache of
 * its class, because pages given back to the system and faulted in again cost more than most kernels; the cache is emptied
 * when the limit is met or tl_memory_trim() is called.  Everything counted here and everything reported through
 * tl_memory_charge() (Lua's heap) shares one limit.
 *
 * When the limit is met or the system refuses, the reclaim hook runs once (Lua's collector) and the allocation is tried
 * again; then it is an error.
 *
 * Thread rule: any thread.  The hook runs on the thread that allocates, and only if it is the one that set the hook.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef void (*TlReclaimFunc) (gpointer user_data);

typedef struct {
  gsize n_live;   /* bytes handed out or charged */
  gsize n_cached; /* bytes kept for reuse */
  gsize n_peak;   /* most bytes live at once */
  gsize n_limit;  /* 0: no limit */
  gsize n_allocs; /* calls of tl_memory_alloc() so far */
} TlMemoryStats;

gpointer tl_memory_alloc (gsize    n_bytes,
                          GError **error);
void     tl_memory_free (gpointer block,
                         gsize    n_bytes);
gboolean tl_memory_charge (gssize n_bytes);
void     tl_memory_trim (void);
void     tl_memory_set_limit (gsize n_bytes);
void     tl_memory_set_reclaim (TlReclaimFunc func,
                                gpointer      user_data);
void     tl_memory_get_stats (TlMemoryStats *stats);
void     tl_memory_reset_peak (void);
gsize    tl_memory_get_block_size (gsize n_bytes);

G_END_DECLS
