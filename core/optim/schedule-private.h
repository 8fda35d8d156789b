/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "core/optim/schedule.h"

G_BEGIN_DECLS

#define TL_SCHEDULE(name) extern const TlScheduleClass tl_schedule_##name;
#include "core/optim/schedules.def"
#undef TL_SCHEDULE

typedef enum {
  TL_UNIT_EPOCH,
  TL_UNIT_STEP,
} TlScheduleUnit;

extern const char *const tl_schedule_units[];

/* Whole epochs or steps done so far, and those of the whole training; 0 if that is unknown. */
gint64 tl_schedule_get_time (const TlSchedulePosition *position,
                             gint64                    unit);
gint64 tl_schedule_get_end (const TlSchedulePosition *position,
                            gint64                    unit);

G_END_DECLS
