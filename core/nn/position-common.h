/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the layers that tell positions share: tables of angles, which are constants of a step.
 *
 * Thread rule: one thread at a time.
 */

#include "core/nn/layer-private.h"

G_BEGIN_DECLS

/*
 * `[n_positions, n_pairs]`: sine (or cosine) of position / base^(pair / n_pairs), in @dtype; (transfer full), or %NULL.  @n_positions may be
 * symbolic: then the table is computed in the step.
 */
TlTensor *tl_position_table (TlDim    n_positions,
                             gint64   n_pairs,
                             double   base,
                             gboolean is_cosine,
                             TlDType  dtype,
                             GError **error);

G_END_DECLS
