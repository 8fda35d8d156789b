/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Profiles: where the time of operations goes.
 *
 *     tl_context_set_profile (context, profile);   everything that the context runs from now on, at once or planned, is noted
 *     ...
 *     tl_context_set_profile (context, NULL);
 *     tl_profile_get_row (profile, 0)              rows by time: operation, place, calls, time, FLOPs, bytes
 *     tl_profile_write_trace (profile, ...)        events of all threads, for chrome://tracing and ui.perfetto.dev
 *
 * A row is an operation at one place of the user's text.  Its time is from when the first thread begins with it until the last
 * is done.  Events are kept up to a limit, rows without.  A context without a profile pays nothing.
 *
 * Ownership: one owner, tl_profile_free(), who takes it from the context before.  Thread rule: the context's thread.
 */

#include "core/graph/context.h"

G_BEGIN_DECLS

typedef struct _TlProfile TlProfile;

/**
 * TlProfileRow:
 * @op: name of the operation
 * @source: where it was asked for
 * @n_calls: how often it ran
 * @seconds: time, in seconds
 * @flops: floating-point operations of all calls
 * @bytes: bytes of operands and results of all calls
 */
typedef struct {
  const char *op;
  TlSource    source;
  guint64     n_calls;
  double      seconds;
  double      flops;
  double      bytes;
} TlProfileRow;

TlProfile          *tl_profile_new (void);
void                tl_profile_free (TlProfile *self);
guint               tl_profile_get_n_rows (TlProfile *self);
const TlProfileRow *tl_profile_get_row (TlProfile *self,
                                        guint      row);
char               *tl_profile_to_string (TlProfile *self,
                                          guint      n_rows);
char               *tl_profile_to_trace (TlProfile *self);

TlProfile *tl_context_set_profile (TlContext *self,
                                   TlProfile *profile);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TlProfile, tl_profile_free)

G_END_DECLS
