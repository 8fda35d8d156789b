/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * What rows share that read the three colours of pictures.
 *
 * Thread rule: one thread at a time.
 */

#include "core/op/formula.h"

G_BEGIN_DECLS

extern const TlPort tl_colour_ports[];

/* Pictures of three channels are wanted; the result is like them. */
gboolean tl_colour_infer (TlInfer *self,
                          GError **error);
/* How bright a pixel is: 0.2989 red + 0.587 green + 0.114 blue, `[..., 1, height, width]`. */
TlTensor *tl_colour_gray (TlFormula *f,
                          TlTensor  *x);
/* @factor of x and 1 - @factor of @other, from 0 to 1. */
gboolean tl_colour_blend (TlGradient *self,
                          TlFormula  *f,
                          TlTensor   *other,
                          double      factor);

G_END_DECLS
