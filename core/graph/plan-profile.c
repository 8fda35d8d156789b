/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replay that notes times.  Calls run one by one, each on all threads if it has more than one tile; results are the same bits.
 */
#include "core/graph/plan-private.h"
#include "core/graph/profile-private.h"
#include "core/kernels/phases.h"

typedef struct {
  gint64 start_ns;
  gint64 end_ns;
} Span;

typedef struct {
  TlContext        *context;
  TlBound          *bound;
  const TlPlanCall *call;
  gboolean          stops;
  Span             *spans; /* of each thread */
} Job;

static void
run_call (gpointer data,
          guint    thread)
{
  Job              *job = data;
  const TlPlanCall *call = job->call;
  gpointer          scratch = (guint8 *)job->context->scratch + thread * job->context->n_scratch;

  job->spans[thread].start_ns = tl_profile_now ();
  for (guint phase = 0; phase < call->work.n_phases; phase++) {
    atomic_size_t *next = &job->bound->counters[call->first_counter + phase];
    gsize          tile;

    if (phase > 0)
      tl_pool_barrier (job->context->pool);
    while ((tile = atomic_fetch_add_explicit (next, 1, memory_order_relaxed)) < tl_work_get_n_tiles (&call->work, phase) &&
           !(job->stops && tl_context_is_cancelled (job->context)))
      call->run (call->args, call->data, call->workspace, phase, tile, scratch);
  }
  job->spans[thread].end_ns = tl_profile_now ();
}

static void
run_call_alone (Job *job)
{
  const TlPlanCall *call = job->call;

  job->spans[0].start_ns = tl_profile_now ();
  for (guint phase = 0; phase < call->work.n_phases; phase++)
    if (tl_work_get_n_tiles (&call->work, phase) > 0)
      call->run (call->args, call->data, call->workspace, phase, 0, job->context->scratch);
  job->spans[0].end_ns = tl_profile_now ();
}

static void
note_call (TlPlan *self,
           Job    *job,
           guint   n_threads)
{
  TlProfile        *profile = job->context->profile;
  guint             node = job->call->node;
  const TlPlanNode *of = node != TL_NO_VALUE ? tl_plan_node (self, node) : NULL;
  TlCost            cost = of != NULL ? job->bound->costs[node] : (TlCost){ 0 };
  guint             row = tl_profile_ensure_row (profile, of != NULL ? of->op->name : "commit", of != NULL ? &of->source : &(TlSource){ 0 });
  gint64            first = G_MAXINT64, last = 0;

  for (guint i = 0; i < n_threads; i++) {
    first = MIN (first, job->spans[i].start_ns);
    last = MAX (last, job->spans[i].end_ns);
    tl_profile_add_event (profile, row, i, job->spans[i].start_ns, job->spans[i].end_ns);
  }
  tl_profile_add_call (profile, row, last - first, cost.flops, cost.bytes);
}

void
tl_plan_replay_profiled (TlPlan    *self,
                         TlContext *context,
                         TlBound   *bound,
                         guint      first,
                         guint      end,
                         gboolean   stops)
{
  guint            n_threads = tl_pool_get_n_threads (context->pool);
  g_autofree Span *spans = g_new0 (Span, n_threads);
  Job              job = { context, bound, NULL, stops, spans };

  for (guint s = first; s < end; s++) {
    const TlPlanSegment *segment = &bound->segments[s];

    for (guint i = 0; i < segment->n_calls; i++) {
      job.call = &bound->calls[segment->first_call + i];
      if (stops && tl_context_is_cancelled (context))
        return;
      if (segment->parallel)
        tl_pool_run (context->pool, run_call, &job);
      else
        run_call_alone (&job);
      note_call (self, &job, segment->parallel ? n_threads : 1);
    }
  }
}
