/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows share whose sizes depend on values: they read their operands where they lie.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

GArray   *tl_find_true (TlTensor *mask,
                        GError  **error);
TlTensor *tl_new_indices (GArray  *positions,
                          GError **error);

G_END_DECLS
