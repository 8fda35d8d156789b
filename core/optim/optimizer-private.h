/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/optim/optimizer.h"

G_BEGIN_DECLS

#define TL_OPTIMIZER(name) extern const TlOptimizerClass tl_optimizer_##name;
#include "core/optim/optimizers.def"
#undef TL_OPTIMIZER

/* Parameters that are trained with the same attributes. */
typedef struct {
  TlAttrValue attrs[TL_OP_MAX_ATTRS];
  double      lr_share; /* of the optimizer's learning rate */
  guint       n_slots;
  TlVariable *memory; /* (nullable) */
} TlParameterGroup;

struct _TlOptimizer {
  atomic_int              ref_count;
  const TlOptimizerClass *klass;
  char                   *path; /* first part of its variables' paths */
  guint                   n_groups;
  TlParameterGroup       *groups; /* the first has the optimizer's own attributes */
  guint                   n;
  TlVariable            **parameters; /* owned */
  guint                  *group_of;   /* of each parameter */
  TlVariable            **slots;      /* owned, nullable; slot j of parameter i at [i * TL_OPTIMIZER_MAX_SLOTS + j] */
  TlVariable             *lr;
  TlVariable             *step;
  double                  max_norm;  /* 0: no clipping */
  double                  max_value; /* 0: no clipping */
  guint                   n_common;
  TlVariable            **common; /* owned: states of all parameters together */
};

/* optimizer-state.c */
void     tl_optimizer_free_slots (TlVariable **slots,
                                  guint        n);
gboolean tl_optimizer_make_slots (TlOptimizer       *self,
                                  guint              group,
                                  const TlAttrValue *attrs,
                                  GError           **error);
gsize    tl_optimizer_count_elements (TlOptimizer *self,
                                      TlDType     *widest);
gboolean tl_optimizer_make_common (TlOptimizer       *self,
                                   const TlAttrValue *attrs,
                                   GError           **error);
gboolean tl_optimizer_make_memory (TlOptimizer *self,
                                   guint        group,
                                   GError     **error);
gboolean tl_optimizer_make_scalars (TlOptimizer *self,
                                    GError     **error);

G_END_DECLS
