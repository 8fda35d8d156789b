/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Initialisers that make a tensor as a whole.  Matrices are what PyTorch sees: the first axis by all others.
 *
 * Thread rule: any thread.
 */

#include "core/nn/initializer.h"

G_BEGIN_DECLS

/* In (0, 1): 32 bits and a half. */
static inline double
tl_init_unit (guint32 word)
{
  return ((double)word + 0.5) * 0x1p-32;
}

gboolean tl_init_make_dirac (double        a,
                             const TlMeta *meta,
                             TlPhiloxKey   key,
                             double       *values,
                             GError      **error);
gboolean tl_init_make_eye (double        a,
                           const TlMeta *meta,
                           TlPhiloxKey   key,
                           double       *values,
                           GError      **error);
gboolean tl_init_make_orthogonal (double        a,
                                  const TlMeta *meta,
                                  TlPhiloxKey   key,
                                  double       *values,
                                  GError      **error);
gboolean tl_init_make_sparse (double        a,
                              const TlMeta *meta,
                              TlPhiloxKey   key,
                              double       *values,
                              GError      **error);

G_END_DECLS
