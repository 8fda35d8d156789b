/* SPDX-License-Identifier: Apache-2.0 */
#include "core/graph/context-private.h"

#include "core/base/error.h"
#include "core/base/memory.h"
#include "core/kernels/phases.h"
#include "core/tensor/variable.h"

static _Thread_local TlContext *current;

/* A context that was made on the fly goes with its thread. */
static GPrivate owned = G_PRIVATE_INIT ((GDestroyNotify)tl_context_free);

/**
 * tl_context_new:
 * @n_threads: threads that compute, the caller's included; 0 for one per processor
 *
 * Returns: (transfer full): a context
 */
TlContext *
tl_context_new (guint n_threads)
{
  TlContext *self = g_new0 (TlContext, 1);

  if (n_threads == 0)
    n_threads = g_get_num_processors ();
  self->pool = tl_pool_new (CLAMP (n_threads, 1, 256));
  self->grad_enabled = TRUE;
  self->seed = 42;
  self->next_serial = 1;
  return self;
}

/**
 * tl_context_free:
 * @self: (nullable) (transfer full): a context
 */
void
tl_context_free (TlContext *self)
{
  if (self == NULL)
    return;
  if (current == self)
    current = NULL;
  tl_memory_free (self->workspace, self->n_workspace);
  tl_memory_free (self->scratch, self->n_scratch * tl_pool_get_n_threads (self->pool));
  g_clear_pointer (&self->counter, tl_variable_unref);
  g_clear_pointer (&self->pool, tl_pool_free);
  g_free (self);
}

/**
 * tl_context_get:
 *
 * Returns: (transfer none): the context of this thread; made with one thread per processor if there is none
 */
TlContext *
tl_context_get (void)
{
  if (G_UNLIKELY (current == NULL)) {
    current = tl_context_new (0);
    g_private_set (&owned, current);
  }
  return current;
}

/**
 * tl_context_peek:
 *
 * Returns: (transfer none) (nullable): the context of this thread, if it has one
 */
TlContext *
tl_context_peek (void)
{
  return current;
}

/**
 * tl_context_make_current:
 * @self: (nullable): a context
 *
 * Makes @self the context of this thread.
 *
 * Returns: (transfer none) (nullable): the one before
 */
TlContext *
tl_context_make_current (TlContext *self)
{
  TlContext *before = current;

  current = self;
  return before;
}

/**
 * tl_context_get_n_threads:
 * @self: a context
 *
 * Returns: the number of threads that compute
 */
guint
tl_context_get_n_threads (TlContext *self)
{
  return tl_pool_get_n_threads (self->pool);
}

/**
 * tl_context_set_seed:
 * @self: a context
 * @seed: the document's seed
 *
 * Starts all random numbers anew; traced steps made before keep their seed.
 */
void
tl_context_set_seed (TlContext *self,
                     guint64    seed)
{
  self->seed = seed;
  g_clear_pointer (&self->counter, tl_variable_unref);
}

/**
 * tl_context_get_seed:
 * @self: a context
 *
 * Returns: the seed
 */
guint64
tl_context_get_seed (TlContext *self)
{
  return self->seed;
}

/**
 * tl_context_get_random_counter:
 * @self: a context
 *
 * Returns: (transfer none): the call counter of random operations that belong to no layer
 */
TlVariable *
tl_context_get_random_counter (TlContext *self)
{
  if (self->counter == NULL) {
    gint64               zero = 0;
    g_autoptr (TlTensor) value = tl_tensor_new_from_data (TL_DTYPE_I64, 0, NULL, &zero, NULL);

    if (value != NULL)
      self->counter = tl_variable_new ("random", TL_VARIABLE_COUNTER, value, NULL);
  }
  return self->counter;
}

/**
 * tl_context_set_grad_enabled:
 * @self: a context
 * @enabled: whether operations remember how they were computed
 *
 * Returns: what it was before
 */
gboolean
tl_context_set_grad_enabled (TlContext *self,
                             gboolean   enabled)
{
  gboolean before = self->grad_enabled;

  self->grad_enabled = enabled;
  return before;
}

/**
 * tl_context_get_grad_enabled:
 * @self: a context
 *
 * Returns: whether operations remember how they were computed
 */
gboolean
tl_context_get_grad_enabled (TlContext *self)
{
  return self->grad_enabled;
}

/**
 * tl_context_set_training:
 * @self: a context
 * @training: whether layers behave as in training
 *
 * Returns: what it was before
 */
gboolean
tl_context_set_training (TlContext *self,
                         gboolean   training)
{
  gboolean before = self->training;

  self->training = training;
  return before;
}

/**
 * tl_context_get_training:
 * @self: a context
 *
 * Returns: whether layers behave as in training
 */
gboolean
tl_context_get_training (TlContext *self)
{
  return self->training;
}

/**
 * tl_context_set_autocast:
 * @self: a context
 * @dtype: %TL_DTYPE_F16 or %TL_DTYPE_BF16 in which products compute from now on; %TL_DTYPE_F32 for what their operands say
 *
 * Rows say what becomes of them, see #TlPrecision.  Operands in f64 stay what they are, and so does the backward pass: it
 * computes in the dtypes of the forward pass.
 */
void
tl_context_set_autocast (TlContext *self,
                         TlDType    dtype)
{
  self->autocast = dtype;
}

/**
 * tl_context_get_autocast:
 * @self: a context
 *
 * Returns: the dtype in which products compute; %TL_DTYPE_F32 for that of their operands
 */
TlDType
tl_context_get_autocast (TlContext *self)
{
  return self->autocast;
}

/**
 * tl_context_set_checks_finite:
 * @self: a context
 * @checks: whether an operation that makes a NaN or Inf is an error that names it
 *
 * For operations that run at once, in both passes; it reads every result once more.
 *
 * Returns: what it was before
 */
