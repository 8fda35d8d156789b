/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The server in two files: server.c has the queue and runs cells, server-calls.c listens and answers.
 */

#include <gio/gio.h>

#include "app/kernel/event-log.h"
#include "app/kernel/kernel1.h"
#include "app/kernel/server.h"

G_BEGIN_DECLS

#define TL_SERVER_ERROR "org.trellisml.Error.Failed"

typedef enum {
  STATE_IDLE,
  STATE_BUSY,
  STATE_STOPPING,
} State;

/* @cells: `a(sss)`, well formed; @run: whether to run them or only to know them */
typedef struct {
  GVariant *cells;
  gboolean  run;
} Request;

/* A question after what the trained model makes of an item */
typedef struct {
  GDBusMethodInvocation *call;
  char                  *run;
  guint64                index;
} Question;

typedef struct {
  TlSession  *session;
  TlEventLog *log;
  char       *document_path;
  char       *socket_path;
  guint       idle_s;

  GMutex   lock;
  GCond    wake;
  GQueue   requests;  /* under @lock, as all up to @last_active_us */
  GQueue   questions; /* of Question, answered on the session's thread */
  guint64  n_requests;
  State    state;
  gboolean stop; /* what is left of the running request does not run */
  gboolean quit;
  char    *cell; /* that runs, or "" */
  gint64   last_active_us;

  int     n_questions; /* atomic */
  GArray *known;       /* of TlSnapshotCell; the session's thread */

  GThread      *thread; /* of the server, as all that follows */
  GMainContext *main_context;
  GMainLoop    *loop;
  GDBusServer  *bus;
  TlKernel1    *skeleton;
  int           old_fds[2];  /* where stdout and stderr went before */
  int           captured[2]; /* what is written to them now */
} TlServer;

guint64     tl_server_queue (TlServer *self,
                             GVariant *cells,
                             gboolean  run);
void        tl_server_ask (TlServer              *self,
                           GDBusMethodInvocation *call,
                           const char            *run,
                           guint64                index);
void        tl_server_interrupt (TlServer *self,
                                 gboolean  quit);
void        tl_server_event_cb (const char *type,
                                const char *cell,
                                const char *json,
                                gpointer    user_data);
const char *tl_server_get_state (TlServer *self); /* under the lock */

/* server-calls.c */
gboolean tl_server_start (TlServer *self,
                          GError  **error);
void     tl_server_stop (TlServer *self);

G_END_DECLS
