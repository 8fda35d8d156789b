/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The desktop's end of a kernel: starts `trellis --kernel`, attaches to its socket, asks and listens.
 *
 * The socket's name is made of the document's path, so a window that opens a document again finds the kernel that is
 * still training and catches up from event 0.  The kernel is started in a session of its own and does not end with the
 * window.  Requests made while it starts wait until it is there.
 *
 * Signals:
 *
 *     state-changed ()                        see tl_kernel_client_get_state()
 *     attached (gboolean again)               events from 0 follow; @again: it was running before this client
 *     event (type, cell, JsonObject)          app/kernel/README.md lists them
 *
 * Thread rule: main thread only; nothing blocks.
 */

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef enum {
  TL_KERNEL_OFF,      /* not started */
  TL_KERNEL_STARTING, /* spawned, not attached yet */
  TL_KERNEL_IDLE,
  TL_KERNEL_BUSY,
  TL_KERNEL_STOPPING,
  TL_KERNEL_ENDED, /* it was there and is gone */
  TL_KERNEL_FAILED /* it could not be started; see tl_kernel_client_get_error() */
} TlKernelState;

#define TL_TYPE_KERNEL_CLIENT (tl_kernel_client_get_type ())
G_DECLARE_FINAL_TYPE (TlKernelClient, tl_kernel_client, TL, KERNEL_CLIENT, GObject)

/**
 * tl_kernel_client_new:
 * @document_path: (nullable): the document; %NULL for one without a name
 *
 * Returns: (transfer full): a client that has started nothing
 */
TlKernelClient *tl_kernel_client_new (const char *document_path);

/**
 * tl_kernel_client_find_program:
 *
 * Returns: (transfer full) (nullable): `trellis`: $TRELLIS_PROGRAM, beside this program, in the build tree, or in PATH
 */
char *tl_kernel_client_find_program (void);

/**
 * tl_kernel_client_attach:
 *
 * Attaches to a kernel if one runs for the document; starts none.
 */
void tl_kernel_client_attach (TlKernelClient *self);

/**
 * tl_kernel_client_start:
 *
 * Attaches to the kernel that runs, or starts one.
 */
void tl_kernel_client_start (TlKernelClient *self);

/**
 * tl_kernel_client_restart:
 *
 * Ends the kernel, if there is one, and starts another.
 */
void tl_kernel_client_restart (TlKernelClient *self);

/**
 * tl_kernel_client_detach:
 * @self: a client
 * @shut_down: whether the kernel shall end, too
 */
void tl_kernel_client_detach (TlKernelClient *self,
                              gboolean        shut_down);

TlKernelState tl_kernel_client_get_state (TlKernelClient *self);

/**
 * tl_kernel_client_get_error:
 *
 * Returns: (nullable): why the kernel could not be started
 */
const char *tl_kernel_client_get_error (TlKernelClient *self);

/**
 * tl_kernel_client_run:
 * @self: a client
 * @known: `a(sss)` cells that others may refer to, told before
 * @cells: `a(sss)` cells to run: id, kind, text
 *
 * Takes both variants if they float.
 */
void tl_kernel_client_run (TlKernelClient *self,
                           GVariant       *known,
                           GVariant       *cells);
void tl_kernel_client_interrupt (TlKernelClient *self);

/**
 * tl_kernel_client_control:
 * @self: a client
 * @run: a run
 * @action: "pause", "resume", "stop" or "lr"
 * @value: (nullable): for "lr" a double; floating is taken
 */
void tl_kernel_client_control (TlKernelClient *self,
                               const char     *run,
                               const char     *action,
                               GVariant       *value);

/**
 * tl_kernel_client_call_async:
 * @self: a client
 * @method: a method of the interface that answers something
 * @parameters: its arguments; floating is taken
 * @cancellable: (nullable): to cancel
 * @callback: called when done
 * @user_data: for @callback
 *
 * Asks (Complete, Inspect, Variables, Predict).  Fails with %G_IO_ERROR_NOT_CONNECTED where no kernel is attached.
 */
void      tl_kernel_client_call_async (TlKernelClient     *self,
                                       const char         *method,
                                       GVariant           *parameters,
                                       GCancellable       *cancellable,
                                       GAsyncReadyCallback callback,
                                       gpointer            user_data);
GVariant *tl_kernel_client_call_finish (TlKernelClient *self,
                                        GAsyncResult   *result,
                                        GError        **error);

G_END_DECLS
