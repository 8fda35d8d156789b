/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Plans: a traced step, made ready to be repeated.
 *
 *     trace -> graph of nodes -> passes (dead code, common subexpressions, fusion) -> plan
 *     plan + sizes of the inputs -> binding: kernels, tiles, one arena laid out by lifetimes
 *     binding + inputs -> run: compute, check, commit
 *
 * A run allocates nothing, hashes nothing and takes no lock per node.  It has two halves: compute changes nothing that outlives
 * it; commit publishes all assignments and cannot fail.  An interrupt, an error and a NaN act before the commit.
 *
 * Sizes that were symbolic in the trace are taken from the inputs; each combination of sizes is bound once, and a few are kept.
 *
 * The environment variable TL_EVAL=node makes plans that run node by node, without fusion.
 *
 * Ownership: counted references.  Thread rule: one thread at a time.
 */

#include "core/graph/trace.h"

G_BEGIN_DECLS

typedef struct _TlPlan TlPlan;

/**
 * TlPlanFlags:
 * @TL_PLAN_UNFUSED: every node runs by itself, as it would at once
 * @TL_PLAN_CHECKED: a NaN or Inf in what updates parameters, or in a result without axes, stops a run before the commit
 * @TL_PLAN_CHECKED_OUTPUTS: one in any result, too; with %TL_PLAN_CHECKED
 */
typedef enum {
  TL_PLAN_UNFUSED = 1 << 0,
  TL_PLAN_CHECKED = 1 << 1,
  TL_PLAN_CHECKED_OUTPUTS = 1 << 2,
} TlPlanFlags;

/**
 * TlPlanStats:
 * @n_nodes: nodes after all passes
 * @n_fused: nodes that were put into others
 * @n_arena: bytes of the arena of the newest binding
 * @n_bindings: bindings kept
 * @flops: floating-point operations of a run
 */
typedef struct {
  guint  n_nodes;
  guint  n_fused;
  gsize  n_arena;
  guint  n_bindings;
  double flops;
} TlPlanStats;

/**
 * TlPlanNeeds:
 * @n_arena: bytes of the arena
 * @n_scratch: bytes of scratch memory for each thread
 * @flops: floating-point operations of a run
 *
 * What a plan needs for inputs of given sizes, besides the inputs, the variables and their gradients.
 */
typedef struct {
  gsize  n_arena;
  gsize  n_scratch;
  double flops;
} TlPlanNeeds;

TlPlan *tl_plan_new (TlTrace         *trace,
                     TlTensor *const *outputs,
                     guint            n_outputs,
                     TlPlanFlags      flags,
                     GError         **error);
TlPlan *tl_plan_ref (TlPlan *self);
void    tl_plan_unref (TlPlan *self);

gboolean  tl_plan_run (TlPlan          *self,
                       TlTensor *const *inputs,
                       guint            n_inputs,
                       GError         **error);
gboolean  tl_plan_try_run (TlPlan          *self,
                           TlTensor *const *inputs,
                           guint            n_inputs,
                           gboolean        *is_taken,
                           GError         **error);
void      tl_plan_explain (TlPlan          *self,
                           TlTensor *const *inputs,
                           guint            n_inputs,
                           GError         **error);
gboolean  tl_plan_forecast (TlPlan       *self,
                            const TlMeta *inputs,
                            guint         n_inputs,
                            TlPlanNeeds  *needs,
                            GError      **error);
TlTensor *tl_plan_peek_output (TlPlan *self,
                               guint   output);
TlTensor *tl_plan_dup_output (TlPlan  *self,
                              guint    output,
                              GError **error);
void      tl_plan_get_stats (TlPlan      *self,
                             TlPlanStats *stats);
char     *tl_plan_to_string (TlPlan *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlPlan, tl_plan_unref)

G_END_DECLS
