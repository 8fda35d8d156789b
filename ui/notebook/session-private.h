/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What the files of a session share: session.c (kernel, events, commands) and session-disk.c (what is beside the document). */

#include "ui/notebook/session.h"

G_BEGIN_DECLS

struct _TlSession {
  GObject parent_instance;

  /* owned */
  TlDocument     *document;
  TlJournal      *journal;
  TlKernelClient *kernel;
  TlTraining     *training;
  GHashTable     *outputs; /* id -> TlOutputs */
  GHashTable     *dirty;   /* ids whose change was not told yet */

  gboolean training_dirty;
  gint64   training_told_us;
  gboolean is_closed;
  guint    notify_id;
};

/* session.c */
void tl_session_queue_notify (TlSession  *self,
                              const char *id);

/* session-disk.c: all of it happens on other threads */
void tl_session_write_outputs (TlSession       *self,
                               const TlOutputs *outputs);
void tl_session_load (TlSession *self);
void tl_session_refine_training (TlSession *self);

G_END_DECLS
