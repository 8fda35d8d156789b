/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Phases without number: a kernel that goes on step by step, each after the one before, may state more than TL_WORK_MAX_PHASES.  All
 * from the last that n_tiles[] counts have as many tiles as that one.
 *
 * Thread rule: any thread.
 */

#include "core/kernels/work.h"

static inline size_t
tl_work_get_n_tiles (const TlWork *self, unsigned phase)
{
  return self->n_tiles[phase < TL_WORK_MAX_PHASES ? phase : TL_WORK_MAX_PHASES - 1];
}
