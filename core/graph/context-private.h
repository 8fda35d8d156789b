/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>

#include "core/graph/context.h"
#include "core/kernels/work.h"

G_BEGIN_DECLS

typedef struct _TlTrace TlTrace;

struct _TlContext {
  TlPool            *pool;
  atomic_bool        cancelled;
  gboolean           shielded; /* what runs cannot be cancelled */
  gboolean           grad_enabled;
  gboolean           training;
  gboolean           checks_finite; /* an operation that makes a NaN or Inf is an error */
  TlDType            autocast;      /* f16 or bf16; f32: nothing is changed */
  guint64            seed;
  guint64            next_serial;
  TlSource           source;
  TlTrace           *trace; /* not owned; set while a step is traced */
  TlVariable        *counter;
  struct _TlProfile *profile; /* not owned; nullable */

  /* While a part is computed again for its gradients, see core/graph/function.h. */
  guint      again;   /* number of the repetition; 0: nothing is repeated, variables may change */
  guint      n_again; /* repetitions so far */
  GPtrArray *calls;   /* not owned, nullable: where the numbers of random calls are noted */
  GPtrArray *replay;  /* not owned, nullable: what those calls were; they are given once more */
  guint      n_replayed;

  /* Memory of kernels; grows, never shrinks.  The workspace is for those that run at once: a plan has its own in its arena. */
  gpointer workspace;
  gsize    n_workspace;
  gpointer scratch; /* n_scratch bytes for each thread */
  gsize    n_scratch;
};

gboolean tl_context_ensure_scratch (TlContext *self,
                                    gsize      n_bytes,
                                    GError   **error);
gboolean tl_context_run (TlContext    *self,
                         TlRunFn       run,
                         gconstpointer args,
                         void *const  *data,
                         const TlWork *work,
                         GError      **error);

G_END_DECLS
