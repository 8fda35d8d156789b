/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts every allocation of the process while a training runs: this program's malloc stands before the C library's.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "core/base/memory.h"
#include "tests/sanitized.h"

#if defined(__GLIBC__) && !TESTS_SANITIZED
#  include "digits.h"

static atomic_size_t n_mallocs;

extern void *__libc_malloc (size_t n_bytes);
extern void *__libc_calloc (size_t n, size_t n_bytes);
extern void *__libc_realloc (void *block, size_t n_bytes);
extern void *__libc_memalign (size_t alignment, size_t n_bytes);

void *
malloc (size_t n_bytes)
{
  atomic_fetch_add_explicit (&n_mallocs, 1, memory_order_relaxed);
  return __libc_malloc (n_bytes);
}

void *
calloc (size_t n,
        size_t n_bytes)
{
  atomic_fetch_add_explicit (&n_mallocs, 1, memory_order_relaxed);
  return __libc_calloc (n, n_bytes);
}

void *
realloc (void  *block,
         size_t n_bytes)
{
  atomic_fetch_add_explicit (&n_mallocs, 1, memory_order_relaxed);
  return __libc_realloc (block, n_bytes);
}

int
posix_memalign (void **block,
                size_t alignment,
                size_t n_bytes)
{
  atomic_fetch_add_explicit (&n_mallocs, 1, memory_order_relaxed);
  *block = __libc_memalign (alignment, n_bytes);
  return *block != NULL ? 0 : 12;
}

typedef struct {
  gsize n_mallocs, n_blocks; /* at the last step */
  gsize n_bad;
  guint n_steps;
} Count;

static void
step_cb (gpointer         user_data,
         const TlRunStep *event)
{
  Count        *self = user_data;
  gsize         now = atomic_load (&n_mallocs);
  TlMemoryStats memory;

  tl_memory_get_stats (&memory);
  /* Steps after the second, and not the first of an epoch: between epochs results are judged. The last batch is smaller, and the sizes of the
   * first small one are bound when it comes. */
  if (event->epoch > 0 && event->epoch_step > 1) {
    self->n_bad += now - self->n_mallocs + memory.n_allocs - self->n_blocks;
    self->n_steps++;
  } else if (event->epoch == 0 && event->epoch_step > 2 && event->epoch_step < event->steps_per_epoch) {
    self->n_bad += now - self->n_mallocs + memory.n_allocs - self->n_blocks;
    self->n_steps++;
  }
  self->n_mallocs = now;
  self->n_blocks = memory.n_allocs;
}

static void
run (const TlScheduleClass *schedule,
     guint                  accumulate)
{
  static const TlRunSink sink = { .step = step_cb };
  Digits                 digits;
  TlTrainerOptions       options;
  g_autoptr (TlTrainer)  trainer = NULL;
  g_autoptr (GError)     error = NULL;
  Count                  count = { 0 };

  digits_init (&digits, TRUE);
  options = digits_options (&digits);
  options.epochs = 3;
  options.schedule = schedule;
  options.accumulate = accumulate;
  options.sink = &sink;
  options.sink_data = &count;
  trainer = tl_trainer_new (&options, &error);
  g_assert_no_error (error);
  g_assert_true (tl_trainer_run (trainer, &error));
  g_assert_cmpuint (count.n_steps, >, 30);
  g_assert_cmpuint (count.n_bad, ==, 0);
  g_clear_pointer (&trainer, tl_trainer_free);
  digits_clear (&digits);
}

static void
test_steps (void)
{
  gsize before = atomic_load (&n_mallocs);

  g_free (g_malloc (10));
  g_assert_cmpuint (atomic_load (&n_mallocs), ==, before + 1);
  run (NULL, 1);
  run (tl_schedule_find ("cosine"), 1);
  run (NULL, 3);
}
#else
static void
test_steps (void)
{
  g_test_skip ("allocations cannot be counted here: sanitizers, and C libraries other than glibc, keep malloc to themselves");
}
#endif

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/train/trainer-memory/steps", test_steps);
  return g_test_run ();
}
