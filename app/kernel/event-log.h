/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The events of a kernel: numbers them, keeps the newest and sends them to the peers that attached.
 *
 * A peer acknowledges what it has shown.  Beyond 4 MiB that it did not, it is spared `step` and `output`; the numbers show the gap.
 *
 * Ownership: one owner, tl_event_log_free().  Thread rule: any thread.
 */

#include <gio/gio.h>

G_BEGIN_DECLS

#define TL_KERNEL_PATH "/org/trellisml/Kernel1"
#define TL_KERNEL_INTERFACE "org.trellisml.Kernel1"

typedef struct _TlEventLog TlEventLog;

TlEventLog *tl_event_log_new (void);
void        tl_event_log_free (TlEventLog *self);
void        tl_event_log_add (TlEventLog *self,
                              const char *type,
                              const char *cell,
                              const char *json);
guint64     tl_event_log_attach (TlEventLog      *self,
                                 GDBusConnection *connection,
                                 guint64          last_seq);
void        tl_event_log_detach (TlEventLog      *self,
                                 GDBusConnection *connection);
void        tl_event_log_acknowledge (TlEventLog      *self,
                                      GDBusConnection *connection,
                                      guint64          seq);
guint       tl_event_log_get_n_peers (TlEventLog *self);
void        tl_event_log_flush (TlEventLog *self);

G_END_DECLS
