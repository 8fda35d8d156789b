/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events: what a session tells, as JSON objects (README.md beside this file lists them).
 *
 * An event is built and sent in one go: tl_event_begin(), members, tl_event_send().  Numbers are written the same in every locale; what is
 * not finite is null.  The text is UTF-8; bytes that are not are replaced.
 *
 * Ownership: values on the stack.  Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

/**
 * TlEventFunc:
 * @type: the event's type
 * @cell: id of its cell, or ""
 * @json: the whole object, one line
 * @user_data: of the sink
 *
 * Who is told of events.
 */
typedef void (*TlEventFunc) (const char *type,
                             const char *cell,
                             const char *json,
                             gpointer    user_data);

typedef struct {
  TlEventFunc func;
  gpointer    user_data;
} TlEventSink;

typedef struct {
  const char *type;
  char       *cell;
  GString    *json;
} TlEvent;

void tl_event_begin (TlEvent    *self,
                     const char *type,
                     const char *cell);
void tl_event_add_string (TlEvent    *self,
                          const char *name,
                          const char *value);
void tl_event_add_number (TlEvent    *self,
                          const char *name,
                          double      value);
void tl_event_add_int (TlEvent    *self,
                       const char *name,
                       gint64      value);
void tl_event_add_object (TlEvent           *self,
                          const char        *name,
                          const char *const *names,
                          const double      *values,
                          guint              n_values);
void tl_event_send (TlEvent           *self,
                    const TlEventSink *sink);

G_END_DECLS
