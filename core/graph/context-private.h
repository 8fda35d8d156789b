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
  guint64            seed;
  guint64            next_serial;
  TlSource           source;
  TlTrace           *trace; /* not owned; set while a step is traced */
  TlVariable        *counter;
  struct _TlProfile *profile; /* not owned; nullable */

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
