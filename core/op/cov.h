/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cov and corrcoef share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlPort tl_cov_ports[];

gboolean tl_cov_infer (TlInfer *self,
                       GError **error);

G_END_DECLS
