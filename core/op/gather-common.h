/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What gather and the scatters share.
 *
 * Thread rule: one thread at a time.
 */

#include "core/kernels/gather.h"
#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_gather_attrs[];
extern const TlPort     tl_scatter_ports[];
extern const TlSample   tl_scatter_samples[];

gboolean tl_gather_check (TlInfer *self,
                          GError **error);
void     tl_gather_prepare (TlPrepare    *self,
                            TlScatterFold fold);
gboolean tl_scatter_infer (TlInfer *self,
                           GError **error);

/* For rows that put slices: whether x has the axis of attribute 0 and the index is one of positions along it. */
gboolean tl_index_check (TlInfer *self,
                         guint   *axis,
                         GError **error);
/* scatter() of @source, which has a slice of x for each position of the index; @self has x and the index as its first inputs. */
gboolean tl_index_scatter (TlGradient *self,
                           TlFormula  *f,
                           TlTensor   *source);

G_END_DECLS
