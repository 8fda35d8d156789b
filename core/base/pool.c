/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base/pool.h"

#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Spins of about 20 us before a sleep: longer than the gap between two kernels of a step, far shorter than a time slice
 * that a loader thread would wait for. */
#define SPINS 4000

typedef struct {
  _Alignas(64) atomic_uint value;
  atomic_uint n_sleepers;
} Gate;

struct _TlPool {
  guint       n_threads;
  pthread_t  *workers;
  TlPoolFunc  func;
  gpointer    data;
  atomic_bool quit;
  Gate        start;   /* counts runs */
  Gate        barrier; /* counts barriers passed */
  _Alignas(64) atomic_uint n_arrived;
};

typedef struct {
  TlPool *pool;
  guint   thread;
} Worker;

static inline void
relax (void)
{
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause ();
#else
  atomic_signal_fence (memory_order_seq_cst);
#endif
}

static void
gate_wait (Gate *gate,
           guint seen)
{
  for (guint i = 0; i < SPINS; i++) {
    if (atomic_load_explicit (&gate->value, memory_order_acquire) != seen)
      return;
    relax ();
  }
  atomic_fetch_add (&gate->n_sleepers, 1);
  while (atomic_load (&gate->value) == seen)
    syscall (SYS_futex, &gate->value, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
  atomic_fetch_sub (&gate->n_sleepers, 1);
}

static void
gate_open (Gate *gate)
{
  atomic_fetch_add (&gate->value, 1);
  if (atomic_load (&gate->n_sleepers) > 0)
    syscall (SYS_futex, &gate->value, FUTEX_WAKE_PRIVATE, G_MAXINT, NULL, NULL, 0);
}

static gpointer
worker_main (gpointer data)
{
  Worker *worker = data;
  TlPool *self = worker->pool;
  guint   thread = worker->thread;
  guint   seen = 0;

  g_free (worker);
  for (;;) {
    gate_wait (&self->start, seen);
    seen++;
    if (atomic_load_explicit (&self->quit, memory_order_acquire))
      return NULL;
    self->func (self->data, thread);
    tl_pool_barrier (self);
  }
}

/**
 * tl_pool_new:
 * @n_threads: threads in all, the caller's included; at least 1
 *
 * Starts a pool.  If the system refuses a thread, the pool has fewer.
 *
 * Returns: (transfer full): the pool
 */
TlPool *
tl_pool_new (guint n_threads)
{
  TlPool  *self = NULL;
  sigset_t all, before;

  g_return_val_if_fail (n_threads >= 1, NULL);

  self = aligned_alloc (64, (sizeof (TlPool) + 63) & ~(gsize)63);
  g_assert (self != NULL);
  memset (self, 0, sizeof *self);
  self->n_threads = 1;
  self->workers = g_new0 (pthread_t, n_threads);

  /* Signals belong to the program's own threads. */
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, &before);
  for (guint i = 1; i < n_threads; i++) {
    Worker *worker = g_new (Worker, 1);

    *worker = (Worker){ self, i };
    if (pthread_create (&self->workers[i], NULL, worker_main, worker) != 0) {
      g_free (worker);
      break;
    }
    self->n_threads++;
  }
  pthread_sigmask (SIG_SETMASK, &before, NULL);
  return self;
}

/**
 * tl_pool_free:
 * @self: (nullable) (transfer full): a pool that is not running
 */
void
tl_pool_free (TlPool *self)
{
  if (self == NULL)
    return;
  atomic_store (&self->quit, TRUE);
  gate_open (&self->start);
  for (guint i = 1; i < self->n_threads; i++)
    pthread_join (self->workers[i], NULL);
  g_free (self->workers);
  free (self);
}

/**
 * tl_pool_get_n_threads:
 * @self: a pool
 *
 * Returns: the number of threads, the caller's included
 */
guint
tl_pool_get_n_threads (TlPool *self)
{
  return self->n_threads;
}

/**
 * tl_pool_run:
 * @self: a pool
 * @func: called once on each thread with its number, 0 on the caller's
 * @data: for @func
 *
 * Forks, runs and joins.
 */
void
tl_pool_run (TlPool    *self,
             TlPoolFunc func,
             gpointer   data)
{
  if (self->n_threads == 1) {
    func (data, 0);
    return;
  }
  self->func = func;
  self->data = data;
  gate_open (&self->start);
  func (data, 0);
  tl_pool_barrier (self);
}

/**
 * tl_pool_barrier:
 * @self: a pool that is running
 *
 * Waits until all threads of the pool are here.  Called from inside the function given to tl_pool_run(), the same number of
 * times on each thread.
 */
void
tl_pool_barrier (TlPool *self)
{
  guint seen;

  if (self->n_threads == 1)
    return;
  seen = atomic_load_explicit (&self->barrier.value, memory_order_relaxed);
  if (atomic_fetch_add (&self->n_arrived, 1) + 1 == self->n_threads) {
    atomic_store_explicit (&self->n_arrived, 0, memory_order_relaxed);
    gate_open (&self->barrier);
  } else {
    gate_wait (&self->barrier, seen);
  }
}
