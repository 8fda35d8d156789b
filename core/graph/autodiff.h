/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Reverse-mode differentiation.  Gradients are operations too: they run at once or are recorded like any other.
 *
 * Thread rule: one thread at a time.
 */

#include "core/graph/node.h"

G_BEGIN_DECLS

gboolean tl_backward (TlTensor *y,
                      TlTensor *dy,
                      gboolean  retain,
                      GError  **error);
gboolean tl_grad (TlTensor *const *y,
                  TlTensor *const *dy,
                  guint            n_y,
                  TlTensor *const *x,
                  guint            n_x,
                  gboolean         create_graph,
                  TlTensor       **dx,
                  GError         **error);
gboolean tl_gradient_by_parts (TlGradient *gradient,
                               GError    **error);

G_END_DECLS
