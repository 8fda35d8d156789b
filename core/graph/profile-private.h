/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/graph/profile.h"

G_BEGIN_DECLS

#define TL_PROFILE_NO_ROW G_MAXUINT

gint64 tl_profile_now (void);
guint  tl_profile_ensure_row (TlProfile      *self,
                              const char     *op,
                              const TlSource *source);
void   tl_profile_add_event (TlProfile *self,
                             guint      row,
                             guint      thread,
                             gint64     start_ns,
                             gint64     end_ns);
void   tl_profile_add_call (TlProfile *self,
                            guint      row,
                            gint64     time_ns,
                            double     flops,
                            double     bytes);

G_END_DECLS