gboolean
tl_context_set_checks_finite (TlContext *self,
                              gboolean   checks)
{
  gboolean before = self->checks_finite;

  self->checks_finite = checks;
  return before;
}

/**
 * tl_context_get_checks_finite:
 * @self: a context
 *
 * Returns: whether an operation that makes a NaN or Inf is an error
 */
gboolean
tl_context_get_checks_finite (TlContext *self)
{
  return self->checks_finite;
}

/**
 * tl_context_set_source:
 * @self: a context
 * @source: (nullable): where in the document the next operations come from
 */
void
tl_context_set_source (TlContext      *self,
                       const TlSource *source)
{
  self->source = source != NULL ? *source : (TlSource){ 0 };
}

/**
 * tl_context_get_source:
 * @self: a context
 * @source: (out): where in the document operations come from now
 */
void
tl_context_get_source (TlContext *self,
                       TlSource  *source)
{
  *source = self->source;
}

/**
 * tl_context_cancel:
 * @self: a context
 *
 * Asks what runs to stop; it does within a few milliseconds, with %TL_ERROR_CANCELLED.
 */
void
tl_context_cancel (TlContext *self)
{
  atomic_store (&self->cancelled, TRUE);
}

/**
 * tl_context_clear_cancel:
 * @self: a context
 *
 * Lets operations run again.
 */
void
tl_context_clear_cancel (TlContext *self)
{
  atomic_store (&self->cancelled, FALSE);
}

/**
 * tl_context_is_cancelled:
 * @self: a context
 *
 * Returns: whether it was asked to stop
 */
gboolean
tl_context_is_cancelled (TlContext *self)
{
  return !self->shielded && atomic_load_explicit (&self->cancelled, memory_order_relaxed);
}

/**
 * tl_context_set_shielded:
 * @self: a context
 * @shielded: whether what runs next is finished even if it was asked to stop
 *
 * For operations that change variables together: all or none.
 *
 * Returns: what it was before
 */
gboolean
tl_context_set_shielded (TlContext *self,
                         gboolean   shielded)
{
  gboolean before = self->shielded;

  self->shielded = shielded;
  return before;
}

/**
 * tl_context_check_cancelled:
 * @self: a context
 * @error: return location for an error
 *
 * Errors: %TL_ERROR_CANCELLED
 *
 * Returns: %FALSE if it was asked to stop
 */
gboolean
tl_context_check_cancelled (TlContext *self,
                            GError   **error)
{
  if (!tl_context_is_cancelled (self))
    return TRUE;
  g_set_error_literal (error, TL_ERROR, TL_ERROR_CANCELLED, "interrupted");
  return FALSE;
}

static gboolean
ensure_block (gpointer *block,
              gsize    *n_bytes,
              gsize     wanted,
              guint     n_copies,
              GError  **error)
{
  gpointer larger;

  if (wanted <= *n_bytes)
    return TRUE;
  wanted = (wanted + 4095) & ~(gsize)4095;
  larger = tl_memory_alloc (wanted * n_copies, error);
  if (larger == NULL)
    return FALSE;
  tl_memory_free (*block, *n_bytes * n_copies);
  *block = larger;
  *n_bytes = wanted;
  return TRUE;
}

/* Sees to it that each thread has so much scratch memory. */
gboolean
tl_context_ensure_scratch (TlContext *self,
                           gsize      n_bytes,
                           GError   **error)
{
  return ensure_block (&self->scratch, &self->n_scratch, n_bytes, tl_pool_get_n_threads (self->pool), error);
}

typedef struct {
  TlContext     *context;
  TlRunFn        run;
  gconstpointer  args;
  void *const   *data;
  const TlWork  *work;
  atomic_size_t *next; /* tile of each phase */
} Job;

static void
run_job (gpointer data,
         guint    thread)
{
  Job     *job = data;
  gpointer scratch = (guint8 *)job->context->scratch + thread * job->context->n_scratch;

  for (guint phase = 0; phase < job->work->n_phases; phase++) {
    gsize n_tiles = tl_work_get_n_tiles (job->work, phase);
    gsize tile;

    if (phase > 0)
      tl_pool_barrier (job->context->pool);
    while ((tile = atomic_fetch_add_explicit (&job->next[phase], 1, memory_order_relaxed)) < n_tiles &&
           !tl_context_is_cancelled (job->context))
      job->run (job->args, job->data, job->context->workspace, phase, tile, scratch);
  }
}

/* Runs one kernel now, on all threads if it has more than one tile. */
gboolean
tl_context_run (TlContext    *self,
                TlRunFn       run,
                gconstpointer args,
                void *const  *data,
                const TlWork *work,
                GError      **error)
{
  gsize most = 0;

  for (guint phase = 0; phase < work->n_phases; phase++)
    most = MAX (most, tl_work_get_n_tiles (work, phase));
  if (!ensure_block (&self->workspace, &self->n_workspace, work->workspace, 1, error) ||
      !tl_context_ensure_scratch (self, work->scratch, error))
    return FALSE;
  if (most > 1) {
    atomic_size_t             few[TL_WORK_MAX_PHASES] = { 0 };
    g_autofree atomic_size_t *many = work->n_phases > TL_WORK_MAX_PHASES ? g_new0 (atomic_size_t, work->n_phases) : NULL;
    Job                       job = { self, run, args, data, work, many != NULL ? many : few };

    tl_pool_run (self->pool, run_job, &job);
  } else {
    for (guint phase = 0; phase < work->n_phases; phase++)
      if (tl_work_get_n_tiles (work, phase) > 0 && !tl_context_is_cancelled (self))
        run (args, data, self->workspace, phase, 0, self->scratch);
  }
  return tl_context_check_cancelled (self, error);
}
