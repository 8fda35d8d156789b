/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Many small allocations that are freed together.
 *
 * Ownership: blocks live until tl_arena_clear() or tl_arena_reset(), and so does what is kept for them.  Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlArenaChunk TlArenaChunk;

typedef struct {
  TlArenaChunk *chunks;
  gsize         n_used; /* of the first chunk */
} TlArena;

gpointer tl_arena_alloc0 (TlArena *self,
                          gsize    n_bytes);
gpointer tl_arena_dup (TlArena      *self,
                       gconstpointer block,
                       gsize         n_bytes);
void     tl_arena_keep (TlArena       *self,
                        GDestroyNotify release,
                        gpointer       object);
void     tl_arena_reset (TlArena *self);
void     tl_arena_clear (TlArena *self);

#define tl_arena_new0(arena, type, n) ((type *)tl_arena_alloc0 ((arena), sizeof (type) * (n)))

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TlArena, tl_arena_clear)

G_END_DECLS
