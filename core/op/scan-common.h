/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What the running sums, products and extremes share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/scan.h"
#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlPort     tl_scan_ports[];
extern const TlPort     tl_scan_extreme_out_ports[];
extern const TlAttrSpec tl_scan_attrs[];
extern const TlSample   tl_scan_samples[];

gboolean tl_scan_infer (TlInfer *self,
                        GError **error);
gboolean tl_scan_infer_extreme (TlInfer *self,
                                GError **error);
gboolean tl_scan_prepare (TlPrepare *self,
                          TlScanOp   op);
gboolean tl_scan_extreme_gradient (TlGradient *self,
                                   GError    **error);

/* Each element one place further along an axis, and @first in front. */
TlTensor *tl_scan_shift (TlFormula *f,
                         TlTensor  *x,
                         gint64     axis,
                         double     first);
TlTensor *tl_scan_backwards (TlTensor *x,
                             gint64    axis,
                             GError  **error);

G_END_DECLS
