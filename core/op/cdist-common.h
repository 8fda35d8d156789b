/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What cdist.c and cdist_rows.c share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

/* The norm of order @p of `a[..., m, 1, d] - b[..., 1, n, d]`, with all differences in memory. */
TlTensor *tl_norm_of_differences (TlTensor *a,
                                  TlTensor *b,
                                  double    p,
                                  GError  **error);

G_END_DECLS
