/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/memory.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/base/error.h"

#define ALIGNMENT 64
#define N_CLASSES (8 * 64)
#define HUGE_PAGE ((gsize)2 << 20)

typedef struct _FreeBlock FreeBlock;
struct _FreeBlock {
  FreeBlock *next;
};

/* Process-wide by nature: there is one machine memory and one limit.  The lock is held for a few instructions. */
static struct {
  pthread_mutex_t lock;
  FreeBlock      *free[N_CLASSES];
  TlMemoryStats   stats;
  TlReclaimFunc   reclaim;
  gpointer        reclaim_data;
  pthread_t       reclaim_thread;
  gboolean        reclaiming;
} memory = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* Eight classes per power of two: at most 12.5 % is wasted. */
static guint
class_of (gsize  n_bytes,
          gsize *class_size)
{
  guint msb;
  gsize step, rounded;

  if (n_bytes <= 512) {
    rounded = MAX ((n_bytes + ALIGNMENT - 1) & ~(gsize)(ALIGNMENT - 1), ALIGNMENT);
    *class_size = rounded;
    return (guint)(rounded / ALIGNMENT) - 1;
  }
  msb = 63 - (guint)__builtin_clzll (n_bytes - 1);
  step = (gsize)1 << (msb - 3);
  rounded = (n_bytes + step - 1) & ~(step - 1);
  *class_size = rounded;
  return (msb - 9) * 8 + (guint)((rounded - 1) >> (msb - 3));
}

/*
 * Large blocks lie on large pages where the system has them: kernels go along columns of matrices, each row of which is on a small
 * page of its own, and looking up so many pages takes longer than reading them.
 */
static gpointer
block_new (gsize n_bytes)
{
  gpointer block = NULL;

  if (posix_memalign (&block, n_bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGNMENT, n_bytes) != 0)
    return NULL;
#ifdef MADV_HUGEPAGE
  if (n_bytes >= HUGE_PAGE)
    madvise (block, n_bytes & ~(HUGE_PAGE - 1), MADV_HUGEPAGE);
#endif
  return block;
}

static void
trim_locked (void)
{
  for (guint i = 0; i < N_CLASSES; i++) {
    FreeBlock *block = g_steal_pointer (&memory.free[i]);

    while (block != NULL) {
      FreeBlock *next = block->next;

      free (block);
      block = next;
    }
  }
  memory.stats.n_cached = 0;
}

static gboolean
charge_locked (gsize n_bytes)
{
  TlMemoryStats *stats = &memory.stats;

  if (stats->n_limit != 0 && n_bytes > stats->n_limit - MIN (stats->n_live, stats->n_limit))
    return FALSE;
  if (stats->n_limit != 0 && stats->n_live + stats->n_cached + n_bytes > stats->n_limit)
    trim_locked ();
  stats->n_live += n_bytes;
  stats->n_peak = MAX (stats->n_peak, stats->n_live);
  return TRUE;
}

static gpointer
try_alloc (gsize n_bytes)
{
  gsize      class_size;
  guint      i = class_of (n_bytes, &class_size);
  FreeBlock *block = NULL;

  pthread_mutex_lock (&memory.lock);
  memory.stats.n_allocs++;
  block = memory.free[i];
  if (block != NULL) {
    memory.free[i] = block->next;
    memory.stats.n_cached -= class_size;
  }
  if (!charge_locked (class_size)) {
    if (block != NULL)
      free (block);
    block = NULL;
  } else if (block == NULL) {
    block = block_new (class_size);
    if (block == NULL) {
      trim_locked ();
      block = block_new (class_size);
    }
    if (block == NULL)
      memory.stats.n_live -= class_size;
  }
  pthread_mutex_unlock (&memory.lock);
  return block;
}

static gboolean
reclaim (void)
{
  gboolean mine;

  pthread_mutex_lock (&memory.lock);
  mine = memory.reclaim != NULL && !memory.reclaiming && pthread_equal (memory.reclaim_thread, pthread_self ());
  if (mine)
    memory.reclaiming = TRUE;
  pthread_mutex_unlock (&memory.lock);
  if (!mine)
    return FALSE;
  memory.reclaim (memory.reclaim_data);
  memory.reclaiming = FALSE;
  return TRUE;
}

/* GLib puts a no-break space between number and unit, which not every terminal can show. */
static char *
size_text (gsize n_bytes)
{
  g_autofree char *text = g_format_size_full (n_bytes, G_FORMAT_SIZE_IEC_UNITS);
  g_auto (GStrv)   parts = g_strsplit (text, "\302\240", -1);

  return g_strjoinv (" ", parts);
}

