/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/base/arena.h"
#include "core/graph/plan.h"
#include "core/graph/trace-private.h"
#include "core/kernels/index.h"

G_BEGIN_DECLS

#define TL_NO_VALUE G_MAXUINT

/*
 * The graph that passes work on.  Values are numbered; a node's outputs have consecutive numbers.  Dead nodes stay in the array, marked.
 */
typedef struct {
  const TlOpClass *op;
  TlExpr          *expr; /* owned */
  TlResultType     result;
  TlSource         source;
  guint            again; /* number of the repetition it belongs to: equal nodes of another one are not merged with it */
  guint            n_in;
  guint            n_out;
  guint           *in;
  guint            first_out;
  guint            n_attrs;
  TlAttrValue     *attrs;
  gboolean         dead;
  gboolean         commits;      /* runs in the commit and writes variables in place */
  guint            serial_fused; /* how many nodes were put into this one */
} TlPlanNode;

typedef struct {
  TlMeta     meta; /* as traced: sizes may be symbolic */
  guint      node; /* that computes it */
  TlLeafKind leaf; /* of a leaf */
  guint      leaf_index;
  gboolean   is_leaf;
  gboolean   is_output;
  guint      n_uses; /* by nodes, outputs and assignments */
} TlPlanValue;

/* variable (or its gradient) = value, at the commit. */
typedef struct {
  TlVariable *variable; /* owned */
  gboolean    to_grad;
  guint       value;
  gboolean    in_place; /* a committing node writes it */
} TlPlanAssignment;

/* A kernel call of a binding, ready to run. */
typedef struct {
  TlRunFn       run;
  gconstpointer args;
  void        **data;
  void         *workspace;
  TlWork        work;
  guint         node;
  guint         first_counter; /* of its phases */
} TlPlanCall;

/* Calls that only one thread runs, or one call that all run. */
typedef struct {
  guint    first_call;
  guint    n_calls;
  gboolean parallel;
} TlPlanSegment;

/* Where the address of a leaf stands in calls. */
typedef struct {
  void **slot;
  gsize  offset;
} TlPlanSlot;

/* What a node that looks up by index found wrong in this run. */
typedef struct {
  TlIndexError error;
  guint        node;
} TlPlanIndexError;

typedef struct {
  TlDim            *sizes; /* of the plan's symbols, in their order */
  TlArena           memory;
  TlMeta           *metas;     /* of all values */
  void            **addresses; /* of all values; NULL where it is a leaf's */
  TlStorage        *arena;
  gsize             n_scratch; /* of the context, for each thread */
  TlPlanCall       *calls;
  guint             n_calls;
  guint             n_compute_calls;
  TlPlanSegment    *segments;
  guint             n_segments;
  guint             n_compute_segments;
  atomic_size_t    *counters;
  guint             n_counters;
  GArray          **slots; /* for each leaf value, TlPlanSlot; NULL for others */
  void            **leaf_data;
  void           ***assigned; /* for each assignment: where its address stands, or NULL */
  guint             n_values;
  guint             n_outputs;
  TlTensor        **outputs;      /* over the arena; NULL for a leaf */
  TlPlanIndexError *index_errors; /* of nodes that look up by index */
  guint             n_index_errors;
  gint64            nonfinite[TL_DTYPE_BF16 + 1]; /* results of the checks of f32, f64, f16 and bf16, -1 where everything is finite */
  TlCost           *costs;                        /* of all nodes */
  double            flops;
  guint64           last_run;
} TlBound;

struct _TlPlan {
  atomic_int  ref_count;
  TlPlanFlags flags;
  TlArena     memory;
  GArray     *nodes;  /* TlPlanNode */
  GArray     *values; /* TlPlanValue */
  guint       n_inputs;
  guint      *inputs; /* values; TL_NO_VALUE for one that is not used */
  TlMeta     *input_metas;
  guint       n_outputs;
  guint      *outputs;
  GPtrArray  *captured;
  GPtrArray  *variables;
  GPtrArray  *grads;
  GArray     *assignments; /* TlPlanAssignment */
  TlDim      *symbols;
  guint       n_symbols;
  GPtrArray  *bounds; /* TlBound */
  TlBound    *current;
  guint64     n_runs;
  guint       n_fused;
  TlPlan     *traced; /* owned, nullable: the nodes as they were traced, for tl_plan_explain() */
};

static inline TlPlanNode *
tl_plan_node (TlPlan *self,
              guint   i)
{
  return &g_array_index (self->nodes, TlPlanNode, i);
}

static inline TlPlanValue *
tl_plan_value (TlPlan *self,
               guint   i)
{
  return &g_array_index (self->values, TlPlanValue, i);
}

gboolean tl_plan_place (TlPlan          *self,
                        TlTensor *const *inputs,
                        GError         **error);
void     tl_plan_optimize (TlPlan *self);
void     tl_plan_count_uses (TlPlan *self);
TlBound *tl_bound_new (TlPlan       *self,
                       const TlMeta *inputs,
                       const TlDim  *sizes,
                       TlPlanNeeds  *needs,
                       GError      **error);
void     tl_plan_replay_profiled (TlPlan    *self,
                                  TlContext *context,
                                  TlBound   *bound,
                                  guint      first,
                                  guint      end,
                                  gboolean   stops);
void     tl_bound_free (TlBound *bound);
guint    tl_plan_layout (const gsize *sizes,
                         const guint *first,
                         const guint *last,
                         guint        n,
                         gsize       *offsets,
                         gsize       *n_total);

G_END_DECLS
