/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What max and min share: all but how the place of the extreme is found.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/common.h"

G_BEGIN_DECLS

extern const TlAttrSpec tl_extreme_attrs[]; /* dim, keepdim */
extern const TlSample   tl_extreme_samples[];

gboolean tl_extreme_infer (TlInfer *self,
                           GError **error);

/* @find is tl_argmax() or tl_argmin(). */
gboolean tl_extreme_decompose (TlGradient *self,
                               TlTensor *(*find) (TlTensor   *x,
                                                  const gint *axes,
                                                  guint       n_axes,
                                                  gboolean    keepdim,
                                                  GError    **error),
                               GError **error);

G_END_DECLS