/**
 * tl_memory_alloc:
 * @n_bytes: size wanted, in bytes; 0 gives the smallest block
 * @error: return location for an error
 *
 * Allocates a block aligned to 64 bytes.  Its content is not defined.
 *
 * Errors: %TL_ERROR_MEMORY
 *
 * Returns: (transfer full): the block, to be freed with tl_memory_free() and the same @n_bytes, or %NULL
 */
gpointer
tl_memory_alloc (gsize    n_bytes,
                 GError **error)
{
  gpointer block = NULL;

  if (n_bytes < G_MAXSSIZE / 2) {
    block = try_alloc (n_bytes);
    if (block == NULL && reclaim ())
      block = try_alloc (n_bytes);
  }
  if (block == NULL) {
    TlMemoryStats    stats;
    g_autofree char *wanted = size_text (n_bytes);
    g_autofree char *live = NULL;
    g_autofree char *limit = NULL;

    tl_memory_get_stats (&stats);
    live = size_text (stats.n_live);
    limit = size_text (stats.n_limit);
    g_set_error (error, TL_ERROR, TL_ERROR_MEMORY, "out of memory: %s wanted, %s in use, limit %s",
                 wanted, live, stats.n_limit != 0 ? limit : "none");
  }
  return block;
}

/**
 * tl_memory_free:
 * @block: (nullable) (transfer full): a block of tl_memory_alloc()
 * @n_bytes: the size it was allocated with
 *
 * Puts a block into the cache.
 */
void
tl_memory_free (gpointer block,
                gsize    n_bytes)
{
  gsize class_size;
  guint i;

  if (block == NULL)
    return;
  i = class_of (n_bytes, &class_size);
  pthread_mutex_lock (&memory.lock);
  ((FreeBlock *)block)->next = memory.free[i];
  memory.free[i] = block;
  memory.stats.n_live -= class_size;
  memory.stats.n_cached += class_size;
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_charge:
 * @n_bytes: bytes taken (positive) or given back (negative) outside of tl_memory_alloc()
 *
 * Counts memory of another allocator against the common limit.
 *
 * Returns: %FALSE when taking would exceed the limit; then nothing is counted
 */
gboolean
tl_memory_charge (gssize n_bytes)
{
  gboolean ok = TRUE;

  pthread_mutex_lock (&memory.lock);
  if (n_bytes < 0)
    memory.stats.n_live -= (gsize)-n_bytes;
  else
    ok = charge_locked ((gsize)n_bytes);
  pthread_mutex_unlock (&memory.lock);
  return ok;
}

/**
 * tl_memory_trim:
 *
 * Gives all cached blocks back to the system.
 */
void
tl_memory_trim (void)
{
  pthread_mutex_lock (&memory.lock);
  trim_locked ();
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_set_limit:
 * @n_bytes: most bytes that may be live at once, 0 for no limit
 */
void
tl_memory_set_limit (gsize n_bytes)
{
  pthread_mutex_lock (&memory.lock);
  memory.stats.n_limit = n_bytes;
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_set_reclaim:
 * @func: (nullable): drops what is no longer wanted, such as a full run of Lua's collector
 * @user_data: for @func
 *
 * Sets what is tried once before an allocation fails on the calling thread.
 */
void
tl_memory_set_reclaim (TlReclaimFunc func,
                       gpointer      user_data)
{
  pthread_mutex_lock (&memory.lock);
  memory.reclaim = func;
  memory.reclaim_data = user_data;
  memory.reclaim_thread = pthread_self ();
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_get_stats:
 * @stats: (out): the figures of this moment
 */
void
tl_memory_get_stats (TlMemoryStats *stats)
{
  pthread_mutex_lock (&memory.lock);
  *stats = memory.stats;
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_reset_peak:
 *
 * The peak counts from now on.
 */
void
tl_memory_reset_peak (void)
{
  pthread_mutex_lock (&memory.lock);
  memory.stats.n_peak = memory.stats.n_live;
  pthread_mutex_unlock (&memory.lock);
}

/**
 * tl_memory_get_block_size:
 * @n_bytes: a size
 *
 * Returns: the bytes that a block of that size takes, as counted in #TlMemoryStats
 */
gsize
tl_memory_get_block_size (gsize n_bytes)
{
  gsize class_size;

  class_of (n_bytes, &class_size);
  return class_size;
}
