/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Events as people read them: text as it comes, a progress line while training, plain lines where the output is no terminal.
 *
 * Ownership: one owner, tl_progress_free().  Thread rule: one thread at a time.
 */

#include <glib.h>

G_BEGIN_DECLS

typedef struct _TlProgress TlProgress;

TlProgress *tl_progress_new (const char *path,
                             gboolean    quiet);
void        tl_progress_free (TlProgress *self);
void        tl_progress_show (TlProgress *self,
                              const char *type,
                              const char *cell,
                              const char *json);

G_END_DECLS
