/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/nn/layer-private.h"
#include "core/nn/model.h"

G_BEGIN_DECLS

#define TL_MODEL_MAX_SIZES 32

#define TL_INPUT_ATTR_SHAPE 0
#define TL_INPUT_ATTR_DTYPE 1

typedef struct {
  char *from; /* owned; NULL: not connected */
  guint output;
} TlModelLink;

/* A node of the description.  One of layer, op and model is set, or none if the row is unknown. */
typedef struct {
  char               *name;
  char               *row;
  const TlLayerClass *layer;
  const TlOpClass    *op;
  TlModel            *model; /* owned */
  guint               times;
  gboolean            checkpoint; /* of a sub-model: it is computed again for its gradients */
  gboolean            residual;   /* of a sub-model: its first input is added to its first output */
  TlAttrValue         attrs[TL_OP_MAX_ATTRS];
  guint32             given;
  GArray             *links;    /* TlModelLink, one for each input */
  GPtrArray          *problems; /* TlModelProblem: what was wrong when it was described */
} TlModelNode;

typedef struct _TlInstance TlInstance;

/* A node as it runs. */
typedef struct {
  const char      *name; /* interned */
  const char      *path; /* interned */
  TlLayer         *layer;
  const TlOpClass *op;
  TlAttrValue     *attrs; /* of op */
  TlInstance     **parts; /* of a sub-model: one for each repeat */
  guint            n_parts;
  gboolean         checkpoint;
  gboolean         residual;
  guint            n_in;
  guint           *in; /* values; G_MAXUINT where an optional input is not given */
  guint            first_out;
  guint            n_out;
  TlMeta          *metas; /* of the outputs, if is_known */
  gboolean         is_known;
  TlModelCost      cost;
} TlModelStep;

/* A model as it runs: its steps in order, over numbered values; inputs are the first values. */
struct _TlInstance {
  atomic_int   ref_count;
  TlModelStep *steps;
  guint        n_steps;
  guint        n_values;
  guint       *last_use; /* of each value: the step after which it can go; G_MAXUINT for outputs */
  guint        n_inputs;
  const char **input_names;
  TlMeta      *inputs; /* what is declared; undeclared ones as first given */
  gboolean    *input_is_declared;
  guint        n_outputs;
  guint       *outputs;
  const char **output_names;
};

struct _TlModel {
  atomic_int  ref_count;
  char       *name;
  const char *cell; /* interned */
  TlDType     dtype;
  GPtrArray  *nodes;    /* TlModelNode, owned */
  GArray     *outputs;  /* TlModelLink */
  GPtrArray  *refused;  /* TlModelProblem: edits that could not be made */
  GPtrArray  *problems; /* TlModelProblem of the last build */
  TlInstance *built;    /* owned; NULL before the first build and after a failed one */
  gboolean    is_complete;
  GPtrArray  *layers;    /* TlLayer, owned: of the last build, in order */
  GPtrArray  *variables; /* TlVariable, owned: of the last build, in order */
  GHashTable *by_path;   /* path -> TlVariable, of the last build; not owned */
};

/* Collects the cost of what is recorded while an instance runs in a scratch trace. */
typedef struct {
  struct _TlTrace *trace;
  const TlBinding *sizes;
  guint            n_sizes;
} TlModelMeter;

TlModelNode      *tl_model_peek_node (TlModel    *self,
                                      const char *name);
GArray           *tl_model_links_new (void);
GPtrArray        *tl_model_problems_new (void);
const TlAttrSpec *tl_model_node_specs (const TlModelNode *node);
void              tl_model_add_problem (GPtrArray  *problems,
                                        const char *node,
                                        const char *attr,
                                        int         code,
                                        const char *message);
GArray           *tl_model_list_outputs (TlModel *self);
guint             tl_model_count_used (TlModel           *self,
                                       const TlModelNode *node);
gboolean          tl_model_check_input (const char   *name,
                                        const TlMeta *declared,
                                        gboolean      any_dtype,
                                        const TlMeta *given,
                                        TlBinding    *sizes,
                                        guint        *n_sizes,
                                        GError      **error);

void         tl_model_step_measure (TlModelStep *step, const TlModelMeter *meter, guint first_node);
TlInstance  *tl_instance_ref (TlInstance *self);
void         tl_instance_unref (TlInstance *self);
TlModelStep *tl_instance_find (TlInstance *self,
                               const char *path);
gboolean     tl_model_add_residual (TlTensor  *x,
                                    TlTensor **y,
                                    GError   **error);
gboolean     tl_instance_run (TlInstance         *self,
                              const char         *cell,
                              TlTensor *const    *inputs,
                              TlTensor          **outputs,
                              const TlModelMeter *meter,
                              GError            **error);

/* A context of its own in which steps are recorded to see their shapes; variables must not be part of another trace. */
TlContext *tl_scratch_begin (TlModel          *model,
                             TlContext       **before,
                             struct _TlTrace **trace,
                             GError          **error);
void       tl_scratch_end (TlContext       *scratch,
                           TlContext       *before,
                           struct _TlTrace *trace);

G_END_DECLS
