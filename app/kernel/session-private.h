/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * A session, and what its files share: session.c runs cells, session-graph.c knows graph cells, session-run.c gives trainings what they
 * need and tells of them.
 */

#include "app/kernel/session.h"
#include "app/runs/run-record.h"

G_BEGIN_DECLS

struct _TlSession {
  TlSessionOptions options;
  char            *document_path;
  char            *output;
  char            *overrides;
  char            *resume;     /* until the training that goes on takes it */
  char            *resumed;    /* folder of the run that goes on */
  guint            resume_run; /* number of that training */
  guint            n_runs;     /* trainings that began */
  TlContext       *context;
  TlLua           *lua;
  TlSnapshot      *snapshot;
  GHashTable      *models;  /* id of a graph cell -> TlModel */
  GHashTable      *texts;   /* id of a graph cell -> the texts its model was made of */
  GPtrArray       *reading; /* ids of the graph cells that are being read, one for the sake of another */
  GHashTable      *broken;  /* ids of graph cells whose problems were told since a cell began to run */
  const char      *cell;    /* that runs */

  TlRunRecord *record;
  char        *run;
  gint64       last_step_us;

  GMutex     lock;
  TlTrainer *trainer; /* that runs; under @lock */

  TlPredictor *predictor; /* of the newest training */
  char        *predictor_run;
};

/* What trainings are given; user_data is the session. */
extern const TlTrainingHost tl_session_training_host;

/* session.c */
void tl_session_send (TlSession *self,
                      TlEvent   *event);
void tl_session_tell_error (TlSession    *self,
                            const char   *cell,
                            guint         line,
                            const char   *node,
                            const GError *error);
void tl_session_print (TlSession  *self,
                       const char *text,
                       gsize       n_bytes,
                       TlLuaStream stream);

/* session-run.c */
void tl_session_clear_predictor (TlSession *self);

/* session-graph.c */
TlModel *tl_session_get_model (TlSession  *self,
                               const char *id,
                               GError    **error);
gboolean tl_session_run_graph (TlSession            *self,
                               const TlSnapshotCell *cell,
                               GError              **error);

G_END_DECLS
