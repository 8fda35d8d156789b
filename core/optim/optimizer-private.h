/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/optim/optimizer.h"

G_BEGIN_DECLS

#define TL_OPTIMIZER(name) extern const TlOptimizerClass tl_optimizer_##name;
#include "core/optim/optimizers.def"
#undef TL_OPTIMIZER

struct _TlOptimizer {
  atomic_int              ref_count;
  const TlOptimizerClass *klass;
  char                   *path; /* first part of its variables' paths */
  TlAttrValue             attrs[TL_OP_MAX_ATTRS];
  guint                   n;
  TlVariable            **parameters; /* owned */
  guint                   n_slots;
  TlVariable            **slots; /* owned; slot j of parameter i at [i * n_slots + j] */
  TlVariable             *lr;
  TlVariable             *step;
  TlVariable             *memory;    /* (nullable) */
  double                  max_norm;  /* 0: no clipping */
  double                  max_value; /* 0: no clipping */
};

G_END_DECLS
