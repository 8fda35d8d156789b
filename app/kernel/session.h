/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session: runs the cells of a document and tells what happens as events.
 *
 *     document snapshot -> Lua cells -> TlLua          -> events -> command line, JSON lines, protocol
 *                          graph cells -> TlModel, a global of the cell's id
 *
 * A training writes its files into a folder of its own.
 *
 * Ownership: one owner, tl_session_free().
 * Thread rule: one thread, the one that made it; tl_session_cancel() from any thread or signal handler;
 * tl_session_control() and what tl_session_get_lua() offers for it (lua/help.h) from any thread.
 */

#include "app/document/snapshot.h"
#include "app/kernel/event.h"
#include "core/graph/context.h"
#include "core/train/predictor.h"
#include "lua/lua-state.h"

G_BEGIN_DECLS

typedef struct _TlSession TlSession;

/**
 * TlSessionOptions:
 * @n_threads: threads that compute, 0 for one per processor
 * @has_seed: whether @seed counts; otherwise the document's or 42
 * @seed: of all random numbers
 * @device: (nullable): where to compute
 * @document_path: (nullable): decides where runs are kept
 * @output: (nullable): folder for runs, instead of the one beside the document
 * @overrides: (nullable): what --set changed, one a line; kept with each run
 * @resume: (nullable): folder of a run; a training goes on from its checkpoint
 * @resume_run: which training that is, from 0
 * @sink: who is told of events
 * @idle: (nullable): called with the sink's data between two steps of a training, and while it is paused
 */
typedef struct {
  guint       n_threads;
  gboolean    has_seed;
  guint64     seed;
  const char *device;
  const char *document_path;
  const char *output;
  const char *overrides;
  const char *resume;
  guint       resume_run;
  TlEventSink sink;
  void (*idle) (gpointer user_data);
} TlSessionOptions;

TlSession   *tl_session_new (const TlSessionOptions *options,
                             GError                **error);
void         tl_session_free (TlSession *self);
void         tl_session_set_snapshot (TlSession  *self,
                                      TlSnapshot *snapshot);
gboolean     tl_session_run_cell (TlSession  *self,
                                  const char *id,
                                  GError    **error);
void         tl_session_cancel (TlSession *self);
void         tl_session_clear_cancel (TlSession *self);
gboolean     tl_session_control (TlSession  *self,
                                 const char *action,
                                 double      value,
                                 GError    **error);
TlLua       *tl_session_get_lua (TlSession *self);
TlPredictor *tl_session_get_predictor (TlSession  *self,
                                       const char *run,
                                       GError    **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlSession, tl_session_free)

G_END_DECLS
