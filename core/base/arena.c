/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/arena.h"

#include <string.h>

#define CHUNK_BYTES 16384

/* What is released with the blocks; stands in one of them. */
typedef struct _Kept Kept;

struct _Kept {
  Kept          *next;
  GDestroyNotify release;
  gpointer       object;
};

struct _TlArenaChunk {
  TlArenaChunk *next;
  Kept         *kept;
  gsize         n_bytes;
  _Alignas(16) guint8 data[];
};

/**
 * tl_arena_alloc0:
 * @self: an arena, zero-initialised before first use
 * @n_bytes: size in bytes
 *
 * Returns: (transfer none): a zeroed block aligned to 16 bytes
 */
gpointer
tl_arena_alloc0 (TlArena *self,
                 gsize    n_bytes)
{
  gpointer block;

  n_bytes = (n_bytes + 15) & ~(gsize)15;
  if (self->chunks == NULL || self->n_used + n_bytes > self->chunks->n_bytes) {
    gsize         size = MAX (n_bytes, CHUNK_BYTES);
    TlArenaChunk *chunk = g_malloc (sizeof (TlArenaChunk) + size);

    chunk->n_bytes = size;
    chunk->next = self->chunks;
    chunk->kept = NULL;
    self->chunks = chunk;
    self->n_used = 0;
  }
  block = self->chunks->data + self->n_used;
  self->n_used += n_bytes;
  memset (block, 0, n_bytes);
  return block;
}

/**
 * tl_arena_dup:
 * @self: an arena
 * @block: what to copy
 * @n_bytes: its size
 *
 * Returns: (transfer none): a copy of @block
 */
gpointer
tl_arena_dup (TlArena      *self,
              gconstpointer block,
              gsize         n_bytes)
{
  gpointer copy = tl_arena_alloc0 (self, n_bytes);

  if (n_bytes > 0)
    memcpy (copy, block, n_bytes);
  return copy;
}

/**
 * tl_arena_keep:
 * @self: an arena
 * @release: called when the blocks are freed
 * @object: its argument
 *
 * Hands over something that blocks point to.
 */
void
tl_arena_keep (TlArena       *self,
               GDestroyNotify release,
               gpointer       object)
{
  Kept *kept = tl_arena_alloc0 (self, sizeof *kept);

  *kept = (Kept){ self->chunks->kept, release, object };
  self->chunks->kept = kept;
}

static void
release_kept (TlArenaChunk *chunk)
{
  for (Kept *kept = g_steal_pointer (&chunk->kept); kept != NULL; kept = kept->next)
    kept->release (kept->object);
}

/**
 * tl_arena_reset:
 * @self: an arena
 *
 * Frees all blocks but keeps one chunk of memory for the next ones.
 */
void
tl_arena_reset (TlArena *self)
{
  TlArenaChunk *keep = self->chunks;

  if (keep == NULL)
    return;
  if (keep->next != NULL || keep->n_bytes > CHUNK_BYTES)
    tl_arena_clear (self);
  else
    release_kept (keep);
  self->n_used = 0;
}

/**
 * tl_arena_clear:
 * @self: an arena
 *
 * Frees all blocks; the arena can be used again.
 */
void
tl_arena_clear (TlArena *self)
{
  TlArenaChunk *chunk = g_steal_pointer (&self->chunks);

  while (chunk != NULL) {
    TlArenaChunk *next = chunk->next;

    release_kept (chunk);
    g_free (chunk);
    chunk = next;
  }
  self->n_used = 0;
}
