/* SPDX-License-Identifier: Apache-2.0 */
#include <stdatomic.h>
#include <unistd.h>

#include "core/base/pool.h"

#define N_PHASES 50

typedef struct {
  TlPool    *pool;
  atomic_int calls[8];
  atomic_int arrived[N_PHASES];
  atomic_int wrong;
} Job;

static void
count_cb (gpointer data,
          guint    thread)
{
  Job *job = data;

  atomic_fetch_add (&job->calls[thread], 1);
}

static void
test_each_thread_once (void)
{
  for (guint n = 1; n <= 4; n++) {
    g_autoptr (TlPool) pool = tl_pool_new (n);
    Job                job = { .pool = pool };

    g_assert_cmpuint (tl_pool_get_n_threads (pool), ==, n);
    for (guint i = 0; i < 1000; i++)
      tl_pool_run (pool, count_cb, &job);
    for (guint i = 0; i < n; i++)
      g_assert_cmpint (job.calls[i], ==, 1000);
    g_assert_cmpint (job.calls[n], ==, 0);
  }
}

static void
phases_cb (gpointer data,
           guint    thread)
{
  Job *job = data;

  for (guint i = 0; i < N_PHASES; i++) {
    atomic_fetch_add (&job->arrived[i], 1);
    tl_pool_barrier (job->pool);
    if (atomic_load (&job->arrived[i]) != (int)tl_pool_get_n_threads (job->pool))
      atomic_fetch_add (&job->wrong, 1);
    tl_pool_barrier (job->pool);
  }
}

static void
test_barrier (void)
{
  g_autoptr (TlPool) pool = tl_pool_new (3);

  for (guint run = 0; run < 20; run++) {
    Job job = { .pool = pool };

    tl_pool_run (pool, phases_cb, &job);
    g_assert_cmpint (job.wrong, ==, 0);
  }
}

static void
test_sleeping_workers_wake (void)
{
  g_autoptr (TlPool) pool = tl_pool_new (2);
  Job                job = { .pool = pool };

  for (guint i = 0; i < 5; i++) {
    g_usleep (20000);
    tl_pool_run (pool, count_cb, &job);
  }
  g_assert_cmpint (job.calls[1], ==, 5);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/base/pool/each-thread-once", test_each_thread_once);
  g_test_add_func ("/base/pool/barrier", test_barrier);
  g_test_add_func ("/base/pool/sleeping-workers-wake", test_sleeping_workers_wake);
  return g_test_run ();
}
